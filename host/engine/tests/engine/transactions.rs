//! Guests that end in the middle of a transaction, on a real database behind a pool of
//! one connection: nothing is left behind, and the connection is good again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_capability::sql::Pool;
use patchbay_capability_sql::{PoolOptions, SqliteOptions, sqlite};
use patchbay_contract::{Attribute, Connector as _, Error, ErrorKind, Value, WriteResult};
use patchbay_engine::{App, Limits};
use tempfile::TempDir;

use crate::support::{app_with, beside_a_sibling, check, ctx, within};

/// A database file with an empty table, and a pool of one connection to it.
struct Target {
    _directory: TempDir,
    path: PathBuf,
    pool: Arc<dyn Pool>,
}

impl Target {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("app.db");
        rusqlite::Connection::open(&path)
            .and_then(|database| {
                database.execute_batch("CREATE TABLE person (id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE)")
            })
            .unwrap();
        let one = PoolOptions { max: 1, ..PoolOptions::default() };
        let pool = sqlite::pool(SqliteOptions::new(&path), one);
        Self { _directory: directory, path, pool }
    }

    fn app(&self, habit: &str) -> App {
        let limits = Limits { cpu: Duration::from_millis(300), ..Limits::default() };
        app_with(habit, limits, Some(Arc::clone(&self.pool)))
    }
}

/// What another program sees in the table.
fn logins(path: &Path) -> Vec<String> {
    let database = rusqlite::Connection::open(path).unwrap();
    let mut select = database.prepare("SELECT login FROM person ORDER BY login").unwrap();
    select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

async fn create(app: &App, login: &str) -> Result<WriteResult, Error> {
    let login = Attribute { name: "login".to_owned(), values: vec![Value::Text(login.to_owned())] };
    app.create(&ctx("r"), "person", vec![login]).await
}

/// The pool's only connection serves the next request, promptly, and only that is seen.
async fn healthy(target: &Target) {
    assert_eq!(logins(&target.path), Vec::<String>::new(), "nothing is left behind");
    let started = Instant::now();
    create(&target.app("obedient"), "next").await.expect("the connection is good again");
    assert!(started.elapsed() < Duration::from_secs(2), "it took {:?}", started.elapsed());
    assert_eq!(logins(&target.path), ["next"]);
}

#[tokio::test]
async fn a_trap_rolls_back() {
    let target = Target::new();
    let app = target.app("trap-in-transaction");
    let error = beside_a_sibling(create(&app, "ghost")).await.unwrap_err();
    check(&error, ErrorKind::Internal, "guest.trap", "the connector failed");
    healthy(&target).await;
}

#[tokio::test]
async fn running_out_of_cpu_rolls_back() {
    let target = Target::new();
    let app = target.app("spin-in-transaction");
    let error = beside_a_sibling(create(&app, "ghost")).await.unwrap_err();
    check(&error, ErrorKind::Internal, "guest.cpu", "the connector took too much time");
    healthy(&target).await;
}

#[tokio::test]
async fn the_deadline_rolls_back() {
    let target = Target::new();
    let app = target.app("spin-in-transaction");
    let login = Attribute { name: "login".to_owned(), values: vec![Value::Text("ghost".to_owned())] };
    let call = within("r", Duration::from_millis(150));
    let error = beside_a_sibling(app.create(&call, "person", vec![login])).await.unwrap_err();
    check(&error, ErrorKind::Timeout, "deadline", "the operation took too long");
    healthy(&target).await;
}

#[tokio::test]
async fn a_client_that_hangs_up_rolls_back() {
    let target = Target::new();
    let app = target.app("spin-in-transaction");
    let call = async {
        tokio::time::timeout(Duration::from_millis(150), create(&app, "ghost")).await.expect_err("the client is gone");
    };
    beside_a_sibling(call).await;
    healthy(&target).await;
}

#[tokio::test]
async fn a_commit_stays() {
    let target = Target::new();
    let app = target.app("obedient");
    create(&app, "ada").await.unwrap();
    create(&app, "bob").await.unwrap();
    let error = create(&app, "ada").await.unwrap_err();
    assert_eq!(error.message, "Failure::UniqueViolation");
    assert_eq!(logins(&target.path), ["ada", "bob"]);
}
