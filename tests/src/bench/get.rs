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
    let floor_address = free_address()?;
    let floor = floor(&helpdesk, floor_address).await?;

    let paths = || (1..=PEOPLE).step_by(7).map(|id| format!("/Users/{id}"));
    let ours = setting.requests(paths());
    let theirs = Requests::get(floor.address, "", paths());
    same_answers(&ours, &theirs).await?;

    report.section(
        "GET by id on PostgreSQL",
        "Requests per second for `GET /Users/ID` with all attributes of the example's mapping. The floor is a small \
         axum program with the same driver, the same statements and hand-written JSON: no sandbox, no mapping, no \
         policy. The two take turns.",
    );
    report.head(&["connections", "floor", "Patchbay", "ratio", "goal", ""]);
    let mut single = Duration::ZERO;
    for connections in [1, 32] {
        ours.run(connections, turn / 2).await?;
        theirs.run(connections, turn / 2).await?;
        let mut sums: Option<(Measured, Measured)> = None;
        for _ in 0..TURNS {
            let pair = (theirs.run(connections, turn).await?, ours.run(connections, turn).await?);
            sums = Some(sums.map_or(pair, |(floor, patchbay)| (floor.and(pair.0), patchbay.and(pair.1))));
        }
        let (floor, patchbay) = sums.context("no turns")?;
        if connections == 1 {
            single = Duration::from_secs_f64(1.0 / patchbay.rate());
        }
        let ratio = patchbay.rate() / floor.rate();
        let verdict = report.judge(&format!("GET at {connections} connections"), ratio, Goal::AtLeast(0.6));
        report.row(&[
            connections.to_string(),
            format!("{:.0}/s", floor.rate()),
            format!("{:.0}/s", patchbay.rate()),
            format!("{ratio:.2}"),
            "≥ 0.6".to_owned(),
            verdict.to_owned(),
        ]);
    }
    drop((patchbay, floor));
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
async fn floor(helpdesk: &Helpdesk, address: SocketAddr) -> Result<Server> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), serde_json::to_vec(&statements(helpdesk).await?)?)?;
    let (listen, connections) = (address.to_string(), POOL.to_string());
    let file_name = file.path().display().to_string();
    let arguments = ["floor", "--listen", &listen, "--connections", &connections, "--statements", &file_name];
    let arguments: Vec<String> =
        arguments.into_iter().map(str::to_owned).chain(["--database".to_owned(), helpdesk.url()]).collect();
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
