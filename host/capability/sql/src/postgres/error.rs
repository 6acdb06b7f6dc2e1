//! SQLSTATE and the server's fields to the contract's failures.

use std::error::Error as StdError;

use patchbay_capability::sql::{Error, Failure};
use tokio_postgres::error::{DbError, SqlState};

use super::param::Unfit;
use crate::constraints::Constraints;

/// An error of a call.
pub(super) fn translate(error: &tokio_postgres::Error, constraints: &Constraints) -> Error {
    if let Some(server) = error.as_db_error() {
        return from_server(server, constraints);
    }
    if let Some(unfit) = unfit(error) {
        return Error::new(Failure::InvalidParameter, unfit.to_string());
    }
    let source = error.source();
    if error.is_closed() || source.is_some_and(|source| source.is::<std::io::Error>()) {
        return Error::new(Failure::Unavailable, "the connection to the server was lost");
    }
    Error::new(Failure::Other, chain(error))
}

/// Whether a parameter does not fit the type the server wants: nothing was sent then.
pub(super) fn is_unfit(error: &tokio_postgres::Error) -> bool {
    unfit(error).is_some()
}

fn unfit(error: &tokio_postgres::Error) -> Option<&Unfit> {
    error.source()?.downcast_ref()
}

/// An error of a connection attempt, or one that ended a connection.
pub(super) fn connecting(error: &tokio_postgres::Error) -> Error {
    let Some(server) = error.as_db_error() else {
        return Error::new(Failure::Unavailable, chain(error));
    };
    let mut error = from_server(server, &Constraints::default());
    if error.failure != Failure::PermissionDenied {
        error.failure = Failure::Unavailable;
    }
    error
}

/// The error and what is behind it, in one line.
fn chain(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        // Some repeat their source in their own text.
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        source = inner.source();
    }
    text
}

fn from_server(server: &DbError, constraints: &Constraints) -> Error {
    let code = server.code();
    let failure = failure(code.code(), server.routine());
    // Data exceptions quote the value they are about.
    let message =
        if code.code().starts_with("22") { without_quotes(server.message()) } else { server.message().to_owned() };
    let mut error = Error::new(failure, message);
    error.sqlstate = Some(code.code().to_owned());
    error.constraint = server.constraint().map(str::to_owned);
    error.table = server.table().map(str::to_owned);
    error.columns = match (server.column(), failure) {
        (Some(column), _) => vec![column.to_owned()],
        (None, Failure::UniqueViolation | Failure::ForeignKeyViolation | Failure::CheckViolation) => {
            violated(server, constraints)
        }
        (None, _) => Vec::new(),
    };
    error
}

/// The kind of an error with this SQLSTATE, raised in this routine of the server.
pub(crate) fn failure(code: &str, routine: Option<&str>) -> Failure {
    match code {
        "23505" | "23P01" => Failure::UniqueViolation,
        "23503" | "23001" => Failure::ForeignKeyViolation,
        "23502" => Failure::NotNullViolation,
        // A trigger's RAISE EXCEPTION is a rule the application wrote down there.
        "23514" | "23000" | "P0001" | "44000" | "40002" => Failure::CheckViolation,
        // Whether it was done is not known.
        "40003" | "08007" => Failure::Unavailable,
        "40001" | "40P01" => Failure::Serialization,
        // A lock that is not to be had in time, or at once.
        "55P03" => Failure::Busy,
        "57014" => Failure::Timeout,
        "42501" | "25006" => Failure::PermissionDenied,
        "42P01" | "42703" | "3F000" => Failure::Undefined,
        // A prepared statement whose table has changed under it.
        "0A000" if routine == Some("RevalidateCachedQuery") => Failure::Undefined,
        "0A000" => Failure::Unsupported,
        _ => match code.get(..2).unwrap_or_default() {
            "08" | "53" | "57" | "58" => Failure::Unavailable,
            "22" => Failure::InvalidParameter,
            "28" => Failure::PermissionDenied,
            "40" => Failure::Serialization,
            "54" => Failure::LimitExceeded,
            "21" | "25" | "26" | "42" => Failure::InvalidStatement,
            _ => Failure::Other,
        },
    }
}

