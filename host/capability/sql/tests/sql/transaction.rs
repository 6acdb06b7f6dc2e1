//! All or nothing.

use std::time::{Duration, Instant};

use patchbay_capability::sql::{Dialect, Failure, Request, Value};

use crate::bed::{Line, Target, failure, soon, targets, targets_of};

const SCHEMA: &str = "CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY); INSERT INTO t VALUES (1)";
const INSERT: &str = "INSERT INTO t VALUES (?)";

#[tokio::test]
async fn commit_and_rollback() {
    for target in targets() {
        target.admin(SCHEMA);
        let mut line = target.line().await;
        line.begin().await;
        line.execute(INSERT, &[Value::Integer(2)]).await.unwrap();
        line.rollback().await;
        assert_eq!(target.admin("SELECT a FROM t ORDER BY a"), ["1"]);
        line.begin().await;
        line.execute(INSERT, &[Value::Integer(2)]).await.unwrap();
        line.execute(INSERT, &[Value::Integer(3)]).await.unwrap();
        assert_eq!(target.admin("SELECT a FROM t ORDER BY a"), ["1"]);
        line.commit().await.unwrap();
        assert_eq!(target.admin("SELECT a FROM t ORDER BY a"), ["1", "2", "3"]);
    }
}

#[tokio::test]
async fn a_lease_dropped_in_a_transaction_rolls_back() {
    for target in targets() {
        target.admin(SCHEMA);
        let pool = target.pool(1);
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
        assert_eq!(target.admin("SELECT a FROM t ORDER BY a"), ["1", "9"]);
    }
}

#[tokio::test]
async fn a_failed_transaction_is_not_committed_by_halves() {
    for target in targets() {
        target.admin(SCHEMA);
        let mut line = target.line().await;
        line.begin().await;
        line.execute(INSERT, &[Value::Integer(2)]).await.unwrap();
        assert_eq!(failure(line.execute(INSERT, &[Value::Integer(1)]).await), Failure::UniqueViolation);
        // SQLite would let it be committed; the gate does not. PostgreSQL would roll back
        // and call that a success; SQL Server has rolled back already.
        if matches!(target.dialect(), Dialect::Postgres | Dialect::Mssql) {
            assert_eq!(failure(line.commit().await), Failure::InvalidStatement);
        }
        line.rollback().await;
        assert_eq!(line.one("SELECT count(*) FROM t", &[]).await, Ok(Value::Integer(1)));
    }
}

#[tokio::test]
async fn deferred_constraints_fail_the_commit() {
    // MySQL and SQL Server know no constraints that wait.
    for target in targets_of(&[Target::sqlite, Target::postgres]) {
        target.admin(
            "CREATE TABLE p (id INTEGER PRIMARY KEY);
             CREATE TABLE c (p INTEGER REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)",
        );
        let pool = target.pool(1);
        let mut line = Line::open(&pool).await;
        line.begin().await;
        line.execute("INSERT INTO c VALUES (?)", &[Value::Integer(7)]).await.unwrap();
        assert_eq!(failure(line.commit().await), Failure::ForeignKeyViolation);
        drop(line);
        assert_eq!(target.admin("SELECT count(*) FROM c"), ["0"]);
        assert_eq!(Line::open(&pool).await.one("SELECT count(*) FROM c", &[]).await, Ok(Value::Integer(0)));
    }
}

#[tokio::test]
async fn the_targets_defaults_change_no_session() {
    for target in targets_of(&[Target::postgres, Target::mariadb]) {
        target.admin(SCHEMA);
        if let Target::Postgres(name) = &target {
            target.admin(&format!(
                "ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read';
                 ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'"
            ));
        }
        let pool = target.pool(2);
        let mut first = Line::open(&pool).await;
        let mut second = Line::open(&pool).await;
        first.begin().await;
        assert_eq!(first.one("SELECT count(*) FROM t", &[]).await, Ok(Value::Integer(1)), "{target:?}");
        second.execute(INSERT, &[Value::Integer(2)]).await.unwrap();
        // What was committed meanwhile is seen.
        assert_eq!(first.one("SELECT count(*) FROM t", &[]).await, Ok(Value::Integer(2)), "{target:?}");
        let utc = target.pick("", "LOCALTIMESTAMP = now() AT TIME ZONE 'UTC'", "NOW() = UTC_TIMESTAMP()");
        let utc = format!("SELECT CASE WHEN {utc} THEN 1 ELSE 0 END");
        assert_eq!(first.one(&utc, &[]).await, Ok(Value::Integer(1)), "{target:?}");
        first.rollback().await;
    }
}

