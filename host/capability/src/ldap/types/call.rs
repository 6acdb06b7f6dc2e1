//! What a guest asks.

use super::{
    Attribute, Change, DirSyncRequest, Filter, Name, Rdn, SearchRequest, SearchScope, Secret, SecretValue, SyncRequest,
    Terms,
};

/// What the engine asks of a session on behalf of a guest. Nothing of it is checked yet;
/// secrets stand where the guest gave their numbers.
#[derive(Debug, Clone)]
pub enum Call {
    /// What the server says of itself; answered with [`Reply::Entry`](super::Reply::Entry).
    RootDse,
    /// The subschema; answered with [`Reply::Entry`](super::Reply::Entry).
    Schema,
    /// Opens a search, and ends the one before; answered with
    /// [`Reply::Searching`](super::Reply::Searching).
    Search(SearchRequest),
    /// The next entries of the open search; answered with
    /// [`Reply::Batch`](super::Reply::Batch).
    Next {
        /// At most so many.
        max_entries: u32,
    },
    /// Ends the open search, if any.
    EndSearch,
    /// Entries that match; answered with [`Reply::Counted`](super::Reply::Counted).
    Count {
        /// Where it starts.
        base: String,
        /// How far it goes.
        scope: SearchScope,
        /// Which entries.
        filter: Filter,
        /// Count no further.
        limit: u64,
    },
    /// A new entry; answered with [`Reply::Written`](super::Reply::Written).
    Add {
        /// Its name.
        name: Name,
        /// What it has.
        attributes: Vec<Attribute>,
        /// Secrets it has.
        secrets: Vec<SecretValue>,
        /// Conditions, and what to read back.
        terms: Terms,
    },
    /// Changes of an entry; answered with [`Reply::Written`](super::Reply::Written).
    Modify {
        /// Its name.
        dn: String,
        /// In order.
        changes: Vec<Change>,
        /// Each replaces its attribute's values, after the changes.
        secrets: Vec<SecretValue>,
        /// Conditions, and what to read back.
        terms: Terms,
    },
    /// A new last part, a new parent, or both; answered with
    /// [`Reply::Written`](super::Reply::Written).
    Rename {
        /// Its name so far.
        dn: String,
        /// Its last part from now on.
        new_rdn: Rdn,
        /// Values of the old part leave the entry.
        delete_old: bool,
        /// None to stay where it is.
        new_parent: Option<String>,
        /// Conditions, and what to read back.
        terms: Terms,
    },
    /// Deletes an entry.
    Delete {
        /// Its name.
        dn: String,
        /// Conditions.
        terms: Terms,
    },
    /// The Password Modify operation (RFC 3062).
    SetPassword {
        /// Whose.
        dn: String,
        /// What it becomes.
        secret: Secret,
    },
    /// Changes by DirSync; answered with [`Reply::DirSync`](super::Reply::DirSync).
    DirSync(DirSyncRequest),
    /// Changes by content synchronization; answered with
    /// [`Reply::Sync`](super::Reply::Sync).
    Sync(SyncRequest),
    /// Waits for the host's lock of this name, and holds it until the session ends.
    Lock(String),
}
