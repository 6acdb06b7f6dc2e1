//! Servers that are slow, silent, gone, or elsewhere.

use std::time::{Duration, Instant};

use patchbay_capability::sql::{Failure, Request, Value};
use patchbay_capability_sql::{OptionsError, PoolOptions, mssql};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::{line, options, pool};
use crate::line::{Line, failure, soon};
use crate::server::{Act, Server, swallow};

fn seven() -> Vec<Act> {
    vec![Act::Columns(&["i"]), Act::Numbers(&[7])]
}

/// The server has so many connections, soon.
async fn check_open(server: &Server, expected: usize) {
    let until = soon();
    while server.open() != expected {
        assert!(Instant::now() < until, "{} connections are open, not {expected}", server.open());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_call_that_is_given_up_takes_its_connection_with_it() {
    let server = Server::start(None).await;
    server.script("SELECT slow", vec![Act::Wait(Duration::from_secs(600))]);
    server.script("SELECT 7", seven());
    let pool = pool(&server);
    // By its deadline; dropped in the middle; the same in a transaction.
    let mut line = Line::open(&pool).await;
    let slow = || Request::Query { text: "SELECT slow".into(), params: Vec::new() };
    let start = Instant::now();
    let outcome = line.0.run(slow(), start + Duration::from_millis(150)).await;
    assert_eq!(failure(outcome), Failure::Timeout);
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(failure(line.one("SELECT 7", &[]).await), Failure::Unavailable);
    drop(line);
    for in_transaction in [false, true] {
        let mut line = Line::open(&pool).await;
        if in_transaction {
            line.begin().await;
        }
        assert!(timeout(Duration::from_millis(100), line.run(slow())).await.is_err());
        drop(line);
    }
    let mut line = Line::open(&pool).await;
    assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    assert_eq!(server.opened(), 4);
    check_open(&server, 4).await;
    drop(line);
    timeout(Duration::from_secs(5), pool.close()).await.unwrap();
}

#[tokio::test]
async fn a_lease_dropped_in_a_transaction_rolls_back() {
    let server = Server::start(None).await;
    let pool = pool(&server);
    let mut line = Line::open(&pool).await;
    line.begin().await;
    line.execute("INSERT", &[]).await.unwrap();
    drop(line);
    let mut line = Line::open(&pool).await;
    line.execute("UPDATE", &[]).await.unwrap();
    let expected = ["BEGIN TRANSACTION", "INSERT", "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION", "UPDATE"];
    assert_eq!(server.heard(), expected);
    assert_eq!(server.opened(), 1);
}

#[tokio::test]
async fn a_connection_that_breaks() {
    let server = Server::start(None).await;
    server.script("SELECT gone", vec![Act::HangUp]);
    server.script("SELECT half", vec![Act::Columns(&["i"]), Act::Numbers(&[1]), Act::Numbers(&[2]), Act::HangUp]);
    server.script("SELECT killed", vec![Act::Error(596, 21, "Cannot continue the execution.")]);
    server.script("SELECT 7", seven());
    let pool = pool(&server);
    for (step, statement) in ["SELECT gone", "SELECT half", "SELECT killed"].into_iter().enumerate() {
        let mut line = Line::open(&pool).await;
        if step == 1 {
            line.begin().await;
        }
        assert_eq!(failure(line.all(statement, &[]).await), Failure::Unavailable, "{statement}");
        assert_eq!(failure(line.all("SELECT 7", &[]).await), Failure::Unavailable, "{statement}");
        drop(line);
        let mut line = Line::open(&pool).await;
        assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)), "{statement}");
        assert_eq!(server.opened(), step + 2, "{statement}");
    }
}

#[tokio::test]
async fn an_idle_connection_is_asked_before_it_is_used_again() {
    let server = Server::start(None).await;
    server.script("SELECT 7", seven());
    let sizes = PoolOptions { max: 1, validate_after: Duration::ZERO, ..PoolOptions::default() };
    let pool = mssql::pool(options(&server), sizes).unwrap();
    drop(Line::open(&pool).await);
    assert_eq!(Line::open(&pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    assert_eq!(server.heard(), ["SELECT 1", "SELECT 7"]);
    server.script("SELECT 1", vec![Act::HangUp]);
    assert_eq!(Line::open(&pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    assert_eq!(server.opened(), 2);
}

#[tokio::test]
async fn nobody_listens_or_nobody_speaks() {
    let server = Server::start(None).await;
    let mut nowhere = options(&server);
    nowhere.port = Some(1);
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let mut quiet = options(&server);
    quiet.port = Some(silent.local_addr().unwrap().port());
    let task = tokio::spawn(async move {
        while let Ok((socket, _)) = silent.accept().await {
            swallow(socket).await;
        }
    });
    for options in [nowhere, quiet] {
        let sizes = PoolOptions { connect_timeout: Duration::from_millis(300), ..PoolOptions::default() };
        let pool = mssql::pool(options, sizes).unwrap();
        let start = Instant::now();
        assert_eq!(failure(pool.lease(soon()).await), Failure::Unavailable);
        assert!(start.elapsed() < Duration::from_secs(2));
    }
    task.abort();
}

#[tokio::test]
async fn a_server_that_sends_us_elsewhere() {
    let here = Server::start(None).await;
    let there = Server::start(None).await;
    here.script("LOGIN", vec![Act::Route(there.port)]);
    there.script("SELECT 7", seven());
    let pool = pool(&here);
    assert_eq!(Line::open(&pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    assert_eq!((here.opened(), there.opened()), (1, 1));
    // Round in circles.
    there.script("LOGIN", vec![Act::Route(here.port)]);
    assert_eq!(failure(super::pool(&here).lease(soon()).await), Failure::Unavailable);
}

#[tokio::test]
async fn plain_text_to_another_machine_is_refused() {
    let (server, _line) = line().await;
    let mut far = options(&server);
    far.host = "db.corp".into();
    let outcome = mssql::pool(far.clone(), PoolOptions::default());
    assert!(matches!(outcome, Err(OptionsError::Plaintext(_))), "{outcome:?}");
    far.allow_plaintext = true;
    assert!(mssql::pool(far, PoolOptions::default()).is_ok());
}
