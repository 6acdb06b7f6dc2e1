//! Collects the statements that reach the target.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use patchbay_capability::sql::Value;
use patchbay_capability::{Observer, Scope, StatementEvent};
use patchbay_password::is_stored_form;

/// A statement that was run.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Request that it was run for.
    pub request_id: String,
    /// As the driver got it.
    pub text: String,
    /// Its parameters, for people.
    pub params: Vec<String>,
    /// Rows affected or delivered, or what went wrong.
    pub outcome: Result<u64, String>,
    /// Time at the target.
    pub elapsed: Duration,
}

impl Statement {
    /// Whether it changes rows.
    pub fn writes(&self) -> bool {
        let verb = self.text.trim_start().get(..6).unwrap_or_default().to_ascii_uppercase();
        matches!(verb.as_str(), "INSERT" | "UPDATE" | "DELETE")
    }
}

/// All statements since the last look.
#[derive(Debug, Default)]
pub struct Statements(Mutex<Vec<Statement>>);

impl Statements {
    /// Takes what has been collected.
    pub fn take(&self) -> Vec<Statement> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Statements {
    fn statement(&self, scope: &Scope, event: &StatementEvent<'_>) {
        let statement = Statement {
            request_id: scope.request_id.to_string(),
            text: event.text.to_owned(),
            params: event.params.iter().map(show).collect(),
            outcome: event.outcome.map_err(ToString::to_string),
            elapsed: event.elapsed,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
    }
}

/// A parameter as SQL would write it.
fn show(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Decimal(text) => text.clone(),
        // Who has a hash can guess at the password in peace.
        Value::Text(text) if is_stored_form(text) => "'***'".to_owned(),
        Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::Timestamp(text)
        | Value::Json(text)
        | Value::Other(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::Uuid(high, low) => format!("{high:016x}{low:016x}"),
    }
}
