//! The far end of a connection: a thread that owns the session and serves commands, one
//! after the other. The driver blocks it, and nobody else.

mod procedure;

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use patchbay_capability::sql::{Batch, Dialect, Error, Failure, Prepared, Reply, Request, Value};
use tokio::sync::oneshot;

use super::catalogue;
use super::error::{self, Trouble};
use super::session::{Rows, Session};
use crate::pool::read_only;
use crate::thread::{Answer, Command};
use crate::{mysql, postgres};
use procedure::Limits;

/// How long giving locks back may take.
const UNLOCKING: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    None,
    Open,
    /// A statement failed: some databases have rolled back already, and what came next
    /// would be committed by itself.
    Failed,
}

/// Serves commands until the near end is gone or the session is broken.
pub(super) fn serve(session: Session, inbox: &Receiver<Command>) {
    let mut worker = Worker { session, transaction: Transaction::None, locks: false, ended: false, broken: false };
    let mut next = inbox.recv().ok();
    while let Some(command) = next.take() {
        next = worker.obey(command, inbox);
        if worker.broken {
            // A command that waits is told by its answer's sender being gone.
            return;
        }
        if next.is_none() {
            next = inbox.recv().ok();
        }
    }
}

struct Worker {
    session: Session,
    transaction: Transaction,
    /// The session may hold locks that do not go with the transaction.
    locks: bool,
    /// The last cursor came to its end and was not closed by the near end.
    ended: bool,
    /// The session is of no use any more.
    broken: bool,
}

impl Worker {
    /// Runs one command; in the result, the next one where it had to be looked at.
    fn obey(&mut self, command: Command, inbox: &Receiver<Command>) -> Option<Command> {
        match command {
            Command::Run { request: Request::Query { text, params }, deadline, answer } => {
                return self.query(&text, &params, deadline, answer, inbox);
            }
            Command::Run { request, deadline, answer } => {
                let outcome = in_time(deadline).and_then(|()| self.run(request, deadline));
                self.reply(answer, outcome);
            }
            Command::Reset { done } => {
                self.ended = false;
                let at_rest = self.transaction == Transaction::None || self.roll_back().is_ok();
                // Nobody waits: the connection is being dropped.
                let _ = done.send(at_rest && !self.broken);
            }
            Command::Ping { done } => {
                let alive = self.session.ping();
                self.broken |= !alive;
                let _ = done.send(alive);
            }
        }
        None
    }

    fn reply(&self, answer: oneshot::Sender<Answer>, outcome: Result<Reply, Error>) {
        let at_rest = self.transaction == Transaction::None && !self.broken;
        // An abandoned call: the reset that follows puts things right.
        let _ = answer.send(Answer { outcome, at_rest });
    }

