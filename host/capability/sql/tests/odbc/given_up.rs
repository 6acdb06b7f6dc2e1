//! Statements that nobody waits for any more, in a driver that cannot be told.

use std::time::{Duration, Instant};

use patchbay_capability::sql::{Failure, Request, Value};
use patchbay_capability_sql::PoolOptions;

use crate::bed::{Line, Target, failure, soon};

fn query(text: &str) -> Request {
    Request::Query { text: text.into(), params: Vec::new() }
}

/// Small and impatient.
fn sizes() -> PoolOptions {
    PoolOptions { max: 1, grace: Duration::from_millis(300), ..PoolOptions::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_told_how_long_a_statement_may_take() {
    let target = Target::postgres();
    let pool = target.pool_with(sizes());
    let mut line = Line::open(&pool).await;
    let start = Instant::now();
    let outcome = line.lease.run(query("SELECT pg_sleep(600)::text"), start + Duration::from_millis(300)).await;
    assert_eq!(failure(outcome), Failure::Timeout);
    drop(line);
    // The connection was given up, and is not waited for.
    assert_eq!(Line::open(&pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    assert!(start.elapsed() < Duration::from_secs(2), "it took {:?}", start.elapsed());
    // The server ends the statement, the driver comes back, and the thread ends.
    while target.admin(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND state = 'active' \
                        AND pid <> pg_backend_pid()",
    ) != ["0"]
    {
        assert!(start.elapsed() < Duration::from_secs(10), "the statement goes on");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_that_do_not_come_back_are_counted() {
    let target = Target::sqlite();
    let pool = target.pool_with(sizes());
    // Seconds, in a driver that cannot be told to stop.
    let long =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000000) SELECT max(i) FROM n";
    let start = Instant::now();
    for _ in 0..2 {
        let mut line = Line::open(&pool).await;
        let outcome = line.lease.run(query(long), Instant::now() + Duration::from_millis(100)).await;
        assert_eq!(failure(outcome), Failure::Timeout);
    }
    let error = pool.lease(soon()).await.unwrap_err();
    assert_eq!(error.failure, Failure::Unavailable);
    assert!(error.message.contains("has not come back"), "{error}");
    // They do come back, and then there is room again.
    loop {
        if let Ok(lease) = pool.lease(soon()).await {
            drop(lease);
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "a thread does not end");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(Line::open(&pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_waits_does_not_hold_up_the_others() {
    for target in [Target::postgres(), Target::mariadb()] {
        let pool = target.pool(2);
        let (mut slow, mut quick) = (Line::open(&pool).await, Line::open(&pool).await);
        let text = target.pick("", "SELECT pg_sleep(2)::text", "SELECT sleep(2)").to_owned();
        let waiting = tokio::spawn(async move { slow.run(query(&text)).await.map(drop) });
        tokio::time::sleep(Duration::from_millis(100)).await;
        let start = Instant::now();
        assert_eq!(quick.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
        assert!(start.elapsed() < Duration::from_secs(1), "{target:?}: it took {:?}", start.elapsed());
        assert_eq!(waiting.await.unwrap(), Ok(()), "{target:?}");
    }
}
