//! Content synchronization (RFC 4533).
//!
//! A server that remembers little does not say what is gone, but what is there. So a token
//! holds the ids of all entries: 16 bytes each.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use patchbay_connector::ldap::{Failure, FilterBuilder, SyncPage, SyncRequest, SyncState};
use patchbay_connector::time::Instant;
use patchbay_connector::{Error, ErrorKind, Fault};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::keys::{Keys, MOST};
use super::{objects, token};
use crate::directory::Directory;
use crate::plan::Class;
use crate::vendor::Vendor;
use crate::{fault, generalized_time, guid};

/// unwillingToPerform: the directory is behind the cookie.
const BEHIND: u32 = 53;
/// A replica may be so far behind another, in milliseconds. One that lacks for longer what was told
/// of is no replica, or the directory was restored from a backup.
const LAG: i64 = 5 * 60 * 1_000;
/// When it may have come closer.
const CLOSER: Duration = Duration::from_secs(5);

/// An identifier as the protocol has it.
type Uuid = [u8; 16];

/// How far changes were read.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    cookie: Option<Vec<u8>>,
    known: Known,
}

/// The state of somebody who knows all there is now.
pub(super) fn latest(db: &mut impl Directory, class: &Class, now: Instant) -> Result<State, Error> {
    let mut state = State::default();
    step(db, class, &mut state, &mut Keys::default(), 0, now)?;
    Ok(state)
}

/// Adds ids of entries that changed. Where there are none, listens for so many milliseconds.
/// Says whether the server is to be asked again at once.
pub(super) fn step(
    db: &mut impl Directory,
    class: &Class,
    state: &mut State,
    keys: &mut Keys,
    wait: u32,
    now: Instant,
) -> Result<bool, Error> {
    let page = page(db, class, state.cookie.clone(), wait, now)?;
    let mut there = BTreeSet::new();
    for uuid in &page.present {
        there.insert(bytes(uuid)?);
    }
    let mut gone = BTreeSet::new();
    for uuid in &page.deleted {
        gone.insert(bytes(uuid)?);
    }
    for found in &page.entries {
        let uuid = bytes(&found.uuid)?;
        if found.state == SyncState::Deleted {
            gone.insert(uuid);
        } else {
            there.insert(uuid);
            if found.state != SyncState::Present {
                keys.insert(&uid(class, uuid))?;
            }
        }
    }
    // 389 Directory Server names what is gone, and says that it did not.
    if page.deletes_by_absence && state.cookie.is_some() && class.server.vendor != Vendor::Ds389 {
        gone.extend(state.known.0.difference(&there));
    }
    for uuid in gone {
        // One that was told again is there again.
        if state.known.0.remove(&uuid) {
            keys.insert(&uid(class, uuid))?;
        }
    }
    // Who comes in along with an entry above did not change: the server names the entry and
    // no more. At the first look, what is there without a change is what a cookie stands for.
    if state.cookie.is_some() {
        for uuid in there.difference(&state.known.0) {
            keys.insert(&uid(class, *uuid))?;
        }
    }
    state.known.0.extend(there);
    if state.known.0.len() > MOST {
        return Err(token::too_large());
    }
    state.cookie = page.cookie.or_else(|| state.cookie.take());
    Ok(page.live)
}

impl State {
    /// Whoever was told to be there is to be told when gone.
    pub(super) fn know<'u>(&mut self, uids: impl Iterator<Item = &'u str>) {
        self.known.0.extend(uids.filter_map(uuid));
    }
}

fn page(
    db: &mut impl Directory,
    class: &Class,
    cookie: Option<Vec<u8>>,
    wait: u32,
    now: Instant,
) -> Result<SyncPage, Error> {
    let filter = match class.server.vendor {
        // It says nothing of an entry that a write took out of the filter. Without the class's
        // own the write is told, and whoever looks sees that the object is gone.
        Vendor::Ds389 => {
            let mut filter = FilterBuilder::new();
            objects::of_kind(class, &mut filter);
            filter.build()
        }
        _ => class.own.filter(),
    };
    let request = SyncRequest {
        base: class.own.base.clone(),
        scope: class.own.scope(),
        filter,
        attributes: vec![class.own.id.attribute.clone()],
        cookie,
        max_entries: u32::try_from(MOST).unwrap_or(u32::MAX),
        wait,
    };
    db.sync(&request).map_err(|error| match error.failure {
        Failure::TokenExpired
            if error.code == Some(BEHIND) && request.cookie.as_deref().is_some_and(|cookie| is_recent(cookie, now)) =>
        {
            Error::fault(ErrorKind::Unavailable, "the directory is behind what was told of: a replica that lags")
                .with_internal(format!("if it was restored from a backup, a full run is needed: {}", error.message))
                .with_retry_after(CLOSER)
        }
        Failure::TokenExpired if error.code == Some(BEHIND) => {
            token::outgrown("the directory is behind what was told of: it was restored from a backup, or lags for long")
        }
        Failure::TokenExpired => token::outgrown("the directory does not know the token's cookie any more"),
        Failure::LimitExceeded if error.code.is_some() => fault::limited(&error),
        Failure::LimitExceeded if request.cookie.is_none() => token::too_large(),
        Failure::LimitExceeded => {
            token::outgrown("more objects changed than can be told at once: read the class as a whole")
        }
        _ => fault::plain(&error),
    })
}

/// Whether the last write that a cookie of OpenLDAP stands for (`rid=000,csn=TIME#...;TIME#...`) was
/// a moment ago.
fn is_recent(cookie: &[u8], now: Instant) -> bool {
    let text = str::from_utf8(cookie).unwrap_or_default();
    let (_, numbers) = text.split_once("csn=").unwrap_or_default();
    let times = numbers.split([';', ',']).filter_map(|number| generalized_time::parse(number.split('#').next()?));
    times.max().is_some_and(|last| last.plus(-LAG) < now && now < last.plus(LAG))
}

fn bytes(uuid: &[u8]) -> Result<Uuid, Error> {
    uuid.try_into().map_err(|_| super::broken("a change comes with an id that is no UUID"))
}

/// The uid of an entry. `nsUniqueId` has the same bytes in four groups.
fn uid(class: &Class, uuid: Uuid) -> String {
    let text = guid::network_to_text(&uuid).unwrap_or_default();
    if !class.own.id.attribute.eq_ignore_ascii_case("nsUniqueId") {
        return text;
    }
    let digits: Vec<char> = text.chars().filter(|c| *c != '-').collect();
    digits.chunks(8).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// The inverse, whichever groups there are.
fn uuid(uid: &str) -> Option<Uuid> {
    guid::network_to_bytes(&uid.replace('-', ""))
}

/// Ids of entries, as part of a token.
#[derive(Debug, Default)]
struct Known(BTreeSet<Uuid>);

impl Serialize for Known {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0.iter().flatten().copied().collect::<Vec<u8>>().as_slice())
    }
}

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Known;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("ids of 16 bytes each")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Known, E> {
                match bytes.as_chunks() {
                    (ids, []) => Ok(Known(ids.iter().copied().collect())),
                    _ => Err(E::invalid_length(bytes.len(), &self)),
                }
            }
        }

        deserializer.deserialize_bytes(Bytes).map_err(D::Error::custom)
    }
}
