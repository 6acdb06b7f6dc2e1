//! SQL drivers for [`patchbay_capability::sql`]: SQLite, PostgreSQL and SQL Server, each
//! behind the same bounded pool.
//!
//! Guest teardown never drops driver I/O (invariant 2). A SQLite connection lives on a
//! thread of its own, a connection of the others in a task of its own; a lease only
//! holds the near end of a channel. Whatever state a lease is dropped in, the pool brings
//! the connection back to rest (cancel, end the cursor, roll back) before the next lease
//! gets it, or throws it away.
//!
//! ```no_run
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
//! ```

#[cfg(feature = "mssql")]
pub mod mssql;
mod pool;
pub mod postgres;
pub mod sqlite;
mod temporal;
mod uuid;

#[cfg(feature = "mssql")]
pub use mssql::MssqlOptions;
pub use pool::PoolOptions;
pub use postgres::{PostgresOptions, TlsMode};
pub use sqlite::SqliteOptions;
