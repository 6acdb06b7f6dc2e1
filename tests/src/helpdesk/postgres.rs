//! The application on PostgreSQL: a database of its own on a server of our own.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use patchbay_test_support::Postgres;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::rows::{Row, Snapshot, TABLES, Table};
use crate::wire::Wire;

/// The database that fresh ones are copies of.
const TEMPLATE: &str = "helpdesk_template";

/// The server of this process; all databases are on it. Stopped with the process.
static SERVER: Mutex<Option<Arc<Postgres>>> = Mutex::new(None);
/// Numbers the databases.
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// A database with the application's tables.
#[derive(Debug)]
pub(super) struct Database {
    server: Arc<Postgres>,
    name: String,
    wire: Option<Wire>,
}

/// A lock on the table of people.
#[derive(Debug)]
pub(super) struct Lock(Client);

impl Database {
    /// A new database with the tables that `schema` makes.
    pub(super) async fn create(schema: &str) -> Result<Self> {
        let server = server(schema)?;
        let name = format!("helpdesk_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let admin = connect(&server, "postgres").await?;
        admin.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await?;
        Ok(Self { server, name, wire: None })
    }

    /// Its place in a configuration.
    pub(super) fn url(&self) -> String {
        let port = self.wire.as_ref().map_or(self.server.port(), Wire::port);
        format!("postgres://{}@127.0.0.1:{port}/{}", self.server.user(), self.name)
    }

    /// The same through this ODBC driver.
    pub(super) fn odbc_url(&self, driver: &Path) -> String {
        let port = self.wire.as_ref().map_or(self.server.port(), Wire::port);
        let (driver, user, name) = (driver.display(), self.server.user(), &self.name);
        format!("odbc:Driver={driver};Server=127.0.0.1;Port={port};Database={name};UID={user}")
    }

    /// The password to that.
    pub(super) fn password(&self) -> &str {
        self.server.password()
    }

    /// From now on [`Self::url`] leads through a wire.
    pub(super) async fn add_wire(&mut self) -> Result<()> {
        self.wire = Some(Wire::to(self.server.port()).await?);
        Ok(())
    }

    /// Pulls the wire, or puts it back.
    pub(super) fn plug(&self, plugged: bool) -> Result<()> {
        self.wire.as_ref().context("there is no wire")?.plug(plugged);
        Ok(())
    }

    /// Runs statements.
    pub(super) async fn execute(&self, statements: &str) -> Result<()> {
        Ok(self.connect().await?.batch_execute(statements).await?)
    }

    /// Keeps everybody else from writing to people.
    pub(super) async fn lock_people(&self) -> Result<Lock> {
        let client = self.connect().await?;
        client.batch_execute("BEGIN; LOCK TABLE person IN EXCLUSIVE MODE").await?;
        Ok(Lock(client))
    }

    /// Adds `count` made-up people, without the triggers: a version and an audit line
    /// for each would take longer than the rest.
    pub(super) async fn fill(&self, count: u64) -> Result<()> {
        let client = self.connect().await?;
        let fill = format!(
            "ALTER TABLE person DISABLE TRIGGER USER;
             ALTER TABLE person_mail DISABLE TRIGGER USER;
             INSERT INTO person (login, first_name, last_name, display_name, title, status, cost_center,
                                 phone_work, employee_no, external_id, dept_id)
             SELECT 'user' || n || '@helpdesk.example', 'User', 'Number' || n, 'User Number' || n, 'Agent',
                    CASE WHEN i % 20 = 0 THEN 'D' ELSE 'A' END, 'CC-1000', '+45 70 ' || n, 'N-' || n, 'user' || n,
                    10 + 10 * (i % 6)
               FROM generate_series(1, {count}) AS i, LATERAL (SELECT lpad(i::text, 7, '0') AS n) AS padded;
             INSERT INTO person_mail (person_id, kind, address)
             SELECT person_id, 'W', login FROM person WHERE login LIKE 'user%@helpdesk.example';
             ALTER TABLE person ENABLE TRIGGER USER;
             ALTER TABLE person_mail ENABLE TRIGGER USER;"
        );
        client.batch_execute(&fill).await?;
        Ok(client.batch_execute("ANALYZE").await?)
    }

    /// All rows as text, seen at one moment.
    pub(super) async fn rows(&self) -> Result<Snapshot> {
        let client = self.connect().await?;
        client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let mut tables = Vec::new();
        for (name, key) in TABLES {
            tables.push(read(&client, name, key).await?);
        }
        Ok(Snapshot { tables })
    }

    async fn connect(&self) -> Result<Client> {
        connect(&self.server, &self.name).await
    }
}

impl Lock {
    /// Runs statements under the lock.
    pub(super) async fn execute(&self, statements: &str) -> Result<()> {
        Ok(self.0.batch_execute(statements).await?)
    }

    /// Lets the others go on.
    pub(super) async fn release(self) -> Result<()> {
        Ok(self.0.batch_execute("ROLLBACK").await?)
    }
}

/// The server, started and given the template when first asked for.
fn server(schema: &str) -> Result<Arc<Postgres>> {
    let mut server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = &*server {
        return Ok(server.clone());
    }
    let started = Arc::new(Postgres::start()?);
    started.create_database(TEMPLATE)?;
    started.sql(TEMPLATE, schema).context("schema.postgres.sql")?;
    *server = Some(started.clone());
    Ok(started)
}

async fn connect(server: &Postgres, database: &str) -> Result<Client> {
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(server.port()).user(server.user()).password(server.password()).dbname(database);
    let (client, connection) = config.connect(NoTls).await?;
    // Ends with the client; an error shows up at the client's calls.
    tokio::spawn(connection);
    Ok(client)
}

/// One table.
async fn read(client: &Client, name: &'static str, key: &[&str]) -> Result<Table> {
    let mut columns: Arc<[String]> = Arc::new([]);
    let mut rows = Vec::new();
    // The simple protocol gives every type as the text that psql would show.
    for message in client.simple_query(&format!("SELECT * FROM {name} ORDER BY {}", key.join(", "))).await? {
        match message {
            SimpleQueryMessage::RowDescription(described) => {
                columns = described.iter().map(|column| column.name().to_owned()).collect();
            }
            SimpleQueryMessage::Row(row) => {
                let cells = (0..row.len()).map(|index| row.get(index).map(str::to_owned)).collect();
                rows.push(Row::new(columns.clone(), cells));
            }
            _ => {}
        }
    }
    Ok(Table { name, rows })
}
