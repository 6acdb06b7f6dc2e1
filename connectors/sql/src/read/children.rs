//! Values in child and junction tables: one statement per attribute and page, in one
//! pipeline where the page is small.

use std::collections::BTreeMap;

use patchbay_connector::sql::{self, Batch, Builder, Failure, Row, Statement};
use patchbay_connector::{Cell, Error, Object};

use super::projection;
use crate::condition::{self, CHILD};
use crate::database::Database;
use crate::plan::{Attribute, Class, Multi, Values};
use crate::{fault, key};

/// Most rows of one attribute on one page.
const MAX_ROWS: usize = 100_000;

/// Most alternatives that are joined by OR: SQLite limits the depth of an expression.
const MAX_ALTERNATIVES: usize = 256;

/// Most objects whose values are read in one pipeline: small results gain by it, large
/// ones would be thrown away beyond the first batch.
const PIPELINED: usize = 100;

/// Rows of each statement that a pipeline gives back.
pub(super) const FIRST_ROWS: u32 = 1_000;

/// An attribute with values in another table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child<'a> {
    /// Where the attribute stands among those asked for.
    pub(super) index: usize,
    pub(super) attribute: &'a Attribute,
    pub(super) multi: &'a Multi,
}

/// Puts the values of `children` into the objects that have these keys.
pub(super) fn fill(
    db: &mut impl Database,
    class: &Class,
    children: &[Child<'_>],
    keys: &[Vec<sql::Value>],
    objects: &mut [Object],
) -> Result<(), Error> {
    if children.is_empty() || keys.is_empty() {
        return Ok(());
    }
    if keys.len() <= PIPELINED {
        let statements = children.iter().map(|child| statement(class, child.multi, keys)).collect();
        let batches = db.pipeline(statements, FIRST_ROWS).map_err(|error| fault::plain(&error))?;
        return fill_from(db, class, children, keys, batches, objects);
    }
    for child in children {
        let mut left = MAX_ROWS;
        for chunk in keys.chunks(chunk_size(class, child.multi)) {
            let rows = rows(db, class, child, chunk, left)?;
            left = left.saturating_sub(rows.len());
            place(class, child, keys, rows, objects)?;
        }
    }
    Ok(())
}

/// The same from the first rows of each child, where more are read if there are more.
pub(super) fn fill_from(
    db: &mut impl Database,
    class: &Class,
    children: &[Child<'_>],
    keys: &[Vec<sql::Value>],
    batches: Vec<Batch>,
    objects: &mut [Object],
) -> Result<(), Error> {
    if batches.len() != children.len() {
        return Err(fault::broken("a pipeline gave other than one result per statement"));
    }
    for (child, batch) in children.iter().zip(batches) {
        let rows = if batch.done { batch.rows } else { rows(db, class, child, keys, MAX_ROWS)? };
        place(class, child, keys, rows, objects)?;
    }
    Ok(())
}

/// Puts values where they belong: parent columns of a row tell the object.
fn place(
    class: &Class,
    child: &Child<'_>,
    keys: &[Vec<sql::Value>],
    rows: Vec<Row>,
    objects: &mut [Object],
) -> Result<(), Error> {
    let parts = class.key_parts();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (place, key) in keys.iter().enumerate() {
        let uid = key::encode(&parts, key).ok_or_else(|| fault::unreadable("key"))?;
        places.insert(fold(class, uid), place);
    }
    for row in rows {
        let mut values = row.into_iter();
        let parent: Vec<sql::Value> = values.by_ref().take(child.multi.parent.len()).collect();
        let Some(uid) = key::encode(&parts, &parent) else { continue };
        let Some(object) = places.get(&fold(class, uid)).and_then(|place| objects.get_mut(*place)) else { continue };
        let Some(cell) = object.cells.get_mut(child.index) else { continue };
        cell.append(&mut value(child.attribute, child.multi, values)?);
    }
    Ok(())
}

/// Keys that the database takes for the same must meet here as well.
fn fold(class: &Class, uid: String) -> String {
    if class.key.iter().all(|part| part.native_case) { uid } else { uid.to_lowercase() }
}

/// Values as they are stored for one object, for a writer that has to compare.
pub(crate) fn current(
    db: &mut impl Database,
    class: &Class,
    attribute: &Attribute,
    multi: &Multi,
    key: &[sql::Value],
) -> Result<Vec<Row>, Error> {
    let child = Child { index: 0, attribute, multi };
    let rows = rows(db, class, &child, &[key.to_vec()], MAX_ROWS)?;
    Ok(rows.into_iter().map(|row| row.into_iter().skip(multi.parent.len()).collect()).collect())
}

/// Rows of parent columns and value columns for objects with these keys.
fn rows(
    db: &mut impl Database,
    class: &Class,
    child: &Child<'_>,
    keys: &[Vec<sql::Value>],
    limit: usize,
) -> Result<Vec<Row>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    db.query_all(statement(class, child.multi, keys), limit).map_err(|error| match error.failure {
        Failure::LimitExceeded => fault::too_many(child.attribute),
        _ => fault::plain(&error),
    })
}

/// The statement that reads them.
pub(super) fn statement(class: &Class, multi: &Multi, keys: &[Vec<sql::Value>]) -> Statement {
    let mut sql = Builder::new();
    sql.text("SELECT ").list(", ", multi.parent.iter().chain(multi.value.columns()), |sql, own| {
        condition::column(sql, Some(CHILD), &own.name);
    });
    condition::from(&mut sql, &multi.table, CHILD);
    sql.text(" WHERE ");
    belongs_to(&mut sql, class, multi, keys);
    condition::and_fixed(&mut sql, Some(CHILD), &multi.fixed);
    sql.text(" ORDER BY ");
    let order = multi.order.iter().chain(multi.value.columns()).map(|own| &own.name);
    sql.list(", ", order, |sql, name| condition::column(sql, Some(CHILD), name));
    sql.build()
}

/// Most keys in one statement.
fn chunk_size(class: &Class, multi: &Multi) -> usize {
    if is_listed(class, multi) { class.dialect.max_params() } else { MAX_ALTERNATIVES }
}

/// Whether parents are asked for as a list; else as alternatives.
fn is_listed(class: &Class, multi: &Multi) -> bool {
    matches!(multi.parent.as_slice(), [own] if !own.needs_rtrim(class.dialect))
}

/// Appends the condition that a row belongs to one of the objects. The number of
/// parameters is rounded up to a power of two by repeating the last, so that pages of
/// different length share few statements for the database to prepare.
fn belongs_to(sql: &mut Builder, class: &Class, multi: &Multi, keys: &[Vec<sql::Value>]) {
    let padded = keys.len().next_power_of_two();
    let keys = keys.iter().chain(std::iter::repeat_n(keys.last(), padded - keys.len()).flatten());
    match multi.parent.as_slice() {
        [own] if is_listed(class, multi) && padded > 1 => {
            condition::column(sql, Some(CHILD), &own.name);
            sql.text(" IN (").list(", ", keys.flatten(), |sql, value| {
                sql.param(value.clone());
            });
            sql.text(")");
        }
        columns if padded == 1 => {
            sql.list("", keys, |sql, key| condition::equal_all(sql, class.dialect, Some(CHILD), columns, key));
        }
        columns => {
            sql.text("(").list(" OR ", keys, |sql, key| {
                sql.text("(");
                condition::equal_all(sql, class.dialect, Some(CHILD), columns, key);
                sql.text(")");
            });
            sql.text(")");
        }
    }
}

/// The value of a row, without its parent columns.
fn value(attribute: &Attribute, multi: &Multi, values: impl Iterator<Item = sql::Value>) -> Result<Cell, Error> {
    let values: Vec<sql::Value> = values.collect();
    match &multi.value {
        Values::Scalar(column) => {
            let stored = values.into_iter().next().unwrap_or(sql::Value::Null);
            projection::scalar(attribute, column, stored)
        }
        Values::Reference(to) => projection::reference(attribute, to, &values),
    }
}
