//! Parameters: the contract's values in the types of ODBC.
//!
//! Text is UTF-16, which does not depend on a locale. Decimals go over as text, so that
//! they stay exact.

use jiff::civil::{Date as CivilDate, DateTime};
use odbc_api::buffers::Indicator;
use odbc_api::parameter::{InputParameter, VarBinaryBox, VarCharBox, VarWCharBox, WithDataType};
use odbc_api::sys::{Date, Timestamp};
use odbc_api::{Bit, DataType};
use patchbay_capability::sql::{Dialect, Error, Failure, Value};

use crate::temporal::{Moment, is_date, is_time};
use crate::uuid::hyphenated;

/// A parameter that has its form.
pub(super) type Bound = Box<dyn InputParameter>;

/// Most parameters of one statement: ODBC numbers them with 16 bits.
const MAX_PARAMETERS: usize = 32_000;
/// Bytes a value of plain `VARBINARY` has at most; beyond that it is a long one.
const PLAIN_BINARY: usize = 8_000;

/// The forms of values other than NULL, in order.
pub(super) fn bind(dialect: Dialect, values: &[&Value]) -> Result<Vec<Bound>, Error> {
    if values.len() > MAX_PARAMETERS {
        let message = format!("the statement has {} parameters; ODBC takes {MAX_PARAMETERS}", values.len());
        return Err(Error::new(Failure::LimitExceeded, message));
    }
    let bound = |(index, value): (usize, &&Value)| {
        one(dialect, value)
            .map_err(|reason| Error::new(Failure::InvalidParameter, format!("parameter {} is {reason}", index + 1)))
    };
    values.iter().enumerate().map(bound).collect()
}

/// The form of one value. The error says what the value is that it has none.
fn one(dialect: Dialect, value: &Value) -> Result<Bound, &'static str> {
    Ok(match value {
        // Written into the statement; here for completeness.
        Value::Null => Box::new(VarWCharBox::null()),
        Value::Boolean(truth) => boolean(dialect, *truth)?,
        // Oracle's driver knows no integers of 64 bits.
        Value::Integer(number) if dialect == Dialect::Oracle => decimal(&number.to_string())?,
        // Text has no type of its own there: the server takes it for what its place wants.
        Value::Integer(number) if dialect == Dialect::Postgres => self::text(&number.to_string())?,
        Value::Integer(number) => Box::new(*number),
        Value::Float(number) if number.is_finite() && dialect == Dialect::Postgres => self::text(&number.to_string())?,
        Value::Float(number) if number.is_finite() => Box::new(*number),
        Value::Float(_) => return Err("a number that is not finite"),
        Value::Decimal(text) if dialect == Dialect::Postgres => {
            decimal(text)?;
            self::text(text)?
        }
        Value::Decimal(text) => decimal(text)?,
        Value::Bytes(bytes) => binary(bytes),
        Value::Date(text) if is_date(text) => date(dialect, text)?,
        Value::Date(_) => return Err("a malformed date"),
        Value::Time(text) if is_time(text) => self::text(text)?,
        Value::Time(_) => return Err("a malformed time"),
        Value::Timestamp(text) => timestamp(dialect, Moment::parse(text).ok_or("a malformed date-time")?.utc())?,
        Value::Uuid(high, low) => self::text(&hyphenated(*high, *low))?,
        Value::Text(text) | Value::Json(text) | Value::Other(text) => self::text(text)?,
    })
}

fn boolean(dialect: Dialect, truth: bool) -> Result<Bound, &'static str> {
    Ok(match dialect {
        // A truth value and a number alike.
        Dialect::Postgres => text(if truth { "1" } else { "0" })?,
        Dialect::Mssql | Dialect::Db2 | Dialect::Hana | Dialect::Ansi => Box::new(Bit::from_bool(truth)),
        // A number there.
        Dialect::Mysql | Dialect::Sqlite => Box::new(i64::from(truth)),
        Dialect::Oracle => Box::new(i32::from(truth)),
    })
}

fn text(text: &str) -> Result<Bound, &'static str> {
    // Drivers and databases disagree on where it ends.
    if text.contains('\0') {
        return Err("text with a NUL character");
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    if units.is_empty() {
        // A type of no length is an error to some drivers.
        return Ok(Box::new(VarWCharBox::from_buffer(Box::new([0]), Indicator::Length(0))));
    }
    Ok(Box::new(VarWCharBox::from_vec(units)))
}

