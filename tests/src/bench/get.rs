//! GET by id on PostgreSQL: Patchbay against the floor.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Options;
use super::floor::Statements;
use super::load::{Measured, Requests};
use super::process::{Server, free_address};
use super::report::{Goal, Report};
use super::served::Setting;
use crate::{Helpdesk, Host, HostOptions, Target};

/// People in the database.
const PEOPLE: u64 = 10_000;
/// Connections to the database that each server may use.
const POOL: u32 = 32;
/// Turns of each server.
const TURNS: usize = 5;

/// Measures at 1 and at 32 connections; returns what one request takes on one connection.
pub(super) async fn measure(options: &Options, turn: Duration, report: &mut Report) -> Result<Duration> {
    let helpdesk = Helpdesk::empty(Target::Postgres).await?;
    helpdesk.fill(PEOPLE).await?;
    let setting = Setting::new(&helpdesk, options, POOL)?;
    let patchbay = setting.start(&helpdesk).await?;
    let statements = statements(&helpdesk).await?;
    let plain = floor(&helpdesk, &statements, free_address()?, false).await?;
    let pipelined = floor(&helpdesk, &statements, free_address()?, true).await?;

    let paths = || (1..=PEOPLE).step_by(7).map(|id| format!("/Users/{id}"));
    let ours = setting.requests(paths());
    let floors = [&plain, &pipelined].map(|floor| Requests::get(floor.address, "", paths()));
    for floor in &floors {
        same_answers(&ours, floor).await?;
    }

    report.section(
        "GET by id on PostgreSQL",
        "Requests per second for `GET /Users/ID` with all attributes of the example's mapping. The floor is a small \
         axum program with the same driver, the same statements, the same allocator and hand-written JSON: no sandbox, \
         no mapping, no policy. It sends one statement after the other, as such programs are written, and that is what \
         the goal is about. Patchbay sends them in one pipeline; so does the second floor, which shows what that \
         alone is worth. They take turns.",
    );
    report.head(&[
        "connections",
        "floor",
        "pipelined floor",
        "Patchbay",
        "ratio",
        "goal",
        "",
        "ratio to the pipelined",
    ]);
    let mut single = Duration::ZERO;
    for connections in [1, 32] {
        let servers = [&floors[0], &floors[1], &ours];
        for requests in servers {
            requests.run(connections, turn / 2).await?;
        }
        let mut sums: [Option<Measured>; 3] = [None, None, None];
        for _ in 0..TURNS {
            for (requests, sum) in servers.iter().zip(&mut sums) {
                let measured = requests.run(connections, turn).await?;
                *sum = Some(match sum.take() {
                    Some(before) => before.and(measured),
                    None => measured,
                });
            }
        }
        let [Some(floor), Some(pipelined), Some(patchbay)] = sums.map(|sum| sum.map(|sum| sum.rate())) else {
            anyhow::bail!("no turns");
        };
        if connections == 1 {
            single = Duration::from_secs_f64(1.0 / patchbay);
        }
        let ratio = patchbay / floor;
        let verdict = report.judge(&format!("GET at {connections} connections"), ratio, Goal::AtLeast(0.6));
        report.row(&[
            connections.to_string(),
            format!("{floor:.0}/s"),
            format!("{pipelined:.0}/s"),
            format!("{patchbay:.0}/s"),
            format!("{ratio:.2}"),
            "≥ 0.6".to_owned(),
            verdict.to_owned(),
            format!("{:.2}", patchbay / pipelined),
        ]);
    }
    drop((patchbay, plain, pipelined));
    Ok(single)
}

/// The statements that a GET leads to, as an observer of a host in this process sees them.
async fn statements(helpdesk: &Helpdesk) -> Result<Statements> {
    let seen = Arc::new(crate::Statements::default());
    let options = HostOptions { observer: Some(seen.clone()), ..HostOptions::default() };
    let mut host = Host::start(helpdesk, options).await?;
    let client = host.client("helpdesk")?;
    for _ in 0..2 {
        // The first one also asks for the catalogue.
        seen.take();
        let answer = client.get("/Users/1").await?;
        ensure!(answer.status == 200, "{}", answer.text);
    }
    host.shutdown().await;
    Statements::among(&seen.take())
}

/// The floor server as a process of its own: this program, told to be it.
async fn floor(helpdesk: &Helpdesk, statements: &Statements, address: SocketAddr, pipelined: bool) -> Result<Server> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), serde_json::to_vec(statements)?)?;
    let (listen, connections) = (address.to_string(), POOL.to_string());
    let file_name = file.path().display().to_string();
    let arguments = ["floor", "--listen", &listen, "--connections", &connections, "--statements", &file_name];
    let arguments = arguments.into_iter().map(str::to_owned).chain(["--database".to_owned(), helpdesk.url()]);
    let arguments: Vec<String> = arguments.chain(pipelined.then(|| "--pipelined".to_owned())).collect();
    let password = helpdesk.password().context("PostgreSQL has a password")?.to_owned();
    Server::start(&std::env::current_exe()?, arguments, &[("FLOOR_PASSWORD", password)], address).await
}

/// A comparison is only fair between servers that say the same.
async fn same_answers(ours: &Requests, theirs: &Requests) -> Result<()> {
    for index in [0, 100, 1000] {
        let (ours, theirs) = (person(&ours.once(index).await?)?, person(&theirs.once(index).await?)?);
        ensure!(ours == theirs, "the servers answer differently:\n{ours:#}\n{theirs:#}");
    }
    Ok(())
}

/// The parts of an answer that do not depend on the server's address.
fn person(body: &[u8]) -> Result<Value> {
    let mut person: Value = serde_json::from_slice(body)?;
    let meta = person.get_mut("meta").and_then(Value::as_object_mut).context("no meta")?;
    meta.remove("location").context("no location")?;
    Ok(person)
}
