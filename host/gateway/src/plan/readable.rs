//! A native filter as text for people. Nothing reads it back.

use patchbay_contract::{Comparator, Filter, FilterNode, Value};

/// The filter in words and signs: `login = "ada" and not (title is present)`.
pub(crate) fn readable(filter: &Filter) -> String {
    // Children stand before their parents.
    let mut texts: Vec<(String, bool)> = Vec::with_capacity(filter.nodes().len());
    for node in filter.nodes() {
        let grouped = |index: &u32| match texts.get(*index as usize) {
            Some((text, true)) => format!("({text})"),
            Some((text, false)) => text.clone(),
            None => String::new(),
        };
        let join = |parts: &[u32], word: &str, empty: &str| match parts {
            [] => (empty.to_owned(), false),
            parts => (parts.iter().map(grouped).collect::<Vec<_>>().join(word), parts.len() > 1),
        };
        let text = match node {
            FilterNode::And(parts) => join(parts, " and ", "all objects"),
            FilterNode::Or(parts) => join(parts, " or ", "no object"),
            FilterNode::Not(part) => {
                let inner = texts.get(*part as usize).map_or("", |(text, _)| text.as_str());
                (format!("not ({inner})"), false)
            }
            FilterNode::Present(name) => (format!("{name} is present"), false),
            FilterNode::Uid(uid) => (format!("key = {}", quoted(uid)), false),
            FilterNode::Compare(comparison) => {
                let value = value(&comparison.value);
                (format!("{} {} {value}", comparison.attribute, sign(comparison.operator)), false)
            }
        };
        texts.push(text);
    }
    texts.pop().map(|(text, _)| text).unwrap_or_default()
}

fn sign(operator: Comparator) -> &'static str {
    match operator {
        Comparator::Equal => "=",
        Comparator::NotEqual => "!=",
        Comparator::Contains => "contains",
        Comparator::StartsWith => "starts with",
        Comparator::EndsWith => "ends with",
        Comparator::Greater => ">",
        Comparator::GreaterOrEqual => ">=",
        Comparator::Less => "<",
        Comparator::LessOrEqual => "<=",
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::Text(text) | Value::Json(text) => quoted(text),
        Value::Boolean(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(text) | Value::Timestamp(text) => text.clone(),
        Value::Reference(uid) => format!("the object {}", quoted(uid)),
        Value::Binary(bytes) => format!("{} bytes", bytes.len()),
        Value::Secret(_) => "***".to_owned(),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
