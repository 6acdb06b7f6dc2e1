//! Native calls in the log.

use std::fmt;
use std::sync::Arc;

use patchbay_capability::ldap::{Attribute, is_secret};
use patchbay_capability::sql::Value;
use patchbay_capability::{Observer, OperationEvent, Scope, StatementEvent};
use patchbay_password::is_stored_form;

/// Writes each statement and each directory operation to the log at level debug, and passes
/// it on.
#[derive(Debug)]
pub(crate) struct CallLog {
    /// Whether the operator allows values in the log.
    values: bool,
    next: Option<Arc<dyn Observer>>,
}

impl CallLog {
    /// A log that shows values only if `values` says so, in front of `next`.
    pub(crate) fn new(values: bool, next: Option<Arc<dyn Observer>>) -> Self {
        Self { values, next }
    }
}

/// Parameters as the log shows them: whatever the operator allows, a hash of a password
/// stays out, for who has it can guess at the password in peace.
struct Parameters<'e>(&'e [Value]);

impl fmt::Debug for Parameters<'_> {
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

/// Values of a directory operation, under the same rule: `{"cn": ["Ada"]}`.
struct Values<'e>(&'e [Attribute]);

/// One of them; of what is not text, its length.
struct Bytes<'e> {
    bytes: &'e [u8],
    secret: bool,
}

impl fmt::Debug for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for attribute in self.0 {
            let secret = is_secret(&attribute.name);
            let values: Vec<Bytes<'_>> = attribute.values.iter().map(|bytes| Bytes { bytes, secret }).collect();
            map.entry(&attribute.name, &values);
        }
        map.finish()
    }
}

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(self.bytes) {
            _ if self.secret => f.write_str("***"),
            Ok(text) if is_stored_form(text) => f.write_str("***"),
            Ok(text) => fmt::Debug::fmt(text, f),
            Err(_) => write!(f, "<{} bytes>", self.bytes.len()),
        }
    }
}

fn micros(elapsed: std::time::Duration) -> u64 {
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}

impl Observer for CallLog {
    /// Where the log is not that detailed, and nobody stands behind it, nothing is copied.
    fn wants(&self, scope: &Scope) -> bool {
        tracing::enabled!(target: "patchbay::sql", tracing::Level::DEBUG)
            || tracing::enabled!(target: "patchbay::ldap", tracing::Level::DEBUG)
            || self.next.as_ref().is_some_and(|next| next.wants(scope))
    }

    fn wants_values(&self, scope: &Scope) -> bool {
        self.values && tracing::enabled!(target: "patchbay::ldap", tracing::Level::DEBUG)
            || self.next.as_ref().is_some_and(|next| next.wants_values(scope))
    }

    fn statement(&self, scope: &Scope, event: &StatementEvent<'_>) {
        if tracing::enabled!(target: "patchbay::sql", tracing::Level::DEBUG) {
            let params = self.values.then_some(Parameters(event.params));
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
                elapsed_us = micros(event.elapsed),
                "statement"
            );
        }
        if let Some(next) = &self.next {
            next.statement(scope, event);
        }
    }

    fn operation(&self, scope: &Scope, event: &OperationEvent<'_>) {
        if tracing::enabled!(target: "patchbay::ldap", tracing::Level::DEBUG) {
            let values = self.values.then_some(Values(event.values));
            let entries = event.outcome.as_ref().ok();
            let failure = event.outcome.as_ref().err();
            tracing::debug!(
                target: "patchbay::ldap",
                app = %scope.app,
                operation = scope.operation,
                request_id = %scope.request_id,
                binding = event.binding,
                request = event.text,
                values = values.map(tracing::field::debug),
                entries,
                failure = failure.map(|error| format!("{:?}", error.failure)),
                code = failure.and_then(|error| error.code),
                elapsed_us = micros(event.elapsed),
                "directory operation"
            );
        }
        if let Some(next) = &self.next {
            // Values that only the log asked for go no further.
            let values = if next.wants_values(scope) { event.values } else { &[] };
            next.operation(scope, &OperationEvent { values, ..event.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_their_hashes_are_masked() {
        let text = |text: &str| Value::Text(text.to_owned());
        let shown =
            format!("{:?}", Parameters(&[text("ada"), text("$argon2id$v=19$m=8"), text("{SSHA}x"), Value::Null]));
        assert_eq!(shown, r#"[Text("ada"), ***, ***, Null]"#);

        let attribute = |name: &str, values: &[&[u8]]| Attribute {
            name: name.to_owned(),
            values: values.iter().map(|value| value.to_vec()).collect(),
        };
        let shown = Values(&[
            attribute("cn", &[b"Ada", b"\xff\xfe"]),
            attribute("userPassword", &[b"hush"]),
            attribute("note", &[b"{SSHA}x"]),
        ]);
        assert_eq!(format!("{shown:?}"), r#"{"cn": ["Ada", <2 bytes>], "userPassword": [***], "note": [***]}"#);
    }
}
