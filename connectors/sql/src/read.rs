//! `get` and `search`.

mod called;
mod children;
mod draft;
mod places;
mod projection;
mod several;
#[cfg(test)]
mod tests;

use patchbay_connector::filter::Tree;
use patchbay_connector::sql::{self, Builder, Failure, Row};
use patchbay_connector::{Error, ErrorKind, Fault, Object, Order, Page, Precision, Query};

pub(crate) use children::current;
pub(crate) use places::Places;
pub(crate) use projection::revision;
pub(crate) use several::several;

use crate::condition::{self, OWN};
use crate::custom;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::plan::{Attribute, Class, Column, Source};
use crate::{fault, key, page::Bookmark, value};
use projection::Projection;

/// Most objects that one page holds.
pub const MAX_PAGE: u32 = 1_000;

/// One object by its uid, with these attributes.
pub fn get(db: &mut impl Database, class: &Class, uid: &str, attributes: &[String]) -> Result<Object, Error> {
    let key = key::decode(&class.key_parts(), uid).ok_or_else(fault::not_found)?;
    one(db, class, key, attributes)?.ok_or_else(fault::not_found)
}

/// The object with this key, if there is one.
pub(crate) fn one(
    db: &mut impl Database,
    class: &Class,
    key: Vec<sql::Value>,
    attributes: &[String],
) -> Result<Option<Object>, Error> {
    if let Some(step) = custom::reader(class, true) {
        return called::one(db, class, step, &key, attributes);
    }
    let projection = Projection::new(class, attributes, Vec::new())?;
    let mut sql = projection.select(class, |sql| condition::from_object(sql, class, &key))?;
    sql.text(" WHERE ");
    condition::has_key(&mut sql, class, Some(OWN), &key);
    and_visible(&mut sql, class);
    let children = projection.children();
    let keys = [key];
    // Where the uid is the key to the letter, other tables need not wait for the row.
    let ahead = if is_exact(class) { children.as_slice() } else { &[] };
    let others = ahead.iter().map(|child| children::first_rows(class, child.multi, &keys));
    let statements = std::iter::once(sql.build()).chain(others).collect();
    let mut batches = db
        .pipeline(statements, children::FIRST_ROWS)
        .map_err(|error| match error.failure {
            // The uid is well formed, but the database cannot compare its key with it.
            Failure::InvalidParameter => fault::not_found(),
            _ => fault::plain(&error),
        })?
        .into_iter();
    let own = batches.next().ok_or_else(|| fault::broken("a pipeline without results"))?;
    let mut drafts = projection.drafts(class, own.rows)?;
    if drafts.is_empty() {
        return Ok(None);
    }
    if is_exact(class) {
        children::fill_from(db, class, &children, batches.collect(), &mut drafts)?;
    } else {
        children::fill(db, class, &children, &mut drafts)?;
    }
    Ok(drafts.finish().pop())
}

/// These columns of the object with this key, as they are stored, if there is one.
pub(crate) fn columns(
    db: &mut impl Database,
    class: &Class,
    key: &[sql::Value],
    names: &[&str],
) -> Result<Option<Row>, Error> {
    if let Some(step) = custom::reader(class, true) {
        return called::columns(db, class, step, key, names);
    }
    let mut sql = Builder::new();
    sql.text("SELECT 1");
    for name in names {
        sql.text(", ");
        condition::column(&mut sql, Some(OWN), name);
    }
    condition::from_object(&mut sql, class, key)?;
    sql.text(" WHERE ");
    condition::has_key(&mut sql, class, Some(OWN), key);
    and_visible(&mut sql, class);
    let rows = db.query(sql.build(), 1).map_err(|error| match error.failure {
        Failure::InvalidParameter => fault::not_found(),
        _ => fault::plain(&error),
    })?;
    Ok(rows.into_iter().next().map(|row| row.into_iter().skip(1).collect()))
}

/// Whether two spellings of a key are never the same key for the database.
fn is_exact(class: &Class) -> bool {
    class.key.iter().all(|part| part.native_case && !part.needs_rtrim(class.dialect))
}

/// A statement that reads everything of no object: it shows whether the class can be read.
pub fn nothing(class: &Class, key: Option<&[sql::Value]>) -> sql::Statement {
    let own = class.attributes.iter().filter(|attribute| class.reads(&attribute.name));
    let columns: Vec<&Column> = class.key.iter().chain(own.flat_map(Attribute::own_columns)).collect();
    let mut sql = Builder::new();
    sql.text("SELECT ").list(", ", columns, |sql, column| condition::column(sql, Some(OWN), &column.name));
    custom::from(&mut sql, class, key);
    sql.text(" WHERE 1 = 0");
    sql.build()
}

