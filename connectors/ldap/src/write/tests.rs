use patchbay_connector::ldap::{ChangeKind, Failure, Modification};
use patchbay_connector::{Attribute, Change, Delta, Error, ErrorKind, Value};

use super::*;
use crate::directory::terms;
use crate::fixture::{Memory, failed, uuid};
use crate::plan::Class;

mod accounts;
mod auxiliary;
mod groups;
mod lists;
mod naming;
mod numbers;
mod passwords;
mod people;
mod places;
mod windows;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn given(attributes: &[(&str, Value)]) -> Vec<Attribute> {
    attributes.iter().map(|(name, value)| Attribute { name: (*name).to_owned(), values: vec![value.clone()] }).collect()
}

fn delta(attribute: &str, change: Change) -> Delta {
    Delta { attribute: attribute.to_owned(), change }
}

fn replace(attribute: &str, value: Value) -> Delta {
    delta(attribute, Change::Replace(vec![value]))
}

/// The writes that a directory was asked for.
fn writes(db: &Memory) -> Vec<&str> {
    db.seen.iter().map(String::as_str).filter(|seen| !seen.starts_with("search")).collect()
}

/// The writes of an update.
fn check_update(db: &mut Memory, class: &Class, uid: usize, deltas: &[Delta], expected: &[&str]) {
    db.seen.clear();
    let result = update(db, class, &uuid(uid), None, deltas).unwrap_or_else(|error| panic!("{error:?}: {:?}", db.seen));
    assert_eq!(result.id.uid, uuid(uid), "the id stays");
    assert_eq!(writes(db), expected, "{deltas:?}");
}

/// The kind and the attribute of an error.
fn kind(error: &Error) -> (ErrorKind, Option<&str>) {
    (error.kind, error.attribute.as_deref())
}
