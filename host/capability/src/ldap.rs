//! The LDAP capability without a driver: types of `wit/deps/ldap/ldap.wit` and the traits a
//! driver implements.

mod types;

pub use crate::Footprint;
pub use types::{
    AddRequest, Assertion, Attribute, Batch, Call, Change, ChangeKind, CountRequest, DeleteRequest, DirSyncPage,
    DirSyncRequest, Entry, Error, Extensible, Failure, Filter, FilterNode, Lease, ModifyRequest, Name, Naming,
    PasswordRequest, Pool, Rdn, RenameRequest, Reply, Request, SearchOptions, SearchRequest, SearchScope, Secret,
    SecretAttribute, SecretForm, SecretValue, SortKey, Substring, SyncEntry, SyncPage, SyncRequest, SyncState, Terms,
    Window, Written,
};
