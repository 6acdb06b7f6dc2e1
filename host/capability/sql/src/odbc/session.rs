//! A session with a database through its driver. Everything here blocks.

mod counted;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use odbc_api::handles::StatementImpl;
use odbc_api::{Connection, ConnectionOptions, Cursor as _, CursorImpl, Error as Fault, Preallocated};
use patchbay_capability::sql::{Batch, Column, Dialect, Error, Failure, Row, Value};
use serde::{Deserialize, Serialize};

use super::error::{self, Circumstance, Told, Trouble};
use super::options::OdbcWorker;
use super::row::Reader;
use super::statement::{self, Ready};
use super::{param, product};
use crate::constraints::Constraints;
use crate::pool::read_only;

/// Times are asked of the driver in whole seconds, and beyond these few in steps: some
/// drivers tell the server whenever the time changes.
const FINE_SECONDS: u64 = 5;

/// Longest sentence of an error, in bytes.
const SENTENCE_LIMIT: usize = 64 * 1024;

/// How a session is opened.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Opening {
    /// Connection string, with the password.
    pub(super) string: String,
    pub(super) dialect: Dialect,
    /// Whether a server that is not known here is taken at the operator's word.
    pub(super) any_product: bool,
    /// Largest value of a column, in bytes.
    pub(super) value_limit: usize,
    pub(super) connect_timeout: Duration,
    pub(super) lock_timeout: Duration,
    /// One of several servers: of use only as long as it takes writes.
    pub(super) must_write: bool,
    /// The program that is to open it; none is this one.
    #[serde(skip)]
    pub(super) worker: Option<OdbcWorker>,
}

/// An open session.
pub(super) struct Session {
    connection: Connection<'static>,
    pub(super) dialect: Dialect,
    value_limit: usize,
    must_write: bool,
    /// Whether the driver takes a time for a statement, as far as is known.
    timeouts: bool,
    /// Whether statements get to the driver as they are, in any script. Where a driver
    /// takes no wide characters, the driver manager may cut them in two, and a character
    /// with a quote in it ends a string.
    wide: bool,
    pub(super) constraints: Arc<Constraints>,
}

impl Session {
    /// Opens a session, and makes sure of what is at its other end.
    pub(super) fn open(opening: &Opening, constraints: Arc<Constraints>) -> Result<Self, Error> {
        let dialect = opening.dialect;
        let connecting = |fault: Fault| error::connecting(&fault, dialect);
        let environment = odbc_api::environment().map_err(connecting)?;
        let login_timeout_sec = u32::try_from(opening.connect_timeout.as_secs().max(1)).ok();
        let options = ConnectionOptions { login_timeout_sec, packet_size: None };
        let connection = environment.connect_with_connection_string(&opening.string, options).map_err(connecting)?;
        let name = connection.database_management_system_name().map_err(connecting)?;
        let found = product::of_name(&name);
        if !product::speaks(found, dialect, opening.any_product) {
            return Err(another_product(&name, found, dialect));
        }
        let mut session = Self {
            connection,
            dialect,
            value_limit: opening.value_limit,
            must_write: opening.must_write,
            timeouts: true,
            wide: false,
            constraints,
        };
        for text in product::session_settings(dialect, opening.lock_timeout) {
            session.plain(&text).map_err(|error| Error { failure: Failure::Unavailable, ..error })?;
        }
        session.wide = session.keeps_wide_characters();
        match session.takes_writes() {
            Ok(true) => Ok(session),
            Ok(false) => Err(read_only()),
            Err(trouble) => Err(Error { failure: Failure::Unavailable, ..session.translate(trouble, "") }),
        }
    }

    /// Whether it is of use: one of several servers has to take writes, as it may be a replica.
    fn takes_writes(&self) -> Result<bool, Trouble> {
        let Some((question, expected)) = product::writable(self.dialect).filter(|_| self.must_write) else {
            return Ok(true);
        };
        let row = self.only_row(question)?;
        Ok(matches!(row.as_slice(), [Value::Text(answer)] if answer == expected))
    }

    /// Whether this error means that the server, one of several, takes no more writes.
    pub(super) fn is_demoted(&self, trouble: &Trouble) -> bool {
        self.must_write && error::is_read_only(trouble, self.dialect)
    }

