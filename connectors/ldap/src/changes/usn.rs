//! Update sequence numbers of Active Directory: every write on a domain controller gets one,
//! and the controller says up to which all are committed.
//!
//! They are a controller's own. A token belongs to one, as it was when the token was made:
//! another one, or one that was restored from a backup (a new `invocationId`), refuses it.

use patchbay_connector::ldap::{
    Assertion, Entry, Failure, FilterBuilder, FilterNode, Scope, SearchOptions, SearchRequest,
};
use patchbay_connector::{Error, ErrorKind, Fault};
use serde::{Deserialize, Serialize};

use super::keys::Keys;
use super::{objects, token};
use crate::directory::{Directory, Search, request};
use crate::fault;
use crate::plan::Class;

/// Entries that one pull of the search brings.
const BATCH: u32 = 1_000;

/// How far changes were read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// Which controller, as it was.
    controller: [u8; 8],
    /// Up to this number all is told.
    mark: u64,
}

/// The state of somebody who knows all there is now.
pub(super) fn latest(db: &mut impl Directory) -> Result<State, Error> {
    let root = db.root_dse().map_err(|error| fault::plain(&error))?;
    let service = text(&root, "dsServiceName").ok_or_else(|| missing("dsServiceName"))?;
    let mark = text(&root, "highestCommittedUSN").and_then(|number| number.parse().ok());
    let mark = mark.ok_or_else(|| missing("highestCommittedUSN"))?;
    let mut controller = service.to_lowercase().into_bytes();
    controller.extend(invocation(db, &service)?);
    Ok(State { controller: token::hash(&controller), mark })
}

/// Adds ids of entries that changed.
pub(super) fn step(
    db: &mut impl Directory,
    class: &Class,
    base: &str,
    state: &mut State,
    keys: &mut Keys,
) -> Result<(), Error> {
    let now = latest(db)?;
    if now.controller != state.controller {
        return Err(token::outgrown("the token is of another domain controller"));
    }
    if now.mark < state.mark {
        return Err(token::outgrown("the domain controller was set back behind the token"));
    }
    if now.mark == state.mark {
        return Ok(());
    }
    let mut filter = FilterBuilder::new();
    let term = |number: u64| Assertion { attribute: "uSNChanged".to_owned(), value: number.to_string().into_bytes() };
    let terms = vec![
        objects::of_kind(class, &mut filter),
        filter.push(FilterNode::GreaterOrEqual(term(state.mark.saturating_add(1)))),
        filter.push(FilterNode::LessOrEqual(term(now.mark))),
    ];
    filter.all(terms);
    let natives = vec![class.own.id.attribute.clone()];
    let request =
        SearchRequest { options: SearchOptions::DELETED, ..request(base, Scope::Subtree, filter.build(), natives) };
    let mut search = db.search(&request).map_err(|error| fault::plain(&error))?;
    loop {
        let batch = search.next(BATCH).map_err(|error| fault::plain(&error))?;
        for entry in &batch.entries {
            let uid =
                class.own.uid(entry)?.ok_or_else(|| super::broken("a change comes without the id of its entry"))?;
            keys.insert(&uid)?;
        }
        if batch.done {
            break;
        }
    }
    state.mark = now.mark;
    Ok(())
}

/// The `invocationId` of the controller, where it can be read.
fn invocation(db: &mut impl Directory, service: &str) -> Result<Vec<u8>, Error> {
    let mut anything = FilterBuilder::new();
    anything.present("objectClass");
    let wanted = vec!["invocationId".to_owned()];
    match db.entry(service, anything.build(), wanted, SearchOptions::empty()) {
        Ok(entry) => Ok(entry.and_then(|entry| entry.first("invocationId").map(<[u8]>::to_vec)).unwrap_or_default()),
        Err(error) if matches!(error.failure, Failure::Denied | Failure::PermissionDenied) => Ok(Vec::new()),
        Err(error) => Err(fault::plain(&error)),
    }
}

fn text(entry: &Entry, name: &str) -> Option<String> {
    entry.first(name).and_then(|value| str::from_utf8(value).ok()).map(str::to_owned)
}

fn missing(name: &str) -> Error {
    Error::fault(ErrorKind::Unsupported, "the directory does not say how far its changes are numbered")
        .with_internal(format!("the root DSE has no readable `{name}`"))
}
