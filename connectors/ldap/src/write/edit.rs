//! What an update asks of one attribute: all its deltas, in their order. A value may be named
//! by several, as a list in which two values change places is one that both leave and join.

use patchbay_connector::{Change, Delta, Error, Value};

use super::{ids, pointers};
use crate::directory::Directory;
use crate::link;
use crate::plan::{Attribute, Link};

/// The changes of one attribute.
#[derive(Debug)]
pub(super) struct Edit<'a> {
    pub(super) attribute: &'a Attribute,
    /// One after the other.
    pub(super) asked: Vec<&'a Change>,
}

/// The deltas by attribute; `written` are the attributes of the deltas.
pub(super) fn edits<'a>(deltas: &'a [Delta], written: &[&'a Attribute]) -> Vec<Edit<'a>> {
    let mut edits: Vec<Edit<'a>> = Vec::with_capacity(deltas.len());
    for (Delta { change, .. }, attribute) in deltas.iter().zip(written) {
        match edits.iter_mut().find(|edit| edit.attribute.name == attribute.name) {
            Some(edit) => edit.asked.push(change),
            None => edits.push(Edit { attribute, asked: vec![change] }),
        }
    }
    edits
}

/// A change of references as one of what is stored for them.
pub(super) fn stored(
    db: &mut impl Directory,
    attribute: &Attribute,
    link: &Link,
    change: &Change,
) -> Result<Change, Error> {
    Ok(match change {
        Change::Replace(values) => Change::Replace(texts(pointers(db, attribute, link, values)?)),
        Change::Add(values) => Change::Add(texts(pointers(db, attribute, link, values)?)),
        Change::Remove(values) => {
            // What is no object any more is not there either.
            let found = link::stored(db, link, ids(attribute, values)?)?;
            Change::Remove(texts(found.into_values().flat_map(link::Stored::into_all)))
        }
        Change::Clear => Change::Clear,
    })
}

/// Stored names as values that are stored the same.
fn texts(stored: impl IntoIterator<Item = Vec<u8>>) -> Vec<Value> {
    stored.into_iter().map(|value| Value::Text(String::from_utf8_lossy(&value).into_owned())).collect()
}
