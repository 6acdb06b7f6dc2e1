//! Whatever is dropped, the pool stays healthy.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_capability::sql::{Failure, Pool, Request, Value};
use patchbay_capability_sql::PoolOptions;
use tokio::time::timeout;

use crate::bed::{Line, Target, failure, soon, targets, targets_of};
use crate::way;

/// Would take minutes before its first row; where nothing can be cancelled, a second or two.
fn endless(target: &Target) -> Request {
    if !way::CANCELS {
        let text = target.pick(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT count(*) FROM n",
            "SELECT pg_sleep(1)::text",
            "SELECT sleep(1)",
        );
        return Request::Query { text: text.into(), params: Vec::new() };
    }
    let text = target.choose(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000)
         SELECT count(*) FROM n",
        "SELECT pg_sleep(600)::text",
        "SELECT sleep(600)",
        "WAITFOR DELAY '00:10:00'; SELECT 1",
    );
    Request::Query { text: text.into(), params: Vec::new() }
}

/// A pool of one answers, and soon.
async fn check_healthy(target: &Target, pool: &Arc<dyn Pool>) {
    let start = Instant::now();
    let mut line = Line::open(pool).await;
    assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)), "{target:?}");
    assert!(start.elapsed() < Duration::from_secs(4), "{target:?}: it took {:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_dropped_in_the_middle() {
    for target in targets() {
        target.admin("CREATE TABLE t (a INTEGER)");
        let pool = target.pool(1);
        for in_transaction in [false, true, false] {
            let mut line = Line::open(&pool).await;
            if in_transaction {
                line.begin().await;
                line.execute("INSERT INTO t VALUES (1)", &[]).await.unwrap();
            }
            let cut = timeout(Duration::from_millis(100), line.run(endless(&target))).await;
            assert!(cut.is_err(), "{target:?}: {cut:?}");
            drop(line);
            check_healthy(&target, &pool).await;
            assert_eq!(target.admin("SELECT count(*) FROM t"), ["0"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_dropped_at_every_moment() {
    for target in targets() {
        target.admin("CREATE TABLE t (a INTEGER)");
        let pool = target.pool(1);
        for step in 0..60_u64 {
            let mut line = Line::open(&pool).await;
            let work = async {
                line.begin().await;
                for a in 0..20 {
                    line.execute("INSERT INTO t VALUES (?)", &[Value::Integer(a)]).await.unwrap();
                }
                line.all("SELECT a FROM t", &[]).await.unwrap();
                line.rollback().await;
            };
            // From before the first answer to after the last.
            let _ = timeout(Duration::from_micros(step * 200), work).await;
            drop(line);
            let mut line = Line::open(&pool).await;
            assert_eq!(line.one("SELECT count(*) FROM t", &[]).await, Ok(Value::Integer(0)), "{target:?} {step}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deadline_ends_a_call() {
    for target in targets() {
        let pool = target.pool(1);
        let mut line = Line::open(&pool).await;
        let start = Instant::now();
        let outcome = line.lease.run(endless(&target), start + Duration::from_millis(150)).await;
        assert_eq!(failure(outcome), Failure::Timeout, "{target:?}");
        assert!(start.elapsed() < Duration::from_secs(1), "{target:?}");
        // The connection is busy dying or recovering: this lease has had its day.
        assert_eq!(failure(line.one("SELECT 1", &[]).await), Failure::Unavailable, "{target:?}");
        drop(line);
        check_healthy(&target, &pool).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exhausted_pool_says_so_in_time() {
    for target in targets() {
        let pool = target.pool(1);
        let held = Line::open(&pool).await;
        let start = Instant::now();
        let outcome = pool.lease(start + Duration::from_millis(100)).await;
        assert_eq!(failure(outcome), Failure::Busy, "{target:?}");
        assert!(start.elapsed() < Duration::from_secs(1), "{target:?}");
        // Waiters are served once it is back.
        let waiting = tokio::spawn({
            let pool = pool.clone();
            async move { Line::open(&pool).await.one("SELECT 7", &[]).await }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(held);
        assert_eq!(waiting.await.unwrap(), Ok(Value::Integer(7)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_share_few() {
    for target in targets() {
        target.admin("CREATE TABLE t (a INTEGER)");
        let pool = target.pool(3);
        let tasks: Vec<_> = (0..40)
            .map(|a| {
                let pool = pool.clone();
                tokio::spawn(async move {
                    let mut line = Line::open(&pool).await;
                    line.begin().await;
                    line.execute("INSERT INTO t VALUES (?)", &[Value::Integer(a)]).await.unwrap();
                    // Some give up half way.
                    if a % 4 != 0 {
                        line.commit().await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(target.admin("SELECT count(*) FROM t"), ["30"], "{target:?}");
        assert!(target.sessions().is_none_or(|sessions| sessions == 3), "{target:?}: {:?}", target.sessions());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_are_closed_and_old_ones_replaced() {
    for target in targets_of(&[Target::postgres, Target::mariadb, Target::mssql]) {
        let options = PoolOptions {
            max: 2,
            idle_timeout: Duration::from_secs(1),
            validate_after: Duration::ZERO,
            ..PoolOptions::default()
        };
        let pool = target.pool_with(options);
        check_healthy(&target, &pool).await;
        // Validated and used again.
        check_healthy(&target, &pool).await;
        assert_eq!(target.sessions(), Some(1), "{target:?}");
        let gone = Instant::now() + Duration::from_secs(5);
        while target.sessions() != Some(0) {
            assert!(Instant::now() < gone, "{target:?}: an idle connection stays");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        check_healthy(&target, &pool).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_pool_waits_for_the_last_and_refuses_more() {
    for target in targets() {
        let pool = target.pool(2);
        let mut held = Line::open(&pool).await;
        drop(Line::open(&pool).await);
        let closing = tokio::spawn({
            let pool = pool.clone();
            async move { pool.close().await }
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!closing.is_finished(), "{target:?}");
        assert_eq!(failure(pool.lease(soon()).await), Failure::Unavailable, "{target:?}");
        assert_eq!(held.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
        drop(held);
        timeout(Duration::from_secs(5), closing).await.unwrap().unwrap();
    }
}
