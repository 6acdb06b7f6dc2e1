//! Targets that are not there, and come back.

use std::time::{Duration, Instant};

use patchbay_capability::sql::{Failure, Value};
use patchbay_capability_sql::{
    MysqlOptions, PoolOptions, PostgresOptions, SqliteOptions, TlsMode, mysql, postgres, sqlite,
};
use patchbay_test_support::{MariaDb, Postgres};

use crate::bed::{Line, Target, failure, soon};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_and_comes_back() {
    let mut server = tokio::task::spawn_blocking(|| Postgres::start().unwrap()).await.unwrap();
    let mut options = PostgresOptions::from_url(&server.url("postgres")).unwrap();
    options.password = Some(server.password().to_owned());
    let pool = postgres::pool(options, PoolOptions { max: 1, ..PoolOptions::default() }).unwrap();
    let mut line = Line::open(&pool).await;
    line.begin().await;
    server.kill();
    // Cut off in a transaction, then without a server.
    assert_eq!(failure(line.one("SELECT 1", &[]).await), Failure::Unavailable);
    drop(line);
    let start = Instant::now();
    assert_eq!(failure(pool.lease(soon()).await), Failure::Unavailable);
    assert!(start.elapsed() < Duration::from_secs(6), "it took {:?}", start.elapsed());
    server.resume().unwrap();
    assert_eq!(Line::open(&pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    // Idle while the server restarts: the dead connection is not handed out.
    server.kill();
    server.resume().unwrap();
    assert_eq!(Line::open(&pool).await.one("SELECT 8", &[]).await, Ok(Value::Integer(8)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mariadb_that_dies_and_comes_back() {
    let mut server = tokio::task::spawn_blocking(|| MariaDb::start().unwrap()).await.unwrap();
    let mut options = MysqlOptions::from_url(&server.url("mysql")).unwrap();
    options.password = Some(server.password().to_owned());
    // A host that is not there is passed over.
    options.hosts.insert(0, ("127.0.0.1".into(), 1));
    let sizes = PoolOptions { max: 1, validate_after: Duration::ZERO, ..PoolOptions::default() };
    let pool = mysql::pool(options, sizes).unwrap();
    let mut line = Line::open(&pool).await;
    line.begin().await;
    server.kill();
    assert_eq!(failure(line.one("SELECT 1", &[]).await), Failure::Unavailable);
    drop(line);
    let start = Instant::now();
    assert_eq!(failure(pool.lease(soon()).await), Failure::Unavailable);
    assert!(start.elapsed() < Duration::from_secs(6), "it took {:?}", start.elapsed());
    server.resume().unwrap();
    assert_eq!(Line::open(&pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    // Idle while the server restarts: the dead connection is not handed out.
    server.kill();
    server.resume().unwrap();
    assert_eq!(Line::open(&pool).await.one("SELECT 8", &[]).await, Ok(Value::Integer(8)));
}

#[tokio::test]
async fn a_wrong_password_of_mariadb_is_refused_and_not_shown() {
    let mut options = Target::mariadb().mysql_options();
    options.password = Some("hunter2-hunter2".into());
    let pool = mysql::pool(options, PoolOptions::default()).unwrap();
    assert!(!format!("{pool:?}").contains("hunter2"));
    let error = pool.lease(soon()).await.unwrap_err();
    assert_eq!((error.failure, error.sqlstate.as_deref()), (Failure::PermissionDenied, Some("28000")));
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn no_mariadb_listens_or_no_such_database() {
    let mut nowhere = MysqlOptions::new("127.0.0.1", "me", "db");
    nowhere.hosts = vec![("127.0.0.1".into(), 1)];
    nowhere.tls = TlsMode::Disable;
    let mut missing = Target::mariadb().mysql_options();
    missing.database = "nope".into();
    // The server of the tests speaks no TLS: being refused beats going on in plain text.
    let mut encrypted = Target::mariadb().mysql_options();
    encrypted.tls = TlsMode::VerifyFull;
    for options in [nowhere, missing, encrypted] {
        let pool = mysql::pool(options, PoolOptions::default()).unwrap();
        assert_eq!(failure(pool.lease(soon()).await), Failure::Unavailable);
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_shown() {
    let mut options = Target::postgres().postgres_options();
    options.password = Some("hunter2-hunter2".into());
    let pool = postgres::pool(options, PoolOptions::default()).unwrap();
    assert!(!format!("{pool:?}").contains("hunter2"));
    let error = pool.lease(soon()).await.unwrap_err();
    assert_eq!((error.failure, error.sqlstate.as_deref()), (Failure::PermissionDenied, Some("28P01")));
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn nobody_listens_or_no_such_database() {
    let mut nowhere = PostgresOptions::new("127.0.0.1", "me", "db");
    nowhere.hosts = vec![("127.0.0.1".into(), 1)];
    nowhere.tls = TlsMode::Disable;
    let mut missing = Target::postgres().postgres_options();
    missing.database = "nope".into();
    // The server of the tests speaks no TLS: being refused beats going on in plain text.
    let mut encrypted = Target::postgres().postgres_options();
    encrypted.tls = TlsMode::VerifyFull;
    for options in [nowhere, missing, encrypted] {
        let pool = postgres::pool(options, PoolOptions::default()).unwrap();
        assert_eq!(failure(pool.lease(soon()).await), Failure::Unavailable);
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_or_no_database() {
    let dir = tempfile::tempdir().unwrap();
    let garbage = dir.path().join("garbage.db");
    std::fs::write(&garbage, "this is no database, however long one looks at it".repeat(100)).unwrap();
    let missing = dir.path().join("missing.db");
    for path in [&garbage, &missing, &dir.path().join("no/such/dir.db")] {
        let pool = sqlite::pool(SqliteOptions::new(path), PoolOptions::default());
        assert_eq!(failure(pool.lease(soon()).await), Failure::Unavailable, "{}", path.display());
    }
    assert!(!missing.exists(), "a mistyped path made a file");
}
