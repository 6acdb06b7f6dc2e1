//! How a call fails.

/// What kind of LDAP failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// No binding of this name.
    UnknownBinding,
    /// The binding's grant does not cover this subtree, attribute or verb.
    Denied,
    /// No server reachable, or the connection was lost.
    Unavailable,
    /// No connection free in time, or the server says busy: nothing was done.
    Busy,
    /// Deadline passed.
    Timeout,
    /// Of the host or of the server: size, time, look-through, administrative.
    LimitExceeded,
    /// A name, filter or request that cannot be sent.
    InvalidRequest,
    /// A parked search or a cookie that is not good any more.
    TokenExpired,
    /// The entry is not there.
    NoSuchObject,
    /// The entry is there.
    AlreadyExists,
    /// The attribute or value to be deleted is not there.
    NoSuchValue,
    /// The value to be added is there.
    ValueExists,
    /// The schema does not know the attribute or object class.
    Undefined,
    /// Not allowed by the object classes, or a mandatory attribute is missing.
    ObjectClassViolation,
    /// A constraint of the server's.
    ConstraintViolation,
    /// A value does not fit the syntax.
    InvalidValue,
    /// The name does not fit the schema or the tree.
    NamingViolation,
    /// Has entries below it.
    NotLeaf,
    /// The server refuses (rights, login).
    PermissionDenied,
    /// [`Terms::assertion`](super::Terms::assertion) did not hold.
    AssertionFailed,
    /// The server is unwilling: often a policy, told by the message.
    Unwilling,
    /// Another server has it, and the referral is not followed.
    Referral,
    /// Driver or server cannot do it.
    Unsupported,
    /// Anything else.
    Other,
}

/// A failed call. `message` has passed the scrubber once it leaves the gate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What kind.
    pub failure: Failure,
    /// LDAP resultCode, where the server answered. Of a write, its own: what is read behind
    /// a write that was done is no failure of the write.
    pub code: Option<u32>,
    /// Attribute at fault, where the server's message names one.
    pub attribute: Option<String>,
    /// For the log and the connector.
    pub message: String,
}

impl Error {
    /// An error without server detail.
    pub fn new(failure: Failure, message: impl Into<String>) -> Self {
        Self { failure, code: None, attribute: None, message: message.into() }
    }
}
