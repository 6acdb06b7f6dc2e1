//! Names of other entries, and the ids that stand for them: looked up in batches.
//!
//! Names are searched for by their first part (`uid=zoe`), which servers have an index
//! for, unlike for whole names; what comes back is compared by its whole name.

use std::collections::HashMap;

use patchbay_connector::Error;
use patchbay_connector::ldap::{Entry, FilterBuilder, SearchOptions};

use crate::directory::{Directory, request};
use crate::dn::{self, Dn};
use crate::fault;
use crate::plan::{Groups, Link, Target};

/// Entries that one search looks for.
const BATCH: usize = 200;

/// Most entries that one search may find: several may have the same first part.
const FOUND: usize = 20_000;

/// A stored value, as a key of a map: names are the same however they are spelt.
fn key(link: &Link, value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    match link.by {
        Some(_) => text.into_owned(),
        None => dn::key(&text),
    }
}

/// What stands in entries for the objects with these ids, by id. Ids that no object has are
/// left out.
pub fn stored<'a>(
    db: &mut impl Directory,
    link: &Link,
    ids: impl IntoIterator<Item = &'a str>,
) -> Result<HashMap<String, Vec<u8>>, Error> {
    let mut open: Vec<&str> = ids.into_iter().collect();
    open.sort_unstable();
    open.dedup();
    let mut found = HashMap::with_capacity(open.len());
    for target in &link.targets {
        for ids in open.chunks(BATCH) {
            for entry in by_ids(db, target, ids, link.by.as_deref())? {
                let (Some(id), Some(value)) = (target.uid(&entry)?, value(link, &entry)) else { continue };
                found.insert(id, value);
            }
        }
        open.retain(|id| !found.contains_key(*id));
    }
    Ok(found)
}

/// What stands for an entry.
fn value(link: &Link, entry: &Entry) -> Option<Vec<u8>> {
    match &link.by {
        Some(by) => entry.first(by).map(<[u8]>::to_vec),
        None => Some(entry.dn.clone().into_bytes()),
    }
}

/// Entries of a target with these ids, with their id and one more attribute.
fn by_ids(db: &mut impl Directory, target: &Target, ids: &[&str], by: Option<&str>) -> Result<Vec<Entry>, Error> {
    let mut filter = FilterBuilder::new();
    let kind = target.condition(&mut filter);
    let stored = ids.iter().filter_map(|id| target.id.stored(id));
    let wanted: Vec<u32> = stored.map(|value| filter.equal(&target.id.attribute, value)).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = filter.any(wanted);
    filter.all(vec![kind, wanted]);
    let attributes = std::iter::once(target.id.attribute.as_str()).chain(by).map(str::to_owned).collect();
    let request = request(&target.base, target.scope(), filter.build(), attributes);
    db.all(&request, FOUND).map_err(|error| fault::plain(&error))
}

/// Ids by stored value.
#[derive(Debug, Default)]
pub struct Ids(HashMap<String, String>);

impl Ids {
    /// The id of the object that a value stands for; none where it is none of ours.
    pub fn get(&self, link: &Link, value: &[u8]) -> Option<&str> {
        self.0.get(&key(link, value)).map(String::as_str)
    }

    /// Finds the ids for values.
    pub fn find<'a>(
        db: &mut impl Directory,
        link: &Link,
        values: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, Error> {
        let placeholder = link.placeholder.as_deref().map(dn::key);
        let mut ids = Self::default();
        let mut open: HashMap<String, Pointer> = HashMap::new();
        for value in values {
            let key = key(link, value);
            if placeholder.as_ref() == Some(&key) || open.contains_key(&key) {
                continue;
            }
            if let Some(pointer) = Pointer::read(link, value) {
                open.insert(key, pointer);
            }
        }
        for target in &link.targets {
            let base = Dn::parse(&target.base).ok();
            let mut here: Vec<(&String, &Pointer)> = open
                .iter()
                .filter(|(key, pointer)| !ids.0.contains_key(*key) && pointer.may_be_below(base.as_ref()))
                .collect();
            here.sort_unstable_by_key(|(key, _)| *key);
            let mut found = Vec::new();
            for some in here.chunks(BATCH) {
                found.extend(by_values(db, link, target, some)?);
            }
            ids.0.extend(found);
        }
        Ok(ids)
    }
}

/// What is searched for.
#[derive(Debug)]
enum Pointer {
    /// An entry with this name, and first part.
    Name(Dn, String, (String, Vec<u8>)),
    /// An entry with this value.
    Value(Vec<u8>),
}

impl Pointer {
    fn read(link: &Link, value: &[u8]) -> Option<Self> {
        if link.by.is_some() {
            return Some(Self::Value(value.to_vec()));
        }
        let text = std::str::from_utf8(value).ok()?;
        let name = Dn::parse(text).ok()?;
        let first = name.leaf()?.parts.first()?;
        let first = (first.attribute.clone(), first.value.clone());
        Some(Self::Name(name, text.to_owned(), first))
    }

    fn may_be_below(&self, base: Option<&Dn>) -> bool {
        match (self, base) {
            (Self::Name(name, ..), Some(base)) => name.is_at_or_below(base),
            _ => true,
        }
    }
}

/// Ids of the entries of a target that these values stand for.
fn by_values(
    db: &mut impl Directory,
    link: &Link,
    target: &Target,
    pointers: &[(&String, &Pointer)],
) -> Result<Vec<(String, String)>, Error> {
    let attributes = || std::iter::once(target.id.attribute.clone()).chain(link.by.clone()).collect::<Vec<String>>();
    let mut entries = Vec::new();
    if let [(_, Pointer::Name(_, text, _))] = pointers {
        let entry = db.entry(text, target.filter(), attributes(), SearchOptions::empty());
        entries.extend(entry.map_err(|error| fault::plain(&error))?);
    } else if !pointers.is_empty() {
        let mut filter = FilterBuilder::new();
        let kind = target.condition(&mut filter);
        let wanted = pointers
            .iter()
            .map(|(_, pointer)| match (pointer, &link.by) {
                (Pointer::Name(_, _, (attribute, value)), _) => filter.equal(attribute, value.clone()),
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

impl Target {
    /// The id of one of its entries; none where the id cannot be read.
    pub fn uid(&self, entry: &Entry) -> Result<Option<String>, Error> {
        entry.first(&self.id.attribute).map(|value| self.id.uid(value)).transpose()
    }
}

/// Ids of the groups that an entry is a member of.
pub fn groups(db: &mut impl Directory, groups: &Groups, entry: &Entry) -> Result<Vec<String>, Error> {
    let values: Vec<Vec<u8>> = match &groups.by {
        Some(by) => entry.values(by).to_vec(),
        None => vec![entry.dn.clone().into_bytes()],
    };
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let mut filter = FilterBuilder::new();
    let kind = groups.target.condition(&mut filter);
    let wanted = values.into_iter().map(|value| filter.equal(&groups.attribute, value)).collect();
    let wanted = filter.any(wanted);
    filter.all(vec![kind, wanted]);
    let attributes = vec![groups.target.id.attribute.clone()];
    let request = request(&groups.target.base, groups.target.scope(), filter.build(), attributes);
    let entries = db.all(&request, FOUND).map_err(|error| fault::plain(&error))?;
    let ids = entries.iter().map(|entry| groups.target.uid(entry));
    Ok(ids.collect::<Result<Vec<Option<String>>, Error>>()?.into_iter().flatten().collect())
}
