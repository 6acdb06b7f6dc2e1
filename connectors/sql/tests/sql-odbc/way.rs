//! The way to a database: each through its ODBC driver.

use std::path::Path;
use std::sync::Arc;

use patchbay_capability::sql::Pool;
use patchbay_capability_sql::{OdbcOptions, PoolOptions};
use patchbay_test_support::{MariaDb, OdbcDriver, Postgres};

use crate::named::Database;
use crate::target::Kind;

/// The databases. SQL Server is not among them: there is no driver of Debian's for it that could
/// be installed with the others.
pub(crate) const KINDS: [Kind; 3] = [Kind::Sqlite, Kind::Postgres, Kind::MariaDb];

/// Those whose procedures can be called.
pub(crate) fn procedures() -> Vec<Kind> {
    Kind::of(&[Kind::Postgres, Kind::MariaDb])
}

/// A kind of database as the table of cases has it.
pub(crate) fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "odbc-sqlite",
        Kind::Postgres => "odbc-postgres",
        Kind::MariaDb => "odbc-mariadb",
        Kind::Mssql => "odbc-mssql",
    }
}

fn pool(url: &str, password: Option<&str>) -> Arc<dyn Pool> {
    let mut options = OdbcOptions::from_url(url).unwrap();
    options.password = password.map(str::to_owned);
    patchbay_capability_sql::odbc::pool(options, PoolOptions::default()).unwrap()
}

pub(crate) fn sqlite(path: &Path) -> Arc<dyn Pool> {
    pool(&OdbcDriver::Sqlite.file_url(path).unwrap(), None)
}

pub(crate) fn postgres(server: &Postgres, database: &str) -> Arc<dyn Pool> {
    let url = OdbcDriver::Postgres.server_url(server.port(), database, server.user()).unwrap();
    pool(&url, Some(server.password()))
}

pub(crate) fn mariadb(server: &MariaDb, database: &str) -> Arc<dyn Pool> {
    let url = OdbcDriver::MariaDb.server_url(server.port(), database, server.user()).unwrap();
    pool(&url, Some(server.password()))
}

pub(crate) fn mssql(_: &Database) -> Arc<dyn Pool> {
    panic!("SQL Server is not among the databases")
}
