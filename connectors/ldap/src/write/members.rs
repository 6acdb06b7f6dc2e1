//! Lists of names of other entries: single values are added and taken away, however long
//! the list is.

use std::collections::{HashMap, HashSet};

use patchbay_connector::ldap::{ChangeKind, Entry, FilterBuilder, Modification, SearchOptions};
use patchbay_connector::{Change, Error};

use super::{ids, nobody};
use crate::directory::Directory;
use crate::dn;
use crate::fault;
use crate::link::{self, Ids, Stored};
use crate::plan::{Attribute, Link};
use crate::read::ranges;

/// Values as they are stored.
type Values = Vec<Vec<u8>>;

/// The same as they are compared.
type Keys = HashSet<Vec<u8>>;

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

/// What makes a list what a request wants: what `asked` says, one change after the other.
pub(super) fn changes(
    db: &mut impl Directory,
    attribute: &Attribute,
    link: &Link,
    entry: &Entry,
    asked: &[&Change],
    known: Known,
) -> Result<Vec<Modification>, Error> {
    let list = List { attribute, link, dn: &entry.dn };
    let wanted = Wanted::of(attribute, asked)?;
    let mut found = link::stored(db, link, wanted.ids.iter().copied())?;
    let join = wanted.those(true).map(|id| found.remove(id).ok_or_else(|| nobody(attribute)));
    let join = join.collect::<Result<Vec<Stored>, Error>>()?;
    // What is no object any more is not in the list either.
    let leave: Vec<Stored> = wanted.those(false).filter_map(|id| found.remove(id)).collect();
    // Whether nobody would be left.
    let mut emptied = known.emptied;
    let (mut add, mut remove) = if wanted.exactly {
        let current = list.read(db)?;
        let (add, remove) = list.difference(&current, join);
        let remove = list.ours(db, remove)?;
        let placeholders = current.iter().filter(|value| list.is_placeholder(value)).count();
        emptied = add.is_empty() && current.len() == remove.len() + placeholders;
        (add, remove)
    } else {
        // Which of several values is there has to be looked up as well.
        let certain = known.certain || join.iter().chain(&leave).any(|stored| !stored.others.is_empty());
        list.moves(db, join, leave, certain)?
    };
    list.keep_company(db, wanted.exactly, emptied, &mut add, &mut remove)?;
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

/// Who is to be in a list, and who is not: of several changes of one, the last counts.
#[derive(Debug, Default)]
struct Wanted<'v> {
    /// Nobody else is to be in it.
    exactly: bool,
    /// All who are named, each once.
    ids: Vec<&'v str>,
    /// Whether they are to be in it.
    join: HashMap<&'v str, bool>,
}

impl<'v> Wanted<'v> {
    fn of(attribute: &Attribute, asked: &[&'v Change]) -> Result<Self, Error> {
        let mut wanted = Self::default();
        for change in asked {
            if matches!(change, Change::Replace(_) | Change::Clear) {
                wanted = Self { exactly: true, ..Self::default() };
            }
            let (Change::Replace(values) | Change::Add(values) | Change::Remove(values)) = change else { continue };
            for id in ids(attribute, values)? {
                if wanted.join.insert(id, !matches!(change, Change::Remove(_))).is_none() {
                    wanted.ids.push(id);
                }
            }
        }
        Ok(wanted)
    }

    /// Those who are to be in it, or those who are not.
    fn those(&self, join: bool) -> impl Iterator<Item = &'v str> {
        self.ids.iter().copied().filter(move |id| self.join.get(id) == Some(&join))
    }
}

/// A list in an entry.
struct List<'a> {
    attribute: &'a Attribute,
    link: &'a Link,
    dn: &'a str,
}

