//! From the database's errors to the contract's, naming the attribute at fault where it
//! can be found. Messages hold no values and no SQL.

use std::slice;
use std::time::Duration;

use patchbay_connector::sql::{self, Failure};
use patchbay_connector::{Error, ErrorKind, Fault};

use crate::key;
use crate::plan::{Attribute, Class, Constraint, Source};
use crate::value::Misfit;

/// When to come back after the target could not be reached.
const UNAVAILABLE: Duration = Duration::from_secs(5);
/// When to come back after losing against other transactions.
const CONTENTION: Duration = Duration::from_secs(1);

/// What a statement was about, to find the attribute that its failure is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The class.
    pub class: &'a Class,
    /// The attribute whose rows the statement writes, where it is a child or junction.
    pub multi: Option<&'a Attribute>,
    /// Attributes whose columns the statement writes.
    pub written: &'a [&'a Attribute],
}

impl<'a> About<'a> {
    /// A statement about the class's own row.
    pub fn class(class: &'a Class) -> Self {
        Self { class, multi: None, written: &[] }
    }

    /// A statement about the rows of one attribute.
    pub fn multi(class: &'a Class, attribute: &'a Attribute) -> Self {
        Self { class, multi: Some(attribute), written: &[] }
    }

    /// The contract's error for a failed statement.
    pub fn error(&self, error: &sql::Error) -> Error {
        let attribute = self.attribute(error).map(|attribute| attribute.name.clone());
        let named = |kind, with: &str, without: &str| match &attribute {
            Some(name) => Error::fault(kind, format!("`{name}` {with}")).with_attribute(name.clone()),
            None => Error::fault(kind, without),
        };
        let fault = match error.failure {
            Failure::UniqueViolation => named(
                ErrorKind::AlreadyExists,
                "has a value that another object has already",
                "another object has these values already",
            ),
            Failure::NotNullViolation => {
                named(ErrorKind::InvalidValue, "must have a value", "a value that the target needs is missing")
            }
            Failure::ForeignKeyViolation => named(
                ErrorKind::InvalidValue,
                "points at an object that does not exist",
                "a value points at an object that does not exist",
            ),
            Failure::CheckViolation => {
                named(ErrorKind::InvalidValue, "has a value that the target refuses", "the target refuses these values")
            }
            Failure::InvalidParameter => named(
                ErrorKind::InvalidValue,
                "has a value that the target cannot store",
                "the target cannot store a value",
            ),
            Failure::LimitExceeded => named(
                ErrorKind::InvalidValue,
                "has a value that is larger than the binding allows",
                "the values are larger than the binding allows",
            ),
            _ => return plain(error),
        };
        finish(fault, error)
    }

    /// The error of a failed DELETE: here a foreign key means that others still point at
    /// the object.
    pub fn delete_error(&self, error: &sql::Error) -> Error {
        match error.failure {
            Failure::ForeignKeyViolation => {
                let message = "other data in the target still refers to the object";
                finish(Error::fault(ErrorKind::Conflict, message), error)
            }
            Failure::CheckViolation => {
                finish(Error::fault(ErrorKind::Conflict, "the target refuses to delete the object"), error)
            }
            _ => plain(error),
        }
    }

    /// The attribute that the error is about, by the constraint's columns, else its name,
    /// else because only one can be meant.
    fn attribute(&self, error: &sql::Error) -> Option<&'a Attribute> {
        if let Some(multi) = self.multi {
            return Some(multi);
        }
        let own_table = |name: &String| self.class.table.last().is_some_and(|own| own.eq_ignore_ascii_case(name));
        if error.table.as_ref().is_none_or(own_table)
            && let Some(attribute) = self.class.attribute_of(&error.columns)
        {
            return Some(attribute);
        }
        let known = match error.failure {
            Failure::UniqueViolation => self.class.unique_keys.as_slice(),
            Failure::ForeignKeyViolation => self.class.foreign_keys.as_slice(),
            _ => &[],
        };
        if let Some(constraint) = known.iter().find(|known| known.name.is_some() && known.name == error.constraint) {
            return self.class.attribute_of(&constraint.columns);
        }
        match error.failure {
            // SQLite does not say which foreign key failed, and a check may have any name.
            Failure::ForeignKeyViolation => only(self.written.iter().copied().filter(|attribute| {
                matches!(attribute.source, Source::Reference(_) | Source::Lookup(_))
                    || self.class.foreign_keys.iter().any(|key| covers(key, attribute))
            })),
            Failure::CheckViolation => self.by_check_name(error.constraint.as_deref()?),
            Failure::InvalidParameter | Failure::LimitExceeded => only(self.written.iter().copied()),
            _ => None,
        }
    }

    /// A check's columns are in no catalogue answer, but its name often has the column's:
    /// `person_status_check`, `ck_person_status`. The longest match that was written wins.
    fn by_check_name(&self, constraint: &str) -> Option<&'a Attribute> {
        let constraint = constraint.to_ascii_lowercase();
        self.written
            .iter()
            .copied()
            .filter_map(|attribute| {
                let column = attribute.own_columns().first()?.name.to_ascii_lowercase();
                let found = constraint.match_indices(&column).any(|(start, name)| {
                    let before = constraint.get(..start).and_then(|text| text.chars().next_back());
                    let after = constraint.get(start + name.len()..).and_then(|text| text.chars().next());
                    !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
                });
                found.then_some((column.len(), attribute))
            })
            .max_by_key(|(length, _)| *length)
            .map(|(_, attribute)| attribute)
    }
}