    /// Everything but queries and cursors.
    fn run(&mut self, request: Request, deadline: Instant) -> Result<Reply, Error> {
        let ended = std::mem::take(&mut self.ended);
        match request {
            Request::Query { .. } => Err(Error::new(Failure::Other, "a query came to the wrong place")),
            Request::Next { .. } if ended => {
                self.ended = true;
                Ok(Reply::Batch(Batch::last(Vec::new())))
            }
            Request::Next { .. } => Err(Error::new(Failure::InvalidStatement, "no cursor is open")),
            Request::CloseCursor => Ok(Reply::Done),
            Request::Execute { text, params } => {
                self.usable()?;
                let changed = self.session.execute(&text, &params, deadline);
                changed.map(Reply::Affected).map_err(|trouble| self.failed(trouble, &text))
            }
            Request::Pipeline { statements, max_rows, max_bytes } => {
                let mut batches = Vec::with_capacity(statements.len());
                for statement in &statements {
                    batches.push(self.first_batch(statement, max_rows, max_bytes, deadline)?);
                }
                Ok(Reply::Batches(batches))
            }
            Request::Procedure { call, max_rows, max_bytes } => {
                self.call(&call, Limits { max_rows, max_bytes, deadline })
            }
            Request::Begin if self.transaction != Transaction::None => {
                Err(Error::new(Failure::InvalidStatement, "there is a transaction already"))
            }
            Request::Begin => {
                // Noted first: a begin that fails half way may have happened all the same.
                self.transaction = Transaction::Open;
                match self.session.begin() {
                    Ok(()) => Ok(Reply::Done),
                    Err(error) => {
                        self.check_alive();
                        // Nothing was done in it.
                        self.roll_back()?;
                        Err(error)
                    }
                }
            }
            Request::Commit => {
                self.usable()?;
                match self.session.commit() {
                    Ok(usable) => {
                        self.transaction = Transaction::None;
                        self.broken |= !usable;
                        self.unlock();
                        Ok(Reply::Done)
                    }
                    Err(error) => {
                        self.transaction = Transaction::Failed;
                        // Whether it stands may not be known: another must not go on from there.
                        self.broken |= error.failure == Failure::Unavailable;
                        self.check_alive();
                        Err(error)
                    }
                }
            }
            Request::Rollback if self.transaction == Transaction::None => Ok(Reply::Done),
            Request::Rollback => self.roll_back().map(|()| Reply::Done),
            Request::Lock(name) => self.lock(name, deadline),
            Request::Tables => {
                self.usable()?;
                let tables = catalogue::tables(&mut self.session, deadline);
                tables.map(Reply::Tables).map_err(|trouble| self.failed(trouble, ""))
            }
            Request::Describe(name) => {
                self.usable()?;
                match catalogue::describe(&mut self.session, &name, deadline) {
                    Ok(Some(table)) => Ok(Reply::Table(table)),
                    Ok(None) => Err(Error::new(Failure::Undefined, format!("there is no table {}", name.join(".")))),
                    Err(trouble) => Err(self.failed(trouble, "")),
                }
            }
        }
    }

    /// Waits for the lock of this name, by the means of the native drivers.
    fn lock(&mut self, name: String, deadline: Instant) -> Result<Reply, Error> {
        let text = match self.session.dialect {
            Dialect::Postgres => postgres::LOCK,
            Dialect::Mysql => mysql::LOCK,
            _ => return Err(Error::new(Failure::Unsupported, "locks by name are not to be had through this driver")),
        };
        // Noted first: what is abandoned may happen all the same.
        self.locks |= self.session.dialect == Dialect::Mysql;
        let statement = Prepared { text: text.to_owned(), params: vec![Value::Text(name)] };
        let batch = self.first_batch(&statement, 1, usize::MAX, deadline)?;
        let held = self.session.dialect != Dialect::Mysql || batch.rows == [vec![Value::Integer(1)]];
        match held {
            true => Ok(Reply::Done),
            // Not in time, or ended from outside.
            false => Err(Error::new(Failure::Timeout, "the lock was not to be had in time")),
        }
    }

    /// Gives locks back: the transaction they were for is over. A session that cannot do so is
    /// not used again, and its end gives them back.
    fn unlock(&mut self) {
        if std::mem::take(&mut self.locks) {
            let given_back = self.session.execute(mysql::UNLOCK, &[], Instant::now() + UNLOCKING);
            self.broken |= given_back.is_err();
        }
    }

    fn usable(&self) -> Result<(), Error> {
        match self.transaction {
            Transaction::Failed => {
                let message = "a statement of this transaction failed: it can only be rolled back";
                Err(Error::new(Failure::InvalidStatement, message))
            }
            Transaction::None | Transaction::Open => Ok(()),
        }
    }

    fn roll_back(&mut self) -> Result<(), Error> {
        match self.session.roll_back() {
            Ok(()) => {
                self.transaction = Transaction::None;
                self.unlock();
                Ok(())
            }
            Err(error) => {
                tracing::warn!(target: "patchbay::sql", state = error.sqlstate, "a rollback through ODBC failed");
                self.broken = true;
                Err(error)
            }
        }
    }

