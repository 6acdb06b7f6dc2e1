//! The LDAP capability: the host's types.

pub use crate::bindings::patchbay::ldap::client::{
    Assertion, Attribute, Batch, ChangeKind, Connection, DirSyncPage, DirSyncRequest, Entry, Error, Extensible,
    Failure, Filter, FilterNode, Modification, Name, Naming, Rdn, Scope, Search, SearchOptions, SearchRequest,
    SecretForm, SecretValue, SortKey, Substring, SyncEntry, SyncPage, SyncRequest, SyncState, Terms, Window, Written,
};
