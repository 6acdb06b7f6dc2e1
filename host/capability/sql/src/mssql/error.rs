//! The server's error numbers to the contract's failures.
//!
//! SQL Server sends a number and a sentence, and no fields. Names are taken from the
//! sentence, which is in English whatever the login's language is: each session asks for
//! that. What a sentence does not tell, the catalogue does ([`super::blame`]).

use patchbay_capability::sql::{Error, Failure};
use tiberius::error::{Error as Fault, TokenError};

/// From this severity on the server ends the connection.
const FATAL: u8 = 20;

/// The severity of most errors that a statement's author can do something about.
#[cfg(feature = "odbc")]
const USUAL: u8 = 16;

/// What to write for a value that a sentence repeats.
const HIDDEN: &str = "***";

/// An error of a call.
pub(super) fn translate(fault: &Fault) -> Error {
    match fault {
        Fault::Server(error) => from_server(error),
        Fault::Utf8 | Fault::Utf16 => Error::new(Failure::Unsupported, "the server sent text that is not Unicode"),
        // Texts of the crate, about the network and the protocol.
        Fault::Io { .. } | Fault::Protocol(_) | Fault::Tls(_) | Fault::Routing { .. } => {
            Error::new(Failure::Unavailable, "the connection to the server was lost")
        }
        Fault::Encoding(_) | Fault::Conversion(_) => {
            Error::new(Failure::Unsupported, "the server sent a value that cannot be read")
        }
        _ => Error::new(Failure::Other, "the driver failed"),
    }
}

/// An error of a connection attempt.
pub(super) fn connecting(fault: &Fault) -> Error {
    let Fault::Server(server) = fault else {
        return Error::new(Failure::Unavailable, without_advice(&fault.to_string()));
    };
    let mut error = from_server(server);
    if error.failure != Failure::PermissionDenied {
        error.failure = Failure::Unavailable;
    }
    error
}

/// Whether the server said that the database only takes reads: a secondary, or one that
/// became one.
pub(super) fn is_read_only(fault: &Fault) -> bool {
    matches!(fault, Fault::Server(error) if error.code() == 3906)
}

/// Whether the connection cannot be used after this.
pub(super) fn is_fatal(fault: &Fault) -> bool {
    match fault {
        Fault::Server(error) => error.class() >= FATAL,
        // Whatever was under way is only partly read.
        _ => true,
    }
}

/// The driver's text without what it tells programmers to change in their code.
fn without_advice(text: &str) -> &str {
    text.split_once(" To connect anyway you can:").map_or(text, |(head, _)| head)
}

fn from_server(server: &TokenError) -> Error {
    from_parts(server.code(), server.class(), server.message())
}

/// An error of which only number and sentence are known, as ODBC has them.
#[cfg(feature = "odbc")]
pub(crate) fn told(number: u32, sentence: &str) -> Error {
    from_parts(number, USUAL, sentence)
}

fn from_parts(number: u32, class: u8, sentence: &str) -> Error {
    let mut error = Error::new(failure(number, class), hidden(number, sentence));
    error.sqlstate = Some(format!("mssql.{number}"));
    let names = Names::of(number, sentence);
    error.constraint = names.constraint;
    error.table = names.table;
    error.columns = names.columns;
    error
}

fn failure(number: u32, class: u8) -> Failure {
    match number {
        2627 | 2601 => Failure::UniqueViolation,
        547 => Failure::ForeignKeyViolation,
        515 => Failure::NotNullViolation,
        // Rules the application wrote down: RAISERROR and THROW of its triggers and
        // procedures, a transaction ended by one, WITH CHECK OPTION, rules of old.
        50_000.. | 513 | 550 | 3609 => Failure::CheckViolation,
        1205 | 3960 | 3961 | 41302 | 41305 | 41325 => Failure::Serialization,
        1222 => Failure::Busy,
        // Types that clash, text that is no number, numbers out of range, text too long.
        206
        | 220
        | 232
        | 235
        | 236
        | 241
        | 242
        | 244
        | 245
        | 248
        | 257
        | 294..=296
        | 298
        | 517
        | 529
        | 535
        | 1007
        | 2628
        | 6522
        | 8016
        | 8023
        | 8114
        | 8115
        | 8134
        | 8152
        | 8169
        | 9420
        | 9455
        | 9803
        | 13609 => Failure::InvalidParameter,
        207 | 208 | 2812 | 4104 | 4121 => Failure::Undefined,
        // Rights; the login: unknown, wrong password, disabled, locked, expired, no access
        // to the database, a firewall; a database that is only to be read.
        229 | 230 | 262 | 297 | 300 | 916 | 3906 | 15247 | 18452 | 18456 | 18470 | 18486..=18488 | 40615 => {
            Failure::PermissionDenied
        }
        // No memory, no locks, no workers, a full log or file; shutting down, no such
        // database, offline, killed; Azure's resources and failovers.
        596
        | 701
        | 921..=924
        | 927
        | 942
        | 945
        | 983
        | 1101
        | 1105
        | 1204
        | 4060
        | 6001..=6006
        | 8645
        | 8651
        | 9001
        | 9002
        | 10_928
        | 10_929
        | 10_936
        | 17_142..=17_147
        | 17_809
        | 40_143
        | 40_197
        | 40_501
        | 40_540
        | 40_544
        | 40_613
        | 49_918..=49_920 => Failure::Unavailable,
        8003 | 8622 | 8623 | 8631 | 8632 | 10702 => Failure::LimitExceeded,
        _ => match class {
            14 => Failure::PermissionDenied,
            11 | 12 | 15 => Failure::InvalidStatement,
            // A statement that is not right as it stands: no such parameter, wrong number
            // of values, a column that must not be written, and so on.
            16 if number < 1000 || matches!(number, 1000..=1099 | 4000..=4199 | 8101..=8180) => {
                Failure::InvalidStatement
            }
            17.. => Failure::Unavailable,
            _ => Failure::Other,
        },
    }
}

