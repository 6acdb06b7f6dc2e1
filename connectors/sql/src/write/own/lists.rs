//! Lists that change by a statement per value.

use patchbay_connector::sql::Row;
use patchbay_connector::{Change, Error};

use crate::custom::{self, Environment};
use crate::database::Database;
use crate::fault::{self, About};
use crate::plan::statement::{Own, Step};
use crate::plan::{Attribute, Class, Multi};
use crate::read;
use crate::write::rows::{self, Edit, Place};
use crate::write::transaction::Abort;

/// A list and its statements.
#[derive(Debug, Clone, Copy)]
pub(super) struct List<'a> {
    class: &'a Class,
    attribute: &'a Attribute,
    multi: &'a Multi,
    add: &'a [Step],
    remove: &'a [Step],
}

impl<'a> List<'a> {
    /// The list, if it has statements of its own.
    pub(super) fn of(
        class: &'a Class,
        attribute: &'a Attribute,
        multi: &'a Multi,
        own: Option<&'a Own>,
    ) -> Option<Self> {
        match own {
            Some(Own::Values { add, remove }) => Some(Self { class, attribute, multi, add, remove }),
            _ => None,
        }
    }

    /// Its statements.
    pub(super) fn steps(&self) -> impl Iterator<Item = &'a Step> {
        self.add.iter().chain(self.remove)
    }

    /// A change, with values in the database's types.
    pub(super) fn edit(&self, change: &Change) -> Result<Edit, Error> {
        rows::edit(self.attribute, self.multi, change)
    }

    /// The rows of these values.
    pub(super) fn rows(&self, values: &[patchbay_connector::Value]) -> Result<Vec<Row>, Error> {
        rows::to_create(self.attribute, self.multi, values)
    }

    /// Applies a change: what is there already is not added, what is not is not taken away.
    pub(super) fn apply(
        &self,
        db: &mut impl Database,
        environment: &mut Environment,
        key: &Row,
        edit: &Edit,
    ) -> Result<(), Abort> {
        match edit {
            Edit::Add(wanted) => {
                let missing = self.place(key).missing(db, wanted.clone())?;
                self.add(db, environment, missing)
            }
            Edit::Remove(values) => {
                // What cannot be a value is not there.
                let known: Vec<Row> =
                    values.iter().filter_map(|value| self.rows(std::slice::from_ref(value)).ok()).flatten().collect();
                let missing = self.place(key).missing(db, known.clone())?;
                let there = known.into_iter().filter(|row| !missing.contains(row)).collect();
                self.remove(db, environment, there)
            }
            Edit::Replace(wanted) => self.replace(db, environment, key, wanted),
            Edit::Only(row) => self.replace(db, environment, key, std::slice::from_ref(row)),
            Edit::Clear => self.clear(db, environment, key),
        }
    }

    /// Leaves exactly these values.
    fn replace(
        &self,
        db: &mut impl Database,
        environment: &mut Environment,
        key: &Row,
        wanted: &[Row],
    ) -> Result<(), Abort> {
        let held = self.held(db, key)?;
        let id = |row: &Row| rows::identity(self.multi, row, false);
        let (keep, there): (Vec<_>, Vec<_>) = (wanted.iter().map(id).collect(), held.iter().map(id).collect());
        let gone = held.into_iter().filter(|row| !keep.contains(&id(row))).collect();
        let new = wanted.iter().filter(|row| !there.contains(&id(row))).cloned().collect();
        self.remove(db, environment, gone)?;
        self.add(db, environment, new)
    }

    /// Takes all values away.
    pub(super) fn clear(&self, db: &mut impl Database, environment: &mut Environment, key: &Row) -> Result<(), Abort> {
        let held = self.held(db, key)?;
        self.remove(db, environment, held)
    }

    /// Adds values that are not there.
    pub(super) fn add(
        &self,
        db: &mut impl Database,
        environment: &mut Environment,
        rows: Vec<Row>,
    ) -> Result<(), Abort> {
        self.each(db, environment, rows, self.add)
    }

    fn remove(&self, db: &mut impl Database, environment: &mut Environment, rows: Vec<Row>) -> Result<(), Abort> {
        self.each(db, environment, rows, self.remove)
    }

    fn each(
        &self,
        db: &mut impl Database,
        environment: &mut Environment,
        rows: Vec<Row>,
        steps: &[Step],
    ) -> Result<(), Abort> {
        for row in rows {
            environment.value = row;
            custom::steps(db, About::multi(self.class, self.attribute), steps, environment)?;
        }
        Ok(())
    }

    fn place<'b>(&'b self, key: &'b Row) -> Place<'b> {
        Place { class: self.class, attribute: self.attribute, multi: self.multi, key }
    }

    fn held(&self, db: &mut impl Database, key: &Row) -> Result<Vec<Row>, Abort> {
        if key.is_empty() {
            return Err(fault::broken("a list without an object").into());
        }
        Ok(read::current(db, self.class, self.attribute, self.multi, key)?)
    }
}
