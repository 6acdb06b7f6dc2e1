//! The way to a database: PostgreSQL behind its ODBC driver, taken for one that is not known.

use std::path::Path;
use std::sync::Arc;

use patchbay_capability::sql::{Dialect, Pool};
use patchbay_capability_sql::{OdbcOptions, PoolOptions};
use patchbay_test_support::{MariaDb, OdbcDriver, Postgres};

use crate::named::Database;
use crate::target::Kind;

/// The databases. SQLite has no standard words for a page, MariaDB and SQL Server quote names
/// in ways of their own.
pub(crate) const KINDS: [Kind; 1] = [Kind::Postgres];

/// A kind of database as the table of cases has it.
pub(crate) fn name(_: Kind) -> &'static str {
    "odbc-ansi"
}

pub(crate) fn postgres(server: &Postgres, database: &str) -> Arc<dyn Pool> {
    let url = OdbcDriver::Postgres.server_url(server.port(), database, server.user()).unwrap();
    // Truth values are of a type of their own, and not text of five characters.
    let mut options = OdbcOptions::from_url(&format!("{url};BoolsAsChar=0")).unwrap();
    options.dialect = Some(Dialect::Ansi);
    options.password = Some(server.password().to_owned());
    patchbay_capability_sql::odbc::pool(options, PoolOptions::default()).unwrap()
}

pub(crate) fn sqlite(_: &Path) -> Arc<dyn Pool> {
    panic!("SQLite is not among the databases")
}

pub(crate) fn mariadb(_: &MariaDb, _: &str) -> Arc<dyn Pool> {
    panic!("MariaDB is not among the databases")
}

pub(crate) fn mssql(_: &Database) -> Arc<dyn Pool> {
    panic!("SQL Server is not among the databases")
}
