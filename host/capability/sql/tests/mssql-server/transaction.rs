//! All or nothing.

use std::time::Duration;

use patchbay_capability::sql::{Failure, Value};
use patchbay_capability_sql::{MssqlOptions, PoolOptions, mssql};

use crate::bed::Bed;
use crate::line::{Line, failure};

const SCHEMA: [&str; 2] = ["CREATE TABLE t (a INT NOT NULL PRIMARY KEY, b INT)", "INSERT INTO t VALUES (1, 0)"];
const INSERT: &str = "INSERT INTO t (a) VALUES (?)";
/// Without rows that others are writing: reading would wait for them.
const COMMITTED: &str = "SELECT a FROM t WITH (READPAST) ORDER BY a";

pub(crate) async fn a_failed_transaction_is_not_committed_by_halves(bed: Bed) {
    bed.admin(&SCHEMA);
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
    assert_eq!(bed.ask(COMMITTED), ["1"]);
}

pub(crate) async fn a_trigger_that_rolls_back_ends_the_transaction(bed: Bed) {
    bed.admin(&SCHEMA);
    bed.admin(&["CREATE TRIGGER undo ON t AFTER UPDATE AS ROLLBACK TRANSACTION"]);
    let mut line = bed.line().await;
    line.begin().await;
    line.execute(INSERT, &[Value::Integer(2)]).await.unwrap();
    assert_eq!(failure(line.execute("UPDATE t SET b = 1", &[]).await), Failure::CheckViolation);
    assert_eq!(failure(line.commit().await), Failure::InvalidStatement);
    line.rollback().await;
    assert_eq!(bed.ask(COMMITTED), ["1"]);
}

pub(crate) async fn a_lock_that_is_not_to_be_had(bed: Bed) {
    bed.admin(&SCHEMA);
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

/// As most servers are set up; the cases of `tests/sql` run on a database where it is not so.
pub(crate) async fn a_reader_waits_for_a_writer(bed: Bed) {
    bed.admin(&SCHEMA);
    let pool = bed.pool(2);
    let mut writer = Line::open(&pool).await;
    writer.begin().await;
    writer.execute("UPDATE t SET b = 10 WHERE a = 1", &[]).await.unwrap();
    let mut reader = Line::open(&pool).await;
    let reading = tokio::spawn(async move { reader.one("SELECT b FROM t WHERE a = 1", &[]).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!reading.is_finished());
    writer.commit().await.unwrap();
    assert_eq!(reading.await.unwrap(), Ok(Value::Integer(10)));
}

/// What the connector relies on where nothing is unique: who has looked for what is not there
/// keeps others from making it, and from looking for it in the same way.
pub(crate) async fn a_range_that_is_empty_is_locked(bed: Bed) {
    const LOOK: &str = "SELECT COUNT(*) FROM u WITH (UPDLOCK, HOLDLOCK, ROWLOCK) WHERE name = ?";
    let name = [Value::Text("anna".into())];
    bed.admin(&["CREATE TABLE u (id INT IDENTITY PRIMARY KEY, name NVARCHAR(40) NOT NULL, INDEX u_name (name))"]);
    let pool = bed.pool(3);
    let mut first = Line::open(&pool).await;
    first.begin().await;
    assert_eq!(first.one(LOOK, &name).await, Ok(Value::Integer(0)));
    let looking = tokio::spawn({
        let (mut second, name) = (Line::open(&pool).await, name.clone());
        async move {
            second.begin().await;
            let found = second.one(LOOK, &name).await;
            second.rollback().await;
            found
        }
    });
    let making = tokio::spawn({
        let mut third = Line::open(&pool).await;
        async move { third.execute("INSERT INTO u (name) VALUES (N'anna')", &[]).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!looking.is_finished() && !making.is_finished());
    first.execute("INSERT INTO u (name) VALUES (?)", &name).await.unwrap();
    first.commit().await.unwrap();
    assert_eq!(making.await.unwrap(), Ok(1));
    assert!(matches!(looking.await.unwrap(), Ok(Value::Integer(1 | 2))));
}
