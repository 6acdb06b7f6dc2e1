//! Targets to test on, and a lease that is easy to talk to.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use patchbay_capability::sql::{Dialect, Error, Failure, Lease, Pool, Reply, Request, Row, Value};
use patchbay_capability_sql::{MssqlOptions, MysqlOptions, PoolOptions, PostgresOptions};
use patchbay_test_support::{MariaDb, Postgres, matrix};
use tempfile::TempDir;

use crate::named::{self, Readers};
use crate::way;

/// One server for all tests of this binary; it ends with the process.
fn server() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| Postgres::start().expect("PostgreSQL starts"))
}

/// The same of MariaDB.
fn maria() -> &'static MariaDb {
    static SERVER: OnceLock<MariaDb> = OnceLock::new();
    SERVER.get_or_init(|| MariaDb::start().expect("MariaDB starts"))
}

/// A name no other test has.
fn fresh() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A fresh, empty database.
#[derive(Debug)]
pub(crate) enum Target {
    Sqlite(TempDir),
    Postgres(String),
    MariaDb(String),
    /// On the server that the environment names.
    Mssql(named::Database),
}

/// Makes a fresh database of a kind.
pub(crate) type Make = fn() -> Target;

/// A fresh database of each kind, one after the other.
pub(crate) fn targets() -> Targets {
    targets_of(&[Target::sqlite, Target::postgres, Target::mariadb, Target::mssql])
}

/// The same of these kinds. Where SQL Server is among them and none is named, the running test
/// is noted as not run there, and says so.
pub(crate) fn targets_of(kinds: &[Make]) -> Targets {
    let is_mssql = |kind: &Make| std::ptr::fn_addr_eq(*kind, Target::mssql as Make);
    if way::MSSQL && kinds.iter().any(is_mssql) && !named::is_named() {
        matrix::not_run(SUITE, MSSQL, &format!("{} names no server", named::VARIABLE));
    }
    let is_here = |kind: &Make| !is_mssql(kind) || (way::MSSQL && named::is_named());
    Targets { left: kinds.iter().copied().filter(is_here).collect::<Vec<_>>().into_iter(), run: None }
}

/// What the table of cases calls them.
const SUITE: &str = "driver";
const MSSQL: &str = "mssql";

/// Databases, each made when it is asked for; notes on which the case ran.
#[derive(Debug)]
pub(crate) struct Targets {
    left: std::vec::IntoIter<Make>,
    run: Option<matrix::Run>,
}

impl Iterator for Targets {
    type Item = Target;

    fn next(&mut self) -> Option<Target> {
        // The one before is done.
        self.run = None;
        let target = self.left.next()?();
        self.run = Some(matrix::Run::begin(SUITE, way::name(&target)));
        Some(target)
    }
}

impl Target {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub(crate) fn postgres() -> Self {
        let name = fresh();
        server().create_database(&name).unwrap();
        Self::Postgres(name)
    }

    pub(crate) fn mariadb() -> Self {
        let name = fresh();
        maria().create_database(&name).unwrap();
        Self::MariaDb(name)
    }

