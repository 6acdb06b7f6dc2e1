//! Drivers that crash, and processes that are gone.

use std::time::{Duration, Instant};

use patchbay_capability::sql::{Failure, Request, Value};
use patchbay_capability_sql::PoolOptions;
use patchbay_capability_sql::odbc::{self, OdbcWorker};

use crate::bed::{Line, Target, failure, soon, targets};
use crate::way;

/// Processes of drivers that were started with this word and that are there still.
fn workers(word: &str) -> Vec<u32> {
    let entries =
        std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    entries
        .filter(|pid: &u32| {
            // Empty once it has ended.
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).split('\0').any(|argument| argument == word)
        })
        .collect()
}

fn kill(pid: u32) {
    let status = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_driver_that_crashes_does_not_take_the_host_along() {
    for target in targets() {
        target.admin("CREATE TABLE t (a INTEGER PRIMARY KEY)");
        let word = format!("crash-{}-{:?}", std::process::id(), target.dialect());
        let mut options = way::options(&target);
        options.worker.as_mut().unwrap().arguments.push(word.clone());
        let pool = odbc::pool(options, PoolOptions { max: 1, ..PoolOptions::default() }).unwrap();
        let mut line = Line::open(&pool).await;
        let [pid] = *workers(&word) else { panic!("{target:?}: {:?}", workers(&word)) };
        line.begin().await;
        line.execute("INSERT INTO t VALUES (1)", &[]).await.unwrap();
        // In the middle of a statement, which goes on without its client for a while.
        let slow = target.pick(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000)
             SELECT count(*) FROM n",
            "SELECT pg_sleep(3)::text",
            "SELECT sleep(3)",
        );
        let request = Request::Query { text: slow.into(), params: Vec::new() };
        let start = Instant::now();
        let waiting = tokio::spawn(async move { (line.run(request).await, line) });
        tokio::time::sleep(Duration::from_millis(200)).await;
        kill(pid);
        let (outcome, line) = waiting.await.unwrap();
        assert_eq!(failure(outcome), Failure::Unavailable, "{target:?}");
        assert!(start.elapsed() < Duration::from_secs(5), "{target:?}: it took {:?}", start.elapsed());
        drop(line);
        // The pool goes on with another process, and the database has rolled back.
        let mut line = Line::open(&pool).await;
        assert_eq!(line.execute("INSERT INTO t VALUES (1)", &[]).await, Ok(1), "{target:?}");
        // Killed while idle: not handed out.
        drop(line);
        workers(&word).into_iter().for_each(kill);
        tokio::time::sleep(Duration::from_millis(1200)).await;
        assert_eq!(Line::open(&pool).await.one("SELECT a FROM t", &[]).await, Ok(Value::Integer(1)), "{target:?}");
        pool.close().await;
        assert!(workers(&word).is_empty(), "{target:?}: a process stays");
    }
}

#[tokio::test]
async fn a_program_that_is_none() {
    let target = Target::sqlite();
    for (program, arguments) in
        [("/nowhere/patchbay", vec![]), ("/bin/false", vec![]), ("/bin/echo", vec!["x".repeat(90)])]
    {
        let mut options = way::options(&target);
        options.worker = Some(OdbcWorker { program: program.into(), arguments });
        let pool = odbc::pool(options, PoolOptions::default()).unwrap();
        let error = pool.lease(soon()).await.unwrap_err();
        assert_eq!(error.failure, Failure::Unavailable, "{program}");
        assert!(error.message.contains("process"), "{program}: {error}");
    }
}
