//! Real targets for tests and the demo, started on this machine and gone afterwards.
//!
//! Synchronous and light on dependencies, so that a test binary, xtask and the demo can
//! all use it.

mod debian;
mod machine;
mod mariadb;
pub mod matrix;
mod odbc;
mod postgres;

pub use debian::package_file;
pub use mariadb::MariaDb;
pub use odbc::OdbcDriver;
pub use postgres::{Postgres, find_binary};
