//! Dynamic groups: who belongs to one is not listed, but found by the URLs that it has
//! (`groupOfURLs` and its `memberURL`).
//!
//! A URL is searched as it stands, through the gate like everything else. One that cannot be
//! read or leads outside the grant is an error: the others alone would look like all there
//! are.

use std::collections::{BTreeMap, HashMap, HashSet};

use patchbay_connector::ldap::{self, Entry, Failure, FilterBuilder, SearchRequest};
use patchbay_connector::{Error, ErrorKind, Fault};

use crate::directory::{Directory, Search, request};
use crate::dn::{self, Dn};
use crate::fault;
use crate::plan::{Attribute, Link, Scope, Target};
use crate::url::Url;

/// Members that one answer may hold.
const MEMBERS: usize = 200_000;
/// Groups that are looked through for those that somebody belongs to.
const GROUPS: usize = 5_000;
/// Different URLs that these may have.
const URLS: usize = 1_000;
/// Names that one search looks for.
const BATCH: usize = 200;
/// Entries that one pull of a search asks for.
const PULL: u32 = 1_000;

/// Ids of those whom the URLs of each entry find, each once. Found are objects of the
/// classes of `link`.
pub fn members(
    db: &mut impl Directory,
    attribute: &Attribute,
    link: &Link,
    entries: &[Entry],
) -> Result<Vec<Vec<String>>, Error> {
    let mut left = MEMBERS;
    let mut members = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut ids = Vec::new();
        let mut seen = HashSet::new();
        for value in entry.values(&attribute.native) {
            let url = read(&attribute.name, value)?;
            for target in &link.targets {
                let inside = Inside::of(target);
                search(db, &attribute.name, &of_kind(&url, target), |found| {
                    if !inside.has(&found.dn) {
                        return Ok(());
                    }
                    let Some(id) = target.uid(&found)? else { return Ok(()) };
                    if seen.insert(id.clone()) {
                        left = left.checked_sub(1).ok_or_else(|| too_many(&attribute.name, "members"))?;
                        ids.push(id);
                    }
                    Ok(())
                })?;
            }
        }
        members.push(ids);
    }
    Ok(members)
}

/// For each of the entries `names`, the ids of the groups of `target` whose URLs find it.
/// The URLs are in the attribute `native`; `asked` is the attribute that this is read for,
/// which an error names.
pub fn groups(
    db: &mut impl Directory,
    asked: &str,
    target: &Target,
    native: &str,
    names: &[&str],
) -> Result<Vec<Vec<String>>, Error> {
    let mut places: HashMap<String, Vec<usize>> = HashMap::with_capacity(names.len());
    let mut wanted = Vec::with_capacity(names.len());
    for (place, name) in names.iter().enumerate() {
        let dn = Dn::parse(name).unwrap_or_default();
        let same = places.entry(dn.key()).or_default();
        same.push(place);
        if same.len() == 1 {
            wanted.push(dn);
        }
    }
    let mut lists: Vec<Vec<String>> = vec![Vec::new(); names.len()];
    if wanted.is_empty() {
        return Ok(lists);
    }
    for (url, ids) in urls(db, asked, target, native)? {
        let url = read(asked, &url)?;
        let mut found = HashSet::new();
        for names in wanted.chunks(BATCH) {
            search(db, asked, &named(&url, names), |entry| {
                found.extend(places.get(&dn::key(&entry.dn)).into_iter().flatten().copied());
                Ok(())
            })?;
        }
        for (place, list) in lists.iter_mut().enumerate() {
            if found.contains(&place) {
                list.extend(ids.iter().cloned());
            }
        }
    }
    for list in &mut lists {
        list.sort_unstable();
        list.dedup();
    }
    Ok(lists)
}

