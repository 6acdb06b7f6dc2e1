//! Attributes with one value in a row: the row that is there is changed, others are left
//! alone.

use patchbay_connector::sql::{Builder, Row};
use patchbay_connector::{Change, Error, Value};

use super::{Edit, Place, identity};
use crate::database::Database;
use crate::plan::{Attribute, Multi, Shape};
use crate::write::transaction::Abort;
use crate::{fault, read};

/// The rows for these values: one or none.
pub(super) fn to_store(attribute: &Attribute, multi: &Multi, values: &[Value]) -> Result<Vec<Row>, Error> {
    match (multi.shape, values) {
        (Shape::Flag(present), [Value::Boolean(value)]) => {
            Ok(if *value == present { vec![Row::new()] } else { Vec::new() })
        }
        (Shape::Flag(_), _) => Err(fault::invalid(&attribute.name, "must be true or false")),
        (_, [] | [_]) => super::to_store(attribute, multi, values),
        _ => Err(fault::invalid(&attribute.name, "takes a single value")),
    }
}

/// Converts a change.
pub(super) fn edit(attribute: &Attribute, multi: &Multi, change: &Change) -> Result<Edit, Error> {
    let flag = matches!(multi.shape, Shape::Flag(_));
    Ok(match change {
        Change::Add(values) if values.is_empty() => Edit::Add(Vec::new()),
        Change::Replace(values) | Change::Add(values) => match (to_store(attribute, multi, values)?.pop(), flag) {
            (None, _) => Edit::Clear,
            (Some(row), true) => Edit::Add(vec![row]),
            (Some(row), false) => Edit::Only(row),
        },
        Change::Clear | Change::Remove(_) if flag => {
            return Err(fault::invalid(&attribute.name, "must be true or false"));
        }
        Change::Remove(values) => Edit::Remove(values.clone()),
        Change::Clear => Edit::Clear,
    })
}

impl Place<'_> {
    /// Leaves exactly this row. The object is locked, so what is read here stays so.
    pub(super) fn only(&self, db: &mut impl Database, row: &Row) -> Result<(), Abort> {
        let current = read::current(db, self.class, self.attribute, self.multi, self.key)?;
        match current.as_slice() {
            [] => self.insert(db, vec![row.clone()], true),
            [own] if identity(self.multi, own, false) == identity(self.multi, row, false) => Ok(()),
            [_] => self.change(db, row),
            // Several where there should be one: whoever made them, one is what remains.
            _ => {
                self.clear(db)?;
                self.insert(db, vec![row.clone()], true)
            }
        }
    }

    /// Changes the value of the row that is there.
    fn change(&self, db: &mut impl Database, row: &Row) -> Result<(), Abort> {
        let mut sql = Builder::new();
        sql.text("UPDATE ").ident(self.multi.table.iter().cloned()).text(" SET ");
        sql.list(", ", self.multi.value.columns().iter().zip(row), |sql, (column, value)| {
            sql.ident([&column.name]).text(" = ").param(value.clone());
        });
        self.condition(&mut sql);
        match db.execute(sql.build()).map_err(|error| self.abort(&error))? {
            1 => Ok(()),
            other => Err(fault::broken(&format!("{other} rows changed where one was read")).into()),
        }
    }
}
