//! From the directory's errors to the contract's, naming the attribute at fault where it
//! can be found. Messages hold no values and no names of entries.

use std::time::Duration;

use patchbay_connector::ldap::{self, Failure};
use patchbay_connector::{Error, ErrorKind, Fault};

use crate::plan::{Attribute, Class, Source};
use crate::syntax::Misfit;

/// When to come back after the target could not be reached.
const UNAVAILABLE: Duration = Duration::from_secs(5);
/// When to come back after it had too much to do.
const BUSY: Duration = Duration::from_secs(1);

/// What servers say when a value is taken, under the result code of a constraint.
const NOT_UNIQUE: [&str; 3] = ["not unique", "same attribute value already exists", "already in use"];

/// What Active Directory says of values that are taken, and of which attribute.
const TAKEN: [(&str, &str); 6] = [
    ("samaccountname", "sAMAccountName"),
    ("00000524", "sAMAccountName"),
    ("00000526", "sAMAccountName"),
    ("00000563", "sAMAccountName"),
    ("userprincipalname", "userPrincipalName"),
    ("000021c8", "userPrincipalName"),
];

/// The contract's error where no attribute is at fault.
pub fn plain(error: &ldap::Error) -> Error {
    let fault = |kind, message: &str| Error::fault(kind, message);
    let fault = match error.failure {
        Failure::UnknownBinding => fault(ErrorKind::Configuration, "the connector's binding is not configured"),
        Failure::Denied => {
            return fault(ErrorKind::PermissionDenied, "the binding does not grant this")
                .with_code("ldap.denied")
                .with_internal(error.message.clone());
        }
        Failure::Unavailable => {
            fault(ErrorKind::Unavailable, "the directory cannot be reached").with_retry_after(UNAVAILABLE)
        }
        Failure::Busy => fault(ErrorKind::Unavailable, "the directory is busy").with_retry_after(BUSY),
        Failure::Timeout => fault(ErrorKind::Timeout, "the directory did not answer in time"),
        Failure::LimitExceeded => {
            fault(ErrorKind::TooMany, "the answer would be larger than the directory or the binding allows")
        }
        Failure::TokenExpired => fault(ErrorKind::TokenExpired, "the search cannot be continued any more"),
        Failure::NoSuchObject => fault(ErrorKind::NotFound, "no such object"),
        Failure::AlreadyExists => fault(ErrorKind::AlreadyExists, "another object has this name already"),
        Failure::NoSuchValue | Failure::ValueExists => {
            fault(ErrorKind::Contention, "the object was changed at the same time").with_retry_after(BUSY)
        }
        Failure::Undefined => fault(ErrorKind::StalePlan, "the schema of the directory is not what it was"),
        Failure::ObjectClassViolation => fault(
            ErrorKind::InvalidValue,
            "the object classes do not allow this: a value that they need is missing, or one is not allowed",
        ),
        Failure::ConstraintViolation => fault(ErrorKind::InvalidValue, "the directory refuses these values"),
        Failure::InvalidValue => fault(ErrorKind::InvalidValue, "the directory cannot store a value"),
        Failure::NamingViolation => fault(ErrorKind::InvalidValue, "the directory cannot name an entry so"),
        Failure::InvalidRequest => fault(ErrorKind::InvalidValue, "a value or a name cannot be sent to the directory"),
        Failure::NotLeaf => fault(ErrorKind::Conflict, "there are other objects below this one"),
        Failure::PermissionDenied => fault(ErrorKind::PermissionDenied, "the directory does not permit this"),
        Failure::AssertionFailed => other_version(),
        Failure::Unwilling => fault(ErrorKind::Conflict, "the directory is not willing to do this"),
        Failure::Referral => fault(ErrorKind::Unsupported, "another server has the object"),
        Failure::Unsupported => fault(ErrorKind::Unsupported, "the directory cannot do this"),
        Failure::Other => fault(ErrorKind::Internal, "the directory refused an operation of the connector"),
    };
    finish(fault, error)
}

