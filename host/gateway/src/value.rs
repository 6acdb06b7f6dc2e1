//! One SCIM value to one native value and back.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, STANDARD_NO_PAD};
use patchbay_contract::{Value, ValueType};
use patchbay_scim::schema::Type;
use patchbay_scim::{ScimError, instant};
use serde_json::{Number, Value as Json};

use crate::config::NativeScalar;

/// SCIM value (as text) to native value, in the order of the configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct ValueMap {
    pairs: Vec<(String, NativeScalar)>,
    /// Whether the target takes `a` for `A`, and so means the same value by both.
    ignores_case: bool,
}

impl ValueMap {
    /// Of these pairs, for a target that tells upper from lower case.
    pub(crate) fn new(pairs: Vec<(String, NativeScalar)>) -> Self {
        Self { pairs, ignores_case: false }
    }

    /// For a target that does not tell upper from lower case.
    pub(crate) fn ignore_case(&mut self) {
        self.ignores_case = true;
    }

    /// SCIM value and native value.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &NativeScalar)> {
        self.pairs.iter().map(|(scim, native)| (scim.as_str(), native))
    }

    fn scim(&self, native: &Value) -> Option<&str> {
        self.pairs().find(|(_, n)| scalar_equals(n, native, self.ignores_case)).map(|(scim, _)| scim)
    }

    fn native(&self, scim: &str) -> Option<&NativeScalar> {
        let exact = self.pairs().find(|(s, _)| *s == scim);
        exact.or_else(|| self.pairs().find(|(s, _)| s.eq_ignore_ascii_case(scim))).map(|(_, native)| native)
    }

    /// The SCIM side, for canonicalValues and for messages.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.pairs().map(|(scim, _)| scim)
    }
}

fn scalar_equals(scalar: &NativeScalar, value: &Value, ignores_case: bool) -> bool {
    match (scalar, value) {
        (NativeScalar::Boolean(a), Value::Boolean(b)) => a == b,
        (NativeScalar::Integer(a), Value::Integer(b)) => a == b,
        // CHAR(n) columns come back padded.
        (NativeScalar::Text(a), Value::Text(b) | Value::Reference(b) | Value::Decimal(b)) => {
            let b = b.trim_end_matches(' ');
            a == b || ignores_case && a.to_lowercase() == b.to_lowercase()
        }
        (NativeScalar::Integer(a), Value::Text(b) | Value::Decimal(b)) => b.trim().parse() == Ok(*a),
        (NativeScalar::Boolean(a), Value::Integer(b)) => i64::from(*a) == *b,
        _ => false,
    }
}

/// A configured value as JSON.
pub(crate) fn scalar_json(scalar: &NativeScalar) -> Json {
    match scalar {
        NativeScalar::Boolean(b) => Json::Bool(*b),
        NativeScalar::Integer(i) => Json::from(*i),
        NativeScalar::Text(t) => Json::String(t.clone()),
    }
}

/// Native to SCIM, for an attribute of SCIM type `kind`. None where the value has no
/// SCIM form there: not in the value map, or not of the type.
pub(crate) fn to_scim(value: &Value, kind: Type, map: Option<&ValueMap>) -> Option<Json> {
    if let Some(map) = map {
        return from_text(map.scim(value)?, kind);
    }
    match (kind, value) {
        (_, Value::Text(s) | Value::Timestamp(s) | Value::Reference(s) | Value::Decimal(s)) => from_text(s, kind),
        (Type::Boolean, Value::Boolean(b)) => Some(Json::Bool(*b)),
        (Type::Boolean, Value::Integer(i)) => Some(Json::Bool(*i != 0)),
        (Type::Integer | Type::Decimal, Value::Integer(i)) => Some(Json::from(*i)),
        (_, Value::Integer(i)) => Some(Json::String(i.to_string())),
        (_, Value::Boolean(b)) => Some(Json::String(b.to_string())),
        (_, Value::Binary(b)) => Some(Json::String(BASE64.encode(b))),
        (Type::Complex, Value::Json(text)) => serde_json::from_str(text).ok(),
        (_, Value::Json(text)) => Some(Json::String(text.clone())),
        (_, Value::Secret(_)) => None,
    }
}

fn from_text(text: &str, kind: Type) -> Option<Json> {
    match kind {
        Type::Boolean => match text.trim() {
            t if t.eq_ignore_ascii_case("true") || t == "1" => Some(Json::Bool(true)),
            t if t.eq_ignore_ascii_case("false") || t == "0" => Some(Json::Bool(false)),
            _ => None,
        },
        Type::Integer => text.trim().parse::<i64>().ok().map(Json::from),
        Type::Decimal => number(text.trim()).map(Json::Number),
        _ => Some(Json::String(text.to_owned())),
    }
}

/// From here on doubles leave whole numbers out.
const WHOLE: f64 = 9_007_199_254_740_992.0;
/// Digits that a double keeps of any decimal number.
const SAFE_DIGITS: usize = 15;

