//! Changes since a cookie.

use std::time::Duration;

use super::{Entry, Filter, SearchScope};

/// Changes by Active Directory's DirSync control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirSyncRequest {
    /// The root of a naming context.
    pub base: String,
    /// Which entries.
    pub filter: Filter,
    /// Attribute descriptions; a driver gets at least one.
    pub attributes: Vec<String>,
    /// None for all there is.
    pub cookie: Option<Vec<u8>>,
    /// Only values that changed, of attributes with several.
    pub incremental_values: bool,
    /// See what the bound account may see, rather than need the right to replicate.
    pub object_security: bool,
}

/// Answer to a [`DirSyncRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirSyncPage {
    /// What changed.
    pub entries: Vec<Entry>,
    /// For the next call.
    pub cookie: Vec<u8>,
    /// There is more at once.
    pub more: bool,
}

/// Changes by content synchronization (RFC 4533).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRequest {
    /// Where it starts.
    pub base: String,
    /// How far it goes.
    pub scope: SearchScope,
    /// Which entries.
    pub filter: Filter,
    /// Attribute descriptions; a driver gets at least one.
    pub attributes: Vec<String>,
    /// None for all there is.
    pub cookie: Option<Vec<u8>>,
    /// With more entries than these the answer is
    /// [`Failure::LimitExceeded`](super::Failure::LimitExceeded): the protocol has no pages.
    pub max_entries: u32,
    /// Where there are none, how long the server is listened to for the first one
    /// (refreshAndPersist); zero for not at all (refreshOnly). The gate leaves enough of the
    /// operation's time.
    pub wait: Duration,
}

/// What happened to an entry (RFC 4533 section 2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the RFC's words")]
pub enum SyncState {
    Present,
    Added,
    Modified,
    Deleted,
}

/// An entry with its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncEntry {
    /// What happened.
    pub state: SyncState,
    /// Its entryUUID, 16 bytes.
    pub uuid: Vec<u8>,
    /// As it is; of a deleted one, no attributes.
    pub entry: Entry,
}

/// Answer to a [`SyncRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncPage {
    /// What changed.
    pub entries: Vec<SyncEntry>,
    /// Gone since the cookie.
    pub deleted: Vec<Vec<u8>>,
    /// Unchanged, where the server tells what is there instead of what is gone.
    pub present: Vec<Vec<u8>>,
    /// Whatever is neither in `entries` nor in `present` is gone.
    pub deletes_by_absence: bool,
    /// For the next call.
    pub cookie: Option<Vec<u8>>,
    /// The server was listened to, or its changes came at once.
    pub live: bool,
}
