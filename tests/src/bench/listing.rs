//! Walking a list of a million people page by page.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::Options;
use super::load::Connection;
use super::median::median;
use super::report::{Goal, Report};
use super::served::{Setting, TOKEN};
use crate::{Helpdesk, Target};

/// People on a page.
const PAGE: u64 = 1000;

/// Lists everybody, as a client does that takes one page after the other.
pub(super) async fn measure(options: &Options, report: &mut Report) -> Result<()> {
    let helpdesk = Helpdesk::empty(Target::Postgres).await?;
    helpdesk.fill(options.people).await?;
    let setting = Setting::new(&helpdesk, options, 16)?;
    let server = setting.start(&helpdesk).await?;
    let mut connection = Connection::open(server.address).await?;
    let address = server.address;
    let ask = |start: u64| {
        format!(
            "GET /apps/helpdesk/scim/v2/Users?startIndex={start}&count={PAGE} HTTP/1.1\r\nHost: {address}\r\n\
             Authorization: Bearer {TOKEN}\r\n\r\n"
        )
    };
    // One page first: what a page takes at all is not growth.
    connection.ask(ask(1).as_bytes()).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let idle = server.resident_kib()?;

    let mut pages = Vec::new();
    let (mut seen, mut highest) = (0, idle);
    let start = Instant::now();
    while seen < options.people {
        let page = Instant::now();
        connection.ask(ask(seen + 1).as_bytes()).await?;
        pages.push(page.elapsed());
        let body: serde_json::Value = serde_json::from_slice(connection.body())?;
        let count = body.get("Resources").and_then(|list| list.as_array()).context("no Resources")?.len();
        ensure!(count > 0, "the list ended after {seen} people");
        ensure!(body.get("totalResults").and_then(serde_json::Value::as_u64) == Some(options.people), "another total");
        seen += count as u64;
        if pages.len() % 10 == 0 {
            highest = highest.max(server.resident_kib()?);
        }
    }
    ensure!(seen == options.people, "{seen} people were listed");
    let elapsed = start.elapsed();

    let tenth = (pages.len() / 10).max(1);
    let first = median(pages.get(..tenth).unwrap_or_default());
    let last = median(pages.get(pages.len() - tenth..).unwrap_or_default());
    let ratio = last.as_secs_f64() / first.as_secs_f64();
    let grown = highest.saturating_sub(idle) as f64 / 1024.0;
    report.section(
        "A long list",
        &format!(
            "{} people on PostgreSQL, {PAGE} to a page with all attributes, by `startIndex` and `count`, each page with \
             `totalResults`: {} pages in {:.0} s, {:.0} people a second. Memory is read every ten pages and held against \
             that before the walk.",
            options.people,
            pages.len(),
            elapsed.as_secs_f64(),
            seen as f64 / elapsed.as_secs_f64(),
        ),
    );
    report.head(&["what", "measured", "goal", ""]);
    let verdict = report.judge("memory of a long list", grown, Goal::AtMost(32.0));
    report.row(&["memory above idle", &format!("{grown:.1} MiB"), "≤ 32 MiB", verdict]);
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    report.row(&["page, median of the first tenth", &ms(first), "", ""]);
    let verdict = report.judge("cost of a late page", ratio, Goal::AtMost(1.25));
    report.row(&["page, median of the last tenth", &ms(last), "≤ 1.25 times the first", verdict]);
    Ok(())
}
