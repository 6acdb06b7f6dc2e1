//! Types that cross the LDAP contract, and the driver traits.

mod call;
mod driver;
mod entry;
mod error;
mod feed;
mod filter;
mod name;
mod request;
mod search;
mod secret;
mod write;

pub use call::Call;
pub use driver::{Lease, Pool};
pub use entry::{Attribute, Entry};
pub use error::{Error, Failure};
pub use feed::{DirSyncPage, DirSyncRequest, SyncEntry, SyncPage, SyncRequest, SyncState};
pub use filter::{Assertion, Extensible, Filter, FilterNode, Substring};
pub use name::{Name, Naming, Rdn};
pub use request::{
    AddRequest, CountRequest, DeleteRequest, ModifyRequest, PasswordRequest, RenameRequest, Reply, Request,
};
pub use search::{Batch, SearchOptions, SearchRequest, SearchScope, SortKey, Window};
pub use secret::{Secret, SecretAttribute, SecretForm, SecretValue};
pub use write::{Change, ChangeKind, Terms, Written};
