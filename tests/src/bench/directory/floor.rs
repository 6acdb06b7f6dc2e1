//! The floor of a directory: as little as a server can do that answers the same requests from
//! the same entries with `ldap3`. JSON from structures that know their shape; no sandbox, no
//! mapping, no policy, no token, and no comparing of what is there with what is wanted.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch};
use axum::{Json, Router};
use ldap3::{Ldap, Mod, Scope, SearchEntry};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::bare::{Login, connect};
use super::served::SCIM;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// What an answer is made of.
const ATTRIBUTES: [&str; 8] = ["entryUUID", "entryCSN", "uid", "cn", "sn", "givenName", "title", "mail"];

/// How to serve.
#[derive(Debug, Clone, clap::Args)]
pub struct DirectoryFloorOptions {
    /// Where to listen.
    #[arg(long)]
    pub listen: SocketAddr,
    /// `ldap://HOST:PORT`.
    #[arg(long)]
    pub directory: String,
    /// Who asks it.
    #[arg(long)]
    pub bind_dn: String,
    /// The password.
    #[arg(long, env = "FLOOR_PASSWORD", hide_env_values = true)]
    pub password: String,
    /// Where people are.
    #[arg(long)]
    pub base: String,
    /// Connections to the directory.
    #[arg(long)]
    pub connections: usize,
}

/// Connections, and those of them that are not in use.
struct Pool {
    free: Mutex<Vec<Ldap>>,
    permits: Semaphore,
    base: String,
    /// What locations in answers start with.
    url: String,
}

/// Serves until killed.
///
/// # Errors
/// When the directory or the address cannot be had.
pub async fn serve(options: DirectoryFloorOptions) -> Result<()> {
    let login = Login { url: options.directory, dn: options.bind_dn, password: options.password, base: options.base };
    let mut free = Vec::new();
    for _ in 0..options.connections {
        free.push(connect(&login).await?);
    }
    let pool = Arc::new(Pool {
        free: Mutex::new(free),
        permits: Semaphore::new(options.connections),
        base: login.base,
        url: format!("http://{}{SCIM}", options.listen),
    });
    let router = Router::new()
        .route(&format!("{SCIM}/Users"), get(find).post(create))
        .route(&format!("{SCIM}/Users/{{id}}"), patch(change))
        .with_state(pool);
    let listener = tokio::net::TcpListener::bind(options.listen).await?;
    Ok(axum::serve(listener, router).await?)
}

impl Pool {
    /// Does something with a connection that nobody else uses.
    async fn with<T>(&self, work: impl AsyncFnOnce(&mut Ldap) -> Result<T>) -> Result<T> {
        let _permit = self.permits.acquire().await?;
        let connection = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = connection.context("no free connection")?;
        let outcome = work(&mut connection).await;
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        outcome
    }
}

#[derive(Deserialize)]
struct Asked {
    filter: String,
}

async fn find(State(pool): State<Arc<Pool>>, Query(asked): Query<Asked>) -> Response {
    let found = pool.with(async |ldap| {
        let name = asked.filter.strip_prefix("userName eq \"").and_then(|rest| rest.strip_suffix('"'));
        let name = ldap3::ldap_escape(name.context("another filter")?);
        let filter = format!("(&(objectClass=inetOrgPerson)(uid={name}))");
        search(ldap, &pool.base, Scope::Subtree, &filter).await
    });
    answer(StatusCode::OK, found.await, |entries| {
        let people: Vec<User<'_>> = entries.iter().map(|entry| User::of(&pool.url, entry)).collect::<Result<_>>()?;
        let list =
            List { schemas: [LIST], total_results: people.len(), items_per_page: people.len(), start_index: 1, people };
        Ok(serde_json::to_vec(&list)?)
    })
}

#[derive(Deserialize)]
struct Changes {
    #[serde(rename = "Operations")]
    operations: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    path: String,
    value: String,
}

