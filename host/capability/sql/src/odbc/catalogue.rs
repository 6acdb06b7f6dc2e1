//! What the catalogue says of tables, views and constraints.
//!
//! Where the database is known, its own catalogue is asked, with the statements of its own
//! driver where there is one. ODBC's functions for this tell too little: not who gives a
//! column its value, not whether its comparison tells case. They are used where nothing
//! else is known ([`plain`]).

mod keys;
mod mssql;
mod mysql;
mod plain;
mod postgres;
mod sqlite;

use std::time::Instant;

use patchbay_capability::sql::{Dialect, Row, TableInfo, Value};

use super::error::Trouble;
use super::session::Session;

/// Names of tables and views, with their schema, and also alone where they are found so.
pub(super) fn tables(session: &mut Session, deadline: Instant) -> Result<Vec<Vec<String>>, Trouble> {
    let mut ask = Ask { session, deadline };
    match ask.session.dialect {
        Dialect::Postgres => postgres::tables(&mut ask),
        Dialect::Mysql => mysql::tables(&mut ask),
        Dialect::Sqlite => sqlite::tables(&mut ask),
        Dialect::Mssql => mssql::tables(&mut ask),
        Dialect::Oracle | Dialect::Db2 | Dialect::Hana | Dialect::Ansi => plain::tables(&mut ask),
    }
}

/// Everything about one table or view, if it exists; its constraints are remembered for
/// errors to come.
pub(super) fn describe(
    session: &mut Session,
    name: &[String],
    deadline: Instant,
) -> Result<Option<TableInfo>, Trouble> {
    let mut ask = Ask { session, deadline };
    match ask.session.dialect {
        Dialect::Postgres => postgres::describe(&mut ask, name),
        Dialect::Mysql => mysql::describe(&mut ask, name),
        Dialect::Sqlite => sqlite::describe(&mut ask, name),
        Dialect::Mssql => mssql::describe(&mut ask, name),
        Dialect::Oracle | Dialect::Db2 | Dialect::Hana | Dialect::Ansi => plain::describe(&mut ask, name),
    }
}

/// Asks the catalogue.
struct Ask<'s> {
    session: &'s mut Session,
    deadline: Instant,
}

impl Ask<'_> {
    /// All rows of a query on the catalogue, whose placeholders are the dialect's.
    fn rows(&mut self, text: &str, values: &[Value]) -> Result<Vec<Found>, Trouble> {
        let rows = self.session.rows(text, values, self.deadline)?;
        Ok(rows.into_iter().map(Found).collect())
    }
}

/// A row of the catalogue. Drivers differ in the types they give to what a catalogue
/// computes; a value is taken for what is asked.
struct Found(Row);

impl Found {
    /// Text; none where it is NULL.
    fn text(&self, index: usize) -> Option<String> {
        Some(match self.0.get(index)? {
            Value::Text(text) | Value::Other(text) | Value::Decimal(text) => text.clone(),
            Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Value::Integer(number) => number.to_string(),
            Value::Boolean(truth) => i32::from(*truth).to_string(),
            _ => return None,
        })
    }

    /// Text that the catalogue always has.
    fn needed(&self, index: usize) -> String {
        self.text(index).unwrap_or_default()
    }

    /// A number; 0 where there is none.
    fn number(&self, index: usize) -> i64 {
        match self.0.get(index) {
            Some(Value::Integer(number)) => *number,
            _ => self.text(index).and_then(|text| text.trim().parse().ok()).unwrap_or(0),
        }
    }

    /// `1`, `t`, `true` and the like.
    fn truth(&self, index: usize) -> bool {
        match self.0.get(index) {
            Some(Value::Boolean(truth)) => *truth,
            Some(Value::Integer(number)) => *number != 0,
            _ => self.text(index).is_some_and(|text| matches!(text.as_str(), "1" | "t" | "true" | "T" | "-1")),
        }
    }
}

/// A value for a placeholder.
fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A table nothing is known of yet.
fn empty(name: Vec<String>, view: bool) -> TableInfo {
    TableInfo {
        name,
        view,
        columns: Vec::new(),
        primary_key: Vec::new(),
        unique_keys: Vec::new(),
        foreign_keys: Vec::new(),
        deferrable: false,
    }
}
