//! What every capability shares: who calls ([`Scope`]), what is seen of it
//! ([`Observer`]), and per capability the types that cross the contract together with
//! the one path that each call takes (authorise, quota, deadline, act, scrub).
//!
//! The engine speaks these types to guests, driver crates implement the `Pool` traits
//! below them. Neither a driver nor wasmtime is named here.

mod footprint;
pub mod ldap;
mod outage;
pub mod scope;
pub mod scrub;
pub mod sql;
mod usage;

pub use footprint::Footprint;
pub use outage::Outage;
pub use scope::{Observer, OperationEvent, Scope, StatementEvent};
pub use scrub::Scrubber;
pub use usage::Usage;
