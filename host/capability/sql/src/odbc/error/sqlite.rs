//! SQLite's sentences. Its driver passes on the plain result code only, so that the
//! sentence has to tell what kind of error it is.

use patchbay_capability::sql::{Error, Failure};

/// `SQLITE_CONSTRAINT`.
const CONSTRAINT: i32 = 19;

/// Reads `UNIQUE constraint failed: person.login (19)`.
pub(super) fn read(number: i32, sentence: &str) -> Error {
    let sentence = without_code(sentence);
    let failure = match sentence.split_once(" constraint failed") {
        Some(("UNIQUE", _)) => Failure::UniqueViolation,
        Some(("NOT NULL", _)) => Failure::NotNullViolation,
        Some(("FOREIGN KEY", _)) => Failure::ForeignKeyViolation,
        Some(("CHECK", _)) => Failure::CheckViolation,
        // RAISE(ABORT, ...) in a trigger: a rule the application wrote down there.
        None if number == CONSTRAINT => Failure::CheckViolation,
        Some(_) => Failure::Other,
        None => plain(sentence),
    };
    let mut error = Error::new(failure, sentence);
    let subject = sentence.split_once("constraint failed: ").map_or("", |(_, subject)| subject);
    match failure {
        Failure::UniqueViolation | Failure::NotNullViolation => {
            // An index on expressions.
            error.constraint =
                subject.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')).map(str::to_owned);
            for name in subject.split(", ") {
                if let Some((table, column)) = name.rsplit_once('.') {
                    error.table = Some(table.to_owned());
                    error.columns.push(column.to_owned());
                }
            }
        }
        Failure::CheckViolation => error.constraint = Some(subject.to_owned()).filter(|name| !name.is_empty()),
        _ => {}
    }
    error
}

fn plain(sentence: &str) -> Failure {
    let has = |part: &str| sentence.contains(part);
    if sentence.starts_with("no such table")
        || sentence.starts_with("no such column")
        || (sentence.starts_with("table ") && has(" has no column named "))
    {
        Failure::Undefined
    } else if has("database is locked") {
        Failure::Busy
    } else if has("table is locked") || has("schema is locked") {
        Failure::Serialization
    } else if sentence.starts_with("interrupted") {
        Failure::Timeout
    } else if has("readonly database") || has("not authorized") {
        Failure::PermissionDenied
    } else if ["disk", "malformed", "not a database", "unable to open", "out of memory"].iter().any(|part| has(part)) {
        Failure::Unavailable
    } else if has("datatype mismatch") || has("too big") || has("integer overflow") {
        Failure::InvalidParameter
    } else if has("syntax error") || has("incomplete input") || has("unrecognized token") || has("no such function") {
        Failure::InvalidStatement
    } else {
        Failure::Other
    }
}

/// Without the number at the end.
fn without_code(sentence: &str) -> &str {
    match sentence.trim_end().rsplit_once(" (") {
        Some((head, code)) if code.strip_suffix(')').is_some_and(|code| code.bytes().all(|b| b.is_ascii_digit())) => {
            head
        }
        _ => sentence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences() {
        for (sentence, failure, table, columns) in [
            ("UNIQUE constraint failed: p.a, p.b (19)", Failure::UniqueViolation, Some("p"), "a,b"),
            ("NOT NULL constraint failed: p.a (19)", Failure::NotNullViolation, Some("p"), "a"),
            ("FOREIGN KEY constraint failed (19)", Failure::ForeignKeyViolation, None, ""),
            ("CHECK constraint failed: known (19)", Failure::CheckViolation, None, ""),
            ("no such table: nobody (1)", Failure::Undefined, None, ""),
            ("near \"SELEKT\": syntax error (1)", Failure::InvalidStatement, None, ""),
            ("database is locked (5)", Failure::Busy, None, ""),
        ] {
            let error = read(0, sentence);
            let found = (error.failure, error.table.as_deref(), error.columns.join(","));
            assert_eq!(found, (failure, table, columns.to_owned()), "{sentence}");
        }
        assert_eq!(read(19, "people are kept").failure, Failure::CheckViolation);
        assert_eq!(read(0, "CHECK constraint failed: known (19)").constraint.as_deref(), Some("known"));
    }
}
