//! Values between the contract and a column.

pub mod decimal;

use std::cmp::Ordering;

use patchbay_connector::Value;
use patchbay_connector::sql;
use patchbay_connector::time::Instant;

use crate::key;
use crate::plan::{Column, Constant, Digits, Kind, Native};

/// Why a value does not fit a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// It is of another type.
    Type,
    /// It is a number beyond the column's range, on this side.
    Range(Ordering),
    /// It is longer than this many characters.
    Length(u32),
    /// It has more digits before the point, or behind it, than these.
    Digits(Digits),
    /// It has a character that no database stores (NUL).
    Character,
    /// It has no characters, which this database cannot tell from no value.
    Empty,
    /// It is none of the column's words, but a number, which would stand for one of them.
    Word,
}

impl Misfit {
    /// For a client, as what follows the attribute's name.
    pub fn message(self, column: &Column) -> String {
        match self {
            Self::Type => format!("must be {}", type_name(column)),
            Self::Range(_) => "is out of range".to_owned(),
            Self::Length(limit) => format!("is longer than {limit} characters"),
            Self::Digits(Digits { whole, fraction }) => {
                format!("has more than {whole} digits before the point or {fraction} behind it")
            }
            Self::Character => "holds a NUL character".to_owned(),
            Self::Empty => "is empty text, which this database stores as no value".to_owned(),
            Self::Word => "is none of the values that the target takes".to_owned(),
        }
    }
}

fn type_name(column: &Column) -> &'static str {
    match (column.kind, column.native) {
        (Kind::Boolean, _) => "true or false",
        (Kind::Integer, _) => "an integer",
        (Kind::Decimal, _) => "a number",
        (Kind::Timestamp, _) => "a date and time",
        (Kind::Binary, _) => "binary data",
        (Kind::Json, _) => "a JSON document",
        (Kind::Text, Native::Uuid) => "a UUID",
        (Kind::Text, Native::Date) => "a date",
        (Kind::Text, Native::Time) => "a time of day",
        (Kind::Text, _) => "text",
    }
}

/// What to hand the database for `value`, without regard to the column's length: for
/// comparisons.
pub fn to_compare(column: &Column, value: &Value) -> Result<sql::Value, Misfit> {
    Ok(match column.native {
        Native::Boolean => sql::Value::Boolean(boolean(value)?),
        Native::Integer { bits } if column.kind == Kind::Boolean => {
            let _ = bits;
            sql::Value::Integer(i64::from(boolean(value)?))
        }
        Native::Integer { bits } => {
            let number = integer(value)?;
            if !key::fits(number, bits) {
                return Err(Misfit::Range(number.cmp(&0)));
            }
            sql::Value::Integer(number)
        }
        Native::Decimal if column.kind == Kind::Boolean => sql::Value::Integer(i64::from(boolean(value)?)),
        Native::Decimal | Native::Float => sql::Value::Decimal(number(value)?),
        Native::Text | Native::Opaque => sql::Value::Text(match column.kind {
            Kind::Timestamp => instant(value)?.to_rfc3339(),
            Kind::Integer => integer(value)?.to_string(),
            Kind::Decimal => number(value)?,
            Kind::Text | Kind::Boolean | Kind::Binary | Kind::Json => text(value)?,
        }),
        Native::Bytes => match value {
            Value::Binary(bytes) => sql::Value::Bytes(bytes.clone()),
            _ => return Err(Misfit::Type),
        },
        Native::Date => match (instant(value)?.date(), column.kind) {
            ((date, _), Kind::Timestamp) | ((date, true), _) => sql::Value::Date(date),
            ((_, false), _) => return Err(Misfit::Type),
        },
        Native::Time => sql::Value::Time(time(value)?),
        Native::Timestamp => sql::Value::Timestamp(instant(value)?.to_rfc3339()),
        Native::Uuid => match value {
            Value::Text(text) => sql::Value::Uuid(key::parse_uuid(text).ok_or(Misfit::Type)?),
            _ => return Err(Misfit::Type),
        },
        Native::Json => sql::Value::Json(text(value)?),
    })
}

