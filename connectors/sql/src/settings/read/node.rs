//! What settings of SQL hold beside texts and truth values.

use patchbay_connector::settings::{Node, Problems, Record};
use serde_json::Value;

use super::super::{Constant, Kind};

/// Values that only settings of SQL have.
pub(super) trait SqlNode: Sized {
    /// A table name: `person` or `hr.person`.
    fn table(self, problems: &mut Problems) -> Option<Vec<String>> {
        self.qualified("a table's name", problems)
    }

    /// The name of `what`, with its schema or without; a part with a dot in it is in double
    /// quotes.
    fn qualified(self, what: &str, problems: &mut Problems) -> Option<Vec<String>>;

    /// A type of values.
    fn kind(self, problems: &mut Problems) -> Option<Kind>;

    /// A value that is written as it stands.
    fn constant(self, problems: &mut Problems) -> Option<Constant>;
}

impl SqlNode for Node<'_> {
    fn qualified(self, what: &str, problems: &mut Problems) -> Option<Vec<String>> {
        let path = self.path.clone();
        let parts = split_name(&self.text(problems)?).unwrap_or_default();
        if parts.is_empty() || parts.iter().any(String::is_empty) {
            problems.add(&path, format!("must be {what}, with its schema before a dot where needed"));
            return None;
        }
        Some(parts)
    }

    fn kind(self, problems: &mut Problems) -> Option<Kind> {
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

    fn constant(self, problems: &mut Problems) -> Option<Constant> {
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

/// The same for tables of them.
pub(super) trait SqlRecord {
    /// The `table` that has to be there.
    fn need_table(&self, problems: &mut Problems) -> Vec<String>;

    /// Constants by column.
    fn constants(&self, name: &str, problems: &mut Problems) -> Vec<(String, Constant)>;
}

impl SqlRecord for Record<'_> {
    fn need_table(&self, problems: &mut Problems) -> Vec<String> {
        self.need("table", problems).and_then(|node| node.table(problems)).unwrap_or_default()
    }

    fn constants(&self, name: &str, problems: &mut Problems) -> Vec<(String, Constant)> {
        let Some(node) = self.get(name) else { return Vec::new() };
        node.entries(problems)
            .into_iter()
            .filter_map(|(column, node)| Some((column, node.constant(problems)?)))
            .collect()
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
