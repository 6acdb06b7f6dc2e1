//! A directory: Patchbay beside a program with `ldap3` alone, on the same OpenLDAP server.

mod bare;
mod gated;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use patchbay_test_support::OpenLdap;
use serde_json::{Value, json};

use super::Options;
use super::load::{Connection, Measured};
use super::process::{Server, free_address};
use super::report::{Goal, Report};
use super::served::TOKEN;
use bare::Login;

/// People in the directory, beside those who are made here.
const PEOPLE: u64 = 5_000;
/// Connections on both sides.
const CONNECTIONS: u64 = 32;
/// Turns of each side.
const TURNS: usize = 3;
/// Entries of one call of the program that loads them.
const LOADED: u64 = 1_000;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Search,
    Modify,
    Add,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Search => "search by uid",
            Self::Modify => "modify",
            Self::Add => "add",
        }
    }

    fn request(self) -> &'static str {
        match self {
            Self::Search => "`GET /Users?filter=userName eq \"...\"`",
            Self::Modify => "`PATCH /Users/ID` of a title",
            Self::Add => "`POST /Users`",
        }
    }
}

/// The name of a person's entry.
fn person_dn(base: &str, person: u64) -> String {
    format!("uid=user{person},{base}")
}

/// Measures all three.
pub(super) async fn measure(options: &Options, turn: Duration, report: &mut Report) -> Result<()> {
    let directory = OpenLdap::start()?;
    let login = Login {
        url: directory.url(),
        dn: directory.admin_dn().to_owned(),
        password: directory.password().to_owned(),
        base: format!("ou=people,{}", directory.base()),
    };
    fill(&directory, &login.base)?;
    let place = tempfile::Builder::new().prefix("patchbay-bench-").tempdir()?;
    let server = start(&directory, options, place.path()).await?;
    let ids = Arc::new(ids(&server).await?);
    let fresh = Arc::new(AtomicU64::new(0));

    let binding = gated::binding(&login, CONNECTIONS)?;
    report.section(
        "A directory, beside a program with `ldap3` alone",
        &format!(
            "Operations per second on OpenLDAP with {CONNECTIONS} connections. The bare program speaks LDAP and \
             nothing else: it knows the entry's name, sends the one operation and drops the answer. Beside it is the \
             host's way to a directory for the same operation (gate, pool and driver, a lease for each), and then the \
             whole of Patchbay: a request over HTTP, an entry that is found by its id, an answer with the resource; \
             a PATCH takes four operations of the directory and three instances of the connector. They take turns.",
        ),
    );
    report.head(&[
        "operation",
        "`ldap3` alone",
        "through the gate",
        "ratio",
        "goal",
        "",
        "request",
        "answers",
        "ratio",
        "",
    ]);
    for operation in [Operation::Search, Operation::Modify, Operation::Add] {
        served(&server, operation, turn / 2, &ids, &fresh).await?;
        let mut sums: [Option<Measured>; 3] = [None; 3];
        for _ in 0..TURNS {
            let measured = [
                bare::run(&login, operation, CONNECTIONS, turn, &fresh).await?,
                gated::run(&binding, &login.base, operation, CONNECTIONS, turn, &fresh).await?,
                served(&server, operation, turn, &ids, &fresh).await?,
            ];
            for (sum, measured) in sums.iter_mut().zip(measured) {
                *sum = Some(sum.map_or(measured, |before| before.and(measured)));
            }
        }
        let [Some(bare), Some(gated), Some(whole)] = sums.map(|sum| sum.map(Measured::rate)) else { bail!("no turns") };
        let mut judge = |what: &str, rate: f64| {
            report.judge(&format!("{} in a directory, {what}", operation.name()), rate / bare, Goal::AtLeast(0.7))
        };
        let (way, request) = (judge("through the gate", gated), judge("the whole request", whole));
        report.row(&[
            operation.name(),
            &format!("{bare:.0}/s"),
            &format!("{gated:.0}/s"),
            &format!("{:.2}", gated / bare),
            "≥ 0.7",
            way,
            operation.request(),
            &format!("{whole:.0}/s"),
            &format!("{:.2}", whole / bare),
            request,
        ]);
    }
    Ok(())
}

/// The program in front of the directory, with all it needs in `place`.
async fn start(directory: &OpenLdap, options: &Options, place: &Path) -> Result<Server> {
    let address = free_address()?;
    let config = format!(
        r#"
[server]
listen     = "{address}"
plain_http = true

[engine]
cache = "cache"

[apps.directory]
connector = "ldap"
tokens    = [{{ env = "BENCH_TOKEN" }}]

[apps.directory.bindings.directory]
capability = "ldap"
servers    = ["{url}"]
bind       = {{ as = "{admin}" }}
password   = {{ env = "BENCH_PASSWORD" }}
tls        = {{ start_tls = false }}
pool       = {{ max = {CONNECTIONS} }}

[apps.directory.bindings.directory.allow]
read       = ["{base}"]
write      = ["ou=people,{base}"]
verbs      = ["search", "add", "modify"]
attributes = {{ write = ["objectClass", "uid", "cn", "sn", "givenName", "mail", "title"] }}

[apps.directory.settings.classes.person]
object_classes = "inetOrgPerson"
base           = "ou=people,{base}"
dn             = "uid={{uid}},ou=people,{base}"
include        = ["uid", "cn", "sn", "givenName", "mail", "title"]

[apps.directory.resources.User]
class = "person"

[apps.directory.resources.User.attributes]
userName            = "uid"
displayName         = "cn"
"name.familyName"   = "sn"
"name.givenName"    = "givenName"
title               = "title"
'emails[type eq "work"].value' = "mail"
"#,
        url = directory.url(),
        admin = directory.admin_dn(),
        base = directory.base(),
    );
    std::fs::write(place.join("patchbay.toml"), config)?;
    let connectors = place.join("connectors");
    std::fs::create_dir(&connectors)?;
    std::fs::copy(options.guests.join("ldap.wasm"), connectors.join("ldap.wasm"))?;
    // Built-in connectors are found beside the program.
    let program = place.join("patchbay");
    std::fs::copy(&options.patchbay, &program)?;
    let environment = [
        ("BENCH_TOKEN", TOKEN.to_owned()),
        ("BENCH_PASSWORD", directory.password().to_owned()),
        ("PATCHBAY_LOG", "error".to_owned()),
    ];
    let config = place.join("patchbay.toml");
    Server::start(&program, ["serve".as_ref(), "--config".as_ref(), config.as_os_str()], &environment, address).await
}

