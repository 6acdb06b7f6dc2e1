//! The LDAP capability without a driver: types of `wit/deps/ldap/ldap.wit`, the operator's
//! policy, the gate every call passes, and the traits a driver implements.

mod dn;
mod gate;
mod policy;
mod types;

pub use crate::Footprint;
pub use dn::{Dn, DnError};
pub use gate::{Binding, BindingOptions, ParkingOptions, Session};
pub use policy::{Policy, Verb, is_secret};
pub use types::{
    AddRequest, Assertion, Attribute, Batch, Call, Change, ChangeKind, CountRequest, DeleteRequest, DirSyncPage,
    DirSyncRequest, Entry, Error, Extensible, Failure, Filter, FilterNode, Lease, ModifyRequest, Name, Naming,
    PasswordRequest, Pool, Rdn, RenameRequest, Reply, Request, SearchOptions, SearchRequest, SearchScope, Secret,
    SecretAttribute, SecretForm, SecretValue, SortKey, Substring, SyncEntry, SyncPage, SyncRequest, SyncState, Terms,
    Window, Written,
};
