//! Whatever is dropped, the pool stays healthy.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_capability::sql::{Failure, Pool, Request, Value};
use tokio::time::timeout;

use crate::bed::Bed;
use crate::line::{Line, failure, soon};

/// Takes ten minutes.
fn endless() -> Request {
    Request::Query { text: "WAITFOR DELAY '00:10:00'; SELECT 1".into(), params: Vec::new() }
}

/// A pool of one answers, and soon.
async fn check_healthy(pool: &Arc<dyn Pool>) {
    let start = Instant::now();
    assert_eq!(Line::open(pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    assert!(start.elapsed() < Duration::from_secs(4), "it took {:?}", start.elapsed());
}

pub(crate) async fn a_call_dropped_in_the_middle(bed: Bed) {
    bed.admin(&["CREATE TABLE t (a INT)"]).await;
    let pool = bed.pool(1);
    for in_transaction in [false, true, false] {
        let mut line = Line::open(&pool).await;
        if in_transaction {
            line.begin().await;
            line.execute("INSERT INTO t VALUES (1)", &[]).await.unwrap();
        }
        assert!(timeout(Duration::from_millis(200), line.run(endless())).await.is_err());
        drop(line);
        check_healthy(&pool).await;
        // The server rolls back as soon as it sees that nobody is there.
        assert_eq!(bed.ask("SELECT count(*) FROM t").await, ["0"]);
    }
}

pub(crate) async fn calls_dropped_at_every_moment(bed: Bed) {
    bed.admin(&["CREATE TABLE t (a INT)"]).await;
    let pool = bed.pool(1);
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
        let _ = timeout(Duration::from_micros(step * 500), work).await;
        drop(line);
        let mut line = Line::open(&pool).await;
        assert_eq!(line.one("SELECT count(*) FROM t", &[]).await, Ok(Value::Integer(0)), "{step}");
    }
}

pub(crate) async fn the_deadline_ends_a_call(bed: Bed) {
    let pool = bed.pool(1);
    let mut line = Line::open(&pool).await;
    let start = Instant::now();
    let outcome = line.0.run(endless(), start + Duration::from_millis(150)).await;
    assert_eq!(failure(outcome), Failure::Timeout);
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(failure(line.one("SELECT 1", &[]).await), Failure::Unavailable);
    drop(line);
    check_healthy(&pool).await;
}

pub(crate) async fn many_at_once_share_few(bed: Bed) {
    bed.admin(&["CREATE TABLE t (a INT)"]).await;
    let pool = bed.pool(3);
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
    assert_eq!(bed.ask("SELECT count(*) FROM t").await, ["30"]);
}

pub(crate) async fn a_closed_pool_waits_for_the_last_and_refuses_more(bed: Bed) {
    let pool = bed.pool(2);
    let mut held = Line::open(&pool).await;
    drop(Line::open(&pool).await);
    let closing = tokio::spawn({
        let pool = pool.clone();
        async move { pool.close().await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!closing.is_finished());
    assert_eq!(failure(pool.lease(soon()).await), Failure::Unavailable);
    assert_eq!(held.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    drop(held);
    timeout(Duration::from_secs(5), closing).await.unwrap().unwrap();
}
