//! A fresh database on the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use patchbay_capability::sql::{Pool, Value};
use patchbay_capability_sql::{MssqlOptions, PoolOptions, mssql};

use crate::line::Line;

/// Names the server.
pub(crate) const VARIABLE: &str = "PATCHBAY_TEST_MSSQL_URL";

/// A fresh, empty database, which tells upper from lower case. It is dropped with this.
pub(crate) struct Bed {
    name: String,
}

/// Options for the database in the variable.
fn main_options() -> MssqlOptions {
    let url = std::env::var(VARIABLE).expect("a server is named");
    MssqlOptions::from_url(&url).unwrap_or_else(|error| panic!("{VARIABLE}: {error}"))
}

async fn run(options: MssqlOptions, statements: &[&str]) {
    let pool = mssql::pool(options, PoolOptions { max: 1, ..PoolOptions::default() }).unwrap();
    let mut line = Line::open(&pool).await;
    for statement in statements {
        line.execute(statement, &[]).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
    drop(line);
    pool.close().await;
}

impl Bed {
    pub(crate) async fn fresh() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("patchbay_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let create = format!("CREATE DATABASE [{name}] COLLATE Latin1_General_100_CS_AS");
        run(main_options(), &[&create]).await;
        Self { name }
    }

    pub(crate) fn options(&self) -> MssqlOptions {
        MssqlOptions { database: self.name.clone(), ..main_options() }
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
    pub(crate) async fn admin(&self, statements: &[&str]) {
        run(self.options(), statements).await;
    }

    /// The first column of a query from outside, as text.
    pub(crate) async fn ask(&self, query: &str) -> Vec<String> {
        let rows = self.line().await.all(query, &[]).await.unwrap();
        rows.iter()
            .map(|row| match &row[0] {
                Value::Integer(number) => number.to_string(),
                Value::Text(text) => text.clone(),
                other => panic!("{other:?}"),
            })
            .collect()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let name = self.name.clone();
        // Dropping cannot wait; a thread with a runtime of its own can.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let alone = format!("ALTER DATABASE [{name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE");
            let drop = format!("DROP DATABASE [{name}]");
            runtime.block_on(run(main_options(), &[&alone, &drop]));
        });
        assert!(dropped.join().is_ok() || std::thread::panicking(), "a database of the tests is left behind");
    }
}
