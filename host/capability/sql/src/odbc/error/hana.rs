//! SAP HANA's numbers. Written from its documentation; never run against a server.

use patchbay_capability::sql::{Error, Failure};

use super::{Told, by_state, sentence};

/// An error by its number, and by what its sentence names.
pub(super) fn read(told: &Told) -> Error {
    let failure = match told.number {
        301 => Failure::UniqueViolation,
        461 | 462 => Failure::ForeignKeyViolation,
        287 => Failure::NotNullViolation,
        // CHECK, and what triggers and procedures raise.
        677 | 10_000..=19_999 => Failure::CheckViolation,
        133 | 138 => Failure::Serialization,
        131 | 146 => Failure::Busy,
        139 => Failure::Timeout,
        259 | 260 => Failure::Undefined,
        10 | 258 | 414 | 416 => Failure::PermissionDenied,
        // Too long, out of range, no number, no date.
        274 | 303 | 304 | 314 | 339 => Failure::InvalidParameter,
        257 => Failure::InvalidStatement,
        -10_709 | -10_807 | -10_821 => Failure::Unavailable,
        _ => by_state(&told.state),
    };
    let main = sentence::first(&told.sentence);
    let message = match failure {
        // Some of these sentences hold the value.
        Failure::InvalidParameter => format!("error {}: a value does not fit its place", told.number),
        Failure::UniqueViolation => "a unique constraint is violated".to_owned(),
        _ => main.to_owned(),
    };
    let mut error = Error::new(failure, message);
    error.sqlstate = Some(format!("hana.{}", told.number));
    match failure {
        // unique constraint violated: Table(PERSON), Index(PERSON_LOGIN)
        Failure::UniqueViolation => {
            error.table = between(main, "Table(", ")");
            error.constraint = between(main, "Index(", ")");
        }
        // cannot insert NULL or update to NULL: LOGIN
        Failure::NotNullViolation => {
            let column = main.rsplit_once("to NULL:").map(|(_, name)| name.trim().trim_matches('"').to_owned());
            error.columns = column.into_iter().filter(|name| !name.is_empty()).collect();
        }
        _ => {}
    }
    error
}

fn between(text: &str, start: &str, end: &str) -> Option<String> {
    text.split_once(start)?.1.split_once(end).map(|(name, _)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names() {
        let told = |number, sentence: &str| Told { state: "HY000".into(), number, sentence: sentence.into() };
        let unique = read(&told(301, "unique constraint violated: Table(PERSON), Index(PERSON_LOGIN)"));
        let names = (unique.table.as_deref(), unique.constraint.as_deref());
        assert_eq!((unique.failure, names), (Failure::UniqueViolation, (Some("PERSON"), Some("PERSON_LOGIN"))));
        let null = read(&told(287, "cannot insert NULL or update to NULL: LOGIN"));
        assert_eq!((null.failure, null.columns), (Failure::NotNullViolation, vec!["LOGIN".to_owned()]));
        let long = read(&told(274, "inserted value too large for column: Failed in \"A\" with the value 'hunter2'"));
        assert!(long.failure == Failure::InvalidParameter && !long.message.contains("hunter2"));
        assert_eq!(read(&told(131, "transaction rolled back by lock wait timeout")).failure, Failure::Busy);
        assert_eq!(read(&told(461, "foreign key constraint violation")).failure, Failure::ForeignKeyViolation);
    }
}
