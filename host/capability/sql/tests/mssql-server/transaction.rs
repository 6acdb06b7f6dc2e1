//! All or nothing.

use std::time::{Duration, Instant};

use patchbay_capability::sql::{Failure, Request, Value};
use patchbay_capability_sql::{MssqlOptions, PoolOptions, mssql};

use crate::bed::Bed;
use crate::line::{Line, failure, soon};

const SCHEMA: [&str; 2] = ["CREATE TABLE t (a INT NOT NULL PRIMARY KEY, b INT)", "INSERT INTO t VALUES (1, 0)"];
const INSERT: &str = "INSERT INTO t (a) VALUES (?)";
/// Without rows that others are writing: reading would wait for them.
const COMMITTED: &str = "SELECT a FROM t WITH (READPAST) ORDER BY a";

pub(crate) async fn commit_and_rollback(bed: Bed) {
    bed.admin(&SCHEMA).await;
    let mut line = bed.line().await;
    line.begin().await;
    line.execute(INSERT, &[Value::Integer(2)]).await.unwrap();
    line.rollback().await;
    assert_eq!(bed.ask(COMMITTED).await, ["1"]);
    line.begin().await;
    line.execute(INSERT, &[Value::Integer(2)]).await.unwrap();
    line.execute(INSERT, &[Value::Integer(3)]).await.unwrap();
    assert_eq!(bed.ask(COMMITTED).await, ["1"]);
    line.commit().await.unwrap();
    assert_eq!(bed.ask(COMMITTED).await, ["1", "2", "3"]);
}

pub(crate) async fn a_lease_dropped_in_a_transaction_rolls_back(bed: Bed) {
    bed.admin(&SCHEMA).await;
    let pool = bed.pool(1);
    for _ in 0..3 {
        let mut line = Line::open(&pool).await;
        line.begin().await;
        line.execute(INSERT, &[Value::Integer(2)]).await.unwrap();
        drop(line);
    }
    let mut line = Line::open(&pool).await;
    assert_eq!(line.one("SELECT count(*) FROM t", &[]).await, Ok(Value::Integer(1)));
    // And is not in a transaction any more.
    line.execute(INSERT, &[Value::Integer(9)]).await.unwrap();
    assert_eq!(bed.ask(COMMITTED).await, ["1", "9"]);
}

pub(crate) async fn a_failed_transaction_is_not_committed_by_halves(bed: Bed) {
    bed.admin(&SCHEMA).await;
    let mut line = bed.line().await;
    line.begin().await;
    line.execute(INSERT, &[Value::Integer(2)]).await.unwrap();
    assert_eq!(failure(line.execute(INSERT, &[Value::Integer(1)]).await), Failure::UniqueViolation);
    assert_eq!(failure(line.execute(INSERT, &[Value::Integer(3)]).await), Failure::InvalidStatement);
    assert_eq!(failure(line.commit().await), Failure::InvalidStatement);
    line.rollback().await;
    assert_eq!(line.one("SELECT count(*) FROM t", &[]).await, Ok(Value::Integer(1)));
    // The same after an error that leaves the server's transaction open.
    line.begin().await;
    line.execute(INSERT, &[Value::Integer(2)]).await.unwrap();
    assert_eq!(failure(line.query("SELECT 1 FROM nobody", &[]).await), Failure::Undefined);
    assert_eq!(failure(line.commit().await), Failure::InvalidStatement);
    line.rollback().await;
    assert_eq!(bed.ask(COMMITTED).await, ["1"]);
}

pub(crate) async fn a_trigger_that_rolls_back_ends_the_transaction(bed: Bed) {
    bed.admin(&SCHEMA).await;
    bed.admin(&["CREATE TRIGGER undo ON t AFTER UPDATE AS ROLLBACK TRANSACTION"]).await;
    let mut line = bed.line().await;
    line.begin().await;
    line.execute(INSERT, &[Value::Integer(2)]).await.unwrap();
    assert_eq!(failure(line.execute("UPDATE t SET b = 1", &[]).await), Failure::CheckViolation);
    assert_eq!(failure(line.commit().await), Failure::InvalidStatement);
    line.rollback().await;
    assert_eq!(bed.ask(COMMITTED).await, ["1"]);
}

