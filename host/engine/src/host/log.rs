//! `patchbay:runtime/log`: a guest's lines, into `tracing` at target `patchbay::guest`.

use std::fmt::Write as _;

use patchbay_capability::Scope;

use crate::bindings::patchbay::runtime::log::{FieldValue, Host, Level};
use crate::sanitise;
use crate::state::State;

/// Longest message, in bytes of what the guest gave.
const MAX_MESSAGE: usize = 4096;
/// Longest text of all fields of a line, in bytes.
const MAX_FIELDS: usize = 2048;

/// What one operation may still log. Reports, when it goes, how much was dropped.
#[derive(Debug)]
pub(crate) struct LogBudget {
    scope: Scope,
    lines: u32,
    bytes: usize,
    dropped: u64,
}

impl LogBudget {
    /// A fresh budget for the operation of `scope`.
    pub(crate) fn new(scope: Scope, lines: u32, bytes: usize) -> Self {
        Self { scope, lines, bytes, dropped: 0 }
    }

    /// Takes a line of `bytes` from the budget, or counts it as dropped.
    fn take(&mut self, bytes: usize) -> bool {
        match (self.lines.checked_sub(1), self.bytes.checked_sub(bytes)) {
            (Some(lines), Some(left)) => {
                (self.lines, self.bytes) = (lines, left);
                true
            }
            _ => {
                self.dropped = self.dropped.saturating_add(1);
                false
            }
        }
    }
}

impl Drop for LogBudget {
    fn drop(&mut self) {
        if self.dropped > 0 {
            tracing::warn!(
                target: "patchbay::guest",
                app = &*self.scope.app,
                operation = self.scope.operation,
                request_id = &*self.scope.request_id,
                dropped = self.dropped,
                "the connector logged more than it may; lines were dropped"
            );
        }
    }
}

/// Calls a `tracing` macro at a level that is only known now.
macro_rules! at_level {
    ($level:expr, $run:ident) => {
        match $level {
            Level::Trace => $run!(tracing::Level::TRACE),
            Level::Debug => $run!(tracing::Level::DEBUG),
            Level::Info => $run!(tracing::Level::INFO),
            Level::Warn => $run!(tracing::Level::WARN),
            Level::Error => $run!(tracing::Level::ERROR),
        }
    };
}

fn enabled(level: Level) -> bool {
    macro_rules! ask {
        ($level:expr) => {
            tracing::enabled!(target: "patchbay::guest", $level)
        };
    }
    at_level!(level, ask)
}

impl Host for State {
    fn enabled(&mut self, level: Level) -> wasmtime::Result<bool> {
        Ok(enabled(level))
    }

    fn write(&mut self, level: Level, message: String, fields: Vec<(String, FieldValue)>) -> wasmtime::Result<()> {
        if !enabled(level) {
            return Ok(());
        }
        let size = message.len().min(MAX_MESSAGE) + fields.iter().map(|(name, value)| size(name, value)).sum::<usize>();
        if !self.log.take(size) {
            return Ok(());
        }
        let message = sanitise::escape(&message, MAX_MESSAGE);
        let fields = render(&fields);
        let Scope { app, operation, request_id, .. } = &self.scope;
        macro_rules! emit {
            ($level:expr) => {
                tracing::event!(
                    target: "patchbay::guest",
                    $level,
                    app = &**app,
                    operation,
                    request_id = &**request_id,
                    fields,
                    "{message}"
                )
            };
        }
        at_level!(level, emit);
        Ok(())
    }
}

/// Bytes that a field counts for.
fn size(name: &str, value: &FieldValue) -> usize {
    let value = match value {
        FieldValue::Text(text) => text.len(),
        FieldValue::Integer(_) | FieldValue::Boolean(_) => size_of::<i64>(),
    };
    name.len().saturating_add(value)
}

/// `name=value` pairs, or none when there are no fields. Names are the guest's, so they
/// cannot be field names of `tracing`, which are fixed at compile time.
fn render(fields: &[(String, FieldValue)]) -> Option<String> {
    if fields.is_empty() {
        return None;
    }
    let mut out = String::new();
    for (name, value) in fields {
        if out.len() >= MAX_FIELDS {
            break;
        }
        let left = MAX_FIELDS - out.len();
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&sanitise::escape(name, left));
        // Writing to a string cannot fail.
        let _ = match value {
            FieldValue::Text(text) => write!(out, "={:?}", sanitise::cut(text.clone(), left)),
            FieldValue::Integer(number) => write!(out, "={number}"),
            FieldValue::Boolean(truth) => write!(out, "={truth}"),
        };
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn budget(lines: u32, bytes: usize) -> LogBudget {
        let scope = Scope {
            app: "a".into(),
            operation: "get",
            request_id: "r".into(),
            deadline: Instant::now(),
            usage: patchbay_capability::Usage::default(),
        };
        LogBudget::new(scope, lines, bytes)
    }

    #[test]
    fn a_budget_counts_what_it_drops() {
        let mut budget = budget(2, 100);
        assert!(budget.take(60));
        assert!(!budget.take(60), "too many bytes");
        assert!(budget.take(40));
        assert!(!budget.take(0), "too many lines");
        assert_eq!(budget.dropped, 2);
    }

    #[test]
    fn fields_are_bounded_and_printable() {
        assert_eq!(render(&[]), None);
        let fields = [
            ("a\n".to_owned(), FieldValue::Text("b\n\"".to_owned())),
            ("n".to_owned(), FieldValue::Integer(-1)),
            ("t".to_owned(), FieldValue::Boolean(true)),
        ];
        assert_eq!(render(&fields).as_deref(), Some(r#"a\n="b\n\"" n=-1 t=true"#));
        let many = vec![("x".repeat(100), FieldValue::Text("y".repeat(10_000))); 100];
        assert!(render(&many).unwrap().len() < 3 * MAX_FIELDS);
    }
}
