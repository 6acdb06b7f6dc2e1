//! Values without what they say: their shape, for a screen that anybody may see.

use patchbay_capability::sql::{ColumnInfo, Value};

use crate::content;
use crate::database::Samples;
use crate::names::is_unprintable;
use crate::vocabulary;

/// Longest shape, in characters.
const MAX_SHAPE: usize = 32;
/// Most values of a column that are a code and not data.
const MAX_CODES: usize = 8;
/// Longest code whatever the column is called, in characters.
const SHORT_CODE: usize = 3;
/// Longest code in a column whose name promises one.
const LONG_CODE: usize = 16;

/// The shape of a value: `Anna Schmidt` is `Xxxx Xxxxxxx`, an address `x@x.xx`, a hash the
/// name of its scheme. Letters of any script become `x`, digits `9`.
pub(crate) fn mask(value: &Value) -> String {
    let text = plain(value);
    if matches!(value, Value::Null | Value::Boolean(_) | Value::Bytes(_)) {
        return text;
    }
    // Padding says nothing.
    let text = text.trim_end();
    if let Some(form) = content::stored_form(text) {
        return format!("({form})");
    }
    if content::is_mail(text) {
        return "x@x.xx".to_owned();
    }
    shorten(text.chars().map(|c| match c {
        c if c.is_numeric() => '9',
        c if c.is_uppercase() => 'X',
        c if c.is_alphabetic() => 'x',
        ' ' | '-' | '_' | '.' | ',' | ':' | ';' | '/' | '+' | '@' | '(' | ')' | '#' | '{' | '}' | '$' => c,
        _ => '?',
    }))
}

/// The shape of a text, as [`samples`] shows it; with `clear`, the text on one line.
pub fn masked(text: &str, clear: bool) -> String {
    let value = Value::Text(text.to_owned());
    if clear { show(&value) } else { mask(&value) }
}

/// A value in clear on one line, shortened.
pub(crate) fn show(value: &Value) -> String {
    shorten(plain(value).trim_end().chars().map(|c| if is_unprintable(c) { '?' } else { c }))
}

/// The values of a column as they may be shown: codes in clear where the column is one of
/// few short ones, all else as shapes, each once; `limit` of them at most. With `clear`,
/// all as they are.
pub fn samples(column: &ColumnInfo, samples: &Samples, limit: usize, clear: bool) -> Vec<String> {
    let codes = is_code(column, samples);
    let mut shown: Vec<String> = Vec::new();
    for (value, _) in samples.values() {
        let text = if clear || codes { show(value) } else { mask(value) };
        if !shown.contains(&text) {
            shown.push(text);
        }
        if shown.len() == limit {
            break;
        }
    }
    shown
}

/// Whether a column has few short values that come again and again, as a status has:
/// nobody's data, and what one has to see to map it.
pub(crate) fn is_code(column: &ColumnInfo, samples: &Samples) -> bool {
    if samples.distinct() == 0 || samples.distinct() > MAX_CODES || samples.distinct() * 3 > samples.filled() {
        return false;
    }
    if vocabulary::is_personal(&column.name) {
        return false;
    }
    let longest = if vocabulary::is_code(&column.name) { LONG_CODE } else { SHORT_CODE };
    samples.values().iter().all(|(value, _)| match value {
        Value::Boolean(_) => true,
        Value::Integer(number) => (-99..=99).contains(number),
        Value::Text(text) | Value::Other(text) => {
            let text = text.trim_end();
            text.chars().count() <= longest && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
        }
        _ => false,
    })
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Decimal(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::Timestamp(text)
        | Value::Json(text)
        | Value::Other(text) => text.clone(),
        Value::Bytes(bytes) => format!("({} bytes)", bytes.len()),
        Value::Uuid(high, low) => format!("{high:016x}{low:016x}"),
    }
}

fn shorten(mut chars: impl Iterator<Item = char>) -> String {
    let mut text: String = chars.by_ref().take(MAX_SHAPE).collect();
    if chars.next().is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use patchbay_capability::sql::{ColumnKind, Generation};

    use super::*;

    #[test]
    fn shapes_say_nothing() {
        let check = |text: &str, expected: &str| assert_eq!(mask(&Value::Text(text.into())), expected, "{text}");
        check("Anna Schmidt", "Xxxx Xxxxxxx");
        check("anna.schmidt@corp.example", "x@x.xx");
        check("+45 70 10", "+99 99 99");
        check("Zoë\n漢", "Xxx?x");
        check("$2y$12$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcdef", "(bcrypt)");
        check("5f4dcc3b5aa765d61d8327deb882cf99", "(32 hexadecimal digits)");
        assert_eq!(mask(&Value::Integer(-120)), "-999");
        assert_eq!(mask(&Value::Date("2026-11-22".into())), "9999-99-99");
        assert_eq!(mask(&Value::Bytes(vec![1, 2])), "(2 bytes)");
        assert_eq!(mask(&Value::Text("x".repeat(100))).chars().count(), MAX_SHAPE + 1);
        assert_eq!(show(&Value::Text("a\u{1b}[31m\u{202e}b".into())), "a?[31m?b");
    }

    #[track_caller]
    fn check(name: &str, values: &[(&str, usize)], expected: &[&str]) {
        let column = ColumnInfo {
            name: name.to_owned(),
            type_name: "text".to_owned(),
            kind: ColumnKind::Text,
            nullable: true,
            generation: Generation::None,
            max_length: None,
            padded: false,
            case_sensitive: true,
        };
        let mut seen = Samples::default();
        for (value, times) in values {
            for _ in 0..*times {
                seen.add(Value::Text((*value).to_owned()));
            }
        }
        assert_eq!(samples(&column, &seen, 4, false), expected, "{name}");
    }

    #[test]
    fn codes_are_shown_and_data_is_not() {
        check("x", &[("A", 5), ("D", 1)], &["A", "D"]);
        check("x", &[("A", 1), ("D", 1)], &["X"]);
        check("status", &[("active", 9), ("left", 1)], &["active", "left"]);
        check("x", &[("active", 9), ("left", 1)], &["xxxxxx", "xxxx"]);
        check("last_name", &[("Li", 9), ("Wu", 9)], &["Xx"]);
        check("vorname", &[("Li", 9), ("Wu", 9)], &["Xx"]);
    }
}
