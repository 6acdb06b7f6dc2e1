//! A leased connection behind the gate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Binding, in_time};
use crate::sql::policy::Verb;
use crate::sql::render::render;
use crate::sql::{Call, Error, Failure, Fragment, Lease, Reply, Request, Statement, Value};
use crate::{Observer, Scope, StatementEvent};

/// A leased connection behind the gate. One statement at a time; whatever follows a
/// query ends its cursor.
#[derive(Debug)]
pub struct Session {
    binding: Arc<Binding>,
    scope: Scope,
    lease: Box<dyn Lease>,
    observer: Option<Arc<dyn Observer>>,
    statements: u32,
    delivered: usize,
    cursor: Cursor,
    transaction: Transaction,
    /// A query that was run, until something is known of its rows.
    unreported: Option<Run>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    None,
    Open,
    /// The last row was delivered; the driver need not be asked again.
    Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    None,
    Open,
    /// A statement failed in it. PostgreSQL refuses everything but a rollback then;
    /// here that holds for every target, so that no half of a write is ever committed.
    Failed,
}

/// What the observer will want to hear of a request.
#[derive(Debug)]
struct Run {
    text: String,
    params: Vec<Value>,
    elapsed: Duration,
}

/// A call that has passed authorisation and quota.
enum Admitted {
    /// To be run by the driver.
    Run(Request),
    /// Answered by what the session knows.
    Answered(Reply),
}

impl Session {
    pub(super) fn new(
        binding: Arc<Binding>,
        scope: Scope,
        lease: Box<dyn Lease>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        Self {
            binding,
            scope,
            lease,
            observer,
            statements: 0,
            delivered: 0,
            cursor: Cursor::None,
            transaction: Transaction::None,
            unreported: None,
        }
    }

    /// The one entry: everything a guest can do to a database passes here. Messages of
    /// the errors it returns are scrubbed.
    pub async fn call(&mut self, call: Call) -> Result<Reply, Error> {
        let outcome = match self.admit(call) {
            Ok(Admitted::Run(request)) => self.act(request).await,
            Ok(Admitted::Answered(reply)) => Ok(reply),
            Err(error) => Err(error),
        };
        outcome.map_err(|error| self.binding.report(&self.scope, error))
    }

    /// Authorisation, order of calls, quota and deadline, before the driver sees anything.
    fn admit(&mut self, call: Call) -> Result<Admitted, Error> {
        let binding = Arc::clone(&self.binding);
        let grant = &binding.grant;
        let request = match call {
            Call::Query(statement) => {
                let (text, params) = self.statement(statement)?;
                Request::Query { text, params }
            }
            Call::Execute(statement) => {
                let (text, params) = self.statement(statement)?;
                Request::Execute { text, params }
            }
            Call::Next { max_rows } => {
                self.reading()?;
                match self.cursor {
                    Cursor::None => return Err(invalid("no cursor is open")),
                    Cursor::Ended => return Ok(Admitted::Answered(Reply::Rows(Vec::new()))),
                    Cursor::Open => {}
                }
                if max_rows == 0 {
                    return Err(invalid("a batch holds at least one row"));
                }
                let left = binding.options.max_result_bytes.saturating_sub(self.delivered);
                Request::Next {
                    max_rows: max_rows.min(binding.options.max_batch_rows.max(1)),
                    max_bytes: binding.options.max_batch_bytes.min(left).max(1),
                }
            }
            Call::CloseCursor => {
                self.reading()?;
                if self.cursor != Cursor::Open {
                    self.cursor = Cursor::None;
                    return Ok(Admitted::Answered(Reply::Done));
                }
                Request::CloseCursor
            }
            Call::Begin => {
                self.writing()?;
                if self.transaction != Transaction::None {
                    return Err(invalid("a transaction is open already"));
                }
                self.count()?;
                Request::Begin
            }
            Call::Commit => {
                self.writing()?;
                match self.transaction {
                    Transaction::None => return Err(invalid("no transaction is open")),
                    Transaction::Failed => return Err(failed_transaction()),
                    Transaction::Open => {}
                }
                Request::Commit
            }
            Call::Rollback => {
                self.writing()?;
                if self.transaction == Transaction::None {
                    return Ok(Admitted::Answered(Reply::Done));
                }
                Request::Rollback
            }
            Call::Tables => {
                if !grant.has_tables() {
                    return Err(denied("no table is granted"));
                }
                self.count()?;
                Request::Tables
            }
            Call::Describe(name) => {
                if !grant.covers(&name) {
                    return Err(denied(format!("table {} is not granted", name.join("."))));
                }
                self.count()?;
                Request::Describe(name)
            }
        };
        in_time(&self.scope)?;
        Ok(Admitted::Run(request))
    }

