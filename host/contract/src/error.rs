//! What can go wrong at a target, in a closed set of kinds.

use std::time::Duration;

/// What kind of failure it is; each kind has one SCIM status (see `wit/connector.wit`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No such object.
    NotFound,
    /// A uniqueness constraint.
    AlreadyExists,
    /// A value the target does not take.
    InvalidValue,
    /// A filter the target cannot evaluate.
    InvalidFilter,
    /// The attribute cannot be changed.
    Mutability,
    /// The revision is not the one asked for.
    PreconditionFailed,
    /// Another clash with the target's state.
    Conflict,
    /// Too much to answer.
    TooMany,
    /// A continuation that is no longer usable.
    TokenExpired,
    /// The target refuses our identity.
    AuthenticationFailed,
    /// The target, or the operator's grant, refuses this action.
    PermissionDenied,
    /// Asked too often.
    RateLimited,
    /// Down, unreachable, or no free connection: nothing was done.
    Unavailable,
    /// Lost against other changes, and nothing was kept. The engine tries again; the
    /// gateway sees it only when that did not help.
    Contention,
    /// No answer in time, or none at all: a write may have been done.
    Timeout,
    /// The connector or the target cannot do this.
    Unsupported,
    /// The prepared plan no longer fits the target. The engine prepares anew; the
    /// gateway sees it only when that did not help.
    StalePlan,
    /// The operator has to change the configuration.
    Configuration,
    /// A bug in the connector, or a limit it ran into.
    Internal,
    /// Some of a write stands, and the rest failed: the message says what.
    Partial,
}

impl ErrorKind {
    /// Whether a write that failed so may have been done all the same.
    pub fn leaves_doubt(self) -> bool {
        matches!(self, Self::Timeout | Self::Internal)
    }
}

/// An error with two messages: `message` may be shown to a SCIM client, `internal` is
/// for the log only.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// Finer, machine-readable and open, e.g. `sql.23505` or `guest.cpu`.
    pub code: Option<String>,
    /// For the client. Never holds a value, a statement or an address.
    pub message: String,
    /// For the log.
    pub internal: Option<String>,
    /// Native name of the attribute at fault.
    pub attribute: Option<String>,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl Error {
    /// An error of `kind` with a message that a client may see.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, code: None, message: message.into(), internal: None, attribute: None, retry_after: None }
    }

    /// Adds the machine-readable code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Adds detail for the log.
    #[must_use]
    pub fn internal(mut self, detail: impl Into<String>) -> Self {
        self.internal = Some(detail.into());
        self
    }

    /// Names the attribute at fault.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>) -> Self {
        self.attribute = Some(name.into());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
}
