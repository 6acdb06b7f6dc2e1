//! A look at a whole database, for the operator who runs a command: which tables there
//! are, what the catalogue says of them, how many rows they have, and some of these rows.
//!
//! It goes through the gate like everything else. Names are listed by a binding that can
//! do nothing but that; what is read then is granted table by table, for SELECT. Where an
//! app's own binding is looked at, its grant holds.

pub(crate) mod directory;
mod statements;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_capability::sql::{self, Call, Dialect, Error, Failure, Policy, Pool, Reply, Session, TableInfo, Verb};
use patchbay_capability::{Observer, Scope, Usage};
use patchbay_propose::{Count, Database, Samples, Table};

use crate::assemble::{self, Password};
use crate::config::{Secret, SqlBinding};
use crate::observe::CallLog;

/// Rows that are counted of a table; beyond, it has more than so many.
pub(crate) const MAX_COUNT: u64 = 10_000;
/// Rows that are looked at of a table.
pub(crate) const MAX_ROWS: usize = 1_000;
/// Bytes that are looked at of a table.
const MAX_BYTES: usize = 1 << 20;
/// Tables that are described.
pub(crate) const MAX_TABLES: usize = 1_000;
/// Time to list or to describe.
const CATALOGUE_TIME: Duration = Duration::from_secs(30);
/// Time to count the rows of one table, and to look at some.
const TABLE_TIME: Duration = Duration::from_secs(5);
/// Time for all rows of all tables; what is left then is only described.
const ROWS_TIME: Duration = Duration::from_secs(120);

/// What was found.
#[derive(Debug)]
pub(crate) struct Survey {
    /// The database.
    pub(crate) database: Database,
    /// Tables beyond [`MAX_TABLES`], which were not looked at.
    pub(crate) left_out: usize,
    /// Names of tables that the database would not describe.
    pub(crate) refused: Vec<String>,
}

/// Looks at the database of `binding`: at all of it, or only at what is granted.
///
/// # Errors
/// The key of the binding that cannot work, or why the database cannot be looked at; no
/// message has a secret in it. A table that cannot be read is no error: it says so itself.
pub(crate) async fn survey(binding: &SqlBinding, password: Option<&Secret>, whole: bool) -> Result<Survey, String> {
    let once = password.map(Password::once);
    let pool = assemble::sql::looking(binding, once.as_ref()).map_err(|(key, why)| format!("{key}: {why}"))?;
    let surveyor = Surveyor { binding, password, pool: Arc::clone(&pool) };
    let found = surveyor.look(whole).await;
    pool.close().await;
    found.map_err(|error| error.message)
}

struct Surveyor<'a> {
    binding: &'a SqlBinding,
    password: Option<&'a Secret>,
    pool: Arc<dyn Pool>,
}

