//! What a driver is asked after the gate, and what it answers.

use std::fmt;

use zeroize::Zeroizing;

use super::{
    Attribute, Batch, Change, DirSyncPage, DirSyncRequest, Entry, Filter, SearchRequest, SearchScope, SecretAttribute,
    SyncPage, SyncRequest, Terms, Written,
};

/// Entries that match, counted page by page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountRequest {
    /// Where it starts.
    pub base: String,
    /// How far it goes.
    pub scope: SearchScope,
    /// Which entries.
    pub filter: Filter,
    /// Count no further.
    pub limit: u64,
    /// Entries to ask the server for at a time, at least 1.
    pub page_size: u32,
}

/// A new entry.
#[derive(Debug, Clone)]
pub struct AddRequest {
    /// Its name, escaped.
    pub dn: String,
    /// What it has.
    pub attributes: Vec<Attribute>,
    /// Secrets it has.
    pub secrets: Vec<SecretAttribute>,
    /// Conditions, and what to read back.
    pub terms: Terms,
}

/// Changes of an entry.
#[derive(Debug, Clone)]
pub struct ModifyRequest {
    /// Its name.
    pub dn: String,
    /// In order. With `secrets`, at least one of both.
    pub changes: Vec<Change>,
    /// Each replaces its attribute's values, after the changes, in the same operation.
    pub secrets: Vec<SecretAttribute>,
    /// Conditions, and what to read back.
    pub terms: Terms,
}

/// A new name of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameRequest {
    /// Its name so far.
    pub dn: String,
    /// Its last part from now on, escaped.
    pub new_rdn: String,
    /// Values of the old part leave the entry.
    pub delete_old: bool,
    /// None to stay where it is.
    pub new_parent: Option<String>,
    /// The name that comes of it: for [`Written::dn`], and to read back.
    pub new_dn: String,
    /// Conditions, and what to read back.
    pub terms: Terms,
}

/// Deletes an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteRequest {
    /// Its name.
    pub dn: String,
    /// Conditions.
    pub terms: Terms,
}

/// The Password Modify operation (RFC 3062).
#[derive(Clone)]
pub struct PasswordRequest {
    /// Whose.
    pub dn: String,
    /// What it becomes, in UTF-8.
    pub secret: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for PasswordRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordRequest").field("dn", &self.dn).field("secret", &"***").finish()
    }
}

/// A [`Call`](super::Call) after the gate: names are text that parses, filters are trees,
/// secrets are bytes, and everything is within the grant and has its limits.
///
/// A driver dereferences no alias, and follows a referral to no other server than the
/// operator's own and for no other entry: the grant would not know where that leads.
/// Continuation references of a search are left out.
#[derive(Debug, Clone)]
pub enum Request {
    /// The root DSE with all its attributes, operational ones too; answered with
    /// [`Reply::Entry`].
    RootDse,
    /// The subschema subentry that the root DSE names; answered with [`Reply::Entry`].
    Schema,
    /// Open a search; answered with [`Reply::Searching`]. Failures of the search may come
    /// now or with the first batch.
    Search(SearchRequest),
    /// Entries of the open search, as many as there are within the limits, at least one
    /// unless the search is done; answered with [`Reply::Batch`].
    Next {
        /// At most so many.
        max_entries: u32,
        /// Stop after the entry that passes so many bytes ([`Entry::size`]).
        max_bytes: usize,
    },
    /// End the open search; answered with [`Reply::Done`].
    EndSearch,
    /// Count; answered with [`Reply::Counted`].
    Count(CountRequest),
    /// Add; answered with [`Reply::Written`].
    Add(AddRequest),
    /// Modify; answered with [`Reply::Written`].
    Modify(ModifyRequest),
    /// Rename; answered with [`Reply::Written`].
    Rename(RenameRequest),
    /// Delete; answered with [`Reply::Done`].
    Delete(DeleteRequest),
    /// Password Modify; answered with [`Reply::Done`].
    SetPassword(PasswordRequest),
    /// DirSync; answered with [`Reply::DirSync`].
    DirSync {
        /// What.
        request: DirSyncRequest,
        /// Bytes the answer may hold; the server is asked for no more than that.
        max_bytes: usize,
    },
    /// Content synchronization; answered with [`Reply::Sync`].
    Sync {
        /// What.
        request: SyncRequest,
        /// With more bytes than these the answer is
        /// [`Failure::LimitExceeded`](super::Failure::LimitExceeded).
        max_bytes: usize,
    },
}

/// Answer to a [`Request`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An entry.
    Entry(Entry),
    /// A search is open.
    Searching,
    /// Entries of the search; after the end, none and done.
    Batch(Batch),
    /// How many match.
    Counted(u64),
    /// A write was done.
    Written(Written),
    /// Done.
    Done,
    /// Changes.
    DirSync(DirSyncPage),
    /// Changes.
    Sync(SyncPage),
}
