//! The log that OpenLDAP keeps of its writes (slapo-accesslog): one entry per write, with the
//! time at which it began, its result, and the `entryUUID` of what it was about.

use patchbay_connector::ldap::{
    Assertion, Entry, Failure, FilterBuilder, FilterNode, Scope, SearchOptions, SearchRequest,
};
use patchbay_connector::time::Instant;
use patchbay_connector::{Error, ErrorKind, Fault};
use serde::{Deserialize, Serialize};

use super::keys::Keys;
use super::recent::{Recent, micros};
use super::{objects, token};
use crate::directory::{Directory, Search, request};
use crate::fault;
use crate::plan::Class;
use crate::plan::feed::AccessLog;

/// Entries of the log that one call reads at most.
const CHUNK: usize = 5_000;
/// Entries that one pull of the search brings.
const BATCH: u32 = 500;
/// How far before the end of the log its last write is looked for at first, in milliseconds; how
/// many times as far then; and when all of it is read.
const SHORTEST_LOOK: u64 = 1_000;
const LONGER: u64 = 8;
const LONGEST_LOOK: u64 = 10 * 365 * 86_400_000;
/// What is read of an entry of the log.
const ATTRIBUTES: [&str; 6] = ["reqStart", "reqType", "reqDN", "reqEntryUUID", "reqNewSuperior", "reqNewDN"];

/// How far the log was read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    recent: Recent,
    /// `reqStart` of the last write that was told of, or known from the beginning; none where there
    /// was none yet. The log has to have it still: one that is purged loses the oldest first, and
    /// one that was set back loses the latest.
    last: Option<Vec<u8>>,
}

/// The state of somebody who knows all there is now.
pub(super) fn latest(db: &mut impl Directory, way: &AccessLog, now: Instant) -> Result<State, Error> {
    let mut recent = Recent::default();
    if let Some(time) = committed(db, &way.base)? {
        recent.pass(time, now);
    }
    let mut last = None;
    let mut back = way.overlap.max(SHORTEST_LOOK);
    // No log can be read from its end. Where it had no write for long, more of it is read; without
    // a mark, and in the end, this is the whole log.
    while last.is_none() {
        let floor = recent.floor(back).filter(|_| back < LONGEST_LOOK);
        let is_whole = floor.is_none();
        let mut search = search(db, way, floor)?;
        loop {
            let batch = search.next(BATCH).map_err(|error| unreadable(&error))?;
            for entry in &batch.entries {
                let start = start(entry)?;
                recent.pass(start, now);
                recent.tell(start, 0);
                last = entry.first("reqStart").map(<[u8]>::to_vec);
            }
            recent.settle(way.overlap);
            if batch.done {
                break;
            }
        }
        if is_whole {
            break;
        }
        back = back.saturating_mul(LONGER);
    }
    Ok(State { recent, last })
}

/// Adds ids of entries that changed; true when there is no more to be had now.
pub(super) fn step(
    db: &mut impl Directory,
    class: &Class,
    way: &AccessLog,
    state: &mut State,
    keys: &mut Keys,
    now: Instant,
) -> Result<bool, Error> {
    if let Some(last) = &state.last
        && !has(db, way, last)?
    {
        let why = "the log of the directory does not go back to the token any more, or was set back behind it";
        return Err(token::outgrown(why));
    }
    let mut search = search(db, way, state.recent.floor(way.overlap))?;
    let mut read = 0;
    let mut unresolved = Vec::new();
    let done = loop {
        let batch = search.next(BATCH).map_err(|error| unreadable(&error))?;
        for entry in &batch.entries {
            let start = start(entry)?;
            state.recent.pass(start, now);
            if !state.recent.tell(start, 0) {
                continue;
            }
            state.last = entry.first("reqStart").map(<[u8]>::to_vec);
            read += 1;
            if is_about(class, entry) {
                match uid(class, entry)? {
                    Some(uid) => keys.insert(&uid)?,
                    None => unresolved.push(entry.clone()),
                }
            }
        }
        // What cannot be noted would be read again, and nothing behind it, if this ended here.
        if batch.done || (read >= CHUNK && state.recent.has_room()) {
            break batch.done;
        }
    };
    for entry in unresolved {
        resolve(db, class, &entry, keys)?;
    }
    state.recent.settle(way.overlap);
    Ok(done)
}

