//! Several places of one database, and a password that changes.

use std::sync::{Arc, Mutex};

use patchbay_capability::sql::{Failure, Pool, Value};
use patchbay_capability_sql::mssql::Place;
use patchbay_capability_sql::{PasswordSource, PoolOptions, mssql};

use super::options;
use crate::line::{Line, failure, soon};
use crate::server::{Act, Server};

/// A database on its own server: whether it takes writes, and its number.
async fn server(updateability: &str, number: &'static [i64]) -> Server {
    let server = Server::start(None).await;
    server.script("~Updateability", vec![Act::Columns(&["word"]), Act::Texts(vec![Some(updateability.into())])]);
    server.script("SELECT who", vec![Act::Columns(&["i"]), Act::Numbers(number)]);
    server
}

fn pool(first: &Server, second: &Server) -> Arc<dyn Pool> {
    let mut options = options(first);
    options.failover = vec![Place { host: "127.0.0.1".into(), port: Some(second.port), instance: None }];
    mssql::pool(options, PoolOptions { max: 1, ..PoolOptions::default() }).unwrap()
}

#[tokio::test]
async fn only_a_database_that_takes_writes_will_do() {
    let (first, second) = (server("READ_ONLY", &[1]).await, server("READ_WRITE", &[2]).await);
    assert_eq!(Line::open(&pool(&first, &second)).await.one("SELECT who", &[]).await, Ok(Value::Integer(2)));
    assert_eq!((first.opened(), second.opened()), (1, 1));
    let (first, second) = (server("READ_WRITE", &[1]).await, server("READ_WRITE", &[2]).await);
    assert_eq!(Line::open(&pool(&first, &second)).await.one("SELECT who", &[]).await, Ok(Value::Integer(1)));
    assert_eq!(second.opened(), 0);
    // None at all: nothing is written anywhere.
    let (first, second) = (server("READ_ONLY", &[1]).await, server("READ_ONLY", &[2]).await);
    assert_eq!(failure(pool(&first, &second).lease(soon()).await), Failure::Unavailable);
    // The only place there is may be a database that is only read.
    let only = server("READ_ONLY", &[1]).await;
    assert_eq!(Line::open(&super::pool(&only)).await.one("SELECT who", &[]).await, Ok(Value::Integer(1)));
}

#[tokio::test]
async fn a_database_that_stops_taking_writes_is_left() {
    let (first, second) = (server("READ_WRITE", &[1]).await, server("READ_WRITE", &[2]).await);
    first.script("UPDATE", vec![Act::Error(3906, 16, "Failed to update database \"desk\" because it is read-only.")]);
    let pool = pool(&first, &second);
    let mut line = Line::open(&pool).await;
    line.begin().await;
    assert_eq!(failure(line.execute("UPDATE", &[]).await), Failure::Unavailable);
    drop(line);
    first.script("~Updateability", vec![Act::Columns(&["word"]), Act::Texts(vec![Some("READ_ONLY".into())])]);
    assert_eq!(Line::open(&pool).await.one("SELECT who", &[]).await, Ok(Value::Integer(2)));
}

#[tokio::test]
async fn a_refused_password_is_read_again() {
    let server = Server::start(None).await;
    server.script("LOGIN", vec![Act::Error(18456, 14, "Login failed for user 'patchbay'.")]);
    let reads = Arc::new(Mutex::new(0));
    let mut options = options(&server);
    options.password_source = Some(PasswordSource::new({
        let reads = Arc::clone(&reads);
        move || {
            *reads.lock().unwrap() += 1;
            Ok(format!("another-{}", reads.lock().unwrap()))
        }
    }));
    let pool = mssql::pool(options, PoolOptions { max: 1, ..PoolOptions::default() }).unwrap();
    let refused = pool.lease(soon()).await.unwrap_err();
    assert_eq!(refused.failure, Failure::PermissionDenied);
    // The new one and the last good one, and no third.
    assert_eq!((server.opened(), *reads.lock().unwrap()), (2, 1));
    assert!(!format!("{refused:?} {pool:?}").contains("another-"), "{refused:?} {pool:?}");
}