/// Whether the constraint is about a column of the attribute.
fn covers(constraint: &Constraint, attribute: &Attribute) -> bool {
    attribute.own_columns().iter().any(|own| constraint.columns.contains(&own.name))
}

/// The only item, if there is exactly one.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// The contract's error where no attribute is at fault.
pub fn plain(error: &sql::Error) -> Error {
    let fault = |kind, message: &str| Error::fault(kind, message);
    let fault = match error.failure {
        Failure::UnknownBinding => fault(ErrorKind::Configuration, "the connector's binding is not configured"),
        Failure::Denied => {
            return fault(ErrorKind::PermissionDenied, "the binding does not grant this")
                .with_code("sql.denied")
                .with_internal(error.message.clone());
        }
        Failure::PermissionDenied => fault(ErrorKind::PermissionDenied, "the database does not permit this"),
        Failure::Undefined => fault(ErrorKind::StalePlan, "a table or column of the target is not what it was"),
        Failure::Unavailable => {
            fault(ErrorKind::Unavailable, "the database cannot be reached").with_retry_after(UNAVAILABLE)
        }
        Failure::Timeout => fault(ErrorKind::Timeout, "the database did not answer in time"),
        Failure::LimitExceeded => fault(ErrorKind::TooMany, "the answer would be larger than the binding allows"),
        Failure::Busy => fault(ErrorKind::Unavailable, "the database is busy").with_retry_after(CONTENTION),
        Failure::Serialization => {
            fault(ErrorKind::Contention, "the database is busy with other changes").with_retry_after(CONTENTION)
        }
        Failure::UniqueViolation => fault(ErrorKind::AlreadyExists, "another object has these values already"),
        Failure::ForeignKeyViolation => fault(ErrorKind::Conflict, "the change breaks a relation in the target"),
        Failure::NotNullViolation => fault(ErrorKind::InvalidValue, "a value that the target needs is missing"),
        Failure::CheckViolation => fault(ErrorKind::InvalidValue, "the target refuses these values"),
        Failure::InvalidParameter => fault(ErrorKind::InvalidValue, "the target cannot take a value"),
        Failure::InvalidStatement | Failure::Unsupported | Failure::Other => {
            fault(ErrorKind::Internal, "the database refused a statement of the connector")
        }
    };
    finish(fault, error)
}

/// The host allows so many rows and bytes; what the connector asked for has more.
pub fn too_many(attribute: &Attribute) -> Error {
    Error::fault(ErrorKind::TooMany, format!("`{}` has more values than can be answered", attribute.name))
        .with_attribute(&attribute.name)
}

/// A value that does not fit.
pub fn misfit(attribute: &str, misfit: Misfit, column: &crate::plan::Column) -> Error {
    Error::fault(ErrorKind::InvalidValue, format!("`{attribute}` {}", misfit.message(column))).with_attribute(attribute)
}

/// An attribute's value that cannot be taken, with what is wrong about it.
pub fn invalid(attribute: &str, what: &str) -> Error {
    Error::fault(ErrorKind::InvalidValue, format!("`{attribute}` {what}")).with_attribute(attribute)
}

/// The database holds something that is not of the type it is configured to be.
pub fn unreadable(attribute: &str) -> Error {
    Error::fault(ErrorKind::Internal, format!("`{attribute}` holds a value in the target that cannot be read"))
        .with_attribute(attribute)
        .with_code("sql.value")
}

/// A row whose key makes no id. `internal` tells which one it is, as far as its key does.
pub fn unreadable_key(class: &Class, values: &[sql::Value]) -> Error {
    let parts = class.key_parts();
    let told = class.key.iter().zip(&parts).zip(values).map(|((column, part), value)| {
        let text = match value {
            sql::Value::Null => "NULL".to_owned(),
            value => key::encode(slice::from_ref(part), slice::from_ref(value))
                .unwrap_or_else(|| "a value of another type".to_owned()),
        };
        format!("{} = {text}", column.name)
    });
    let told: Vec<String> = told.collect();
    unreadable("key").with_internal(format!("in the row of `{}` with {}", class.name, told.join(", ")))
}

/// The plan has no attribute of this name, which somebody has seen in another one: the target
/// had a column less when this one was made, or has one less since.
pub fn no_attribute(name: &str) -> Error {
    Error::fault(ErrorKind::StalePlan, format!("the target has no `{name}` that is known")).with_attribute(name)
}

/// No object has this uid.
pub fn not_found() -> Error {
    Error::fault(ErrorKind::NotFound, "no such object")
}

/// An object of the plan that cannot be, because `compile` made sure of it.
pub fn broken(what: &str) -> Error {
    Error::fault(ErrorKind::Internal, "the connector is in a state that it must not be in").with_internal(what)
}

/// Adds what the server said.
fn finish(fault: Error, error: &sql::Error) -> Error {
    let fault = fault.with_internal(error.message.clone());
    match &error.sqlstate {
        Some(state) => fault.with_code(format!("sql.{state}")),
        None => fault,
    }
}
