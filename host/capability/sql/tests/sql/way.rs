//! The way to a target: each by its own driver.

use std::sync::Arc;

use patchbay_capability::sql::{Dialect, Pool, Value};
use patchbay_capability_sql::{PoolOptions, SqliteOptions, mysql, postgres, sqlite};

use crate::bed::Target;

/// Whether it leads through ODBC, which some cases tell apart.
pub(crate) const ODBC: bool = false;

/// Whether what is under way can be ended at once.
pub(crate) const CANCELS: bool = true;

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
    }
}
