//! Rows of child and junction tables: what changed is written, row by row, never the
//! whole list.

mod single;

use std::collections::BTreeSet;

use patchbay_connector::sql::{self, Builder, Row};
use patchbay_connector::{Change, Comparator, Error, Value};

use super::transaction::Abort;
use crate::condition;
use crate::database::Database;
use crate::fault::{self, About};
use crate::plan::{Attribute, Class, Column, Multi, Native, Shape, Values};
use crate::{key, read, value};

/// Rows that one statement looks for or deletes.
const CHUNK: usize = 200;

/// A change to the rows of one attribute, with values in the database's types.
#[derive(Debug, Clone)]
pub(crate) enum Edit {
    /// Exactly these rows afterwards.
    Replace(Vec<Row>),
    /// These rows are there afterwards.
    Add(Vec<Row>),
    /// No row with one of these values afterwards.
    Remove(Vec<Value>),
    /// No row afterwards.
    Clear,
    /// Exactly this row afterwards: the one that is there is changed.
    Only(Row),
}

/// Converts a change.
pub(crate) fn edit(attribute: &Attribute, multi: &Multi, change: &Change) -> Result<Edit, Error> {
    if multi.shape != Shape::List {
        return single::edit(attribute, multi, change);
    }
    Ok(match change {
        Change::Replace(values) => Edit::Replace(to_store(attribute, multi, values)?),
        Change::Add(values) => Edit::Add(to_store(attribute, multi, values)?),
        Change::Remove(values) => Edit::Remove(values.clone()),
        Change::Clear => Edit::Clear,
    })
}

/// The value columns of the rows of a new object.
pub(crate) fn to_create(attribute: &Attribute, multi: &Multi, values: &[Value]) -> Result<Vec<Row>, Error> {
    match multi.shape {
        Shape::List => to_store(attribute, multi, values),
        Shape::One | Shape::Flag(_) => single::to_store(attribute, multi, values),
    }
}

