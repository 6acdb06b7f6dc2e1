//! Rows in batches.

use crate::bed::Bed;

pub(crate) async fn more_than_five_thousand_rows(bed: Bed) {
    let many = "SELECT TOP (12345) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS i
                FROM sys.all_columns AS a CROSS JOIN sys.all_columns AS b";
    assert_eq!(bed.line().await.all(many, &[]).await.unwrap().len(), 12_345);
}