/// A page of objects.
pub fn search(db: &mut impl Database, class: &Class, query: &Query) -> Result<Page, Error> {
    if let Some(step) = custom::reader(class, false) {
        return called::search(db, class, step, query);
    }
    let order = resolve(class, &query.order)?;
    let sort = order.iter().map(|(column, _)| *column).collect();
    let projection = Projection::new(class, &query.attributes, sort)?;
    let wanted = Wanted::new(class, query, order.len())?;

    let total = match query.want_total {
        true => Some(count(db, class, &wanted)?),
        false => None,
    };
    let mut page = Page {
        attributes: query.attributes.clone(),
        objects: Vec::new(),
        precision: Precision::Exact,
        next: None,
        total,
    };
    if query.page_size == 0 {
        return Ok(page);
    }

    let size = query.page_size.min(MAX_PAGE);
    let mut sql = projection.select(class, |sql| wanted.from(sql, class, true))?;
    if class.entity.is_none() {
        wanted.conditions(&mut sql, class, &mut Conditions::default(), true)?;
    }
    order_by(&mut sql, class, &order);
    class.dialect.page(&mut sql, wanted.rows, wanted.offset);

    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut rows = db.query(sql.build(), size.saturating_add(1)).map_err(|error| match error.failure {
        // Filter values were converted to their columns' types; only a forged token is left.
        Failure::InvalidParameter if query.continuation.is_some() => {
            Error::fault(ErrorKind::TokenExpired, "the continuation does not belong to this search")
        }
        _ => fault::plain(&error),
    })?;
    if rows.len() > size {
        rows.truncate(size);
        let last = rows.last().ok_or_else(|| fault::broken("a full page has no last row"))?;
        page.next = Some(Bookmark::new(&class.name, &query.order, projection.position(class, last)?).encode()?);
    }
    let mut drafts = projection.drafts(class, rows)?;
    children::fill(db, class, &projection.children(), &mut drafts)?;
    page.objects = drafts.finish();
    Ok(page)
}

/// Number of all matches.
fn count(db: &mut impl Database, class: &Class, wanted: &Wanted<'_>) -> Result<u64, Error> {
    let mut sql = Builder::new();
    sql.text("SELECT COUNT(*)");
    wanted.from(&mut sql, class, false)?;
    if class.entity.is_none() {
        wanted.conditions(&mut sql, class, &mut Conditions::default(), false)?;
    }
    let rows = db.query(sql.build(), 1).map_err(|error| fault::plain(&error))?;
    match rows.first().and_then(|row| row.first()).and_then(value::whole) {
        Some(total) => Ok(u64::try_from(total).unwrap_or(0)),
        None => Err(fault::broken("COUNT(*) gave no integer")),
    }
}

/// What a search asks for, to be said once, or of each table whose rows make objects.
struct Wanted<'a> {
    query: &'a Query,
    /// Sort keys and key of the last object of the page before.
    last: Option<Vec<sql::Value>>,
    /// One more than asked for, which shows whether there is another page.
    rows: i64,
    /// Objects before the page.
    offset: Option<i64>,
}

impl<'a> Wanted<'a> {
    fn new(class: &Class, query: &'a Query, sort_keys: usize) -> Result<Self, Error> {
        let last = match &query.continuation {
            Some(token) => Some(Bookmark::decode(token, &class.name, &query.order, sort_keys + class.key.len())?),
            None => None,
        };
        let offset = query.offset.filter(|offset| *offset > 0 && last.is_none());
        let offset = offset.map(|offset| i64::try_from(offset).unwrap_or(i64::MAX));
        Ok(Self { query, last, rows: i64::from(query.page_size.min(MAX_PAGE)) + 1, offset })
    }

    /// Appends the conditions; for a `page`, that it goes on after the one before.
    fn conditions(
        &self,
        sql: &mut Builder,
        class: &Class,
        conditions: &mut Conditions,
        page: bool,
    ) -> Result<(), Error> {
        conditions.visible(sql, class);
        if let Some(nodes) = self.query.filter.as_deref().filter(|nodes| !nodes.is_empty()) {
            conditions.next(sql);
            condition::filter(sql, class, Tree::new(nodes)?)?;
        }
        if let Some(last) = self.last.as_ref().filter(|_| page) {
            conditions.next(sql);
            after(sql, class, &resolve(class, &self.query.order)?, last);
        }
        Ok(())
    }

    /// Appends where the objects are. Of each table of an entity no more keys are taken than
    /// the page needs: what is first of all is among the first of each.
    fn from(&self, sql: &mut Builder, class: &Class, page: bool) -> Result<(), Error> {
        let narrow =
            |sql: &mut Builder, class: &Class| self.conditions(sql, class, &mut Conditions { started: true }, page);
        let end = |sql: &mut Builder, class: &Class| {
            order_by(sql, class, &resolve(class, &self.query.order)?);
            class.dialect.page(sql, self.rows.saturating_add(self.offset.unwrap_or(0)), None);
            Ok(())
        };
        let all = condition::Selection::ALL;
        condition::from_class(
            sql,
            class,
            condition::Selection { narrow: &narrow, end: if page { &end } else { all.end } },
        )
    }
}