/// The server's own limit for searches stands in the way of what has to see all there is.
pub fn limited(error: &ldap::Error) -> Error {
    let message = "the directory limits the searches of this account, which has to see the class as a whole";
    finish(Error::fault(ErrorKind::Configuration, message), error)
}

/// The contract's error for a failed write. `written` are the attributes that it was to
/// write.
pub fn write(class: &Class, error: &ldap::Error, written: &[&Attribute]) -> Error {
    let taken = is_taken(error);
    let password = written.iter().copied().find(|attribute| matches!(attribute.source, Source::Password));
    let named = error.attribute.as_deref().or_else(|| taken.then(|| said(error)).flatten());
    let attribute = named.and_then(|native| class.attribute_of(native)).or_else(|| {
        // Of what is guarded here, everybody's value was looked for before.
        let is_unique = |attribute: &&Attribute| attribute.unique && !class.guarded.contains(&attribute.name);
        let candidates = written.iter().copied().filter(|attribute| !taken || is_unique(attribute));
        if taken { only(candidates) } else { only(candidates.filter(|_| error.attribute.is_none())) }
    });
    let about_name = is_bad_name(error) || error.failure == Failure::NamingViolation;
    let attribute = attribute.or_else(|| about_name.then(|| naming(class)).flatten());
    let named = |kind, with: &str, without: &str| match attribute {
        Some(attribute) => {
            Error::fault(kind, format!("`{}` {with}", attribute.name)).with_attribute(attribute.name.clone())
        }
        None => Error::fault(kind, without),
    };
    let fault = match error.failure {
        _ if taken => named(
            ErrorKind::AlreadyExists,
            "has a value that another object has already",
            "another object has these values already",
        ),
        Failure::ConstraintViolation | Failure::Unwilling if password.is_some() && error.attribute.is_none() => {
            let message = "`password` is refused by the directory's password policy";
            Error::fault(ErrorKind::InvalidValue, message).with_attribute("password")
        }
        Failure::ConstraintViolation => named(
            ErrorKind::InvalidValue,
            "has a value that the directory refuses",
            "the directory refuses these values",
        ),
        Failure::InvalidValue | Failure::InvalidRequest => named(
            ErrorKind::InvalidValue,
            "has a value that the directory cannot store",
            "the directory cannot store a value",
        ),
        Failure::NamingViolation => named(
            ErrorKind::InvalidValue,
            "names the entry, and cannot be changed so",
            "the directory cannot name an entry so",
        ),
        Failure::ObjectClassViolation if error.attribute.is_some() => named(
            ErrorKind::InvalidValue,
            "is needed by the object classes, or not allowed by them",
            "the object classes do not allow this: a value that they need is missing, or one is not allowed",
        ),
        Failure::LimitExceeded => named(
            ErrorKind::InvalidValue,
            "has a value that is larger than the directory or the binding allows",
            "the values are larger than the directory or the binding allows",
        ),
        _ => return plain(error),
    };
    finish(fault, error)
}

/// The error of an `add`: nothing is there yet that could be missing but what is above.
pub fn add(class: &Class, error: &ldap::Error, written: &[&Attribute]) -> Error {
    match error.failure {
        Failure::NoSuchObject => {
            finish(Error::fault(ErrorKind::Conflict, "the entry below which the object belongs does not exist"), error)
        }
        _ if is_name(error) => finish(taken_name(class), error),
        Failure::ValueExists => twice(class, error, written),
        _ => write(class, error, written),
    }
}

/// The error of a write with values that the server takes for one, or for one that is there.
/// `written` are the attributes that it was to write.
pub fn twice(class: &Class, error: &ldap::Error, written: &[&Attribute]) -> Error {
    let named = error.attribute.as_deref().and_then(|native| class.attribute_of(native));
    let fault = match named.or_else(|| only(written.iter().copied().filter(|_| error.attribute.is_none()))) {
        Some(attribute) => invalid(&attribute.name, "has a value twice, as the directory compares them"),
        None => Error::fault(ErrorKind::InvalidValue, "an attribute has a value twice, as the directory compares them"),
    };
    finish(fault, error)
}

