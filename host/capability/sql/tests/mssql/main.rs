//! The SQL Server driver, twice over.
//!
//! `scripted`: against a server of our own that speaks TDS and answers from a script, for
//! exact error numbers, delays, broken connections and TLS. It runs everywhere.
//!
//! `real`: the driver's cases against the SQL Server named in `PATCHBAY_TEST_MSSQL_URL`
//! (`mssql://USER:PASSWORD@HOST[:PORT]/DATABASE?...`, with a login that may create
//! databases). Where it is not set, the test `which_server_is_used` says so.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects, in helpers as well"
)]

mod line;

mod scripted;
mod server;
