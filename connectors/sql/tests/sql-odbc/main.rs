//! The cases of `tests/sql` with each database behind its ODBC driver.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test binary")]
#![allow(dead_code, reason = "the cases of change feeds, which are not run here, use it")]

#[path = "../sql/account.rs"]
mod account;
#[path = "../sql/collation.rs"]
mod collation;
#[path = "../sql/entity.rs"]
mod entity;
#[path = "../sql/errors.rs"]
mod errors;
#[path = "../sql/filter.rs"]
mod filter;
#[path = "../sql/history.rs"]
mod history;
#[path = "../sql/hostile.rs"]
mod hostile;
#[path = "../sql/mysql.rs"]
mod mysql;
#[path = "../../../../host/capability/sql/tests/mssql-server/named.rs"]
mod named;
#[path = "../sql/operations.rs"]
mod operations;
#[path = "../sql/plan.rs"]
mod plan;
#[path = "../sql/postgres.rs"]
mod postgres;
#[path = "../sql/read.rs"]
mod read;
#[path = "../sql/target.rs"]
mod target;
#[path = "../sql/together.rs"]
mod together;
mod way;
#[path = "../sql/write.rs"]
mod write;
