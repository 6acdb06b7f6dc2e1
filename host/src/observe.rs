//! Statements in the log.

use std::fmt;
use std::sync::Arc;

use patchbay_capability::sql::Value;
use patchbay_capability::{Observer, Scope, StatementEvent};
use patchbay_password::is_stored_form;

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

/// Parameters as the log shows them: whatever the operator allows, a hash of a password
/// stays out, for who has it can guess at the password in peace.
struct Shown<'e>(&'e [Value]);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let masked = |value: &Value| matches!(value, Value::Text(text) if is_stored_form(text));
        let mut list = f.debug_list();
        for value in self.0 {
            if masked(value) {
                list.entry(&format_args!("***"));
            } else {
                list.entry(value);
            }
        }
        list.finish()
    }
}

impl Observer for StatementLog {
    fn statement(&self, scope: &Scope, event: &StatementEvent<'_>) {
        if tracing::enabled!(target: "patchbay::sql", tracing::Level::DEBUG) {
            let params = self.params.then_some(Shown(event.params));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_passwords_are_masked() {
        let text = |text: &str| Value::Text(text.to_owned());
        let shown = format!("{:?}", Shown(&[text("ada"), text("$argon2id$v=19$m=8"), text("{SSHA}x"), Value::Null]));
        assert_eq!(shown, r#"[Text("ada"), ***, ***, Null]"#);
    }
}
