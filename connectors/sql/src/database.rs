//! What the connector's logic needs of a database. In the sandbox that is the host's
//! `patchbay:sql/client`; tests bring databases of their own.

use patchbay_connector::sql::{
    Argument, Batch, CallResult, Connection, Dialect, Error, Failure, Row, Statement, TableInfo,
};

/// Rows that one pull of a cursor asks for.
const BATCH: u32 = 1_000;

/// Statements that the host takes in one pipeline.
const PIPELINE: usize = 64;

/// One connection.
pub trait Database {
    /// The target's dialect.
    fn dialect(&self) -> Dialect;

    /// Runs a statement and returns its first `enough` rows, or all where there are fewer.
    fn query(&mut self, statement: Statement, enough: usize) -> Result<Vec<Row>, Error>;

    /// Runs a statement and returns all of its rows; [`Failure::LimitExceeded`] when there
    /// are more than `limit`.
    fn query_all(&mut self, statement: Statement, limit: usize) -> Result<Vec<Row>, Error> {
        let rows = self.query(statement, limit.saturating_add(1))?;
        if rows.len() > limit { Err(too_many(limit)) } else { Ok(rows) }
    }

    /// Runs statements that only read, and returns the first rows of each.
    fn pipeline(&mut self, statements: Vec<Statement>, max_rows: u32) -> Result<Vec<Batch>, Error>;

    /// Runs a statement and returns how many rows it changed.
    fn execute(&mut self, statement: Statement) -> Result<u64, Error>;

    /// Calls a procedure, for at most `max_rows` rows of its first result set.
    fn call(&mut self, procedure: &[String], arguments: &[Argument], max_rows: u32) -> Result<CallResult, Error>;

    /// Begins a transaction.
    fn begin(&mut self) -> Result<(), Error>;

    /// Commits it.
    fn commit(&mut self) -> Result<(), Error>;

    /// Rolls it back.
    fn rollback(&mut self) -> Result<(), Error>;

    /// Waits for the lock on `key` of a table and holds it until the transaction ends.
    fn lock(&mut self, table: &[String], key: &str) -> Result<(), Error>;

    /// Names of the granted tables and views.
    fn tables(&mut self) -> Result<Vec<Vec<String>>, Error>;

    /// One of them.
    fn describe(&mut self, table: &[String]) -> Result<TableInfo, Error>;
}

impl Database for Connection {
    fn dialect(&self) -> Dialect {
        Self::dialect(self)
    }

    fn query(&mut self, statement: Statement, enough: usize) -> Result<Vec<Row>, Error> {
        let cursor = Self::query(self, &statement)?;
        let mut rows: Vec<Row> = Vec::new();
        while rows.len() < enough {
            let asked = u32::try_from(enough - rows.len()).unwrap_or(BATCH).min(BATCH);
            let mut batch = cursor.next(asked)?;
            if rows.is_empty() {
                rows = batch.rows;
            } else {
                rows.append(&mut batch.rows);
            }
            if batch.done {
                break;
            }
        }
        Ok(rows)
    }

    fn pipeline(&mut self, statements: Vec<Statement>, max_rows: u32) -> Result<Vec<Batch>, Error> {
        let mut batches = Vec::with_capacity(statements.len());
        for statements in statements.chunks(PIPELINE) {
            batches.append(&mut Self::pipeline(self, statements, max_rows)?);
        }
        Ok(batches)
    }

    fn execute(&mut self, statement: Statement) -> Result<u64, Error> {
        Self::execute(self, &statement)
    }

    fn call(&mut self, procedure: &[String], arguments: &[Argument], max_rows: u32) -> Result<CallResult, Error> {
        Self::call(self, procedure, arguments, max_rows)
    }

    fn begin(&mut self) -> Result<(), Error> {
        Self::begin(self)
    }

    fn commit(&mut self) -> Result<(), Error> {
        Self::commit(self)
    }

    fn rollback(&mut self) -> Result<(), Error> {
        Self::rollback(self)
    }

    fn lock(&mut self, table: &[String], key: &str) -> Result<(), Error> {
        Self::lock(self, table, key)
    }

    fn tables(&mut self) -> Result<Vec<Vec<String>>, Error> {
        Self::tables(self)
    }

    fn describe(&mut self, table: &[String]) -> Result<TableInfo, Error> {
        Self::describe(self, table)
    }
}

/// The failure of a result that is larger than it may be.
fn too_many(limit: usize) -> Error {
    Error {
        failure: Failure::LimitExceeded,
        sqlstate: None,
        constraint: None,
        table: None,
        columns: Vec::new(),
        message: format!("more than {limit} rows"),
    }
}
