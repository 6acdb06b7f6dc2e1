//! A leased connection behind the gate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Binding, in_time};
use crate::sql::policy::{Effect, Verb};
use crate::sql::render::render;
use crate::sql::{
    Batch, Call, Dialect, Error, Failure, Footprint, Fragment, Lease, Prepared, Procedure, Reply, Request, Row,
    Statement, Value,
};
use crate::{Observer, Scope, StatementEvent};

/// Statements in one pipeline. Each may bring a row, however large, so their number bounds
/// what is held at a time.
const MAX_PIPELINE: usize = 64;

/// Rows that are taken of a procedure's result.
const MAX_CALLED_ROWS: u32 = 10_000;

/// How many batches such a result may be as large as: it is held at once.
const CALLED_BATCHES: usize = 8;
/// Longest key of a lock, in bytes.
const MAX_LOCK_KEY: usize = 4096;

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
    /// The open transaction holds something to be committed.
    wrote: bool,
    footprint: Footprint,
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
    statement: Prepared,
    elapsed: Duration,
}

/// A call that has passed authorisation and quota.
enum Admitted {
    /// To be run by the driver, and what it does there.
    Run(Request, Effect),
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
            wrote: false,
            footprint: Footprint::default(),
            unreported: None,
        }
    }

    /// The same session, noting what it leaves at the target in `footprint`.
    #[must_use]
    pub fn leaving(mut self, footprint: &Footprint) -> Self {
        self.footprint = footprint.clone();
        self
    }

    /// The one entry: everything a guest can do to a database passes here. Messages of
    /// the errors it returns are scrubbed.
    pub async fn call(&mut self, call: Call) -> Result<Reply, Error> {
        let outcome = match self.admit(call) {
            Ok(Admitted::Run(request, effect)) => self.act(request, effect).await,
            Ok(Admitted::Answered(reply)) => Ok(reply),
            Err(error) => Err(error),
        };
        outcome.map_err(|error| self.binding.report(&self.scope, error))
    }

    /// Authorisation, order of calls, quota and deadline, before the driver sees anything.
    fn admit(&mut self, call: Call) -> Result<Admitted, Error> {
        let binding = Arc::clone(&self.binding);
        let grant = &binding.grant;
        let mut effect = Effect::Read;
        let request = match call {
            Call::Query(statement) => {
                let (Prepared { text, params }, does) = self.statement(statement)?;
                effect = does;
                Request::Query { text, params }
            }
            Call::Execute(statement) => {
                let (Prepared { text, params }, does) = self.statement(statement)?;
                effect = does;
                Request::Execute { text, params }
            }
            Call::Procedure { call, max_rows } => {
                self.procedure(&call)?;
                effect = Effect::Write;
                if self.transaction == Transaction::None || self.binding.dialect() != Dialect::Postgres {
                    // It may commit by itself, whatever becomes of it afterwards; PostgreSQL's
                    // may not in a transaction.
                    self.footprint.write();
                }
                let (max_rows, max_bytes) = self.result_limits(max_rows)?;
                Request::Procedure { call, max_rows, max_bytes }
            }
            Call::Pipeline { statements, max_rows } => {
                self.reading()?;
                if statements.is_empty() {
                    return Ok(Admitted::Answered(Reply::Batches(Vec::new())));
                }
                if statements.len() > MAX_PIPELINE {
                    return Err(limit_exceeded(format!("a pipeline has at most {MAX_PIPELINE} statements")));
                }
                let (max_rows, max_bytes) = self.batch_limits(max_rows)?;
                let share = (max_bytes / statements.len()).max(1);
                let read = |statement| match self.statement(statement)? {
                    (statement, Effect::Read) => Ok(statement),
                    (_, Effect::Write) => Err(invalid("a pipeline only reads")),
                };
                let statements = statements.into_iter().map(read).collect::<Result<Vec<_>, Error>>()?;
                Request::Pipeline { statements, max_rows, max_bytes: share }
            }
            Call::Next { max_rows } => {
                self.reading()?;
                match self.cursor {
                    Cursor::None => return Err(invalid("no cursor is open")),
                    Cursor::Ended => return Ok(Admitted::Answered(Reply::Batch(Batch::last(Vec::new())))),
                    Cursor::Open => {}
                }
                let (max_rows, max_bytes) = self.batch_limits(max_rows)?;
                Request::Next { max_rows, max_bytes }
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
            Call::Lock { table, key } => {
                self.writing()?;
                if !grant.covers(&table) {
                    return Err(denied(format!("table {} is not granted", table.join("."))));
                }
                match self.transaction {
                    Transaction::None => return Err(invalid("a lock is held until a transaction ends: none is open")),
                    Transaction::Failed => return Err(failed_transaction()),
                    Transaction::Open => {}
                }
                if key.len() > MAX_LOCK_KEY || key.contains('\0') {
                    return Err(invalid("the key of a lock is up to 4096 bytes of text"));
                }
                self.count()?;
                // One name, however the table is spelt.
                Request::Lock(format!("{}\n{key}", grant.canonical(&table).join(".")))
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
        Ok(Admitted::Run(request, effect))
    }

    /// Rows and bytes that a batch may hold now.
    fn batch_limits(&self, max_rows: u32) -> Result<(u32, usize), Error> {
        if max_rows == 0 {
            return Err(invalid("a batch holds at least one row"));
        }
        let options = &self.binding.options;
        let left = options.max_result_bytes.saturating_sub(self.delivered);
        Ok((max_rows.min(options.max_batch_rows.max(1)), options.max_batch_bytes.min(left).max(1)))
    }

    /// Rows and bytes of a procedure's result: more than a batch, as there is no next one.
    fn result_limits(&self, max_rows: u32) -> Result<(u32, usize), Error> {
        if max_rows == 0 {
            return Err(invalid("a procedure's result may hold at least one row"));
        }
        let options = &self.binding.options;
        let left = options.max_result_bytes.saturating_sub(self.delivered);
        let bytes = options.max_batch_bytes.saturating_mul(CALLED_BATCHES).min(left).max(1);
        Ok((max_rows.min(MAX_CALLED_ROWS), bytes))
    }

    fn statement(&mut self, statement: Statement) -> Result<(Prepared, Effect), Error> {
        let limit = self.binding.options.max_statement_bytes;
        if size(&statement) > limit {
            return Err(limit_exceeded(format!("a statement and its parameters take at most {limit} bytes")));
        }
        let (text, params) = render(self.binding.dialect(), statement)?;
        let effect = self.binding.grant.check(&text, params.len())?;
        if self.transaction == Transaction::Failed {
            return Err(failed_transaction());
        }
        self.count()?;
        Ok((Prepared { text, params }, effect))
    }

    /// Authorises a call of a procedure.
    fn procedure(&mut self, call: &Procedure) -> Result<(), Error> {
        if !self.binding.grant.covers_procedure(&call.name) {
            return Err(denied(format!("procedure {} is not granted", call.name.join("."))));
        }
        let limit = self.binding.options.max_statement_bytes;
        if call.size() > limit {
            return Err(limit_exceeded(format!("a procedure's name and arguments take at most {limit} bytes")));
        }
        call.check(self.binding.dialect())?;
        if self.transaction == Transaction::Failed {
            return Err(failed_transaction());
        }
        self.count()
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
    async fn act(&mut self, request: Request, effect: Effect) -> Result<Reply, Error> {
        let kind = Kind::of(&request);
        if kind != Kind::Next {
            self.flush(0);
            self.cursor = Cursor::None;
        }
        if kind == Kind::Begin {
            // Before it is known to be open: a begin that is abandoned may yet happen.
            self.transaction = Transaction::Open;
            self.wrote = false;
        }
        let step = self.step(kind, effect);
        let heard = if self.observer.is_some() { observed(&request) } else { Vec::new() };
        let start = Instant::now();
        let outcome = self.lease.run(request, self.scope.deadline).await;
        let elapsed = start.elapsed();
        if let Err(error) = &outcome {
            self.stumble(step, error.failure);
        }
        let mut runs = heard.into_iter().map(|statement| Run { statement, elapsed });
        match &outcome {
            Err(error) => {
                self.settle_failure(kind);
                self.flush_failure(error);
                for run in runs {
                    self.tell(run, Err(error));
                }
            }
            Ok(Reply::Columns(_)) => {
                self.cursor = Cursor::Open;
                self.unreported = runs.next();
            }
            Ok(Reply::Affected(rows)) => {
                for run in runs {
                    self.tell(run, Ok(*rows));
                }
            }
            Ok(Reply::Batch(batch)) => {
                self.flush(count_of(&batch.rows));
                if batch.done {
                    self.cursor = Cursor::Ended;
                }
                self.deliver(&batch.rows)?;
            }
            Ok(Reply::Called(called)) => {
                for run in runs {
                    self.tell(run, Ok(count_of(&called.rows.rows)));
                }
                self.deliver(std::slice::from_ref(&called.outputs))?;
                self.deliver(&called.rows.rows)?;
            }
            Ok(Reply::Batches(batches)) => {
                for (run, batch) in runs.zip(batches) {
                    self.tell(run, Ok(count_of(&batch.rows)));
                }
                for batch in batches {
                    self.deliver(&batch.rows)?;
                }
            }
            Ok(_) => {
                if matches!(kind, Kind::Commit | Kind::Rollback) {
                    self.transaction = Transaction::None;
                }
                for run in runs {
                    self.tell(run, Ok(0));
                }
            }
        }
        outcome.map(|reply| self.granted(reply))
    }

    /// Notes in the footprint what is about to be run, before it is: a call that is
    /// abandoned may happen all the same. Gives what the footprint said before, where the
    /// call leaves one.
    fn step(&mut self, kind: Kind, effect: Effect) -> Option<bool> {
        let writes = effect == Effect::Write;
        match (kind, self.transaction) {
            (Kind::Commit, _) => self.wrote.then(|| self.footprint.write()),
            (_, Transaction::None) => writes.then(|| self.footprint.write()),
            (_, Transaction::Open | Transaction::Failed) => {
                self.wrote |= writes;
                None
            }
        }
    }

    /// Notes in the footprint what a failure says of the call that left `step`.
    fn stumble(&self, step: Option<bool>, failure: Failure) {
        match (failure, step) {
            // The server has rolled back, and says so.
            (Failure::Serialization, Some(before)) => self.footprint.undo(before),
            (Failure::Unavailable, _) => self.footprint.lose(),
            _ => {}
        }
    }

    /// Counts rows against what the operation may fetch.
    fn deliver(&mut self, rows: &[Row]) -> Result<(), Error> {
        let bytes = rows.iter().flatten().map(Value::size).fold(0, usize::saturating_add);
        self.delivered = self.delivered.saturating_add(bytes);
        let limit = self.binding.options.max_result_bytes;
        if self.delivered > limit {
            return Err(limit_exceeded(format!("an operation fetches at most {limit} bytes")));
        }
        Ok(())
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
                text: &run.statement.text,
                params: &run.statement.params,
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

/// Statements as the observer gets them; none for what is no statement.
fn observed(request: &Request) -> Vec<Prepared> {
    let word = |text: &str| vec![Prepared { text: text.to_owned(), params: Vec::new() }];
    match request {
        Request::Query { text, params } | Request::Execute { text, params } => {
            vec![Prepared { text: text.clone(), params: params.clone() }]
        }
        Request::Procedure { call, .. } => vec![call.observed()],
        Request::Pipeline { statements, .. } => statements.clone(),
        Request::Begin => word("BEGIN"),
        Request::Commit => word("COMMIT"),
        Request::Rollback => word("ROLLBACK"),
        Request::Lock(name) => {
            vec![Prepared { text: "LOCK".to_owned(), params: vec![Value::Text(name.clone())] }]
        }
        Request::Next { .. } | Request::CloseCursor | Request::Tables | Request::Describe(_) => Vec::new(),
    }
}

fn count_of(rows: &[Row]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
}

fn size(statement: &Statement) -> usize {
    let used = |index: &u32| usize::try_from(*index).ok().and_then(|index| statement.params.get(index));
    let (mut text, mut sent) = (0_usize, 0_usize);
    for fragment in &statement.fragments {
        match fragment {
            Fragment::Text(part) => text = text.saturating_add(part.len()),
            Fragment::Identifier(parts) => text += parts.iter().map(|part| part.len() + 3).sum::<usize>(),
            // A parameter used more than once is sent more than once.
            Fragment::Param(index) => sent = sent.saturating_add(used(index).map_or(0, |value| value.size() + 4)),
        }
    }
    // One that is not used at all was handed over all the same.
    let given = statement.params.iter().map(Value::size).fold(0, usize::saturating_add);
    text.saturating_add(sent.max(given))
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
