//! The application on SQL Server: a database of its own on the server that the environment
//! names, as none can be started here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use patchbay_capability::sql::{Lease, Pool, Reply, Request, Value};
use patchbay_capability_sql::{MssqlOptions, PoolOptions, mssql};

use crate::rows::{Row, Snapshot, TABLES, Table};
use crate::wire::Wire;

/// Names the server: `mssql://USER:PASSWORD@HOST[:PORT]/DATABASE?...`, with a login that may
/// create databases.
pub(crate) const VARIABLE: &str = "PATCHBAY_TEST_MSSQL_URL";
/// Numbers the databases.
static NUMBER: AtomicU32 = AtomicU32::new(1);
/// For each statement.
const TIME: Duration = Duration::from_secs(120);

/// A database with the application's tables; dropped with this.
#[derive(Debug)]
pub(crate) struct Database {
    options: MssqlOptions,
    /// User, and what stands behind `?` in the URL.
    user: String,
    query: String,
    pool: Arc<dyn Pool>,
    wire: Option<Wire>,
}

/// A lock on the people.
#[derive(Debug)]
pub(crate) struct Lock(Box<dyn Lease>);

impl Database {
    /// A new database with the tables that `schema` makes.
    pub(crate) async fn create(schema: &str) -> Result<Self> {
        let database = Self::empty("helpdesk").await?;
        database.execute(schema).await.context("schema.mssql.sql")?;
        Ok(database)
    }

