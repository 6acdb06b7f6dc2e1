//! The floor: as little as a server can do that answers `GET /Users/ID` from the same
//! tables. The same driver, the same statements, prepared once per connection; JSON from
//! structures that know their shape; no sandbox, no mapping, no policy, no token.
//!
//! It sends a statement when it has the answer to the one before, as such programs are
//! written, or all in one pipeline, as Patchbay does.

mod body;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row};

/// How to serve.
#[derive(Debug, Clone, clap::Args)]
pub struct FloorOptions {
    /// Where to listen.
    #[arg(long)]
    pub listen: SocketAddr,
    /// `postgres://USER@HOST:PORT/DATABASE`.
    #[arg(long)]
    pub database: String,
    /// The password.
    #[arg(long, env = "FLOOR_PASSWORD", hide_env_values = true)]
    pub password: String,
    /// Connections to the database.
    #[arg(long)]
    pub connections: usize,
    /// Send all statements of a request at once.
    #[arg(long)]
    pub pipelined: bool,
    /// File with the statements, as [`Statements`] in JSON.
    #[arg(long)]
    pub statements: PathBuf,
}

/// The statements of one GET, as Patchbay sends them. Each has the person's key as its
/// first parameter.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Statements {
    /// The person, with manager and department.
    pub(super) person: String,
    /// Addresses of a kind, which is the second parameter.
    pub(super) mail: String,
    /// Roles.
    pub(super) roles: String,
    /// Teams.
    pub(super) groups: String,
}

impl Statements {
    /// Finds the four among those that a GET led to.
    pub(super) fn among(seen: &[crate::Statement]) -> Result<Self> {
        let with = |table: &str| {
            let mut found = seen.iter().map(|statement| &statement.text).filter(|text| text.contains(table));
            found.next().cloned().with_context(|| format!("no statement on {table} among {seen:#?}"))
        };
        let person = seen.first().context("no statements")?.text.clone();
        Ok(Self { person, mail: with("person_mail")?, roles: with("person_role")?, groups: with("team_person")? })
    }
}

/// A connection with its prepared statements.
struct Connection {
    client: Client,
    person: tokio_postgres::Statement,
    mail: tokio_postgres::Statement,
    roles: tokio_postgres::Statement,
    groups: tokio_postgres::Statement,
}

/// Connections that are not in use.
struct Pool {
    free: Mutex<VecDeque<Connection>>,
    permits: Semaphore,
    /// Whether the statements of a request are sent at once.
    pipelined: bool,
    /// What locations in answers start with.
    base: String,
}

/// Serves until killed.
///
/// # Errors
/// When the database or the address cannot be had.
pub async fn serve(options: FloorOptions) -> Result<()> {
    let statements: Statements = serde_json::from_slice(&std::fs::read(&options.statements)?)?;
    let mut config: tokio_postgres::Config = options.database.parse()?;
    config.password(&options.password);
    let mut free = VecDeque::new();
    for _ in 0..options.connections {
        free.push_back(connect(&config, &statements).await?);
    }
    let pool = Arc::new(Pool {
        free: Mutex::new(free),
        permits: Semaphore::new(options.connections),
        pipelined: options.pipelined,
        base: format!("http://{}", options.listen),
    });
    let router = Router::new().route("/Users/{id}", get(user)).with_state(pool);
    let listener = tokio::net::TcpListener::bind(options.listen).await?;
    Ok(axum::serve(listener, router).await?)
}

async fn connect(config: &tokio_postgres::Config, statements: &Statements) -> Result<Connection> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    let (person, mail) = (client.prepare(&statements.person).await?, client.prepare(&statements.mail).await?);
    let (roles, groups) = (client.prepare(&statements.roles).await?, client.prepare(&statements.groups).await?);
    Ok(Connection { client, person, mail, roles, groups })
}

async fn user(State(pool): State<Arc<Pool>>, Path(id): Path<i32>) -> Response {
    match find(&pool, id).await {
        Ok(Some(body)) => ([(header::CONTENT_TYPE, "application/scim+json")], body).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn find(pool: &Pool, id: i32) -> Result<Option<Vec<u8>>> {
    let _permit = pool.permits.acquire().await?;
    let connection = pool.free.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let connection = connection.context("no free connection")?;
    let rows = if pool.pipelined { pipelined(&connection, id).await } else { one_by_one(&connection, id).await };
    pool.free.lock().unwrap_or_else(PoisonError::into_inner).push_back(connection);
    match rows? {
        Some((person, children)) => body::render(&pool.base, id, &person, &children).map(Some),
        None => Ok(None),
    }
}

/// The rows of a person.
type Rows = Option<(Row, body::Children)>;

/// Each statement after the answer to the one before.
async fn one_by_one(connection: &Connection, id: i32) -> Result<Rows> {
    let client = &connection.client;
    let Some(person) = client.query_opt(&connection.person, &[&id]).await? else { return Ok(None) };
    let groups = client.query(&connection.groups, &[&id]).await?;
    let other = client.query(&connection.mail, &[&id, &"O"]).await?;
    let roles = client.query(&connection.roles, &[&id]).await?;
    let work = client.query(&connection.mail, &[&id, &"W"]).await?;
    Ok(Some((person, body::Children { groups, other, roles, work })))
}

/// All statements at once.
async fn pipelined(connection: &Connection, id: i32) -> Result<Rows> {
    let client = &connection.client;
    let key: [&(dyn ToSql + Sync); 1] = [&id];
    let other: [&(dyn ToSql + Sync); 2] = [&id, &"O"];
    let work: [&(dyn ToSql + Sync); 2] = [&id, &"W"];
    let (person, groups, other, roles, work) = tokio::try_join!(
        client.query_opt(&connection.person, &key),
        client.query(&connection.groups, &key),
        client.query(&connection.mail, &other),
        client.query(&connection.roles, &key),
        client.query(&connection.mail, &work),
    )?;
    Ok(person.map(|person| (person, body::Children { groups, other, roles, work })))
}
