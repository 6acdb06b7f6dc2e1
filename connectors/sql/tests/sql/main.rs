//! The connector on real databases: the component, in the engine, behind the gate, on
//! the drivers. Cases run on SQLite, PostgreSQL and MariaDB, and on the SQL Server that
//! `PATCHBAY_TEST_MSSQL_URL` names; where it names none, each case says that it is not run there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test binary")]

mod account;
mod changes;
mod collation;
mod entity;
mod errors;
mod filter;
mod gap;
mod history;
mod hostile;
mod mssql;
mod mysql;
#[path = "../../../../host/capability/sql/tests/mssql-server/named.rs"]
mod named;
mod next;
mod operations;
mod plan;
mod postgres;
mod read;
mod soft;
mod syntax;
mod target;
mod together;
mod unreadable;
mod way;
mod write;