/// Whether what is taken is the name of the entry, and not a value.
pub fn is_name(error: &ldap::Error) -> bool {
    /// `entryAlreadyExists` (RFC 4511); what is not unique comes under other codes.
    const ENTRY_EXISTS: u32 = 68;
    error.failure == Failure::AlreadyExists
        && error.attribute.is_none()
        && said(error).is_none()
        && error.code.is_none_or(|code| code == ENTRY_EXISTS)
}

/// Whether it is the name of the entry that the server cannot read: one that is too long.
fn is_bad_name(error: &ldap::Error) -> bool {
    /// `invalidDNSyntax` (RFC 4511).
    const INVALID_NAME: u32 = 34;
    error.attribute.is_none() && error.code == Some(INVALID_NAME)
}

/// The one attribute that entries are named by.
fn naming(class: &Class) -> Option<&Attribute> {
    let leaf = class.naming.as_ref().map(|naming| naming.template.leaf_attributes()).unwrap_or_default();
    only(leaf.into_iter()).and_then(|name| class.attribute_called(name))
}

/// Another entry has the name that the object would get.
pub fn taken_name(class: &Class) -> Error {
    match naming(class) {
        Some(attribute) => taken(attribute),
        None => Error::fault(ErrorKind::AlreadyExists, "another object has this name already"),
    }
}

/// Another entry has the name already, where the object is to be moved to.
pub fn taken_place(error: &ldap::Error) -> Error {
    let message = "the place that the object is to be moved to has an entry of this name";
    finish(Error::fault(ErrorKind::Conflict, message), error)
}

/// Another object has a value that has to be unique.
pub fn taken(attribute: &Attribute) -> Error {
    let message = format!("`{}` has a value that another object has already", attribute.name);
    Error::fault(ErrorKind::AlreadyExists, message).with_attribute(attribute.name.clone())
}

/// The attribute whose value is taken, where the message tells.
fn said(error: &ldap::Error) -> Option<&'static str> {
    let message = error.message.to_ascii_lowercase();
    TAKEN.iter().find(|(said, _)| message.contains(said)).map(|(_, native)| *native)
}

/// Whether the server says that somebody else has a value.
pub fn is_taken(error: &ldap::Error) -> bool {
    match error.failure {
        Failure::AlreadyExists => true,
        Failure::ConstraintViolation | Failure::Unwilling => {
            let message = error.message.to_ascii_lowercase();
            NOT_UNIQUE.iter().any(|said| message.contains(said))
        }
        _ => false,
    }
}

/// The only item, if there is exactly one.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// A value that does not fit.
pub fn misfit(attribute: &Attribute, misfit: &Misfit) -> Error {
    invalid(&attribute.name, &misfit.to_string())
}

/// An attribute's value that cannot be taken, with what is wrong about it.
pub fn invalid(attribute: &str, what: &str) -> Error {
    Error::fault(ErrorKind::InvalidValue, format!("`{attribute}` {what}")).with_attribute(attribute)
}

/// The directory holds something that is not of the type it is configured to be.
pub fn unreadable(attribute: &str) -> Error {
    let message =
        format!("`{attribute}` holds a value in the directory that is not of its type; type `binary` fits all");
    Error::fault(ErrorKind::Internal, message).with_attribute(attribute).with_code("ldap.value")
}

/// No object has this uid.
pub fn not_found() -> Error {
    Error::fault(ErrorKind::NotFound, "no such object")
}

/// The object is not at the version asked for.
pub fn other_version() -> Error {
    Error::fault(ErrorKind::PreconditionFailed, "the object has another version")
}

/// Several entries have an id that only one may have.
pub fn ambiguous() -> Error {
    Error::fault(ErrorKind::Configuration, "the configured id belongs to several entries")
}

/// Adds what the server said.
fn finish(fault: Error, error: &ldap::Error) -> Error {
    let fault = fault.with_internal(error.message.clone());
    match error.code {
        Some(code) => fault.with_code(format!("ldap.{code}")),
        None => fault,
    }
}
