//! SQLite's result codes and messages to the contract's failures.

use patchbay_capability::sql::{Error, Failure, Value};
use rusqlite::{Connection, ErrorCode, ffi};

use super::{blame, catalogue};

/// What was run when an error came: SQLite says little by itself, the rest is looked up.
pub(super) struct Fault<'a> {
    pub(super) connection: &'a Connection,
    pub(super) text: &'a str,
    pub(super) params: &'a [Value],
}

impl<'a> Fault<'a> {
    pub(super) fn new(connection: &'a Connection, text: &'a str, params: &'a [Value]) -> Self {
        Self { connection, text, params }
    }
}

/// The contract's error for one of the library. Messages hold names of the schema, never
/// values; with `fault`, constraint, table and columns are looked up where SQLite does
/// not tell.
pub(super) fn translate(error: rusqlite::Error, fault: Option<&Fault<'_>>) -> Error {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => {
            let message = message.unwrap_or_else(|| code.to_string());
            from_code(code, &message, fault)
        }
        // Its text would repeat the whole statement.
        rusqlite::Error::SqlInputError { error, msg, .. } => from_code(error, &msg, fault),
        rusqlite::Error::InvalidParameterCount(given, wanted) => {
            Error::new(Failure::InvalidStatement, format!("the statement takes {wanted} parameters, not {given}"))
        }
        rusqlite::Error::MultipleStatement => Error::new(Failure::InvalidStatement, "more than one statement"),
        other => Error::new(Failure::Other, other.to_string()),
    }
}

fn from_code(code: ffi::Error, message: &str, fault: Option<&Fault<'_>>) -> Error {
    let failure = match code.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            return unique(message, fault);
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => return at_columns(Failure::NotNullViolation, message),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return foreign_key(message, fault),
        ffi::SQLITE_CONSTRAINT_CHECK => return check(message, fault),
        ffi::SQLITE_CONSTRAINT_DATATYPE => return datatype(message),
        // RAISE(ABORT, ...) in a trigger: a rule the application wrote down there.
        ffi::SQLITE_CONSTRAINT_TRIGGER => Failure::CheckViolation,
        ffi::SQLITE_BUSY_SNAPSHOT => Failure::Serialization,
        _ => match code.code {
            ErrorCode::DatabaseBusy => Failure::Busy,
            ErrorCode::DatabaseLocked => Failure::Serialization,
            ErrorCode::OperationInterrupted => Failure::Timeout,
            ErrorCode::PermissionDenied | ErrorCode::ReadOnly | ErrorCode::AuthorizationForStatementDenied => {
                Failure::PermissionDenied
            }
            ErrorCode::CannotOpen
            | ErrorCode::NotADatabase
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::SystemIoFailure
            | ErrorCode::DiskFull
            | ErrorCode::OutOfMemory
            | ErrorCode::FileLockingProtocolFailed => Failure::Unavailable,
            ErrorCode::TooBig | ErrorCode::TypeMismatch | ErrorCode::ParameterOutOfRange => Failure::InvalidParameter,
            ErrorCode::SchemaChanged => Failure::Undefined,
            _ if is_undefined(message) => Failure::Undefined,
            ErrorCode::Unknown => Failure::InvalidStatement,
            _ => Failure::Other,
        },
    };
    Error::new(failure, message)
}

/// Whether a compile error says that the catalogue is not what the connector thinks.
fn is_undefined(message: &str) -> bool {
    message.starts_with("no such table")
        || message.starts_with("no such column")
        || (message.starts_with("table ") && message.contains(" has no column named "))
}

/// `UNIQUE constraint failed: person.first, person.last`, or `...: index 'name'` for an
/// index on expressions.
fn unique(message: &str, fault: Option<&Fault<'_>>) -> Error {
    let subject = message.rsplit_once(": ").map_or("", |(_, subject)| subject);
    let mut error = at_columns(Failure::UniqueViolation, message);
    let Some(fault) = fault else { return error };
    if let Some(index) = subject.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
        error.columns.clear();
        error.constraint = Some(index.to_owned());
        error.table = looked_up(catalogue::table_of_index(fault.connection, index)).flatten();
        if let Some(table) = &error.table {
            error.columns = looked_up(catalogue::columns_of_index(fault.connection, table, index)).unwrap_or_default();
        }
    } else if let Some(table) = &error.table {
        error.constraint = looked_up(catalogue::unique_name(fault.connection, table, &error.columns)).flatten();
    }
    error
}

/// `... constraint failed: person.first, person.last`: table and columns.
fn at_columns(failure: Failure, message: &str) -> Error {
    let mut error = Error::new(failure, message);
    let subject = message.rsplit_once(": ").map_or("", |(_, subject)| subject);
    for name in subject.split(", ") {
        if let Some((table, column)) = name.rsplit_once('.') {
            error.table = Some(table.to_owned());
            error.columns.push(column.to_owned());
        }
    }
    error
}

/// `CHECK constraint failed: NAME`, or the expression where the constraint has no name.
fn check(message: &str, fault: Option<&Fault<'_>>) -> Error {
    let mut error = Error::new(Failure::CheckViolation, message);
    let Some((_, subject)) = message.split_once(": ") else { return error };
    let found = fault.and_then(|fault| looked_up(catalogue::check(fault.connection, subject)).flatten());
    if let Some(found) = found {
        error.constraint = found.name;
        error.table = Some(found.table);
        error.columns = found.columns;
    }
    error
}

/// `cannot store TEXT value in INTEGER column person.age`, of a STRICT table.
fn datatype(message: &str) -> Error {
    let mut error = Error::new(Failure::InvalidParameter, message);
    if let Some((_, name)) = message.rsplit_once(" column ")
        && let Some((table, column)) = name.rsplit_once('.')
    {
        error.table = Some(table.to_owned());
        error.columns = vec![column.to_owned()];
    }
    error
}

/// `FOREIGN KEY constraint failed`, and that is all SQLite says.
fn foreign_key(message: &str, fault: Option<&Fault<'_>>) -> Error {
    let mut error = Error::new(Failure::ForeignKeyViolation, message);
    if let Some(found) = fault.and_then(|fault| looked_up(blame::foreign_key(fault)).flatten()) {
        error.constraint = found.constraint;
        error.table = Some(found.table);
        error.columns = found.columns;
    }
    error
}

/// A lookup that fails must not hide the error it was to explain.
fn looked_up<T>(found: rusqlite::Result<T>) -> Option<T> {
    found.inspect_err(|error| tracing::debug!(target: "patchbay::sql", %error, "cannot look up a constraint")).ok()
}
