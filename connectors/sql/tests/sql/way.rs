//! The way to a database: each by its own driver.

use std::path::Path;
use std::sync::Arc;

use patchbay_capability::sql::Pool;
use patchbay_capability_sql::{MysqlOptions, PoolOptions, PostgresOptions, SqliteOptions};
use patchbay_test_support::{MariaDb, Postgres};

use crate::named::Database;
use crate::target::Kind;

/// The databases; SQL Server where the environment names one.
pub(crate) const KINDS: [Kind; 4] = [Kind::Sqlite, Kind::Postgres, Kind::MariaDb, Kind::Mssql];

/// Those whose procedures can be called.
pub(crate) fn procedures() -> Vec<Kind> {
    Kind::of(&[Kind::Postgres, Kind::MariaDb, Kind::Mssql])
}

/// A kind of database as the table of cases has it.
pub(crate) fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "sqlite",
        Kind::Postgres => "postgres",
        Kind::MariaDb => "mariadb",
        Kind::Mssql => "mssql",
    }
}

pub(crate) fn sqlite(path: &Path) -> Arc<dyn Pool> {
    patchbay_capability_sql::sqlite::pool(SqliteOptions::new(path), PoolOptions::default())
}

pub(crate) fn postgres(server: &Postgres, database: &str) -> Arc<dyn Pool> {
    let mut options = PostgresOptions::from_url(&server.url(database)).unwrap();
    options.password = Some(server.password().into());
    patchbay_capability_sql::postgres::pool(options, PoolOptions::default()).unwrap()
}

pub(crate) fn mariadb(server: &MariaDb, database: &str) -> Arc<dyn Pool> {
    let mut options = MysqlOptions::from_url(&server.url(database)).unwrap();
    options.password = Some(server.password().into());
    patchbay_capability_sql::mysql::pool(options, PoolOptions::default()).unwrap()
}

pub(crate) fn mssql(database: &Database) -> Arc<dyn Pool> {
    patchbay_capability_sql::mssql::pool(database.options(), PoolOptions::default()).unwrap()
}
