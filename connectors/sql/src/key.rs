//! The uid: made from the key and from nothing else, so that it survives restarts and
//! rebuilds.
//!
//! One part is its text form; several are joined by `~`. Integers are in canonical
//! decimal, UUIDs in lower case, text is percent-encoded where it has to be. Reading is
//! strict: what would not be written so is no uid of this class.

use std::fmt::Write as _;

use patchbay_connector::sql::Value;

use crate::plan::KeyPart;
use crate::value::decimal;

/// Longest uid, in bytes, as the contract has it.
pub const MAX_LENGTH: usize = 512;

/// Writes the uid of an object with these key values; none where a value cannot be part
/// of a key (NULL, or a type that the catalogue did not announce).
pub fn encode(parts: &[KeyPart], values: &[Value]) -> Option<String> {
    if parts.len() != values.len() || parts.is_empty() {
        return None;
    }
    let mut uid = String::new();
    for (index, (part, value)) in parts.iter().zip(values).enumerate() {
        if index > 0 {
            uid.push('~');
        }
        match (part, value) {
            // Writing to a String cannot fail.
            (KeyPart::Integer { .. } | KeyPart::Decimal, Value::Integer(number)) => _ = write!(uid, "{number}"),
            (KeyPart::Decimal, Value::Decimal(text)) => uid.push_str(&decimal::canonical(text)?),
            (KeyPart::Decimal, Value::Float(number)) => uid.push_str(&decimal::canonical(&number.to_string())?),
            (KeyPart::Uuid, Value::Uuid((high, low))) => uid.push_str(&uuid_text(*high, *low)),
            (KeyPart::Uuid, Value::Text(text)) => {
                let (high, low) = parse_uuid(text)?;
                uid.push_str(&uuid_text(high, low));
            }
            (KeyPart::Text { trim }, Value::Text(text) | Value::Other(text)) => {
                escape(if *trim { text.trim_end_matches(' ') } else { text }, &mut uid);
            }
            // A column without a strict type may hold a number where others hold text.
            (KeyPart::Text { .. }, Value::Integer(number)) => _ = write!(uid, "{number}"),
            // Where settings declare the columns, or a procedure gives them.
            (KeyPart::Text { .. }, Value::Uuid((high, low))) => uid.push_str(&uuid_text(*high, *low)),
            (KeyPart::Integer { .. }, Value::Decimal(text)) => {
                _ = write!(uid, "{}", decimal::integer(&decimal::canonical(text)?).ok()?);
            }
            _ => return None,
        }
    }
    // As a path segment these would mean something else.
    match uid.as_str() {
        "." => Some("%2E".to_owned()),
        ".." => Some("%2E%2E".to_owned()),
        _ => Some(uid),
    }
}

/// Reads a uid; none where no object of the class can have it.
pub fn decode(parts: &[KeyPart], uid: &str) -> Option<Vec<Value>> {
    if uid.is_empty() || uid.len() > MAX_LENGTH {
        return None;
    }
    let texts: Vec<&str> = uid.split('~').collect();
    if texts.len() != parts.len() {
        return None;
    }
    let values = parts
        .iter()
        .zip(&texts)
        .map(|(part, text)| match part {
            KeyPart::Integer { bits } => {
                let number: i64 = text.parse().ok()?;
                fits(number, *bits).then_some(Value::Integer(number))
            }
            KeyPart::Decimal => Some(Value::Decimal(decimal::canonical(text)?)),
            KeyPart::Uuid => parse_uuid(text).map(Value::Uuid),
            KeyPart::Text { .. } => unescape(text).map(Value::Text),
        })
        .collect::<Option<Vec<Value>>>()?;
    // Canonical means: written again, it is the same. That covers `007`, `+7`, upper-case
    // escapes and whatever else reads alike.
    (encode(parts, &values).as_deref() == Some(uid)).then_some(values)
}

/// Whether an integer column of so many bits can hold `number`.
pub fn fits(number: i64, bits: u8) -> bool {
    match bits {
        16 => i16::try_from(number).is_ok(),
        32 => i32::try_from(number).is_ok(),
        _ => true,
    }
}

/// A UUID as text, in lower case.
pub fn uuid_text(high: u64, low: u64) -> String {
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// Reads a UUID in the usual form with hyphens, in any case.
pub fn parse_uuid(text: &str) -> Option<(u64, u64)> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return None;
    }
    let mut number = 0_u128;
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        number = number << 4 | u128::from(char::from(*byte).to_digit(16)?);
    }
    // The halves of 128 bits fit into 64 each.
    Some(((number >> 64) as u64, number as u64))
}

