//! The thread a connection lives on.

use std::sync::mpsc::Receiver;
use std::time::Instant;

use patchbay_capability::sql::{Batch, Column, Error, Failure, Prepared, Reply, Request, Row, Value};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Rows};
use tokio::sync::oneshot;

use super::error::{Fault, translate};
use super::value::{Bound, Reading};
use super::{SqliteOptions, catalogue};
use crate::thread::{Answer, Command};

/// Opens the file as the options say.
pub(super) fn open(options: &SqliteOptions) -> Result<Connection, Error> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, options.create);
    let opened = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(&options.path, flags)?;
        connection.busy_timeout(options.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(options.statement_cache);
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        // Without this a name in double quotes that is no column is taken for a string,
        // and a renamed column would compare as its own name instead of failing.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, options.foreign_keys)?;
        if options.wal {
            set_wal(&connection)?;
        }
        // Reads the header: a file that is no database fails here and not at first use.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    };
    opened().map_err(|error| {
        let mut error = translate(error, None);
        if error.failure != Failure::Busy {
            error.failure = Failure::Unavailable;
        }
        error
    })
}

/// Turns the write-ahead log on, unless it is. Somebody who uses the file right now can
/// prevent that; then it stays as it is until the next connection.
fn set_wal(connection: &Connection) -> rusqlite::Result<()> {
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode.eq_ignore_ascii_case("wal") {
        return Ok(());
    }
    match connection.pragma_update(None, "journal_mode", "wal") {
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => Ok(()),
        outcome => outcome,
    }
}

/// Serves commands until the near end is gone.
pub(super) fn serve(connection: &Connection, options: &SqliteOptions, inbox: &Receiver<Command>) {
    let mut worker = Worker { connection, options, inbox, transaction: false, ended: false };
    let mut next = inbox.recv().ok();
    while let Some(command) = next.take() {
        next = worker.obey(command);
    }
}

struct Worker<'a> {
    connection: &'a Connection,
    options: &'a SqliteOptions,
    inbox: &'a Receiver<Command>,
    /// A transaction was begun and not ended by us.
    transaction: bool,
    /// The last cursor came to its end and was not closed by the near end.
    ended: bool,
}

