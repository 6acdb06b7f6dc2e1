//! Bounded pools of connections, whatever they speak.
//!
//! A driver says how a connection is opened ([`Connect`]) and what its near end can do
//! ([`Connection`]); [`BoundedPool`] lends connections out, waits, validates, closes and
//! counts. A [`Lease`] may be dropped at any moment: the pool brings the connection back to
//! rest before somebody else gets it, or throws it away.
//!
//! Beside it, what opening a connection needs everywhere: [`Addresses`] of one target in
//! turn, and [`Credentials`] that are read again when they may have changed.
//!
//! Which requests, answers and errors there are is the driver's [`Protocol`]. The pool has
//! no errors of its own, it only knows three kinds of [`Trouble`]; and it logs nothing
//! itself, but hands an [`Event`] to the protocol, which knows its place in the log.

mod addresses;
mod connect;
mod options;
mod password;
mod pool;
mod protocol;
#[cfg(test)]
mod script;

pub use addresses::{Addresses, Login};
pub use connect::{Connect, Connection, OpenGuard};
pub use options::PoolOptions;
pub use password::{Credentials, PasswordSource};
pub use pool::{BoundedPool, Lease};
pub use protocol::{Event, Protocol, Trouble};
