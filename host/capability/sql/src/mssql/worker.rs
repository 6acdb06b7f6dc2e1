//! The far end of a connection: a task that owns the session and serves commands.
//!
//! A result borrows the session it comes from, so a cursor lives in a frame of this task.
//! Rows are read when they are asked for; the server waits meanwhile. A statement under way
//! is never cancelled: when the near end is gone, the task ends and the socket with it.

mod cursor;
pub(crate) mod procedure;

use std::sync::Arc;

use patchbay_capability::sql::{Batch, Error, Failure, Prepared, Reply, Request, Value};
use tiberius::error::Error as Fault;
use tokio::sync::{mpsc, oneshot};

use super::client::{Server, Tds, command, is_writable};
use super::error::{is_fatal, is_read_only, translate};
use super::statement;
use super::{blame, catalogue};
use crate::pool::read_only;
use cursor::{Course, Drained, first_batch, serve_cursor};

/// What the near end asks for.
#[derive(Debug)]
pub(super) enum Command {
    /// Run a request.
    Run { request: Request, answer: oneshot::Sender<Answer> },
    /// Come to rest; answered with whether that worked.
    Reset { done: oneshot::Sender<bool> },
    /// Ask the server for a sign of life.
    Ping { done: oneshot::Sender<bool> },
}

/// An answer, and whether the connection is at rest after it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) outcome: Result<Reply, Error>,
    pub(super) at_rest: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    None,
    Open,
    /// A statement failed. With XACT_ABORT the server has rolled back already, and what
    /// came next would be committed by itself.
    Failed,
}

/// Why something went wrong: the session's error, or a value that cannot be read.
enum Trouble {
    Session(Fault),
    Value(Error),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Session(fault)
    }
}

pub(super) struct Worker {
    server: Arc<Server>,
    client: Tds,
    transaction: Transaction,
    /// The last cursor came to its end and was not closed by the near end.
    ended: bool,
    /// The session is of no use any more.
    broken: bool,
}

impl Worker {
    pub(super) fn new(server: Arc<Server>, client: Tds) -> Self {
        Self { server, client, transaction: Transaction::None, ended: false, broken: false }
    }