/// A decimal as a number of JSON: a double, which is what parsers make of it, but for large
/// whole numbers, which are shown exactly. Of others the nearest double is shown.
fn number(text: &str) -> Option<Number> {
    let double = text.parse::<f64>().ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_whole = fraction.bytes().all(|digit| digit == b'0');
    let exact = || whole.parse::<i64>().map(Number::from).or_else(|_| whole.parse::<u64>().map(Number::from)).ok();
    let exact = (is_whole && double.abs() >= WHOLE).then(exact).flatten();
    exact.or_else(|| Number::from_f64(double))
}

/// Whether a number is the one that the client wrote. One with a fraction or an exponent has
/// been a double on its way, and may have lost digits.
fn is_exact(number: &Number) -> bool {
    if number.is_i64() || number.is_u64() {
        return true;
    }
    number.as_f64().is_some_and(|double| {
        let plain = double.abs().to_string();
        let digits = plain.trim_start_matches(['0', '.']).bytes().filter(u8::is_ascii_digit).count();
        digits <= SAFE_DIGITS
    })
}

/// SCIM to native, for a native attribute of type `kind`.
///
/// # Errors
/// invalidValue naming `path` (the SCIM attribute); never the value itself.
pub(crate) fn to_native(json: &Json, kind: ValueType, map: Option<&ValueMap>, path: &str) -> Result<Value, ScimError> {
    if let Some(map) = map {
        let key = text_of(json).ok_or_else(|| not_a(path, "a plain value"))?;
        let scalar = map.native(&key).ok_or_else(|| {
            let allowed = map.keys().collect::<Vec<_>>().join(", ");
            ScimError::invalid_value(format!("{path}: the value is not one of {allowed}"))
        })?;
        return to_native(&scalar_json(scalar), kind, None, path);
    }
    match kind {
        ValueType::Text => text_of(json).map(Value::Text).ok_or_else(|| not_a(path, "a string")),
        ValueType::Reference => text_of(json).map(Value::Reference).ok_or_else(|| not_a(path, "the id of a resource")),
        ValueType::Boolean => boolean(json).map(Value::Boolean).ok_or_else(|| not_a(path, "a boolean")),
        ValueType::Integer => integer(json).map(Value::Integer).ok_or_else(|| not_a(path, "an integer")),
        ValueType::Decimal if json.as_number().is_some_and(|number| !is_exact(number)) => {
            let why = format!("has more digits than a JSON number keeps for certain, which is {SAFE_DIGITS}");
            Err(ScimError::invalid_value(format!("{path}: the value {why}")))
        }
        ValueType::Decimal => decimal(json).map(Value::Decimal).ok_or_else(|| not_a(path, "a decimal number")),
        ValueType::Timestamp => timestamp(json).map(Value::Timestamp).ok_or_else(|| not_a(path, "a dateTime")),
        ValueType::Binary => {
            json.as_str().and_then(bytes).map(Value::Binary).ok_or_else(|| not_a(path, "base64-encoded binary"))
        }
        ValueType::Json => Ok(Value::Json(json.to_string())),
    }
}

fn not_a(path: &str, what: &str) -> ScimError {
    ScimError::invalid_value(format!("{path}: the value is not {what}"))
}

