//! The connector on real databases: the component, in the engine, behind the gate, on
//! the drivers. Cases run on SQLite, PostgreSQL and MariaDB.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test binary")]

mod account;
mod changes;
mod entity;
mod errors;
mod filter;
mod history;
mod hostile;
mod mysql;
mod next;
mod operations;
mod plan;
mod read;
mod soft;
mod target;
mod way;
mod write;
