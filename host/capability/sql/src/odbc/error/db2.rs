//! Db2's numbers and states. Written from its documentation; never run against a server.

use patchbay_capability::sql::{Error, Failure};

use super::{Told, by_state, sentence};

/// An error by its number (SQLCODE), and by what its sentence names.
pub(super) fn read(told: &Told) -> Error {
    let failure = match told.number {
        -803 => Failure::UniqueViolation,
        -532..=-530 => Failure::ForeignKeyViolation,
        -407 => Failure::NotNullViolation,
        // CHECK, a view's WITH CHECK OPTION, and what triggers raise.
        -545 | -161 | -438 | -723 => Failure::CheckViolation,
        // Reason 68 is a lock that was waited for too long, 2 a deadlock; either rolled back.
        -911 if told.sentence.contains("\"68\"") => Failure::Busy,
        -911 | -913 => Failure::Serialization,
        -206..=-204 => Failure::Undefined,
        -551 | -552 | -567 | -30_082 => Failure::PermissionDenied,
        // Too long, out of range, no date, no number.
        -433 | -404 | -302 | -304 | -413 | -802 | -180 | -181 | -420 => Failure::InvalidParameter,
        -952 => Failure::Timeout,
        -30_081 | -1224 | -1032 | -1063 | -1776 | -904 | -1040 => Failure::Unavailable,
        _ if told.state == "57014" => Failure::Timeout,
        _ => by_state(&told.state),
    };
    let code = format!("SQL{:04}N", told.number.unsigned_abs());
    let first = sentence::first(&told.sentence);
    let message = match failure {
        // Some of these sentences hold the value.
        Failure::InvalidParameter => format!("{code}: a value does not fit its place"),
        // The words are those of whoever wrote the trigger.
        _ => first.to_owned(),
    };
    let mut error = Error::new(failure, message);
    error.sqlstate = Some(told.state.clone());
    let mut names = sentence::quoted(first);
    match told.number {
        // ... identified by "2" constrains table "HR.PERSON" from having duplicate values: the
        // number of the index, under which the catalogue's answer was remembered.
        -803 => {
            error.constraint = names.next();
            error.table = names.next().map(|name| last(&name));
        }
        // ... of the FOREIGN KEY "HR.PERSON.PERSON_TEAM" is not equal ...; because a row does
        // not satisfy the check constraint "HR.PERSON.PERSON_AGE".
        -545 | -532..=-530 => {
            let name = names.next().unwrap_or_default();
            let mut parts = name.rsplit('.').map(str::to_owned);
            error.constraint = parts.next();
            error.table = parts.next();
        }
        _ => {}
    }
    error
}

/// `PERSON` of `HR.PERSON`.
fn last(name: &str) -> String {
    name.rsplit('.').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(state: &str, number: i32, sentence: &str, failure: Failure, constraint: &str, table: &str) {
        let error = read(&Told { state: state.into(), number, sentence: sentence.into() });
        let told = (error.constraint.unwrap_or_default(), error.table.unwrap_or_default());
        assert_eq!((error.failure, told), (failure, (constraint.to_owned(), table.to_owned())), "{sentence}");
        assert!(!error.message.contains("hunter2"), "a value in {}", error.message);
    }

    #[test]
    fn numbers_and_names() {
        let unique = "SQL0803N  One or more values in the INSERT statement, UPDATE statement, or foreign key update \
                      caused by a DELETE statement are not valid because the primary key, unique constraint or unique \
                      index identified by \"2\" constrains table \"HR.PERSON\" from having duplicate values for the \
                      index key.  SQLSTATE=23505";
        check("23505", -803, unique, Failure::UniqueViolation, "2", "PERSON");
        let parent = "SQL0530N  The insert or update value of the FOREIGN KEY \"HR.PERSON.PERSON_TEAM\" is not equal \
                      to any value of the parent key of the parent table.  SQLSTATE=23503";
        check("23503", -530, parent, Failure::ForeignKeyViolation, "PERSON_TEAM", "PERSON");
        let null = "SQL0407N  Assignment of a NULL value to a NOT NULL column \"TBSPACEID=2, TABLEID=4, COLNO=1\" is \
                    not allowed.  SQLSTATE=23502";
        check("23502", -407, null, Failure::NotNullViolation, "", "");
        let long = "SQL0433N  Value \"hunter2\" is too long.  SQLSTATE=22001";
        check("22001", -433, long, Failure::InvalidParameter, "", "");
        let lock = "SQL0911N  The current transaction has been rolled back because of a deadlock or timeout.  Reason \
                    code \"68\".  SQLSTATE=40001";
        check("40001", -911, lock, Failure::Busy, "", "");
        check("40001", -911, &lock.replace("68", "2"), Failure::Serialization, "", "");
    }
}