/// Writes `WHERE` once and `AND` from then on.
#[derive(Debug, Default)]
struct Conditions {
    started: bool,
}

impl Conditions {
    fn next(&mut self, sql: &mut Builder) {
        sql.text(if self.started { " AND " } else { " WHERE " });
        self.started = true;
    }

    fn visible(&mut self, sql: &mut Builder, class: &Class) {
        if !class.soft_delete.is_empty() {
            self.next(sql);
            condition::visible(sql, class, Some(OWN));
        }
    }
}

/// Appends ` AND` the condition that the row is not deleted softly, if that can be.
fn and_visible(sql: &mut Builder, class: &Class) {
    if !class.soft_delete.is_empty() {
        sql.text(" AND ");
        condition::visible(sql, class, Some(OWN));
    }
}

/// A column to sort by, and whether descending.
type Sort<'a> = (&'a Column, bool);

/// Columns of the attributes to sort by.
fn resolve<'a>(class: &'a Class, order: &[Order]) -> Result<Vec<Sort<'a>>, Error> {
    order
        .iter()
        .map(|order| {
            let attribute = class.attribute(&order.attribute);
            match attribute.map(|attribute| &attribute.source) {
                Some(Source::Column(column)) if sortable(column) => Ok((column, order.descending)),
                None => Err(fault::no_attribute(&order.attribute)),
                Some(_) => Err(Error::fault(ErrorKind::InvalidValue, "objects cannot be sorted by this attribute")
                    .with_attribute(&order.attribute)),
            }
        })
        .collect()
}

/// Whether objects can be sorted by a column.
pub fn sortable(column: &Column) -> bool {
    condition::applicable(column, patchbay_connector::Comparator::Less)
}

/// Appends the order: what was asked for, then the key, so that it is total.
fn order_by(sql: &mut Builder, class: &Class, order: &[Sort<'_>]) {
    sql.text(" ORDER BY ");
    let mut rest: Vec<&Column> = class.key.iter().collect();
    if class.dialect == Dialect::Mssql {
        // It takes no column twice, and the second time sorts nothing.
        rest.retain(|part| !order.iter().any(|(column, _)| column.name == part.name));
    }
    for (place, (column, descending)) in order.iter().enumerate() {
        if condition::sorts_null(column, class.dialect)
            && let Some((before, after)) = class.dialect.nulls_key(*descending)
        {
            sql.text(before);
            condition::sort_key(sql, class.dialect, Some(OWN), column);
            sql.text(after);
        }
        condition::sort_key(sql, class.dialect, Some(OWN), column);
        sql.text(if *descending { " DESC" } else { "" });
        if condition::sorts_null(column, class.dialect) {
            sql.text(class.dialect.nulls(*descending));
        }
        sql.text(if place + 1 == order.len() && rest.is_empty() { "" } else { ", " });
    }
    sql.list(", ", rest, |sql, part| {
        condition::sort_key(sql, class.dialect, Some(OWN), part);
    });
}

/// Appends the condition that a row comes after the one with these sort keys and key:
/// greater in the first place where the two differ. Absent values stand last ascending
/// and first descending.
fn after(sql: &mut Builder, class: &Class, order: &[Sort<'_>], last: &[sql::Value]) {
    let columns: Vec<Sort<'_>> = order.iter().copied().chain(class.key.iter().map(|part| (part, false))).collect();
    let key_of = |sql: &mut Builder, column: &Column| condition::sort_key(sql, class.dialect, Some(OWN), column);
    sql.text("(");
    let mut first = true;
    for (place, ((column, descending), value)) in columns.iter().zip(last).enumerate() {
        // Nothing comes after an absent value that is last.
        if *value == sql::Value::Null && !descending {
            continue;
        }
        sql.text(if first { "" } else { " OR " });
        first = false;
        sql.text("(");
        for ((earlier, _), value) in columns.iter().zip(last).take(place) {
            key_of(sql, earlier);
            if *value == sql::Value::Null {
                sql.text(" IS NULL AND ");
            } else {
                sql.text(" = ");
                condition::sort_value(sql, class.dialect, earlier, value.clone());
                sql.text(" AND ");
            }
        }
        match (value, descending) {
            (sql::Value::Null, _) => {
                key_of(sql, column);
                sql.text(" IS NOT NULL");
            }
            (value, true) => {
                key_of(sql, column);
                sql.text(" < ");
                condition::sort_value(sql, class.dialect, column, value.clone());
            }
            (value, false) => {
                let nullable = condition::sorts_null(column, class.dialect);
                if nullable {
                    sql.text("(");
                }
                key_of(sql, column);
                sql.text(" > ");
                condition::sort_value(sql, class.dialect, column, value.clone());
                if nullable {
                    sql.text(" OR ");
                    key_of(sql, column);
                    sql.text(" IS NULL)");
                }
            }
        }
        sql.text(")");
    }
    sql.text(if first { "1 = 0)" } else { ")" });
}