impl Worker<'_> {
    /// Runs one command; the next one is in the result when it had to be looked at, or
    /// taken from the inbox.
    fn obey(&mut self, command: Command) -> Option<Command> {
        match command {
            // The library has no server: it works as long as it comes to rest.
            Command::Reset { done } | Command::Ping { done } => {
                let at_rest = self.reset();
                // Nobody waits: the connection is being dropped.
                let _ = done.send(at_rest);
            }
            Command::Run { request, deadline, answer } => {
                if let Err(error) = self.prepare_to_run(deadline) {
                    self.reply(answer, Err(error));
                } else if let Request::Query { text, params } = request {
                    return self.query(&text, &params, answer);
                } else {
                    let outcome = self.run(request);
                    self.reply(answer, outcome);
                }
            }
        }
        self.inbox.recv().ok()
    }

    fn reply(&self, answer: oneshot::Sender<Answer>, outcome: Result<Reply, Error>) {
        let at_rest = self.connection.is_autocommit() && !self.transaction;
        // An abandoned call: the reset that follows puts things right.
        let _ = answer.send(Answer { outcome, at_rest });
    }

    fn reset(&mut self) -> bool {
        self.ended = false;
        self.transaction = false;
        if self.connection.is_autocommit() {
            return true;
        }
        match self.connection.execute_batch("ROLLBACK") {
            Ok(()) => self.connection.is_autocommit(),
            Err(error) => {
                tracing::warn!(target: "patchbay::sql", %error, "a rollback failed");
                self.connection.is_autocommit()
            }
        }
    }

    /// Waits for other writers no longer than the call may take.
    fn prepare_to_run(&self, deadline: Instant) -> Result<(), Error> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::new(Failure::Timeout, "the call's time was over before it began"));
        }
        self.connection.busy_timeout(left.min(self.options.busy_timeout)).map_err(|error| translate(error, None))
    }

    /// SQLite ends a transaction by itself after some errors (disk full, interrupted).
    /// What follows must not be committed one by one.
    fn still_in_transaction(&self) -> Result<(), Error> {
        if self.transaction && self.connection.is_autocommit() {
            return Err(Error::new(Failure::Serialization, "the database has rolled the transaction back"));
        }
        Ok(())
    }

    /// Everything but queries and cursors.
    fn run(&mut self, request: Request) -> Result<Reply, Error> {
        let ended = std::mem::take(&mut self.ended);
        match request {
            Request::Query { .. } => Err(Error::new(Failure::Other, "a query came to the wrong place")),
            Request::Next { .. } if ended => {
                self.ended = true;
                Ok(Reply::Batch(Batch::last(Vec::new())))
            }
            Request::Next { .. } => Err(Error::new(Failure::InvalidStatement, "no cursor is open")),
            Request::CloseCursor => Ok(Reply::Done),
            Request::Execute { text, params } => self.execute(&text, &params),
            Request::Procedure { .. } => Err(Error::new(Failure::Unsupported, "SQLite has no stored procedures")),
            Request::Pipeline { statements, max_rows, max_bytes } => {
                let first = |statement: &Prepared| self.first_batch(statement, max_rows, max_bytes);
                statements.iter().map(first).collect::<Result<_, Error>>().map(Reply::Batches)
            }
            Request::Begin => {
                self.batch("BEGIN IMMEDIATE")?;
                self.transaction = true;
                Ok(Reply::Done)
            }
            Request::Commit => {
                self.still_in_transaction()?;
                self.batch("COMMIT")?;
                self.transaction = false;
                Ok(Reply::Done)
            }
            Request::Rollback => {
                if !self.connection.is_autocommit() {
                    self.batch("ROLLBACK")?;
                }
                self.transaction = false;
                Ok(Reply::Done)
            }
            // A transaction is the only one that writes: it began with BEGIN IMMEDIATE.
            Request::Lock(_) => self.still_in_transaction().map(|()| Reply::Done),
            Request::Tables => catalogue::tables(self.connection).map(Reply::Tables).map_err(|e| translate(e, None)),
            Request::Describe(name) => catalogue::describe(self.connection, &name).map(Reply::Table),
        }
    }

    fn batch(&self, text: &str) -> Result<(), Error> {
        self.connection
            .execute_batch(text)
            .map_err(|error| translate(error, Some(&Fault::new(self.connection, text, &[]))))
    }

    fn execute(&self, text: &str, params: &[Value]) -> Result<Reply, Error> {
        self.still_in_transaction()?;
        let fault = Fault::new(self.connection, text, params);
        let failed = |error| translate(error, Some(&fault));
        let mut statement = self.connection.prepare_cached(text).map_err(failed)?;
        let mut rows = bind(&mut statement, params, &fault)?;
        while rows.next().map_err(failed)?.is_some() {}
        drop(rows);
        let changed = if statement.readonly() { 0 } else { self.connection.changes() };
        Ok(Reply::Affected(changed))
    }

    /// Runs a statement for its first rows.
    fn first_batch(&self, statement: &Prepared, max_rows: u32, max_bytes: usize) -> Result<Batch, Error> {
        self.still_in_transaction()?;
        let Prepared { text, params } = statement;
        let fault = Fault::new(self.connection, text, params);
        let mut statement = self.connection.prepare_cached(text).map_err(|error| translate(error, Some(&fault)))?;
        let rows = bind(&mut statement, params, &fault)?;
        match Cursor::open(rows, &fault)? {
            Some((_, mut cursor)) => cursor.batch(max_rows, max_bytes),
            None => Ok(Batch::last(Vec::new())),
        }
    }

    /// Runs a query and serves its cursor until something else is asked, which is
    /// returned: the rows borrow the statement, so the cursor lives in this frame.
    fn query(&mut self, text: &str, params: &[Value], answer: oneshot::Sender<Answer>) -> Option<Command> {
        self.ended = false;
        let fault = Fault::new(self.connection, text, params);
        match self.still_in_transaction() {
            Ok(()) => {}
            Err(error) => {
                self.reply(answer, Err(error));
                return self.inbox.recv().ok();
            }
        }
        let mut statement = match self.connection.prepare_cached(text) {
            Ok(statement) => statement,
            Err(error) => {
                self.reply(answer, Err(translate(error, Some(&fault))));
                return self.inbox.recv().ok();
            }
        };
        match bind(&mut statement, params, &fault).and_then(|rows| Cursor::open(rows, &fault)) {
            Err(error) => {
                self.reply(answer, Err(error));
                return self.inbox.recv().ok();
            }
            Ok(Some((columns, cursor))) => {
                let answered = answer.send(Answer { outcome: Ok(Reply::Columns(columns)), at_rest: false });
                // Abandoned: no sense in keeping the cursor.
                return if answered.is_err() { self.inbox.recv().ok() } else { self.fetch(cursor) };
            }
            Ok(None) => {}
        }
        let (columns, _) = columns(&statement);
        self.ended = true;
        self.reply(answer, Ok(Reply::Columns(columns)));
        self.inbox.recv().ok()
    }

    /// Serves batches until the rows end or something else is asked.
    fn fetch(&mut self, mut cursor: Cursor<'_>) -> Option<Command> {
        loop {
            let command = self.inbox.recv().ok()?;
            let (max_rows, max_bytes, answer) = match command {
                Command::Run { request: Request::Next { max_rows, max_bytes }, answer, .. } => {
                    (max_rows, max_bytes, answer)
                }
                other => return Some(other),
            };
            let batch = cursor.batch(max_rows, max_bytes);
            if matches!(batch, Ok(Batch { done: false, .. })) {
                let sent = answer.send(Answer { outcome: batch.map(Reply::Batch), at_rest: false });
                if sent.is_err() {
                    return self.inbox.recv().ok();
                }
                continue;
            }
            // The end, one way or the other: the read transaction is over before the
            // answer says that the connection is at rest.
            drop(cursor);
            self.ended = batch.is_ok();
            self.reply(answer, batch.map(Reply::Batch));
            return self.inbox.recv().ok();
        }
    }
}

