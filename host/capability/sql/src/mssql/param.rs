//! Parameters: the contract's values in the types of TDS.
//!
//! The server converts a parameter to its column's type. So each goes over in the widest
//! type of its kind, and what does not fit is the server's to refuse.

use std::borrow::Cow;

use jiff::civil::{Date as CivilDate, DateTime as CivilDateTime, Time as CivilTime};
use patchbay_capability::sql::Value;
use tiberius::numeric::Numeric;
use tiberius::time::{Date, DateTime2, DateTimeOffset, Time};
use tiberius::{ColumnData, Uuid};

use crate::temporal::{Moment, is_date, is_time};

/// Digits a decimal can have.
const MAX_DIGITS: usize = 38;
/// Fractions of a second as SQL Server counts them: 100 nanoseconds.
const SCALE: u8 = 7;

/// The form of a value other than NULL. The error says what the value is that it has none.
pub(super) fn bind(value: &Value) -> Result<ColumnData<'_>, &'static str> {
    Ok(match value {
        Value::Null => ColumnData::String(None),
        Value::Boolean(truth) => ColumnData::Bit(Some(*truth)),
        Value::Integer(number) => ColumnData::I64(Some(*number)),
        Value::Float(number) if number.is_finite() => ColumnData::F64(Some(*number)),
        Value::Float(_) => return Err("a number that is not finite"),
        Value::Decimal(text) => ColumnData::Numeric(Some(decimal(text)?)),
        Value::Bytes(bytes) => ColumnData::Binary(Some(Cow::Borrowed(bytes))),
        Value::Date(text) if is_date(text) => {
            let date: CivilDate = text.parse().map_err(|_| "a malformed date")?;
            ColumnData::Date(Some(self::date(date)?))
        }
        Value::Date(_) => return Err("a malformed date"),
        Value::Time(text) if is_time(text) => {
            let time: CivilTime = text.parse().map_err(|_| "a malformed time")?;
            ColumnData::Time(Some(self::time(time)))
        }
        Value::Time(_) => return Err("a malformed time"),
        Value::Timestamp(text) => match Moment::parse(text).ok_or("a malformed date-time")? {
            // In UTC: a column without an offset would drop it, and store another time.
            moment @ Moment::Instant(_) => {
                ColumnData::DateTimeOffset(Some(DateTimeOffset::new(date_time(moment.utc())?, 0)))
            }
            Moment::Civil(civil) => ColumnData::DateTime2(Some(date_time(civil)?)),
        },
        Value::Uuid(high, low) => ColumnData::Guid(Some(Uuid::from_u64_pair(*high, *low))),
        Value::Text(text) | Value::Json(text) | Value::Other(text) => ColumnData::String(Some(Cow::Borrowed(text))),
    })
}

/// Exact, with as many decimals as are written.
fn decimal(text: &str) -> Result<Numeric, &'static str> {
    const MALFORMED: &str = "a malformed decimal";
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if (whole.is_empty() && fraction.is_empty())
        || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
    {
        return Err(MALFORMED);
    }
    let whole = whole.trim_start_matches('0');
    // One digit before the point is counted in any case.
    if whole.len().max(1) + fraction.len() > MAX_DIGITS {
        return Err("a decimal of more than 38 digits");
    }
    let number: i128 = format!("0{whole}{fraction}").parse().map_err(|_| MALFORMED)?;
    let scale = u8::try_from(fraction.len()).map_err(|_| MALFORMED)?;
    Ok(Numeric::new_with_scale(if negative { -number } else { number }, scale))
}

fn date(date: CivilDate) -> Result<Date, &'static str> {
    let days = (date - CivilDate::constant(1, 1, 1)).get_days();
    match u32::try_from(days) {
        Ok(days) => Ok(Date::new(days)),
        Err(_) => Err("a date before the year 1"),
    }
}

/// What is finer than the server counts is cut off, as the server does it.
fn time(time: CivilTime) -> Time {
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    let increments = seconds * 10_000_000 + i64::from(time.subsec_nanosecond()) / 100;
    Time::new(increments.unsigned_abs(), SCALE)
}

fn date_time(moment: CivilDateTime) -> Result<DateTime2, &'static str> {
    Ok(DateTime2::new(date(moment.date())?, time(moment.time())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mssql::row;

    /// What arrives when a parameter comes straight back.
    #[track_caller]
    fn check(value: Value, expected: Result<Value, &str>) {
        let actual = bind(&value).and_then(|data| row::value(&data, tiberius::ColumnType::Null));
        assert_eq!(actual, expected, "{value:?}");
    }

    #[test]
    fn values_that_come_back_as_they_went() {
        for value in [
            Value::Boolean(true),
            Value::Integer(i64::MIN),
            Value::Float(0.1),
            Value::Decimal("12.125".into()),
            Value::Decimal("-0.05".into()),
            Value::Decimal("0".into()),
            Value::Decimal("12345678901234567890123456789012345678".into()),
            Value::Decimal("-1234567890123456789.0123456789012345678".into()),
            Value::Decimal("0.0000000000000000000000000000000000001".into()),
            Value::Text("it's 👩‍👩‍👧\0".into()),
            Value::Bytes(vec![0, 1, 255]),
            Value::Date("0001-01-01".into()),
            Value::Date("2026-02-28".into()),
            Value::Date("9999-12-31".into()),
            Value::Time("09:30:00".into()),
            Value::Time("23:59:59.9999999".into()),
            Value::Timestamp("2026-01-31T09:30:00.25".into()),
            Value::Timestamp("2026-01-31T09:30:00Z".into()),
            Value::Uuid(0x0123_4567_89ab_cdef, 0x8000_0000_0000_0001),
        ] {
            check(value.clone(), Ok(value));
        }
    }

    #[test]
    fn values_that_come_back_in_another_form() {
        let moment = |text: &str| Value::Timestamp(text.into());
        check(moment("2026-01-31T00:30:00+01:00"), Ok(moment("2026-01-30T23:30:00Z")));
        check(Value::Time("09:30:00.123456789".into()), Ok(Value::Time("09:30:00.1234567".into())));
        check(Value::Json("{}".into()), Ok(Value::Text("{}".into())));
        check(Value::Decimal("+007.50".into()), Ok(Value::Decimal("7.50".into())));
        check(Value::Decimal(".5".into()), Ok(Value::Decimal("0.5".into())));
    }

    #[test]
    fn values_without_a_form() {
        check(Value::Float(f64::NAN), Err("a number that is not finite"));
        for text in ["", "-", ".", "1e3", "1,5", "NaN", "0x1", "--1"] {
            check(Value::Decimal(text.into()), Err("a malformed decimal"));
        }
        check(Value::Decimal("1".repeat(39)), Err("a decimal of more than 38 digits"));
        check(Value::Decimal(format!("0.{}", "1".repeat(38))), Err("a decimal of more than 38 digits"));
        check(Value::Date("31.1.2026".into()), Err("a malformed date"));
        check(Value::Date("2026-02-31".into()), Err("a malformed date"));
        check(Value::Time("25:00:00".into()), Err("a malformed time"));
        check(Value::Timestamp("yesterday at half past nine".into()), Err("a malformed date-time"));
        check(Value::Timestamp("-000001-01-31T09:30:00Z".into()), Err("a date before the year 1"));
    }
}