    /// The one row of a SELECT without parameters; empty where there is none.
    fn only_row(&self, text: &str) -> Result<Row, Trouble> {
        let Some(mut cursor) = self.connection.execute(text, (), None)? else { return Ok(Row::new()) };
        let (mut reader, _) = Reader::new(&mut cursor, self.dialect, SENTENCE_LIMIT)?;
        match cursor.next_row()? {
            Some(mut row) => reader.row(&mut row),
            None => Ok(Row::new()),
        }
    }

    /// What an error means that came while `text` was run.
    pub(super) fn translate(&self, trouble: Trouble, text: &str) -> Error {
        error::translate(trouble, Circumstance { dialect: self.dialect, text, constraints: &self.constraints })
    }

    /// Whether the driver says that the connection is gone.
    pub(super) fn is_dead(&self) -> bool {
        self.connection.is_dead().unwrap_or(false)
    }

    /// Runs a statement of our own that has no parameters and no result.
    pub(super) fn plain(&mut self, text: &str) -> Result<(), Error> {
        let outcome = self.connection.execute(text, (), None).map(drop);
        outcome.map_err(|fault| self.translate(fault.into(), text))
    }

    pub(super) fn begin(&mut self) -> Result<(), Error> {
        match self.dialect {
            // Its driver would begin one that only reads until it writes, and two of those
            // cannot both go on.
            Dialect::Sqlite => self.plain("BEGIN IMMEDIATE"),
            _ => self.connection.set_autocommit(false).map_err(|fault| self.translate(fault.into(), "")),
        }
    }

    /// Commits, and says whether the session is of use afterwards.
    pub(super) fn commit(&mut self) -> Result<bool, Error> {
        if self.dialect == Dialect::Sqlite {
            return self.plain("COMMIT").map(|()| true);
        }
        self.connection.commit().map_err(|fault| self.translate(fault.into(), ""))?;
        Ok(self.connection.set_autocommit(true).is_ok())
    }

    pub(super) fn roll_back(&mut self) -> Result<(), Error> {
        if self.dialect == Dialect::Sqlite {
            // It may have rolled back by itself, and says so by an error.
            return match self.plain("ROLLBACK") {
                Err(error) if !error.message.contains("no transaction is active") => Err(error),
                _ => Ok(()),
            };
        }
        let done = self.connection.rollback().and_then(|()| self.connection.set_autocommit(true));
        done.map_err(|fault| self.translate(fault.into(), ""))
    }

    /// Whether a statement with a character of two bytes comes through.
    fn keeps_wide_characters(&self) -> bool {
        // Half of it is an `A`. Where there is no such SELECT, nothing is known of it.
        let text = format!("SELECT '\u{6f41}'{}", product::from_nothing(self.dialect));
        matches!(self.only_row(&text).as_deref(), Ok([Value::Text(text)]) if text == "\u{6f41}")
    }

