//! What parameters stand for.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_connector::sql::{Row, Value};

use crate::plan::Class;
use crate::plan::statement::Param;

/// Values by name, while an operation runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    now: BTreeMap<String, Value>,
    old: BTreeMap<String, Value>,
    changed: BTreeSet<String>,
    outputs: BTreeMap<String, Value>,
    /// Columns of the value that is set, added or taken away.
    pub(crate) value: Row,
}

impl Environment {
    /// What a parameter stands for; NULL where an object has no value there.
    pub(crate) fn get(&self, param: &Param) -> Value {
        let found = match param {
            Param::Now(column) => self.now.get(column),
            Param::Old(column) => self.old.get(column),
            Param::Output(name) => self.outputs.get(name),
            Param::Value(place) => self.value.get(*place),
            Param::Changed(columns) => {
                return Value::Boolean(columns.iter().any(|column| self.changed.contains(column)));
            }
        };
        found.cloned().unwrap_or(Value::Null)
    }

    /// The object has this key.
    pub(crate) fn key(&mut self, class: &Class, key: &[Value]) {
        for (part, value) in class.key.iter().zip(key) {
            self.hold(&part.name, value.clone());
        }
    }

    /// A column holds this before anything is changed.
    pub(crate) fn hold(&mut self, column: &str, value: Value) {
        self.old.insert(column.to_owned(), value.clone());
        self.now.insert(column.to_owned(), value);
    }

    /// A column gets another value.
    pub(crate) fn change(&mut self, column: &str, value: Value) {
        self.changed.insert(column.to_owned());
        self.now.insert(column.to_owned(), value);
    }

    /// What a column holds now.
    pub(crate) fn now(&self, column: &str) -> Option<&Value> {
        self.now.get(column)
    }

    /// A step gave this back.
    pub(crate) fn output(&mut self, name: &str, value: Value) {
        self.outputs.insert(name.to_owned(), value);
    }

    /// What a step gave back under this name.
    pub(crate) fn given(&self, name: &str) -> Option<&Value> {
        self.outputs.get(name)
    }
}