/// Escapes what separates parts, what has a meaning in a URL's path, and what cannot be
/// seen. The empty text is a lone `%`, as a uid must not be empty.
fn escape(text: &str, uid: &mut String) {
    if text.is_empty() {
        uid.push('%');
    }
    for c in text.chars() {
        if matches!(c, '%' | '~' | '/' | '\\') || is_unprintable(c) {
            let mut buffer = [0; 4];
            for byte in c.encode_utf8(&mut buffer).bytes() {
                // Writing to a String cannot fail.
                _ = write!(uid, "%{byte:02X}");
            }
        } else {
            uid.push(c);
        }
    }
}

/// Control characters and the ones that reorder or hide text, which no uid may have.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Undoes [`escape`]; [`decode`] checks that the text was canonical.
fn unescape(text: &str) -> Option<String> {
    if text == "%" {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let (digits, tail) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = tail;
    }
    let text = String::from_utf8(bytes).ok()?;
    // No database stores it, and PostgreSQL answers with an error.
    (!text.contains('\0')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INT: KeyPart = KeyPart::Integer { bits: 32 };
    const TEXT: KeyPart = KeyPart::Text { trim: true };

    /// The uid of `values`, which reads back as them.
    fn check(parts: &[KeyPart], values: &[Value], uid: &str) {
        assert_eq!(encode(parts, values).as_deref(), Some(uid));
        assert_eq!(decode(parts, uid).as_deref(), Some(values), "{uid}");
    }

    fn check_refused(parts: &[KeyPart], uids: &[&str]) {
        for uid in uids {
            assert_eq!(decode(parts, uid), None, "{uid:?}");
        }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn integers_are_canonical_and_in_range() {
        check(&[INT], &[Value::Integer(7)], "7");
        check(&[INT], &[Value::Integer(-7)], "-7");
        check(&[KeyPart::Integer { bits: 64 }], &[Value::Integer(i64::MIN)], "-9223372036854775808");
        check_refused(
            &[INT],
            &["", "007", "+7", "-0", " 7", "7 ", "7.0", "2147483648", "x", "7~8", "9999999999999999999"],
        );
    }

    #[test]
    fn decimals_and_uuids_are_canonical() {
        check(&[KeyPart::Decimal], &[Value::Decimal("12.5".into())], "12.5");
        assert_eq!(encode(&[KeyPart::Decimal], &[Value::Decimal("12.50".into())]).as_deref(), Some("12.5"));
        check_refused(&[KeyPart::Decimal], &["12.50", "012", "1e3", ".5", "NaN"]);
        let uuid = Value::Uuid((0x0011_2233_4455_6677, 0x8899_aabb_ccdd_eeff));
        check(&[KeyPart::Uuid], &[uuid], "00112233-4455-6677-8899-aabbccddeeff");
        check_refused(&[KeyPart::Uuid], &["00112233-4455-6677-8899-AABBCCDDEEFF", "00112233445566778899aabbccddeeff"]);
    }

    #[test]
    fn text_is_escaped_where_it_has_to_be() {
        check(&[TEXT], &[text("jane.doe@x.org")], "jane.doe@x.org");
        check(&[TEXT], &[text("a b/ü~%\n")], "a b%2Fü%7E%25%0A");
        check(&[TEXT], &[text("")], "%");
        check(&[TEXT], &[text(".")], "%2E");
        check(&[TEXT], &[text("..")], "%2E%2E");
        assert_eq!(encode(&[TEXT], &[text("ab   ")]).as_deref(), Some("ab"));
        check_refused(&[TEXT], &[".", "%2f", "%41", "%2", "%zz", "%00", "a%", "%FF", "ab "]);
    }

    #[test]
    fn several_parts_are_joined() {
        check(&[TEXT, INT], &[text("a~b"), Value::Integer(3)], "a%7Eb~3");
        check(&[TEXT, INT], &[text(""), Value::Integer(3)], "%~3");
        check_refused(&[TEXT, INT], &["a", "a~3~4", "~3", "a~", "3~a"]);
    }

    #[test]
    fn null_is_no_key() {
        assert_eq!(encode(&[INT], &[Value::Null]), None);
        assert_eq!(encode(&[INT], &[]), None);
    }

    #[test]
    fn a_long_uid_is_refused_at_once() {
        check_refused(&[TEXT], &[&"a".repeat(MAX_LENGTH + 1)]);
    }
}