/// Columns of a violated constraint: from `Key (a, b)=(...)` in the detail, else from the
/// catalogue.
fn violated(server: &DbError, constraints: &Constraints) -> Vec<String> {
    let detail = server.detail().unwrap_or_default();
    // A parent that is still referenced: the columns are the parent's, the table is not.
    if server.code() == &SqlState::FOREIGN_KEY_VIOLATION && detail.contains("still referenced") {
        return Vec::new();
    }
    let from_detail = key_columns(detail);
    if !from_detail.is_empty() {
        return from_detail;
    }
    match (server.table(), server.constraint()) {
        (Some(table), Some(constraint)) => constraints.columns(table, constraint),
        _ => Vec::new(),
    }
}

/// `a`, `b` of `Key (a, b)=(...) ...`, in whatever language; `login` of
/// `Key (lower(login::text))=(...)`.
pub(crate) fn key_columns(detail: &str) -> Vec<String> {
    let Some((head, _)) = detail.split_once(")=(") else { return Vec::new() };
    let Some((_, list)) = head.split_once('(') else { return Vec::new() };
    list.split(", ").map(column_of).filter(|column| !column.is_empty()).collect()
}

fn column_of(part: &str) -> String {
    let mut name = part;
    // The innermost argument of an expression.
    while let Some((_, inner)) = name.split_once('(') {
        name = inner;
    }
    let name = name.split(')').next().unwrap_or_default();
    let name = name.split("::").next().unwrap_or_default().trim();
    match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

/// `invalid input syntax for type integer: "x"` without the `x`.
pub(crate) fn without_quotes(message: &str) -> String {
    let Some((head, rest)) = message.split_once('"') else { return message.to_owned() };
    let tail = rest.rsplit_once('"').map_or("", |(_, tail)| tail);
    format!("{head}***{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_a_key() {
        for (detail, expected) in [
            ("Key (login)=(ann) already exists.", vec!["login"]),
            ("Key (a, b)=(1, 2) already exists.", vec!["a", "b"]),
            ("Key (\"Log in\")=(ann) already exists.", vec!["Log in"]),
            ("Key (lower(login::text))=(ann) already exists.", vec!["login"]),
            ("Key (lower(login::text), dept)=(ann, 1) already exists.", vec!["login", "dept"]),
            ("Schlüssel »(login)«=(ann) existiert bereits.", vec![]),
            ("Schlüssel (login)=(ann) existiert bereits.", vec!["login"]),
            ("Failing row contains (1, x).", vec![]),
        ] {
            assert_eq!(key_columns(detail), expected, "{detail}");
        }
    }

    #[test]
    fn values_are_cut_from_messages() {
        for (message, expected) in [
            ("invalid input syntax for type integer: \"x\"y\"", "invalid input syntax for type integer: ***"),
            ("value \"999\" is out of range for type integer", "value *** is out of range for type integer"),
            ("value too long for type character varying(5)", "value too long for type character varying(5)"),
        ] {
            assert_eq!(without_quotes(message), expected);
        }
    }

    #[test]
    fn failures_by_state() {
        for (state, expected) in [
            ("23505", Failure::UniqueViolation),
            ("22P02", Failure::InvalidParameter),
            ("22001", Failure::InvalidParameter),
            ("40P01", Failure::Serialization),
            ("40003", Failure::Unavailable),
            ("55P03", Failure::Busy),
            ("57014", Failure::Timeout),
            ("57P01", Failure::Unavailable),
            ("53300", Failure::Unavailable),
            ("28P01", Failure::PermissionDenied),
            ("42P01", Failure::Undefined),
            ("42601", Failure::InvalidStatement),
            ("0A000", Failure::Unsupported),
            ("XX000", Failure::Other),
        ] {
            assert_eq!(failure(state, None), expected, "{state}");
        }
    }
}
