//! Generated types to the host's own and back, by move wherever a value is owned.

mod connector;
mod filter;
pub(crate) mod ldap;
mod schema;
mod secrets;
mod sql;

use std::time::Duration;

use patchbay_contract as contract;
pub(crate) use secrets::Secrets;

use crate::bindings::exports::patchbay::connector::lifecycle;
use crate::bindings::patchbay::connector::types as wit;
use crate::sanitise;

/// Longest message to a client, in bytes.
const MAX_MESSAGE: usize = 512;
/// Longest detail for the log, in bytes.
const MAX_INTERNAL: usize = 2048;
/// Longest machine-readable name (codes, attributes), in bytes.
const MAX_NAME: usize = 256;
/// Longest wait a guest may ask a client for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// All elements converted.
pub(crate) fn all<A, B: From<A>>(list: Vec<A>) -> Vec<B> {
    list.into_iter().map(B::from).collect()
}

impl From<wit::Value> for contract::Value {
    fn from(value: wit::Value) -> Self {
        match value {
            wit::Value::Text(text) => Self::Text(text),
            wit::Value::Boolean(truth) => Self::Boolean(truth),
            wit::Value::Integer(number) => Self::Integer(number),
            wit::Value::Decimal(text) => Self::Decimal(text),
            wit::Value::Timestamp(text) => Self::Timestamp(text),
            wit::Value::Binary(bytes) => Self::Binary(bytes),
            wit::Value::Reference(uid) => Self::Reference(uid),
            wit::Value::Json(text) => Self::Json(text),
            // A guest has none to give.
            wit::Value::Secret(_) => Self::Secret(contract::Secret::nothing()),
        }
    }
}

impl From<contract::Value> for wit::Value {
    fn from(value: contract::Value) -> Self {
        match value {
            contract::Value::Text(text) => Self::Text(text),
            contract::Value::Boolean(truth) => Self::Boolean(truth),
            contract::Value::Integer(number) => Self::Integer(number),
            contract::Value::Decimal(text) => Self::Decimal(text),
            contract::Value::Timestamp(text) => Self::Timestamp(text),
            contract::Value::Binary(bytes) => Self::Binary(bytes),
            contract::Value::Reference(uid) => Self::Reference(uid),
            contract::Value::Json(text) => Self::Json(text),
            // Only writes have secrets, and keep them back: see `Secrets`.
            contract::Value::Secret(_) => Self::Secret(u32::MAX),
        }
    }
}

impl From<wit::Attribute> for contract::Attribute {
    fn from(attribute: wit::Attribute) -> Self {
        Self { name: attribute.name, values: all(attribute.values) }
    }
}

impl From<wit::ErrorKind> for contract::ErrorKind {
    fn from(kind: wit::ErrorKind) -> Self {
        match kind {
            wit::ErrorKind::NotFound => Self::NotFound,
            wit::ErrorKind::AlreadyExists => Self::AlreadyExists,
            wit::ErrorKind::InvalidValue => Self::InvalidValue,
            wit::ErrorKind::InvalidFilter => Self::InvalidFilter,
            wit::ErrorKind::Mutability => Self::Mutability,
            wit::ErrorKind::PreconditionFailed => Self::PreconditionFailed,
            wit::ErrorKind::Conflict => Self::Conflict,
            wit::ErrorKind::TooMany => Self::TooMany,
            wit::ErrorKind::TokenExpired => Self::TokenExpired,
            wit::ErrorKind::AuthenticationFailed => Self::AuthenticationFailed,
            wit::ErrorKind::PermissionDenied => Self::PermissionDenied,
            wit::ErrorKind::RateLimited => Self::RateLimited,
            wit::ErrorKind::Unavailable => Self::Unavailable,
            wit::ErrorKind::Contention => Self::Contention,
            wit::ErrorKind::Timeout => Self::Timeout,
            wit::ErrorKind::Unsupported => Self::Unsupported,
            wit::ErrorKind::StalePlan => Self::StalePlan,
            wit::ErrorKind::Configuration => Self::Configuration,
            wit::ErrorKind::Internal => Self::Internal,
            wit::ErrorKind::Partial => Self::Partial,
        }
    }
}

/// A guest's error means what it says, but its texts are cut and made printable.
impl From<wit::Error> for contract::Error {
    fn from(error: wit::Error) -> Self {
        Self {
            kind: error.kind.into(),
            code: error.code.map(|code| sanitise::line(code, MAX_NAME)),
            message: sanitise::line(error.message, MAX_MESSAGE),
            internal: error.internal.map(|detail| sanitise::escape(&detail, MAX_INTERNAL)),
            attribute: error.attribute.map(|name| sanitise::line(name, MAX_NAME)),
            retry_after: error.retry_after_ms.map(|ms| Duration::from_millis(ms).min(MAX_RETRY_AFTER)),
        }
    }
}

impl From<lifecycle::Diagnostic> for contract::Diagnostic {
    fn from(diagnostic: lifecycle::Diagnostic) -> Self {
        Self {
            severity: match diagnostic.severity {
                lifecycle::Severity::Error => contract::Severity::Error,
                lifecycle::Severity::Warning => contract::Severity::Warning,
            },
            summary: sanitise::line(diagnostic.summary, MAX_MESSAGE),
            detail: diagnostic.detail.map(|detail| sanitise::line(detail, MAX_INTERNAL)),
            path: diagnostic.path.map(|path| sanitise::line(path, MAX_INTERNAL)),
        }
    }
}

impl From<lifecycle::Descriptor> for contract::Descriptor {
    fn from(descriptor: lifecycle::Descriptor) -> Self {
        Self {
            id: sanitise::line(descriptor.id, MAX_NAME),
            display_name: sanitise::line(descriptor.display_name, MAX_NAME),
            version: sanitise::line(descriptor.version, MAX_NAME),
            documentation: descriptor.documentation.map(|text| sanitise::line(text, MAX_INTERNAL)),
            config_schema: descriptor.config_schema,
            bindings: all(descriptor.bindings),
        }
    }
}

impl From<lifecycle::BindingSpec> for contract::BindingSpec {
    fn from(spec: lifecycle::BindingSpec) -> Self {
        Self {
            name: sanitise::line(spec.name, MAX_NAME),
            capability: sanitise::line(spec.capability, MAX_NAME),
            required: spec.required,
            description: sanitise::line(spec.description, MAX_INTERNAL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guests_error_is_cut_and_made_printable() {
        let error = contract::Error::from(wit::Error {
            kind: wit::ErrorKind::Conflict,
            code: Some("sql.\n23505".to_owned()),
            message: "é".repeat(1000),
            internal: Some("a\r\nb".to_owned()),
            attribute: None,
            retry_after_ms: Some(u64::MAX),
        });
        assert_eq!(error.kind, contract::ErrorKind::Conflict);
        assert_eq!(error.code.as_deref(), Some("sql. 23505"));
        assert_eq!(error.message.len(), MAX_MESSAGE);
        assert_eq!(error.internal.as_deref(), Some("a\\r\\nb"));
        assert_eq!(error.retry_after, Some(MAX_RETRY_AFTER));
    }
}
