//! A leased connection behind the gate.

mod admission;
mod books;

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Binding;
use crate::sql::policy::Effect;
use crate::sql::{Call, Error, Failure, Footprint, Lease, Prepared, Reply, Request, Row, Value};
use crate::usage::Tally;
use crate::{Observer, Scope};
use admission::Admitted;
use books::{count_of, observed};

/// A leased connection behind the gate. One statement at a time; whatever follows a
/// query ends its cursor.
#[derive(Debug)]
pub struct Session {
    binding: Arc<Binding>,
    scope: Scope,
    lease: Box<dyn Lease>,
    observer: Option<Arc<dyn Observer>>,
    /// Of the operation, all its sessions together.
    tally: Tally,
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

impl Session {
    pub(super) fn new(
        binding: Arc<Binding>,
        scope: Scope,
        lease: Box<dyn Lease>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        Self {
            tally: Tally::of(&scope, &binding.name),
            binding,
            scope,
            lease,
            observer,
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
        self.tally.fetch(bytes);
        let limit = self.binding.options.max_result_bytes;
        if self.tally.bytes() > limit {
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

fn limit_exceeded(message: String) -> Error {
    Error::new(Failure::LimitExceeded, message)
}
