//! Locks with a name: held until the transaction ends, however it ends, by one at a time.

use std::time::{Duration, Instant};

use patchbay_capability::sql::{Dialect, Error, Failure, Reply, Request, Value};

use crate::bed::{Line, Target, failure, targets_of};

const SCHEMA: &str = "CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER); INSERT INTO t VALUES (1, 0)";

/// A table and a key that no character set of old has.
const NAME: &str = "t\nZoë \u{1f600}'\"";

async fn lock(line: &mut Line, name: &str) -> Result<Reply, Error> {
    line.run(Request::Lock(name.into())).await
}

/// Begins and takes the lock, and gives it up again as `end` says; the next one gets it.
async fn check(target: &Target, end: impl AsyncFnOnce(Line)) {
    let pool = target.pool(3);
    let mut first = Line::open(&pool).await;
    first.begin().await;
    assert_eq!(lock(&mut first, NAME).await, Ok(Reply::Done));
    // Once more is as good as once.
    assert_eq!(lock(&mut first, NAME).await, Ok(Reply::Done));

    let begun = Instant::now();
    let waiting = tokio::spawn({
        let mut second = Line::open(&pool).await;
        async move {
            second.begin().await;
            let locked = lock(&mut second, NAME).await;
            let waited = begun.elapsed();
            second.commit().await.unwrap();
            (locked, waited)
        }
    });
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(!waiting.is_finished(), "nobody else has it meanwhile");
    end(first).await;
    let (locked, waited) = waiting.await.unwrap();
    assert_eq!(locked, Ok(Reply::Done));
    assert!(waited >= Duration::from_millis(150), "{waited:?}");
    // And it is free again.
    let mut third = Line::open(&pool).await;
    third.begin().await;
    assert_eq!(lock(&mut third, NAME).await, Ok(Reply::Done));
    third.rollback().await;
}

#[tokio::test]
async fn a_lock_lasts_as_long_as_its_transaction() {
    for target in targets_of(&[Target::sqlite, Target::postgres, Target::mariadb]) {
        target.admin(SCHEMA);
        check(&target, async |mut line| line.commit().await.unwrap()).await;
        check(&target, async |mut line| line.rollback().await).await;
        check(&target, async |line| drop(line)).await;
        check(&target, async |mut line| {
            let again = line.execute("INSERT INTO t VALUES (1, 0)", &[]).await;
            assert_eq!(failure(again), Failure::UniqueViolation);
            line.rollback().await;
        })
        .await;
    }
}

#[tokio::test]
async fn who_waits_too_long_never_gets_it() {
    for target in targets_of(&[Target::sqlite, Target::postgres, Target::mariadb]) {
        if target.dialect() == Dialect::Sqlite {
            // There, the transaction that would ask does not begin.
            continue;
        }
        target.admin(SCHEMA);
        let pool = target.pool(3);
        let mut first = Line::open(&pool).await;
        first.begin().await;
        lock(&mut first, NAME).await.unwrap();
        let mut late = Line::open(&pool).await;
        late.begin().await;
        let patience = Instant::now() + Duration::from_millis(200);
        let outcome = late.lease.run(Request::Lock(NAME.into()), patience).await;
        assert_eq!(failure(outcome), Failure::Timeout);
        drop(late);
        first.commit().await.unwrap();
        // Nobody has it: not whoever was waiting.
        let mut third = Line::open(&pool).await;
        third.begin().await;
        assert_eq!(lock(&mut third, NAME).await, Ok(Reply::Done));
        third.rollback().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_under_the_lock_sees_what_was_written_under_it() {
    const WRITERS: i64 = 12;
    for target in targets_of(&[Target::sqlite, Target::postgres, Target::mariadb]) {
        target.admin(SCHEMA);
        let pool = target.pool(4);
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move {
                    let mut line = Line::open(&pool).await;
                    line.begin().await;
                    lock(&mut line, "t\ncount").await.unwrap();
                    let Value::Integer(read) = line.one("SELECT b FROM t WHERE a = 1", &[]).await.unwrap() else {
                        panic!("no integer")
                    };
                    line.execute("UPDATE t SET b = ? WHERE a = 1", &[Value::Integer(read + 1)]).await.unwrap();
                    line.commit().await.unwrap();
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(target.admin("SELECT b FROM t"), [WRITERS.to_string()]);
    }
}

/// SQL Server locks the range of rows that a statement looks at: the connector asks for that.
#[tokio::test]
async fn sql_server_has_other_locks() {
    for target in targets_of(&[Target::mssql]) {
        let mut line = target.line().await;
        line.begin().await;
        assert_eq!(failure(lock(&mut line, NAME).await), Failure::Unsupported);
        line.rollback().await;
    }
}
