//! A fresh database on the server.

use std::sync::Arc;

use patchbay_capability::sql::Pool;
use patchbay_capability_sql::{MssqlOptions, PoolOptions, mssql};

use crate::line::Line;
use crate::named::{Database, Readers};

/// A fresh, empty database, which tells upper from lower case, and in which readers wait for
/// writers, as on most servers. It is dropped with this.
pub(crate) struct Bed(Database);

impl Bed {
    pub(crate) fn fresh() -> Self {
        Self(Database::fresh(Readers::Wait))
    }

    pub(crate) fn options(&self) -> MssqlOptions {
        self.0.options()
    }

    pub(crate) fn pool_with(&self, options: PoolOptions) -> Arc<dyn Pool> {
        mssql::pool(self.options(), options).unwrap()
    }

    /// A pool of at most `max` connections.
    pub(crate) fn pool(&self, max: usize) -> Arc<dyn Pool> {
        self.pool_with(PoolOptions { max, ..PoolOptions::default() })
    }

    /// A connection of a pool of its own.
    pub(crate) async fn line(&self) -> Line {
        Line::open(&self.pool(1)).await
    }

    /// Runs statements from outside, each in a batch of its own.
    pub(crate) fn admin(&self, statements: &[&str]) {
        statements.iter().for_each(|statement| self.0.script(statement));
    }

    /// The first column of a query from outside, as text.
    pub(crate) fn ask(&self, query: &str) -> Vec<String> {
        let first = |row: Vec<Option<String>>| row.into_iter().next().flatten().unwrap_or_default();
        self.0.rows(query).into_iter().map(first).collect()
    }
}
