//! Reading rows in an order, from where the last reading ended.

use std::collections::BTreeSet;

use patchbay_connector::Error;
use patchbay_connector::sql::{Builder, Row, Value};

use crate::condition::{self, OWN};
use crate::database::Database;
use crate::dialect::Dialect;
use crate::fault;
use crate::page::Wire;
use crate::plan::Column;

/// Most rows that one statement reads.
pub(super) const CHUNK: usize = 1_000;
/// Statements of one call that find nothing to tell, before it gives the turn back.
pub(super) const CHUNKS: usize = 10;

/// Rows that one statement reads for a page of `limit` changes: some more, as some of them
/// may be known already.
pub(super) fn chunk(limit: usize) -> usize {
    limit.clamp(100, CHUNK)
}

/// Appends the sort keys of these columns.
pub(super) fn sort_keys(sql: &mut Builder, dialect: Dialect, columns: &[&Column]) {
    sql.list(", ", columns, |sql, column| condition::sort_key(sql, dialect, Some(OWN), column));
}

/// Appends the condition that a row comes after `position` in the order of `columns`, none
/// of which is NULL. The first column is compared by itself as well, for an index.
pub(super) fn after(sql: &mut Builder, dialect: Dialect, columns: &[&Column], position: &[Wire]) {
    let key_of = |sql: &mut Builder, column: &Column| condition::sort_key(sql, dialect, Some(OWN), column);
    let pairs: Vec<(&Column, Value)> = columns.iter().copied().zip(position.iter().cloned().map(Value::from)).collect();
    if let [(first, value), _, ..] = pairs.as_slice() {
        key_of(sql, first);
        sql.text(" >= ");
        condition::sort_value(sql, dialect, first, value.clone());
        sql.text(" AND ");
    }
    sql.text("(");
    for (place, (column, value)) in pairs.iter().enumerate() {
        sql.text(if place == 0 { "" } else { " OR " });
        for (earlier, value) in pairs.iter().take(place) {
            key_of(sql, earlier);
            sql.text(" = ");
            condition::sort_value(sql, dialect, earlier, value.clone());
            sql.text(" AND ");
        }
        key_of(sql, column);
        sql.text(" > ");
        condition::sort_value(sql, dialect, column, value.clone());
    }
    sql.text(")");
}

/// Ends a statement with order and size, and reads its rows.
pub(super) fn read(
    db: &mut impl Database,
    dialect: Dialect,
    mut sql: Builder,
    columns: &[&Column],
    rows: usize,
) -> Result<Vec<Row>, Error> {
    sql.text(" ORDER BY ");
    // SQL Server takes no column twice, and the second time sorts nothing.
    let mut seen = BTreeSet::new();
    let once: Vec<&Column> = columns.iter().copied().filter(|column| seen.insert(&column.name)).collect();
    sort_keys(&mut sql, dialect, &once);
    dialect.page(&mut sql, i64::try_from(rows).unwrap_or(i64::MAX), None);
    db.query(sql.build(), rows).map_err(|error| fault::plain(&error))
}

/// The only value of a statement's only row.
pub(super) fn value(db: &mut impl Database, sql: Builder) -> Result<Value, Error> {
    let rows = db.query(sql.build(), 1).map_err(|error| fault::plain(&error))?;
    let value = rows.into_iter().next().and_then(|row| row.into_iter().next());
    value.ok_or_else(|| fault::broken("a statement that has to give a value gave none"))
}
