//! End to end: SCIM over HTTP in, rows in a real SQLite file or a real PostgreSQL out.
//! Every test runs on both.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test suite"
)]

mod apps;
mod bad_input;
mod bodies;
mod cacti;
mod directory;
mod durability;
mod entra_groups;
mod entra_queries;
mod entra_users;
mod fire;
mod freeradius;
mod harness;
mod init;
mod logs;
mod passwords;
mod procedures;
mod protocol;