    fn statement(&mut self, statement: Statement) -> Result<(String, Vec<Value>), Error> {
        let limit = self.binding.options.max_statement_bytes;
        if size(&statement) > limit {
            return Err(limit_exceeded(format!("a statement and its parameters take at most {limit} bytes")));
        }
        let (text, params) = render(self.binding.dialect(), statement)?;
        self.binding.grant.check(&text, params.len())?;
        if self.transaction == Transaction::Failed {
            return Err(failed_transaction());
        }
        self.count()?;
        Ok((text, params))
    }

    fn count(&mut self) -> Result<(), Error> {
        let limit = self.binding.options.max_statements;
        if self.statements >= limit {
            return Err(limit_exceeded(format!("an operation runs at most {limit} statements")));
        }
        self.statements += 1;
        Ok(())
    }

    fn reading(&self) -> Result<(), Error> {
        if self.binding.grant.has(Verb::Select) { Ok(()) } else { Err(denied("SELECT is not granted")) }
    }

    /// Transactions are for writes: one that only reads would hold locks for nothing.
    fn writing(&self) -> Result<(), Error> {
        if self.binding.grant.writes() { Ok(()) } else { Err(denied("no verb that writes is granted")) }
    }

    /// Runs an admitted request, keeps the books, tells the observer.
    async fn act(&mut self, request: Request) -> Result<Reply, Error> {
        let kind = Kind::of(&request);
        // A batch that is shorter than it might be was the last one.
        let (most_rows, most_bytes) = match request {
            Request::Next { max_rows, max_bytes } => (usize::try_from(max_rows).unwrap_or(usize::MAX), max_bytes),
            _ => (0, 0),
        };
        if kind != Kind::Next {
            self.flush(0);
            self.cursor = Cursor::None;
        }
        if kind == Kind::Begin {
            // Before it is known to be open: a begin that is abandoned may yet happen.
            self.transaction = Transaction::Open;
        }
        let heard = if self.observer.is_some() { observed(&request) } else { None };
        let start = Instant::now();
        let outcome = self.lease.run(request, self.scope.deadline).await;
        let run = heard.map(|(text, params)| Run { text, params, elapsed: start.elapsed() });
        match &outcome {
            Err(error) => {
                self.settle_failure(kind);
                match run {
                    Some(run) => self.tell(run, Err(error)),
                    None => self.flush_failure(error),
                }
            }
            Ok(Reply::Columns(_)) => {
                self.cursor = Cursor::Open;
                self.unreported = run;
            }
            Ok(Reply::Affected(rows)) => {
                if let Some(run) = run {
                    self.tell(run, Ok(*rows));
                }
            }
            Ok(Reply::Rows(rows)) => {
                let bytes: usize = rows.iter().flatten().map(Value::size).sum();
                self.flush(u64::try_from(rows.len()).unwrap_or(u64::MAX));
                self.delivered = self.delivered.saturating_add(bytes);
                if self.delivered > self.binding.options.max_result_bytes {
                    let limit = self.binding.options.max_result_bytes;
                    return Err(limit_exceeded(format!("an operation fetches at most {limit} bytes")));
                }
                if rows.len() < most_rows && bytes < most_bytes {
                    self.cursor = Cursor::Ended;
                }
            }
            Ok(_) => {
                if matches!(kind, Kind::Commit | Kind::Rollback) {
                    self.transaction = Transaction::None;
                }
                if let Some(run) = run {
                    self.tell(run, Ok(0));
                }
            }
        }
        outcome.map(|reply| self.granted(reply))
    }

