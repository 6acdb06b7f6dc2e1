//! Statements in the log.

use std::sync::Arc;

use patchbay_capability::{Observer, Scope, StatementEvent};

/// Writes each statement to the log at level debug, and passes it on.
#[derive(Debug)]
pub(crate) struct StatementLog {
    /// Whether the operator allows parameters in the log.
    params: bool,
    next: Option<Arc<dyn Observer>>,
}

impl StatementLog {
    /// A log that shows parameters only if `params` says so, in front of `next`.
    pub(crate) fn new(params: bool, next: Option<Arc<dyn Observer>>) -> Self {
        Self { params, next }
    }
}

impl Observer for StatementLog {
    fn statement(&self, scope: &Scope, event: &StatementEvent<'_>) {
        if tracing::enabled!(target: "patchbay::sql", tracing::Level::DEBUG) {
            let params = self.params.then_some(event.params);
            let rows = event.outcome.as_ref().ok();
            let failure = event.outcome.as_ref().err().map(|error| format!("{:?}", error.failure));
            tracing::debug!(
                target: "patchbay::sql",
                app = %scope.app,
                operation = scope.operation,
                request_id = %scope.request_id,
                binding = event.binding,
                statement = event.text,
                params = params.map(tracing::field::debug),
                rows,
                failure,
                elapsed_us = u64::try_from(event.elapsed.as_micros()).unwrap_or(u64::MAX),
                "statement"
            );
        }
        if let Some(next) = &self.next {
            next.statement(scope, event);
        }
    }
}
