//! Active Directory's DirSync: the server keeps count, and its cookie says how far.
//!
//! It looks at a whole naming context. An entry that was moved or renamed comes with its
//! `name`; a new one comes with its `objectClass`, which an old one never does.

use patchbay_connector::ldap::{DirSyncPage, DirSyncRequest, Entry, Failure, FilterBuilder};
use patchbay_connector::{Error, ErrorKind, Fault};
use serde::{Deserialize, Serialize};

use super::keys::Keys;
use super::{objects, token};
use crate::directory::Directory;
use crate::fault;
use crate::plan::Class;
use crate::plan::feed::DirSync;

/// Pages that a first token takes at most; each is of what the server reads at a time.
const PAGES: usize = 100_000;

/// How far changes were read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    cookie: Vec<u8>,
}

/// The state of somebody who knows all there is now. Nothing matches, so that the server
/// has only to count.
pub(super) fn latest(db: &mut impl Directory, way: &DirSync) -> Result<State, Error> {
    let mut filter = FilterBuilder::new();
    let anything = filter.present("objectClass");
    filter.not(anything);
    let filter = filter.build();
    let mut cookie = None;
    for _ in 0..PAGES {
        let page = page(db, way, filter.clone(), cookie.take())?;
        if !page.more {
            return Ok(State { cookie: page.cookie });
        }
        cookie = Some(page.cookie);
    }
    Err(super::broken("the directory does not come to an end of its changes"))
}

/// Adds ids of entries that changed; true when there is no more to be had now.
pub(super) fn step(
    db: &mut impl Directory,
    class: &Class,
    way: &DirSync,
    state: &mut State,
    keys: &mut Keys,
) -> Result<bool, Error> {
    let mut filter = FilterBuilder::new();
    objects::of_kind(class, &mut filter);
    let page = page(db, way, filter.build(), Some(std::mem::take(&mut state.cookie)))?;
    for entry in &page.entries {
        let Some(uid) = class.own.uid(entry)? else {
            return Err(super::broken("a change comes without the id of its entry"));
        };
        if is_deleted(entry) || objects::is_inside(class, &entry.dn) || was_moved(entry) {
            keys.insert(&uid)?;
        } else {
            keys.insert_elsewhere(&uid)?;
        }
    }
    state.cookie = page.cookie;
    Ok(!page.more)
}

/// Whether an entry is a tombstone.
pub(super) fn is_deleted(entry: &Entry) -> bool {
    entry.first("isDeleted").is_some_and(|value| value.eq_ignore_ascii_case(b"TRUE"))
}

fn was_moved(entry: &Entry) -> bool {
    !entry.values("name").is_empty() && entry.values("objectClass").is_empty()
}

fn page(
    db: &mut impl Directory,
    way: &DirSync,
    filter: patchbay_connector::ldap::Filter,
    cookie: Option<Vec<u8>>,
) -> Result<DirSyncPage, Error> {
    let request = DirSyncRequest {
        base: way.base.clone(),
        filter,
        attributes: way.attributes.clone(),
        cookie,
        incremental_values: true,
        object_security: way.object_security,
    };
    db.dir_sync(&request).map_err(|error| match error.failure {
        Failure::TokenExpired => token::outgrown("the directory does not know the token's cookie any more"),
        Failure::PermissionDenied => {
            let message = "the account may not follow changes: it needs the right to replicate directory changes, or \
                           the setting `object_security`";
            Error::fault(ErrorKind::PermissionDenied, message).with_internal(error.message)
        }
        _ => fault::plain(&error),
    })
}