/// The value columns of rows for these values, without repetitions.
fn to_store(attribute: &Attribute, multi: &Multi, values: &[Value]) -> Result<Vec<Row>, Error> {
    let mut seen = BTreeSet::new();
    let mut rows = Vec::with_capacity(values.len());
    for value in values {
        let row = match (&multi.value, value) {
            (Values::Scalar(column), value) => {
                vec![value::to_store(column, value).map_err(|misfit| fault::misfit(&attribute.name, misfit, column))?]
            }
            (Values::Reference(to), Value::Reference(uid) | Value::Text(uid)) => key::decode(&to.key, uid)
                .ok_or_else(|| fault::invalid(&attribute.name, "points at an object that does not exist"))?,
            (Values::Presence, _) => Row::new(),
            (Values::Reference(_), _) => {
                return Err(fault::invalid(&attribute.name, "must be the id of another object"));
            }
        };
        if seen.insert(identity(multi, &row, true)) {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// What makes two rows hold the same value: its form in the contract. With `fold`, case
/// does not count where it does not count for the attribute.
pub(crate) fn identity(multi: &Multi, row: &[sql::Value], fold: bool) -> Option<String> {
    match &multi.value {
        Values::Reference(to) => key::encode(&to.key, row),
        Values::Presence => None,
        Values::Scalar(column) => {
            let text = match value::from_sql(column, row.first()?.clone()).ok()?? {
                Value::Text(text) if fold && !column.case_exact => text.to_lowercase(),
                Value::Text(text) | Value::Timestamp(text) | Value::Json(text) | Value::Reference(text) => text,
                Value::Decimal(text) => value::decimal::canonical(&text).unwrap_or(text),
                Value::Boolean(value) => value.to_string(),
                Value::Integer(number) => number.to_string(),
                Value::Binary(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
                Value::Secret(_) => return None,
            };
            Some(text)
        }
    }
}

/// The rows of one attribute of one object.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    /// The object's class.
    pub(crate) class: &'a Class,
    /// The attribute.
    pub(crate) attribute: &'a Attribute,
    /// Where its rows are.
    pub(crate) multi: &'a Multi,
    /// The object's key.
    pub(crate) key: &'a [sql::Value],
}

impl Place<'_> {
    /// Applies a change.
    pub(crate) fn apply(&self, db: &mut impl Database, edit: &Edit) -> Result<(), Abort> {
        match edit {
            Edit::Replace(rows) => self.replace(db, rows),
            Edit::Add(rows) => self.insert(db, rows.clone(), false),
            Edit::Remove(values) => self.remove(db, values),
            Edit::Clear => self.clear(db),
            Edit::Only(row) => self.only(db, row),
        }
    }

    /// Leaves these rows and no others, where some may be there though the object is new.
    pub(crate) fn only_these(&self, db: &mut impl Database, rows: &[Row]) -> Result<(), Abort> {
        match self.multi.shape {
            Shape::Flag(_) if rows.is_empty() => self.clear(db),
            Shape::Flag(_) => self.insert(db, rows.to_vec(), false),
            Shape::List | Shape::One => self.replace(db, rows),
        }
    }

    /// Inserts rows that are not there yet; `fresh` where the object has none.
    pub(crate) fn insert(&self, db: &mut impl Database, mut rows: Vec<Row>, fresh: bool) -> Result<(), Abort> {
        if rows.is_empty() {
            return Ok(());
        }
        // Where a unique key covers the row, the database leaves out what is there. Else
        // the rows are compared here; the parent is locked, so nobody adds one meanwhile.
        if fresh || self.leaves_out() {
            // Nothing is there, or the database knows.
        } else if self.is_found_by_value() {
            rows = self.missing(db, rows)?;
        } else {
            let current = read::current(db, self.class, self.attribute, self.multi, self.key)?;
            let there: BTreeSet<_> = current.iter().map(|row| identity(self.multi, row, true)).collect();
            rows.retain(|row| !there.contains(&identity(self.multi, row, true)));
        }
        let mut next_place = self.next_place(db, fresh)?;
        self.insert_all(db, &rows, &mut next_place, !fresh)
    }

    /// Inserts rows, as many at a time as the database takes; with `guard`, it leaves out what is
    /// there where it can.
    fn insert_all(
        &self,
        db: &mut impl Database,
        rows: &[Row],
        next_place: &mut Option<i64>,
        guard: bool,
    ) -> Result<(), Abort> {
        for chunk in rows.chunks(self.class.dialect.rows_per_insert()) {
            let statement = self.insert_statement(chunk, next_place, guard);
            db.execute(statement.build()).map_err(|error| self.abort(&error))?;
        }
        Ok(())
    }

    /// Whether the database leaves out rows that are there.
    fn leaves_out(&self) -> bool {
        self.multi.unique.is_some() && self.class.dialect.returns()
    }

    /// Whether rows can be looked for by what they hold, to the letter.
    fn is_found_by_value(&self) -> bool {
        match self.multi.value {
            Values::Reference(_) => true,
            Values::Scalar(_) => self.multi.unique.is_some(),
            Values::Presence => false,
        }
    }

    /// Those of `rows` that are not there: only they are looked for, as there may be very
    /// many others. The parent is locked, so nobody adds one meanwhile.
    pub(crate) fn missing(&self, db: &mut impl Database, mut rows: Vec<Row>) -> Result<Vec<Row>, Abort> {
        if matches!(self.multi.value, Values::Presence) {
            let current = read::current(db, self.class, self.attribute, self.multi, self.key)?;
            return Ok(if current.is_empty() { rows } else { Vec::new() });
        }
        let mut there = BTreeSet::new();
        for chunk in rows.chunks(CHUNK) {
            let mut sql = Builder::new();
            sql.text("SELECT ").list(", ", self.multi.value.columns(), |sql, column| {
                sql.ident([&column.name]);
            });
            sql.text(" FROM ").ident(self.multi.table.iter().cloned());
            self.condition(&mut sql);
            sql.text(" AND (");
            self.one_of(&mut sql, chunk);
            sql.text(")");
            let found = db.query(sql.build(), usize::MAX).map_err(|error| self.abort(&error))?;
            there.extend(found.iter().map(|row| identity(self.multi, row, true)));
        }
        rows.retain(|row| !there.contains(&identity(self.multi, row, true)));
        Ok(rows)
    }

    /// The value for the order column of the next row, where rows must have one.
    fn next_place(&self, db: &mut impl Database, fresh: bool) -> Result<Option<i64>, Abort> {
        let needed =
            |order: &&Column| !order.nullable && !order.generated && matches!(order.native, Native::Integer { .. });
        let Some(order) = self.multi.order.as_ref().filter(needed) else { return Ok(None) };
        if fresh {
            return Ok(Some(1));
        }
        let mut sql = Builder::new();
        sql.text("SELECT MAX(").ident([&order.name]).text(") FROM ").ident(self.multi.table.iter().cloned());
        self.condition(&mut sql);
        let rows = db.query(sql.build(), 1).map_err(|error| self.abort(&error))?;
        let last = rows.first().and_then(|row| row.first()).and_then(value::whole);
        Ok(Some(last.map_or(1, |last| last.saturating_add(1))))
    }

    fn insert_statement(&self, rows: &[Row], next_place: &mut Option<i64>, guard: bool) -> Builder {
        let multi = self.multi;
        let order = multi.order.as_ref().filter(|_| next_place.is_some());
        let mut sql = Builder::new();
        sql.text("INSERT INTO ").ident(multi.table.iter().cloned()).text(" (");
        let fixed = multi.fixed.iter().map(|fixed| &fixed.column);
        let columns = multi.parent.iter().chain(multi.value.columns()).chain(order).map(|column| &column.name);
        sql.list(", ", columns.chain(fixed), |sql, name| {
            sql.ident([name]);
        });
        sql.text(") VALUES ").list(", ", rows, |sql, row| {
            sql.text("(").list(", ", self.key.iter().chain(row), |sql, value| {
                sql.param(value.clone());
            });
            if let Some(place) = next_place {
                sql.text(", ").param(sql::Value::Integer(*place));
                *place = place.saturating_add(1);
            }
            for fixed in &multi.fixed {
                sql.text(", ");
                match value::constant(&fixed.value) {
                    Some(constant) => sql.param(constant),
                    None => sql.text(self.class.dialect.now()),
                };
            }
            sql.text(")");
        });
        if let Some(unique) = multi.unique.as_ref().filter(|_| guard && self.leaves_out()) {
            sql.text(" ON CONFLICT (").list(", ", unique, |sql, column| {
                sql.ident([column]);
            });
            sql.text(") DO NOTHING");
        }
        sql
    }

    /// Deletes rows that hold one of these values, as the attribute compares.
    fn remove(&self, db: &mut impl Database, values: &[Value]) -> Result<(), Abort> {
        let dialect = self.class.dialect;
        match &self.multi.value {
            Values::Reference(to) => {
                // What cannot be a key is not there.
                let keys: Vec<Row> = values
                    .iter()
                    .filter_map(|value| match value {
                        Value::Reference(uid) | Value::Text(uid) => key::decode(&to.key, uid),
                        _ => None,
                    })
                    .collect();
                keys.chunks(CHUNK).try_for_each(|chunk| self.delete(db, |sql| self.one_of(sql, chunk)))
            }
            Values::Scalar(column) => {
                for chunk in values.chunks(CHUNK) {
                    self.delete(db, |sql| {
                        sql.list(" OR ", chunk, |sql, value| {
                            condition::compare(sql, dialect, None, column, Comparator::Equal, value, false);
                        });
                    })?;
                }
                Ok(())
            }
            Values::Presence => Err(fault::broken("a truth value is no list").into()),
        }
    }

    /// Deletes what is too many and inserts what is missing.
    fn replace(&self, db: &mut impl Database, wanted: &[Row]) -> Result<(), Abort> {
        let current = read::current(db, self.class, self.attribute, self.multi, self.key)?;
        let id = |row: &Row| identity(self.multi, row, false);
        let keep: BTreeSet<_> = wanted.iter().map(id).collect();
        let there: BTreeSet<_> = current.iter().map(id).collect();
        let gone: Vec<Row> = current.into_iter().filter(|row| !keep.contains(&id(row))).collect();
        let new: Vec<Row> = wanted.iter().filter(|row| !there.contains(&id(row))).cloned().collect();
        self.delete_stored(db, &gone)?;
        let mut next_place = match new.is_empty() {
            true => None,
            false => self.next_place(db, false)?,
        };
        self.insert_all(db, &new, &mut next_place, true)
    }

    /// Deletes all rows of the attribute.
    pub(crate) fn clear(&self, db: &mut impl Database) -> Result<(), Abort> {
        let mut sql = Builder::new();
        sql.text("DELETE FROM ").ident(self.multi.table.iter().cloned());
        self.condition(&mut sql);
        db.execute(sql.build()).map_err(|error| self.abort(&error))?;
        Ok(())
    }

    /// Deletes rows with exactly these value columns, as they were read: others that the
    /// database takes for the same stay.
    fn delete_stored(&self, db: &mut impl Database, rows: &[Row]) -> Result<(), Abort> {
        let columns = self.multi.value.columns();
        let dialect = self.class.dialect;
        rows.chunks(CHUNK).try_for_each(|chunk| {
            self.delete(db, |sql| match columns {
                [column] if chunk.iter().all(|row| !row.contains(&sql::Value::Null)) => {
                    condition::stored(sql, dialect, column, chunk.iter().flatten());
                }
                _ => alternatives(sql, columns, chunk, |sql, column, value| {
                    condition::stored(sql, dialect, column, std::iter::once(value));
                }),
            })
        })
    }

    /// Appends that the value columns are those of one of these rows.
    fn one_of(&self, sql: &mut Builder, rows: &[Row]) {
        let columns = self.multi.value.columns();
        let dialect = self.class.dialect;
        if let [column] = columns
            && column.native != Native::Opaque
            && !column.needs_rtrim(dialect)
            && rows.iter().all(|row| !row.contains(&sql::Value::Null))
        {
            condition::one_of(sql, dialect, None, column, rows.iter().flatten());
            return;
        }
        alternatives(sql, columns, rows, |sql, column, value| {
            condition::equal(sql, dialect, None, column, value.clone());
        });
    }

    fn delete(&self, db: &mut impl Database, which: impl FnOnce(&mut Builder)) -> Result<(), Abort> {
        let mut sql = Builder::new();
        sql.text("DELETE FROM ").ident(self.multi.table.iter().cloned());
        self.condition(&mut sql);
        sql.text(" AND (");
        which(&mut sql);
        sql.text(")");
        db.execute(sql.build()).map_err(|error| self.abort(&error))?;
        Ok(())
    }

    /// Appends `WHERE` the rows belong to the object and to the attribute.
    fn condition(&self, sql: &mut Builder) {
        sql.text(" WHERE ");
        condition::equal_all(sql, self.class.dialect, None, &self.multi.parent, self.key);
        condition::and_fixed(sql, None, &self.multi.fixed);
    }

    fn abort(&self, error: &sql::Error) -> Abort {
        Abort::new(error, About::multi(self.class, self.attribute).error(error))
    }
}

/// Appends that these columns are those of one of these rows; `is` says that a column has a value.
fn alternatives(
    sql: &mut Builder,
    columns: &[Column],
    rows: &[Row],
    mut is: impl FnMut(&mut Builder, &Column, &sql::Value),
) {
    sql.list(" OR ", rows, |sql, row| {
        sql.text("(");
        sql.list(" AND ", columns.iter().zip(row), |sql, (column, value)| match value {
            sql::Value::Null => {
                sql.ident([&column.name]).text(" IS NULL");
            }
            value => is(sql, column, value),
        });
        sql.text(")");
    });
}
