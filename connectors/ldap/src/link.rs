//! Names of other entries, and the ids that stand for them: looked up in batches.
//!
//! Names are searched for by their first part (`uid=zoe`), which servers have an index
//! for, unlike for whole names; what comes back is compared by its whole name.

mod ids;

use std::collections::HashMap;

use patchbay_connector::Error;
use patchbay_connector::ldap::{Entry, FilterBuilder};

use crate::directory::{Directory, request};
use crate::dn::Dn;
use crate::fault;
use crate::plan::{Groups, Link, Target};

pub use ids::Ids;

/// Entries that one search looks for.
const BATCH: usize = 200;

/// Most entries that one search may find: several may have the same first part.
const FOUND: usize = 20_000;

/// What stands in entries for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What is written there.
    pub own: Vec<u8>,
    /// What stands for it as well: further values of the attribute that objects are known by.
    pub others: Vec<Vec<u8>>,
}

impl Stored {
    /// What stands for it: its name, or what it is known by.
    fn of(link: &Link, entry: &Entry) -> Option<Self> {
        let Some(by) = &link.by else {
            return Some(Self { own: entry.dn.clone().into_bytes(), others: Vec::new() });
        };
        let mut others = entry.values(by).to_vec();
        let own = named(entry, by, &others).or_else(|| (!others.is_empty()).then_some(0))?;
        let own = others.remove(own);
        Some(Self { own, others })
    }

    /// All that stands for it.
    pub fn all(&self) -> impl Iterator<Item = &Vec<u8>> {
        std::iter::once(&self.own).chain(&self.others)
    }

    /// The same, to keep.
    pub fn into_all(self) -> impl Iterator<Item = Vec<u8>> {
        std::iter::once(self.own).chain(self.others)
    }
}

/// The place of that value of an attribute that the entry is named by.
fn named(entry: &Entry, attribute: &str, values: &[Vec<u8>]) -> Option<usize> {
    let name = Dn::parse(&entry.dn).ok()?;
    let part = name.leaf()?.parts.iter().find(|part| part.attribute.eq_ignore_ascii_case(attribute))?;
    let lower = |value: &[u8]| String::from_utf8_lossy(value).to_lowercase();
    let exactly = values.iter().position(|value| *value == part.value);
    exactly.or_else(|| values.iter().position(|value| lower(value) == lower(&part.value)))
}

/// What stands in entries for the objects with these ids, by id. Ids that no object has are
/// left out.
pub fn stored<'a>(
    db: &mut impl Directory,
    link: &Link,
    ids: impl IntoIterator<Item = &'a str>,
) -> Result<HashMap<String, Stored>, Error> {
    let mut open: Vec<&str> = ids.into_iter().collect();
    open.sort_unstable();
    open.dedup();
    let mut found = HashMap::with_capacity(open.len());
    for target in &link.targets {
        for ids in open.chunks(BATCH) {
            for entry in by_ids(db, target, ids, link.by.as_deref())? {
                let (Some(id), Some(value)) = (target.uid(&entry)?, Stored::of(link, &entry)) else { continue };
                found.insert(id, value);
            }
        }
        open.retain(|id| !found.contains_key(*id));
    }
    Ok(found)
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