impl List<'_> {
    /// A value as one that can be compared.
    fn key(&self, value: &[u8]) -> Vec<u8> {
        match self.link.by {
            Some(_) => self.attribute.equality.key(value),
            None => dn::key(&String::from_utf8_lossy(value)).into_bytes(),
        }
    }

    /// The whole list.
    fn read(&self, db: &mut impl Directory) -> Result<Values, Error> {
        let mut filter = FilterBuilder::new();
        filter.present("objectClass");
        let wanted = vec![self.attribute.native.clone()];
        let entry = db.entry(self.dn, filter.build(), wanted, SearchOptions::empty());
        let mut entry = entry.map_err(|error| fault::plain(&error))?.ok_or_else(fault::not_found)?;
        ranges::complete(db, &mut entry)?;
        Ok(entry.values(&self.attribute.native).to_vec())
    }

    /// What has to come, and what has to go, for these to be in it and nobody else.
    fn difference(&self, current: &[Vec<u8>], join: Vec<Stored>) -> (Values, Values) {
        let there: Keys = current.iter().map(|value| self.key(value)).collect();
        let staying: Keys = join.iter().flat_map(Stored::all).map(|value| self.key(value)).collect();
        let remove = current.iter().filter(|value| !staying.contains(&self.key(value))).cloned().collect();
        (self.missing(join, &there), remove)
    }

    /// The same for some to come and others to go. Unless it is to be `certain`, nothing is
    /// looked up.
    fn moves(
        &self,
        db: &mut impl Directory,
        join: Vec<Stored>,
        leave: Vec<Stored>,
        certain: bool,
    ) -> Result<(Values, Values), Error> {
        let staying: Keys = match self.link.by {
            Some(_) => join.iter().flat_map(Stored::all).map(|value| self.key(value)).collect(),
            None => Keys::new(),
        };
        let mut remove = self.distinct(leave.into_iter().flat_map(Stored::into_all), staying);
        if !certain {
            return Ok((self.missing(join, &Keys::new()), remove));
        }
        let there = self.present(db, join.iter().flat_map(Stored::all).chain(&remove))?;
        remove.retain(|value| there.contains(&self.key(value)));
        Ok((self.missing(join, &there), remove))
    }

    /// What has to come for these to be in it, where others are there.
    fn missing(&self, join: Vec<Stored>, there: &Keys) -> Values {
        let is_there =
            |stored: &Stored| !there.is_empty() && stored.all().any(|value| there.contains(&self.key(value)));
        self.distinct(join.into_iter().filter(|stored| !is_there(stored)).map(|stored| stored.own), Keys::new())
    }

    /// Each of them once, without those `seen` before: two objects may be known by one value.
    fn distinct(&self, values: impl Iterator<Item = Vec<u8>>, mut seen: Keys) -> Values {
        values.filter(|value| self.link.by.is_none() || seen.insert(self.key(value))).collect()
    }

    fn is_placeholder(&self, value: &[u8]) -> bool {
        self.link.placeholder.as_deref().is_some_and(|placeholder| self.key(placeholder.as_bytes()) == self.key(value))
    }

    /// Those values that are objects of ours. Who replaces a list has not seen the others,
    /// and does not mean them.
    fn ours(&self, db: &mut impl Directory, mut values: Values) -> Result<Values, Error> {
        let ids = Ids::find(db, self.link, values.iter().map(Vec::as_slice))?;
        values.retain(|value| ids.get(value).is_some());
        Ok(values)
    }

    /// Keys of those values that are there.
    fn present<'v>(&self, db: &mut impl Directory, values: impl Iterator<Item = &'v Vec<u8>>) -> Result<Keys, Error> {
        let values: Vec<&Vec<u8>> = values.collect();
        if values.len() > FEW {
            return Ok(self.read(db)?.iter().map(|value| self.key(value)).collect());
        }
        let mut there = Keys::new();
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
        exactly: bool,
        emptied: bool,
        add: &mut Values,
        remove: &mut Values,
    ) -> Result<(), Error> {
        let Some(placeholder) = &self.link.placeholder else { return Ok(()) };
        let value = placeholder.clone().into_bytes();
        let stays = if exactly {
            emptied
        } else {
            let gone: Keys = remove.iter().map(|value| self.key(value)).collect();
            emptied
                && add.is_empty()
                && !gone.is_empty()
                && self.read(db)?.iter().all(|value| gone.contains(&self.key(value)))
        };
        if !exactly && !stays && add.is_empty() {
            return Ok(());
        }
        let there = self.present(db, std::iter::once(&value))?.contains(&self.key(&value));
        match (stays, there) {
            (true, false) => add.push(value),
            (false, true) => remove.push(value),
            _ => {}
        }
        Ok(())
    }
}