async fn change(State(pool): State<Arc<Pool>>, Path(id): Path<String>, Json(asked): Json<Changes>) -> Response {
    let changed = pool.with(async |ldap| {
        let [Change { path, value }] = asked.operations.as_slice() else { bail!("another PATCH") };
        ensure!(path == "title", "another attribute");
        let filter = format!("(&(objectClass=inetOrgPerson)(entryUUID={}))", ldap3::ldap_escape(&id));
        let found = search(ldap, &pool.base, Scope::Subtree, &filter).await?;
        let dn = &found.first().context("nobody has this id")?.dn;
        ldap.modify(dn, vec![Mod::Replace("title", HashSet::from([value.as_str()]))]).await?.success()?;
        search(ldap, dn, Scope::Base, "(objectClass=*)").await
    });
    answer(StatusCode::OK, changed.await, |entries| one(&pool.url, &entries))
}

async fn create(State(pool): State<Arc<Pool>>, Json(user): Json<New>) -> Response {
    let made = pool.with(async |ldap| {
        let dn = format!("uid={},{}", ldap3::dn_escape(user.user_name.as_str()), pool.base);
        let mail = user.emails.first().context("no address")?;
        let attributes = vec![
            ("objectClass", HashSet::from(["top", "person", "organizationalPerson", "inetOrgPerson"])),
            ("uid", HashSet::from([user.user_name.as_str()])),
            ("cn", HashSet::from([user.display_name.as_str()])),
            ("sn", HashSet::from([user.name.family_name.as_str()])),
            ("mail", HashSet::from([mail.value.as_str()])),
        ];
        ldap.add(&dn, attributes).await?.success()?;
        search(ldap, &dn, Scope::Base, "(objectClass=*)").await
    });
    answer(StatusCode::CREATED, made.await, |entries| one(&pool.url, &entries))
}

async fn search(ldap: &mut Ldap, base: &str, scope: Scope, filter: &str) -> Result<Vec<SearchEntry>> {
    let (found, _) = ldap.search(base, scope, filter, ATTRIBUTES).await?.success()?;
    Ok(found.into_iter().map(SearchEntry::construct).collect())
}

fn answer<T>(status: StatusCode, outcome: Result<T>, render: impl FnOnce(T) -> Result<Vec<u8>>) -> Response {
    match outcome.and_then(render) {
        Ok(body) => (status, [(header::CONTENT_TYPE, "application/scim+json")], body).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn one(url: &str, entries: &[SearchEntry]) -> Result<Vec<u8>> {
    Ok(serde_json::to_vec(&User::of(url, entries.first().context("it is gone")?)?)?)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct New {
    user_name: String,
    display_name: String,
    name: NewName,
    emails: Vec<NewEmail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewName {
    family_name: String,
}

#[derive(Deserialize)]
struct NewEmail {
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    schemas: [&'static str; 1],
    total_results: usize,
    items_per_page: usize,
    start_index: usize,
    #[serde(rename = "Resources")]
    people: Vec<User<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User<'a> {
    schemas: [&'static str; 1],
    id: &'a str,
    user_name: &'a str,
    name: Name<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emails: Option<[Email<'a>; 1]>,
    meta: Meta<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Name<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<&'a str>,
}

#[derive(Serialize)]
struct Email<'a> {
    r#type: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    resource_type: &'static str,
    location: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
}

impl<'a> User<'a> {
    fn of(url: &str, entry: &'a SearchEntry) -> Result<Self> {
        let first = |name: &str| entry.attrs.get(name).and_then(|values| values.first()).map(String::as_str);
        let id = first("entryUUID").context("an entry without an id")?;
        Ok(Self {
            schemas: [USER],
            id,
            user_name: first("uid").context("an entry without a name")?,
            name: Name { family_name: first("sn"), given_name: first("givenName") },
            display_name: first("cn"),
            title: first("title"),
            emails: first("mail").map(|value| [Email { r#type: "work", value }]),
            meta: Meta { resource_type: "User", location: format!("{url}/Users/{id}"), version: first("entryCSN") },
        })
    }
}
