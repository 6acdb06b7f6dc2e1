//! The application on MariaDB: a database of its own on a server of our own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder, Value};
use patchbay_test_support::MariaDb;

use crate::rows::{Row, Snapshot, TABLES, Table};
use crate::wire::Wire;

/// The server of this process; all databases are on it. Stopped with the process.
static SERVER: Mutex<Option<Arc<MariaDb>>> = Mutex::new(None);
/// Numbers the databases.
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// A database with the application's tables.
#[derive(Debug)]
pub(super) struct Database {
    server: Arc<MariaDb>,
    name: String,
    wire: Option<Wire>,
}

/// A lock on the people.
#[derive(Debug)]
pub(super) struct Lock(Conn);

impl Database {
    /// A new database with the tables that `schema` makes.
    pub(super) async fn create(schema: &str) -> Result<Self> {
        let server = server()?;
        let name = format!("helpdesk_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        server.create_database(&name)?;
        let database = Self { server, name, wire: None };
        database.execute(schema).await.context("schema.mariadb.sql")?;
        Ok(database)
    }

    /// Its place in a configuration.
    pub(super) fn url(&self) -> String {
        let port = self.wire.as_ref().map_or(self.server.port(), Wire::port);
        format!("mysql://{}@127.0.0.1:{port}/{}", self.server.user(), self.name)
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
        let mut conn = self.connect().await?;
        conn.query_drop(statements).await?;
        Ok(conn.disconnect().await?)
    }

    /// Keeps everybody else from writing to people.
    pub(super) async fn lock_people(&self) -> Result<Lock> {
        let mut conn = self.connect().await?;
        conn.query_drop("START TRANSACTION; SELECT person_id FROM person FOR UPDATE").await?;
        Ok(Lock(conn))
    }

    /// Adds `count` made-up people. The ids of one INSERT follow each other.
    pub(super) async fn fill(&self, count: u64) -> Result<()> {
        self.execute(&format!(
            "START TRANSACTION;
             INSERT INTO person (login, first_name, last_name, display_name, title, status, cost_center,
                                 phone_work, employee_no, external_id, dept_id)
             SELECT concat('user', n, '@helpdesk.example'), 'User', concat('Number', n), concat('User Number', n),
                    'Agent', if(i % 20 = 0, 'D', 'A'), 'CC-1000', concat('+45 70 ', n), concat('N-', n),
                    concat('user', n), 10 + 10 * (i % 6)
               FROM (SELECT seq AS i, lpad(seq, 7, '0') AS n FROM seq_1_to_{count}) AS padded;
             SET @first = LAST_INSERT_ID();
             INSERT INTO person_mail (person_id, kind, address)
             SELECT @first + seq - 1, 'W', concat('user', lpad(seq, 7, '0'), '@helpdesk.example')
               FROM seq_1_to_{count};
             COMMIT;
             ANALYZE TABLE person, person_mail"
        ))
        .await
    }

    /// All rows as text, seen at one moment.
    pub(super) async fn rows(&self) -> Result<Snapshot> {
        let mut conn = self.connect().await?;
        conn.query_drop("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await?;
        let mut tables = Vec::new();
        for (name, key) in TABLES {
            tables.push(read(&mut conn, name, key).await?);
        }
        conn.disconnect().await?;
        Ok(Snapshot { tables })
    }

    async fn connect(&self) -> Result<Conn> {
        let options = OptsBuilder::default()
            .ip_or_hostname("127.0.0.1")
            .tcp_port(self.server.port())
            .prefer_socket(false)
            .user(Some(self.server.user()))
            .pass(Some(self.server.password()))
            .db_name(Some(self.name.as_str()));
        Ok(Conn::new(options).await?)
    }
}

impl Lock {
    /// Runs statements under the lock.
    pub(super) async fn execute(&mut self, statements: &str) -> Result<()> {
        Ok(self.0.query_drop(statements).await?)
    }

    /// Lets the others go on.
    pub(super) async fn release(mut self) -> Result<()> {
        self.0.query_drop("ROLLBACK").await?;
        Ok(self.0.disconnect().await?)
    }
}

/// The server, started when first asked for.
fn server() -> Result<Arc<MariaDb>> {
    let mut server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = &*server {
        return Ok(server.clone());
    }
    let started = Arc::new(MariaDb::start()?);
    *server = Some(started.clone());
    Ok(started)
}

/// One table.
async fn read(conn: &mut Conn, name: &'static str, key: &[&str]) -> Result<Table> {
    // The text protocol gives every type as the text that the client would show.
    let mut result = conn.query_iter(format!("SELECT * FROM {name} ORDER BY {}", key.join(", "))).await?;
    let columns: Arc<[String]> = result.columns_ref().iter().map(|column| column.name_str().into_owned()).collect();
    let mut rows = Vec::new();
    for row in result.collect::<mysql_async::Row>().await? {
        let cells = row.unwrap().into_iter().map(|value| match value {
            Value::Bytes(text) => Some(String::from_utf8_lossy(&text).into_owned()),
            _ => None,
        });
        rows.push(Row::new(columns.clone(), cells.collect()));
    }
    Ok(Table { name, rows })
}
