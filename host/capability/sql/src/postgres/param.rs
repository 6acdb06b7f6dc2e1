//! Parameters: values as text, whatever type the server infers for their place.
//!
//! The text form is what a person would type, so an enum, a `numeric`, a `citext` or a
//! type of an extension takes a value without the host knowing the type. Only bytes go
//! over in binary.

use std::borrow::Cow;
use std::error::Error as StdError;

use bytes::BytesMut;
use patchbay_capability::sql::Value;
use tokio_postgres::types::{Format, IsNull, Kind, ToSql, Type};

use crate::temporal::Moment;
use crate::uuid::hyphenated;

/// A parameter on its way to the server.
pub(super) struct Param<'a>(pub(super) &'a Value);

impl std::fmt::Debug for Param<'_> {
    /// Shows nothing: the driver would log it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// A value that cannot be a parameter of the type the server wants there.
#[derive(Debug, thiserror::Error)]
#[error("{what} does not fit type {wanted}")]
pub(super) struct Unfit {
    what: &'static str,
    wanted: String,
}

impl ToSql for Param<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (self.0, base(ty)) {
            (Value::Null, _) => return Ok(IsNull::Yes),
            (Value::Bytes(bytes), &Type::BYTEA) => out.extend_from_slice(bytes),
            (Value::Text(text), &Type::BYTEA) => out.extend_from_slice(text.as_bytes()),
            (value, base) => {
                let unfit = |what| Unfit { what, wanted: ty.name().to_owned() };
                let text = as_text(value, base).map_err(unfit)?;
                if text.contains('\0') {
                    return Err(unfit("text with a NUL character").into());
                }
                out.extend_from_slice(text.as_bytes());
            }
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, ty: &Type) -> Format {
        match (self.0, base(ty)) {
            (Value::Bytes(_) | Value::Text(_), &Type::BYTEA) => Format::Binary,
            _ => Format::Text,
        }
    }

    fn to_sql_checked(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.to_sql(ty, out)
    }
}

/// The type below a domain.
fn base(ty: &Type) -> &Type {
    match ty.kind() {
        Kind::Domain(inner) => base(inner),
        _ => ty,
    }
}

fn is_integer(ty: &Type) -> bool {
    matches!(*ty, Type::INT2 | Type::INT4 | Type::INT8 | Type::OID)
}

fn as_text<'a>(value: &'a Value, ty: &Type) -> Result<Cow<'a, str>, &'static str> {
    Ok(match value {
        Value::Null => Cow::Borrowed(""),
        Value::Boolean(truth) if is_integer(ty) || *ty == Type::NUMERIC => if *truth { "1" } else { "0" }.into(),
        Value::Boolean(truth) => if *truth { "true" } else { "false" }.into(),
        Value::Integer(0) if *ty == Type::BOOL => "false".into(),
        Value::Integer(1) if *ty == Type::BOOL => "true".into(),
        Value::Integer(_) if *ty == Type::BOOL => return Err("a number other than 0 and 1"),
        Value::Integer(number) => number.to_string().into(),
        Value::Float(number) if is_integer(ty) && number.fract() != 0.0 => return Err("a number with a fraction"),
        Value::Float(number) => number.to_string().into(),
        Value::Bytes(_) => return Err("a string of bytes"),
        Value::Uuid(high, low) => hyphenated(*high, *low).into(),
        // PostgreSQL would leave the offset out of account here, and store another time.
        Value::Timestamp(text) if *ty == Type::TIMESTAMP || *ty == Type::DATE => {
            let moment = Moment::parse(text).ok_or("a malformed date-time")?.utc();
            if *ty == Type::DATE { moment.date().to_string() } else { moment.to_string() }.into()
        }
        Value::Json(text) => match ty.kind() {
            Kind::Array(_) => array(text)?.into(),
            _ => text.as_str().into(),
        },
        Value::Text(text)
        | Value::Decimal(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::Timestamp(text)
        | Value::Other(text) => text.as_str().into(),
    })
}

/// A JSON array of plain values as an array literal.
fn array(json: &str) -> Result<String, &'static str> {
    const NO_ARRAY: &str = "JSON other than an array of plain values";
    let parsed: Vec<serde_json::Value> = serde_json::from_str(json).map_err(|_| NO_ARRAY)?;
    let mut text = String::from("{");
    for (index, element) in parsed.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        match element {
            serde_json::Value::Null => text.push_str("NULL"),
            serde_json::Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
            serde_json::Value::Number(number) => text.push_str(&number.to_string()),
            serde_json::Value::String(string) => {
                text.push('"');
                for c in string.chars() {
                    if matches!(c, '"' | '\\') {
                        text.push('\\');
                    }
                    text.push(c);
                }
                text.push('"');
            }
            serde_json::Value::Array(_) | serde_json::Value::Object(_) => return Err(NO_ARRAY),
        }
    }
    text.push('}');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Value, ty: &Type, expected: Result<&str, &str>) {
        let mut out = BytesMut::new();
        let actual = match Param(&value).to_sql(ty, &mut out) {
            Ok(_) => Ok(String::from_utf8_lossy(&out).into_owned()),
            Err(error) => Err(error.to_string()),
        };
        assert_eq!(actual, expected.map(str::to_owned).map_err(str::to_owned), "{value:?} as {ty}");
    }

    #[test]
    fn values_fit_the_inferred_type() {
        check(Value::Boolean(true), &Type::BOOL, Ok("true"));
        check(Value::Boolean(true), &Type::INT4, Ok("1"));
        check(Value::Integer(0), &Type::BOOL, Ok("false"));
        check(Value::Integer(2), &Type::BOOL, Err("a number other than 0 and 1 does not fit type bool"));
        check(Value::Float(2.5), &Type::INT4, Err("a number with a fraction does not fit type int4"));
        check(Value::Float(2.0), &Type::INT4, Ok("2"));
        check(Value::Text("a\0b".into()), &Type::TEXT, Err("text with a NUL character does not fit type text"));
        check(Value::Bytes(vec![0x41, 0x42]), &Type::BYTEA, Ok("AB"));
        check(Value::Bytes(vec![1]), &Type::TEXT, Err("a string of bytes does not fit type text"));
        check(Value::Timestamp("2026-01-31T00:30:00+01:00".into()), &Type::TIMESTAMP, Ok("2026-01-30T23:30:00"));
        check(Value::Timestamp("2026-01-31T00:30:00+01:00".into()), &Type::DATE, Ok("2026-01-30"));
        check(
            Value::Timestamp("2026-01-31T00:30:00+01:00".into()),
            &Type::TIMESTAMPTZ,
            Ok("2026-01-31T00:30:00+01:00"),
        );
        check(Value::Uuid(1, 2), &Type::UUID, Ok("00000000-0000-0001-0000-000000000002"));
        check(Value::Json(r#"["a\"b\\", null, 1]"#.into()), &Type::TEXT_ARRAY, Ok(r#"{"a\"b\\",NULL,1}"#));
        check(
            Value::Json(r#"{"a":1}"#.into()),
            &Type::TEXT_ARRAY,
            Err("JSON other than an array of plain values does not fit type _text"),
        );
        check(Value::Json(r#"{"a":1}"#.into()), &Type::JSONB, Ok(r#"{"a":1}"#));
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", Param(&Value::Text("secret".into()))), "***");
    }
}
