//! How long the gateway's own work takes: `cargo run --release -p patchbay-gateway
//! --example hot_paths`. One line per path: its name and the median in microseconds.

#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_contract::Context;
use patchbay_gateway::{AppConfig, Base, Gateway, Method, Request, Response};
use patchbay_memory::{Memory, helpdesk};
use patchbay_scim::{Filter, PATCH_URN, ParseOptions, Patch, Profile, SchemaSet, USER_URN, patch, schema};
use serde_json::{Value, json};

/// How often each path is walked; the median of an odd number is one of them.
const ROUNDS: usize = 501;
const FILTER: &str = "userType eq \"Employee\" and (emails[type eq \"work\" and value co \"@example.com\"] or \
                      meta.lastModified gt \"2011-05-13T04:42:34Z\") and not (title sw \"x\")";

fn main() -> Result<(), Box<dyn Error>> {
    let profile = Profile::builtin("default")?;
    let schemas = SchemaSet::new(schema::user(), vec![(schema::enterprise_user(), false)]);
    let options = ParseOptions::of(schemas.urns(), &profile);
    report("filter: parse and type", || Ok(Filter::parse(FILTER, &options)?.typed(&schemas, &profile)?))?;

    let body = json!({"schemas": [PATCH_URN], "Operations": [
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "b@example.com"},
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "Add", "value": {"name.givenName": "Barbara", "title": "Tour Guide"}},
        {"op": "Remove", "path": "nickName"},
    ]});
    report("patch: compile", || Ok(Patch::parse(body.clone(), &schemas, &profile, patch::MAX_OPERATIONS)?))?;

    let memory = Arc::new(Memory::new(helpdesk::wide()).versioned());
    let config =
        AppConfig { resources: toml::from_str(helpdesk::WIDE)?, client: "default".to_owned(), ecma2host: false };
    let gateway = Gateway::new(&config, Arc::clone(&memory) as Arc<_>).map_err(|problems| format!("{problems:?}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let send =
        |method, target: &str, body: Option<Value>| runtime.block_on(gateway.handle(request(method, target, body)));
    for number in 0..100 {
        let emails = json!([{"type": "work", "value": format!("u{number}@example.com")}]);
        let body = json!({
            "schemas": [USER_URN], "userName": format!("u{number}"), "externalId": format!("E-{number}"),
            "name": {"givenName": "Barbara", "familyName": "Jensen"}, "userType": "Employee", "active": true,
            "emails": emails,
        });
        expect(&send(Method::Post, "/Users", Some(body)), 201)?;
    }
    memory.writes();

    let filtered = format!("/Users?count=0&filter={FILTER}");
    report("filter: parse, type, plan and ask, no results", || {
        let answer = send(Method::Get, &filtered, None);
        memory.reads();
        expect(&answer, 200).map(|()| answer)
    })?;
    report("page: render 100 users", || {
        let answer = send(Method::Get, "/Users?count=100", None);
        memory.reads();
        expect(&answer, 200).map(|()| answer)
    })?;
    report("page: render and serialise 100 users", || {
        let answer = send(Method::Get, "/Users?count=100", None);
        memory.reads();
        Ok(serde_json::to_vec(&answer.body)?)
    })?;
    report("patch: a whole request that changes nothing", || {
        let operations =
            json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "u0@example.com"}]);
        let answer = send(Method::Patch, "/Users/1", Some(json!({"schemas": [PATCH_URN], "Operations": operations})));
        memory.reads();
        expect(&answer, 200).map(|()| answer)
    })
}

/// Prints the median time of `work`.
fn report<T>(name: &str, mut work: impl FnMut() -> Result<T, Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let mut times: Vec<Duration> = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        black_box(work()?);
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
    println!("{name}: {:.1} us", median.as_secs_f64() * 1e6);
    Ok(())
}

fn expect(response: &Response, status: u16) -> Result<(), Box<dyn Error>> {
    if response.status == status { Ok(()) } else { Err(format!("{}: {:?}", response.status, response.body).into()) }
}

fn request(method: Method, target: &str, body: Option<Value>) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    Request {
        method,
        path: path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect(),
        query: query.split('&').filter_map(pair).collect(),
        body,
        if_match: None,
        if_none_match: None,
        me: None,
        base_url: "https://host/scim".to_owned(),
        base: Base::Scim,
        context: Context { request_id: "r".to_owned(), traceparent: None, deadline: Duration::from_secs(60) },
    }
}
