//! The application on SQLite: a file in a directory of its own.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tempfile::TempDir;

use crate::rows::{Row, Snapshot, TABLES, Table};

/// A file with the application's tables.
#[derive(Debug)]
pub(super) struct Database {
    directory: TempDir,
}

/// The write lock of a file.
#[derive(Debug)]
pub(super) struct Lock(Connection);

impl Lock {
    /// Runs statements under the lock.
    pub(super) fn execute(&self, statements: &str) -> Result<()> {
        Ok(self.0.execute_batch(statements)?)
    }

    /// Lets the others go on.
    pub(super) fn release(self) -> Result<()> {
        Ok(self.0.execute_batch("ROLLBACK")?)
    }
}

impl Database {
    /// A new file with the tables that `schema` makes.
    pub(super) fn create(schema: &str) -> Result<Self> {
        let database = Self { directory: tempfile::Builder::new().prefix("patchbay-helpdesk-").tempdir()? };
        let connection = database.connect()?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.execute_batch(schema).context("schema.sqlite.sql")?;
        Ok(database)
    }

    /// Its place in a configuration.
    pub(super) fn url(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }

    /// Runs statements.
    pub(super) fn execute(&self, statements: &str) -> Result<()> {
        Ok(self.connect()?.execute_batch(statements)?)
    }

    /// Adds `count` made-up people, without the triggers: a version and an audit line
    /// for each would take longer than the rest.
    pub(super) fn fill(&self, count: u64) -> Result<()> {
        let mut connection = self.connect()?;
        connection.pragma_update(None, "synchronous", "off")?;
        let transaction = connection.transaction()?;
        let triggers = transaction
            .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(String, String)>>>()?;
        for (name, _) in &triggers {
            transaction.execute_batch(&format!("DROP TRIGGER {name}"))?;
        }
        transaction.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 WHERE ?1 > 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
             INSERT INTO person (login, first_name, last_name, display_name, title, status, cost_center,
                                 phone_work, employee_no, external_id, dept_id)
             SELECT printf('user%07d@helpdesk.example', i), 'User', printf('Number%07d', i),
                    printf('User Number%07d', i), 'Agent', CASE WHEN i % 20 = 0 THEN 'D' ELSE 'A' END, 'CC-1000 ',
                    printf('+45 70 %07d', i), printf('N-%07d', i), printf('user%07d', i), 10 + 10 * (i % 6)
               FROM n",
            [i64::try_from(count)?],
        )?;
        transaction.execute_batch(
            "INSERT INTO person_mail (person_id, kind, address)
             SELECT person_id, 'W', login FROM person WHERE login LIKE 'user%@helpdesk.example'",
        )?;
        for (_, sql) in &triggers {
            transaction.execute_batch(sql)?;
        }
        transaction.commit()?;
        connection.execute_batch("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(())
    }

    /// All rows as text.
    pub(super) fn rows(&self) -> Result<Snapshot> {
        let mut connection = self.connect()?;
        // One transaction, so that all tables are seen at the same moment.
        let transaction = connection.transaction()?;
        let tables = TABLES.iter().map(|(name, key)| read(&transaction, name, key)).collect::<Result<_>>()?;
        Ok(Snapshot { tables })
    }

    /// Moves the file aside, or back.
    pub(super) fn plug(&self, plugged: bool) -> Result<()> {
        let (here, aside) = (self.path(), self.path().with_extension("aside"));
        if plugged {
            ensure!(!here.exists(), "somebody made a new database where the old one was");
            return Ok(std::fs::rename(aside, here)?);
        }
        // What is in the write-ahead log has to come along.
        self.connect()?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(std::fs::rename(here, aside)?)
    }

    /// Keeps everybody else from writing.
    pub(super) fn lock(&self) -> Result<Lock> {
        let connection = self.connect()?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(Lock(connection))
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("helpdesk.db")
    }

    fn connect(&self) -> Result<Connection> {
        let connection = Connection::open(self.path())?;
        connection.busy_timeout(std::time::Duration::from_secs(20))?;
        connection.pragma_update(None, "foreign_keys", "on")?;
        Ok(connection)
    }
}

/// One table.
fn read(connection: &Connection, name: &'static str, key: &[&str]) -> Result<Table> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {name} ORDER BY {}", key.join(", ")))?;
    let columns: Arc<[String]> = statement.column_names().map(str::to_owned).collect();
    let mut rows = Vec::new();
    let mut cursor = statement.query([])?;
    while let Some(row) = cursor.next()? {
        let cells = (0..columns.len()).map(|index| Ok(text(row.get_ref(index)?))).collect::<Result<_>>()?;
        rows.push(Row::new(columns.clone(), cells));
    }
    Ok(Table { name, rows })
}

/// A value as text; none for NULL.
fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}
