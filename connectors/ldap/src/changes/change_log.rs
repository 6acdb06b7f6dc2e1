//! The retro changelog: one entry per write, numbered in the order of commits.
//!
//! Numbers are a server's own. A token has a digest of the last entry it saw, so that one of
//! another server, or of a log that began anew, is refused.

use patchbay_connector::ldap::{Assertion, Entry, Failure, FilterBuilder, FilterNode, Scope};
use patchbay_connector::{Error, ErrorKind, Fault};
use serde::{Deserialize, Serialize};

use super::keys::Keys;
use super::{objects, token};
use crate::directory::{Directory, request};
use crate::fault;
use crate::plan::Class;

/// Numbers that one call reads at most.
const CHUNK: u64 = 1_000;
/// Numbers before the last that a first token looks for one that is there.
const LOOK_BACK: u64 = 100;
/// Attributes in which servers keep the id of an entry, by the attribute that it has.
const IDS: [(&str, &str); 2] = [("nsUniqueId", "targetUniqueId"), ("entryUUID", "targetEntryUUID")];
/// What is read of an entry of the log.
const ATTRIBUTES: [&str; 8] = [
    "changeNumber",
    "changeType",
    "changeTime",
    "targetDN",
    "targetUniqueId",
    "targetEntryUUID",
    "newRDN",
    "newSuperior",
];

/// How far the log was read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// Up to this number all is told.
    last: u64,
    /// The digest of the entry of that number; none where it is not there.
    digest: Option<[u8; 8]>,
}

/// The state of somebody who knows all there is now.
pub(super) fn latest(db: &mut impl Directory, base: &str) -> Result<State, Error> {
    let (_, last) = bounds(db)?;
    // A number may be given to a write that is not committed yet.
    let entries = read(db, base, last.saturating_sub(LOOK_BACK), last)?;
    Ok(match entries.last() {
        Some((number, entry)) => State { last: *number, digest: Some(digest(entry)) },
        None => State { last, digest: None },
    })
}

/// Adds ids of entries that changed; true when there is no more to be had now.
pub(super) fn step(
    db: &mut impl Directory,
    class: &Class,
    base: &str,
    state: &mut State,
    keys: &mut Keys,
) -> Result<bool, Error> {
    let (first, last) = bounds(db)?;
    if first > state.last.saturating_add(1) {
        return Err(token::outgrown("the changelog of the directory does not go back to the token any more"));
    }
    let to = last.min(state.last.saturating_add(CHUNK));
    let entries = read(db, base, state.last, to)?;
    let anchor = entries.iter().find(|(number, _)| *number == state.last).map(|(_, entry)| digest(entry));
    let other = anchor.is_some() && state.digest.is_some() && anchor != state.digest;
    if last < state.last || other {
        return Err(token::outgrown("the token is of another changelog, or of another server's"));
    }
    for (_, entry) in entries.iter().filter(|(number, _)| *number > state.last) {
        tell(db, class, entry, keys)?;
    }
    // What is there was committed, and so was all before; the last numbers may be to come.
    if let Some((number, entry)) = entries.last() {
        (state.last, state.digest) = (*number, Some(digest(entry)));
    }
    if to < last && state.last < to {
        (state.last, state.digest) = (to, None);
    }
    Ok(to == last)
}

/// Entries with numbers from one to another, in order.
fn read(db: &mut impl Directory, base: &str, from: u64, to: u64) -> Result<Vec<(u64, Entry)>, Error> {
    let mut filter = FilterBuilder::new();
    let term = |number: u64| Assertion { attribute: "changeNumber".to_owned(), value: number.to_string().into_bytes() };
    let terms =
        vec![filter.push(FilterNode::GreaterOrEqual(term(from))), filter.push(FilterNode::LessOrEqual(term(to)))];
    filter.all(terms);
    let request = request(base, Scope::OneLevel, filter.build(), ATTRIBUTES.map(str::to_owned).to_vec());
    let most = usize::try_from(CHUNK).unwrap_or(usize::MAX).saturating_add(1);
    let found = db.all(&request, most).map_err(|error| match error.failure {
        Failure::NoSuchObject | Failure::Denied | Failure::PermissionDenied => {
            Error::fault(ErrorKind::Configuration, "the changelog of the directory cannot be read")
                .with_internal(format!("`changes/base` has to be readable, and granted: {}", error.message))
        }
        _ => fault::plain(&error),
    })?;
    let mut entries = Vec::with_capacity(found.len());
    for entry in found {
        let number = number(&entry, "changeNumber");
        entries.push((number.ok_or_else(|| super::broken("an entry of the changelog has no number"))?, entry));
    }
    entries.sort_by_key(|(number, _)| *number);
    Ok(entries)
}

/// The first and the last number there is; the last is 0 where there is none yet.
fn bounds(db: &mut impl Directory) -> Result<(u64, u64), Error> {
    let root = db.root_dse().map_err(|error| fault::plain(&error))?;
    match (number(&root, "firstChangeNumber"), number(&root, "lastChangeNumber")) {
        (first, Some(last)) => Ok((first.unwrap_or(0), last)),
        (_, None) => Err(Error::fault(ErrorKind::Unsupported, "the directory keeps no changelog that can be followed")
            .with_internal("the root DSE has no readable `lastChangeNumber`")),
    }
}

fn tell(db: &mut impl Directory, class: &Class, entry: &Entry, keys: &mut Keys) -> Result<(), Error> {
    let target = text(entry, "targetDN").unwrap_or_default();
    let superior = text(entry, "newSuperior");
    if !objects::is_inside(class, target) && !superior.is_some_and(|superior| objects::is_inside(class, superior)) {
        return Ok(());
    }
    let own = &class.own.id.attribute;
    let kept = IDS.iter().find(|(id, _)| id.eq_ignore_ascii_case(own)).and_then(|(_, kept)| entry.first(kept));
    if let Some(value) = kept {
        return keys.insert(&class.own.id.uid(value)?);
    }
    if text(entry, "changeType").is_some_and(|kind| kind.eq_ignore_ascii_case("delete")) {
        let message = "the changelog of the directory does not say which entries were deleted";
        return Err(Error::fault(ErrorKind::Configuration, message).with_internal(
            "a deletion has no `targetUniqueId`: 389 Directory Server keeps it with `nsslapd-attribute: \
             nsuniqueid:targetUniqueId` at its retro changelog plugin",
        ));
    }
    let renamed = text(entry, "newRDN").map(|leaf| {
        let above = superior.or_else(|| target.split_once(',').map(|(_, above)| above));
        above.map_or_else(|| leaf.to_owned(), |above| format!("{leaf},{above}"))
    });
    for name in [Some(target.to_owned()), renamed].into_iter().flatten() {
        if let Some(uid) = super::uid_of(db, class, &name)? {
            keys.insert(&uid)?;
        }
    }
    Ok(())
}

fn digest(entry: &Entry) -> [u8; 8] {
    let parts = ["changeNumber", "changeType", "changeTime", "targetDN"].map(|name| entry.first(name));
    token::hash(&parts.map(Option::unwrap_or_default).join(&0))
}

fn number(entry: &Entry, name: &str) -> Option<u64> {
    text(entry, name)?.trim().parse().ok()
}

fn text<'e>(entry: &'e Entry, name: &str) -> Option<&'e str> {
    entry.first(name).and_then(|value| str::from_utf8(value).ok())
}