    /// What a failure means for cursor and transaction.
    fn settle_failure(&mut self, kind: Kind) {
        self.cursor = Cursor::None;
        self.transaction = match (kind, self.transaction) {
            (_, Transaction::None) => Transaction::None,
            // The driver's own state decides what the lease's end has to undo.
            (Kind::Begin, _) => Transaction::None,
            (_, Transaction::Open | Transaction::Failed) => Transaction::Failed,
        };
    }

    /// Takes what is not granted out of catalogue answers.
    fn granted(&self, reply: Reply) -> Reply {
        let grant = &self.binding.grant;
        match reply {
            Reply::Tables(names) => Reply::Tables(grant.choose(names)),
            Reply::Table(mut info) => {
                info.foreign_keys.retain(|key| grant.covers(&key.table));
                Reply::Table(info)
            }
            other => other,
        }
    }

    /// Tells of the pending query that so many rows were delivered so far.
    fn flush(&mut self, rows: u64) {
        if let Some(run) = self.unreported.take() {
            self.tell(run, Ok(rows));
        }
    }

    fn flush_failure(&mut self, error: &Error) {
        if let Some(run) = self.unreported.take() {
            self.tell(run, Err(error));
        }
    }

    fn tell(&self, run: Run, outcome: Result<u64, &Error>) {
        let Some(observer) = &self.observer else { return };
        let cleaned =
            outcome.err().map(|error| Error { message: self.binding.scrubber.clean(&error.message), ..error.clone() });
        let outcome = match (&cleaned, outcome) {
            (Some(error), _) => Err(error),
            (None, outcome) => outcome,
        };
        observer.statement(
            &self.scope,
            &StatementEvent {
                binding: &self.binding.name,
                text: &run.text,
                params: &run.params,
                outcome,
                elapsed: run.elapsed,
            },
        );
    }
}

#[cfg(test)]
impl Session {
    /// Puts the session where a cursor or a transaction is open.
    pub(super) fn assume(&mut self, cursor: bool, transaction: bool) {
        self.cursor = if cursor { Cursor::Open } else { Cursor::None };
        self.transaction = if transaction { Transaction::Open } else { Transaction::None };
    }

    /// Lets the operation's deadline pass.
    pub(super) fn expire(&mut self) {
        self.scope.deadline = Instant::now();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.flush(0);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Next,
    Begin,
    Commit,
    Rollback,
    Other,
}

impl Kind {
    fn of(request: &Request) -> Self {
        match request {
            Request::Next { .. } => Self::Next,
            Request::Begin => Self::Begin,
            Request::Commit => Self::Commit,
            Request::Rollback => Self::Rollback,
            _ => Self::Other,
        }
    }
}

/// Text and parameters as the observer gets them; none for what is no statement.
fn observed(request: &Request) -> Option<(String, Vec<Value>)> {
    match request {
        Request::Query { text, params } | Request::Execute { text, params } => Some((text.clone(), params.clone())),
        Request::Begin => Some(("BEGIN".into(), Vec::new())),
        Request::Commit => Some(("COMMIT".into(), Vec::new())),
        Request::Rollback => Some(("ROLLBACK".into(), Vec::new())),
        Request::Next { .. } | Request::CloseCursor | Request::Tables | Request::Describe(_) => None,
    }
}

fn size(statement: &Statement) -> usize {
    let text: usize = statement
        .fragments
        .iter()
        .map(|fragment| match fragment {
            Fragment::Text(text) => text.len(),
            Fragment::Identifier(parts) => parts.iter().map(|part| part.len() + 3).sum(),
            // A parameter used more than once is sent more than once.
            Fragment::Param(index) => usize::try_from(*index)
                .ok()
                .and_then(|index| statement.params.get(index))
                .map_or(0, |value| value.size() + 4),
        })
        .sum();
    statement.params.iter().map(Value::size).fold(text, usize::saturating_add)
}

fn invalid(message: &str) -> Error {
    Error::new(Failure::InvalidStatement, message)
}

fn denied(message: impl Into<String>) -> Error {
    Error::new(Failure::Denied, message)
}

fn limit_exceeded(message: String) -> Error {
    Error::new(Failure::LimitExceeded, message)
}

fn failed_transaction() -> Error {
    invalid("a statement of this transaction failed: it can only be rolled back")
}
