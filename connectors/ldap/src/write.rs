//! `create`, `update` and `delete`: one operation of LDAP wherever that is possible.

mod auxiliary;
mod changes;
mod counter;
mod create;
mod culprit;
mod delete;
mod edit;
mod guard;
mod list;
mod members;
mod name;
mod parents;
mod password;
mod relocate;
#[cfg(test)]
mod tests;
mod update;

use std::collections::HashSet;

use patchbay_connector::ldap::{Entry, Filter, FilterBuilder};
use patchbay_connector::{Attribute, Delta, Error, ErrorKind, Fault, Value, WriteResult};

use crate::directory::Directory;
use crate::plan::{self, Class, Link, Source, Version};
use crate::{fault, link, read};

/// Makes an object with the attributes given; what is not given is left to the server.
pub fn create(db: &mut impl Directory, class: &Class, given: &[Attribute]) -> Result<WriteResult, Error> {
    writable(class)?;
    create::create(db, class, given)
}

/// Applies deltas to an object, at version `if_match` where that is given.
pub fn update(
    db: &mut impl Directory,
    class: &Class,
    uid: &str,
    if_match: Option<&str>,
    deltas: &[Delta],
) -> Result<WriteResult, Error> {
    writable(class)?;
    update::update(db, class, uid, if_match, deltas)
}

/// Deletes an object, at version `if_match` where that is given.
pub fn delete(db: &mut impl Directory, class: &Class, uid: &str, if_match: Option<&str>) -> Result<(), Error> {
    writable(class)?;
    delete::delete(db, class, uid, if_match)
}

/// Attributes of entries that are written together with a password of an account that is not to
/// become active by that; the one that the password is in is not among them.
pub fn beside_password(class: &Class) -> Vec<String> {
    password::after(class, true).into_iter().map(|change| change.attribute.name).collect()
}

/// Refuses a class that cannot be written.
fn writable(class: &Class) -> Result<(), Error> {
    if class.read_only {
        return Err(Error::fault(ErrorKind::Mutability, "objects of this class are read-only"));
    }
    Ok(())
}

/// The attribute of this name, where `writes` says that it can be written.
fn target<'a>(
    class: &'a Class,
    name: &str,
    writes: impl FnOnce(&plan::Attribute) -> bool,
) -> Result<&'a plan::Attribute, Error> {
    match class.attribute(name) {
        Some(attribute) if writes(attribute) => Ok(attribute),
        Some(attribute) => Err(fixed(attribute)),
        None => Err(Error::fault(ErrorKind::Mutability, format!("`{name}` cannot be written")).with_attribute(name)),
    }
}

/// The refusal of an attribute that cannot be written.
fn fixed(attribute: &plan::Attribute) -> Error {
    let name = &attribute.name;
    let message = match &attribute.source {
        Source::Urls(_) => {
            format!(
                "`{name}` cannot be written: the group is dynamic, and `{}` says who belongs to it",
                attribute.native
            )
        }
        _ => format!("`{name}` cannot be written"),
    };
    Error::fault(ErrorKind::Mutability, message).with_attribute(name)
}

/// The error of a write of which some stands all the same: no refusal, as that would say that
/// nothing was done.
fn partly(error: Error, what: &str) -> Error {
    let message = format!("{}; {what}", error.message);
    Error { kind: ErrorKind::Partial, message, ..error }
}

/// A truth value.
fn boolean(name: &str, values: &[Value]) -> Result<Option<bool>, Error> {
    match values {
        [] => Ok(None),
        [Value::Boolean(truth)] => Ok(Some(*truth)),
        _ => Err(fault::invalid(name, "must be true or false")),
    }
}

/// The number of a secret.
fn secret(name: &str, values: &[Value]) -> Result<Option<u32>, Error> {
    match values {
        [] => Ok(None),
        [Value::Secret(number)] => Ok(Some(*number)),
        _ => Err(fault::invalid(name, "must be one secret")),
    }
}

/// What to store for references to objects that have to be there.
fn pointers(
    db: &mut impl Directory,
    attribute: &plan::Attribute,
    link: &Link,
    values: &[Value],
) -> Result<Vec<Vec<u8>>, Error> {
    let ids = ids(attribute, values)?;
    if !attribute.multi && ids.len() > 1 {
        return Err(fault::invalid(&attribute.name, "has one value at most"));
    }
    let mut found = link::stored(db, link, ids.iter().copied())?;
    let stored = ids.into_iter().map(|id| found.remove(id).map(|stored| stored.own).ok_or_else(|| nobody(attribute)));
    let stored = stored.collect::<Result<Vec<_>, Error>>()?;
    // Two objects may be known by one value.
    Ok(if link.by.is_some() { attribute.equality.distinct(stored) } else { stored })
}

/// The refusal of a reference to what does not exist.
fn nobody(attribute: &plan::Attribute) -> Error {
    fault::invalid(&attribute.name, "points at an object that does not exist")
}

/// Ids in values, each once.
fn ids<'v>(attribute: &plan::Attribute, values: &'v [Value]) -> Result<Vec<&'v str>, Error> {
    let mut seen = HashSet::with_capacity(values.len());
    let mut ids = Vec::with_capacity(values.len());
    for value in values {
        let (Value::Reference(id) | Value::Text(id)) = value else {
            return Err(fault::invalid(&attribute.name, "must be the id of an object"));
        };
        if !id.is_empty() && seen.insert(id.as_str()) {
            ids.push(id.as_str());
        }
    }
    Ok(ids)
}

/// Refuses an entry at another version than asked for.
fn check_version(class: &Class, entry: &Entry, if_match: Option<&str>) -> Result<(), Error> {
    match if_match {
        Some(wanted) if read::revision(class, entry).as_deref() != Some(wanted) => Err(fault::other_version()),
        _ => Ok(()),
    }
}

/// The condition that the server itself holds a write to, where it can.
fn assertion(class: &Class, if_match: Option<&str>) -> Option<Filter> {
    match (&class.version, if_match) {
        (Version::Attribute(name), Some(wanted)) if class.server.assertion => {
            let mut filter = FilterBuilder::new();
            filter.equal(name, wanted);
            Some(filter.build())
        }
        _ => None,
    }
}

/// Keeps other operations of this host away from the object, while its version is compared.
fn lock(db: &mut impl Directory, class: &Class, uid: &str) -> Result<(), Error> {
    db.lock(&format!("{}/{uid}", class.own.id.attribute)).map_err(|error| fault::plain(&error))
}