    /// Notes what a failure means for transaction and session.
    fn failed(&mut self, trouble: Trouble, text: &str) -> Error {
        if self.transaction == Transaction::Open {
            self.transaction = Transaction::Failed;
        }
        let lost = error::is_lost(&trouble);
        if self.session.is_demoted(&trouble) {
            self.broken = true;
            return read_only();
        }
        let error = self.session.translate(trouble, text);
        if lost {
            self.broken = true;
        } else {
            self.check_alive();
        }
        if self.broken && !matches!(error.failure, Failure::Timeout | Failure::LimitExceeded) {
            return Error { failure: Failure::Unavailable, ..error };
        }
        error
    }

    fn check_alive(&mut self) {
        self.broken |= self.session.is_dead();
    }

    /// Runs a statement for its first rows.
    fn first_batch(
        &mut self,
        statement: &Prepared,
        max_rows: u32,
        max_bytes: usize,
        deadline: Instant,
    ) -> Result<Batch, Error> {
        self.usable()?;
        let Prepared { text, params } = statement;
        let batch = match self.session.query(text, params, deadline) {
            Ok(Some((_, mut rows))) => rows.batch(max_rows, max_bytes),
            Ok(None) => Ok(Batch::last(Vec::new())),
            Err(trouble) => Err(trouble),
        };
        batch.map_err(|trouble| self.failed(trouble, text))
    }

    /// Runs a query and serves its cursor until something else is asked, which is returned:
    /// the rows borrow the session, so the cursor lives in this frame.
    fn query(
        &mut self,
        text: &str,
        params: &[Value],
        deadline: Instant,
        answer: oneshot::Sender<Answer>,
        inbox: &Receiver<Command>,
    ) -> Option<Command> {
        self.ended = false;
        if let Err(error) = in_time(deadline).and_then(|()| self.usable()) {
            self.reply(answer, Err(error));
            return None;
        }
        let course = match self.session.query(text, params, deadline) {
            Ok(Some((columns, rows))) if !rows.ended() => {
                let outcome = Ok(Reply::Columns(columns));
                match answer.send(Answer { outcome, at_rest: false }) {
                    Ok(()) => fetch(rows, inbox),
                    // Abandoned: no sense in keeping the cursor.
                    Err(_) => Course::Left(None),
                }
            }
            Ok(found) => {
                let columns = found.map(|(columns, _)| columns).unwrap_or_default();
                Course::Over(answer, Ok(Reply::Columns(columns)))
            }
            Err(trouble) => Course::Over(answer, Err(trouble)),
        };
        match course {
            Course::Left(next) => return next,
            Course::Over(answer, Ok(reply)) => {
                self.ended = true;
                self.reply(answer, Ok(reply));
            }
            Course::Over(answer, Err(trouble)) => {
                let error = self.failed(trouble, text);
                self.reply(answer, Err(error));
            }
        }
        None
    }
}

/// How a cursor ended.
enum Course {
    /// With an answer that is still to be given.
    Over(oneshot::Sender<Answer>, Result<Reply, Trouble>),
    /// With another command, or with nobody there.
    Left(Option<Command>),
}

/// Serves batches until the rows end or something else is asked.
fn fetch(mut rows: Rows<'_>, inbox: &Receiver<Command>) -> Course {
    loop {
        let (max_rows, max_bytes, answer) = match inbox.recv().ok() {
            Some(Command::Run { request: Request::Next { max_rows, max_bytes }, answer, .. }) => {
                (max_rows, max_bytes, answer)
            }
            other => return Course::Left(other),
        };
        match rows.batch(max_rows, max_bytes) {
            Ok(batch) if !batch.done => {
                let outcome = Ok(Reply::Batch(batch));
                if answer.send(Answer { outcome, at_rest: false }).is_err() {
                    return Course::Left(None);
                }
            }
            outcome => return Course::Over(answer, outcome.map(Reply::Batch)),
        }
    }
}

fn in_time(deadline: Instant) -> Result<(), Error> {
    if Instant::now() < deadline {
        return Ok(());
    }
    Err(Error::new(Failure::Timeout, "the call's time was over before it began"))
}
