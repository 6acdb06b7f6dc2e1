//! Calls of procedures.
//!
//! Where the database is known, its own driver's way is gone: PostgreSQL gives values back in
//! a row, MariaDB and SQL Server through variables of the session or of the batch. Elsewhere it
//! is ODBC's own `{call ...}`, whose values go in only: the safe interface of the crate
//! `odbc-api` has no list of parameters of which some come back.

use std::time::Instant;

use patchbay_capability::sql::{
    Batch, Called, Column, Dialect, Error, Failure, Prepared, Procedure, Reply, Row, Value,
};

use super::super::session::ResultSet;
use super::{Transaction, Worker};
use crate::{mssql, mysql, postgres};

/// What is taken of a result, and until when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) max_rows: u32,
    pub(super) max_bytes: usize,
    pub(super) deadline: Instant,
}

impl Worker {
    pub(super) fn call(&mut self, call: &Procedure, limits: Limits) -> Result<Reply, Error> {
        self.usable()?;
        let called = match self.session.dialect {
            Dialect::Postgres => self.call_postgres(call, limits),
            Dialect::Mysql => self.call_mysql(call, limits),
            Dialect::Mssql => self.call_mssql(call, limits),
            Dialect::Sqlite => Err(Error::new(Failure::Unsupported, "SQLite has no stored procedures")),
            Dialect::Oracle | Dialect::Db2 | Dialect::Hana | Dialect::Ansi => self.call_plain(call, limits),
        };
        called.map(Reply::Called)
    }

    /// All results of a statement that the host wrote.
    fn results(&mut self, text: &str, params: &[Value], limits: Limits) -> Result<Vec<ResultSet>, Error> {
        let Limits { max_rows, max_bytes, deadline } = limits;
        let results = self.session.results(text, params, max_rows, max_bytes, deadline);
        results.map_err(|trouble| self.failed(trouble, text))
    }

    fn call_postgres(&mut self, call: &Procedure, limits: Limits) -> Result<Called, Error> {
        use postgres::procedure::{ROUTINES, Routine, called, qualified, unknown, written};
        let (schema, own) = qualified(&call.name)?;
        let name = [Value::Text(own.to_owned()), Value::Text(schema.to_owned())];
        let found = self.first_row(ROUTINES, &name, limits.deadline)?;
        let is = |index: usize| match found.get(index) {
            Some(Value::Boolean(truth)) => *truth,
            Some(Value::Text(text)) => matches!(text.as_str(), "1" | "t" | "true"),
            _ => false,
        };
        let routine = Routine::of(is(0), is(1), is(2)).ok_or_else(|| unknown(&call.name))?;
        let (text, params) = written(call, routine)?;
        let limits = Limits { max_rows: if call.outputs() > 0 { 1 } else { limits.max_rows }, ..limits };
        let (columns, batch) = first(self.results(&text, &params, limits)?);
        called(call, columns, batch)
    }

    fn call_mysql(&mut self, call: &Procedure, limits: Limits) -> Result<Called, Error> {
        let outcome = self.run_mysql(call, limits);
        // What it began and did not end must not end with somebody else's transaction.
        if self.transaction == Transaction::None && !self.broken {
            let end = if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" };
            if let Err(error) = self.session.plain(end) {
                self.broken = true;
                return outcome.and(Err(error));
            }
        }
        outcome
    }

    fn run_mysql(&mut self, call: &Procedure, limits: Limits) -> Result<Called, Error> {
        let mysql::procedure::Written { before, text: (text, params), after } = mysql::procedure::written(call)?;
        if let Some((text, params)) = &before {
            let set = self.session.execute(text, params, limits.deadline);
            set.map_err(|trouble| self.failed(trouble, text))?;
        }
        let (columns, rows) = first(self.results(&text, &params, limits)?);
        let outputs = match &after {
            Some(text) => self.first_row(text, &[], limits.deadline)?,
            None => Vec::new(),
        };
        if outputs.len() != call.outputs() {
            return Err(Error::new(Failure::Other, "the server told nothing of its variables"));
        }
        Ok(Called { outputs, status: None, columns, rows })
    }

    fn call_mssql(&mut self, call: &Procedure, limits: Limits) -> Result<Called, Error> {
        use mssql::procedure::{STATUS, written};
        let (text, params) = written(call)?;
        // Counts of rows would be results, and the driver would stop at the first.
        let mut results = self.results(&format!("SET NOCOUNT ON; {text}"), &params, limits)?;
        let is_own = |result: &ResultSet| result.columns.first().is_some_and(|column| column.name == STATUS);
        let own = results.pop().filter(is_own).and_then(|own| own.batch.rows.into_iter().next());
        let mut own = own.unwrap_or_default().into_iter();
        let status = match own.next() {
            Some(Value::Integer(status)) => Some(status),
            _ => None,
        };
        let outputs: Row = own.collect();
        if outputs.len() != call.outputs() {
            return Err(Error::new(Failure::Other, "the procedure did not come to its end"));
        }
        let (columns, rows) = first(results);
        Ok(Called { outputs, status, columns, rows })
    }

    /// By ODBC's own words, of which each driver makes those of its database.
    fn call_plain(&mut self, call: &Procedure, limits: Limits) -> Result<Called, Error> {
        if call.outputs() > 0 {
            let message = "values that come back from a procedure cannot be had through this ODBC driver";
            return Err(Error::new(Failure::Unsupported, message));
        }
        let values = || call.arguments.iter().map(|argument| &argument.value);
        let places: Vec<&str> = values().map(|value| if *value == Value::Null { "NULL" } else { "?" }).collect();
        let text = format!("{{call {}({})}}", call.quoted(self.session.dialect)?, places.join(", "));
        let given: Vec<&Value> = values().filter(|value| **value != Value::Null).collect();
        let Limits { max_rows, max_bytes, deadline } = limits;
        let results = self.session.bound_results(&text, &given, max_rows, max_bytes, deadline);
        let (columns, rows) = first(results.map_err(|trouble| self.failed(trouble, &text))?);
        Ok(Called { columns, rows, ..Called::default() })
    }

    /// The first row of one of the host's own statements; empty where there is none.
    fn first_row(&mut self, text: &str, params: &[Value], deadline: Instant) -> Result<Row, Error> {
        let statement = Prepared { text: text.to_owned(), params: params.to_vec() };
        let batch = self.first_batch(&statement, 1, usize::MAX, deadline)?;
        Ok(batch.rows.into_iter().next().unwrap_or_default())
    }
}

/// The first result set; an empty one where there is none.
fn first(results: Vec<ResultSet>) -> (Vec<Column>, Batch) {
    match results.into_iter().next() {
        Some(ResultSet { columns, batch }) => (columns, batch),
        None => (Vec::new(), Batch::last(Vec::new())),
    }
}
