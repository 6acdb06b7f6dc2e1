//! Who waits for a lock or for a connection does so for a while, and not with too many
//! others.

use std::time::{Duration, Instant};

use patchbay_capability::sql::{Error, Failure, Request, Value};
use patchbay_capability_sql::{PoolOptions, SqliteOptions, mssql, mysql, postgres, sqlite};

use crate::bed::{Line, Target, failure, soon, targets, targets_of};

const SCHEMA: &str = "CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY, b INTEGER); INSERT INTO t VALUES (1, 0)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_is_waited_for_so_long_and_no_longer() {
    for target in targets() {
        target.admin(SCHEMA);
        let wait = Duration::from_secs(1);
        let sizes = PoolOptions { max: 2, ..PoolOptions::default() };
        let pool = match &target {
            Target::Sqlite(dir) => {
                let file = SqliteOptions { busy_timeout: wait, ..SqliteOptions::new(dir.path().join("test.db")) };
                sqlite::pool(file, sizes)
            }
            Target::Postgres(_) => {
                let mut options = target.postgres_options();
                options.lock_timeout = wait;
                postgres::pool(options, sizes).unwrap()
            }
            Target::MariaDb(_) => {
                let mut options = target.mysql_options();
                options.lock_timeout = wait;
                mysql::pool(options, sizes).unwrap()
            }
            Target::Mssql(_) => {
                let mut options = target.mssql_options();
                options.lock_timeout = wait;
                mssql::pool(options, sizes).unwrap()
            }
        };
        let (mut first, mut second) = (Line::open(&pool).await, Line::open(&pool).await);
        first.begin().await;
        first.execute("UPDATE t SET b = 1", &[]).await.unwrap();
        let start = Instant::now();
        let waited = second.execute("UPDATE t SET b = 2", &[]).await;
        assert_eq!(failure(waited), Failure::Busy, "{target:?}");
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(900) && took < Duration::from_secs(5), "{target:?}: {took:?}");
        first.commit().await.unwrap();
        // Neither is the worse for it.
        assert_eq!(second.execute("UPDATE t SET b = 2", &[]).await, Ok(1), "{target:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_being_changed_is_not_waited_for_without_end() {
    let target = Target::mariadb();
    target.admin(SCHEMA);
    let mut options = target.mysql_options();
    options.lock_timeout = Duration::from_secs(1);
    let pool = mysql::pool(options, PoolOptions { max: 2, ..PoolOptions::default() }).unwrap();
    let (mut first, mut second) = (Line::open(&pool).await, Line::open(&pool).await);
    first.execute("LOCK TABLES t WRITE", &[]).await.unwrap();
    assert_eq!(failure(second.execute("UPDATE t SET b = 2", &[]).await), Failure::Busy);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_has_its_time() {
    for target in targets() {
        let sizes = PoolOptions { max: 1, request_timeout: Some(Duration::from_millis(300)), ..PoolOptions::default() };
        let pool = target.pool_with(sizes);
        let endless = target.choose(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000)
             SELECT count(*) FROM n",
            "SELECT pg_sleep(600)::text",
            "SELECT sleep(600)",
            "WAITFOR DELAY '00:10:00'; SELECT 1",
        );
        let start = Instant::now();
        let mut line = Line::open(&pool).await;
        let request = Request::Query { text: endless.into(), params: Vec::new() };
        let outcome: Result<_, Error> = line.run(request).await;
        assert_eq!(failure(outcome), Failure::Timeout, "{target:?}");
        drop(line);
        assert_eq!(Line::open(&pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
        assert!(start.elapsed() < Duration::from_secs(5), "{target:?}: {:?}", start.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_so_many_wait_for_a_connection_and_only_so_long() {
    let target = Target::sqlite();
    let sizes =
        PoolOptions { max: 1, max_waiting: 2, wait_timeout: Duration::from_millis(400), ..PoolOptions::default() };
    let pool = target.pool_with(sizes);
    let held = Line::open(&pool).await;
    let start = Instant::now();
    let waiting: Vec<_> = (0..6)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let failed = pool.lease(soon()).await.unwrap_err();
                (failed.failure, failed.message, Instant::now())
            })
        })
        .collect();
    let mut at_once = 0;
    for task in waiting {
        let (failure, message, when) = task.await.unwrap();
        assert_eq!(failure, Failure::Busy, "{message}");
        let took = when - start;
        match message.as_str() {
            "too many others wait for a connection" => {
                at_once += 1;
                assert!(took < Duration::from_millis(300), "{took:?}");
            }
            _ => assert!(took >= Duration::from_millis(350) && took < Duration::from_secs(3), "{took:?}"),
        }
    }
    assert_eq!(at_once, 4);
    drop(held);
    assert_eq!(Line::open(&pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_dead_connection_casts_doubt_on_the_idle_ones() {
    for target in targets_of(&[Target::postgres, Target::mariadb, Target::mssql]) {
        let sizes = PoolOptions { max: 3, validate_after: Duration::from_secs(600), ..PoolOptions::default() };
        let pool = target.pool_with(sizes);
        let mut lines = [Line::open(&pool).await, Line::open(&pool).await, Line::open(&pool).await];
        let id = target.session_number();
        let mut ids = Vec::new();
        for line in &mut lines {
            let Value::Integer(number) = line.one(id, &[]).await.unwrap() else { panic!("no number") };
            ids.push(number);
        }
        let [mut used, ..] = lines;
        for id in ids {
            target.end_session(id);
        }
        assert_eq!(failure(used.one("SELECT 1", &[]).await), Failure::Unavailable, "{target:?}");
        drop(used);
        // Used a moment ago, so that nobody would have asked them.
        for _ in 0..3 {
            assert_eq!(Line::open(&pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)), "{target:?}");
        }
    }
}
