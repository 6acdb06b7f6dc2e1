//! The SQL Server driver against a server of our own, which speaks TDS and answers from a
//! script: for exact error numbers, delays, broken connections and TLS. It runs everywhere.
//! The driver's cases against a real SQL Server are in `tests/mssql-server`.
//!
//! The crate `mssql-mock-tds` is not used: it brings OpenSSL beside the one TLS provider that
//! everything here has, and does not read the parameters that come with a statement, whose
//! types are part of what is tried.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects, in helpers as well"
)]

mod line;

mod scripted;
mod server;
