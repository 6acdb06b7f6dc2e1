//! The way to a target: each by its own driver.

use std::sync::Arc;

use patchbay_capability::sql::{Dialect, Pool, Value};
use patchbay_capability_sql::{PoolOptions, SqliteOptions, mssql, mysql, postgres, sqlite};

use crate::bed::Target;

/// Whether it leads through ODBC, which some cases tell apart.
pub(crate) const ODBC: bool = false;

/// Whether what is under way can be ended at once.
pub(crate) const CANCELS: bool = true;

/// Whether SQL Server is among the targets, where the environment names one.
pub(crate) const MSSQL: bool = true;

/// A target as the table of cases has it.
pub(crate) fn name(target: &Target) -> &'static str {
    match target {
        Target::Sqlite(_) => "sqlite",
        Target::Postgres(_) => "postgres",
        Target::MariaDb(_) => "mariadb",
        Target::Mssql(_) => "mssql",
    }
}

/// What is read of a value that comes back from a column of this type.
pub(crate) fn seen(_: Dialect, _column: &str, value: Value) -> Value {
    value
}

pub(crate) fn pool(target: &Target, options: PoolOptions) -> Arc<dyn Pool> {
    match target {
        Target::Sqlite(dir) => {
            let file = SqliteOptions { create: true, ..SqliteOptions::new(dir.path().join("test.db")) };
            sqlite::pool(file, options)
        }
        Target::Postgres(_) => postgres::pool(target.postgres_options(), options).unwrap(),
        Target::MariaDb(_) => mysql::pool(target.mysql_options(), options).unwrap(),
        Target::Mssql(_) => mssql::pool(target.mssql_options(), options).unwrap(),
    }
}
