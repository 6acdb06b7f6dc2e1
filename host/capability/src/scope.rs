//! On whose behalf a capability is used, and who watches.

use std::sync::Arc;
use std::time::{Duration, Instant};

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
}

/// A native call that was made, for audit lines and for the demo's screen.
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

/// Watches native calls. Called on the hot path: be quick, never block.
pub trait Observer: Send + Sync + std::fmt::Debug {
    /// Whether it wants to hear of this operation's statements at all. Asked once per
    /// lease; where nobody listens, nothing is copied.
    fn wants(&self, _scope: &Scope) -> bool {
        true
    }

    /// A statement was run.
    fn statement(&self, scope: &Scope, event: &StatementEvent<'_>);
}
