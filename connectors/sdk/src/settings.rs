//! Settings, read from JSON without stopping at the first problem: an administrator gets all
//! of them at once, each with its JSON pointer (RFC 6901).

use serde_json::{Map, Value};

use crate::{Diagnostic, Severity, diagnostic};

/// Reads settings from JSON text: what `settings` makes of them, or all that is wrong.
pub fn read<T>(json: &str, settings: impl FnOnce(Node<'_>, &mut Problems) -> Option<T>) -> Result<T, Vec<Diagnostic>> {
    let mut problems = Problems::default();
    let value: Value = match serde_json::from_str(json) {
        Ok(value) => value,
        Err(error) => {
            problems.add("", format!("the settings are not JSON: {error}"));
            return Err(problems.0);
        }
    };
    match settings(Node { value: &value, path: String::new() }, &mut problems) {
        Some(settings) if problems.0.is_empty() => Ok(settings),
        _ => Err(problems.0),
    }
}

/// Escapes a name for use in a JSON pointer.
pub fn pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Findings so far.
#[derive(Debug, Default)]
pub struct Problems(Vec<Diagnostic>);

impl Problems {
    /// One more, at the place that a JSON pointer names.
    pub fn add(&mut self, path: &str, summary: impl Into<String>) {
        self.0.push(diagnostic(Severity::Error, path, summary));
    }

    /// How many there are: whether what was read in between is whole.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// A JSON value and where it stands. What cannot be read is noted, and none.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    /// The value.
    pub value: &'a Value,
    /// JSON pointer to it.
    pub path: String,
}

impl<'a> Node<'a> {
    /// An object with no keys but `known`.
    pub fn record(self, known: &[&str], problems: &mut Problems) -> Option<Record<'a>> {
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
    pub fn entries(self, problems: &mut Problems) -> Vec<(String, Node<'a>)> {
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
    pub fn text(self, problems: &mut Problems) -> Option<String> {
        match self.value {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            _ => {
                problems.add(&self.path, "must be text that is not empty");
                None
            }
        }
    }

    /// One text, or a list of at least one.
    pub fn texts(self, problems: &mut Problems) -> Vec<String> {
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

    /// A truth value.
    pub fn boolean(self, problems: &mut Problems) -> Option<bool> {
        let value = self.value.as_bool();
        if value.is_none() {
            problems.add(&self.path, "must be true or false");
        }
        value
    }

    /// One of some words.
    pub fn word<T: Clone>(self, words: &[(&str, T)], problems: &mut Problems) -> Option<T> {
        let found = self.value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            problems.add(&self.path, format!("must be one of {}", known.join(", ")));
        }
        found.map(|(_, value)| value.clone())
    }

    /// A time with its unit, of a day at most; in milliseconds.
    pub fn time(self, problems: &mut Problems) -> Option<u64> {
        let time = self.value.as_str().and_then(milliseconds).filter(|time| *time <= DAY);
        if time.is_none() {
            problems.add(&self.path, "must be a time of a day at most, such as \"500ms\", \"30s\", \"5m\" or \"1h\"");
        }
        time
    }
}

/// A day in milliseconds.
const DAY: u64 = 24 * 3_600_000;

fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// An object whose keys were checked.
#[derive(Debug)]
pub struct Record<'a> {
    map: &'a Map<String, Value>,
    /// JSON pointer to it.
    pub path: String,
}

impl<'a> Record<'a> {
    /// Whether the key is there.
    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// The value of a key, if it is there.
    pub fn get(&self, name: &str) -> Option<Node<'a>> {
        self.map.get(name).map(|value| Node { value, path: format!("{}/{name}", self.path) })
    }

    /// The value of a key that has to be there.
    pub fn need(&self, name: &str, problems: &mut Problems) -> Option<Node<'a>> {
        let node = self.get(name);
        if node.is_none() {
            problems.add(&self.path, format!("`{name}` is missing"));
        }
        node
    }

    /// Text, if it is there.
    pub fn text(&self, name: &str, problems: &mut Problems) -> Option<String> {
        self.get(name)?.text(problems)
    }

    /// A truth value, if it is there.
    pub fn flag(&self, name: &str, problems: &mut Problems) -> Option<bool> {
        self.get(name)?.boolean(problems)
    }

    /// Texts, if they are there.
    pub fn texts(&self, name: &str, problems: &mut Problems) -> Option<Vec<String>> {
        Some(self.get(name)?.texts(problems))
    }

    /// Text that has to be there; empty where it is not.
    pub fn need_text(&self, name: &str, problems: &mut Problems) -> String {
        self.need(name, problems).and_then(|node| node.text(problems)).unwrap_or_default()
    }

    /// Texts that have to be there.
    pub fn need_texts(&self, name: &str, problems: &mut Problems) -> Vec<String> {
        self.need(name, problems).map(|node| node.texts(problems)).unwrap_or_default()
    }

    /// What `each` makes of every entry of a table of tables.
    pub fn named<T>(
        &self,
        name: &str,
        problems: &mut Problems,
        each: impl Fn(Node<'a>, &mut Problems) -> Option<T>,
    ) -> Vec<(String, T)> {
        let Some(node) = self.get(name) else { return Vec::new() };
        node.entries(problems).into_iter().filter_map(|(name, node)| Some((name, each(node, problems)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with these settings, as `path: summary`.
    fn check(json: &str, expected: &[&str]) {
        let outcome = read(json, |node, problems| {
            let record = node.record(&["name", "flag", "way", "wait"], problems)?;
            let name = record.need_text("name", problems);
            record.flag("flag", problems);
            record.get("way").and_then(|node| node.word(&[("up", 1), ("down", 2)], problems));
            record.get("wait").and_then(|node| node.time(problems));
            Some(name)
        });
        let show = |problem: Diagnostic| format!("{}: {}", problem.path.unwrap_or_default(), problem.summary);
        let problems: Vec<String> = outcome.err().unwrap_or_default().into_iter().map(show).collect();
        assert_eq!(problems, expected, "{json}");
    }

    #[test]
    fn all_problems_come_at_once() {
        check(r#"{"name": "x", "flag": true, "way": "up", "wait": "5m"}"#, &[]);
        check("7", &[": must be a table"]);
        check(
            r#"{"a/b~": 1, "name": "", "flag": 1, "way": "left", "wait": "5"}"#,
            &[
                "/a~1b~0: unknown key; known are name, flag, way, wait",
                "/name: must be text that is not empty",
                "/flag: must be true or false",
                "/way: must be one of up, down",
                "/wait: must be a time of a day at most, such as \"500ms\", \"30s\", \"5m\" or \"1h\"",
            ],
        );
        check("{}", &[": `name` is missing"]);
    }

    #[test]
    fn times_have_a_unit_and_fit() {
        let read = |text: &str, expected: Option<u64>| assert_eq!(milliseconds(text), expected, "{text}");
        read("500ms", Some(500));
        read("30s", Some(30_000));
        read("5m", Some(300_000));
        read("1h", Some(3_600_000));
        for text in ["", "5", "s", "-1s", "1.5s", "5d", "99999999999999999999s", "18446744073709551615h"] {
            read(text, None);
        }
    }
}