/// Whether the log can be read.
pub(super) fn check(db: &mut impl Directory, way: &AccessLog) -> Result<(), Error> {
    let mut search = search(db, way, None)?;
    search.next(1).map(|_| ()).map_err(|error| unreadable(&error))
}

/// The successful writes since then, in the order in which they were logged.
fn search<D: Directory>(db: &mut D, way: &AccessLog, floor: Option<String>) -> Result<D::Search, Error> {
    let mut filter = FilterBuilder::new();
    let mut terms = vec![filter.equal("reqResult", "0")];
    let kinds = ["add", "modify", "modrdn", "delete"].iter().map(|kind| filter.equal("reqType", *kind)).collect();
    terms.push(filter.any(kinds));
    if let Some(floor) = floor {
        terms.push(filter.push(FilterNode::GreaterOrEqual(since(floor))));
    }
    filter.all(terms);
    let wanted = ATTRIBUTES.map(str::to_owned).to_vec();
    db.search(&request(&way.base, Scope::OneLevel, filter.build(), wanted)).map_err(|error| unreadable(&error))
}

fn since(time: String) -> Assertion {
    Assertion { attribute: "reqStart".to_owned(), value: time.into_bytes() }
}

/// Whether the log has the write that began at this time: it gives each another one.
fn has(db: &mut impl Directory, way: &AccessLog, start: &[u8]) -> Result<bool, Error> {
    let filter = vec![FilterNode::Equal(Assertion { attribute: "reqStart".to_owned(), value: start.to_vec() })];
    let request =
        SearchRequest { page_size: 1, ..request(&way.base, Scope::OneLevel, filter, vec!["reqStart".to_owned()]) };
    let mut search = db.search(&request).map_err(|error| unreadable(&error))?;
    let batch = search.next(1).map_err(|error| unreadable(&error))?;
    Ok(!batch.entries.is_empty())
}

/// The time of the last entry of the log, where it has a `contextCSN`.
fn committed(db: &mut impl Directory, base: &str) -> Result<Option<i64>, Error> {
    let mut anything = FilterBuilder::new();
    anything.present("objectClass");
    let entry = db.entry(base, anything.build(), vec!["contextCSN".to_owned()], SearchOptions::empty());
    let entry = entry.map_err(|error| unreadable(&error))?;
    Ok(entry.and_then(|entry| entry.values("contextCSN").iter().filter_map(|value| micros(value)).max()))
}

fn start(entry: &Entry) -> Result<i64, Error> {
    let start = entry.first("reqStart").and_then(micros);
    start.ok_or_else(|| super::broken("an entry of the log has no readable `reqStart`"))
}

/// Whether the write was about an entry that is, or was, where those of the class are.
fn is_about(class: &Class, entry: &Entry) -> bool {
    let names = ["reqDN", "reqNewSuperior", "reqNewDN"].into_iter().filter_map(|name| text(entry, name));
    names.into_iter().any(|name| objects::is_inside(class, name))
}

fn text<'e>(entry: &'e Entry, name: &str) -> Option<&'e str> {
    entry.first(name).and_then(|value| str::from_utf8(value).ok())
}

fn uid(class: &Class, entry: &Entry) -> Result<Option<String>, Error> {
    entry.first("reqEntryUUID").map(|value| class.own.id.uid(value)).transpose()
}

/// For servers that log ids of deleted entries alone, or none: by the entry that has the name
/// now.
fn resolve(db: &mut impl Directory, class: &Class, entry: &Entry, keys: &mut Keys) -> Result<(), Error> {
    if text(entry, "reqType") == Some("delete") {
        let message = "the log of the directory does not say which entries were deleted";
        return Err(Error::fault(ErrorKind::Configuration, message)
            .with_internal("a deletion is logged without `reqEntryUUID`: OpenLDAP 2.5 and later have it"));
    }
    for name in ["reqNewDN", "reqDN"].into_iter().filter_map(|name| text(entry, name)) {
        if let Some(uid) = super::uid_of(db, class, name)? {
            keys.insert(&uid)?;
        }
    }
    Ok(())
}

fn unreadable(error: &patchbay_connector::ldap::Error) -> Error {
    match error.failure {
        Failure::NoSuchObject | Failure::Denied | Failure::PermissionDenied => {
            Error::fault(ErrorKind::Configuration, "the log of the directory cannot be read")
                .with_internal(format!("`changes/base` has to be readable, and granted: {}", error.message))
        }
        _ => fault::plain(error),
    }
}
