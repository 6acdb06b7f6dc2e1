//! What an error's sentence does not tell, asked of the catalogue.
//!
//! A unique violation names its key and not the columns; a foreign key violation of an
//! insert names the table pointed at. Asked when it happens: the statement has failed and
//! its transaction is over, so the session is free for a question.

use patchbay_capability::sql::{Error, Failure, Value};

use super::client::{Tds, rows};
use super::error::Conflict;

const KEY: &str = "
    SELECT o.name, c.name
    FROM sys.indexes AS i
    JOIN sys.objects AS o ON o.object_id = i.object_id
    JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.key_ordinal > 0
    JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
    WHERE i.name = @P1 AND o.name = @P2
    ORDER BY o.object_id, k.key_ordinal";

const FOREIGN_KEY: &str = "
    SELECT o.name, c.name
    FROM sys.foreign_keys AS f
    JOIN sys.objects AS o ON o.object_id = f.parent_object_id
    JOIN sys.foreign_key_columns AS k ON k.constraint_object_id = f.object_id
    JOIN sys.columns AS c ON c.object_id = k.parent_object_id AND c.column_id = k.parent_column_id
    WHERE f.name = @P1 AND @P2 IS NOT NULL
    ORDER BY f.object_id, k.constraint_column_id";

/// Columns a table's CHECK constraint mentions, each in brackets as the server writes it.
const CHECK: &str = "
    SELECT o.name, c.name
    FROM sys.check_constraints AS k
    JOIN sys.objects AS o ON o.object_id = k.parent_object_id
    JOIN sys.columns AS c ON c.object_id = k.parent_object_id
    WHERE k.name = @P1 AND o.name = @P2 AND CHARINDEX(QUOTENAME(c.name), k.definition) > 0
    ORDER BY o.object_id, c.column_id";

/// Completes `error` where it can be. False when the connection broke on it.
pub(super) async fn complete(client: &mut Tds, error: &mut Error) -> bool {
    let (Some(constraint), Some(table)) = (error.constraint.clone(), error.table.clone()) else { return true };
    let question = match (error.failure, Conflict::of(&error.message)) {
        (Failure::UniqueViolation, _) => KEY,
        (Failure::ForeignKeyViolation, Conflict::Check) => {
            error.failure = Failure::CheckViolation;
            if !error.columns.is_empty() {
                return true;
            }
            CHECK
        }
        (Failure::ForeignKeyViolation, Conflict::Parent) => {
            // No column of the child is to blame.
            error.columns.clear();
            return true;
        }
        (Failure::ForeignKeyViolation, Conflict::Child) => {
            // Not the table the statement wrote to.
            error.table = None;
            error.columns.clear();
            FOREIGN_KEY
        }
        _ => return true,
    };
    match rows(client, question, &[Value::Text(constraint), Value::Text(table)]).await {
        Ok(found) => {
            // Names of constraints are unique per schema only: two tables tell nothing.
            let tables: std::collections::BTreeSet<String> = found.iter().filter_map(|row| row.text(0)).collect();
            if let (Some(table), 1) = (tables.first(), tables.len()) {
                error.table = Some(table.clone());
                error.columns = found.iter().filter_map(|row| row.text(1)).collect();
            }
            true
        }
        Err(fault) => {
            tracing::debug!(target: "patchbay::sql", "the catalogue does not tell what a constraint is about");
            !super::error::is_fatal(&fault)
        }
    }
}
