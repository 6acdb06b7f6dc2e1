//! Objects that are no rows: what is different about writing them.
//!
//! Nothing in such tables keeps two objects from getting one key, and there is no row to
//! lock before an object is there. So every write first takes a lock that has the object's
//! name, and looks and writes under it; see [`lock`](super::lock). On SQL Server that is the
//! range of rows with the key in each table, also where it is empty.

use patchbay_connector::sql::{self, Builder};
use patchbay_connector::{Error, ErrorKind, Fault};

use super::assign::{Assignments, Set};
use super::rows::Place;
use super::transaction::Abort;
use super::{Target, fault, lock as held};
use crate::condition;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::fault::About;
use crate::key;
use crate::plan::{Class, Entity, Source};
use crate::value;

/// Keeps everybody else who asks from writing the object with this key, whether it is there
/// or not.
pub(super) fn lock(db: &mut impl Database, class: &Class, entity: &Entity, key: &[sql::Value]) -> Result<(), Abort> {
    held::hold(db, class.dialect, &class.table, &lock_key(class, key))?;
    if class.dialect != Dialect::Mssql {
        return Ok(());
    }
    for own in &entity.tables {
        let mut sql = Builder::new();
        // All of the range is read, and so locked.
        sql.text("SELECT COUNT(*) FROM ").ident(own.table.iter().cloned());
        sql.text(class.dialect.table_lock()).text(" WHERE ");
        condition::equal_all(&mut sql, class.dialect, None, &own.key, key);
        db.query(sql.build(), 1).map_err(|error| Abort::new(&error, fault::plain(&error)))?;
    }
    Ok(())
}

/// The same for two spellings that the database takes for one key.
fn lock_key(class: &Class, key: &[sql::Value]) -> String {
    if !class.key.iter().all(|part| part.native_case) {
        return String::new();
    }
    let key: Vec<sql::Value> = key.iter().map(held::bare).collect();
    key::encode(&class.key_parts(), &key).unwrap_or_default()
}

/// Whether the object is there.
pub(super) fn exists(db: &mut impl Database, class: &Class, key: &[sql::Value]) -> Result<bool, Abort> {
    let mut sql = Builder::new();
    sql.text("SELECT 1");
    condition::from_object(&mut sql, class, key)?;
    let rows = db.query(sql.build(), 1).map_err(|error| Abort::new(&error, fault::plain(&error)))?;
    Ok(!rows.is_empty())
}

/// Makes room for a new object and returns its key. The caller writes the rows of its
/// attributes, and then asks [`keep`].
pub(super) fn create(
    db: &mut impl Database,
    class: &Class,
    entity: &Entity,
    own: &Assignments<'_>,
) -> Result<Vec<sql::Value>, Abort> {
    let mut key = Vec::with_capacity(class.key.len());
    for part in &class.key {
        let given = own.columns.iter().find_map(|(column, set)| match set {
            Set::To(value) if column.name == part.name => Some(value.clone()),
            _ => None,
        });
        let name = || class.attribute_of([&part.name]).map_or(part.name.as_str(), |attribute| attribute.name.as_str());
        match given {
            Some(sql::Value::Text(text)) if text.trim_end_matches(' ').is_empty() => {
                return Err(fault::invalid(name(), "must have a value").into());
            }
            Some(value) => key.push(value),
            None => return Err(fault::invalid(name(), "is required").into()),
        }
    }
    // No check before a write that may be overtaken: what is found under the lock stays so.
    lock(db, class, entity, &key)?;
    if exists(db, class, &key)? {
        return Err(taken(class).into());
    }
    if entity.anchor.is_some() {
        anchor(db, class, entity, &key)?;
    }
    Ok(key)
}

/// The key belongs to another object.
fn taken(class: &Class) -> Error {
    match class.attribute_of(class.key.iter().map(|part| &part.name)) {
        Some(attribute) if class.key.len() == 1 => {
            let message = format!("`{}` has a value that another object has already", attribute.name);
            Error::fault(ErrorKind::AlreadyExists, message).with_attribute(&attribute.name)
        }
        _ => Error::fault(ErrorKind::AlreadyExists, "another object has these values already"),
    }
}

/// Sees to it that something is left of the object after a write.
pub(super) fn keep(db: &mut impl Database, class: &Class, entity: &Entity, key: &[sql::Value]) -> Result<(), Abort> {
    if exists(db, class, key)? {
        return Ok(());
    }
    if entity.anchor.is_some() {
        return anchor(db, class, entity, key);
    }
    let names: Vec<&str> = class
        .attributes
        .iter()
        .filter(|attribute| match &attribute.source {
            Source::Multi(multi) => attribute.creatable && entity.owns(&multi.table),
            _ => false,
        })
        .map(|attribute| attribute.name.as_str())
        .collect();
    let message = format!("nothing would be left of the object: it needs a value for one of {}", names.join(", "));
    Err(Error::fault(ErrorKind::InvalidValue, message).into())
}

/// Inserts the row that is there in any case.
fn anchor(db: &mut impl Database, class: &Class, entity: &Entity, key: &[sql::Value]) -> Result<(), Abort> {
    let anchor = entity.anchor.as_ref().and_then(|anchor| Some((anchor, entity.tables.get(anchor.place)?)));
    let (anchor, own) = anchor.ok_or_else(|| fault::broken("an anchor without a table"))?;
    let mut sql = Builder::new();
    sql.text("INSERT INTO ").ident(own.table.iter().cloned()).text(" (");
    let columns = own.key.iter().map(|part| &part.name).chain(anchor.fixed.iter().map(|fixed| &fixed.column));
    sql.list(", ", columns, |sql, name| {
        sql.ident([name]);
    });
    sql.text(") VALUES (").list(", ", key, |sql, value| {
        sql.param(value.clone());
    });
    for fixed in &anchor.fixed {
        sql.text(", ");
        match value::constant(&fixed.value) {
            Some(constant) => sql.param(constant),
            None => sql.text(class.dialect.now()),
        };
    }
    sql.text(")");
    db.execute(sql.build()).map_err(|error| Abort::new(&error, About::class(class).error(&error)))?;
    Ok(())
}

/// Deletes all rows of the object, in its own tables and in those of its attributes.
pub(super) fn delete(db: &mut impl Database, target: &Target<'_>, entity: &Entity) -> Result<(), Abort> {
    if !target.check_content(db)? {
        target.lock(db)?;
    }
    let (class, key) = (target.class, &target.key);
    for attribute in &class.attributes {
        if let Source::Multi(multi) = &attribute.source
            && !multi.view
            && !entity.owns(&multi.table)
        {
            Place { class, attribute, multi, key }.clear(db)?;
        }
    }
    for own in entity.tables.iter().filter(|own| !own.view) {
        let mut sql = Builder::new();
        sql.text("DELETE FROM ").ident(own.table.iter().cloned()).text(" WHERE ");
        condition::equal_all(&mut sql, class.dialect, None, &own.key, key);
        let deleted = db.execute(sql.build());
        deleted.map_err(|error| Abort::new(&error, About::class(class).delete_error(&error)))?;
    }
    if exists(db, class, key)? {
        return Err(Error::fault(ErrorKind::Conflict, "the target did not delete all of the object").into());
    }
    Ok(())
}
