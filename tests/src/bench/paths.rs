//! What the host itself does for a request, without HTTP, sandbox and database: reading
//! filters and PATCH bodies, and rendering a page over a connector that keeps its objects
//! in memory.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use patchbay_contract::Context;
use patchbay_gateway::{AppConfig, Base, Gateway, Method, Request, Response};
use patchbay_memory::{Memory, helpdesk};
use patchbay_scim::patch::MAX_OPERATIONS;
use patchbay_scim::{Filter, PATCH_URN, ParseOptions, Patch, Profile, SchemaSet, USER_URN, schema};
use serde_json::{Value, json};

use super::median::median;
use super::report::Report;

/// Runs of each path; the median of an odd number is one of them.
const RUNS: usize = 11;
/// How long a run is to take at least, so that the clock is no part of what it shows.
const RUN: Duration = Duration::from_millis(20);
/// Users on the page.
const USERS: usize = 100;

/// What Entra asks for before each change.
const MATCH: &str = r#"userName eq "barbara.jensen@example.com""#;
/// Of every kind of expression one.
const MIXED: &str = "userType eq \"Employee\" and (emails[type eq \"work\" and value co \"@example.com\"] or \
                     meta.lastModified gt \"2011-05-13T04:42:34Z\") and not (title sw \"x\")";

/// Measures each path and reports.
pub(super) async fn measure(report: &mut Report) -> Result<()> {
    report.section(
        "What the host does itself",
        &format!(
            "The time of one operation: the median of {RUNS} runs, each of as many operations as take {} ms. The page \
             is answered by the gateway over a connector in memory.",
            RUN.as_millis()
        ),
    );
    report.head(&["path", "per operation"]);
    let mut row =
        |name: &str, time: Duration| report.row(&[name.to_owned(), format!("{:.1} us", time.as_secs_f64() * 1e6)]);

    let profile = Profile::builtin("entra")?;
    let schemas = SchemaSet::new(schema::user(), vec![(schema::enterprise_user(), false)]);
    let options = ParseOptions::of(schemas.urns(), &profile);
    let read = |text: &str| Ok(Filter::parse(text, &options)?.typed(&schemas, &profile)?);
    let long = long_filter();
    row("filter of Entra's matching: parse and type", timed(|| (), |()| read(MATCH))?);
    row("filter with one of each: parse and type", timed(|| (), |()| read(MIXED))?);
    let name = format!("filter of {} bytes and 200 comparisons: parse and type", long.len());
    row(&name, timed(|| (), |()| read(&long))?);

    let body = patch_body();
    let compile = |body| Ok(Patch::parse(body, &schemas, &profile, MAX_OPERATIONS)?);
    row("PATCH of Entra, six attributes: compile", timed(|| body.clone(), compile)?);

    let app = App::with_users().await?;
    let page = || request(Method::Get, "/Users", &[("count", "100")], None);
    let time = app.timed(page).await?;
    row("page of 100 users: render", time);
    let response = app.gateway.handle(page(), &()).await;
    let shown = response.body.as_ref().and_then(|body| body.get("Resources")).and_then(Value::as_array);
    ensure!(shown.map(Vec::len) == Some(USERS), "another page: {:?}", response.body);
    let written = serde_json::to_vec(&response.body)?;
    let serialise = |()| Ok(serde_json::to_vec(&response.body)?);
    row(&format!("page of 100 users: serialise {} bytes", written.len()), timed(|| (), serialise)?);
    let mixed = || request(Method::Get, "/Users", &[("count", "0"), ("filter", MIXED)], None);
    row("count of a filter: parse, split and ask", app.timed(mixed).await?);
    let operations = json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "u0@example.com"}]);
    let unchanged = json!({"schemas": [PATCH_URN], "Operations": operations});
    let unchanged = || request(Method::Patch, "/Users/1", &[], Some(unchanged.clone()));
    row("PATCH that changes nothing: the whole request", app.timed(unchanged).await?);
    Ok(())
}

