//! Requests over HTTP, and Patchbay in front of the directory to answer them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use patchbay_test_support::OpenLdap;
use serde_json::{Value, json};

use super::{CONNECTIONS, Operation, PEOPLE};
use crate::bench::Options;
use crate::bench::load::{Connection, Measured};
use crate::bench::process::{Server, free_address};
use crate::bench::served::TOKEN;

/// What paths start with, of the floor as well.
pub(super) const SCIM: &str = "/apps/directory/scim/v2";

/// The program in front of the directory, with all it needs in `place`.
pub(super) async fn start(directory: &OpenLdap, options: &Options, place: &Path) -> Result<Server> {
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

/// SCIM ids of the people, by their number.
pub(super) async fn ids(server: &Server) -> Result<Vec<String>> {
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

/// What a server says of a person, without what depends on the server.
pub(super) async fn person(server: &Server, person: u64, ids: &[String]) -> Result<Value> {
    let mut connection = Connection::open(server.address).await?;
    let (message, _) = request(server.address, Operation::Search, person, ids, &AtomicU64::new(0))?;
    connection.ask(message.as_bytes()).await?;
    let mut list: Value = serde_json::from_slice(connection.body())?;
    let meta = list.pointer_mut("/Resources/0/meta").and_then(Value::as_object_mut).context("nobody")?;
    meta.retain(|name, _| name == "resourceType");
    Ok(list)
}

/// One request after the other on so many connections, for so long.
pub(super) async fn run(
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
        "{method} {SCIM}{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\n\
         Accept: application/scim+json\r\nContent-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
