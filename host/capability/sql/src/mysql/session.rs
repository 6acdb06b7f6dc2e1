//! The far end of a connection: a task that owns it and serves one command after the
//! other, whoever still waits for the answer.

mod cursor;
pub(crate) mod procedure;

use std::sync::Arc;
use std::time::Duration;

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Params, Statement};
use patchbay_capability::sql::{Batch, Error, Failure, Prepared, Reply, Request, Value};
use patchbay_pool::{Credentials, OpenGuard};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::connection::Line;
use super::error::{is_read_only, translate};
use super::{catalogue, param, row};
use crate::constraints::Constraints;
use crate::pool::read_only;
use cursor::{Stop, close, open};

/// How long taking leave of the server may take.
const GOODBYE: Duration = Duration::from_secs(3);
/// Waits for a lock of the server. It has one space of names, short ones, for all
/// databases; database and name may be in character sets that do not mix. The operation's
/// own time ends long before this does.
pub(crate) const LOCK: &str =
    "SELECT GET_LOCK(CONCAT('patchbay.', SHA1(CONCAT(SHA1(COALESCE(DATABASE(), '')), SHA1(?)))), 3600)";
/// Gives all locks of the session back.
pub(crate) const UNLOCK: &str = "DO RELEASE_ALL_LOCKS()";

/// What a session is asked to do.
pub(super) enum Command {
    /// A request of the lease.
    Run { request: Request, answer: oneshot::Sender<Answer> },
    /// Whether the server still answers.
    Ping { done: oneshot::Sender<bool> },
    /// End cursor and transaction; whether that worked.
    Reset { done: oneshot::Sender<bool> },
}

/// The outcome of a request, and how the session is after it.
pub(super) type Answer = (Result<Reply, Error>, State);

/// How a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// No transaction, no cursor.
    pub(super) at_rest: bool,
    /// The connection can be used still, as far as is known.
    pub(super) alive: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    None,
    Open,
    /// A statement failed: what was done so far may or may not be undone.
    Failed,
}

/// A connection and what is known of its state.
pub(super) struct Session {
    conn: Conn,
    /// For ending a statement of this session from another one.
    credentials: Arc<Credentials>,
    status: Status,
    _open: OpenGuard,
}

/// What is known of a session beside its connection, so that it can be written down
/// while rows are under way.
struct Status {
    transaction: Transaction,
    alive: bool,
    /// Whether it may hold locks of [`LOCK`], which outlive a transaction by themselves.
    locks: bool,
    constraints: Arc<Constraints>,
    /// One of several servers: of use only as long as it takes writes.
    must_write: bool,
}

impl Status {
    /// An error of the server, noted where it ends the transaction or the connection.
    fn failed(&mut self, error: &mysql_async::Error, text: &str) -> Error {
        self.alive &= !error.is_fatal();
        if self.transaction == Transaction::Open {
            self.transaction = Transaction::Failed;
        }
        if self.must_write && is_read_only(error) {
            self.alive = false;
            return read_only();
        }
        translate(error, text, &self.constraints)
    }

    fn state(&self, cursor: bool) -> State {
        State { at_rest: self.transaction == Transaction::None && !cursor, alive: self.alive }
    }

    /// Answers a request. Where nobody waits any more there is nobody to tell.
    fn answer(&self, answer: oneshot::Sender<Answer>, outcome: Result<Reply, Error>, cursor: bool) {
        drop(answer.send((outcome, self.state(cursor))));
    }
}

impl Session {
    pub(super) fn new(
        conn: Conn,
        credentials: Arc<Credentials>,
        constraints: Arc<Constraints>,
        must_write: bool,
        open: OpenGuard,
    ) -> Self {
        let status = Status { transaction: Transaction::None, alive: true, locks: false, constraints, must_write };
        Self { conn, credentials, status, _open: open }
    }

    /// Where it is.
    pub(super) fn line(&self) -> Line {
        Line { server: self.conn.opts().clone(), id: self.conn.id(), credentials: Arc::clone(&self.credentials) }
    }