/// Puts people there.
fn fill(directory: &OpenLdap, base: &str) -> Result<()> {
    for first in (0..PEOPLE).step_by(LOADED as usize) {
        let mut ldif = String::new();
        for person in first..PEOPLE.min(first + LOADED) {
            write!(
                ldif,
                "dn: {}\nobjectClass: inetOrgPerson\nuid: user{person}\ncn: User {person}\nsn: Number {person}\n\
                 givenName: User\nmail: user{person}@example.org\ntitle: Agent\n\n",
                person_dn(base, person)
            )?;
        }
        directory.ldif(&ldif)?;
    }
    Ok(())
}

/// SCIM ids of the people, by their number.
async fn ids(server: &Server) -> Result<Vec<String>> {
    let mut ids = vec![String::new(); usize::try_from(PEOPLE)?];
    let mut connection = Connection::open(server.address).await?;
    let mut start = 1;
    while start <= PEOPLE {
        let path = format!("/Users?attributes=userName&startIndex={start}&count=1000");
        connection.ask(message(server.address, "GET", &path, None).as_bytes()).await?;
        let page: Value = serde_json::from_slice(connection.body())?;
        let people = page.get("Resources").and_then(Value::as_array).context("no resources")?;
        ensure!(!people.is_empty(), "the walk ends after {start}");
        start += people.len() as u64;
        for person in people {
            let text = |name| person.get(name).and_then(Value::as_str).with_context(|| format!("no {name}"));
            let number = text("userName")?.strip_prefix("user").context("somebody else")?;
            let place = ids.get_mut(number.parse::<usize>()?).context("a number too many")?;
            text("id")?.clone_into(place);
        }
    }
    ensure!(ids.iter().all(|id| !id.is_empty()), "somebody was not in the walk");
    Ok(ids)
}

/// One request after the other on so many connections, for so long.
async fn served(
    server: &Server,
    operation: Operation,
    duration: Duration,
    ids: &Arc<Vec<String>>,
    fresh: &Arc<AtomicU64>,
) -> Result<Measured> {
    let (start, address) = (Instant::now(), server.address);
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let (ids, fresh) = (Arc::clone(ids), Arc::clone(fresh));
            tokio::spawn(async move {
                let mut connection = Connection::open(address).await?;
                let (mut answers, mut person) = (0, number * PEOPLE / CONNECTIONS);
                while start.elapsed() < duration {
                    let (message, expected) = request(address, operation, person % PEOPLE, &ids, &fresh)?;
                    let status = connection.exchange(message.as_bytes()).await?;
                    ensure!(status == expected, "{status}: {}", String::from_utf8_lossy(connection.body()));
                    (answers, person) = (answers + 1, person + 1);
                }
                anyhow::Ok(answers)
            })
        })
        .collect();
    let mut answers = 0;
    for task in tasks {
        answers += task.await??;
    }
    Ok(Measured { answers, elapsed: start.elapsed() })
}

/// A request, and the status that answers it.
fn request(
    address: SocketAddr,
    operation: Operation,
    person: u64,
    ids: &[String],
    fresh: &AtomicU64,
) -> Result<(String, u16)> {
    Ok(match operation {
        Operation::Search => {
            let path = format!("/Users?filter=userName%20eq%20%22user{person}%22");
            (message(address, "GET", &path, None), 200)
        }
        Operation::Modify => {
            let title = format!("Title {}", fresh.fetch_add(1, Ordering::Relaxed));
            let body = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{ "op": "replace", "path": "title", "value": title }],
            });
            let id = ids.get(usize::try_from(person)?).context("nobody has that number")?;
            (message(address, "PATCH", &format!("/Users/{id}"), Some(&body)), 200)
        }
        Operation::Add => {
            let number = fresh.fetch_add(1, Ordering::Relaxed);
            let body = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": format!("new{number}"),
                "displayName": format!("New {number}"),
                "name": { "familyName": format!("Number {number}") },
                "emails": [{ "type": "work", "value": format!("new{number}@example.org") }],
            });
            (message(address, "POST", "/Users", Some(&body)), 201)
        }
    })
}

fn message(address: SocketAddr, method: &str, path: &str, body: Option<&Value>) -> String {
    let body = body.map(Value::to_string).unwrap_or_default();
    format!(
        "{method} /apps/directory/scim/v2{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\n\
         Accept: application/scim+json\r\nContent-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