    pub(crate) fn mssql() -> Self {
        Self::Mssql(named::Database::fresh(Readers::SeeVersions))
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Mssql(_) => Dialect::Mssql,
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::MariaDb(_) => Dialect::Mysql,
        }
    }

    /// The text for this target, which is not SQL Server.
    pub(crate) fn pick<'a>(&self, sqlite: &'a str, postgres: &'a str, mariadb: &'a str) -> &'a str {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::Postgres(_) => postgres,
            Self::MariaDb(_) => mariadb,
            Self::Mssql(_) => panic!("a case that is not for SQL Server"),
        }
    }

    /// The text for this target: on SQL Server the last one.
    pub(crate) fn choose<'a>(&self, sqlite: &'a str, postgres: &'a str, mariadb: &'a str, mssql: &'a str) -> &'a str {
        match self {
            Self::Mssql(_) => mssql,
            _ => self.pick(sqlite, postgres, mariadb),
        }
    }

    /// The schema that a table's name alone means a table in.
    pub(crate) fn schema(&self) -> &str {
        match self {
            Self::Sqlite(_) => "main",
            Self::Postgres(_) => "public",
            Self::MariaDb(name) => name,
            Self::Mssql(_) => "dbo",
        }
    }

    /// Runs statements from outside, as an administrator would; returns the first column
    /// of the last statement's rows.
    pub(crate) fn admin(&self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(dir) => {
                let connection = rusqlite::Connection::open(dir.path().join("test.db")).unwrap();
                connection.busy_timeout(Duration::from_secs(5)).unwrap();
                if sql.trim_start().to_uppercase().starts_with("SELECT") {
                    let mut statement = connection.prepare(sql).unwrap();
                    let rows = statement.query_map([], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
                    return rows.map(|value| plain(&value.unwrap())).collect();
                }
                connection.execute_batch(sql).unwrap();
                Vec::new()
            }
            Self::Postgres(name) => server().sql(name, sql).unwrap().lines().map(str::to_owned).collect(),
            Self::MariaDb(name) => maria().sql(name, sql).unwrap().lines().map(str::to_owned).collect(),
            Self::Mssql(database) => {
                let first = |row: Vec<Option<String>>| row.into_iter().next().flatten().unwrap_or_default();
                database.rows(sql).into_iter().map(first).collect()
            }
        }
    }

    #[allow(dead_code, reason = "not every suite that includes this needs it")]
    pub(crate) fn mssql_options(&self) -> MssqlOptions {
        let Self::Mssql(database) = self else { panic!("not SQL Server") };
        database.options()
    }

    pub(crate) fn postgres_options(&self) -> PostgresOptions {
        let Self::Postgres(name) = self else { panic!("not PostgreSQL") };
        let mut options = PostgresOptions::from_url(&server().url(name)).unwrap();
        options.password = Some(server().password().to_owned());
        options
    }

    pub(crate) fn mysql_options(&self) -> MysqlOptions {
        let Self::MariaDb(name) = self else { panic!("not MariaDB") };
        let mut options = MysqlOptions::from_url(&maria().url(name)).unwrap();
        options.password = Some(maria().password().to_owned());
        options
    }

    /// What asks a session for its number on the server.
    #[allow(dead_code, reason = "not every suite that includes this needs it")]
    pub(crate) fn session_number(&self) -> &str {
        self.choose("", "SELECT pg_backend_pid()", "SELECT connection_id()", "SELECT CAST(@@SPID AS INT)")
    }

    /// Ends the session with this number, as an administrator would.
    #[allow(dead_code, reason = "not every suite that includes this needs it")]
    pub(crate) fn end_session(&self, number: i64) {
        self.admin(&match self {
            Self::Postgres(_) => format!("SELECT pg_terminate_backend({number}, 5000)"),
            _ => format!("KILL {number}"),
        });
        if matches!(self, Self::Mssql(_)) {
            // It is told that the session will end, and not when it has.
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// How many sessions of the pools of this target the server has; none of SQLite.
    pub(crate) fn sessions(&self) -> Option<usize> {
        let count = match self {
            Self::Sqlite(_) => return None,
            Self::Postgres(name) => self.admin(&format!(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND application_name = 'patchbay'"
            )),
            // All but the one that asks.
            Self::MariaDb(name) => {
                self.admin(&format!("SELECT count(*) - 1 FROM information_schema.processlist WHERE db = '{name}'"))
            }
            Self::Mssql(_) => self.admin(
                "SELECT COUNT(*) FROM sys.dm_exec_sessions WHERE database_id = DB_ID() AND program_name = 'patchbay'",
            ),
        };
        Some(count[0].parse().unwrap())
    }

    pub(crate) fn pool_with(&self, options: PoolOptions) -> Arc<dyn Pool> {
        way::pool(self, options)
    }

    /// A pool of at most `max` connections.
    pub(crate) fn pool(&self, max: usize) -> Arc<dyn Pool> {
        self.pool_with(PoolOptions { max, ..PoolOptions::default() })
    }

    /// A connection of a pool of its own.
    pub(crate) async fn line(&self) -> Line {
        Line::open(&self.pool(1)).await
    }
}

fn plain(value: &rusqlite::types::Value) -> String {
    match value {
        rusqlite::types::Value::Null => String::new(),
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Real(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text.clone(),
        rusqlite::types::Value::Blob(bytes) => format!("{bytes:?}"),
    }
}

pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// A lease with short words for its requests. `?` stands for placeholders.
pub(crate) struct Line {
    pub(crate) lease: Box<dyn Lease>,
    pub(crate) dialect: Dialect,
}

impl Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.dialect)
    }
}

