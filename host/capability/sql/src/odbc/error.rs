//! SQLSTATE, the database's own number and its sentence to the contract's failures.
//!
//! ODBC hands on what a database says of an error, but no fields: names of constraints,
//! tables and columns are read from the sentence, which is in English as each session asks
//! for that. What a sentence does not tell, the catalogue told before.

mod ansi;
mod db2;
mod hana;
mod oracle;
mod sentence;
mod sqlite;

use odbc_api::Error as Fault;
use odbc_api::handles::Record;
use patchbay_capability::sql::{Dialect, Error, Failure};

use crate::constraints::Constraints;
use crate::{mssql, mysql, postgres};

/// "Statement completion unknown": of a class that means "rolled back", which it does not.
const COMPLETION_UNKNOWN: &str = "40003";

/// Why something went wrong: the driver's error, or a value that cannot be read.
#[derive(Debug)]
pub(super) enum Trouble {
    Driver(Fault),
    /// An error of the database's that its driver took for a success.
    Unnoticed(Told),
    Value(Error),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Driver(fault)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Value(error)
    }
}

/// What was run when an error came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstance<'a> {
    pub(super) dialect: Dialect,
    /// The statement; empty where there is none.
    pub(super) text: &'a str,
    pub(super) constraints: &'a Constraints,
}

/// What a driver says of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) state: String,
    pub(super) number: i32,
    /// Without what says who passed it on: `[unixODBC][Driver Manager]`.
    pub(super) sentence: String,
}

impl Told {
    fn of(record: &Record) -> Self {
        let sentence = String::from_utf16_lossy(&record.message);
        Self {
            state: record.state.as_str().trim_end_matches('\0').to_owned(),
            number: record.native_error,
            sentence: without_origin(&sentence).to_owned(),
        }
    }
}

/// An error of a call.
pub(super) fn translate(trouble: Trouble, circumstance: Circumstance<'_>) -> Error {
    match trouble {
        Trouble::Value(error) => error,
        Trouble::Unnoticed(told) => from_told(&told, circumstance),
        Trouble::Driver(fault) => match told(&fault) {
            Some(told) => from_told(&told, circumstance),
            // Texts of the crate; they hold no values.
            None => Error::new(Failure::Other, "the ODBC driver failed and did not say why"),
        },
    }
}

/// An error of a connection attempt.
pub(super) fn connecting(fault: &Fault, dialect: Dialect) -> Error {
    let Some(told) = told(fault) else {
        return Error::new(Failure::Unavailable, "the ODBC driver manager or the driver cannot be used");
    };
    let constraints = Constraints::default();
    let mut error = from_told(&told, Circumstance { dialect, text: "", constraints: &constraints });
    // PostgreSQL's driver has one state for all that can go wrong here.
    if told.sentence.contains("authentication failed") {
        error.failure = Failure::PermissionDenied;
    }
    if error.failure != Failure::PermissionDenied {
        error.failure = Failure::Unavailable;
    }
    error
}

/// Whether the connection is gone, by what the driver says, or of no more use: where nobody knows
/// whether a statement was run to its end, nobody knows what state its session is in.
pub(super) fn is_lost(trouble: &Trouble) -> bool {
    match trouble {
        Trouble::Driver(fault) => told(fault).is_none_or(|told| ends_session(&told.state)),
        Trouble::Value(_) | Trouble::Unnoticed(_) => false,
    }
}

fn ends_session(state: &str) -> bool {
    state.starts_with("08") || matches!(state, "57P01" | COMPLETION_UNKNOWN)
}

/// Whether the server refused because it only takes reads.
pub(super) fn is_read_only(trouble: &Trouble, dialect: Dialect) -> bool {
    let Trouble::Driver(fault) = trouble else { return false };
    told(fault).is_some_and(|told| match dialect {
        Dialect::Postgres => told.state == "25006",
        Dialect::Mysql => matches!(told.number, 1290 | 1792 | 1836),
        Dialect::Mssql => told.number == 3906,
        Dialect::Oracle => told.number == 16_000,
        Dialect::Sqlite | Dialect::Db2 | Dialect::Hana | Dialect::Ansi => false,
    })
}

fn told(fault: &Fault) -> Option<Told> {
    match fault {
        Fault::Diagnostics { record, .. }
        | Fault::UnsupportedOdbcApiVersion(record)
        | Fault::InvalidRowArraySize { record, .. }
        | Fault::UnableToRepresentNull(record)
        | Fault::OracleOdbcDriverDoesNotSupport64Bit(record) => Some(Told::of(record)),
        _ => None,
    }
}

fn without_origin(sentence: &str) -> &str {
    let mut rest = sentence.trim();
    while let Some((_, tail)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        rest = tail.trim_start();
    }
    rest
}

