//! On whose behalf a capability is used, and who watches.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::Usage;
use crate::ldap::{Attribute, Error as LdapError};
use crate::sql::{Error as SqlError, Value};

/// One operation of one app: travels from the engine to every capability call.
#[derive(Clone, Debug)]
pub struct Scope {
    /// App name.
    pub app: Arc<str>,
    /// Contract operation, e.g. `update`.
    pub operation: &'static str,
    /// Id of the SCIM request.
    pub request_id: Arc<str>,
    /// When the operation has to be over.
    pub deadline: Instant,
    /// What it has used of its bindings so far.
    pub usage: Usage,
}

/// A statement that was run, for audit lines and for the demo's screen.
#[derive(Clone, Debug)]
pub struct StatementEvent<'a> {
    /// Binding it ran on.
    pub binding: &'a str,
    /// Text as the driver got it (placeholders, no values).
    pub text: &'a str,
    /// Parameters. An observer that writes them anywhere must ask first whether it may.
    pub params: &'a [Value],
    /// Rows affected or delivered so far, or the failure.
    pub outcome: Result<u64, &'a SqlError>,
    /// How long the target took; of a pipeline, for all of its statements together.
    pub elapsed: Duration,
}

/// An operation that was run on a directory, for the same.
#[derive(Clone, Debug)]
pub struct OperationEvent<'a> {
    /// Binding it ran on.
    pub binding: &'a str,
    /// What was done, where, and with which attributes, as a line to read:
    /// `add uid=ada,ou=people,dc=example cn sn`. Values of filters are `?`.
    pub text: &'a str,
    /// Values of filters and changes with their attributes, in the line's order; none unless
    /// [`Observer::wants_values`]. Secret attributes come without values.
    pub values: &'a [Attribute],
    /// Entries written or delivered so far, or the failure.
    pub outcome: Result<u64, &'a LdapError>,
    /// How long the directory took.
    pub elapsed: Duration,
}

/// Watches native calls. Called on the hot path: be quick, never block.
pub trait Observer: Send + Sync + std::fmt::Debug {
    /// Whether it wants to hear of this operation's native calls at all. Asked once per
    /// lease; where nobody listens, nothing is copied.
    fn wants(&self, _scope: &Scope) -> bool {
        true
    }

    /// Whether it may be shown values of directory operations: an observer that writes them
    /// anywhere has the operator's leave. Asked once per lease.
    fn wants_values(&self, _scope: &Scope) -> bool {
        false
    }

    /// A statement was run.
    fn statement(&self, scope: &Scope, event: &StatementEvent<'_>);

    /// A directory operation was run. Without this, nobody hears of it.
    fn operation(&self, _scope: &Scope, _event: &OperationEvent<'_>) {}
}
