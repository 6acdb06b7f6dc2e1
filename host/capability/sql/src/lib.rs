//! SQL drivers for [`patchbay_capability::sql`], each a feature of this crate: `sqlite`,
//! `postgres`, `mysql` (with MariaDB) and `mssql` (SQL Server), which are on by default, and
//! `odbc` for whatever has a driver of that kind, which is not. All are behind the same
//! bounded pool.
//!
//! Guest teardown never drops driver I/O (invariant 2). A SQLite or ODBC connection lives
//! on a thread of its own, a PostgreSQL connection's socket and a whole MySQL or SQL Server
//! connection in a task of its own; a lease only holds the near end of a channel. Whatever
//! state a lease is dropped in, the pool brings
//! the connection back to rest (cancel, end the cursor, roll back) before the next lease
//! gets it, or throws it away.
//!
//! ```no_run
//! # #[cfg(all(feature = "postgres", feature = "sqlite"))] mod example {
//! use std::sync::Arc;
//! use patchbay_capability::sql::Pool;
//! use patchbay_capability_sql::{PoolOptions, PostgresOptions, SqliteOptions, postgres, sqlite};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let local: Arc<dyn Pool> = sqlite::pool(SqliteOptions::new("app.db"), PoolOptions::default());
//! let mut options = PostgresOptions::from_url("postgres://patchbay@db.corp/helpdesk")?;
//! options.password = Some("from a secret store".into());
//! let remote: Arc<dyn Pool> = postgres::pool(options, PoolOptions::default())?;
//! # Ok(())
//! # }
//! # }
//! ```

#![cfg_attr(
    not(all(feature = "mssql", feature = "mysql", feature = "postgres", feature = "sqlite")),
    allow(dead_code, reason = "helpers that several drivers share")
)]

mod certificates;
mod constraints;
#[cfg(feature = "mssql")]
pub mod mssql;
#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "odbc")]
pub mod odbc;
mod pool;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod temporal;
#[cfg(any(feature = "sqlite", feature = "odbc"))]
mod thread;
mod url;
mod uuid;

#[cfg(feature = "mssql")]
pub use mssql::MssqlOptions;
#[cfg(feature = "mysql")]
pub use mysql::MysqlOptions;
#[cfg(feature = "odbc")]
pub use odbc::OdbcOptions;
pub use patchbay_pool::{PasswordSource, PoolOptions};
#[cfg(feature = "postgres")]
pub use postgres::PostgresOptions;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteOptions;
pub use url::{OptionsError, TlsMode};
