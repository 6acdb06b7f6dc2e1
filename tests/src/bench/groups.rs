//! One member more or less: in a group of ten, and in one of a hundred thousand.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Options;
use super::load::Connection;
use super::median::median;
use super::report::{Goal, Report};
use super::served::{Setting, TOKEN};
use crate::{Helpdesk, Target};

/// Members of the two groups.
const SIZES: [u64; 2] = [10, 100_000];
/// People who are in neither, and are added and removed in turn.
const OTHERS: u64 = 500;
/// Changes before the clock starts.
const WARM_UP: u64 = 50;

/// What a PATCH does to the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Add,
    Remove,
}

/// Adds and removes people one by one, in both groups in turn.
pub(super) async fn measure(options: &Options, report: &mut Report) -> Result<()> {
    let helpdesk = Helpdesk::empty(Target::Postgres).await?;
    helpdesk.fill(SIZES[1] + OTHERS).await?;
    for (group, size) in (1..).zip(SIZES) {
        helpdesk.execute(&group_of(group, size)).await?;
    }
    helpdesk.execute("ANALYZE").await?;
    let setting = Setting::new(&helpdesk, options, 4)?;
    let server = setting.start(&helpdesk).await?;
    let mut client = Client { connection: Connection::open(server.address).await?, address: server.address };

    let mut times: [[Vec<Duration>; 2]; 2] = Default::default();
    for other in 1..=OTHERS {
        let person = SIZES[1] + other;
        for (change, times) in [Change::Add, Change::Remove].into_iter().zip(&mut times) {
            for (group, times) in (1..).zip(times) {
                let time = client.patch(group, change, person).await?;
                if other > WARM_UP {
                    times.push(time);
                }
                // The group itself says what became of it, now and then.
                if other % 100 == 1 {
                    ensure!(
                        client.is_member(group, person).await? == (change == Change::Add),
                        "{change:?} did nothing"
                    );
                }
            }
        }
    }

    report.section(
        "One member more or less",
        &format!(
            "`PATCH /Groups/ID` that adds or removes one member, as Entra sends it, on PostgreSQL (which does not wait \
             for its disk here): medians of {} each, one connection, both groups in turn.",
            OTHERS - WARM_UP
        ),
    );
    report.head(&["change", "group of 10", "group of 100,000", "ratio", "goal", ""]);
    for (change, [small, big]) in ["add", "remove"].into_iter().zip(&times) {
        let (small, big) = (median(small), median(big));
        let ratio = big.as_secs_f64() / small.as_secs_f64();
        let verdict = report.judge(&format!("{change} a member of a big group"), ratio, Goal::AtMost(1.5));
        let ms = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
        report.row(&[change, &ms(small), &ms(big), &format!("{ratio:.2}"), "≤ 1.5", verdict]);
    }
    Ok(())
}

/// The statements that make a group of the first `size` people, past the triggers: an audit
/// line for each of them would take longer than the rest.
fn group_of(group: u64, size: u64) -> String {
    format!(
        "INSERT INTO team (team_id, name) VALUES ({group}, 'Group of {size}');
         ALTER TABLE team_person DISABLE TRIGGER USER;
         INSERT INTO team_person (team_id, person_id) SELECT {group}, n FROM generate_series(1, {size}) AS n;
         ALTER TABLE team_person ENABLE TRIGGER USER;"
    )
}

/// One client on one connection.
struct Client {
    connection: Connection,
    address: SocketAddr,
}

impl Client {
    /// The time of a change, which has to be made.
    async fn patch(&mut self, group: u64, change: Change, person: u64) -> Result<Duration> {
        let op = match change {
            Change::Add => "Add",
            Change::Remove => "Remove",
        };
        let operation = json!({ "op": op, "path": "members", "value": [{ "value": person.to_string() }] });
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let body = json!({ "schemas": [schema], "Operations": [operation] }).to_string();
        let head = self.head("PATCH", &format!("/Groups/{group}"));
        let message =
            format!("{head}Content-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let start = Instant::now();
        let status = self.connection.exchange(message.as_bytes()).await?;
        let time = start.elapsed();
        ensure!(status == 204, "{change:?}: {status} {}", String::from_utf8_lossy(self.connection.body()));
        Ok(time)
    }

    async fn is_member(&mut self, group: u64, person: u64) -> Result<bool> {
        let filter = format!("id%20eq%20%22{group}%22%20and%20members%5Bvalue%20eq%20%22{person}%22%5D");
        let head = self.head("GET", &format!("/Groups?excludedAttributes=members&filter={filter}"));
        self.connection.ask(format!("{head}\r\n").as_bytes()).await?;
        let list: Value = serde_json::from_slice(self.connection.body())?;
        Ok(list.get("totalResults").and_then(Value::as_u64).context("no total")? == 1)
    }

    fn head(&self, method: &str, path: &str) -> String {
        let address = self.address;
        format!(
            "{method} /apps/helpdesk/scim/v2{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\n"
        )
    }
}
