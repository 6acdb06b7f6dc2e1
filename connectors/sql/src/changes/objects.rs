//! From keys to what the objects are now.

use std::collections::HashSet;

use patchbay_connector::sql::{Builder, Row};
use patchbay_connector::{Error, Object, ObjectChange, ObjectId};

use crate::database::Database;
use crate::plan::Class;
use crate::read::{self, Places};
use crate::{fault, key};

/// Keys of objects that may have changed, each once, in the order in which they came.
#[derive(Debug)]
pub(super) struct Keys<'a> {
    class: &'a Class,
    found: Vec<(String, Row)>,
    /// Their uids.
    known: HashSet<String>,
}

impl<'a> Keys<'a> {
    /// No keys yet.
    pub(super) fn new(class: &'a Class) -> Self {
        Self { class, found: Vec::new(), known: HashSet::new() }
    }

    /// Adds the object of this uid and key.
    pub(super) fn insert(&mut self, uid: String, key: Row) {
        if self.known.insert(uid.clone()) {
            self.found.push((uid, key));
        }
    }

    /// Adds the object of this uid; false where no object of the class can have it.
    pub(super) fn insert_uid(&mut self, uid: &str) -> bool {
        let key = key::decode(&self.class.key_parts(), uid);
        let known = key.is_some();
        if let Some(key) = key {
            self.insert(uid.to_owned(), key);
        }
        known
    }

    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

/// Uid and key of an object from the columns of its row: the key as a uid has it, without
/// the spaces that do not count.
pub(super) fn own(class: &Class, stored: Row) -> Result<(String, Row), Error> {
    let parts = class.key_parts();
    let uid = key::encode(&parts, &stored).ok_or_else(|| fault::unreadable_key(class, &stored))?;
    let key = key::decode(&parts, &uid).unwrap_or(stored);
    Ok((uid, key))
}

/// What became of the objects: there, or gone (or marked as deleted). An object is told of once,
/// where two spellings of its uid were found.
pub(super) fn now(
    db: &mut impl Database,
    class: &Class,
    keys: Keys<'_>,
    attributes: &[String],
) -> Result<Vec<ObjectChange>, Error> {
    let rows: Vec<&Row> = keys.found.iter().map(|(_, key)| key).collect();
    let mut objects: Vec<Option<Object>> = Vec::with_capacity(rows.len());
    let mut places = Places::new(class);
    for object in read::several(db, class, &rows, attributes)? {
        places.insert(&object.id.uid, objects.len());
        objects.push(Some(object));
    }
    let changes = keys.found.into_iter().filter_map(|(uid, _)| match places.get(&uid) {
        Some(place) => objects.get_mut(place)?.take().map(ObjectChange::Upsert),
        None => Some(ObjectChange::Delete(ObjectId { uid, revision: None })),
    });
    Ok(changes.collect())
}

/// An empty statement; a shorthand for the ways.
pub(super) fn statement(text: &str) -> Builder {
    let mut sql = Builder::new();
    sql.text(text);
    sql
}
