//! The way to a target: each through its ODBC driver.

use std::sync::Arc;

use patchbay_capability::sql::{Dialect, Pool, Value};
use patchbay_capability_sql::PoolOptions;
use patchbay_capability_sql::odbc::{self, OdbcOptions, OdbcWorker};
use patchbay_test_support::OdbcDriver;

use crate::bed::Target;

/// Whether it leads through ODBC, which some cases tell apart.
pub(crate) const ODBC: bool = true;

/// Whether what is under way can be ended at once: a process can, a thread cannot.
pub(crate) const CANCELS: bool = crate::PROCESS;

/// Whether SQL Server is among the targets: Debian has no driver of its maker's for it.
pub(crate) const MSSQL: bool = false;

/// A target as the table of cases has it.
pub(crate) fn name(target: &Target) -> &'static str {
    match target {
        Target::Sqlite(_) => "odbc-sqlite",
        Target::Postgres(_) => "odbc-postgres",
        Target::MariaDb(_) => "odbc-mariadb",
        Target::Mssql(_) => "odbc-mssql",
    }
}

/// What is read of a value that comes back from a column of this type: drivers tell types
/// apart less well than the databases' own.
pub(crate) fn seen(dialect: Dialect, column: &str, value: Value) -> Value {
    match (dialect, column, value) {
        (Dialect::Sqlite, _, Value::Decimal(text)) => Value::Text(text),
        (Dialect::Mysql, "BOOLEAN" | "TINYINT(1)", Value::Boolean(truth)) => Value::Integer(truth.into()),
        (Dialect::Sqlite, "JSON", Value::Json(text)) => Value::Text(text),
        (Dialect::Mysql, "BIT(12)", _) => Value::Bytes(vec![1, 2]),
        (Dialect::Postgres, "TIMETZ", _) => Value::Text("09:30:00+01".into()),
        // Types it does not know are text to it.
        (Dialect::Postgres, _, Value::Other(text) | Value::Json(text)) if !matches!(column, "DATE" | "TIMESTAMPTZ") => {
            Value::Text(text)
        }
        // The driver makes a day of it, or none.
        (Dialect::Postgres, "DATE", Value::Other(_)) => Value::Other("0000-00-00".into()),
        (Dialect::Postgres, "TIMESTAMPTZ", Value::Other(_)) => Value::Timestamp("9999-12-31T23:59:59".into()),
        // Any number but 0 is true.
        (Dialect::Sqlite, "BOOLEAN", Value::Integer(number)) => Value::Boolean(number != 0),
        // In UTC, which the session is in.
        (Dialect::Postgres | Dialect::Mysql, "TIMESTAMPTZ" | "TIMESTAMP(6)", Value::Timestamp(text)) => {
            Value::Timestamp(text.trim_end_matches('Z').to_owned())
        }
        (.., value) => value,
    }
}

pub(crate) fn options(target: &Target) -> OdbcOptions {
    let (url, password) = match target {
        Target::Sqlite(dir) => {
            let file = dir.path().join("test.db");
            // The driver is told not to make one.
            std::fs::OpenOptions::new().create(true).append(true).open(&file).unwrap();
            (OdbcDriver::Sqlite.file_url(&file), None)
        }
        Target::Postgres(_) => {
            let own = target.postgres_options();
            (OdbcDriver::Postgres.server_url(own.hosts[0].1, &own.database, &own.user), own.password)
        }
        Target::MariaDb(_) => {
            let own = target.mysql_options();
            (OdbcDriver::MariaDb.server_url(own.hosts[0].1, &own.database, &own.user), own.password)
        }
        Target::Mssql(_) => panic!("SQL Server is not among the targets"),
    };
    let mut options = OdbcOptions::from_url(&url.unwrap()).unwrap();
    options.password = password;
    options.worker = crate::PROCESS
        .then(|| OdbcWorker { program: env!("CARGO_BIN_EXE_patchbay-odbc-worker").into(), arguments: Vec::new() });
    options
}

pub(crate) fn pool(target: &Target, sizes: PoolOptions) -> Arc<dyn Pool> {
    odbc::pool(options(target), sizes).unwrap()
}
