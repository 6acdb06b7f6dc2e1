//! What a SCIM client is told when something goes wrong (RFC 7644 section 3.12).

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::ERROR_URN;

/// The detail keyword of an error (RFC 7644 table 9, RFC 9865).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of the RFCs")]
pub enum ScimType {
    InvalidFilter,
    TooMany,
    Uniqueness,
    Mutability,
    InvalidSyntax,
    InvalidPath,
    NoTarget,
    InvalidValue,
    InvalidVers,
    Sensitive,
    InvalidCursor,
    ExpiredCursor,
    InvalidCount,
}

impl ScimType {
    /// The keyword as it stands in an error body.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }
}

/// An answer that is an error: what the client sees, and what only the log sees.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {detail}")]
pub struct ScimError {
    /// HTTP status.
    pub status: u16,
    /// Detail keyword, where the RFC has one for the case.
    pub scim_type: Option<ScimType>,
    /// For the client: names attributes and positions, never secrets.
    pub detail: String,
    /// For the log only.
    pub internal: Option<String>,
    /// When the client may try again (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// Defines constructors that take the client's detail text.
macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $status:literal $(, $kind:ident)?;)*) => {
        $($(#[$doc])* pub fn $name(detail: impl Into<String>) -> Self {
            Self::new($status, constructors!(@ $($kind)?), detail)
        })*
    };
    (@) => { None };
    (@ $kind:ident) => { Some(ScimType::$kind) };
}

impl ScimError {
    /// An error of any status and keyword.
    pub fn new(status: u16, scim_type: Option<ScimType>, detail: impl Into<String>) -> Self {
        Self { status, scim_type, detail: detail.into(), internal: None, retry_after: None }
    }

    constructors! {
        /// 400: the filter is malformed, or the operator does not fit the attribute.
        invalid_filter => 400, InvalidFilter;
        /// 400: a PATCH path is malformed or names no attribute.
        invalid_path => 400, InvalidPath;
        /// 400: a value is missing or not of the attribute's type.
        invalid_value => 400, InvalidValue;
        /// 400: the body's structure is not what the message wants.
        invalid_syntax => 400, InvalidSyntax;
        /// 400: a PATCH path selects nothing to work on.
        no_target => 400, NoTarget;
        /// 400: the attribute may not be changed so.
        mutability => 400, Mutability;
        /// 409: a value is taken already.
        uniqueness => 409, Uniqueness;
        /// 400: more results than the server is willing to work out.
        too_many => 400, TooMany;
        /// 400: sensitive data in a request URI.
        sensitive => 400, Sensitive;
        /// 400: not a protocol version we speak.
        invalid_vers => 400, InvalidVers;
        /// 400: not a cursor of ours, or not for this query (RFC 9865).
        invalid_cursor => 400, InvalidCursor;
        /// 400: the cursor is too old (RFC 9865).
        expired_cursor => 400, ExpiredCursor;
        /// 400: the page size is no usable number (RFC 9865).
        invalid_count => 400, InvalidCount;
        /// 404: no such resource or endpoint.
        not_found => 404;
        /// 409: clashes with the target's state, other than by uniqueness.
        conflict => 409;
        /// 412: the resource has another version.
        precondition_failed => 412;
        /// 401: no valid token.
        unauthorized => 401;
        /// 403: known, but not allowed.
        forbidden => 403;
        /// 413: the body, or what it asks for, is over a limit.
        too_large => 413;
        /// 415: not a content type we read.
        unsupported_media => 415;
        /// 405: the endpoint does not take this method.
        method_not_allowed => 405;
        /// 501: the endpoint or feature is not there.
        not_implemented => 501;
        /// 504: the target did not answer in time.
        timeout => 504;
    }

    /// 503: come back after `retry_after`.
    pub fn unavailable(detail: impl Into<String>, retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(503, None, detail) }
    }

    /// 500: the client gets a fixed sentence, the log gets `internal`.
    pub fn internal(internal: impl Into<String>) -> Self {
        Self::new(500, None, "The server could not process the request.").with_internal(internal)
    }

    /// Adds detail for the log.
    #[must_use]
    pub fn with_internal(mut self, internal: impl Into<String>) -> Self {
        self.internal = Some(internal.into());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// The JSON body: `status` is a string there (RFC 7644 section 3.12).
    pub fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("schemas".to_owned(), json!([ERROR_URN]));
        body.insert("status".to_owned(), Value::String(self.status.to_string()));
        if let Some(kind) = self.scim_type {
            body.insert("scimType".to_owned(), Value::from(kind.as_str()));
        }
        if !self.detail.is_empty() {
            body.insert("detail".to_owned(), Value::from(self.detail.as_str()));
        }
        Value::Object(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: ScimError, expected: Value) {
        assert_eq!(error.body(), expected);
    }

    #[test]
    fn bodies() {
        check(
            ScimError::mutability("'id' cannot be changed"),
            json!({"schemas": [ERROR_URN], "status": "400", "scimType": "mutability", "detail": "'id' cannot be changed"}),
        );
        check(ScimError::unauthorized(""), json!({"schemas": [ERROR_URN], "status": "401"}));
        check(
            ScimError::uniqueness("userName is taken"),
            json!({"schemas": [ERROR_URN], "status": "409", "scimType": "uniqueness", "detail": "userName is taken"}),
        );
    }

    #[test]
    fn the_client_never_sees_the_internal_text() {
        let error = ScimError::internal("password=hunter2");
        assert!(!error.body().to_string().contains("hunter2"));
        assert_eq!(error.internal.as_deref(), Some("password=hunter2"));
    }

    #[test]
    fn unavailable_says_when_to_come_back() {
        let error = ScimError::unavailable("down", Duration::from_secs(5));
        assert_eq!((error.status, error.retry_after), (503, Some(Duration::from_secs(5))));
    }
}
