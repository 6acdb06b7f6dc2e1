//! The time of an entry's last change: any directory has it, and no deleted entry.
//!
//! Times are in seconds as a rule. Two changes of one second differ in a version, or else in
//! what the entry holds, and so each is told of.

use std::hash::Hasher as _;

use patchbay_connector::Error;
use patchbay_connector::ldap::{Assertion, Entry, FilterBuilder, FilterNode, SearchRequest};
use patchbay_connector::time::Instant;
use siphasher::sip::SipHasher13;

use super::keys::Keys;
use super::objects;
use super::recent::{Recent, micros};
use crate::directory::{Directory, Search, request};
use crate::fault;
use crate::plan::Class;
use crate::plan::feed::Timestamp;

/// Entries that one pull of a search brings.
const BATCH: u32 = 1_000;

/// The state of somebody who knows all there is now. Reads the times of all entries: no
/// directory tells the latest.
pub(super) fn latest(db: &mut impl Directory, class: &Class, way: &Timestamp, now: Instant) -> Result<Recent, Error> {
    let mut recent = Recent::default();
    let natives = vec![way.attribute.clone()];
    each(db, &entries(class, way, None, natives), |entry| {
        if let Some(time) = entry.first(&way.attribute).and_then(micros) {
            recent.pass(time, now);
        }
        Ok(())
    })?;
    if let Some(floor) = recent.floor(way.overlap) {
        each(db, &entries(class, way, Some(floor), content(class, way)), |entry| {
            if let Some(time) = entry.first(&way.attribute).and_then(micros) {
                recent.tell(time, digest(class, way, entry));
            }
            Ok(())
        })?;
    }
    Ok(recent)
}

/// Adds ids of entries that changed.
pub(super) fn step(
    db: &mut impl Directory,
    class: &Class,
    way: &Timestamp,
    recent: &mut Recent,
    keys: &mut Keys,
    now: Instant,
) -> Result<(), Error> {
    let request = entries(class, way, recent.floor(way.overlap), content(class, way));
    each(db, &request, |entry| {
        let time = entry.first(&way.attribute).and_then(micros);
        let time = time.ok_or_else(|| super::broken("an entry has no readable time of its last change"))?;
        recent.pass(time, now);
        match class.own.uid(entry)? {
            Some(uid) if recent.tell(time, digest(class, way, entry)) => keys.insert(&uid),
            _ => Ok(()),
        }
    })?;
    recent.settle(way.overlap);
    Ok(())
}

/// A search for all that may be of the class and changed since then.
fn entries(class: &Class, way: &Timestamp, floor: Option<String>, natives: Vec<String>) -> SearchRequest {
    let mut filter = FilterBuilder::new();
    let mut terms = vec![objects::of_kind(class, &mut filter)];
    terms.push(match floor {
        Some(floor) => {
            // Servers with times in seconds may take no fraction; Active Directory wants one.
            let seconds = floor.split_once('.').map_or(floor.trim_end_matches('Z'), |(seconds, _)| seconds);
            let windows = class.server.vendor.is_active_directory();
            let value = format!("{seconds}{}", if windows { ".0Z" } else { "Z" }).into_bytes();
            filter.push(FilterNode::GreaterOrEqual(Assertion { attribute: way.attribute.clone(), value }))
        }
        None => filter.present(&way.attribute),
    });
    filter.all(terms);
    request(&class.own.base, class.own.scope(), filter.build(), natives)
}

/// Attributes that tell an entry's states apart.
fn content(class: &Class, way: &Timestamp) -> Vec<String> {
    let mut natives = vec![class.own.id.attribute.clone(), way.attribute.clone()];
    natives.extend(way.content.iter().filter(|name| !natives.contains(name)).cloned().collect::<Vec<_>>());
    natives
}

/// A digest of what was read of an entry, in whatever order it came.
fn digest(class: &Class, way: &Timestamp, entry: &Entry) -> u64 {
    let mut sum = 0_u64;
    let mut add = |name: &str, value: &[u8]| {
        let mut hasher = SipHasher13::new();
        hasher.write(name.as_bytes());
        hasher.write_u8(0);
        hasher.write(value);
        sum = sum.wrapping_add(hasher.finish());
    };
    add("", crate::dn::key(&entry.dn).as_bytes());
    for name in content(class, way) {
        entry.values(&name).iter().for_each(|value| add(&name, value));
    }
    sum
}

fn each(
    db: &mut impl Directory,
    request: &SearchRequest,
    mut take: impl FnMut(&Entry) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut search = db.search(request).map_err(|error| fault::plain(&error))?;
    loop {
        let batch = search.next(BATCH).map_err(|error| fault::plain(&error))?;
        batch.entries.iter().try_for_each(&mut take)?;
        if batch.done {
            return Ok(());
        }
    }
}