fn binary(bytes: &[u8]) -> Bound {
    if bytes.is_empty() {
        return Box::new(VarBinaryBox::from_buffer(Box::new([0]), Indicator::Length(0)));
    }
    let value = VarBinaryBox::from_vec(bytes.to_vec());
    if bytes.len() <= PLAIN_BINARY {
        return Box::new(value);
    }
    let length = std::num::NonZeroUsize::new(bytes.len());
    Box::new(WithDataType::new(value, DataType::LongVarbinary { length }))
}

/// Exact, with as many digits as are written.
fn decimal(text: &str) -> Result<Bound, &'static str> {
    const MALFORMED: &str = "a malformed decimal";
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits {
        return Err(MALFORMED);
    }
    let data_type = DataType::Decimal {
        precision: whole.len().max(1) + fraction.len(),
        scale: i16::try_from(fraction.len()).map_err(|_| MALFORMED)?,
    };
    Ok(Box::new(WithDataType::new(VarCharBox::from_string(text.to_owned()), data_type)))
}

fn date(dialect: Dialect, text: &str) -> Result<Bound, &'static str> {
    // SQLite has no type for it but text; PostgreSQL takes text for any.
    if matches!(dialect, Dialect::Sqlite | Dialect::Postgres) {
        return self::text(text);
    }
    let date: CivilDate = text.parse().map_err(|_| "a malformed date")?;
    let month = date.month().unsigned_abs().into();
    Ok(Box::new(Date { year: date.year(), month, day: date.day().unsigned_abs().into() }))
}

fn timestamp(dialect: Dialect, moment: DateTime) -> Result<Bound, &'static str> {
    // As SQLite's own CURRENT_TIMESTAMP writes it: text compares right only within one form.
    if matches!(dialect, Dialect::Sqlite | Dialect::Postgres) {
        return text(&moment.to_string().replace('T', " "));
    }
    let value = Timestamp {
        year: moment.year(),
        month: moment.month().unsigned_abs().into(),
        day: moment.day().unsigned_abs().into(),
        hour: moment.hour().unsigned_abs().into(),
        minute: moment.minute().unsigned_abs().into(),
        second: moment.second().unsigned_abs().into(),
        fraction: moment.subsec_nanosecond().unsigned_abs(),
    };
    // As fine as the value is, so that nothing is cut and nothing is refused.
    let digits = format!("{:09}", value.fraction);
    let precision = i16::try_from(digits.trim_end_matches('0').len()).unwrap_or(9);
    Ok(Box::new(WithDataType::new(value, DataType::Timestamp { precision })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Value, expected: Result<DataType, &str>) {
        let actual = one(Dialect::Mysql, &value).map(|bound| bound.data_type());
        assert_eq!(actual, expected, "{value:?}");
    }

    #[test]
    fn types_of_parameters() {
        let length = std::num::NonZeroUsize::new;
        check(Value::Integer(7), Ok(DataType::BigInt));
        check(Value::Text("Zoë".into()), Ok(DataType::WVarchar { length: length(3) }));
        check(Value::Text(String::new()), Ok(DataType::WVarchar { length: length(1) }));
        check(Value::Text("x".repeat(5000)), Ok(DataType::WLongVarchar { length: length(5000) }));
        check(Value::Bytes(vec![1; 9000]), Ok(DataType::LongVarbinary { length: length(9000) }));
        check(Value::Decimal("-12.50".into()), Ok(DataType::Decimal { precision: 4, scale: 2 }));
        check(Value::Timestamp("2026-01-31T09:30:00.25Z".into()), Ok(DataType::Timestamp { precision: 2 }));
        check(Value::Timestamp("2026-01-31T09:30:00Z".into()), Ok(DataType::Timestamp { precision: 0 }));
        check(Value::Date("2026-01-31".into()), Ok(DataType::Date));
    }

    #[test]
    fn values_without_a_form() {
        check(Value::Float(f64::NAN), Err("a number that is not finite"));
        check(Value::Text("a\0b".into()), Err("text with a NUL character"));
        for text in ["", "-", ".", "1e3", "1,5", "NaN", "--1"] {
            check(Value::Decimal(text.into()), Err("a malformed decimal"));
        }
        check(Value::Date("2026-02-31".into()), Err("a malformed date"));
        check(Value::Time("25:00:00".into()), Err("a malformed time"));
        check(Value::Timestamp("yesterday".into()), Err("a malformed date-time"));
    }
}
