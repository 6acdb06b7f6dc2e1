//! The main cases of `tests/sql` in standard SQL, of a database that is not known: what stands
//! for all that no driver and no dialect of their own is there for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test binary")]
#![allow(dead_code, reason = "the cases that are not run here use it")]

#[path = "../sql/errors.rs"]
mod errors;
#[path = "../sql/filter.rs"]
mod filter;
#[path = "../sql/history.rs"]
mod history;
#[path = "../sql/hostile.rs"]
mod hostile;
#[path = "../../../../host/capability/sql/tests/mssql-server/named.rs"]
mod named;
#[path = "../sql/read.rs"]
mod read;
#[path = "../sql/target.rs"]
mod target;
mod way;
#[path = "../sql/write.rs"]
mod write;
