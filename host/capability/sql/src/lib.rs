//! SQL drivers for [`patchbay_capability::sql`]: SQLite, PostgreSQL, MySQL with MariaDB
//! (feature `mysql`) and SQL Server (feature `mssql`, both on by default), each behind the
//! same bounded pool.
//!
//! Guest teardown never drops driver I/O (invariant 2). A SQLite connection lives on a
//! thread of its own, a PostgreSQL connection's socket and a whole MySQL or SQL Server
//! connection in a task of its own; a lease only holds the near end of a channel. Whatever
//! state a lease is dropped in, the pool brings
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

mod certificates;
mod constraints;
#[cfg(feature = "mssql")]
pub mod mssql;
#[cfg(feature = "mysql")]
pub mod mysql;
mod password;
mod pool;
pub mod postgres;
mod reach;
pub mod sqlite;
mod temporal;
mod url;
mod uuid;

#[cfg(feature = "mssql")]
pub use mssql::MssqlOptions;
#[cfg(feature = "mysql")]
pub use mysql::MysqlOptions;
pub use password::PasswordSource;
pub use pool::PoolOptions;
pub use postgres::PostgresOptions;
pub use sqlite::SqliteOptions;
pub use url::{OptionsError, TlsMode};
