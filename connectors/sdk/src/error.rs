//! Making errors and diagnostics.

use std::time::Duration;

use crate::{Diagnostic, Error, ErrorKind, Severity};

/// Builds an [`Error`] in one expression.
///
/// ```
/// use patchbay_connector::{Error, ErrorKind, Fault};
/// let error = Error::fault(ErrorKind::InvalidValue, "too long").with_attribute("login").with_code("sql.22001");
/// assert_eq!(error.attribute.as_deref(), Some("login"));
/// ```
pub trait Fault: Sized {
    /// An error of `kind` whose message a SCIM client may see: no values, no statements,
    /// no addresses.
    fn fault(kind: ErrorKind, message: impl Into<String>) -> Self;

    /// Adds a machine-readable code.
    #[must_use]
    fn with_code(self, code: impl Into<String>) -> Self;

    /// Adds detail for the log.
    #[must_use]
    fn with_internal(self, detail: impl Into<String>) -> Self;

    /// Names the attribute at fault.
    #[must_use]
    fn with_attribute(self, name: impl Into<String>) -> Self;

    /// Says when to try again.
    #[must_use]
    fn with_retry_after(self, after: Duration) -> Self;
}

impl Fault for Error {
    fn fault(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, code: None, message: message.into(), internal: None, attribute: None, retry_after_ms: None }
    }

    fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    fn with_internal(mut self, detail: impl Into<String>) -> Self {
        self.internal = Some(detail.into());
        self
    }

    fn with_attribute(mut self, name: impl Into<String>) -> Self {
        self.attribute = Some(name.into());
        self
    }

    fn with_retry_after(mut self, after: Duration) -> Self {
        self.retry_after_ms = Some(u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
        self
    }
}

/// A finding about settings or target; `path` is a JSON pointer into the settings.
pub fn diagnostic(severity: Severity, path: impl Into<String>, summary: impl Into<String>) -> Diagnostic {
    Diagnostic { severity, summary: summary.into(), detail: None, path: Some(path.into()) }
}