impl Line {
    pub(crate) async fn open(pool: &Arc<dyn Pool>) -> Self {
        Self { lease: pool.lease(soon()).await.unwrap(), dialect: pool.dialect() }
    }

    fn text(&self, text: &str) -> String {
        let mark = match self.dialect {
            Dialect::Postgres => "$",
            Dialect::Mssql => "@P",
            _ => return text.to_owned(),
        };
        let mut pieces = text.split('?');
        let mut out = pieces.next().unwrap_or_default().to_owned();
        for (index, piece) in pieces.enumerate() {
            out.push_str(&format!("{mark}{}{piece}", index + 1));
        }
        out
    }

    pub(crate) async fn run(&mut self, request: Request) -> Result<Reply, Error> {
        self.lease.run(request, soon()).await
    }

    pub(crate) async fn execute(&mut self, text: &str, params: &[Value]) -> Result<u64, Error> {
        let request = Request::Execute { text: self.text(text), params: params.to_vec() };
        match self.run(request).await? {
            Reply::Affected(rows) => Ok(rows),
            other => panic!("{other:?}"),
        }
    }

    /// Opens a cursor; names of its columns.
    pub(crate) async fn query(&mut self, text: &str, params: &[Value]) -> Result<Vec<String>, Error> {
        let request = Request::Query { text: self.text(text), params: params.to_vec() };
        match self.run(request).await? {
            Reply::Columns(columns) => Ok(columns.into_iter().map(|column| column.name).collect()),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn next(&mut self, max_rows: u32) -> Result<Vec<Row>, Error> {
        match self.run(Request::Next { max_rows, max_bytes: usize::MAX }).await? {
            Reply::Batch(batch) => Ok(batch.rows),
            other => panic!("{other:?}"),
        }
    }

    /// All rows of a query.
    pub(crate) async fn all(&mut self, text: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        self.query(text, params).await?;
        let mut all = Vec::new();
        loop {
            let rows = self.next(100).await?;
            if rows.is_empty() {
                return Ok(all);
            }
            all.extend(rows);
        }
    }

    /// The one value of a query.
    pub(crate) async fn one(&mut self, text: &str, params: &[Value]) -> Result<Value, Error> {
        let rows = self.all(text, params).await?;
        assert_eq!(rows.len(), 1, "{text}");
        Ok(rows[0][0].clone())
    }

    pub(crate) async fn begin(&mut self) {
        assert_eq!(self.run(Request::Begin).await, Ok(Reply::Done));
    }

    pub(crate) async fn commit(&mut self) -> Result<(), Error> {
        self.run(Request::Commit).await.map(drop)
    }

    pub(crate) async fn rollback(&mut self) {
        assert_eq!(self.run(Request::Rollback).await, Ok(Reply::Done));
    }
}

pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.into())
}

/// The failure of an outcome that has to be one.
#[track_caller]
pub(crate) fn failure<T: Debug>(outcome: Result<T, Error>) -> Failure {
    outcome.unwrap_err().failure
}