    /// A statement that gets to the driver as it is.
    fn ready<'v>(&self, text: &str, values: &'v [Value]) -> Result<Ready<'v>, Error> {
        if !self.wide && !text.is_ascii() {
            return Err(ascii_only());
        }
        statement::prepare(self.dialect, text, values)
    }

    /// Whether the server still answers.
    pub(super) fn ping(&mut self) -> bool {
        let text = format!("SELECT 1{}", product::from_nothing(self.dialect));
        match self.connection.execute(&text, (), None).map(drop) {
            Ok(()) => self.takes_writes().unwrap_or_default(),
            // To say that there is no such statement is an answer, too.
            Err(fault) => self.dialect == Dialect::Ansi && !error::is_lost(&fault.into()) && !self.is_dead(),
        }
    }

    /// Runs a statement for its effect; how many rows it changed.
    pub(super) fn execute(&mut self, text: &str, values: &[Value], deadline: Instant) -> Result<u64, Trouble> {
        let ready = self.ready(text, values)?;
        if self.dialect == Dialect::Mssql {
            let results = self.bound_results(&counted::batch(&ready.text), &ready.params, 1, 1, deadline)?;
            return Ok(counted::rows(results.last())?);
        }
        let params = param::bind(self.dialect, &ready.params)?;
        let mut statement = prepare(&self.connection, &mut self.timeouts, deadline)?;
        if let Some(mut cursor) = statement.execute(&ready.text, params.as_slice())? {
            // Rows that nobody asked for: one for each that was written, or read.
            let mut rows = 0;
            while cursor.next_row()?.is_some() {
                rows += 1;
            }
            return Ok(rows);
        }
        let changed = statement.row_count()?.unwrap_or(0);
        drop(statement);
        if changed == 0 {
            notice_errors(&self.connection, self.dialect, &ready.text)?;
        }
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    /// Runs a query; none where it has no result.
    pub(super) fn query(
        &mut self,
        text: &str,
        values: &[Value],
        deadline: Instant,
    ) -> Result<Option<(Vec<Column>, Rows<'_>)>, Trouble> {
        let ready = self.ready(text, values)?;
        let params = param::bind(self.dialect, &ready.params)?;
        let text = self.as_query(&ready.text)?;
        let statement = prepare(&self.connection, &mut self.timeouts, deadline)?;
        // The cursor owns the statement: dropping it frees both, which cannot fail as
        // closing a cursor can.
        let executed = statement.into_cursor(&text, params.as_slice())?;
        let Some(mut cursor) = executed else {
            notice_errors(&self.connection, self.dialect, &ready.text)?;
            return Ok(None);
        };
        let (reader, columns) = Reader::new(&mut cursor, self.dialect, self.value_limit)?;
        let mut rows = Rows { cursor, reader, ahead: None };
        rows.ahead = rows.step()?;
        Ok(Some((columns, rows)))
    }

    /// The statement, in a form in which the driver takes it for a query.
    fn as_query<'t>(&mut self, text: &'t str) -> Result<Cow<'t, str>, Trouble> {
        if self.dialect != Dialect::Sqlite {
            return Ok(text.into());
        }
        // SQLite's looks at the columns before it runs a statement, when the library has not
        // noticed yet that somebody else has changed the table. Any statement that reads
        // makes it notice.
        self.connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1", (), None).map(drop)?;
        // And it expects rows of what starts with SELECT or WITH only.
        Ok(if is_write(text) { format!("WITH patchbay AS (SELECT 1) {text}").into() } else { text.into() })
    }

    /// What a statement of the host's own comes back with: the first rows of its first result set,
    /// and the first row of its last. An error may come after any number of them, so all are
    /// gone through.
    pub(super) fn results(
        &mut self,
        text: &str,
        values: &[Value],
        max_rows: u32,
        max_bytes: usize,
        deadline: Instant,
    ) -> Result<Vec<ResultSet>, Trouble> {
        let ready = self.ready(text, values)?;
        self.bound_results(&ready.text, &ready.params, max_rows, max_bytes, deadline)
    }

    /// The same, of a text that has ODBC's own placeholders, for values other than NULL.
    pub(super) fn bound_results(
        &mut self,
        text: &str,
        values: &[&Value],
        max_rows: u32,
        max_bytes: usize,
        deadline: Instant,
    ) -> Result<Vec<ResultSet>, Trouble> {
        if !self.wide && !text.is_ascii() {
            return Err(ascii_only().into());
        }
        let params = param::bind(self.dialect, values)?;
        let statement = prepare(&self.connection, &mut self.timeouts, deadline)?;
        let mut next = statement.into_cursor(text, params.as_slice())?;
        let mut found: Vec<ResultSet> = Vec::new();
        while let Some(mut cursor) = next {
            if Instant::now() >= deadline {
                return Err(Error::new(Failure::Timeout, "the results did not end in time").into());
            }
            let (reader, columns) = Reader::new(&mut cursor, self.dialect, self.value_limit)?;
            if !columns.is_empty() {
                let mut rows = Rows { cursor, reader, ahead: None };
                rows.ahead = rows.step()?;
                let batch = if found.is_empty() { rows.batch(max_rows, max_bytes) } else { rows.batch(1, usize::MAX) }?;
                found.truncate(1);
                found.push(ResultSet { columns, batch });
                cursor = rows.cursor;
            }
            next = cursor.more_results()?;
        }
        Ok(found)
    }

    /// All rows of one of the driver's own queries; their number is small.
    pub(super) fn rows(&mut self, text: &str, values: &[Value], deadline: Instant) -> Result<Vec<Row>, Trouble> {
        match self.query(text, values, deadline)? {
            Some((_, mut rows)) => rows.batch(u32::MAX, usize::MAX).map(|batch| batch.rows),
            None => Ok(Vec::new()),
        }
    }

    pub(super) fn connection(&self) -> &Connection<'static> {
        &self.connection
    }
}

/// A result set as far as it was wanted.
#[derive(Debug)]
pub(super) struct ResultSet {
    pub(super) columns: Vec<Column>,
    pub(super) batch: Batch,
}

fn ascii_only() -> Error {
    let message = "the ODBC driver takes statements in ASCII only, and a name in this one is not";
    Error::new(Failure::Unsupported, message)
}