/// What to store for `value`.
pub fn to_store(column: &Column, value: &Value) -> Result<sql::Value, Misfit> {
    let stored = to_compare(column, value)?;
    if column.never_empty && stored == sql::Value::Text(String::new()) {
        return Err(Misfit::Empty);
    }
    if let (sql::Value::Text(text), Some(limit)) = (&stored, column.max_length) {
        // Bytes are at least as many as characters, so most need no counting.
        let limit_chars = usize::try_from(limit).unwrap_or(usize::MAX);
        if text.len() > limit_chars && text.chars().count() > limit_chars {
            return Err(Misfit::Length(limit));
        }
    }
    if let (sql::Value::Text(text), Some(words)) = (&stored, &column.words)
        && !words.may_take(text)
    {
        return Err(Misfit::Word);
    }
    if let (sql::Value::Decimal(text), Some(digits)) = (&stored, column.digits)
        && !decimal::has_at_most(text, digits.whole, digits.fraction)
    {
        return Err(Misfit::Digits(digits));
    }
    Ok(stored)
}

/// A whole number that the database counted: some tell it as a decimal, or as a float.
pub fn whole(value: &sql::Value) -> Option<i64> {
    match value {
        sql::Value::Integer(number) => Some(*number),
        sql::Value::Decimal(text) => decimal::canonical(text).and_then(|text| decimal::integer(&text).ok()),
        // Through its shortest decimal form, which is exact where it matters.
        sql::Value::Float(number) => decimal::canonical(&number.to_string()).and_then(|t| decimal::integer(&t).ok()),
        _ => None,
    }
}

/// What the contract sees of a value from the database: none for NULL, and for blank
/// text where trailing spaces do not count. An error where the database holds what
/// the column's type in the contract cannot be.
pub fn from_sql(column: &Column, value: sql::Value) -> Result<Option<Value>, Misfit> {
    if value == sql::Value::Null {
        return Ok(None);
    }
    let value = match column.kind {
        Kind::Boolean => Value::Boolean(match value {
            sql::Value::Boolean(value) => value,
            sql::Value::Integer(number) => number != 0,
            sql::Value::Float(number) => number != 0.0,
            sql::Value::Decimal(text) => decimal::canonical(&text).ok_or(Misfit::Type)? != "0",
            _ => return Err(Misfit::Type),
        }),
        Kind::Integer => Value::Integer(match value {
            sql::Value::Integer(number) => number,
            sql::Value::Boolean(value) => i64::from(value),
            other => {
                let text = plain_text(other).ok_or(Misfit::Type)?;
                let canonical = decimal::canonical(text.trim()).ok_or(Misfit::Type)?;
                decimal::integer(&canonical).map_err(|_| Misfit::Type)?
            }
        }),
        Kind::Decimal => Value::Decimal(match value {
            sql::Value::Integer(number) => number.to_string(),
            other => plain_text(other).ok_or(Misfit::Type)?.trim().to_owned(),
        }),
        Kind::Timestamp => {
            let text = plain_text(value).ok_or(Misfit::Type)?;
            Value::Timestamp(Instant::parse(&text).ok_or(Misfit::Type)?.to_rfc3339())
        }
        Kind::Binary => Value::Binary(match value {
            sql::Value::Bytes(bytes) => bytes,
            other => plain_text(other).ok_or(Misfit::Type)?.into_bytes(),
        }),
        Kind::Json => Value::Json(plain_text(value).ok_or(Misfit::Type)?),
        Kind::Text => {
            let mut text = match value {
                sql::Value::Boolean(value) => value.to_string(),
                sql::Value::Timestamp(text) if column.native == Native::Timestamp => {
                    Instant::parse(&text).map_or(text, Instant::to_rfc3339)
                }
                other => plain_text(other).ok_or(Misfit::Type)?,
            };
            if column.trim {
                text.truncate(text.trim_end_matches(' ').len());
                if text.is_empty() {
                    return Ok(None);
                }
            }
            Value::Text(text)
        }
    };
    Ok(Some(value))
}

