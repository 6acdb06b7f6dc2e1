//! Values between the contract and SQLite's five storage classes.

use std::borrow::Cow;

use patchbay_capability::sql::{ColumnKind, Error, Failure, Value};
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::temporal::{Moment, is_date, is_time};
use crate::uuid::hyphenated;

/// A parameter as SQLite gets it.
///
/// Truth values become 0 and 1. Date-times become `YYYY-MM-DD HH:MM:SS[.fff]` in UTC, as
/// SQLite's own `CURRENT_TIMESTAMP` writes them: text compares right only within one
/// form. Decimals and UUIDs are text; a column's affinity makes a number of the former.
#[derive(Debug)]
pub(super) enum Bound<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(Cow<'a, str>),
    Blob(&'a [u8]),
}

impl<'a> Bound<'a> {
    /// The value of the `index`-th parameter, counted from 0.
    pub(super) fn new(value: &'a Value, index: usize) -> Result<Self, Error> {
        Ok(match value {
            Value::Null => Self::Null,
            Value::Boolean(truth) => Self::Integer(i64::from(*truth)),
            Value::Integer(number) => Self::Integer(*number),
            // SQLite would store NULL.
            Value::Float(number) if number.is_nan() => return Err(unfit(index, "not a number")),
            Value::Float(number) => Self::Real(*number),
            Value::Bytes(bytes) => Self::Blob(bytes),
            Value::Uuid(high, low) => Self::Text(hyphenated(*high, *low).into()),
            Value::Timestamp(text) => {
                let moment = Moment::parse(text).ok_or_else(|| unfit(index, "no RFC 3339 date-time"))?;
                Self::Text(moment.utc().to_string().replace('T', " ").into())
            }
            Value::Text(text)
            | Value::Decimal(text)
            | Value::Date(text)
            | Value::Time(text)
            | Value::Json(text)
            | Value::Other(text) => {
                // Stored, but functions and other programs would see half of it.
                if text.contains('\0') {
                    return Err(unfit(index, "text with a NUL character"));
                }
                Self::Text(text.as_str().into())
            }
        })
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn unfit(index: usize, what: &str) -> Error {
    Error::new(Failure::InvalidParameter, format!("parameter {index} is {what}"))
}

/// What a column's declaration says about its values, beyond the storage class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    AsStored,
    Boolean,
    Decimal,
    Date,
    Time,
    Timestamp,
    Json,
}

impl Reading {
    /// By the declared type of a result column; expressions have none.
    pub(super) fn of(declared: Option<&str>) -> Self {
        match declared.map(kind) {
            Some(ColumnKind::Boolean) => Self::Boolean,
            Some(ColumnKind::Decimal) => Self::Decimal,
            Some(ColumnKind::Date) => Self::Date,
            Some(ColumnKind::Time) => Self::Time,
            Some(ColumnKind::Timestamp) => Self::Timestamp,
            Some(ColumnKind::Json) => Self::Json,
            _ => Self::AsStored,
        }
    }

    /// A stored value of column `index`. One that does not look like its declaration
    /// comes as it is stored: SQLite lets any column hold anything.
    pub(super) fn read(self, raw: ValueRef<'_>, index: usize) -> Result<Value, Error> {
        Ok(match (raw, self) {
            (ValueRef::Null, _) => Value::Null,
            (ValueRef::Integer(number @ (0 | 1)), Self::Boolean) => Value::Boolean(number == 1),
            (ValueRef::Integer(number), Self::Decimal) => Value::Decimal(number.to_string()),
            (ValueRef::Integer(number), _) => Value::Integer(number),
            (ValueRef::Real(number), Self::Decimal) if number.is_finite() => Value::Decimal(number.to_string()),
            (ValueRef::Real(number), _) => Value::Float(number),
            (ValueRef::Blob(bytes), _) => Value::Bytes(bytes.to_vec()),
            (ValueRef::Text(bytes), reading) => {
                let text = std::str::from_utf8(bytes).map_err(|_| {
                    Error::new(
                        Failure::Unsupported,
                        format!("column {index} of the result holds text that is not UTF-8"),
                    )
                })?;
                reading.text(text)
            }
        })
    }

    fn text(self, text: &str) -> Value {
        match self {
            Self::Decimal if is_decimal(text) => Value::Decimal(text.to_owned()),
            Self::Date if is_date(text) => Value::Date(text.to_owned()),
            Self::Time if is_time(text) => Value::Time(text.to_owned()),
            Self::Json => Value::Json(text.to_owned()),
            Self::Timestamp => match Moment::parse(text) {
                Some(moment) => Value::Timestamp(moment.to_string()),
                None => Value::Text(text.to_owned()),
            },
            _ => Value::Text(text.to_owned()),
        }
    }
}

/// Broad type of a declared type. Where none of the well-known names fits, SQLite's own
/// rules of affinity decide (section 3.1 of its datatype page).
pub(crate) fn kind(declared: &str) -> ColumnKind {
    let name = declared.split('(').next().unwrap_or_default().trim().to_ascii_uppercase();
    let has = |piece: &str| name.contains(piece);
    match name.as_str() {
        "BOOLEAN" | "BOOL" | "BIT" => ColumnKind::Boolean,
        "DATE" => ColumnKind::Date,
        "TIME" => ColumnKind::Time,
        "JSON" | "JSONB" => ColumnKind::Json,
        // Kept as text, so that it compares with what is stored, in whatever case.
        "UUID" | "GUID" | "UNIQUEIDENTIFIER" => ColumnKind::Text,
        _ if has("DATETIME") || has("TIMESTAMP") => ColumnKind::Timestamp,
        _ if has("INT") => ColumnKind::Integer,
        _ if has("CHAR") || has("CLOB") || has("TEXT") => ColumnKind::Text,
        _ if has("BLOB") || has("BINARY") => ColumnKind::Bytes,
        _ if has("REAL") || has("FLOA") || has("DOUB") => ColumnKind::Float,
        _ if has("DEC") || has("NUMERIC") || has("NUMBER") || has("MONEY") => ColumnKind::Decimal,
        _ => ColumnKind::Other,
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_declared_types() {
        for (declared, expected) in [
            ("VARCHAR(40)", ColumnKind::Text),
            ("character(1)", ColumnKind::Text),
            ("INTEGER", ColumnKind::Integer),
            ("BIGINT", ColumnKind::Integer),
            ("bool", ColumnKind::Boolean),
            ("DECIMAL(10, 2)", ColumnKind::Decimal),
            ("DOUBLE PRECISION", ColumnKind::Float),
            ("DATETIME", ColumnKind::Timestamp),
            ("TIMESTAMP WITH TIME ZONE", ColumnKind::Timestamp),
            ("DATE", ColumnKind::Date),
            ("BLOB", ColumnKind::Bytes),
            ("UUID", ColumnKind::Text),
            ("", ColumnKind::Other),
        ] {
            assert_eq!(kind(declared), expected, "{declared}");
        }
    }

    #[test]
    fn readings_follow_the_declaration_only_where_it_fits() {
        for (declared, raw, expected) in [
            ("BOOLEAN", ValueRef::Integer(1), Value::Boolean(true)),
            ("BOOLEAN", ValueRef::Integer(2), Value::Integer(2)),
            ("BOOLEAN", ValueRef::Text(b"t"), Value::Text("t".into())),
            ("DECIMAL(5,2)", ValueRef::Real(12.5), Value::Decimal("12.5".into())),
            ("DECIMAL(5,2)", ValueRef::Text(b"1.2.3"), Value::Text("1.2.3".into())),
            ("DATE", ValueRef::Text(b"2026-01-31"), Value::Date("2026-01-31".into())),
            ("DATE", ValueRef::Text(b"31.1.2026"), Value::Text("31.1.2026".into())),
            ("DATETIME", ValueRef::Text(b"2026-01-31 09:30:00"), Value::Timestamp("2026-01-31T09:30:00".into())),
            ("DATETIME", ValueRef::Integer(7), Value::Integer(7)),
            ("TEXT", ValueRef::Text(b"2026-01-31"), Value::Text("2026-01-31".into())),
        ] {
            assert_eq!(Reading::of(Some(declared)).read(raw, 0), Ok(expected), "{declared}");
        }
        let broken = Reading::AsStored.read(ValueRef::Text(b"\xff"), 3).unwrap_err();
        assert_eq!(broken.failure, Failure::Unsupported);
    }
}
