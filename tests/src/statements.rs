//! Collects the statements and directory operations that reach the target.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use patchbay_capability::ldap::Attribute;
use patchbay_capability::sql::Value;
use patchbay_capability::{Observer, OperationEvent, Scope, StatementEvent};
use patchbay_password::is_stored_form;

/// A statement that was run, or an operation on a directory.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Request that it was run for.
    pub request_id: String,
    /// As the driver got it.
    pub text: String,
    /// Its parameters or values, for people.
    pub params: Vec<String>,
    /// Rows or entries affected or delivered, or what went wrong.
    pub outcome: Result<u64, String>,
    /// Time at the target.
    pub elapsed: Duration,
}

impl Statement {
    /// Whether it changes rows or entries.
    pub fn writes(&self) -> bool {
        let verb = self.text.trim_start().get(..6).unwrap_or_default().to_ascii_uppercase();
        let operation = self.text.split(' ').next().unwrap_or_default();
        matches!(verb.as_str(), "INSERT" | "UPDATE" | "DELETE")
            || matches!(operation, "add" | "modify" | "rename" | "delete" | "delete-tree" | "set-password")
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

    fn push(&self, statement: Statement) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
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
        self.push(statement);
    }

    /// Nothing of these leaves the machine of whoever runs the demo.
    fn wants_values(&self, _: &Scope) -> bool {
        true
    }

    fn operation(&self, scope: &Scope, event: &OperationEvent<'_>) {
        self.push(Statement {
            request_id: scope.request_id.to_string(),
            text: event.text.to_owned(),
            params: event.values.iter().map(show_values).collect(),
            outcome: event.outcome.map_err(ToString::to_string),
            elapsed: event.elapsed,
        });
    }
}

/// An attribute and its values as LDIF would write them, in one line.
fn show_values(attribute: &Attribute) -> String {
    let show = |value: &Vec<u8>| match std::str::from_utf8(value) {
        Ok(text) if is_stored_form(text) => "***".to_owned(),
        Ok(text) => text.to_owned(),
        Err(_) => format!("{} bytes", value.len()),
    };
    format!("{}: {}", attribute.name, attribute.values.iter().map(show).collect::<Vec<_>>().join(", "))
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
