//! One object after the other, on every database: Patchbay over HTTP beside the database's
//! own driver, which runs the same statements.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use patchbay_capability::sql::Value;
use patchbay_capability::{Observer, Scope, StatementEvent};
use serde_json::json;

use super::Options;
use super::bare::Bare;
use super::load::Connection;
use super::median::median;
use super::report::Report;
use super::served::{Setting, TOKEN};
use crate::{Client, Helpdesk, Host, HostOptions, Target};

/// Rounds of every operation; those of both sides take turns.
const ROUNDS: usize = 300;
/// Rounds before the clock starts.
const WARM_UP: usize = 30;
/// People in the database, beside those who are made here.
const PEOPLE: u64 = 2_000;
/// Stands for the number of the round in what was recorded.
const RECORDED: &str = "000000";

/// What is measured.
#[derive(Debug, Clone, Copy)]
enum Operation {
    Create,
    Get,
    Patch,
}

const OPERATIONS: [Operation; 3] = [Operation::Create, Operation::Get, Operation::Patch];

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "create, with a mail address and a role",
            Self::Get => "get, all attributes",
            Self::Patch => "PATCH of a title",
        }
    }

    /// Method, path and body of the round; a person that is there has the key `person`.
    fn request(self, round: &str, person: u64) -> (reqwest::Method, String, Option<serde_json::Value>) {
        match self {
            Self::Create => {
                let body = json!({
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                    "userName": format!("bench{round}@helpdesk.example"),
                    "name": { "givenName": "Bench", "familyName": format!("Number {round}") },
                    "active": true,
                    "emails": [{ "type": "work", "value": format!("bench{round}@helpdesk.example") }],
                    "roles": [{ "value": "Agent" }],
                });
                (reqwest::Method::POST, "/Users".to_owned(), Some(body))
            }
            Self::Get => (reqwest::Method::GET, format!("/Users/{person}"), None),
            Self::Patch => {
                let change = json!({ "op": "replace", "path": "title", "value": format!("Title {round}") });
                let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
                let body = json!({ "schemas": [schema], "Operations": [change] });
                (reqwest::Method::PATCH, format!("/Users/{person}"), Some(body))
            }
        }
    }
}

/// Measures on every database that can be started here.
pub(super) async fn measure(options: &Options, report: &mut Report) -> Result<()> {
    report.section(
        "Object by object, on every database",
        &format!(
            "One connection, medians of {}; the driver alone runs the statements that Patchbay ran for the same \
             request, in one transaction where it did, prepared once, and reads all rows; it knows no SCIM, no JSON \
             and no HTTP. They take turns. None of the servers waits for its disk here; SQLite does.",
            ROUNDS - WARM_UP
        ),
    );
    report.head(&["database", "operation", "statements", "driver alone", "Patchbay", "share of the driver"]);
    for target in [Target::Sqlite, Target::Postgres, Target::Mariadb] {
        one(target, options, report).await.with_context(|| format!("{target:?}"))?;
    }
    Ok(())
}

async fn one(target: Target, options: &Options, report: &mut Report) -> Result<()> {
    let helpdesk = Helpdesk::empty(target).await?;
    helpdesk.fill(PEOPLE).await?;
    let recorded = record(&helpdesk).await?;
    let setting = Setting::new(&helpdesk, options, 4)?;
    let server = setting.start(&helpdesk).await?;
    let mut connection = Connection::open(server.address).await?;
    let mut bare = Bare::connect(&helpdesk).await?;
    for (operation, statements) in OPERATIONS.into_iter().zip(&recorded) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let person = 1 + (round as u64 * 7) % PEOPLE;
            let time = asked(&mut connection, server.address, operation, &format!("{:06}", round + 1), person).await?;
            let other = 1 + (round as u64 * 7 + 3) % PEOPLE;
            let bare = statements.play(&mut bare, &format!("b{round:05}"), other).await?;
            if round >= WARM_UP {
                ours.push(time);
                theirs.push(bare);
            }
        }
        let (ours, theirs) = (median(&ours), median(&theirs));
        let ms = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
        report.row(&[
            target.name(),
            operation.name(),
            &statements.list.len().to_string(),
            &ms(theirs),
            &ms(ours),
            &format!("{:.0} %", theirs.as_secs_f64() / ours.as_secs_f64() * 100.0),
        ]);
    }
    Ok(())
}

