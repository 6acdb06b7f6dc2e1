//! A JSON value and where it stands, and what is wrong with it.

use patchbay_connector::{Diagnostic, Severity, diagnostic};
use serde_json::Value;

use super::super::{Constant, Kind, pointer};

/// Findings so far.
#[derive(Debug, Default)]
pub(super) struct Problems(pub(super) Vec<Diagnostic>);

impl Problems {
    pub(super) fn add(&mut self, path: &str, summary: impl Into<String>) {
        self.0.push(diagnostic(Severity::Error, path, summary));
    }
}

/// A JSON value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    pub(super) path: String,
}

impl<'a> Node<'a> {
    /// An object with no keys but `known`.
    pub(super) fn record(self, known: &[&str], problems: &mut Problems) -> Option<Record<'a>> {
        let Value::Object(map) = self.value else {
            problems.add(&self.path, "must be a table");
            return None;
        };
        for name in map.keys().filter(|name| !known.contains(&name.as_str())) {
            let path = format!("{}/{}", self.path, pointer(name));
            problems.add(&path, format!("unknown key; known are {}", known.join(", ")));
        }
        Some(Record { map, path: self.path })
    }

    /// An object whose keys are names.
    pub(super) fn entries(self, problems: &mut Problems) -> Vec<(String, Node<'a>)> {
        let Value::Object(map) = self.value else {
            problems.add(&self.path, "must be a table");
            return Vec::new();
        };
        map.iter()
            .map(|(name, value)| {
                let path = format!("{}/{}", self.path, pointer(name));
                if name.is_empty() {
                    problems.add(&path, "a name must not be empty");
                }
                (name.clone(), Node { value, path })
            })
            .collect()
    }

    /// Text that is not empty.
    pub(super) fn text(self, problems: &mut Problems) -> Option<String> {
        match self.value {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            _ => {
                problems.add(&self.path, "must be text that is not empty");
                None
            }
        }
    }

    /// One text, or a list of at least one.
    pub(super) fn texts(self, problems: &mut Problems) -> Vec<String> {
        match self.value {
            Value::Array(list) if !list.is_empty() => list
                .iter()
                .enumerate()
                .filter_map(|(index, value)| Node { value, path: format!("{}/{index}", self.path) }.text(problems))
                .collect(),
            Value::String(_) => self.text(problems).into_iter().collect(),
            _ => {
                problems.add(&self.path, "must be a name or a list of names");
                Vec::new()
            }
        }
    }

    /// A table name: `person` or `hr.person`.
    pub(super) fn table(self, problems: &mut Problems) -> Option<Vec<String>> {
        self.qualified("a table's name", problems)
    }

    /// The name of `what`, with its schema or without; a part with a dot in it is in double
    /// quotes.
    pub(super) fn qualified(self, what: &str, problems: &mut Problems) -> Option<Vec<String>> {
        let path = self.path.clone();
        let parts = split_name(&self.text(problems)?).unwrap_or_default();
        if parts.is_empty() || parts.iter().any(String::is_empty) {
            problems.add(&path, format!("must be {what}, with its schema before a dot where needed"));
            return None;
        }
        Some(parts)
    }

    pub(super) fn boolean(self, problems: &mut Problems) -> Option<bool> {
        let value = self.value.as_bool();
        if value.is_none() {
            problems.add(&self.path, "must be true or false");
        }
        value
    }

    pub(super) fn kind(self, problems: &mut Problems) -> Option<Kind> {
        match self.value.as_str() {
            Some("text") => Some(Kind::Text),
            Some("boolean") => Some(Kind::Boolean),
            Some("integer") => Some(Kind::Integer),
            Some("decimal") => Some(Kind::Decimal),
            Some("timestamp") => Some(Kind::Timestamp),
            Some("binary") => Some(Kind::Binary),
            Some("json") => Some(Kind::Json),
            _ => {
                problems.add(&self.path, "must be text, boolean, integer, decimal, timestamp, binary or json");
                None
            }
        }
    }

    pub(super) fn constant(self, problems: &mut Problems) -> Option<Constant> {
        Some(match self.value {
            Value::Null => Constant::Null,
            Value::Bool(value) => Constant::Boolean(*value),
            Value::String(text) => Constant::Text(text.clone()),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Constant::Integer(integer),
                None => Constant::Decimal(number.to_string()),
            },
            Value::Object(map) if map.len() == 1 && map.get("now") == Some(&Value::Bool(true)) => Constant::Now,
            Value::Object(_) | Value::Array(_) => {
                problems.add(&self.path, "must be a text, number or truth value, null, or { now = true }");
                return None;
            }
        })
    }
}

/// `hr."a.b"` into its parts, as grants are read; none where a quote is never closed. Two
/// quotes in a quoted part are one.
pub(super) fn split_name(text: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let part = parts.last_mut()?;
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => part.extend(chars.next()),
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => part.push(c),
        }
    }
    (!quoted).then_some(parts)
}

/// An object whose keys were checked.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub(super) map: &'a serde_json::Map<String, Value>,
    pub(super) path: String,
}

impl<'a> Record<'a> {
    pub(super) fn get(&self, name: &str) -> Option<Node<'a>> {
        self.map.get(name).map(|value| Node { value, path: format!("{}/{name}", self.path) })
    }

    pub(super) fn need(&self, name: &str, problems: &mut Problems) -> Option<Node<'a>> {
        let node = self.get(name);
        if node.is_none() {
            problems.add(&self.path, format!("`{name}` is missing"));
        }
        node
    }

    pub(super) fn text(&self, name: &str, problems: &mut Problems) -> Option<String> {
        self.get(name)?.text(problems)
    }

    pub(super) fn flag(&self, name: &str, problems: &mut Problems) -> Option<bool> {
        self.get(name)?.boolean(problems)
    }

    pub(super) fn texts(&self, name: &str, problems: &mut Problems) -> Option<Vec<String>> {
        Some(self.get(name)?.texts(problems))
    }

    pub(super) fn need_text(&self, name: &str, problems: &mut Problems) -> String {
        self.need(name, problems).and_then(|node| node.text(problems)).unwrap_or_default()
    }

    pub(super) fn need_texts(&self, name: &str, problems: &mut Problems) -> Vec<String> {
        self.need(name, problems).map(|node| node.texts(problems)).unwrap_or_default()
    }

    pub(super) fn need_table(&self, problems: &mut Problems) -> Vec<String> {
        self.need("table", problems).and_then(|node| node.table(problems)).unwrap_or_default()
    }

    /// Constants by column.
    pub(super) fn constants(&self, name: &str, problems: &mut Problems) -> Vec<(String, Constant)> {
        let Some(node) = self.get(name) else { return Vec::new() };
        node.entries(problems)
            .into_iter()
            .filter_map(|(column, node)| Some((column, node.constant(problems)?)))
            .collect()
    }

    /// What `each` makes of every entry of a table of tables.
    pub(super) fn named<T>(
        &self,
        name: &str,
        problems: &mut Problems,
        each: impl Fn(Node<'a>, &mut Problems) -> Option<T>,
    ) -> Vec<(String, T)> {
        let Some(node) = self.get(name) else { return Vec::new() };
        node.entries(problems).into_iter().filter_map(|(name, node)| Some((name, each(node, problems)?))).collect()
    }
}