    /// A new database without tables, for an application of this name (a plain word).
    pub(crate) async fn empty(application: &str) -> Result<Self> {
        let url = std::env::var(VARIABLE).with_context(|| format!("{VARIABLE} names no server"))?;
        let main = MssqlOptions::from_url(&url).with_context(|| VARIABLE)?;
        ensure!(main.instance.is_none(), "{VARIABLE}: give the port of the instance instead of its name");
        let name = format!("patchbay_{application}_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        make(&pool(main.clone())?, &name).await?;
        let options = MssqlOptions { database: name, ..main };
        let (place, query) = url.split_once('?').unwrap_or((url.as_str(), ""));
        let user = place.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
        // As it stands in the URL; a login by ticket has none.
        let user = user.and_then(|(user, _)| user.split(':').next()).unwrap_or_default();
        Ok(Self { pool: pool(options.clone())?, options, user: user.to_owned(), query: query.to_owned(), wire: None })
    }

    /// Its place in a configuration. Through a wire the certificate still has the server's name.
    pub(crate) fn url(&self) -> String {
        let (place, mut query) = match &self.wire {
            None => (format!("{}:{}", self.options.host, port(&self.options)), String::new()),
            Some(wire) => {
                let name = self.options.host_name_in_certificate.is_none();
                let name = name.then(|| format!("host_name_in_certificate={}", self.options.host));
                (format!("127.0.0.1:{}", wire.port()), name.unwrap_or_default())
            }
        };
        if !query.is_empty() && !self.query.is_empty() {
            query.push('&');
        }
        query.push_str(&self.query);
        let mark = if query.is_empty() { "" } else { "?" };
        let user = if self.user.is_empty() { String::new() } else { format!("{}@", self.user) };
        format!("mssql://{user}{place}/{}{mark}{query}", self.options.database)
    }

    /// The password to that.
    pub(crate) fn password(&self) -> Option<&str> {
        self.options.password.as_deref()
    }

    /// From now on [`Self::url`] leads through a wire.
    pub(crate) async fn add_wire(&mut self) -> Result<()> {
        self.wire = Some(Wire::to_host(&self.options.host, port(&self.options)).await?);
        Ok(())
    }

    /// Pulls the wire, or puts it back.
    pub(crate) fn plug(&self, plugged: bool) -> Result<()> {
        self.wire.as_ref().context("there is no wire")?.plug(plugged);
        Ok(())
    }

    /// Runs statements, each batch up to a line with `GO`.
    pub(crate) async fn execute(&self, statements: &str) -> Result<()> {
        for batch in statements.split("\nGO\n").filter(|batch| !batch.trim().is_empty()) {
            run(&self.pool, batch).await?;
        }
        Ok(())
    }

    /// Rows of a query, with values as the other databases' clients show them.
    pub(crate) async fn query(&self, text: &str) -> Result<Vec<Vec<Option<String>>>> {
        let mut lease = lease(&self.pool).await?;
        ask(&mut lease, Request::Query { text: text.to_owned(), params: Vec::new() }).await?;
        let mut rows = Vec::new();
        loop {
            let Reply::Batch(batch) = ask(&mut lease, Request::Next { max_rows: 1000, max_bytes: 1 << 20 }).await?
            else {
                bail!("no rows");
            };
            rows.extend(batch.rows.into_iter().map(|row| row.into_iter().map(shown).collect()));
            if batch.done {
                return Ok(rows);
            }
        }
    }

    /// Keeps everybody else from writing to people.
    pub(crate) async fn lock_people(&self) -> Result<Lock> {
        let mut lease = lease(&self.pool).await?;
        ask(&mut lease, Request::Begin).await?;
        let sql = "UPDATE person SET row_version = row_version";
        ask(&mut lease, Request::Execute { text: sql.into(), params: Vec::new() }).await?;
        Ok(Lock(lease))
    }

    /// Adds `count` made-up people.
    pub(crate) async fn fill(&self, count: u64) -> Result<()> {
        self.execute(&format!(
            "SET NOCOUNT ON;
             SELECT TOP ({count}) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS i INTO #numbers
               FROM sys.all_columns a CROSS JOIN sys.all_columns b;
             INSERT INTO person (login, first_name, last_name, display_name, title, status, cost_center,
                                 phone_work, employee_no, external_id, dept_id)
             SELECT CONCAT('user', n, '@helpdesk.example'), 'User', CONCAT('Number', n), CONCAT('User Number', n),
                    'Agent', IIF(i % 20 = 0, 'D', 'A'), 'CC-1000', CONCAT('+45 70 ', n), CONCAT('N-', n),
                    CONCAT('user', n), 10 + 10 * (i % 6)
               FROM (SELECT i, RIGHT(CONCAT('000000', i), 7) AS n FROM #numbers) AS padded;
             INSERT INTO person_mail (person_id, kind, address)
             SELECT person_id, 'W', login FROM person WHERE employee_no LIKE 'N-%';
             DROP TABLE #numbers;
             UPDATE STATISTICS person;
             UPDATE STATISTICS person_mail"
        ))
        .await
    }

    /// All rows as text, seen at one moment: nobody writes while they are read.
    pub(crate) async fn rows(&self) -> Result<Snapshot> {
        let mut lease = lease(&self.pool).await?;
        ask(&mut lease, Request::Begin).await?;
        let mut tables = Vec::new();
        for (name, key) in TABLES {
            tables.push(read(&mut lease, name, key).await?);
        }
        ask(&mut lease, Request::Commit).await?;
        Ok(Snapshot { tables })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = self.options.database.clone();
        let main = std::env::var(VARIABLE).ok().and_then(|url| MssqlOptions::from_url(&url).ok());
        // Dropping cannot wait; a thread with a runtime of its own can.
        let dropped = std::thread::spawn(move || -> Result<()> {
            let main = pool(main.context("no server")?)?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            // In one batch: between two, somebody else could become the single user.
            let alone = format!("ALTER DATABASE [{name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE");
            runtime.block_on(run(&main, &format!("{alone}; DROP DATABASE [{name}]")))
        });
        if let Ok(Err(error)) = dropped.join() {
            tracing::warn!(%error, database = self.options.database, "a database is left behind");
        }
    }
}

impl Lock {
    /// Runs a batch under the lock.
    pub(super) async fn execute(&mut self, statements: &str) -> Result<()> {
        ask(&mut self.0, Request::Execute { text: statements.into(), params: Vec::new() }).await.map(drop)
    }

    /// Lets the others go on.
    pub(crate) async fn release(mut self) -> Result<()> {
        ask(&mut self.0, Request::Rollback).await.map(drop)
    }
}

fn port(options: &MssqlOptions) -> u16 {
    options.port.unwrap_or(1433)
}

fn pool(options: MssqlOptions) -> Result<Arc<dyn Pool>> {
    Ok(mssql::pool(options, PoolOptions { max: 2, ..PoolOptions::default() })?)
}

async fn lease(pool: &Arc<dyn Pool>) -> Result<Box<dyn Lease>> {
    pool.lease(Instant::now() + TIME).await.map_err(|error| anyhow!("{error:?}"))
}

async fn ask(lease: &mut Box<dyn Lease>, request: Request) -> Result<Reply> {
    lease.run(request, Instant::now() + TIME).await.map_err(|error| anyhow!("{error:?}"))
}

async fn run(pool: &Arc<dyn Pool>, batch: &str) -> Result<()> {
    let mut lease = lease(pool).await?;
    ask(&mut lease, Request::Execute { text: batch.to_owned(), params: Vec::new() }).await?;
    Ok(())
}

/// Makes a database. Each is a copy of `model`, which one session at a time may take (1807).
async fn make(pool: &Arc<dyn Pool>, name: &str) -> Result<()> {
    let text = format!("CREATE DATABASE [{name}] COLLATE Latin1_General_100_CS_AS");
    let until = Instant::now() + TIME;
    loop {
        let request = Request::Execute { text: text.clone(), params: Vec::new() };
        match lease(pool).await?.run(request, until).await {
            Ok(_) => return Ok(()),
            Err(error) if error.sqlstate.as_deref() == Some("mssql.1807") && Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(error) => bail!("{text}: {error:?}"),
        }
    }
}

/// One table; locked until the transaction ends.
async fn read(lease: &mut Box<dyn Lease>, name: &'static str, key: &[&str]) -> Result<Table> {
    let text = format!("SELECT * FROM {name} WITH (TABLOCK, HOLDLOCK) ORDER BY {}", key.join(", "));
    let Reply::Columns(columns) = ask(lease, Request::Query { text, params: Vec::new() }).await? else {
        bail!("{name}: no columns");
    };
    let columns: Arc<[String]> = columns.into_iter().map(|column| column.name).collect();
    let mut rows = Vec::new();
    loop {
        let Reply::Batch(batch) = ask(lease, Request::Next { max_rows: 1000, max_bytes: 1 << 20 }).await? else {
            bail!("{name}: no rows");
        };
        rows.extend(batch.rows.into_iter().map(|row| Row::new(columns.clone(), row.into_iter().map(shown).collect())));
        if batch.done {
            return Ok(Table { name, rows });
        }
    }
}

/// A value as the other databases' clients show it.
fn shown(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Boolean(value) => Some(u8::from(value).to_string()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Text(text) | Value::Decimal(text) | Value::Timestamp(text) | Value::Date(text) | Value::Time(text) => {
            Some(text)
        }
        other => Some(format!("{other:?}")),
    }
}
