//! `create`: one INSERT for the row, then the rows of its multi-valued attributes. Or, where
//! the settings say so, one UPDATE of a row that was deleted before.

use patchbay_connector::sql::{self, Builder, Row};
use patchbay_connector::{Attribute as Given, Error, ErrorKind, Fault, ObjectId, WriteResult};

mod fresh;
mod next;
mod revive;

use super::assign::{Assignments, Set};
use super::rows::{self, Place};
use super::transaction::{self, Abort};
use super::{Target, entity, unique, writable};
use crate::database::Database;
use crate::dialect::Dialect;
use crate::fault::{self, About};
use crate::key;
use crate::plan::{Attribute, Class, Multi, Source};

/// Inserts an object with the attributes given, or brings one back; what is not given is
/// left to the database.
pub(super) fn create(db: &mut impl Database, class: &Class, given: &[Given]) -> Result<WriteResult, Error> {
    writable(class)?;
    let mut own = Assignments::default();
    let mut children: Vec<(&Attribute, &Multi, Vec<Row>)> = Vec::new();
    for Given { name, values } in given.iter().filter(|given| !given.values.is_empty()) {
        let attribute = creatable(class, name)?;
        match &attribute.source {
            Source::Multi(multi) => {
                children.push((attribute, multi, rows::to_create(attribute, multi, values)?));
            }
            _ => own.set(attribute, values)?,
        }
    }
    complete(class, given)?;

    transaction::run(db, |db| {
        unique::guard(db, class, &own, None)?;
        let own = own.resolve(db, class)?;
        let revived = revive::revive(db, class, given, &own)?;
        let is_new = revived.is_none();
        let key = match (revived, &class.entity) {
            (Some(key), _) => key,
            (None, Some(entity)) => entity::create(db, class, entity, &own)?,
            (None, None) => row(db, class, &own)?,
        };
        let uid = uid(class, &key)?;
        if is_new {
            for (attribute, multi, values) in &children {
                let place = Place { class, attribute, multi, key: &key };
                match &class.entity {
                    // What is not there has no rows in its own tables; in others it may have some.
                    Some(entity) if !entity.owns(&multi.table) => place.only_these(db, values)?,
                    _ => place.insert(db, values.clone(), true)?,
                }
            }
        } else {
            revive::lists(db, class, given, &key)?;
        }
        if let Some(entity) = class.entity.as_ref().filter(|entity| entity.anchor.is_none()) {
            entity::keep(db, class, entity, &key)?;
        }
        let revision = Target { class, key, version: None }.revision(db)?;
        Ok(WriteResult { id: ObjectId { uid, revision }, side_effects: Vec::new() })
    })
}

/// An attribute that a new object can be given.
pub(super) fn creatable<'a>(class: &'a Class, name: &str) -> Result<&'a Attribute, Error> {
    let attribute = class.attribute(name).ok_or_else(|| fault::no_attribute(name))?;
    if !attribute.creatable {
        let message = format!("`{name}` is set by the target");
        return Err(Error::fault(ErrorKind::Mutability, message).with_attribute(name));
    }
    Ok(attribute)
}

/// Makes sure that everything is given that has to be.
pub(super) fn complete(class: &Class, given: &[Given]) -> Result<(), Error> {
    let missing = class.attributes.iter().find(|attribute| {
        attribute.required && !given.iter().any(|given| given.name == attribute.name && !given.values.is_empty())
    });
    missing.map_or(Ok(()), |attribute| Err(fault::invalid(&attribute.name, "is required")))
}

/// The id of the new object with this key.
pub(super) fn uid(class: &Class, key: &Row) -> Result<String, Error> {
    let uid = key::encode(&class.key_parts(), key).ok_or_else(|| fault::unreadable_key(class, key))?;
    if uid.len() > key::MAX_LENGTH {
        // Nobody could ask for it again.
        let name = class.attributes.iter().find(|attribute| attribute.key).map_or("key", |part| &part.name);
        return Err(fault::invalid(name, "makes an id that is too long"));
    }
    Ok(uid)
}

/// Inserts the row, numbered where something beside its table counts, and returns its key.
pub(super) fn row<'a>(
    db: &mut impl Database,
    class: &'a Class,
    own: &Assignments<'a>,
) -> Result<Vec<sql::Value>, Abort> {
    let mut own = own.clone();
    next::fill(db, class, &mut own)?;
    if class.dialect.returns() { insert(db, class, &own) } else { fresh::insert(db, class, &own) }
}

/// The same where INSERT returns it.
fn insert(db: &mut impl Database, class: &Class, own: &Assignments<'_>) -> Result<Vec<sql::Value>, Abort> {
    let sql = statement(class, own, true)?;
    let about = About { class, multi: None, written: &own.attributes };
    let rows = db.query(sql.build(), 2).map_err(|error| {
        let fault = fresh::untold(class, &error).unwrap_or_else(|| about.error(&error));
        Abort::new(&error, fault)
    })?;
    match <[Row; 1]>::try_from(rows) {
        Ok([key]) => Ok(key),
        Err(rows) => Err(not_one(&format!("the INSERT returned {} rows", rows.len()))),
    }
}

/// The row was not inserted, or more than one was: a trigger or a rule has its own ideas.
fn not_one(internal: &str) -> Abort {
    let message = "the target did not insert exactly one row";
    Error::fault(ErrorKind::Conflict, message).with_internal(internal).into()
}

/// The INSERT of the row, which returns its key if asked to.
fn statement(class: &Class, own: &Assignments<'_>, returning: bool) -> Result<Builder, Error> {
    let output = |sql: &mut Builder| {
        if returning && class.dialect == Dialect::Mssql {
            sql.text(" OUTPUT ").list(", ", &class.key, |sql, column| {
                sql.text("INSERTED.").ident([&column.name]);
            });
        }
    };
    let mut sql = Builder::new();
    sql.text("INSERT INTO ").ident(class.table.iter().cloned());
    if own.columns.is_empty() {
        output(&mut sql);
        match (class.dialect.all_defaults(), class.key.first()) {
            (Some(defaults), _) => sql.text(defaults),
            (None, Some(part)) => sql.text(" (").ident([&part.name]).text(") VALUES (DEFAULT)"),
            (None, None) => return Err(fault::broken("a class without a key")),
        };
    } else {
        sql.text(" (").list(", ", &own.columns, |sql, (column, _)| {
            sql.ident([&column.name]);
        });
        sql.text(")");
        output(&mut sql);
        sql.text(" VALUES (").list(", ", &own.columns, |sql, (_, set)| {
            sql.param(match set {
                Set::To(value) => value.clone(),
                // There is nothing yet to be taken away.
                Set::Without(_) => sql::Value::Null,
            });
        });
        sql.text(")");
    }
    if returning && class.dialect != Dialect::Mssql {
        sql.text(" RETURNING ").list(", ", &class.key, |sql, column| {
            sql.ident([&column.name]);
        });
    }
    Ok(sql)
}
