//! Databases that are not known here: the standard's states, and nothing of their sentences,
//! which may hold values.

use patchbay_capability::sql::{Error, Failure};

use super::{Told, by_state, sentence};
use crate::constraints::Constraints;

/// An error by its state. Of its sentence only the name of a constraint is taken, where the
/// catalogue has told of one that is called so.
pub(super) fn read(told: &Told, constraints: &Constraints) -> Error {
    let failure = match told.state.as_str() {
        "55P03" => Failure::Busy,
        "57014" => Failure::Timeout,
        "42P01" | "42703" | "42S01" => Failure::Undefined,
        "23514" => Failure::CheckViolation,
        "42501" => Failure::PermissionDenied,
        state => by_state(state),
    };
    let mut error = Error::new(failure, format!("the database refused, with SQLSTATE {}", told.state));
    error.sqlstate = Some(told.state.clone());
    let violated = [Failure::UniqueViolation, Failure::ForeignKeyViolation, Failure::CheckViolation];
    if violated.contains(&failure) {
        error.constraint = sentence::quoted(&told.sentence).find(|name| constraints.find(name).is_some());
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_known_names() {
        let constraints = Constraints::default();
        constraints.remember("person", "person_login", vec!["login".to_owned()]);
        let read = |state: &str, sentence: &str| {
            let told = Told { state: state.into(), number: 0, sentence: sentence.into() };
            read(&told, &constraints)
        };
        let unique = read("23505", "the value \"hunter2\" is there already, says \"person_login\"");
        assert_eq!((unique.failure, unique.constraint.as_deref()), (Failure::UniqueViolation, Some("person_login")));
        assert!(!unique.message.contains("hunter2"));
        for (state, expected) in [
            ("23503", Failure::ForeignKeyViolation),
            ("23000", Failure::CheckViolation),
            ("40001", Failure::Serialization),
            ("42S02", Failure::Undefined),
            ("22001", Failure::InvalidParameter),
            ("HY000", Failure::Other),
        ] {
            assert_eq!(read(state, "\"x\"").failure, expected, "{state}");
        }
    }
}
