//! Values in child and junction tables: one statement per attribute and page, in one
//! pipeline where the page is small.

use std::collections::BTreeSet;

use patchbay_connector::sql::{self, Batch, Builder, Failure, Row, Statement};
use patchbay_connector::{Cell, Error, Value};

use super::draft::Drafts;
use super::places::Places;
use super::projection;
use crate::condition::{self, CHILD};
use crate::database::Database;
use crate::plan::{Attribute, Class, Multi, Shape, Values};
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
    pub(super) index: Option<usize>,
    /// Where it stands in its class, if it counts for the version.
    pub(super) place: Option<usize>,
    pub(super) attribute: &'a Attribute,
    pub(super) multi: &'a Multi,
}

/// Puts the values of `children` into the objects.
pub(super) fn fill(
    db: &mut impl Database,
    class: &Class,
    children: &[Child<'_>],
    drafts: &mut Drafts,
) -> Result<(), Error> {
    if children.is_empty() || drafts.is_empty() {
        return Ok(());
    }
    let keys = drafts.keys();
    if keys.len() <= PIPELINED {
        let statements = children.iter().map(|child| first_rows(class, child.multi, keys)).collect();
        let batches = db.pipeline(statements, FIRST_ROWS).map_err(|error| fault::plain(&error))?;
        return fill_from(db, class, children, batches, drafts);
    }
    let places = places(class, keys)?;
    for child in children {
        let mut read = Vec::new();
        for chunk in drafts.keys().chunks(chunk_size(class, child.multi)) {
            read.append(&mut rows(db, class, child, chunk, MAX_ROWS - read.len())?);
        }
        put(class, child, &places, read, drafts)?;
    }
    Ok(())
}

/// The same from the first rows of each child, where more are read if there are more.
pub(super) fn fill_from(
    db: &mut impl Database,
    class: &Class,
    children: &[Child<'_>],
    batches: Vec<Batch>,
    drafts: &mut Drafts,
) -> Result<(), Error> {
    if batches.len() != children.len() {
        return Err(fault::broken("a pipeline gave other than one result per statement"));
    }
    let places = places(class, drafts.keys())?;
    for (child, batch) in children.iter().zip(batches) {
        let rows = if batch.done { batch.rows } else { rows(db, class, child, drafts.keys(), MAX_ROWS)? };
        put(class, child, &places, rows, drafts)?;
    }
    Ok(())
}

fn places(class: &Class, keys: &[Row]) -> Result<Places, Error> {
    let parts = class.key_parts();
    let mut places = Places::new(class);
    for (place, key) in keys.iter().enumerate() {
        let uid = key::encode(&parts, key).ok_or_else(|| fault::unreadable_key(class, key))?;
        places.insert(&uid, place);
    }
    Ok(places)
}

/// Puts values where they belong: parent columns of a row tell the object.
fn put(class: &Class, child: &Child<'_>, places: &Places, rows: Vec<Row>, drafts: &mut Drafts) -> Result<(), Error> {
    let parts = class.key_parts();
    if let Shape::Flag(present) = child.multi.shape {
        drafts.iter_mut().filter_map(|draft| draft.cell(child.index)).for_each(|cell| {
            *cell = vec![Value::Boolean(!present)];
        });
    }
    for row in rows {
        let mut values = row.into_iter();
        let parent: Row = values.by_ref().take(child.multi.parent.len()).collect();
        let Some(uid) = key::encode(&parts, &parent) else { continue };
        let Some(draft) = places.get(&uid).and_then(|place| drafts.get_mut(place)) else { continue };
        draft.note(child.place, values.as_slice());
        let Some(cell) = draft.cell(child.index) else { continue };
        match child.multi.shape {
            Shape::List => cell.append(&mut value(child, &uid, values)?),
            // Of several rows, the first counts.
            Shape::One if cell.is_empty() => *cell = value(child, &uid, values)?,
            Shape::One => {}
            Shape::Flag(present) => *cell = vec![Value::Boolean(present)],
        }
    }
    Ok(())
}

/// Values as they are stored for one object, for a writer that has to compare.
pub(crate) fn current(
    db: &mut impl Database,
    class: &Class,
    attribute: &Attribute,
    multi: &Multi,
    key: &[sql::Value],
) -> Result<Vec<Row>, Error> {
    let child = Child { index: None, place: None, attribute, multi };
    let rows = rows(db, class, &child, &[key.to_vec()], MAX_ROWS)?;
    Ok(rows.into_iter().map(|row| row.into_iter().skip(multi.parent.len()).collect()).collect())
}

/// Rows of parent columns and value columns for objects with these keys.
fn rows(
    db: &mut impl Database,
    class: &Class,
    child: &Child<'_>,
    keys: &[Row],
    limit: usize,
) -> Result<Vec<Row>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    db.query_all(all_rows(class, child.multi, keys).build(), limit).map_err(|error| match error.failure {
        Failure::LimitExceeded => fault::too_many(child.attribute),
        _ => fault::plain(&error),
    })
}

/// The statement that reads the first of them, and one more, which tells that there are
/// more: the database need not send a long list that is thrown away.
pub(super) fn first_rows(class: &Class, multi: &Multi, keys: &[Row]) -> Statement {
    let mut sql = all_rows(class, multi, keys);
    class.dialect.first(&mut sql, FIRST_ROWS.saturating_add(1));
    sql.build()
}

/// The statement that reads them all.
fn all_rows(class: &Class, multi: &Multi, keys: &[Row]) -> Builder {
    let mut sql = Builder::new();
    sql.text("SELECT ").list(", ", multi.parent.iter().chain(multi.value.columns()), |sql, own| {
        condition::column(sql, Some(CHILD), &own.name);
    });
    condition::from(&mut sql, &multi.table, CHILD);
    sql.text(" WHERE ");
    belongs_to(&mut sql, class, multi, keys);
    condition::and_fixed(&mut sql, Some(CHILD), &multi.fixed);
    sql.text(" ORDER BY ");
    let values = match &multi.value {
        Values::Presence => multi.parent.as_slice(),
        values => values.columns(),
    };
    let mut order: Vec<&String> = multi.order.iter().chain(values).map(|own| &own.name).collect();
    // SQL Server takes no column twice.
    let mut seen = BTreeSet::new();
    order.retain(|name| seen.insert(*name));
    sql.list(", ", order, |sql, name| condition::column(sql, Some(CHILD), name));
    sql
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
fn belongs_to(sql: &mut Builder, class: &Class, multi: &Multi, keys: &[Row]) {
    let padded = keys.len().next_power_of_two();
    let keys = keys.iter().chain(std::iter::repeat_n(keys.last(), padded - keys.len()).flatten());
    match multi.parent.as_slice() {
        [own] if is_listed(class, multi) && padded > 1 => {
            condition::one_of(sql, class.dialect, Some(CHILD), own, keys.flatten());
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

/// The value of a row of the object with this uid, without its parent columns.
fn value(child: &Child<'_>, uid: &str, values: impl Iterator<Item = sql::Value>) -> Result<Cell, Error> {
    let values: Vec<sql::Value> = values.collect();
    match &child.multi.value {
        Values::Scalar(column) => {
            let stored = values.into_iter().next().unwrap_or(sql::Value::Null);
            Ok(projection::scalar(child.attribute, uid, column, stored))
        }
        Values::Reference(to) => projection::reference(child.attribute, uid, to, &values),
        Values::Presence => Ok(Cell::new()),
    }
}