fn text_of(json: &Json) -> Option<String> {
    match json {
        Json::String(s) => Some(s.clone()),
        Json::Bool(b) => Some(b.to_string()),
        Json::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// The bytes of Base64 in either alphabet, padded or not.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let plain: String = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    STANDARD_NO_PAD.decode(plain).ok()
}

fn boolean(json: &Json) -> Option<bool> {
    match json {
        Json::Bool(b) => Some(*b),
        Json::String(s) if s.eq_ignore_ascii_case("true") => Some(true),
        Json::String(s) if s.eq_ignore_ascii_case("false") => Some(false),
        Json::Number(n) => match n.as_i64()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
        _ => None,
    }
}

fn integer(json: &Json) -> Option<i64> {
    match json {
        Json::Number(n) => n.as_i64(),
        Json::Bool(b) => Some(i64::from(*b)),
        Json::String(s) => s.parse().ok(),
        _ => None,
    }
}

fn decimal(json: &Json) -> Option<String> {
    let text = match json {
        // A double's own form has no exponent.
        Json::Number(n) if n.is_f64() => n.as_f64()?.to_string(),
        Json::Number(n) => n.to_string(),
        Json::String(s) => s.clone(),
        _ => return None,
    };
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let plain = !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && digits.chars().filter(|c| *c == '.').count() <= 1
        && digits.chars().any(|c| c.is_ascii_digit());
    plain.then_some(text)
}

fn timestamp(json: &Json) -> Option<String> {
    let text = json.as_str()?;
    instant(text)?;
    // An xsd:dateTime without an offset is in UTC here, as it is in filters.
    let in_utc = format!("{text}Z");
    Some(if instant(&in_utc).is_some() { in_utc } else { text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> ValueMap {
        ValueMap::new(vec![
            ("true".into(), NativeScalar::Text("A".into())),
            ("false".into(), NativeScalar::Text("D".into())),
        ])
    }

    #[test]
    fn a_value_map_works_both_ways_and_through_padding() {
        let map = status();
        assert_eq!(to_scim(&Value::Text("A  ".into()), Type::Boolean, Some(&map)), Some(Json::Bool(true)));
        assert_eq!(to_scim(&Value::Text("X".into()), Type::Boolean, Some(&map)), None);
        let native = to_native(&Json::Bool(false), ValueType::Text, Some(&map), "active").unwrap();
        assert_eq!(native, Value::Text("D".into()));
    }

    #[test]
    fn a_value_outside_the_map_is_refused_by_name_without_showing_it() {
        let error = to_native(&Json::String("secret".into()), ValueType::Text, Some(&status()), "active").unwrap_err();
        assert_eq!(error.status, 400);
        assert!(error.detail.contains("active") && !error.detail.contains("secret"), "{}", error.detail);
    }

    #[test]
    fn decimals_are_shown_exactly_where_a_number_can() {
        let check = |native: &str, shown: &str| {
            let json = to_scim(&Value::Decimal(native.into()), Type::Decimal, None).unwrap();
            assert_eq!(json.to_string(), shown, "{native}");
        };
        check("12.50", "12.5");
        check("9", "9.0");
        check("9007199254740993", "9007199254740993");
        check("9007199254740993.0000", "9007199254740993");
        check("-9007199254740993.0", "-9007199254740993");
        check("18446744073709551615", "18446744073709551615");
        check("9007199254740993.5", "9007199254740994.0");
        let error = to_native(&serde_json::json!(1e22), ValueType::Decimal, None, "rate").unwrap_err();
        assert_eq!(error.detail, "rate: the value has more digits than a JSON number keeps for certain, which is 15");
    }

    #[test]
    fn types_follow_the_native_side() {
        let check = |json: Json, kind, want: Option<Value>| {
            assert_eq!(to_native(&json, kind, None, "x").ok(), want, "{json} as {kind:?}");
        };
        check("7".into(), ValueType::Integer, Some(Value::Integer(7)));
        check("7x".into(), ValueType::Integer, None);
        check(true.into(), ValueType::Integer, Some(Value::Integer(1)));
        check("12.50".into(), ValueType::Decimal, Some(Value::Decimal("12.50".into())));
        check("1e9".into(), ValueType::Decimal, None);
        let decimal = |text: &str| Some(Value::Decimal(text.into()));
        for (sent, taken) in [
            (serde_json::json!(12.5), decimal("12.5")),
            (serde_json::json!(9.0), decimal("9")),
            (serde_json::json!(1e3), decimal("1000")),
            (serde_json::json!(-0.000_001), decimal("-0.000001")),
            (serde_json::json!(1e-15), decimal("0.000000000000001")),
            (serde_json::json!(123_456_789_012_345.0), decimal("123456789012345")),
            (serde_json::json!(12_345_678_901.234_5), decimal("12345678901.2345")),
            (serde_json::json!(9_007_199_254_740_993_u64), decimal("9007199254740993")),
            (serde_json::json!(u64::MAX), decimal("18446744073709551615")),
            // As 9007199254740993.5 and 12345678901234567.89 arrive.
            (serde_json::json!(9_007_199_254_740_994.0), None),
            (serde_json::json!(4_503_599_627_370_497.0), None),
            (serde_json::json!(12_345_678_901_234_568.0), None),
            (serde_json::json!(1_234.567_890_123_456_7), None),
            (serde_json::json!(1e22), None),
        ] {
            check(sent, ValueType::Decimal, taken);
        }
        check(
            "2026-01-02T03:04:05Z".into(),
            ValueType::Timestamp,
            Some(Value::Timestamp("2026-01-02T03:04:05Z".into())),
        );
        check(
            "9999-12-31T23:59:59Z".into(),
            ValueType::Timestamp,
            Some(Value::Timestamp("9999-12-31T23:59:59Z".into())),
        );
        check("yesterday".into(), ValueType::Timestamp, None);
        check(
            "2026-01-02T03:04:05".into(),
            ValueType::Timestamp,
            Some(Value::Timestamp("2026-01-02T03:04:05Z".into())),
        );
        check("aGk=".into(), ValueType::Binary, Some(Value::Binary(b"hi".to_vec())));
        check("aGk".into(), ValueType::Binary, Some(Value::Binary(b"hi".to_vec())));
        check("-_8=".into(), ValueType::Binary, Some(Value::Binary(vec![0xfb, 0xff])));
        check(serde_json::json!({}), ValueType::Text, None);
    }
}
