//! Who waits for a lock does so for a while.

use std::time::{Duration, Instant};

use patchbay_capability::sql::Failure;
use patchbay_capability_sql::{PoolOptions, odbc};

use crate::bed::{Line, failure, targets};
use crate::way;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_is_waited_for_so_long_and_no_longer() {
    for target in targets() {
        target.admin("CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER); INSERT INTO t VALUES (1, 0)");
        let mut options = way::options(&target);
        options.lock_timeout = Duration::from_secs(1);
        let pool = odbc::pool(options, PoolOptions { max: 2, ..PoolOptions::default() }).unwrap();
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