impl Surveyor<'_> {
    async fn look(&self, whole: bool) -> Result<Survey, Error> {
        // All of it is for the operator.
        let places = Vec::new();
        let options = sql::BindingOptions { places, ..assemble::sql::options(self.binding, self.password) };
        let log = || Some(Arc::new(CallLog::new(false, None)) as Arc<dyn Observer>);
        let make = if whole { sql::Binding::listing } else { sql::Binding::new };
        let listing = Arc::new(make("db", options.clone(), Arc::clone(&self.pool), log()));
        let mut session = listing.open(&scope(CATALOGUE_TIME)).await?;
        let Reply::Tables(names) = session.call(Call::Tables).await? else { return Err(unexpected()) };
        drop(session);
        let mut names = if whole { shortest(names, self.pool.dialect()) } else { names };
        let left_out = names.len().saturating_sub(MAX_TABLES);
        names.truncate(MAX_TABLES);
        // Where an app's binding lets nobody read, neither does this.
        let verbs = if whole { BTreeSet::from([Verb::Select]) } else { self.binding.policy.verbs.clone() };
        let tables = names.iter().map(|name| in_grant(name)).collect();
        let policy = Policy { tables, verbs, ..Policy::default() };
        let reading = sql::BindingOptions { policy, ..options };
        let reading = Arc::new(sql::Binding::new("db", reading, Arc::clone(&self.pool), log()));
        let end = Instant::now() + ROWS_TIME;
        let mut database = Database::default();
        let mut refused = Vec::new();
        for name in names {
            let mut session = reading.open(&scope(CATALOGUE_TIME)).await?;
            match session.call(Call::Describe(name.clone())).await {
                Ok(Reply::Table(info)) => {
                    drop(session);
                    database.tables.push(self.table(&reading, info, end).await?);
                }
                Ok(_) => return Err(unexpected()),
                // It went away in between, or is not ours to see.
                Err(error) if matches!(error.failure, Failure::Undefined | Failure::PermissionDenied) => {
                    refused.push(name.join("."));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Survey { database, left_out, refused })
    }

    /// Counts and looks at rows. A table that does not allow it is shown without.
    async fn table(&self, binding: &Arc<sql::Binding>, info: TableInfo, end: Instant) -> Result<Table, Error> {
        if Instant::now() >= end {
            return Ok(Table::new(info, Count::Unknown("there was no time left".to_owned()), Vec::new()));
        }
        let dialect = self.pool.dialect();
        let mut session = binding.open(&scope(TABLE_TIME)).await?;
        let count = match count(&mut session, dialect, &info).await {
            Ok(count) => count,
            Err(error) => Count::Unknown(excuse(error)?),
        };
        drop(session);
        let mut session = binding.open(&scope(TABLE_TIME)).await?;
        let samples = match samples(&mut session, dialect, &info).await {
            Ok(samples) => samples,
            Err(error) => {
                tracing::debug!(target: "patchbay", table = info.name.join("."), why = excuse(error)?, "no rows seen");
                Vec::new()
            }
        };
        Ok(Table::new(info, count, samples))
    }
}

/// Why a table cannot be read; an error that concerns all tables stays one.
fn excuse(error: Error) -> Result<String, Error> {
    match error.failure {
        Failure::Timeout => Ok(format!("it takes longer than {} s", TABLE_TIME.as_secs())),
        Failure::Unavailable | Failure::UnknownBinding => Err(error),
        _ => Ok(error.message),
    }
}

async fn count(session: &mut Session, dialect: Dialect, info: &TableInfo) -> Result<Count, Error> {
    session.call(Call::Query(statements::count(dialect, &info.name, MAX_COUNT))).await?;
    let Reply::Batch(batch) = session.call(Call::Next { max_rows: 1 }).await? else { return Err(unexpected()) };
    let number = batch.rows.first().and_then(|row| row.first());
    let Some(sql::Value::Integer(rows)) = number else { return Err(unexpected()) };
    let rows = u64::try_from(*rows).map_err(|_| unexpected())?;
    Ok(if rows > MAX_COUNT { Count::MoreThan(MAX_COUNT) } else { Count::Exact(rows) })
}

async fn samples(session: &mut Session, dialect: Dialect, info: &TableInfo) -> Result<Vec<Samples>, Error> {
    let mut samples = vec![Samples::default(); info.columns.len()];
    let Some((statement, places)) = statements::rows(dialect, info, MAX_ROWS) else { return Ok(samples) };
    session.call(Call::Query(statement)).await?;
    let (mut rows, mut bytes) = (0, 0);
    while rows < MAX_ROWS && bytes < MAX_BYTES {
        let Reply::Batch(batch) = session.call(Call::Next { max_rows: 100 }).await? else { return Err(unexpected()) };
        rows += batch.rows.len();
        for row in batch.rows {
            for (place, value) in places.iter().zip(row) {
                bytes += value.size();
                if let Some(samples) = samples.get_mut(*place) {
                    samples.add(value);
                }
            }
        }
        if batch.done {
            break;
        }
    }
    session.call(Call::CloseCursor).await?;
    Ok(samples)
}

fn unexpected() -> Error {
    Error::new(Failure::Other, "the driver gave an answer to another question")
}

fn scope(time: Duration) -> Scope {
    Scope {
        app: "-".into(),
        operation: "survey",
        request_id: "survey".into(),
        deadline: Instant::now() + time,
        usage: Usage::default(),
    }
}

/// Each table once, by its shortest name. Drivers list it alone, where it is found so, and
/// then with its schema.
fn shortest(names: Vec<Vec<String>>, dialect: Dialect) -> Vec<Vec<String>> {
    let mut short: Vec<Vec<String>> = Vec::new();
    for name in names {
        let again = name.len() > 1
            && short.last().is_some_and(|last| matches!(last.as_slice(), [alone] if name.last() == Some(alone)));
        // What MySQL calls a schema is another database.
        let elsewhere = dialect == Dialect::Mysql && name.len() > 1;
        if !again && !elsewhere {
            short.push(name);
        }
    }
    short
}

/// A name as a grant takes it whatever is in it.
fn in_grant(name: &[String]) -> String {
    let parts: Vec<String> = name.iter().map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_is_named_once() {
        let name = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        let check = |dialect, listed: &[&str], expected: &[&str]| {
            let short = shortest(listed.iter().map(|text| name(text)).collect(), dialect);
            assert_eq!(short, expected.iter().map(|text| name(text)).collect::<Vec<_>>());
        };
        let listed = ["hr.person", "person", "public.person", "team", "public.team"];
        check(Dialect::Postgres, &listed, &["hr.person", "person", "team"]);
        check(Dialect::Mysql, &listed, &["person", "team"]);
        assert_eq!(in_grant(&["a.b".to_owned(), "c\"d".to_owned()]), "\"a.b\".\"c\"\"d\"");
    }
}
