//! Operations that came to nothing are run again, where the host has seen that they did.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use patchbay_capability::sql::{Dialect, Error, Failure, Lease, Pool, Reply, Request};
use patchbay_contract::{Attribute, Connector as _, Error as ContractError, ErrorKind, Value, WriteResult};
use patchbay_engine::{App, Limits};

use crate::support::{app_with, within};

/// A database that fails at these requests, in their order, and notes what it was asked.
#[derive(Debug, Default)]
struct Stumbling(Arc<Mutex<Notes>>);

#[derive(Debug, Default)]
struct Notes {
    script: VecDeque<(&'static str, Failure)>,
    asked: Vec<&'static str>,
}

#[derive(Debug)]
struct StumblingLease(Arc<Mutex<Notes>>);

#[async_trait]
impl Pool for Stumbling {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn lease(&self, _: Instant) -> Result<Box<dyn Lease>, Error> {
        let mut notes = self.0.lock().unwrap();
        if let Some((_, failure)) = notes.script.pop_front_if(|(word, _)| *word == "lease") {
            notes.asked.push("lease");
            return Err(Error::new(failure, "script"));
        }
        Ok(Box::new(StumblingLease(Arc::clone(&self.0))))
    }

    async fn close(&self) {}
}

#[async_trait]
impl Lease for StumblingLease {
    async fn run(&mut self, request: Request, _: Instant) -> Result<Reply, Error> {
        let (word, reply) = match request {
            Request::Begin => ("begin", Reply::Done),
            Request::Commit => ("commit", Reply::Done),
            Request::Rollback => ("rollback", Reply::Done),
            Request::Execute { .. } => ("insert", Reply::Affected(1)),
            other => panic!("{other:?}"),
        };
        let mut notes = self.0.lock().unwrap();
        notes.asked.push(word);
        match notes.script.pop_front_if(|(next, _)| *next == word) {
            Some((_, failure)) => Err(Error::new(failure, "script")),
            None => Ok(reply),
        }
    }
}

/// What a create of `habit` ends with on a database with that script, and what that was asked.
async fn create(
    habit: &str,
    script: &[(&'static str, Failure)],
    limit: Duration,
) -> (Result<WriteResult, ErrorKind>, Vec<&'static str>) {
    let (outcome, asked, _) = create_as("ada", habit, script, limit).await;
    (outcome.map_err(|error| error.kind), asked)
}

/// The same of a person with this login; and the app, to ask it for more.
async fn create_as(
    login: &str,
    habit: &str,
    script: &[(&'static str, Failure)],
    limit: Duration,
) -> (Result<WriteResult, ContractError>, Vec<&'static str>, App) {
    let pool = Stumbling::default();
    pool.0.lock().unwrap().script = script.iter().copied().collect();
    let notes = Arc::clone(&pool.0);
    let app = app_with(habit, Limits { retries: 3, ..Limits::default() }, Some(Arc::new(pool)));
    let login = Attribute { name: "login".to_owned(), values: vec![Value::Text(login.to_owned())] };
    let outcome = app.create(&within("r", limit), "person", vec![login]).await;
    let asked = std::mem::take(&mut notes.lock().unwrap().asked);
    (outcome, asked, app)
}

const TIME: Duration = Duration::from_secs(10);

async fn check(script: &[(&'static str, Failure)], expected: Result<(), ErrorKind>, asked: &[&str]) {
    let (outcome, found) = create("obedient", script, TIME).await;
    assert_eq!((outcome.map(drop), found.as_slice()), (expected, asked), "{script:?}");
}

#[tokio::test]
async fn what_lost_or_broke_before_its_commit_is_run_again() {
    let whole = ["begin", "insert", "commit"];
    check(&[], Ok(()), &whole).await;
    for failure in [Failure::Serialization, Failure::Unavailable] {
        check(&[("insert", failure)], Ok(()), &["begin", "insert", "begin", "insert", "commit"]).await;
        check(&[("begin", failure)], Ok(()), &["begin", "begin", "insert", "commit"]).await;
    }
    // The server says that it rolled back.
    let twice = ["begin", "insert", "commit", "begin", "insert", "commit"];
    check(&[("commit", Failure::Serialization)], Ok(()), &twice).await;
}

#[tokio::test]
async fn what_may_stand_is_not() {
    let once = ["begin", "insert", "commit"];
    check(&[("commit", Failure::Unavailable)], Err(ErrorKind::Unavailable), &once).await;
    check(&[("commit", Failure::Timeout)], Err(ErrorKind::Timeout), &once).await;
    // A connector's word is not enough.
    let (outcome, asked) = create("deny-insert", &[], TIME).await;
    assert_eq!((outcome.map(drop), asked.as_slice()), (Err(ErrorKind::Contention), ["insert"].as_slice()));
}

#[tokio::test]
async fn nor_with_another_plan() {
    // Nothing was committed: once more with a new plan, and no further. It is the same one.
    let (outcome, asked, _) = create_as("stale", "obedient", &[], TIME).await;
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Configuration);
    assert_eq!(asked, ["begin", "insert", "begin", "insert"]);
    // The first row stands, whatever the connector found out afterwards: a second is not made.
    let (outcome, asked, app) = create_as("stale", "deny-insert", &[], TIME).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Timeout, Some("plan.outgrown")));
    assert!(error.kind.leaves_doubt(), "the audit has to say that nobody knows");
    assert_eq!(asked, ["insert"]);
    // The plan is stale all the same, and the next request does not have it.
    let read = app.get(&within("next", TIME), "person", "1", &["plan".to_owned()]).await.unwrap();
    assert_eq!(read.cells, [[Value::Text("next".to_owned())]]);
}

#[tokio::test]
async fn what_would_fail_again_is_not() {
    check(&[("lease", Failure::Unavailable)], Err(ErrorKind::Unavailable), &["lease"]).await;
    check(&[("insert", Failure::Timeout)], Err(ErrorKind::Timeout), &["begin", "insert"]).await;
    check(&[("insert", Failure::UniqueViolation)], Err(ErrorKind::Internal), &["begin", "insert"]).await;
    check(&[("insert", Failure::Busy)], Err(ErrorKind::Internal), &["begin", "insert"]).await;
}

#[tokio::test]
async fn it_comes_to_an_end_by_number_and_by_time() {
    let (outcome, asked) = create("obedient", &[("insert", Failure::Serialization); 9], TIME).await;
    assert_eq!(outcome.map(drop), Err(ErrorKind::Contention));
    assert_eq!(asked.iter().filter(|word| **word == "insert").count(), 4);
    // The second pause would not fit.
    let started = Instant::now();
    let (outcome, _) = create("obedient", &[("insert", Failure::Serialization); 9], Duration::from_millis(45)).await;
    assert!(matches!(outcome, Err(ErrorKind::Contention | ErrorKind::Timeout)), "{outcome:?}");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}
