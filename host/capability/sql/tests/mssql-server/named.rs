//! A database of one's own on the SQL Server that the environment names. It knows nothing of
//! the suite that uses it: the driver's cases and the connector's share it.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use patchbay_capability::sql::{Error, Lease, Pool, Reply, Request, Row, Value};
use patchbay_capability_sql::{MssqlOptions, PoolOptions, mssql};
use tokio::runtime::Runtime;

/// Names the server: `mssql://USER:PASSWORD@HOST[:PORT]/master?...`, with a login that may
/// create databases and options as [`MssqlOptions::from_url`] takes them.
pub(crate) const VARIABLE: &str = "PATCHBAY_TEST_MSSQL_URL";
/// Upper and lower case are told apart unless a column says otherwise, as on the other
/// databases, and characters beyond the first 65,536 count.
const COLLATION: &str = "Latin1_General_100_CS_AS";
/// For each statement.
const TIME: Duration = Duration::from_secs(120);
/// "Could not obtain exclusive lock on database 'model'": somebody else makes one.
const MODEL_IS_TAKEN: &str = "mssql.1807";

/// How readers and writers of a database get along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "not every suite has both")]
pub(crate) enum Readers {
    /// Who reads sees what was committed, as on Azure SQL and on the other databases.
    SeeVersions,
    /// Who reads waits for who writes: what a server of one's own does by default.
    Wait,
}

/// Whether there is a server to run on.
pub(crate) fn is_named() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// Options for the database in the variable.
fn main_options() -> MssqlOptions {
    let url = std::env::var(VARIABLE).unwrap_or_else(|_| panic!("{VARIABLE} names no server"));
    MssqlOptions::from_url(&url).unwrap_or_else(|error| panic!("{VARIABLE}: {error}"))
}

/// A fresh, empty database; dropped with this.
#[derive(Debug)]
pub(crate) struct Database {
    name: String,
    /// For what is done beside the tested connections.
    pool: Arc<dyn Pool>,
}

impl Database {
    /// A database that nobody else has.
    pub(crate) fn fresh(readers: Readers) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // One at a time: each is a copy of `model`, which is locked meanwhile.
        static MAKING: Mutex<()> = Mutex::new(());
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("patchbay_test_{}_{}", letters(std::process::id()), letters(count));
        let _alone = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        wait(make(&name, readers));
        // Another name than that of the tested connections, which are counted.
        let application_name = "patchbay, beside the tests".to_owned();
        let options = MssqlOptions { database: name.clone(), application_name, ..main_options() };
        Self { name, pool: pool(options) }
    }

    /// How to connect to it.
    #[allow(dead_code, reason = "not every suite that includes this needs it")]
    pub(crate) fn options(&self) -> MssqlOptions {
        MssqlOptions { database: self.name.clone(), ..main_options() }
    }

    /// Runs statements; each line with nothing but `GO` ends a batch.
    pub(crate) fn script(&self, script: &str) {
        for batch in batches(script) {
            let run = execute(&self.pool, batch);
            wait(run).unwrap_or_else(|error| panic!("{batch}: {error:?}"));
        }
    }

    /// Rows of a SELECT as text, with None for NULL; none of any other statement.
    pub(crate) fn rows(&self, statement: &str) -> Vec<Vec<Option<String>>> {
        if !statement.trim_start().to_ascii_uppercase().starts_with("SELECT") {
            self.script(statement);
            return Vec::new();
        }
        let rows = wait(select(&self.pool, statement)).unwrap_or_else(|error| panic!("{statement}: {error:?}"));
        rows.into_iter().map(|row| row.into_iter().map(shown).collect()).collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = &self.name;
        // In one batch: between two, somebody else could become the single user.
        let drop = format!("ALTER DATABASE [{name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE; DROP DATABASE [{name}]");
        let main = pool(main_options());
        let dropped = wait(execute(&main, &drop));
        assert!(dropped.is_ok() || std::thread::panicking(), "{name} is left behind: {dropped:?}");
    }
}

/// A number in letters. Errors tell the database's name, and cases look in them for values that
/// must not be told: no value looks like this.
fn letters(number: u32) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'f')).collect()
}

/// The batches of a script, without empty ones.
pub(crate) fn batches(script: &str) -> impl Iterator<Item = &str> {
    script.split("\nGO\n").filter(|batch| !batch.trim().is_empty())
}

async fn make(name: &str, readers: Readers) {
    let main = pool(main_options());
    let create = format!("CREATE DATABASE [{name}] COLLATE {COLLATION}");
    let until = Instant::now() + TIME;
    loop {
        match execute(&main, &create).await {
            Ok(()) => break,
            Err(error) if error.sqlstate.as_deref() == Some(MODEL_IS_TAKEN) && Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(error) => panic!("{create}: {error:?}"),
        }
    }
    let word = if readers == Readers::SeeVersions { "ON" } else { "OFF" };
    let versions = format!("ALTER DATABASE [{name}] SET READ_COMMITTED_SNAPSHOT {word} WITH ROLLBACK IMMEDIATE");
    execute(&main, &versions).await.unwrap_or_else(|error| panic!("{versions}: {error:?}"));
}

fn pool(options: MssqlOptions) -> Arc<dyn Pool> {
    let sizes = PoolOptions { max: 2, connect_timeout: Duration::from_secs(30), ..PoolOptions::default() };
    mssql::pool(options, sizes).unwrap_or_else(|error| panic!("{VARIABLE}: {error}"))
}

async fn execute(pool: &Arc<dyn Pool>, batch: &str) -> Result<(), Error> {
    let mut lease = pool.lease(Instant::now() + TIME).await?;
    run(&mut lease, Request::Execute { text: batch.to_owned(), params: Vec::new() }).await.map(drop)
}

async fn select(pool: &Arc<dyn Pool>, query: &str) -> Result<Vec<Row>, Error> {
    let mut lease = pool.lease(Instant::now() + TIME).await?;
    run(&mut lease, Request::Query { text: query.to_owned(), params: Vec::new() }).await?;
    let mut rows = Vec::new();
    loop {
        match run(&mut lease, Request::Next { max_rows: 1_000, max_bytes: 1 << 24 }).await? {
            Reply::Batch(batch) => {
                rows.extend(batch.rows);
                if batch.done {
                    return Ok(rows);
                }
            }
            other => panic!("{query}: {other:?}"),
        }
    }
}

async fn run(lease: &mut Box<dyn Lease>, request: Request) -> Result<Reply, Error> {
    lease.run(request, Instant::now() + TIME).await
}

/// Waits for what is done beside the tested connections. A test's own runtime must not be
/// made to wait: this is another one, and asked from another thread.
fn wait<T: Send>(future: impl Future<Output = T> + Send) -> T {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().unwrap_or_else(|error| panic!("no runtime: {error}"))
    });
    let outcome = std::thread::scope(|scope| scope.spawn(|| runtime.block_on(future)).join());
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A value as the other databases' clients show it.
fn shown(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Boolean(truth) => Some(u8::from(truth).to_string()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Text(text) | Value::Decimal(text) | Value::Timestamp(text) | Value::Date(text) | Value::Time(text) => {
            Some(text)
        }
        other => Some(format!("{other:?}")),
    }
}
