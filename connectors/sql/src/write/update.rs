//! `update`: one UPDATE of the changed columns, then row by row what changed in other
//! tables.

use patchbay_connector::sql::{self, Builder};
use patchbay_connector::{Change, Comparator, Delta, Error, ErrorKind, Fault, ObjectId, WriteResult};

use super::assign::{Assignments, Set};
use super::rows::{self, Edit, Place};
use super::transaction::{self, Abort};
use super::{Target, entity, unique, writable};
use crate::condition;
use crate::database::Database;
use crate::fault::{self, About};
use crate::plan::{Attribute, Class, Multi, Source};
use crate::{key, value};

/// Applies all of `deltas` or none.
pub(super) fn update(
    db: &mut impl Database,
    class: &Class,
    uid: &str,
    if_match: Option<&str>,
    deltas: &[Delta],
) -> Result<WriteResult, Error> {
    writable(class)?;
    let target = Target::new(class, uid, if_match)?;
    let mut own = Assignments::default();
    let mut children: Vec<(&Attribute, &Multi, Edit)> = Vec::new();
    for Delta { attribute: name, change } in deltas {
        let Some(attribute) = updatable(class, name, &target.key, change)? else { continue };
        match &attribute.source {
            Source::Multi(multi) => children.push((attribute, multi, rows::edit(attribute, multi, change)?)),
            _ => own.change(attribute, change)?,
        }
    }

    transaction::run(db, |db| {
        unique::guard(db, class, &own, Some(&target.key))?;
        let locked = target.check_content(db)?;
        let own = own.resolve(db, class)?;
        let increments = class.version_column().is_some_and(|version| version.increment);
        if !own.columns.is_empty() || (increments && !children.is_empty()) {
            write(db, &target, &own)?;
        } else if !locked {
            target.lock(db)?;
        }
        for (attribute, multi, edit) in &children {
            Place { class, attribute, multi, key: &target.key }.apply(db, edit)?;
        }
        if let Some(entity) = &class.entity {
            entity::keep(db, class, entity, &target.key)?;
        }
        let revision = target.revision(db)?;
        let id = ObjectId { uid: uid.to_owned(), revision };
        Ok(WriteResult { id, side_effects: Vec::new() })
    })
}

/// An attribute that can be changed; none where the change leaves a key as it is.
pub(super) fn updatable<'a>(
    class: &'a Class,
    name: &str,
    key: &[sql::Value],
    change: &Change,
) -> Result<Option<&'a Attribute>, Error> {
    let attribute = class.attribute(name).ok_or_else(|| fault::no_attribute(name))?;
    if attribute.updatable {
        return Ok(Some(attribute));
    }
    if keeps_key(class, attribute, key, change) {
        return Ok(None);
    }
    let message = match attribute.key {
        true => format!("`{name}` is the object's key and cannot change"),
        false => format!("`{name}` is read-only"),
    };
    Err(Error::fault(ErrorKind::Mutability, message).with_attribute(name))
}

/// Whether a change leaves a key attribute at the value that it has.
fn keeps_key(class: &Class, attribute: &Attribute, key: &[sql::Value], change: &Change) -> bool {
    let (Source::Column(column), Change::Replace(values) | Change::Add(values)) = (&attribute.source, change) else {
        return false;
    };
    let own = class.key.iter().zip(key).find(|(part, _)| part.name == column.name);
    match (values.as_slice(), own) {
        ([value], Some((part, own))) => value::to_compare(part, value).is_ok_and(|given| {
            let one = [crate::plan::KeyPart::of(part)];
            key::encode(&one, &[given]) == key::encode(&one, std::slice::from_ref(own))
        }),
        _ => false,
    }
}

/// The one UPDATE.
pub(super) fn write(db: &mut impl Database, target: &Target<'_>, own: &Assignments<'_>) -> Result<(), Abort> {
    let class = target.class;
    let mut sql = Builder::new();
    sql.text("UPDATE ").ident(class.table.iter().cloned()).text(" SET ");
    sql.list(", ", &own.columns, |sql, (column, set)| {
        sql.ident([&column.name]).text(" = ");
        match set {
            Set::To(value) => {
                sql.param(value.clone());
            }
            Set::Without(value) => {
                sql.text("CASE WHEN ");
                condition::compare(sql, class.dialect, None, column, Comparator::Equal, value, false);
                sql.text(" THEN NULL ELSE ").ident([&column.name]).text(" END");
            }
        }
    });
    if own.columns.is_empty() {
        // Only rows elsewhere change; the version shows it, and the row is locked.
        let version = class.version_column().ok_or_else(|| fault::broken("an UPDATE of nothing"))?;
        sql.ident([&version.column.name]).text(" = COALESCE(").ident([&version.column.name]).text(", 0) + 1");
    } else {
        increment(&mut sql, class);
    }
    target.condition(&mut sql);
    let about = About { class, multi: None, written: &own.attributes };
    let affected = db.execute(sql.build()).map_err(|error| Abort::new(&error, about.error(&error)))?;
    target.expect_one(db, affected)
}

/// Appends `, version = version + 1` where the settings say so.
pub(crate) fn increment(sql: &mut Builder, class: &Class) {
    if let Some(version) = class.version_column().filter(|version| version.increment) {
        let name = &version.column.name;
        sql.text(", ").ident([name]).text(" = COALESCE(").ident([name]).text(", 0) + 1");
    }
}
