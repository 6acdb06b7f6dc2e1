//! What a pool has to know of what its connections speak.

use std::fmt::{self, Debug, Display};

/// Requests, answers and errors of a kind of connection. Implemented by a type that only
/// stands for them.
pub trait Protocol: Debug + Send + Sync + 'static {
    /// What a connection is asked.
    type Request: Send + 'static;
    /// What it answers.
    type Reply: Send + 'static;
    /// What it answers when it cannot.
    type Error: Debug + Send + 'static;

    /// The error for a trouble that the pool has.
    fn trouble(trouble: Trouble) -> Self::Error;

    /// Whether a server has refused the login, so that another password may be let in, and
    /// another server would say the same.
    fn is_refused(error: &Self::Error) -> bool;

    /// Writes to the log what only the operator has to know.
    fn log(event: &Event);
}

/// What a pool itself may have to say instead of a connection's answer. With a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No connection can be had, or the one there was is not good any more.
    Unavailable(&'static str),
    /// All connections are in use.
    Busy(&'static str),
    /// The target did not answer in time.
    Timeout(&'static str),
}

/// What happens to connections without anybody being told. `Display` is a sentence for the
/// log, without what varies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A connection did not come back to rest after its lease was dropped. For debugging.
    Discarded,
    /// The source of the password fails, and says why. A warning.
    PasswordUnreadable(String),
    /// A login with another password than before succeeded. Worth a line.
    PasswordChanged,
}

impl Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discarded => "an interrupted connection is thrown away",
            Self::PasswordUnreadable(_) => "the password cannot be read, the last one is tried",
            Self::PasswordChanged => "the target takes a new password",
        })
    }
}
