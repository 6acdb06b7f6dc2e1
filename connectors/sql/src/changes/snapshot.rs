//! Comparing all objects with what was there: the last resort, as every look reads all of
//! them. The token holds the uid of every object, and a hash of what is cheap to read of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use patchbay_connector::{Error, Query};
use serde::{Deserialize, Serialize};

use super::objects::Keys;
use super::token;
use crate::database::Database;
use crate::page::Bookmark;
use crate::plan::{Class, Versions};
use crate::{fault, key, read};

/// Pages of objects that one call compares.
const PAGES: usize = 10;
/// Bytes that an object takes besides its uid.
const ENTRY: usize = 12;

/// All objects, as they were when they were last looked at.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Snapshot<'a> {
    /// Sorted by uid.
    #[serde(borrow)]
    entries: Vec<Entry<'a>>,
    /// The look under way.
    walk: Option<Walk>,
}

/// One object.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    uid: Cow<'a, str>,
    /// Of its content, or nothing where only its being there counts.
    hash: [u8; 8],
    /// Whether the look under way has met it.
    met: bool,
}

/// How far all objects were looked at.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Walk {
    /// Where the next page begins; none: at the beginning.
    next: Option<Vec<u8>>,
    /// Whether all were looked at, and only those that are gone are left to tell.
    over: bool,
}

impl<'a> Snapshot<'a> {
    /// All objects as they are now. `content` says whether more counts than being there.
    pub(super) fn take(db: &mut impl Database, class: &Class, content: bool) -> Result<Self, Error> {
        let class = seen(class, content);
        let mut entries = Vec::new();
        let mut bytes = 0_usize;
        let mut next = None;
        loop {
            let page = page(db, &class, next)?;
            for (uid, hash) in page.objects {
                bytes += uid.len() + ENTRY;
                entries.push(Entry { uid: Cow::Owned(uid), hash, met: false });
            }
            if token::is_too_large(bytes) {
                return Err(token::too_large(bytes));
            }
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        entries.sort_by(|one, other| one.uid.cmp(&other.uid));
        // The key of a view need not be unique.
        entries.dedup_by(|one, other| one.uid == other.uid);
        Ok(Self { entries, walk: None })
    }

    /// Adds keys of at most `limit` objects that changed; true when all were looked at.
    pub(super) fn step(
        &mut self,
        db: &mut impl Database,
        class: &Class,
        content: bool,
        limit: usize,
        keys: &mut Keys<'_>,
    ) -> Result<bool, Error> {
        let mut walk = self.walk.take().unwrap_or_default();
        if !walk.over {
            let mut added = BTreeMap::new();
            let outcome = self.look(db, &seen(class, content), limit, &mut walk, &mut added, keys);
            let added = added.into_iter().map(|(uid, hash)| Entry { uid: Cow::Owned(uid), hash, met: true });
            self.entries.extend(added);
            self.entries.sort_by(|one, other| one.uid.cmp(&other.uid));
            outcome?;
        }
        if walk.over {
            self.entries.retain_mut(|entry| {
                let told = !entry.met && keys.len() < limit;
                if told {
                    // Whether it is really gone is looked at again.
                    keys.insert_uid(&entry.uid);
                }
                !told
            });
            if self.entries.iter().all(|entry| entry.met) {
                self.entries.iter_mut().for_each(|entry| entry.met = false);
                return Ok(true);
            }
        }
        self.walk = Some(walk);
        Ok(false)
    }

    /// Takes in objects that were told to be there. The look under way need not meet them:
    /// the next one will, or finds that they are gone.
    pub(super) fn know<'u>(&mut self, uids: impl Iterator<Item = &'u str>) {
        let is_known = |uid: &str| self.entries.binary_search_by(|entry| entry.uid.as_ref().cmp(uid)).is_ok();
        let new: Vec<&str> = uids.filter(|uid| !is_known(uid)).collect();
        if new.is_empty() {
            return;
        }
        let met = self.walk.is_some();
        let entry = |uid: &str| Entry { uid: Cow::Owned(uid.to_owned()), hash: [0; 8], met };
        self.entries.extend(new.into_iter().map(entry));
        self.entries.sort_by(|one, other| one.uid.cmp(&other.uid));
    }

    /// Looks at the next objects.
    fn look(
        &mut self,
        db: &mut impl Database,
        class: &Class,
        limit: usize,
        walk: &mut Walk,
        added: &mut BTreeMap<String, [u8; 8]>,
        keys: &mut Keys<'_>,
    ) -> Result<(), Error> {
        for _ in 0..PAGES {
            let page = page(db, class, walk.next.clone())?;
            for (uid, hash) in page.objects {
                if keys.len() == limit {
                    return Ok(());
                }
                walk.next = Some(place(class, &uid)?);
                let known = self.entries.binary_search_by(|entry| entry.uid.as_ref().cmp(uid.as_str()));
                let known = known.ok().and_then(|place| self.entries.get_mut(place));
                let changed = match known {
                    Some(entry) => {
                        entry.met = true;
                        std::mem::replace(&mut entry.hash, hash) != hash
                    }
                    None => {
                        added.insert(uid.clone(), hash);
                        true
                    }
                };
                if changed {
                    keys.insert_uid(&uid);
                }
            }
            if page.next.is_none() {
                walk.over = true;
                break;
            }
        }
        Ok(())
    }
}

/// Objects of a page with what was seen of them, and where the next page begins.
struct Page {
    objects: Vec<(String, [u8; 8])>,
    next: Option<Vec<u8>>,
}

/// The class as a snapshot sees it: with a hash of the content, or with nothing but keys.
fn seen(class: &Class, content: bool) -> Class {
    Class { versions: if content { Versions::Content } else { Versions::None }, ..class.clone() }
}

fn page(db: &mut impl Database, class: &Class, continuation: Option<Vec<u8>>) -> Result<Page, Error> {
    let query = Query {
        class: class.name.clone(),
        filter: None,
        attributes: Vec::new(),
        order: Vec::new(),
        page_size: read::MAX_PAGE,
        offset: None,
        continuation,
        want_total: false,
    };
    let page = read::search(db, class, &query)?;
    let object = |object: patchbay_connector::Object| {
        let hash = object.id.revision.as_deref().map_or(Ok(0), |revision| u128::from_str_radix(revision, 16));
        let hash = hash.map_err(|_| fault::broken("a version that is no hash"))?;
        // Compared with one other only: half of it tells them apart.
        let [half, _] = [hash as u64, (hash >> 64) as u64];
        Ok((object.id.uid, half.to_le_bytes()))
    };
    let objects = page.objects.into_iter().map(object).collect::<Result<_, Error>>()?;
    Ok(Page { objects, next: page.next })
}

/// The place after an object in the order of keys.
fn place(class: &Class, uid: &str) -> Result<Vec<u8>, Error> {
    let key = key::decode(&class.key_parts(), uid).ok_or_else(|| fault::unreadable("key"))?;
    Bookmark::new(&class.name, &[], key).encode()
}