    /// Serves commands until the near end is gone.
    pub(super) async fn serve(mut self, mut inbox: mpsc::Receiver<Command>) {
        let mut next = inbox.recv().await;
        while let Some(command) = next {
            next = match command {
                Command::Run { request: Request::Query { text, params }, answer } => {
                    self.query(&text, &params, answer, &mut inbox).await
                }
                Command::Run { request, answer } => {
                    let outcome = self.run(request).await;
                    self.status.answer(answer, outcome, false);
                    inbox.recv().await
                }
                Command::Ping { done } => {
                    let _ = done.send(self.works().await);
                    inbox.recv().await
                }
                Command::Reset { done } => {
                    let _ = done.send(self.reset().await);
                    inbox.recv().await
                }
            };
        }
        // The server hears it from the end of the stream as well.
        match timeout(GOODBYE, self.conn.disconnect()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let reason = translate(&error, "", &self.status.constraints);
                tracing::debug!(target: "patchbay::sql", %reason, "a connection was not closed in order");
            }
            Err(_) => tracing::debug!(target: "patchbay::sql", "a connection was not closed in order: no answer"),
        }
    }

    /// Whether the server answers, and takes writes where it has to.
    async fn works(&mut self) -> bool {
        match self.status.must_write {
            true => is_writable(&mut self.conn).await.unwrap_or_default(),
            false => self.conn.ping().await.is_ok(),
        }
    }

    async fn run(&mut self, request: Request) -> Result<Reply, Error> {
        match request {
            Request::Execute { text, params } => self.execute(&text, &params).await,
            Request::Procedure { call, max_rows, max_bytes } => {
                let outcome = self.call(&call, max_rows, max_bytes).await;
                // What it began and did not end must not end with somebody else's transaction.
                if self.status.transaction == Transaction::None && self.status.alive {
                    let end = if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" };
                    if let Err(error) = self.command(end).await {
                        self.status.alive = false;
                        return outcome.and(Err(error));
                    }
                }
                outcome
            }
            // The protocol takes one statement at a time.
            Request::Pipeline { statements, max_rows, max_bytes } => {
                let mut batches = Vec::with_capacity(statements.len());
                for statement in &statements {
                    batches.push(self.first_batch(statement, max_rows, max_bytes).await?);
                }
                Ok(Reply::Batches(batches))
            }
            Request::Next { .. } => Err(Error::new(Failure::InvalidStatement, "no cursor is open")),
            // Whatever comes after a query has ended its cursor.
            Request::Query { .. } | Request::CloseCursor => Ok(Reply::Done),
            Request::Begin => {
                self.status.transaction = Transaction::Open;
                self.command("START TRANSACTION").await.map(|()| Reply::Done)
            }
            Request::Commit => {
                if self.status.transaction == Transaction::Failed {
                    let message = "the transaction has failed and cannot be committed";
                    return Err(Error::new(Failure::InvalidStatement, message));
                }
                self.command("COMMIT").await?;
                self.status.transaction = Transaction::None;
                self.unlock().await;
                Ok(Reply::Done)
            }
            Request::Rollback => {
                self.command("ROLLBACK").await?;
                self.status.transaction = Transaction::None;
                self.unlock().await;
                Ok(Reply::Done)
            }
            Request::Lock(name) => self.lock(name).await,
            Request::Tables => {
                let found = catalogue::tables(&mut self.conn).await;
                found.map(Reply::Tables).map_err(|e| self.status.failed(&e, ""))
            }
            Request::Describe(name) => {
                let found = catalogue::describe(&mut self.conn, &name, &self.status.constraints).await;
                match found {
                    Ok(Some(table)) => Ok(Reply::Table(table)),
                    Ok(None) => Err(Error::new(Failure::Undefined, format!("there is no table {}", name.join(".")))),
                    Err(error) => Err(self.status.failed(&error, "")),
                }
            }
        }
    }

    /// Runs a command that has no result.
    async fn command(&mut self, text: &str) -> Result<(), Error> {
        self.conn.query_drop(text).await.map_err(|e| self.status.failed(&e, text))
    }

    /// Waits for the lock of this name.
    async fn lock(&mut self, name: String) -> Result<Reply, Error> {
        // Noted first: what is abandoned may happen all the same.
        self.status.locks = true;
        let outcome = self.conn.exec_first(LOCK, (name,)).await;
        match outcome.map_err(|e| self.status.failed(&e, LOCK))? {
            Some(Some(1_i64)) => Ok(Reply::Done),
            // Not in time, or ended from outside.
            _ => Err(Error::new(Failure::Timeout, "the lock was not to be had in time")),
        }
    }

    /// Gives locks back: the transaction they were for is over. A connection that cannot
    /// do so is not used again, and its end gives them back.
    async fn unlock(&mut self) {
        if std::mem::take(&mut self.status.locks)
            && let Err(error) = self.conn.query_drop(UNLOCK).await
        {
            self.status.alive = false;
            let reason = translate(&error, UNLOCK, &self.status.constraints);
            tracing::debug!(target: "patchbay::sql", %reason, "locks were not given back in order");
        }
    }

    /// The prepared statement, which the connection keeps, and its parameters.
    async fn prepare(&mut self, text: &str, params: &[Value]) -> Result<(Statement, Params), Error> {
        if self.status.transaction == Transaction::Failed {
            // The server may have rolled back already: it would be committed by itself.
            let message = "a statement of this transaction failed: it can only be rolled back";
            return Err(Error::new(Failure::InvalidStatement, message));
        }
        let statement = self.conn.prep(text).await.map_err(|e| self.status.failed(&e, text))?;
        if usize::from(statement.num_params()) != params.len() {
            return Err(Error::new(
                Failure::InvalidStatement,
                format!("the statement takes {} parameters, not {}", statement.num_params(), params.len()),
            ));
        }
        row::check_supported(&statement.columns())?;
        Ok((statement, param::encode(params)?))
    }

    async fn execute(&mut self, text: &str, params: &[Value]) -> Result<Reply, Error> {
        let (statement, params) = self.prepare(text, params).await?;
        let outcome = match self.conn.exec_iter(&statement, params).await {
            Ok(result) => {
                let affected = result.affected_rows();
                result.drop_result().await.map(|()| affected)
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok(affected) => Ok(Reply::Affected(affected)),
            Err(error) => {
                let error = self.status.failed(&error, text);
                Err(self.blame(error).await)
            }
        }
    }

    /// Adds the columns of a constraint that nobody has asked the catalogue about yet.
    async fn blame(&mut self, mut error: Error) -> Error {
        if let (Some(table), Some(constraint), true) = (&error.table, &error.constraint, error.columns.is_empty())
            && matches!(error.failure, Failure::UniqueViolation | Failure::CheckViolation)
        {
            // What cannot be found out is not said; the error itself stands.
            let name = std::slice::from_ref(table);
            match catalogue::describe(&mut self.conn, name, &self.status.constraints).await {
                Ok(Some(_)) => error.columns = self.status.constraints.columns(table, constraint),
                Ok(None) => {}
                Err(lost) => self.status.alive &= !lost.is_fatal(),
            }
        }
        error
    }

    /// Runs a statement for its first rows.
    async fn first_batch(&mut self, sent: &Prepared, max_rows: u32, max_bytes: usize) -> Result<Batch, Error> {
        let line = self.line();
        let Prepared { text, params } = sent;
        let (statement, params) = self.prepare(text, params).await?;
        let Self { conn, status, .. } = self;
        let (_, mut cursor) = open(conn, status, text, &statement, params).await?;
        let batch = cursor.batch(max_rows, max_bytes).await;
        if let Err(Stop::Server(error)) = batch {
            return Err(status.failed(&error, text));
        }
        if close(cursor, status, &line).await {
            self.absorb_cancel().await;
        }
        batch.map_err(|stop| match stop {
            Stop::Server(error) => self.status.failed(&error, text),
            Stop::Value(error) => error,
        })
    }

    /// A cancel came too late for its rows, and must not hit what comes next.
    async fn absorb_cancel(&mut self) {
        // Interrupted, it has done its work; only a lost connection is news.
        if let Err(error) = self.conn.query_drop("DO 0").await {
            self.status.alive &= !error.is_fatal();
        }
    }

    /// Opens a cursor and serves what is asked of it; returns the command that ended it.
    async fn query(
        &mut self,
        text: &str,
        params: &[Value],
        answer: oneshot::Sender<Answer>,
        inbox: &mut mpsc::Receiver<Command>,
    ) -> Option<Command> {
        let line = self.line();
        let prepared = self.prepare(text, params).await;
        let Self { conn, status, .. } = self;
        let opened = match prepared {
            Ok((statement, params)) => open(conn, status, text, &statement, params).await,
            Err(error) => Err(error),
        };
        let mut cursor = match opened {
            Ok((columns, cursor)) => {
                status.answer(answer, Ok(columns), cursor.rows.is_some());
                cursor
            }
            Err(error) => {
                let error = self.blame(error).await;
                self.status.answer(answer, Err(error), false);
                return inbox.recv().await;
            }
        };
        loop {
            let command = inbox.recv().await;
            let Some(Command::Run { request: Request::Next { max_rows, max_bytes }, answer }) = command else {
                let absorb = close(cursor, status, &line).await;
                if absorb {
                    self.absorb_cancel().await;
                }
                return command;
            };
            match cursor.batch(max_rows, max_bytes).await {
                Ok(batch) => status.answer(answer, Ok(Reply::Batch(batch)), cursor.rows.is_some()),
                Err(Stop::Server(error)) => {
                    let error = status.failed(&error, text);
                    status.answer(answer, Err(error), false);
                    return inbox.recv().await;
                }
                Err(Stop::Value(error)) => {
                    close(cursor, status, &line).await;
                    status.answer(answer, Err(error), false);
                    return inbox.recv().await;
                }
            }
        }
    }

    /// Back to rest, whatever was before.
    async fn reset(&mut self) -> bool {
        // In a transaction or not: the server is asked, so that it is known to answer.
        let rolled_back = self.conn.query_drop("ROLLBACK").await;
        self.status.alive &= rolled_back.is_ok();
        if rolled_back.is_ok() {
            self.status.transaction = Transaction::None;
            self.unlock().await;
        }
        self.status.alive
    }
}

/// Whether the server takes writes, whoever is logged in: some may write to a replica.
pub(super) async fn is_writable(conn: &mut Conn) -> Result<bool, mysql_async::Error> {
    // A number, or of later servers a word.
    let writable: Option<i64> = conn.query_first("SELECT CAST(@@GLOBAL.read_only AS CHAR) IN ('0', 'OFF')").await?;
    Ok(writable == Some(1))
}
