//! Several connection strings: the first that leads to a server that takes writes, and the
//! first again when that is back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_capability::sql::{Failure, Pool, Value};
use patchbay_capability_sql::PoolOptions;
use patchbay_capability_sql::odbc::{self, OdbcOptions};
use patchbay_test_support::{MariaDb, OdbcDriver, Postgres};

use crate::bed::{Line, Target, failure, soon};
use crate::way;

const TABLE: &str = "CREATE TABLE t (a INTEGER)";
const INSERT: &str = "INSERT INTO t VALUES (1)";

/// Connections live for a moment only, so that each lease asks where to go.
fn sizes() -> PoolOptions {
    PoolOptions { max: 2, max_lifetime: Duration::from_millis(1), ..PoolOptions::default() }
}

/// A pool over the first of two ports, with the other one beside it.
fn pool(driver: OdbcDriver, ports: [u16; 2], database: &str, login: (&str, &str), sizes: PoolOptions) -> Arc<dyn Pool> {
    let url = driver.server_url(ports[0], database, login.0).unwrap();
    let mut options = OdbcOptions::from_url(&url).unwrap();
    options.add_alternative(&format!("Port={}", ports[1])).unwrap();
    options.password = Some(login.1.to_owned());
    options.worker = way::options(&Target::sqlite()).worker;
    odbc::pool(options, sizes).unwrap()
}

/// The number of the server that a lease leads to.
async fn who(pool: &Arc<dyn Pool>) -> Value {
    let mut line = Line::open(pool).await;
    let who = line.one("SELECT who FROM me", &[]).await.unwrap();
    drop(line);
    // Old enough not to be used again.
    tokio::time::sleep(Duration::from_millis(2)).await;
    who
}

/// Waits until leases lead to the first server again.
async fn returns_to_the_first(pool: &Arc<dyn Pool>) {
    let until = soon();
    while who(pool).await != Value::Integer(1) {
        assert!(Instant::now() < until, "nobody tries the first server again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn two_postgres() -> [Postgres; 2] {
    [1, 2].map(|number| {
        let server = Postgres::start().unwrap();
        server.sql("postgres", TABLE).unwrap();
        server.sql("postgres", &format!("CREATE TABLE me AS SELECT {number} AS who")).unwrap();
        server
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_postgres_takes_over_and_the_first_comes_back() {
    let [mut first, second] = tokio::task::spawn_blocking(two_postgres).await.unwrap();
    let login = (first.user(), first.password());
    let pool = pool(OdbcDriver::Postgres, [first.port(), second.port()], "postgres", login, sizes());
    assert_eq!(who(&pool).await, Value::Integer(1));
    // In the middle of a write: nothing of it stands, and the next one lands elsewhere.
    let mut line = Line::open(&pool).await;
    line.begin().await;
    line.execute(INSERT, &[]).await.unwrap();
    first.kill();
    assert_eq!(failure(line.execute(INSERT, &[]).await), Failure::Unavailable);
    drop(line);
    assert_eq!(Line::open(&pool).await.execute(INSERT, &[]).await, Ok(1));
    assert_eq!(second.sql("postgres", "SELECT count(*) FROM t").unwrap().trim(), "1");
    // It comes back as somebody's standby would: it only reads, and is passed over.
    first.resume().unwrap();
    first.sql("postgres", "ALTER SYSTEM SET default_transaction_read_only = on").unwrap();
    first.sql("postgres", "SELECT pg_reload_conf()").unwrap();
    tokio::time::sleep(Duration::from_millis(5200)).await;
    for _ in 0..3 {
        assert_eq!(who(&pool).await, Value::Integer(2));
    }
    first.sql("postgres", "ALTER SYSTEM RESET default_transaction_read_only").unwrap();
    first.sql("postgres", "SELECT pg_reload_conf()").unwrap();
    returns_to_the_first(&pool).await;
    assert_eq!(first.sql("postgres", "SELECT count(*) FROM t").unwrap().trim(), "0", "the lost write is back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_stops_taking_writes_is_left() {
    let [first, second] = tokio::task::spawn_blocking(two_postgres).await.unwrap();
    let login = (first.user(), first.password());
    let sizes = PoolOptions { max: 1, ..PoolOptions::default() };
    let pool = pool(OdbcDriver::Postgres, [first.port(), second.port()], "postgres", login, sizes);
    assert_eq!(who(&pool).await, Value::Integer(1));
    first.sql("postgres", "ALTER SYSTEM SET default_transaction_read_only = on").unwrap();
    first.sql("postgres", "SELECT pg_reload_conf()").unwrap();
    // The session hears of it some time later, and then is of no more use.
    let until = soon();
    loop {
        assert!(Instant::now() < until, "the session does not hear of it");
        let mut line = Line::open(&pool).await;
        match line.execute("UPDATE t SET a = a", &[]).await {
            Ok(_) if line.one("SELECT who FROM me", &[]).await == Ok(Value::Integer(2)) => break,
            Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => {
                assert_eq!(error.failure, Failure::Unavailable, "{error}");
                break;
            }
        }
    }
    assert_eq!(who(&pool).await, Value::Integer(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_mariadb_takes_over_and_the_first_comes_back() {
    let servers = tokio::task::spawn_blocking(|| {
        [1, 2].map(|number| {
            let server = MariaDb::start().unwrap();
            server.create_database("desk").unwrap();
            server.sql("desk", TABLE).unwrap();
            server.sql("desk", &format!("CREATE TABLE me AS SELECT {number} AS who")).unwrap();
            server
        })
    });
    let [mut first, second] = servers.await.unwrap();
    let login = (first.user(), first.password());
    let pool = pool(OdbcDriver::MariaDb, [first.port(), second.port()], "desk", login, sizes());
    assert_eq!(who(&pool).await, Value::Integer(1));
    first.kill();
    assert_eq!(Line::open(&pool).await.execute(INSERT, &[]).await, Ok(1));
    assert_eq!(second.sql("desk", "SELECT count(*) FROM t").unwrap().trim(), "1");
    // It comes back as a replica, which this user could write to all the same.
    first.resume().unwrap();
    first.sql("desk", "SET GLOBAL read_only = 1").unwrap();
    tokio::time::sleep(Duration::from_millis(5200)).await;
    for _ in 0..3 {
        assert_eq!(who(&pool).await, Value::Integer(2));
    }
    first.sql("desk", "SET GLOBAL read_only = 0").unwrap();
    returns_to_the_first(&pool).await;
}
