//! What a call has to pass before the driver sees anything: grant, order of calls, quota and
//! deadline.

use std::sync::Arc;

use super::super::in_time;
use super::{Cursor, Session, Transaction, limit_exceeded};
use crate::sql::policy::{Effect, Verb};
use crate::sql::render::render;
use crate::sql::{
    Batch, Call, Dialect, Error, Failure, Fragment, Prepared, Procedure, Reply, Request, Statement, Value,
};

/// Statements in one pipeline. Each may bring a row, however large, so their number bounds
/// what is held at a time.
const MAX_PIPELINE: usize = 64;

/// Rows that are taken of a procedure's result.
const MAX_CALLED_ROWS: u32 = 10_000;

/// How many batches such a result may be as large as: it is held at once.
const CALLED_BATCHES: usize = 8;
/// Longest key of a lock, in bytes.
const MAX_LOCK_KEY: usize = 4096;

/// A call that has passed authorisation and quota.
pub(super) enum Admitted {
    /// To be run by the driver, and what it does there.
    Run(Request, Effect),
    /// Answered by what the session knows.
    Answered(Reply),
}

impl Session {
    /// Authorisation, order of calls, quota and deadline, before the driver sees anything.
    pub(super) fn admit(&mut self, call: Call) -> Result<Admitted, Error> {
        // First of all: what is refused has cost something, too.
        self.count(cost(&call))?;
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
                // One name, however the table is spelt.
                Request::Lock(format!("{}\n{key}", grant.canonical(&table).join(".")))
            }
            Call::Tables => {
                if !grant.has_tables() {
                    return Err(denied("no table is granted"));
                }
                Request::Tables
            }
            Call::Describe(name) => {
                if !grant.covers(&name) {
                    return Err(denied(format!("table {} is not granted", name.join("."))));
                }
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
        let (options, left) = (&self.binding.options, self.left());
        Ok((max_rows.min(options.max_batch_rows.max(1)), options.max_batch_bytes.min(left).max(1)))
    }

    /// Rows and bytes of a procedure's result: more than a batch, as there is no next one.
    fn result_limits(&self, max_rows: u32) -> Result<(u32, usize), Error> {
        if max_rows == 0 {
            return Err(invalid("a procedure's result may hold at least one row"));
        }
        let (options, left) = (&self.binding.options, self.left());
        let bytes = options.max_batch_bytes.saturating_mul(CALLED_BATCHES).min(left).max(1);
        Ok((max_rows.min(MAX_CALLED_ROWS), bytes))
    }

    fn statement(&self, statement: Statement) -> Result<(Prepared, Effect), Error> {
        let limit = self.binding.options.max_statement_bytes;
        if size(&statement) > limit {
            return Err(limit_exceeded(format!("a statement and its parameters take at most {limit} bytes")));
        }
        let (text, params) = render(self.binding.dialect(), statement)?;
        let effect = self.binding.grant.check(&text, params.len())?;
        if self.transaction == Transaction::Failed {
            return Err(failed_transaction());
        }
        Ok((Prepared { text, params }, effect))
    }

    /// Authorises a call of a procedure.
    fn procedure(&self, call: &Procedure) -> Result<(), Error> {
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
        Ok(())
    }

    /// Counts so many statements of the operation's.
    fn count(&self, statements: u32) -> Result<(), Error> {
        let limit = self.binding.options.max_statements;
        if statements == 0 || self.tally.request(statements, limit) {
            return Ok(());
        }
        Err(limit_exceeded(format!("an operation runs at most {limit} statements")))
    }

    /// Bytes that the operation may fetch still.
    pub(in crate::sql::gate) fn left(&self) -> usize {
        self.binding.options.max_result_bytes.saturating_sub(self.tally.bytes())
    }

    fn reading(&self) -> Result<(), Error> {
        if self.binding.grant.has(Verb::Select) { Ok(()) } else { Err(denied("SELECT is not granted")) }
    }

    /// Transactions are for writes: one that only reads would hold locks for nothing.
    fn writing(&self) -> Result<(), Error> {
        if self.binding.grant.writes() { Ok(()) } else { Err(denied("no verb that writes is granted")) }
    }
}

/// How many statements a call counts as. Rows are counted as bytes, and a transaction that begins
/// ends once.
fn cost(call: &Call) -> u32 {
    match call {
        Call::Next { .. } | Call::CloseCursor | Call::Commit | Call::Rollback => 0,
        // More of them are refused at once.
        Call::Pipeline { statements, .. } => u32::try_from(statements.len().clamp(1, MAX_PIPELINE)).unwrap_or(u32::MAX),
        Call::Query(_)
        | Call::Execute(_)
        | Call::Procedure { .. }
        | Call::Begin
        | Call::Lock { .. }
        | Call::Tables
        | Call::Describe(_) => 1,
    }
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

fn failed_transaction() -> Error {
    invalid("a statement of this transaction failed: it can only be rolled back")
}