#[tokio::test]
async fn writers_wait_for_each_other() {
    for target in targets() {
        target.admin(SCHEMA);
        let pool = target.pool(2);
        let mut first = Line::open(&pool).await;
        let mut second = Line::open(&pool).await;
        first.begin().await;
        first.execute("UPDATE t SET a = 10", &[]).await.unwrap();
        let waiting = tokio::spawn(async move {
            second.begin().await;
            let changed = second.execute("UPDATE t SET a = a + 1", &[]).await;
            second.commit().await.map(|()| changed)
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!waiting.is_finished(), "{target:?}");
        first.commit().await.unwrap();
        assert_eq!(waiting.await.unwrap(), Ok(Ok(1)), "{target:?}");
        assert_eq!(target.admin("SELECT a FROM t"), ["11"]);
    }
}

#[tokio::test]
async fn a_writer_does_not_wait_past_its_deadline() {
    for target in targets() {
        target.admin(SCHEMA);
        let pool = target.pool(2);
        let mut first = Line::open(&pool).await;
        first.begin().await;
        first.execute("UPDATE t SET a = 10", &[]).await.unwrap();
        let mut second = pool.lease(soon()).await.unwrap();
        let start = Instant::now();
        let request = Request::Execute { text: "UPDATE t SET a = 11".into(), params: vec![] };
        let outcome = second.run(request, start + Duration::from_millis(200)).await;
        assert!(matches!(failure(outcome), Failure::Timeout | Failure::Busy), "{target:?}");
        assert!(start.elapsed() < Duration::from_secs(2), "{target:?}");
        drop(second);
        first.rollback().await;
        assert_eq!(Line::open(&pool).await.execute("UPDATE t SET a = 12", &[]).await, Ok(1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlocks_may_be_tried_again() {
    for target in targets_of(&[Target::mariadb, Target::mssql]) {
        let state = target.choose("", "", "40001", "mssql.1205");
        deadlock(&target, state).await;
    }
}

/// Two who want what the other one has: one of them gets it.
async fn deadlock(target: &Target, state: &str) {
    target.admin("CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY, b INTEGER); INSERT INTO t VALUES (1, 0), (2, 0)");
    let pool = target.pool(2);
    let (mut first, mut second) = (Line::open(&pool).await, Line::open(&pool).await);
    first.begin().await;
    second.begin().await;
    first.execute("UPDATE t SET b = 1 WHERE a = 1", &[]).await.unwrap();
    second.execute("UPDATE t SET b = 2 WHERE a = 2", &[]).await.unwrap();
    let (one, other) = tokio::join!(
        first.execute("UPDATE t SET b = 1 WHERE a = 2", &[]),
        second.execute("UPDATE t SET b = 2 WHERE a = 1", &[]),
    );
    let victims: Vec<_> = [one, other].into_iter().filter_map(Result::err).collect();
    assert_eq!(victims.len(), 1, "{victims:?}");
    assert_eq!((victims[0].failure, victims[0].sqlstate.as_deref()), (Failure::Serialization, Some(state)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_too_long_may_be_tried_again() {
    let target = Target::mariadb();
    target.admin(SCHEMA);
    let pool = target.pool(2);
    let (mut first, mut second) = (Line::open(&pool).await, Line::open(&pool).await);
    first.begin().await;
    first.execute("UPDATE t SET a = 3", &[]).await.unwrap();
    second.execute("SET SESSION innodb_lock_wait_timeout = 1", &[]).await.unwrap();
    let waited = second.execute("UPDATE t SET a = 4", &[]).await;
    assert_eq!(failure(waited), Failure::Busy);
}