    /// Serves commands until the near end is gone or the session is broken.
    pub(super) async fn serve(mut self, mut inbox: mpsc::Receiver<Command>) {
        let mut next = inbox.recv().await;
        while let Some(command) = next.take() {
            next = match command {
                Command::Run { request: Request::Query { text, params }, answer } => {
                    self.query(&text, &params, answer, &mut inbox).await
                }
                other => {
                    self.obey(other).await;
                    None
                }
            };
            if self.broken {
                // A command that waits is told by its answer's sender being gone.
                return;
            }
            if next.is_none() {
                next = inbox.recv().await;
            }
        }
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Run { request, answer } => {
                let outcome = self.run(request).await;
                self.reply(answer, outcome);
            }
            Command::Reset { done } => {
                let at_rest = self.reset().await;
                // Nobody waits: the connection is being dropped.
                let _ = done.send(at_rest);
            }
            Command::Ping { done } => {
                let alive = self.works().await;
                self.broken |= !alive;
                let _ = done.send(alive);
            }
        }
    }

    /// Whether the server answers, and takes writes where it has to.
    async fn works(&mut self) -> bool {
        match self.server.addresses.several() {
            true => is_writable(&mut self.client).await.unwrap_or_default(),
            false => command(&mut self.client, "SELECT 1").await.is_ok(),
        }
    }

    fn reply(&self, answer: oneshot::Sender<Answer>, outcome: Result<Reply, Error>) {
        let at_rest = self.transaction == Transaction::None && !self.broken;
        // An abandoned call: the near end throws the connection away.
        let _ = answer.send(Answer { outcome, at_rest });
    }

    async fn reset(&mut self) -> bool {
        self.ended = false;
        self.transaction == Transaction::None || self.roll_back().await.is_ok()
    }

    async fn roll_back(&mut self) -> Result<(), Error> {
        // The server may have rolled back already.
        self.plain("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION").await?;
        self.transaction = Transaction::None;
        Ok(())
    }

    /// Runs a command that has no result.
    async fn plain(&mut self, text: &str) -> Result<(), Error> {
        match command(&mut self.client, text).await {
            Ok(()) => Ok(()),
            Err(fault) => Err(self.failed(Trouble::Session(fault)).await),
        }
    }

    /// An error of the session, noted where it ends the transaction or the session.
    async fn failed(&mut self, trouble: Trouble) -> Error {
        let fault = match trouble {
            Trouble::Session(fault) => fault,
            Trouble::Value(error) => return error,
        };
        self.broken |= is_fatal(&fault);
        if self.server.addresses.several() && is_read_only(&fault) {
            self.broken = true;
            return read_only();
        }
        if self.transaction == Transaction::Open {
            self.transaction = Transaction::Failed;
        }
        let mut error = translate(&fault);
        if !self.broken && !blame::complete(&mut self.client, &mut error).await {
            self.broken = true;
        }
        error
    }

    /// Nothing runs in a transaction that has failed: it would not be part of it.
    fn usable(&self) -> Result<(), Error> {
        match self.transaction {
            Transaction::Failed => Err(Error::new(
                Failure::InvalidStatement,
                "the transaction has failed: nothing can be run in it before it is rolled back",
            )),
            Transaction::None | Transaction::Open => Ok(()),
        }
    }

    /// Everything but queries and cursors.
    async fn run(&mut self, request: Request) -> Result<Reply, Error> {
        let ended = std::mem::take(&mut self.ended);
        match request {
            Request::Query { .. } => Err(Error::new(Failure::Other, "a query came to the wrong place")),
            Request::Next { .. } if ended => {
                self.ended = true;
                Ok(Reply::Batch(Batch::last(Vec::new())))
            }
            Request::Next { .. } => Err(Error::new(Failure::InvalidStatement, "no cursor is open")),
            Request::CloseCursor => Ok(Reply::Done),
            Request::Execute { text, params } => self.execute(&text, &params).await,
            Request::Procedure { call, max_rows, max_bytes } => self.call(&call, max_rows, max_bytes).await,
            Request::Pipeline { statements, max_rows, max_bytes } => {
                let mut batches = Vec::with_capacity(statements.len());
                for statement in &statements {
                    batches.push(self.first_batch(statement, max_rows, max_bytes).await?);
                }
                Ok(Reply::Batches(batches))
            }
            Request::Begin if self.transaction != Transaction::None => {
                Err(Error::new(Failure::InvalidStatement, "there is a transaction already"))
            }
            Request::Begin => {
                // Noted first: a begin that fails half way may have happened all the same.
                self.transaction = Transaction::Open;
                self.plain("BEGIN TRANSACTION").await.map(|()| Reply::Done)
            }
            Request::Commit => {
                self.usable()?;
                self.plain("COMMIT TRANSACTION").await?;
                self.transaction = Transaction::None;
                Ok(Reply::Done)
            }
            Request::Rollback => self.roll_back().await.map(|()| Reply::Done),
            Request::Lock(_) => {
                let message = "on SQL Server, lock the range of rows with (UPDLOCK, HOLDLOCK) instead";
                Err(Error::new(Failure::Unsupported, message))
            }
            Request::Tables => {
                self.usable()?;
                match catalogue::tables(&mut self.client).await {
                    Ok(tables) => Ok(Reply::Tables(tables)),
                    Err(fault) => Err(self.failed(fault.into()).await),
                }
            }
            Request::Describe(name) => {
                self.usable()?;
                match catalogue::describe(&mut self.client, &name).await {
                    Ok(Some(table)) => Ok(Reply::Table(table)),
                    Ok(None) => Err(Error::new(Failure::Undefined, format!("there is no table {}", name.join(".")))),
                    Err(fault) => Err(self.failed(fault.into()).await),
                }
            }
        }
    }

    async fn execute(&mut self, text: &str, params: &[Value]) -> Result<Reply, Error> {
        self.usable()?;
        let ready = statement::prepare(text, params)?;
        match ready.query().execute(&mut self.client).await {
            // Statements of triggers are counted too; the one asked for ends last.
            Ok(counts) => Ok(Reply::Affected(counts.rows_affected().last().copied().unwrap_or(0))),
            Err(fault) => Err(self.failed(fault.into()).await),
        }
    }

    /// Runs a statement for its first rows.
    async fn first_batch(&mut self, statement: &Prepared, max_rows: u32, max_bytes: usize) -> Result<Batch, Error> {
        self.usable()?;
        let ready = statement::prepare(&statement.text, &statement.params)?;
        let (batch, left) = first_batch(&mut self.client, ready, max_rows, max_bytes).await;
        let batch = match batch {
            Ok(batch) => Ok(batch),
            Err(trouble) => Err(self.failed(trouble).await),
        };
        self.after(left).await?;
        batch
    }

    /// What is left of a result that nobody wants is read, or the session replaced.
    async fn after(&mut self, left: Result<Drained, Trouble>) -> Result<(), Error> {
        match left {
            Ok(Drained::End) => Ok(()),
            Err(trouble) => Err(self.failed(trouble).await),
            Ok(Drained::More) if self.transaction == Transaction::None => match Box::pin(self.server.connect()).await {
                Ok(client) => {
                    self.client = client;
                    Ok(())
                }
                Err(error) => {
                    self.broken = true;
                    Err(error)
                }
            },
            // The transaction is worth more: the next command reads the rest first.
            Ok(Drained::More) => Ok(()),
        }
    }

    /// Runs a query and serves its cursor until something else is asked, which is returned.
    async fn query(
        &mut self,
        text: &str,
        params: &[Value],
        answer: oneshot::Sender<Answer>,
        inbox: &mut mpsc::Receiver<Command>,
    ) -> Option<Command> {
        self.ended = false;
        let ready = match self.usable().and_then(|()| statement::prepare(text, params)) {
            Ok(ready) => ready,
            Err(error) => {
                self.reply(answer, Err(error));
                return None;
            }
        };
        match serve_cursor(&mut self.client, ready, answer, inbox).await {
            Course::Over { answer, outcome, left } => {
                let outcome = match outcome {
                    Ok(reply) => {
                        self.ended = true;
                        Ok(reply)
                    }
                    Err(trouble) => Err(self.failed(trouble).await),
                };
                let outcome = match (outcome, self.after(left).await) {
                    (Ok(_), Err(error)) => Err(error),
                    (outcome, _) => outcome,
                };
                self.reply(answer, outcome);
                None
            }
            Course::Left { left, next } => self.leave(left, next).await,
            Course::Gone => None,
        }
    }

    /// Goes on with another command in the middle of a result.
    async fn leave(&mut self, left: Result<Drained, Trouble>, next: Command) -> Option<Command> {
        match next {
            // Thrown away rather than read for long or opened anew with nobody waiting.
            Command::Reset { done } if !matches!(left, Ok(Drained::End)) => {
                self.broken = true;
                let _ = done.send(false);
                None
            }
            next => match (self.after(left).await, next) {
                (Ok(()), next) => Some(next),
                (Err(error), Command::Run { answer, .. }) => {
                    self.reply(answer, Err(error));
                    None
                }
                (Err(_), next) => Some(next),
            },
        }
    }
}