/// Many alternatives, as a client has it that asks for a list of names at once.
fn long_filter() -> String {
    let names: Vec<String> = (0..200).map(|n| format!("userName eq \"user{n:04}@example.com\"")).collect();
    names.join(" or ")
}

/// What Entra sends when a person moves to another department.
fn patch_body() -> Value {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    json!({"schemas": [PATCH_URN], "Operations": [
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "barbara.hansen@example.com"},
        {"op": "Replace", "path": "name.familyName", "value": "Hansen"},
        {"op": "Replace", "path": "active", "value": "True"},
        {"op": "Add", "path": "title", "value": "Tour Guide"},
        {"op": "Add", "path": format!("{enterprise}:department"), "value": "Travel"},
        {"op": "Remove", "path": "nickName"},
    ]})
}

/// The median time of `work` over the runs; what it needs is made by `input`, off the clock.
fn timed<I, T>(input: impl Fn() -> I, work: impl Fn(I) -> Result<T>) -> Result<Duration> {
    let run = |count: u32| -> Result<Duration> {
        let inputs: Vec<I> = (0..count).map(|_| input()).collect();
        let start = Instant::now();
        inputs.into_iter().try_for_each(|input| work(input).map(black_box).map(drop))?;
        Ok(start.elapsed())
    };
    let mut count = 1;
    while run(count)? < RUN {
        count *= 2;
    }
    let times = (0..RUNS).map(|_| Ok(run(count)? / count)).collect::<Result<Vec<_>>>()?;
    Ok(median(&times))
}

/// A gateway and what stands behind it.
struct App {
    memory: Arc<Memory>,
    gateway: Gateway,
}

impl App {
    /// With so many users as fill a page.
    async fn with_users() -> Result<Self> {
        let memory = Arc::new(Memory::new(helpdesk::wide()).versioned());
        let resources = toml::from_str(helpdesk::WIDE)?;
        let config = AppConfig { resources, client: "entra".to_owned(), ecma2host: false };
        let gateway = Gateway::new(&config, Arc::clone(&memory) as Arc<_>).map_err(|wrong| anyhow!("{wrong:?}"))?;
        let app = Self { memory, gateway };
        for number in 0..USERS {
            let body = json!({
                "schemas": [USER_URN], "userName": format!("u{number}"), "externalId": format!("E-{number}"),
                "name": {"givenName": "Barbara", "familyName": "Jensen"}, "userType": "Employee", "active": true,
                "emails": [{"type": "work", "value": format!("u{number}@example.com")}],
            });
            app.ask(request(Method::Post, "/Users", &[], Some(body))).await?;
        }
        Ok(app)
    }

    /// An answer that has to be a success.
    async fn ask(&self, request: Request) -> Result<Response> {
        let answer = self.gateway.handle(request, &()).await;
        ensure!(answer.status < 300, "{}: {:?}", answer.status, answer.body);
        // What it keeps for tests would grow without an end.
        self.memory.reads();
        self.memory.writes();
        Ok(answer)
    }

    /// As [`timed`], for a request.
    async fn timed(&self, request: impl Fn() -> Request) -> Result<Duration> {
        let mut times = Vec::with_capacity(RUNS);
        for _ in 0..RUNS {
            let (mut spent, mut count) = (Duration::ZERO, 0_u32);
            while spent < RUN {
                let request = request();
                let start = Instant::now();
                black_box(self.ask(request).await?);
                spent += start.elapsed();
                count += 1;
            }
            times.push(spent.checked_div(count).context("nothing was timed")?);
        }
        Ok(median(&times))
    }
}

fn request(method: Method, path: &str, query: &[(&str, &str)], body: Option<Value>) -> Request {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Request {
        method,
        path: path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect(),
        query: query.iter().map(pair).collect(),
        body,
        if_match: None,
        if_none_match: None,
        me: None,
        base_url: "https://host/scim".to_owned(),
        base: Base::Scim,
        context: Context { request_id: "bench".to_owned(), traceparent: None, deadline: Duration::from_secs(60) },
    }
}
