//! Results: the server's binary forms to the contract's values.

mod numeric;
mod time;

use std::error::Error as StdError;

use patchbay_capability::sql::{Error, Failure, Row, Value};
use tokio_postgres::Column;
use tokio_postgres::types::{FromSql, Kind, Type};

use crate::uuid::hyphenated;

/// Most dimensions an array may have to be turned into JSON.
const MAX_DIMENSIONS: usize = 1;

/// Refuses result columns the contract has no value for, before anything is run.
pub(super) fn check_supported(columns: &[Column]) -> Result<(), Error> {
    for column in columns {
        if !supported(column.type_()) {
            return Err(Error::new(
                Failure::Unsupported,
                format!("column {} of the result has type {}, which is not supported", column.name(), column.type_()),
            ));
        }
    }
    Ok(())
}

fn supported(ty: &Type) -> bool {
    match ty.kind() {
        Kind::Domain(inner) => supported(inner),
        Kind::Array(element) => !matches!(element.kind(), Kind::Array(_)) && supported(element),
        Kind::Enum(_) => true,
        Kind::Simple => !matches!(
            *ty,
            Type::MONEY | Type::POINT | Type::BOX | Type::LINE | Type::LSEG | Type::PATH | Type::POLYGON | Type::CIRCLE
        ),
        _ => false,
    }
}

/// All values of a row.
pub(super) fn decode(row: &tokio_postgres::Row) -> Result<Row, Error> {
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        let Decoded(value) = row.try_get(index).map_err(|error| {
            let reason = error.source().map(ToString::to_string).unwrap_or_default();
            Error::new(
                Failure::Unsupported,
                format!("column {} of the result, of type {}: {reason}", column.name(), column.type_()),
            )
        })?;
        values.push(value);
    }
    Ok(values)
}

struct Decoded(Value);

impl<'a> FromSql<'a> for Decoded {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        value(ty, raw).map(Self).map_err(Into::into)
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Why a value cannot be decoded; never the value.
type Reason = &'static str;

const TORN: Reason = "the server sent a value of the wrong size";

fn value(ty: &Type, raw: &[u8]) -> Result<Value, Reason> {
    Ok(match *ty {
        Type::BOOL => Value::Boolean(raw != [0]),
        Type::INT2 => Value::Integer(i16::from_be_bytes(fixed(raw)?).into()),
        Type::INT4 => Value::Integer(i32::from_be_bytes(fixed(raw)?).into()),
        Type::INT8 => Value::Integer(i64::from_be_bytes(fixed(raw)?)),
        Type::OID | Type::XID | Type::CID => Value::Integer(u32::from_be_bytes(fixed(raw)?).into()),
        Type::FLOAT4 => Value::Float(widened(f32::from_be_bytes(fixed(raw)?))),
        Type::FLOAT8 => Value::Float(f64::from_be_bytes(fixed(raw)?)),
        Type::NUMERIC => Value::Decimal(numeric::decode(raw)?),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::XML | Type::UNKNOWN => Value::Text(text(raw)?),
        Type::CHAR => Value::Text(text(raw)?.trim_end_matches('\0').to_owned()),
        Type::BYTEA => Value::Bytes(raw.to_vec()),
        Type::DATE => time::date(i32::from_be_bytes(fixed(raw)?))?,
        Type::TIME => time::time(i64::from_be_bytes(fixed(raw)?)),
        Type::TIMETZ => time::time_with_offset(raw)?,
        Type::TIMESTAMP => time::timestamp(i64::from_be_bytes(fixed(raw)?), false)?,
        Type::TIMESTAMPTZ => time::timestamp(i64::from_be_bytes(fixed(raw)?), true)?,
        Type::INTERVAL => time::interval(raw)?,
        Type::UUID => {
            let bits = u128::from_be_bytes(fixed(raw)?);
            let low = u64::try_from(bits & u128::from(u64::MAX)).map_err(|_| TORN)?;
            Value::Uuid(u64::try_from(bits >> 64).map_err(|_| TORN)?, low)
        }
        Type::JSON => Value::Json(text(raw)?),
        Type::JSONB => match raw.split_first() {
            Some((1, json)) => Value::Json(text(json)?),
            _ => return Err("an unknown version of jsonb"),
        },
        Type::INET | Type::CIDR => Value::Other(address(ty, raw)?),
        Type::MACADDR | Type::MACADDR8 => {
            Value::Other(raw.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":"))
        }
        Type::BIT | Type::VARBIT => Value::Other(bits(raw)?),
        _ => return by_kind(ty, raw),
    })
}

/// Types that have no number known beforehand.
fn by_kind(ty: &Type, raw: &[u8]) -> Result<Value, Reason> {
    match ty.kind() {
        Kind::Domain(inner) => value(inner, raw),
        Kind::Enum(_) => Ok(Value::Text(text(raw)?)),
        Kind::Array(element) => array(element, raw).map(|array| Value::Json(array.to_string())),
        Kind::Simple if ty.name() == "citext" => Ok(Value::Text(text(raw)?)),
        Kind::Simple if matches!(ty.name(), "ltree" | "lquery") => match raw.split_first() {
            Some((1, rest)) => Ok(Value::Other(text(rest)?)),
            _ => Err("an unknown version of ltree"),
        },
        _ => std::str::from_utf8(raw)
            .ok()
            .filter(|text| !text.contains(char::is_control))
            .map(|text| Value::Other(text.to_owned()))
            .ok_or("a type without a mapping whose values are no text"),
    }
}

