//! How many rows a statement changed, by SQL Server's own word.
//!
//! Each statement of a trigger has a count of rows, and may have rows, all of which come before
//! the one that was asked about; so does an error that ends them. The first count that the
//! driver tells is somebody else's. So none is sent, and the server is asked in the end; all
//! results up to there are gone through.

use patchbay_capability::sql::{Error, Failure, Value};

use super::ResultSet;

/// Name of the column with the number, which tells that result from those of triggers.
const COLUMN: &str = "patchbay_rows";

/// A batch that runs one statement and ends with the number of rows it changed.
pub(super) fn batch(text: &str) -> String {
    format!("SET NOCOUNT ON; {text}\n; SELECT ROWCOUNT_BIG() AS {COLUMN}")
}

/// The number, of the batch's last result.
pub(super) fn rows(last: Option<&ResultSet>) -> Result<u64, Error> {
    let own = last.filter(|last| last.columns.iter().any(|column| column.name == COLUMN));
    match own.and_then(|own| own.batch.rows.first()).map(Vec::as_slice) {
        Some([Value::Integer(rows)]) => Ok(u64::try_from(*rows).unwrap_or(0)),
        // It may have been done, or not: nothing to be taken for either.
        _ => Err(Error::new(Failure::Other, "the statement did not come to its end")),
    }
}

#[cfg(test)]
mod tests {
    use patchbay_capability::sql::{Batch, Column};

    use super::*;

    fn result(column: &str, value: Value) -> ResultSet {
        let columns = vec![Column { name: column.to_owned(), type_name: "bigint".to_owned(), nullable: None }];
        ResultSet { columns, batch: Batch::last(vec![vec![value]]) }
    }

    #[test]
    fn the_number_is_asked_for_after_the_statement() {
        assert_eq!(
            batch("UPDATE [person] SET [age] = ? WHERE [id] = ?"),
            "SET NOCOUNT ON; UPDATE [person] SET [age] = ? WHERE [id] = ?\n; SELECT ROWCOUNT_BIG() AS patchbay_rows"
        );
    }

    #[test]
    fn and_taken_from_the_last_result_only() {
        let of_trigger = result("audited", Value::Integer(7));
        let own = result(COLUMN, Value::Integer(1));
        let check = |results: &[&ResultSet], expected: Result<u64, Failure>| {
            assert_eq!(rows(results.last().copied()).map_err(|error| error.failure), expected, "{results:?}");
        };
        check(&[&own], Ok(1));
        check(&[&of_trigger, &own], Ok(1));
        check(&[&of_trigger], Err(Failure::Other));
        check(&[&own, &of_trigger], Err(Failure::Other));
        check(&[], Err(Failure::Other));
        check(&[&result(COLUMN, Value::Null)], Err(Failure::Other));
    }
}