pub(crate) async fn writers_wait_for_each_other(bed: Bed) {
    bed.admin(&SCHEMA).await;
    let pool = bed.pool(2);
    let mut first = Line::open(&pool).await;
    let mut second = Line::open(&pool).await;
    first.begin().await;
    first.execute("UPDATE t SET b = 10 WHERE a = 1", &[]).await.unwrap();
    let waiting = tokio::spawn(async move {
        second.begin().await;
        let changed = second.execute("UPDATE t SET b = b + 1 WHERE a = 1", &[]).await;
        second.commit().await.map(|()| changed)
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished());
    first.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap(), Ok(Ok(1)));
    assert_eq!(bed.ask("SELECT b FROM t").await, ["11"]);
}

pub(crate) async fn a_lock_that_is_not_to_be_had(bed: Bed) {
    bed.admin(&SCHEMA).await;
    let mut first = bed.line().await;
    first.begin().await;
    first.execute("UPDATE t SET b = 10 WHERE a = 1", &[]).await.unwrap();
    let options = MssqlOptions { lock_timeout: Duration::from_millis(200), ..bed.options() };
    let pool = mssql::pool(options, PoolOptions::default()).unwrap();
    let mut second = Line::open(&pool).await;
    let error = second.execute("UPDATE t SET b = 11 WHERE a = 1", &[]).await.unwrap_err();
    assert_eq!((error.failure, error.sqlstate.as_deref()), (Failure::Busy, Some("mssql.1222")), "{error}");
    first.rollback().await;
    assert_eq!(second.execute("UPDATE t SET b = 11 WHERE a = 1", &[]).await, Ok(1));
}

pub(crate) async fn deadlocks_are_serialization_failures(bed: Bed) {
    bed.admin(&SCHEMA).await;
    bed.admin(&["INSERT INTO t VALUES (2, 0)"]).await;
    let pool = bed.pool(2);
    let mut lines = [Line::open(&pool).await, Line::open(&pool).await];
    for (line, row) in lines.iter_mut().zip(["1", "2"]) {
        line.begin().await;
        line.execute(&format!("UPDATE t SET b = 1 WHERE a = {row}"), &[]).await.unwrap();
    }
    let [mut first, mut second] = lines;
    let (one, two) = tokio::join!(
        first.execute("UPDATE t SET b = 2 WHERE a = 2", &[]),
        second.execute("UPDATE t SET b = 2 WHERE a = 1", &[])
    );
    let failures: Vec<_> = [one, two].into_iter().filter_map(Result::err).map(|error| error.failure).collect();
    assert_eq!(failures, [Failure::Serialization]);
    first.rollback().await;
    second.rollback().await;
}

pub(crate) async fn a_writer_does_not_wait_past_its_deadline(bed: Bed) {
    bed.admin(&SCHEMA).await;
    let pool = bed.pool(2);
    let mut first = Line::open(&pool).await;
    first.begin().await;
    first.execute("UPDATE t SET b = 10", &[]).await.unwrap();
    let mut second = pool.lease(soon()).await.unwrap();
    let start = Instant::now();
    let request = Request::Execute { text: "UPDATE t SET b = 11".into(), params: vec![] };
    let outcome = second.run(request, start + Duration::from_millis(200)).await;
    assert_eq!(failure(outcome), Failure::Timeout);
    assert!(start.elapsed() < Duration::from_secs(2));
    drop(second);
    first.rollback().await;
    assert_eq!(Line::open(&pool).await.execute("UPDATE t SET b = 12", &[]).await, Ok(1));
}