/// The sentence without the values it repeats.
fn hidden(number: u32, sentence: &str) -> String {
    match number {
        2627 | 2601 => cut(sentence, "The duplicate key value is ").to_owned(),
        2628 => cut(sentence, "Truncated value: ").to_owned(),
        // ", value = 300." at the end.
        220 | 232 => match sentence.split_once("value = ") {
            Some((head, _)) => format!("{head}value = {HIDDEN}."),
            None => sentence.to_owned(),
        },
        // "... the nvarchar value 'x' to data type int": from the first quote to the last.
        244 | 245 | 248 => match (sentence.find('\''), sentence.rfind('\'')) {
            (Some(first), Some(last)) if first < last => {
                let (head, tail) = (sentence.get(..first), sentence.get(last + 1..));
                format!("{}{HIDDEN}{}", head.unwrap_or_default(), tail.unwrap_or_default())
            }
            _ => sentence.to_owned(),
        },
        _ => sentence.to_owned(),
    }
}

fn cut<'a>(sentence: &'a str, from: &str) -> &'a str {
    sentence.split_once(from).map_or(sentence, |(head, _)| head.trim_end())
}

/// What a sentence names.
#[derive(Debug, Default, PartialEq, Eq)]
struct Names {
    constraint: Option<String>,
    table: Option<String>,
    columns: Vec<String>,
}

impl Names {
    fn of(number: u32, sentence: &str) -> Self {
        let after = |mark: &str, close: char| {
            let (_, rest) = sentence.split_once(mark)?;
            rest.split_once(close).map(|(name, _)| name.to_owned())
        };
        match number {
            // Violation of UNIQUE KEY constraint 'C'. Cannot insert duplicate key in object 'dbo.T'. ...
            2627 => Self {
                constraint: after("constraint '", '\''),
                table: after("in object '", '\'').map(|name| last_part(&name, 1)),
                columns: Vec::new(),
            },
            // Cannot insert duplicate key row in object 'dbo.T' with unique index 'I'. ...
            2601 => Self {
                constraint: after("unique index '", '\''),
                table: after("in object '", '\'').map(|name| last_part(&name, 1)),
                columns: Vec::new(),
            },
            // The INSERT statement conflicted with the CHECK constraint "C". The conflict
            // occurred in database "D", table "dbo.T", column 'X'.
            547 => Self {
                constraint: after("constraint \"", '"'),
                table: after(", table \"", '"').map(|name| last_part(&name, 1)),
                columns: after(", column '", '\'').into_iter().collect(),
            },
            // Cannot insert the value NULL into column 'X', table 'D.dbo.T'; ...
            515 | 2628 => Self {
                constraint: None,
                table: after("table '", '\'').map(|name| last_part(&name, 2)),
                columns: after("column '", '\'').into_iter().collect(),
            },
            _ => Self::default(),
        }
    }
}

/// `T` of `dbo.T` (one part before it) or `D.dbo.T` (two); it may have dots itself.
fn last_part(name: &str, before: usize) -> String {
    name.splitn(before + 1, '.').last().unwrap_or(name).to_owned()
}

/// Which kind of constraint error 547 is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conflict {
    /// A row points at nothing: the sentence names the table pointed at.
    Child,
    /// A row that is pointed at goes: the sentence names the table that points at it.
    Parent,
    /// A CHECK constraint.
    Check,
}

