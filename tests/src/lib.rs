//! The example application of `examples/helpdesk` in a box: a fresh database, a host in
//! front of it, a SCIM client, and eyes on the rows and on the statements. The demo,
//! the end-to-end suite and the benchmarks all stand on this.

pub mod bench;
pub mod client;
pub mod demo;
pub mod helpdesk;
pub mod host;
pub mod packaged;
pub mod rows;
pub mod statements;
mod wire;

pub use client::{Answer, Client};
pub use helpdesk::{Helpdesk, Target};
pub use host::{Host, HostOptions};
pub use packaged::Packaged;
pub use rows::{Change, Row, Snapshot, Table};
pub use statements::{Statement, Statements};
