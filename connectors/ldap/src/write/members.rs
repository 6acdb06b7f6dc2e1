//! Lists of names of other entries: single values are added and taken away, however long
//! the list is.

use std::collections::HashSet;

use patchbay_connector::ldap::{ChangeKind, Entry, FilterBuilder, Modification, SearchOptions};
use patchbay_connector::{Change, Error};

use super::{ids, pointers};
use crate::directory::Directory;
use crate::dn;
use crate::fault;
use crate::link::{self, Ids};
use crate::plan::{Attribute, Link};
use crate::read::ranges;

/// Values that are looked for one by one; of more than these the whole list is read.
const FEW: usize = 50;

/// What an earlier attempt has shown.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    /// The request does not know what is there: that has to be looked up before.
    pub(super) certain: bool,
    /// Nobody would be left, which the server does not take.
    pub(super) emptied: bool,
}

/// What makes a list what a request wants.
pub(super) fn changes(
    db: &mut impl Directory,
    attribute: &Attribute,
    link: &Link,
    entry: &Entry,
    change: &Change,
    known: Known,
) -> Result<Vec<Modification>, Error> {
    let list = List { attribute, link, dn: &entry.dn };
    // Whether nobody is left, where that is known.
    let mut nobody = None;
    let (mut add, mut remove) = match change {
        Change::Add(values) => (pointers(db, attribute, link, values)?, Vec::new()),
        Change::Remove(values) => {
            // What is no object any more is not in the list either.
            let found = link::stored(db, link, ids(attribute, values)?)?;
            (Vec::new(), found.into_values().collect())
        }
        Change::Replace(_) | Change::Clear => {
            let wanted = match change {
                Change::Replace(values) => pointers(db, attribute, link, values)?,
                _ => Vec::new(),
            };
            let current = list.read(db)?;
            let (add, remove) = list.difference(&current, wanted);
            let remove = list.ours(db, remove)?;
            let placeholders = current.iter().filter(|value| list.is_placeholder(value)).count();
            nobody = Some(add.is_empty() && current.len() == remove.len() + placeholders);
            (add, remove)
        }
    };
    if known.certain && matches!(change, Change::Add(_) | Change::Remove(_)) {
        let there = list.present(db, add.iter().chain(&remove))?;
        add.retain(|value| !there.contains(&list.key(value)));
        remove.retain(|value| there.contains(&list.key(value)));
    }
    list.keep_company(db, change, nobody.unwrap_or(known.emptied), &mut add, &mut remove)?;
    remove.sort_unstable();
    let mut changes = Vec::new();
    // First those that come: a group must not be empty even in between.
    for (kind, values) in [(ChangeKind::Add, add), (ChangeKind::Delete, remove)] {
        if !values.is_empty() {
            changes.push(Modification::new(kind, &attribute.native, values));
        }
    }
    Ok(changes)
}

/// A list in an entry.
struct List<'a> {
    attribute: &'a Attribute,
    link: &'a Link,
    dn: &'a str,
}

impl List<'_> {
    /// A value as one that can be compared.
    fn key(&self, value: &[u8]) -> String {
        let text = String::from_utf8_lossy(value);
        if self.link.by.is_some() { text.into_owned() } else { dn::key(&text) }
    }

    /// The whole list.
    fn read(&self, db: &mut impl Directory) -> Result<Vec<Vec<u8>>, Error> {
        let mut filter = FilterBuilder::new();
        filter.present("objectClass");
        let wanted = vec![self.attribute.native.clone()];
        let entry = db.entry(self.dn, filter.build(), wanted, SearchOptions::empty());
        let mut entry = entry.map_err(|error| fault::plain(&error))?.ok_or_else(fault::not_found)?;
        ranges::complete(db, &mut entry)?;
        Ok(entry.values(&self.attribute.native).to_vec())
    }

    /// What has to come, and what has to go.
    fn difference(&self, current: &[Vec<u8>], wanted: Vec<Vec<u8>>) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let there: HashSet<String> = current.iter().map(|value| self.key(value)).collect();
        let staying: HashSet<String> = wanted.iter().map(|value| self.key(value)).collect();
        let add = wanted.into_iter().filter(|value| !there.contains(&self.key(value))).collect();
        let remove = current.iter().filter(|value| !staying.contains(&self.key(value))).cloned().collect();
        (add, remove)
    }

    fn is_placeholder(&self, value: &[u8]) -> bool {
        self.link.placeholder.as_deref().is_some_and(|placeholder| dn::key(placeholder) == self.key(value))
    }

    /// Those values that are objects of ours. Who replaces a list has not seen the others,
    /// and does not mean them.
    fn ours(&self, db: &mut impl Directory, mut values: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, Error> {
        let ids = Ids::find(db, self.link, values.iter().map(Vec::as_slice))?;
        values.retain(|value| ids.get(value).is_some());
        Ok(values)
    }

    /// Keys of those values that are there.
    fn present<'v>(
        &self,
        db: &mut impl Directory,
        values: impl Iterator<Item = &'v Vec<u8>>,
    ) -> Result<HashSet<String>, Error> {
        let values: Vec<&Vec<u8>> = values.collect();
        if values.len() > FEW {
            return Ok(self.read(db)?.iter().map(|value| self.key(value)).collect());
        }
        let mut there = HashSet::new();
        for value in values {
            let mut filter = FilterBuilder::new();
            filter.equal(&self.attribute.native, value.clone());
            let found = db.entry(self.dn, filter.build(), vec!["1.1".to_owned()], SearchOptions::empty());
            if found.map_err(|error| fault::plain(&error))?.is_some() {
                there.insert(self.key(value));
            }
        }
        Ok(there)
    }

    /// The placeholder comes when all others go, and goes when one comes.
    fn keep_company(
        &self,
        db: &mut impl Directory,
        change: &Change,
        emptied: bool,
        add: &mut Vec<Vec<u8>>,
        remove: &mut Vec<Vec<u8>>,
    ) -> Result<(), Error> {
        let Some(placeholder) = &self.link.placeholder else { return Ok(()) };
        let (value, key) = (placeholder.clone().into_bytes(), dn::key(placeholder));
        let stays = match change {
            Change::Clear | Change::Replace(_) => emptied,
            Change::Add(_) => false,
            Change::Remove(_) => {
                let gone: HashSet<String> = remove.iter().map(|value| self.key(value)).collect();
                emptied && !gone.is_empty() && self.read(db)?.iter().all(|value| gone.contains(&self.key(value)))
            }
        };
        if matches!(change, Change::Remove(_)) && !stays {
            return Ok(());
        }
        let there = self.present(db, std::iter::once(&value))?.contains(&key);
        match (stays, there) {
            (true, false) => add.push(value),
            (false, true) if !add.is_empty() || matches!(change, Change::Replace(_)) => remove.push(value),
            _ => {}
        }
        Ok(())
    }
}