/// URLs of groups, each once, with the ids of those that have it.
fn urls(
    db: &mut impl Directory,
    asked: &str,
    target: &Target,
    native: &str,
) -> Result<BTreeMap<Vec<u8>, Vec<String>>, Error> {
    let mut filter = FilterBuilder::new();
    let own = target.condition(&mut filter);
    let present = filter.present(native);
    filter.all(vec![own, present]);
    let attributes = vec![target.id.attribute.clone(), native.to_owned()];
    let request = request(&target.base, target.scope(), filter.build(), attributes);
    let mut urls: BTreeMap<Vec<u8>, Vec<String>> = BTreeMap::new();
    for entry in db.all(&request, GROUPS).map_err(|error| fault::plain(&error))? {
        let Some(id) = target.uid(&entry)? else { continue };
        for url in entry.values(native) {
            urls.entry(url.clone()).or_default().push(id.clone());
        }
        if urls.len() > URLS {
            return Err(too_many(asked, "groups with URLs of their own"));
        }
    }
    Ok(urls)
}

fn read(asked: &str, value: &[u8]) -> Result<Url, Error> {
    Url::parse(value).map_err(|problem| untold(ErrorKind::Unsupported, asked, &format!("a URL that {problem}")))
}

/// The entries of a target that a URL finds.
fn of_kind(url: &Url, target: &Target) -> SearchRequest {
    let mut filter = FilterBuilder::new();
    let own = target.condition(&mut filter);
    let asked = filter.append(url.filter.clone());
    filter.all(vec![own, asked]);
    request(&url.base, url.scope, filter.build(), vec![target.id.attribute.clone()])
}

/// Of these names those that a URL finds, and maybe others with the same first part.
fn named(url: &Url, names: &[Dn]) -> SearchRequest {
    let mut filter = FilterBuilder::new();
    let asked = filter.append(url.filter.clone());
    let first = names.iter().filter_map(|name| name.leaf()?.parts.first());
    let first = first.map(|part| filter.equal(&part.attribute, part.value.clone())).collect();
    let first = filter.any(first);
    filter.all(vec![asked, first]);
    request(&url.base, url.scope, filter.build(), vec!["1.1".to_owned()])
}

/// Runs a search to its end.
fn search(
    db: &mut impl Directory,
    asked: &str,
    request: &SearchRequest,
    mut take: impl FnMut(Entry) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut search = db.search(request).map_err(|error| failed(asked, &error))?;
    loop {
        let batch = search.next(PULL).map_err(|error| failed(asked, &error))?;
        batch.entries.into_iter().try_for_each(&mut take)?;
        if batch.done {
            return Ok(());
        }
    }
}

/// Why a URL was not followed.
fn failed(asked: &str, error: &ldap::Error) -> Error {
    let (kind, what) = match error.failure {
        Failure::Denied => (ErrorKind::PermissionDenied, "a URL that leads outside of what the binding grants"),
        // Not found is the group, for whoever asks.
        Failure::NoSuchObject => {
            (ErrorKind::Unsupported, "a URL that begins at an entry which is not there, or cannot be read")
        }
        Failure::Referral => (ErrorKind::Unsupported, "a URL that leads to another server"),
        Failure::InvalidRequest | Failure::InvalidValue | Failure::Undefined => {
            (ErrorKind::Unsupported, "a URL that the directory cannot search by")
        }
        Failure::LimitExceeded => return fault::plain(error).with_attribute(asked),
        _ => return fault::plain(error),
    };
    untold(kind, asked, what).with_internal(error.message.clone())
}

fn untold(kind: ErrorKind, asked: &str, what: &str) -> Error {
    Error::fault(kind, format!("`{asked}` cannot be told, as a dynamic group has {what}"))
        .with_attribute(asked)
        .with_code("ldap.member-url")
}

fn too_many(asked: &str, what: &str) -> Error {
    let message = format!("`{asked}` cannot be told, as there are too many {what}");
    Error::fault(ErrorKind::TooMany, message).with_attribute(asked)
}

/// Where the entries of a target are.
struct Inside {
    base: Dn,
    scope: Scope,
}

impl Inside {
    fn of(target: &Target) -> Self {
        Self { base: Dn::parse(&target.base).unwrap_or_default(), scope: target.scope }
    }

    fn has(&self, name: &str) -> bool {
        let Ok(name) = Dn::parse(name) else { return false };
        match self.scope {
            Scope::Subtree => name.is_at_or_below(&self.base),
            Scope::OneLevel => name.parts.len() == self.base.parts.len() + 1 && name.is_below(&self.base),
        }
    }
}

#[cfg(test)]
mod tests;