/// The time of one request to Patchbay.
async fn asked(
    connection: &mut Connection,
    address: SocketAddr,
    operation: Operation,
    round: &str,
    person: u64,
) -> Result<Duration> {
    let (method, path, body) = operation.request(round, person);
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let message = format!(
        "{method} /apps/helpdesk/scim/v2{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let start = Instant::now();
    let status = connection.exchange(message.as_bytes()).await?;
    let time = start.elapsed();
    ensure!((200..300).contains(&status), "{method} {path}: {status} {}", String::from_utf8_lossy(connection.body()));
    Ok(time)
}

/// The statements of one request, as they reached the driver.
#[derive(Debug, Default)]
struct Recorded {
    list: Vec<(String, Vec<Value>)>,
    /// The person they are about.
    person: u64,
}

impl Recorded {
    /// Runs them with another round's values, for another person; the time of that.
    async fn play(&self, bare: &mut Bare, round: &str, person: u64) -> Result<Duration> {
        let recorded = i64::try_from(self.person)?;
        let mut person = i64::try_from(person)?;
        let list: Vec<(&str, Vec<Value>)> = self
            .list
            .iter()
            .map(|(text, params)| {
                (
                    text.as_str(),
                    params
                        .iter()
                        .map(|value| match value {
                            Value::Text(text) => Value::Text(text.replace(RECORDED, round)),
                            other => other.clone(),
                        })
                        .collect(),
                )
            })
            .collect();
        let start = Instant::now();
        for (text, mut params) in list {
            if matches!(text, "BEGIN" | "COMMIT") {
                bare.control(text).await?;
                continue;
            }
            for param in &mut params {
                if *param == Value::Integer(recorded) {
                    *param = Value::Integer(person);
                }
            }
            let first = bare.run(text, &params).await.with_context(|| format!("{text} {params:?}"))?;
            if text.contains("RETURNING") || text.contains("LAST_INSERT_ID") {
                person = first.context("a new row without a key")?;
            }
        }
        Ok(start.elapsed())
    }
}

/// Records the statements of each operation with a host in this process.
async fn record(helpdesk: &Helpdesk) -> Result<[Recorded; 3]> {
    let tape = Arc::new(Tape::default());
    let options = HostOptions { observer: Some(tape.clone()), ..HostOptions::default() };
    let mut host = Host::start(helpdesk, options).await?;
    let client = host.client("helpdesk")?;
    let mut all: [Recorded; 3] = Default::default();
    for (operation, recorded) in OPERATIONS.into_iter().zip(&mut all) {
        // The first request also asks for the catalogue.
        send(&client, Operation::Get, RECORDED, 1).await?;
        tape.take();
        let id = send(&client, operation, RECORDED, 1).await?;
        let list = tape.take();
        *recorded = Recorded { list, person: id };
    }
    host.shutdown().await;
    Ok(all)
}

/// Sends a request; the key of its person.
async fn send(client: &Client, operation: Operation, round: &str, person: u64) -> Result<u64> {
    let (method, path, body) = operation.request(round, person);
    let answer = client.send(method, &path, body.as_ref()).await?;
    ensure!((200..300).contains(&answer.status), "{}", answer.text);
    let id = answer.body.get("id").and_then(serde_json::Value::as_str);
    Ok(id.map_or(Ok(person), str::parse)?)
}

/// Statements with their parameters.
#[derive(Debug, Default)]
struct Tape(Mutex<Vec<(String, Vec<Value>)>>);

impl Tape {
    fn take(&self) -> Vec<(String, Vec<Value>)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Tape {
    fn statement(&self, _: &Scope, event: &StatementEvent<'_>) {
        let statement = (event.text.to_owned(), event.params.to_vec());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
    }
}
