//! Oracle's numbers. Written from its documentation; never run against a server.

use patchbay_capability::sql::{Error, Failure};

use super::{Told, by_state};

/// An error by its number, and by what its sentence names.
pub(super) fn read(told: &Told) -> Error {
    let failure = match told.number {
        1 => Failure::UniqueViolation,
        2291 | 2292 => Failure::ForeignKeyViolation,
        1400 | 1407 => Failure::NotNullViolation,
        // CHECK, and what triggers raise.
        2290 | 1402 | 20_000..=20_999 => Failure::CheckViolation,
        60 | 8177 => Failure::Serialization,
        // A lock that was not to be had, at once or in time.
        54 | 30_006 => Failure::Busy,
        1013 => Failure::Timeout,
        904 | 942 => Failure::Undefined,
        1031 | 1017 | 1045 | 28_000 | 28_001 => Failure::PermissionDenied,
        // Too long, out of range, no number, no date.
        12_899 | 1401 | 1438 | 1722 | 1830..=1868 | 932 => Failure::InvalidParameter,
        28 | 1012 | 1033..=1035 | 1089 | 1090 | 3113 | 3114 | 3135 | 12_000..=12_699 => Failure::Unavailable,
        _ => by_state(&told.state),
    };
    // Values stand in some sentences, never in the names of the constraint errors.
    let message = if failure == Failure::InvalidParameter {
        format!("ORA-{:05}: a value does not fit its place", told.number)
    } else {
        told.sentence.lines().next().unwrap_or_default().to_owned()
    };
    let mut error = Error::new(failure, message);
    error.sqlstate = Some(format!("oracle.{}", told.number));
    match failure {
        // unique constraint (HR.PERSON_LOGIN) violated
        Failure::UniqueViolation | Failure::ForeignKeyViolation | Failure::CheckViolation => {
            error.constraint = between(&told.sentence, "constraint (", ")")
                .and_then(|name| name.rsplit_once('.').map(|(_, name)| name.to_owned()));
        }
        // cannot insert NULL into ("HR"."PERSON"."LOGIN")
        Failure::NotNullViolation => {
            let names = between(&told.sentence, "(\"", "\")").unwrap_or_default();
            let mut names = names.split("\".\"").map(str::to_owned);
            error.table = names.nth(1);
            error.columns = names.next().into_iter().collect();
        }
        _ => {}
    }
    error
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names() {
        let told = |number, sentence: &str| Told { state: "HY000".into(), number, sentence: sentence.into() };
        let null = read(&told(1400, "ORA-01400: cannot insert NULL into (\"HR\".\"PERSON\".\"LOGIN\")"));
        assert_eq!((null.failure, null.table.as_deref()), (Failure::NotNullViolation, Some("PERSON")));
        assert_eq!(null.columns, ["LOGIN"]);
        let parent = read(&told(2291, "ORA-02291: integrity constraint (HR.TEAM_FK) violated - parent key not found"));
        assert_eq!((parent.failure, parent.constraint.as_deref()), (Failure::ForeignKeyViolation, Some("TEAM_FK")));
        let long = read(&told(12_899, "ORA-12899: value too large (actual: 9, maximum: 3) hunter2"));
        assert!(long.failure == Failure::InvalidParameter && !long.message.contains("hunter2"));
    }
}