fn from_told(told: &Told, circumstance: Circumstance<'_>) -> Error {
    if let Some(failure) = of_driver(&told.state) {
        let mut error = Error::new(failure, sentence::first(&told.sentence));
        error.sqlstate = Some(told.state.clone());
        return error;
    }
    let mut error = match circumstance.dialect {
        Dialect::Postgres => from_postgres(told, circumstance.text),
        Dialect::Mysql => from_mysql(told, circumstance.text),
        Dialect::Sqlite => sqlite::read(told.number, &told.sentence),
        Dialect::Mssql => mssql::error::told(u32::try_from(told.number).unwrap_or(0), &told.sentence),
        Dialect::Oracle => oracle::read(told),
        Dialect::Db2 => db2::read(told),
        Dialect::Hana => hana::read(told),
        Dialect::Ansi => ansi::read(told, circumstance.constraints),
    };
    complete(&mut error, circumstance.constraints, sentence::is_of_parent(&told.sentence));
    error
}

/// Adds what another connection's catalogue told before.
pub(super) fn complete_from_message(error: &mut Error, constraints: &Constraints) {
    let of_parent = sentence::is_of_parent(&error.message);
    complete(error, constraints, of_parent);
}

/// Adds what the sentence did not tell and the catalogue told before.
fn complete(error: &mut Error, constraints: &Constraints, of_parent: bool) {
    let violated = [Failure::UniqueViolation, Failure::CheckViolation, Failure::ForeignKeyViolation];
    if !violated.contains(&error.failure) {
        return;
    }
    if error.constraint.is_none() && error.columns.is_empty() {
        // In whatever language: one of the names in quotes is a constraint's.
        error.constraint = sentence::quoted(&error.message).find(|name| constraints.find(name).is_some());
    }
    match (&error.constraint, &error.table) {
        (None, Some(table)) => error.constraint = constraints.name(table, &error.columns),
        (Some(constraint), Some(table)) if error.columns.is_empty() && !of_parent => {
            error.columns = constraints.columns(table, constraint);
        }
        (Some(constraint), None) => {
            if let Some((table, columns)) = constraints.find(constraint) {
                error.table = Some(table);
                if error.columns.is_empty() && !of_parent {
                    error.columns = columns;
                }
            }
        }
        _ => {}
    }
}

/// What driver and driver manager themselves say, whatever the database is.
fn of_driver(state: &str) -> Option<Failure> {
    Some(match state {
        "HYT00" => Failure::Timeout,
        "HYC00" | "IM001" => Failure::Unsupported,
        // Whatever it was may have been done: nothing to be tried again.
        "HY001" | "HY013" | "HY014" | COMPLETION_UNKNOWN => Failure::Unavailable,
        "07002" | "07001" => Failure::InvalidStatement,
        _ if state.starts_with("08") || state.starts_with("IM") || state == "HYT01" => Failure::Unavailable,
        _ => return None,
    })
}

/// The kind by SQLSTATE alone, as the standard has it.
fn by_state(state: &str) -> Failure {
    match state {
        "23505" => Failure::UniqueViolation,
        "23503" => Failure::ForeignKeyViolation,
        "23502" => Failure::NotNullViolation,
        // A constraint that was only looked at in the end: the same again fails again.
        "40002" => Failure::CheckViolation,
        COMPLETION_UNKNOWN => Failure::Unavailable,
        "42S02" | "42S22" | "42S12" => Failure::Undefined,
        "HY008" => Failure::Timeout,
        _ => match state.get(..2).unwrap_or_default() {
            "08" => Failure::Unavailable,
            "22" | "07" => Failure::InvalidParameter,
            "23" | "44" => Failure::CheckViolation,
            "28" => Failure::PermissionDenied,
            "40" => Failure::Serialization,
            "21" | "24" | "25" | "37" | "42" => Failure::InvalidStatement,
            _ => Failure::Other,
        },
    }
}

fn from_postgres(told: &Told, text: &str) -> Error {
    let state = told.state.as_str();
    let failure = match postgres::error::failure(state, None) {
        // Bytes for what is no column of bytes: the one type that is said.
        _ if state == "42804" => Failure::InvalidParameter,
        Failure::Other | Failure::InvalidStatement => match by_state(state) {
            // ODBC has states of its own for what is not there.
            Failure::Undefined => Failure::Undefined,
            _ => postgres::error::failure(state, None),
        },
        other => other,
    };
    let main = sentence::first(&told.sentence);
    let main = main.strip_prefix("ERROR: ").unwrap_or(main);
    let main = if state.starts_with("22") { postgres::error::without_quotes(main) } else { main.to_owned() };
    let names = sentence::of_postgres(&told.sentence);
    let mut error = Error::new(failure, main);
    error.sqlstate = Some(state.to_owned());
    error.constraint = names.constraint;
    error.table = names.table;
    if error.table.is_none() && failure == Failure::UniqueViolation {
        error.table = mysql::statement::target_in(&sqlparser::dialect::PostgreSqlDialect {}, text);
    }
    error.columns = names.columns;
    error
}