fn bind<'s>(
    statement: &'s mut rusqlite::CachedStatement<'_>,
    params: &[Value],
    fault: &Fault<'_>,
) -> Result<Rows<'s>, Error> {
    if statement.parameter_count() != params.len() {
        return Err(Error::new(
            Failure::InvalidStatement,
            format!("the statement takes {} parameters, not {}", statement.parameter_count(), params.len()),
        ));
    }
    for (index, value) in params.iter().enumerate() {
        let bound = Bound::new(value, index)?;
        statement.raw_bind_parameter(index + 1, bound).map_err(|error| translate(error, Some(fault)))?;
    }
    Ok(statement.raw_query())
}

/// Result columns, and how each one's values are read: looked up once per query, not once
/// per value. Right only after the first step, which compiles the statement anew where
/// the table has changed since.
fn columns(statement: &rusqlite::Statement<'_>) -> (Vec<Column>, Vec<Reading>) {
    let described = statement.columns().map(|column| {
        let declared = column.decl_type();
        let type_name = declared.unwrap_or_default().to_owned();
        (Column { name: column.name().to_owned(), type_name, nullable: None }, Reading::of(declared))
    });
    described.unzip()
}

/// Rows under way, one ahead of what was delivered.
struct Cursor<'a> {
    rows: Rows<'a>,
    ahead: Row,
    reading: Vec<Reading>,
    fault: &'a Fault<'a>,
}

impl<'a> Cursor<'a> {
    /// Steps to the first row; none when there is no row. A statement that writes does so
    /// now, and its errors belong to the query and not to the first batch.
    fn open(mut rows: Rows<'a>, fault: &'a Fault<'a>) -> Result<Option<(Vec<Column>, Self)>, Error> {
        let Some(first) = rows.next().map_err(|error| translate(error, Some(fault)))? else { return Ok(None) };
        let (columns, reading) = columns(first.as_ref());
        let ahead = values(first, &reading, fault)?;
        Ok(Some((columns, Self { rows, ahead, reading, fault })))
    }

    fn step(&mut self) -> Result<Option<Row>, Error> {
        match self.rows.next().map_err(|error| translate(error, Some(self.fault)))? {
            Some(row) => values(row, &self.reading, self.fault).map(Some),
            None => Ok(None),
        }
    }

    /// The next rows. There is always at least one.
    fn batch(&mut self, max_rows: u32, max_bytes: usize) -> Result<Batch, Error> {
        let max_rows = usize::try_from(max_rows).unwrap_or(usize::MAX).max(1);
        let mut batch = Batch::default();
        let mut bytes = 0_usize;
        loop {
            let row = std::mem::take(&mut self.ahead);
            bytes = row.iter().map(Value::size).fold(bytes, usize::saturating_add);
            batch.rows.push(row);
            match self.step()? {
                None => return Ok(Batch { done: true, ..batch }),
                Some(row) => self.ahead = row,
            }
            if batch.rows.len() >= max_rows || bytes >= max_bytes {
                return Ok(batch);
            }
        }
    }
}

fn values(row: &rusqlite::Row<'_>, reading: &[Reading], fault: &Fault<'_>) -> Result<Row, Error> {
    let mut values = Vec::with_capacity(reading.len());
    for (index, reading) in reading.iter().enumerate() {
        let raw = row.get_ref(index).map_err(|error| translate(error, Some(fault)))?;
        values.push(reading.read(raw, index)?);
    }
    Ok(values)
}
