//! JSON values with their places, read without stopping at the first problem.

use patchbay_connector::{Diagnostic, Severity, diagnostic};
use serde_json::{Map, Value};

use crate::dn::Dn;
use crate::settings::pointer;

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
        let mut entries = Vec::with_capacity(map.len());
        for (name, value) in map {
            let path = format!("{}/{}", self.path, pointer(name));
            if name.is_empty() {
                problems.add(&path, "a name must not be empty");
            }
            entries.push((name.clone(), Node { value, path }));
        }
        entries
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
                problems.add(&self.path, "must be text or a list of texts");
                Vec::new()
            }
        }
    }

    /// A distinguished name (RFC 4514) that is not empty.
    pub(super) fn dn(self, problems: &mut Problems) -> Option<String> {
        let path = self.path.clone();
        let text = self.text(problems)?;
        match Dn::parse(&text) {
            Ok(_) => Some(text),
            Err(problem) => {
                problems.add(&path, format!("is no distinguished name: {problem}"));
                None
            }
        }
    }

    pub(super) fn boolean(self, problems: &mut Problems) -> Option<bool> {
        let value = self.value.as_bool();
        if value.is_none() {
            problems.add(&self.path, "must be true or false");
        }
        value
    }

    /// One of some words.
    pub(super) fn word<T: Clone>(self, words: &[(&str, T)], problems: &mut Problems) -> Option<T> {
        let found = self.value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            problems.add(&self.path, format!("must be one of {}", known.join(", ")));
        }
        found.map(|(_, value)| value.clone())
    }
}

/// An object whose keys were checked.
#[derive(Debug)]
pub(super) struct Record<'a> {
    map: &'a Map<String, Value>,
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

    pub(super) fn dn(&self, name: &str, problems: &mut Problems) -> Option<String> {
        self.get(name)?.dn(problems)
    }

    pub(super) fn need_text(&self, name: &str, problems: &mut Problems) -> String {
        self.need(name, problems).and_then(|node| node.text(problems)).unwrap_or_default()
    }

    pub(super) fn need_texts(&self, name: &str, problems: &mut Problems) -> Vec<String> {
        self.need(name, problems).map(|node| node.texts(problems)).unwrap_or_default()
    }

    pub(super) fn need_dn(&self, name: &str, problems: &mut Problems) -> String {
        self.need(name, problems).and_then(|node| node.dn(problems)).unwrap_or_default()
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