impl Conflict {
    pub(super) fn of(sentence: &str) -> Self {
        if sentence.contains("REFERENCE constraint") {
            Self::Parent
        } else if sentence.contains("CHECK constraint") {
            Self::Check
        } else {
            Self::Child
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(number: u32, sentence: &str, constraint: Option<&str>, table: Option<&str>, columns: &[&str]) {
        let names = Names::of(number, sentence);
        let found: Vec<&str> = names.columns.iter().map(String::as_str).collect();
        assert_eq!(
            (names.constraint.as_deref(), names.table.as_deref(), found.as_slice()),
            (constraint, table, columns),
            "{sentence}"
        );
    }

    #[test]
    fn names_in_sentences() {
        check(
            2627,
            "Violation of UNIQUE KEY constraint 'person_login_once'. Cannot insert duplicate key in object \
             'dbo.person'. The duplicate key value is (ann).",
            Some("person_login_once"),
            Some("person"),
            &[],
        );
        check(
            2601,
            "Cannot insert duplicate key row in object 'hr.odd.name' with unique index 'badge_once'. The duplicate \
             key value is (x').",
            Some("badge_once"),
            Some("odd.name"),
            &[],
        );
        check(
            547,
            "The INSERT statement conflicted with the FOREIGN KEY constraint \"person_team\". The conflict occurred \
             in database \"desk\", table \"dbo.team\", column 'team_id'.",
            Some("person_team"),
            Some("team"),
            &["team_id"],
        );
        check(
            547,
            "The UPDATE statement conflicted with the CHECK constraint \"two\". The conflict occurred in database \
             \"desk\", table \"dbo.person\".",
            Some("two"),
            Some("person"),
            &[],
        );
        check(
            515,
            "Cannot insert the value NULL into column 'login', table 'desk.dbo.person'; column does not allow nulls. \
             INSERT fails.",
            None,
            Some("person"),
            &["login"],
        );
        check(
            2628,
            "String or binary data would be truncated in table 'desk.dbo.person', column 'badge'. Truncated value: \
             'hunter'.",
            None,
            Some("person"),
            &["badge"],
        );
        check(8152, "String or binary data would be truncated.", None, None, &[]);
    }

    #[test]
    fn kinds_of_conflict() {
        for (sentence, expected) in [
            ("The INSERT statement conflicted with the FOREIGN KEY constraint \"x\".", Conflict::Child),
            ("The UPDATE statement conflicted with the FOREIGN KEY SAME TABLE constraint \"x\".", Conflict::Child),
            ("The DELETE statement conflicted with the REFERENCE constraint \"x\".", Conflict::Parent),
            ("The DELETE statement conflicted with the SAME TABLE REFERENCE constraint \"x\".", Conflict::Parent),
            ("The MERGE statement conflicted with the CHECK constraint \"x\".", Conflict::Check),
        ] {
            assert_eq!(Conflict::of(sentence), expected, "{sentence}");
        }
    }

    #[test]
    fn values_are_cut_from_sentences() {
        for (number, sentence, expected) in [
            (2627, "... in object 'dbo.t'. The duplicate key value is (hunter2).", "... in object 'dbo.t'."),
            (2628, "... column 'c'. Truncated value: 'hunter2'.", "... column 'c'."),
            (
                245,
                "Conversion failed when converting the nvarchar value 'hun'ter2' to data type int.",
                "Conversion failed when converting the nvarchar value *** to data type int.",
            ),
            (
                220,
                "Arithmetic overflow error for data type tinyint, value = 300.",
                "Arithmetic overflow error for data type tinyint, value = ***.",
            ),
            (208, "Invalid object name 'nobody'.", "Invalid object name 'nobody'."),
        ] {
            assert_eq!(hidden(number, sentence), expected);
        }
    }

    #[test]
    fn failures_by_number() {
        for (number, class, expected) in [
            (2627, 14, Failure::UniqueViolation),
            (2601, 14, Failure::UniqueViolation),
            (547, 16, Failure::ForeignKeyViolation),
            (515, 16, Failure::NotNullViolation),
            (8152, 16, Failure::InvalidParameter),
            (2628, 16, Failure::InvalidParameter),
            (8114, 16, Failure::InvalidParameter),
            (1205, 13, Failure::Serialization),
            (3960, 16, Failure::Serialization),
            (1222, 16, Failure::Busy),
            (208, 16, Failure::Undefined),
            (207, 16, Failure::Undefined),
            (229, 14, Failure::PermissionDenied),
            (18456, 14, Failure::PermissionDenied),
            (4060, 11, Failure::Unavailable),
            (102, 15, Failure::InvalidStatement),
            (8102, 16, Failure::InvalidStatement),
            (50000, 16, Failure::CheckViolation),
            (51234, 16, Failure::CheckViolation),
            (40613, 17, Failure::Unavailable),
            (596, 21, Failure::Unavailable),
            (9999, 16, Failure::Other),
            (9999, 14, Failure::PermissionDenied),
        ] {
            assert_eq!(failure(number, class), expected, "{number}");
        }
    }

    #[test]
    fn advice_for_programmers_is_left_out() {
        let text = "the server's certificate was rejected: unknown issuer. To connect anyway you can: (1) call this";
        assert_eq!(without_advice(text), "the server's certificate was rejected: unknown issuer.");
    }
}