fn fixed<const N: usize>(raw: &[u8]) -> Result<[u8; N], Reason> {
    raw.try_into().map_err(|_| TORN)
}

fn text(raw: &[u8]) -> Result<String, Reason> {
    std::str::from_utf8(raw).map(str::to_owned).map_err(|_| "text that is not UTF-8")
}

/// The double with the same shortest decimal form: 0.1 stays 0.1.
fn widened(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| f64::from(number))
}

/// Family, bits of the netmask, whether it is a cidr, length, address.
fn address(ty: &Type, raw: &[u8]) -> Result<String, Reason> {
    let Some(([_, mask, _, _], bytes)) = raw.split_first_chunk::<4>() else { return Err(TORN) };
    let (address, full): (std::net::IpAddr, u8) =
        if let Ok(v4) = <[u8; 4]>::try_from(bytes) { (v4.into(), 32) } else { (fixed::<16>(bytes)?.into(), 128) };
    Ok(if *mask == full && *ty == Type::INET { address.to_string() } else { format!("{address}/{mask}") })
}

fn bits(raw: &[u8]) -> Result<String, Reason> {
    let Some((count, bytes)) = raw.split_first_chunk::<4>() else { return Err(TORN) };
    let count = usize::try_from(u32::from_be_bytes(*count)).map_err(|_| TORN)?;
    let digits = bytes.iter().flat_map(|byte| format!("{byte:08b}").into_bytes());
    Ok(digits.take(count).map(char::from).collect())
}

/// A one-dimensional array as JSON: dimensions, whether there are NULLs, element type,
/// then per dimension its length and lower bound, then each element with its size.
fn array(element: &Type, raw: &[u8]) -> Result<serde_json::Value, Reason> {
    let mut rest = raw;
    let dimensions = usize::try_from(i32::from_be_bytes(take(&mut rest)?)).map_err(|_| TORN)?;
    let _has_nulls: [u8; 4] = take(&mut rest)?;
    let _element_type: [u8; 4] = take(&mut rest)?;
    if dimensions == 0 {
        return Ok(serde_json::Value::Array(Vec::new()));
    }
    if dimensions > MAX_DIMENSIONS {
        return Err("an array of more than one dimension");
    }
    let length = usize::try_from(i32::from_be_bytes(take(&mut rest)?)).map_err(|_| TORN)?;
    let _lower_bound: [u8; 4] = take(&mut rest)?;
    let mut values = Vec::with_capacity(length.min(rest.len() / 4 + 1));
    for _ in 0..length {
        let size = i32::from_be_bytes(take(&mut rest)?);
        let Ok(size) = usize::try_from(size) else {
            values.push(serde_json::Value::Null);
            continue;
        };
        let (bytes, tail) = rest.split_at_checked(size).ok_or(TORN)?;
        rest = tail;
        values.push(json(value(element, bytes)?));
    }
    Ok(serde_json::Value::Array(values))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Reason> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(TORN)?;
    *rest = tail;
    Ok(*head)
}

/// An element of an array. Decimals stay text: JSON's numbers are not exact.
fn json(value: Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Boolean(truth) => truth.into(),
        Value::Integer(number) => number.into(),
        Value::Float(number) => number.into(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
        Value::Uuid(high, low) => hyphenated(high, low).into(),
        Value::Json(text) => serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text)),
        Value::Decimal(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::Timestamp(text)
        | Value::Other(text) => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ty: &Type, raw: &[u8], expected: Result<Value, Reason>) {
        assert_eq!(value(ty, raw), expected, "{ty}");
    }

    #[test]
    fn plain_values() {
        check(&Type::BOOL, &[1], Ok(Value::Boolean(true)));
        check(&Type::INT2, &[0xff, 0xfe], Ok(Value::Integer(-2)));
        check(&Type::INT4, &[0], Err(TORN));
        check(&Type::FLOAT4, &0.1_f32.to_be_bytes(), Ok(Value::Float(0.1)));
        check(&Type::JSONB, b"\x01{}", Ok(Value::Json("{}".into())));
        check(&Type::JSONB, b"\x02{}", Err("an unknown version of jsonb"));
        check(&Type::INET, &[2, 32, 0, 4, 10, 0, 0, 1], Ok(Value::Other("10.0.0.1".into())));
        check(&Type::CIDR, &[2, 8, 1, 4, 10, 0, 0, 0], Ok(Value::Other("10.0.0.0/8".into())));
        check(&Type::VARBIT, &[0, 0, 0, 3, 0b1010_0000], Ok(Value::Other("101".into())));
        check(&Type::TEXT, b"\xff", Err("text that is not UTF-8"));
    }

    #[test]
    fn arrays_become_json() {
        let header = |dimensions: u8, length: u8| {
            vec![0, 0, 0, dimensions, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, length, 0, 0, 0, 1]
        };
        let mut two = header(1, 2);
        two.extend_from_slice(&[0, 0, 0, 1, b'x', 0xff, 0xff, 0xff, 0xff]);
        check(&Type::TEXT_ARRAY, &two, Ok(Value::Json("[\"x\",null]".into())));
        check(&Type::TEXT_ARRAY, &two[..two.len() - 5], Err(TORN));
        check(&Type::TEXT_ARRAY, &header(2, 2), Err("an array of more than one dimension"));
        check(&Type::TEXT_ARRAY, &[0; 12], Ok(Value::Json("[]".into())));
    }
}