/// A constant as a parameter; none for the present time, which is an expression.
pub fn constant(value: &Constant) -> Option<sql::Value> {
    Some(match value {
        Constant::Null => sql::Value::Null,
        Constant::Boolean(value) => sql::Value::Boolean(*value),
        Constant::Integer(number) => sql::Value::Integer(*number),
        Constant::Decimal(text) => sql::Value::Decimal(text.clone()),
        Constant::Text(text) => sql::Value::Text(text.clone()),
        Constant::Now => return None,
    })
}

/// Text of a value that has one; none for NULL, bytes and truth values.
fn plain_text(value: sql::Value) -> Option<String> {
    Some(match value {
        sql::Value::Text(text)
        | sql::Value::Decimal(text)
        | sql::Value::Date(text)
        | sql::Value::Time(text)
        | sql::Value::Timestamp(text)
        | sql::Value::Json(text)
        | sql::Value::Other(text) => text,
        sql::Value::Integer(number) => number.to_string(),
        sql::Value::Float(number) => number.to_string(),
        sql::Value::Uuid((high, low)) => key::uuid_text(high, low),
        sql::Value::Null | sql::Value::Boolean(_) | sql::Value::Bytes(_) => return None,
    })
}

fn boolean(value: &Value) -> Result<bool, Misfit> {
    match value {
        Value::Boolean(value) => Ok(*value),
        Value::Text(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::Text(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(Misfit::Type),
    }
}

fn integer(value: &Value) -> Result<i64, Misfit> {
    if let Value::Integer(number) = value {
        return Ok(*number);
    }
    decimal::integer(&number(value)?).map_err(|side| side.map_or(Misfit::Type, Misfit::Range))
}

fn number(value: &Value) -> Result<String, Misfit> {
    match value {
        Value::Integer(number) => Ok(number.to_string()),
        Value::Decimal(text) | Value::Text(text) => decimal::canonical(text).ok_or(Misfit::Type),
        _ => Err(Misfit::Type),
    }
}

fn text(value: &Value) -> Result<String, Misfit> {
    let text = match value {
        Value::Text(text) | Value::Json(text) | Value::Decimal(text) | Value::Timestamp(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(_) | Value::Binary(_) | Value::Reference(_) | Value::Secret(_) => return Err(Misfit::Type),
    };
    if text.contains('\0') { Err(Misfit::Character) } else { Ok(text) }
}

fn instant(value: &Value) -> Result<Instant, Misfit> {
    match value {
        Value::Timestamp(text) | Value::Text(text) => Instant::parse(text).ok_or(Misfit::Type),
        _ => Err(Misfit::Type),
    }
}

/// A time of day, which is one exactly when a day makes a point in time of it.
fn time(value: &Value) -> Result<String, Misfit> {
    let text = text(value)?;
    match Instant::parse(&format!("2000-01-01T{text}")) {
        Some(_) => Ok(text),
        None => Err(Misfit::Type),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Charset;

    fn column(native: Native, kind: Kind) -> Column {
        Column {
            name: "c".into(),
            native,
            kind,
            nullable: true,
            max_length: Some(3),
            digits: Some(Digits { whole: 4, fraction: 2 }),
            padded: false,
            trim: false,
            native_case: true,
            case_exact: true,
            generated: false,
            computed: false,
            identity: false,
            never_empty: false,
            charset: Charset::Unicode,
            words: None,
            narrow: None,
            single: false,
        }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn check(native: Native, value: Value, expected: Result<sql::Value, Misfit>) {
        assert_eq!(to_store(&column(native, native.default_kind()), &value), expected, "{value:?}");
    }

    #[test]
    fn numbers_fit_or_say_why_not() {
        let int = Native::Integer { bits: 16 };
        check(int, Value::Integer(5), Ok(sql::Value::Integer(5)));
        check(int, text("5"), Ok(sql::Value::Integer(5)));
        check(int, Value::Decimal("5.0".into()), Ok(sql::Value::Integer(5)));
        check(int, Value::Decimal("5.5".into()), Err(Misfit::Type));
        check(int, Value::Integer(-40_000), Err(Misfit::Range(Ordering::Less)));
        check(int, text("99999999999999999999"), Err(Misfit::Range(Ordering::Greater)));
        check(Native::Decimal, text("012.50"), Ok(sql::Value::Decimal("12.5".into())));
        check(Native::Decimal, Value::Boolean(true), Err(Misfit::Type));
        let digits = Err(Misfit::Digits(Digits { whole: 4, fraction: 2 }));
        check(Native::Decimal, text("-9999.990"), Ok(sql::Value::Decimal("-9999.99".into())));
        check(Native::Decimal, text("10000"), digits.clone());
        check(Native::Decimal, text("0.125"), digits);
    }

    #[test]
    fn text_is_counted_in_characters() {
        check(Native::Text, text("äöü"), Ok(sql::Value::Text("äöü".into())));
        check(Native::Text, text("äöüß"), Err(Misfit::Length(3)));
        check(Native::Text, text("a\0"), Err(Misfit::Character));
        check(Native::Text, Value::Integer(42), Ok(sql::Value::Text("42".into())));
        check(Native::Text, Value::Boolean(true), Err(Misfit::Type));
    }

    #[test]
    fn truth_values_dates_and_uuids_are_what_they_say() {
        check(Native::Boolean, text("True"), Ok(sql::Value::Boolean(true)));
        check(Native::Boolean, Value::Integer(1), Err(Misfit::Type));
        check(Native::Date, text("2024-02-29"), Ok(sql::Value::Date("2024-02-29".into())));
        check(Native::Date, text("2024-02-30"), Err(Misfit::Type));
        check(Native::Time, text("12:30:00"), Ok(sql::Value::Time("12:30:00".into())));
        check(Native::Time, text("25:30:00"), Err(Misfit::Type));
        check(Native::Uuid, text("x"), Err(Misfit::Type));
        let stamp = Value::Timestamp("2024-01-01T01:00:00+01:00".into());
        check(Native::Timestamp, stamp, Ok(sql::Value::Timestamp("2024-01-01T00:00:00Z".into())));
    }

    #[test]
    fn database_values_come_back_in_the_contracts_type() {
        let check = |native, kind, value, expected| {
            let column = Column { trim: true, ..column(native, kind) };
            assert_eq!(from_sql(&column, value), expected);
        };
        check(Native::Text, Kind::Text, sql::Value::Text("ab  ".into()), Ok(Some(text("ab"))));
        check(Native::Text, Kind::Text, sql::Value::Text("   ".into()), Ok(None));
        check(Native::Text, Kind::Text, sql::Value::Null, Ok(None));
        let int = Native::Integer { bits: 64 };
        check(int, Kind::Boolean, sql::Value::Integer(-1), Ok(Some(Value::Boolean(true))));
        let stamp = |text: &str| sql::Value::Timestamp(text.to_owned());
        let expected = Ok(Some(Value::Timestamp("2024-01-01T00:00:00Z".into())));
        check(Native::Timestamp, Kind::Timestamp, stamp("2024-01-01 00:00:00"), expected);
        check(Native::Timestamp, Kind::Timestamp, stamp("infinity"), Err(Misfit::Type));
        check(
            Native::Uuid,
            Kind::Text,
            sql::Value::Uuid((0, 7)),
            Ok(Some(text("00000000-0000-0000-0000-000000000007"))),
        );
    }
}
