//! The server's error numbers to the contract's failures.

use mysql_async::{DriverError, IoError, ServerError, TlsError};
use patchbay_capability::sql::{Error, Failure};

use super::{message, statement};
use crate::constraints::Constraints;

/// An error of a call that ran `text`.
pub(super) fn translate(error: &mysql_async::Error, text: &str, constraints: &Constraints) -> Error {
    match error {
        mysql_async::Error::Server(server) => from_server(server, text, constraints),
        mysql_async::Error::Driver(DriverError::PacketTooLarge) => {
            Error::new(Failure::LimitExceeded, "the statement is larger than the server takes")
        }
        // Its text repeats what was received.
        mysql_async::Error::Driver(DriverError::UnexpectedPacket { .. }) => {
            Error::new(Failure::Unavailable, "the server did not keep to the protocol")
        }
        mysql_async::Error::Io(_) | mysql_async::Error::Driver(DriverError::ConnectionClosed) => {
            Error::new(Failure::Unavailable, "the connection to the server was lost")
        }
        other => Error::new(Failure::Other, other.to_string()),
    }
}

/// An error of a connection attempt.
pub(super) fn connecting(error: &mysql_async::Error) -> Error {
    match error {
        mysql_async::Error::Server(server) => {
            let mut error = from_server(server, "", &Constraints::default());
            if error.failure != Failure::PermissionDenied || server.code == UNKNOWN_HOST {
                error.failure = Failure::Unavailable;
            }
            error
        }
        mysql_async::Error::Io(IoError::Tls(error)) => Error::new(Failure::Unavailable, tls(error)),
        mysql_async::Error::Io(IoError::Io(error)) => Error::new(Failure::Unavailable, error.to_string()),
        mysql_async::Error::Driver(DriverError::UnexpectedPacket { .. }) => {
            Error::new(Failure::Unavailable, "the server did not keep to the protocol")
        }
        other => Error::new(Failure::Unavailable, other.to_string()),
    }
}

fn tls(error: &TlsError) -> String {
    match error {
        TlsError::Tls(error) => format!("TLS: {error}"),
        other => format!("TLS: {other}"),
    }
}

/// Whether the server said that it only takes reads: a replica, or one that became one.
pub(super) fn is_read_only(error: &mysql_async::Error) -> bool {
    matches!(error, mysql_async::Error::Server(server) if matches!(server.code, 1290 | 1792 | 1836))
}

/// Access is refused to the machine we are on, whoever logs in.
const UNKNOWN_HOST: u16 = 1130;

fn from_server(server: &ServerError, text: &str, constraints: &Constraints) -> Error {
    let failure = failure(server.code, &server.state);
    let found = message::read(server.code, &server.message);
    let mut error = Error::new(failure, found.message);
    error.sqlstate = Some(server.state.clone());
    error.constraint = found.constraint;
    error.columns = found.columns;
    let names_table = matches!(
        failure,
        Failure::UniqueViolation | Failure::ForeignKeyViolation | Failure::NotNullViolation | Failure::CheckViolation
    ) && (error.constraint.is_some() || !error.columns.is_empty());
    error.table = match found.table {
        None if names_table => statement::target(text),
        table => table,
    };
    if error.columns.is_empty()
        && matches!(failure, Failure::UniqueViolation | Failure::CheckViolation)
        && let (Some(table), Some(constraint)) = (&error.table, &error.constraint)
    {
        error.columns = constraints.columns(table, constraint);
    }
    error
}

/// The kind of an error with this number and SQLSTATE.
pub(crate) fn failure(code: u16, state: &str) -> Failure {
    match code {
        // Duplicate keys: plain, while a table changes, by a cascade, with the key's name.
        1022 | 1062 | 1557 | 1586 | 1761 | 1762 | 1859 => Failure::UniqueViolation,
        // With and without detail.
        1216 | 1217 | 1451 | 1452 => Failure::ForeignKeyViolation,
        1048 | 1263 | 1364 => Failure::NotNullViolation,
        // MySQL's and MariaDB's CHECK; a view's; what a trigger raises by SIGNAL is a rule
        // the application wrote down there.
        3819 | 4025 | 1369 | 1644 => Failure::CheckViolation,
        // Deadlock, changed since the snapshot.
        1213 | 1020 | 1614 | 3058 => Failure::Serialization,
        // Waited too long for a lock, or was not to wait.
        1205 | 3572 => Failure::Busy,
        // Interrupted, and the two servers' limits on a statement's time.
        1317 | 1969 | 3024 => Failure::Timeout,
        1044 | 1045 | 1130 | 1142 | 1143 | 1227 | 1370 | 1410 | 1698 | 1820 | 1862 | 3118 | 4151 => {
            Failure::PermissionDenied
        }
        // A server that only reads: a replica, perhaps.
        1290 | 1792 | 1836 => Failure::PermissionDenied,
        1046 | 1049 | 1051 | 1054 | 1109 | 1146 | 1305 => Failure::Undefined,
        // Too much of the server: connections, statements, memory, disk; and its end.
        1021 | 1037 | 1038 | 1040 | 1041 | 1053 | 1114 | 1129 | 1152 | 1203 | 1226 | 1461 | 1927 | 3169 => {
            Failure::Unavailable
        }
        // Network, seen from the server.
        1158..=1161 => Failure::Unavailable,
        // Larger than max_allowed_packet; more columns, tables or parameters than it takes.
        1153 | 1301 | 1390 | 1116 | 1117 => Failure::LimitExceeded,
        // Too long, out of range, of another type, cut off, malformed.
        1264 | 1265 | 1292 | 1366 | 1367 | 1406 | 1411 | 1425 | 1426 | 1427 | 1439 | 1441 | 1525 | 1690 | 3140
        | 3141 | 3156 | 3988 => Failure::InvalidParameter,
        1235 | 1178 | 1295 => Failure::Unsupported,
        _ => match state.get(..2).unwrap_or_default() {
            "08" => Failure::Unavailable,
            "22" => Failure::InvalidParameter,
            "23" => Failure::CheckViolation,
            "28" => Failure::PermissionDenied,
            // Whether it was done is not known; a constraint that was looked at in the end.
            _ if state == "40003" => Failure::Unavailable,
            _ if state == "40002" => Failure::CheckViolation,
            "40" => Failure::Serialization,
            "42" | "21" | "25" => Failure::InvalidStatement,
            // SIGNAL with the state for exactly this.
            "45" => Failure::CheckViolation,
            _ => Failure::Other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_by_number_and_state() {
        for (code, state, expected) in [
            (1062, "23000", Failure::UniqueViolation),
            (1452, "23000", Failure::ForeignKeyViolation),
            (1364, "HY000", Failure::NotNullViolation),
            (4025, "23000", Failure::CheckViolation),
            (1644, "45000", Failure::CheckViolation),
            (1213, "40001", Failure::Serialization),
            (1205, "HY000", Failure::Busy),
            (1969, "70100", Failure::Timeout),
            (1142, "42000", Failure::PermissionDenied),
            (1146, "42S02", Failure::Undefined),
            (1305, "42000", Failure::Undefined),
            (1040, "08004", Failure::Unavailable),
            (1406, "22001", Failure::InvalidParameter),
            (1064, "42000", Failure::InvalidStatement),
            (1235, "42000", Failure::Unsupported),
            (9999, "08S01", Failure::Unavailable),
            (9999, "HY000", Failure::Other),
        ] {
            assert_eq!(failure(code, state), expected, "{code} {state}");
        }
    }
}
