//! A connector's error as a SCIM error (RFC 7644 section 3.12).

use std::time::Duration;

use patchbay_contract::{Error, ErrorKind};
use patchbay_scim::ScimError;

/// When the target is down and did not say when to come back.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// Maps `error`; `path_of` gives the SCIM path of a native attribute, so that the
/// client reads the name it knows.
pub(crate) fn scim_error(error: Error, path_of: impl Fn(&str) -> Option<String>) -> ScimError {
    let place = error.attribute.as_deref().map(|native| path_of(native).unwrap_or_else(|| native.to_owned()));
    let message = match &place {
        Some(path) => format!("{path}: {}", error.message),
        None => error.message.clone(),
    };
    let retry = error.retry_after.unwrap_or(RETRY_AFTER);
    let scim = match error.kind {
        ErrorKind::NotFound => ScimError::not_found(message),
        ErrorKind::AlreadyExists => ScimError::uniqueness(message),
        ErrorKind::InvalidValue => ScimError::invalid_value(message),
        ErrorKind::InvalidFilter => ScimError::invalid_filter(message),
        ErrorKind::Mutability => ScimError::mutability(message),
        ErrorKind::PreconditionFailed => ScimError::precondition_failed(message),
        ErrorKind::Conflict => ScimError::conflict(message),
        ErrorKind::TooMany => ScimError::too_many(message),
        ErrorKind::TokenExpired => ScimError::expired_cursor(message),
        ErrorKind::AuthenticationFailed => ScimError::new(502, None, "the target refuses the credentials it was given"),
        ErrorKind::PermissionDenied => ScimError::forbidden(message),
        // RFC 9110 section 15.6.4 rather than 409: nothing about the request has to change.
        ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Contention => {
            ScimError::unavailable(message, retry)
        }
        ErrorKind::Timeout => ScimError::timeout("the target did not answer in time"),
        ErrorKind::Unsupported => ScimError::not_implemented(message),
        ErrorKind::StalePlan => ScimError::unavailable("the target's schema is changing", retry),
        ErrorKind::Configuration => {
            ScimError::new(500, None, "the app is not configured correctly; see the host's log")
        }
        ErrorKind::Internal => ScimError::new(500, None, "the connector failed; see the host's log"),
        ErrorKind::Partial => ScimError::new(500, None, message),
    };
    let mut detail = format!("{:?}", error.kind);
    for part in [&error.code, &Some(error.message), &error.internal].into_iter().flatten() {
        detail.push_str(": ");
        detail.push_str(part);
    }
    // Not all answers name it, and who reads the log knows it by the target's name.
    if let Some(native) = &error.attribute {
        detail.push_str(&format!(" (attribute `{native}`)"));
    }
    scim.with_internal(detail)
}
