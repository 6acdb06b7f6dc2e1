//! Rows in batches.

use patchbay_capability::sql::{Batch, Failure, Reply, Request, Row, Value};

use crate::bed::Bed;
use crate::line::{Line, failure, text};

const NUMBERS: &str = "WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    SELECT i FROM n OPTION (MAXRECURSION 0)";

/// So many numbers, read as they are made.
fn many(count: u32) -> String {
    format!(
        "SELECT TOP ({count}) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS i
         FROM sys.all_columns AS a CROSS JOIN sys.all_columns AS b CROSS JOIN sys.all_columns AS c"
    )
}

fn numbers(from: i64, to: i64) -> Vec<Row> {
    (from..=to).map(|i| vec![Value::Integer(i)]).collect()
}

pub(crate) async fn batches_keep_within_rows_and_bytes(bed: Bed) {
    let mut line = bed.line().await;
    assert_eq!(line.query(NUMBERS, &[]).await.unwrap(), ["i"]);
    assert_eq!(line.next(3).await.unwrap(), numbers(1, 3));
    assert_eq!(line.batch(100, 20).await.unwrap().rows, numbers(4, 6));
    assert_eq!(line.batch(100, 1).await.unwrap().rows, numbers(7, 7));
    assert_eq!(line.batch(5000, usize::MAX).await, Ok(Batch::last(numbers(8, 1000))));
    assert_eq!(line.batch(5000, usize::MAX).await, Ok(Batch::last(Vec::new())));
}

pub(crate) async fn a_cursor_ends_with_the_next_statement_or_when_closed(bed: Bed) {
    let pool = bed.pool(1);
    let mut line = Line::open(&pool).await;
    assert_eq!(failure(line.next(1).await), Failure::InvalidStatement);
    line.query(NUMBERS, &[]).await.unwrap();
    line.next(1).await.unwrap();
    assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    line.query(NUMBERS, &[]).await.unwrap();
    assert_eq!(line.run(Request::CloseCursor).await, Ok(Reply::Done));
    assert_eq!(failure(line.next(1).await), Failure::InvalidStatement);
    line.query(NUMBERS, &[]).await.unwrap();
    drop(line);
    let mut line = Line::open(&pool).await;
    assert_eq!(failure(line.next(1).await), Failure::InvalidStatement);
    assert_eq!(line.one("SELECT 8", &[]).await, Ok(Value::Integer(8)));
}

pub(crate) async fn closing_a_long_result_does_not_read_it_all(bed: Bed) {
    let pool = bed.pool(1);
    for _ in 0..3 {
        let mut line = Line::open(&pool).await;
        line.query(&many(100_000_000), &[]).await.unwrap();
        assert_eq!(line.next(2).await.unwrap(), numbers(1, 2));
        assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
        line.query(&many(100_000_000), &[]).await.unwrap();
    }
}

pub(crate) async fn more_than_five_thousand_rows(bed: Bed) {
    let mut line = bed.line().await;
    assert_eq!(line.all(&many(12_345), &[]).await.unwrap().len(), 12_345);
}

pub(crate) async fn writes_that_return_rows(bed: Bed) {
    bed.admin(&["CREATE TABLE t (a INT PRIMARY KEY, b NVARCHAR(9))"]).await;
    let mut line = bed.line().await;
    let insert = "INSERT INTO t OUTPUT INSERTED.a, INSERTED.b VALUES (?, ?)";
    line.query(insert, &[Value::Integer(1), text("x")]).await.unwrap();
    // Done although nobody fetched, and its errors come at once.
    assert_eq!(failure(line.query(insert, &[Value::Integer(1), text("y")]).await), Failure::UniqueViolation);
    assert_eq!(line.all("UPDATE t SET b = 'z' OUTPUT INSERTED.b", &[]).await.unwrap(), [vec![text("z")]]);
    assert_eq!(line.execute("UPDATE t SET b = 'w' WHERE a = 2", &[]).await, Ok(0));
    assert_eq!(line.execute("DELETE FROM t", &[]).await, Ok(1));
    assert_eq!(line.execute("SELECT 1", &[]).await.map(drop), Ok(()));
}

pub(crate) async fn errors_in_the_middle_of_a_result(bed: Bed) {
    let statements =
        ["CREATE TABLE n (i INT PRIMARY KEY)", "INSERT INTO n VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9)"];
    bed.admin(&statements).await;
    let mut line = bed.line().await;
    let broken = "SELECT 1 / (3 - i) FROM n ORDER BY i";
    // The server may find out before the first row.
    if line.query(broken, &[]).await.is_ok() {
        assert!(line.next(100).await.is_err());
    }
    assert_eq!(failure(line.next(1).await), Failure::InvalidStatement);
    assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
}

pub(crate) async fn pipelines(bed: Bed) {
    let statements = ["CREATE TABLE t (a INT PRIMARY KEY, b NVARCHAR(9))"];
    bed.admin(&statements).await;
    let mut line = bed.line().await;
    let none = "SELECT 1 WHERE 1 = 0";
    let three = Batch { rows: numbers(1, 3), done: false };
    let batches = line.pipeline(&[NUMBERS, none, "SELECT 1"], 3, usize::MAX).await.unwrap();
    assert_eq!(batches, [three.clone(), Batch::last(Vec::new()), Batch::last(numbers(1, 1))]);
    assert_eq!(line.pipeline(&[NUMBERS], 1000, usize::MAX).await.unwrap(), [Batch::last(numbers(1, 1000))]);
    assert_eq!(line.pipeline(&[NUMBERS], 1000, 20).await.unwrap(), [three]);
    line.begin().await;
    line.execute("INSERT INTO t VALUES (1, 'x')", &[]).await.unwrap();
    let read = line.pipeline(&["SELECT b FROM t", "SELECT a FROM t"], 9, usize::MAX).await;
    assert_eq!(read, Ok(vec![Batch::last(vec![vec![text("x")]]), Batch::last(numbers(1, 1))]));
    let broken = "SELECT 1 / (a - 1) FROM t";
    assert!(line.pipeline(&["SELECT a FROM t", broken, "SELECT a FROM t"], 9, usize::MAX).await.is_err());
    line.rollback().await;
    assert_eq!(line.pipeline(&["SELECT a FROM t"], 9, usize::MAX).await, Ok(vec![Batch::last(Vec::new())]));
}