fn from_mysql(told: &Told, text: &str) -> Error {
    let number = u16::try_from(told.number).unwrap_or(0);
    let failure = match mysql::error::failure(number, &told.state) {
        Failure::Other => by_state(&told.state),
        known => known,
    };
    let found = mysql::message::read(number, &told.sentence);
    let mut error = Error::new(failure, found.message);
    error.sqlstate = Some(told.state.clone());
    error.constraint = found.constraint;
    error.columns = found.columns;
    let names_table = matches!(
        failure,
        Failure::UniqueViolation | Failure::ForeignKeyViolation | Failure::NotNullViolation | Failure::CheckViolation
    ) && (error.constraint.is_some() || !error.columns.is_empty());
    error.table = match found.table {
        None if names_table => mysql::statement::target(text),
        table => table,
    };
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(state: &str, number: i32, sentence: &str) -> Told {
        Told { state: state.into(), number, sentence: without_origin(sentence).to_owned() }
    }

    #[track_caller]
    fn check(dialect: Dialect, told: &Told, expected: (Failure, Option<&str>, Option<&str>, &[&str])) {
        let constraints = Constraints::default();
        let text = "UPDATE person SET a = 1";
        let error = from_told(told, Circumstance { dialect, text, constraints: &constraints });
        let columns: Vec<&str> = error.columns.iter().map(String::as_str).collect();
        let actual = (error.failure, error.constraint.as_deref(), error.table.as_deref(), columns.as_slice());
        assert_eq!(actual, expected, "{error:?}");
        assert!(!error.message.contains("hunter2"), "a value in {error}");
    }

    #[test]
    fn drivers_and_their_manager() {
        let missing = "[unixODBC][Driver Manager]Can't open lib '/x.so' : file not found";
        check(Dialect::Oracle, &told("01000", 0, missing), (Failure::Other, None, None, &[]));
        let source = "[unixODBC][Driver Manager]Data source name not found and no default driver specified";
        check(Dialect::Postgres, &told("IM002", 0, source), (Failure::Unavailable, None, None, &[]));
        check(Dialect::Mssql, &told("HYT00", 0, "[x]Query timeout expired"), (Failure::Timeout, None, None, &[]));
        check(Dialect::Mysql, &told("08S01", 2013, "gone"), (Failure::Unavailable, None, None, &[]));
        assert_eq!(without_origin("[a][b c] d [e]"), "d [e]");
    }

    #[test]
    fn only_what_was_rolled_back_for_certain_may_be_tried_again() {
        let dialects = [
            Dialect::Postgres,
            Dialect::Mysql,
            Dialect::Sqlite,
            Dialect::Mssql,
            Dialect::Oracle,
            Dialect::Db2,
            Dialect::Hana,
            Dialect::Ansi,
        ];
        for dialect in dialects {
            // A driver that lost its connection in the middle of a commit.
            check(dialect, &told("40003", 0, "completion unknown"), (Failure::Unavailable, None, None, &[]));
        }
        for dialect in [Dialect::Postgres, Dialect::Mysql, Dialect::Oracle, Dialect::Db2, Dialect::Hana, Dialect::Ansi]
        {
            check(dialect, &told("40002", 0, "constraint"), (Failure::CheckViolation, None, None, &[]));
            check(dialect, &told("40001", 0, "deadlock"), (Failure::Serialization, None, None, &[]));
        }
        assert!(ends_session("40003") && ends_session("08S01") && ends_session("57P01"));
        assert!(!ends_session("40001") && !ends_session("40002") && !ends_session("23505"));
    }

    #[test]
    fn databases() {
        check(
            Dialect::Mysql,
            &told("23000", 1062, "[ma-3.1.15][10.11]Duplicate entry 'hunter2' for key 'person_login_once'"),
            (Failure::UniqueViolation, Some("person_login_once"), Some("person"), &[]),
        );
        check(
            Dialect::Mssql,
            &told("23000", 515, "[M][S]Cannot insert the value NULL into column 'login', table 'd.dbo.person'; x."),
            (Failure::NotNullViolation, None, Some("person"), &["login"]),
        );
        check(
            Dialect::Oracle,
            &told("23000", 1, "[Oracle][ODBC][Ora]ORA-00001: unique constraint (HR.PERSON_LOGIN) violated"),
            (Failure::UniqueViolation, Some("PERSON_LOGIN"), None, &[]),
        );
    }
}