/// Fails where the statement that was just run did, and changed nothing. MariaDB's driver
/// takes an error whose SQLSTATE is a warning's (`01000`: text that is no number, a word
/// that is none of an enumeration) for a success.
fn notice_errors(connection: &Connection<'static>, dialect: Dialect, text: &str) -> Result<(), Trouble> {
    // Other statements leave the errors of an earlier one where they are.
    if dialect != Dialect::Mysql || !is_write(text) {
        return Ok(());
    }
    let Some(mut cursor) = connection.execute("SHOW ERRORS LIMIT 1", (), None)? else { return Ok(()) };
    let (mut reader, _) = Reader::new(&mut cursor, dialect, SENTENCE_LIMIT)?;
    let Some(mut row) = cursor.next_row()? else { return Ok(()) };
    match reader.row(&mut row)?.as_slice() {
        [_, Value::Integer(number), Value::Text(sentence), ..] => Err(Trouble::Unnoticed(Told {
            state: "01000".to_owned(),
            number: i32::try_from(*number).unwrap_or(0),
            sentence: sentence.clone(),
        })),
        _ => Ok(()),
    }
}

/// Whether a statement writes, by its first word.
fn is_write(text: &str) -> bool {
    let verb = text.trim_start().get(..6).unwrap_or_default();
    ["INSERT", "UPDATE", "DELETE"].iter().any(|write| verb.eq_ignore_ascii_case(write))
}

/// A statement that ends by itself about when its caller has given up.
fn prepare<'c>(
    connection: &'c Connection<'static>,
    timeouts: &mut bool,
    deadline: Instant,
) -> Result<Preallocated<StatementImpl<'c>>, Trouble> {
    let mut statement = connection.preallocate()?;
    if *timeouts {
        let left = deadline.saturating_duration_since(Instant::now());
        // A driver without is used without.
        *timeouts = statement.set_query_timeout_sec(seconds(left)).is_ok();
    }
    Ok(statement)
}

/// Whole seconds, at least one, in steps of five from there on.
fn seconds(left: Duration) -> usize {
    let seconds = left.as_secs() + 1;
    let seconds = if seconds > FINE_SECONDS { seconds.next_multiple_of(5) } else { seconds };
    usize::try_from(seconds).unwrap_or(usize::MAX).min(usize::from(u16::MAX))
}

/// Rows under way, one ahead of what was delivered.
pub(super) struct Rows<'c> {
    cursor: CursorImpl<StatementImpl<'c>>,
    reader: Reader,
    ahead: Option<Row>,
}

impl Rows<'_> {
    /// Whether there are none left.
    pub(super) fn ended(&self) -> bool {
        self.ahead.is_none()
    }

    fn step(&mut self) -> Result<Option<Row>, Trouble> {
        match self.cursor.next_row()? {
            Some(mut row) => self.reader.row(&mut row).map(Some),
            None => Ok(None),
        }
    }

    /// The next rows: at most so many, and none after the one that passes so many bytes.
    pub(super) fn batch(&mut self, max_rows: u32, max_bytes: usize) -> Result<Batch, Trouble> {
        let max_rows = usize::try_from(max_rows).unwrap_or(usize::MAX).max(1);
        let mut batch = Batch::default();
        let mut bytes = 0_usize;
        while let Some(row) = self.ahead.take() {
            bytes = row.iter().map(Value::size).fold(bytes, usize::saturating_add);
            batch.rows.push(row);
            self.ahead = self.step()?;
            if batch.rows.len() >= max_rows || bytes >= max_bytes {
                break;
            }
        }
        batch.done = self.ahead.is_none();
        Ok(batch)
    }
}

fn another_product(name: &str, found: Option<Dialect>, wanted: Dialect) -> Error {
    let wanted = product::word(wanted);
    let message = match found {
        Some(found) => {
            let found = product::word(found);
            format!(
                "the server is {name}, and `odbc.dialect` says {wanted}: it has to be {found}, by whose rules statements \
                 are held against what is granted"
            )
        }
        None => format!("the server is {name}, which is not known here: `odbc.dialect` must say what it speaks"),
    };
    Error::new(Failure::Unsupported, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up() {
        for (millis, expected) in [(0, 1), (999, 1), (1000, 2), (4500, 5), (5000, 10), (19_000, 20), (20_000, 25)] {
            assert_eq!(seconds(Duration::from_millis(millis)), expected, "{millis}");
        }
    }
}
