//! Ids for the values of an attribute that points at other entries.

use std::collections::HashMap;

use patchbay_connector::Error;
use patchbay_connector::ldap::{FilterBuilder, SearchOptions};

use super::{BATCH, FOUND};
use crate::directory::{Directory, request};
use crate::dn::{self, Dn};
use crate::fault;
use crate::plan::{Link, Target};

/// Ids by stored value, as it is spelt; none for a value that is known to stand for none of
/// ours.
#[derive(Debug, Default)]
pub struct Ids(HashMap<Vec<u8>, Option<String>>);

impl Ids {
    /// The id of the object that a value stands for; none where it is none of ours.
    pub fn get(&self, value: &[u8]) -> Option<&str> {
        self.0.get(value)?.as_deref()
    }

    /// Finds the ids for values. What a search needs is made for its batch only: a list of
    /// members may be most of what an instance has time and memory for.
    pub fn find<'a>(
        db: &mut impl Directory,
        link: &Link,
        values: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, Error> {
        let placeholder = link.placeholder.as_deref().map(dn::key);
        let mut ids = Self::default();
        let mut batch = Batch::with_capacity(BATCH);
        for value in values {
            if ids.0.contains_key(value) {
                continue;
            }
            if let Some((key, pointer)) = pointer(link, value).filter(|(key, _)| placeholder.as_ref() != Some(key)) {
                batch.entry(key).or_insert_with(|| Wanted { pointer, values: Vec::new() }).values.push(value.to_vec());
            }
            if batch.len() == BATCH {
                ids.look_up(db, link, std::mem::take(&mut batch))?;
            }
        }
        ids.look_up(db, link, batch)?;
        Ok(ids)
    }

    /// Looks for one batch, in one target after the other.
    fn look_up(&mut self, db: &mut impl Directory, link: &Link, mut batch: Batch) -> Result<(), Error> {
        for target in &link.targets {
            let base = Dn::parse(&target.base).ok().map(|base| base.keys());
            let mut here: Vec<(&String, &Pointer)> = batch
                .iter()
                .map(|(key, wanted)| (key, &wanted.pointer))
                .filter(|(_, pointer)| pointer.may_be_below(base.as_deref()))
                .collect();
            here.sort_unstable_by_key(|(key, _)| *key);
            for (key, id) in search(db, link, target, &here)? {
                let values = batch.remove(&key).map(|wanted| wanted.values).unwrap_or_default();
                self.0.extend(values.into_iter().map(|value| (value, Some(id.clone()))));
            }
        }
        let nobody = batch.into_values().flat_map(|wanted| wanted.values);
        self.0.extend(nobody.map(|value| (value, None)));
        Ok(())
    }
}

/// What one search looks for, by a key that does not depend on spelling.
type Batch = HashMap<String, Wanted>;

#[derive(Debug)]
struct Wanted {
    pointer: Pointer,
    /// The values that say so.
    values: Vec<Vec<u8>>,
}

/// How an entry is searched for.
#[derive(Debug)]
enum Pointer {
    /// By this name, as written, and its first part.
    Name { text: String, leaf: (String, Vec<u8>), keys: Vec<String> },
    /// By this value.
    Value(Vec<u8>),
}

impl Pointer {
    /// Whether it may be at or below the name with these keys.
    fn may_be_below(&self, base: Option<&[String]>) -> bool {
        match (self, base) {
            (Self::Name { keys, .. }, Some(base)) => keys.ends_with(base),
            _ => true,
        }
    }
}

/// What a value stands for, and its key; none for one that can be no entry's.
fn pointer(link: &Link, value: &[u8]) -> Option<(String, Pointer)> {
    if link.by.is_some() {
        return Some((String::from_utf8_lossy(value).into_owned(), Pointer::Value(value.to_vec())));
    }
    let text = str::from_utf8(value).ok()?.to_owned();
    let name = Dn::parse(&text).ok()?;
    let keys = name.keys();
    let first = name.parts.into_iter().next()?.parts.into_iter().next()?;
    Some((keys.join(","), Pointer::Name { text, leaf: (first.attribute, first.value), keys }))
}

/// Key and id of the entries of a target that are searched for, and maybe of others.
fn search(
    db: &mut impl Directory,
    link: &Link,
    target: &Target,
    pointers: &[(&String, &Pointer)],
) -> Result<Vec<(String, String)>, Error> {
    let attributes = || std::iter::once(target.id.attribute.clone()).chain(link.by.clone()).collect::<Vec<String>>();
    let mut entries = Vec::new();
    if let [(_, Pointer::Name { text, .. })] = pointers {
        let entry = db.entry(text, target.filter(), attributes(), SearchOptions::empty());
        entries.extend(entry.map_err(|error| fault::plain(&error))?);
    } else if !pointers.is_empty() {
        let mut filter = FilterBuilder::new();
        let kind = target.condition(&mut filter);
        let wanted = pointers
            .iter()
            .map(|(_, pointer)| match (pointer, &link.by) {
                (Pointer::Name { leaf: (attribute, value), .. }, _) => filter.equal(attribute, value.clone()),
                (Pointer::Value(value), by) => filter.equal(by.as_deref().unwrap_or_default(), value.clone()),
            })
            .collect();
        let wanted = filter.any(wanted);
        filter.all(vec![kind, wanted]);
        let request = request(&target.base, target.scope(), filter.build(), attributes());
        entries = db.all(&request, FOUND).map_err(|error| fault::plain(&error))?;
    }
    let mut ids = Vec::with_capacity(entries.len());
    for entry in &entries {
        let Some(id) = target.uid(entry)? else { continue };
        match &link.by {
            Some(by) => {
                let values = entry.values(by).iter();
                ids.extend(values.map(|value| (String::from_utf8_lossy(value).into_owned(), id.clone())));
            }
            None => ids.push((dn::key(&entry.dn), id)),
        }
    }
    Ok(ids)
}
