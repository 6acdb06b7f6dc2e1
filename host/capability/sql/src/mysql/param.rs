//! Parameters: the contract's values as the protocol sends them.
//!
//! Decimals, dates and times go over as text, which the server reads as the type of the
//! column they meet.

use mysql_async::{Params, Value as Sent};
use patchbay_capability::sql::{Error, Failure, Value};

use crate::temporal::{Moment, is_date, is_time};
use crate::uuid::hyphenated;

/// All parameters of a statement. Fails with [`Failure::InvalidParameter`] for a value
/// that no column can hold; the message does not repeat it.
pub(super) fn encode(params: &[Value]) -> Result<Params, Error> {
    if params.is_empty() {
        return Ok(Params::Empty);
    }
    let sent = params.iter().enumerate().map(|(index, value)| {
        one(value).map_err(|what| Error::new(Failure::InvalidParameter, format!("parameter {} is {what}", index + 1)))
    });
    sent.collect::<Result<Vec<_>, _>>().map(Params::Positional)
}

fn one(value: &Value) -> Result<Sent, &'static str> {
    Ok(match value {
        Value::Null => Sent::NULL,
        Value::Boolean(truth) => Sent::Int((*truth).into()),
        Value::Integer(number) => Sent::Int(*number),
        Value::Float(number) if !number.is_finite() => return Err("a number that is not finite"),
        Value::Float(number) => Sent::Double(*number),
        Value::Bytes(bytes) => Sent::Bytes(bytes.clone()),
        Value::Uuid(high, low) => text(&hyphenated(*high, *low)),
        // In a condition the server takes a malformed date for none, without a word.
        Value::Date(date) if !is_date(date) => return Err("a malformed date"),
        Value::Time(time) if !is_time(time) => return Err("a malformed time"),
        Value::Timestamp(moment) => {
            let moment = Moment::parse(moment).ok_or("a malformed date-time")?.utc();
            if moment.year() < 1 {
                return Err("a date-time before the year 1");
            }
            text(&moment.to_string())
        }
        Value::Text(content)
        | Value::Decimal(content)
        | Value::Date(content)
        | Value::Time(content)
        | Value::Json(content)
        | Value::Other(content) => text(content),
    })
}

fn text(content: &str) -> Sent {
    Sent::Bytes(content.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Value, expected: Result<Sent, &str>) {
        assert_eq!(one(&value), expected, "{value:?}");
    }

    #[test]
    fn values_as_they_are_sent() {
        check(Value::Boolean(true), Ok(Sent::Int(1)));
        check(Value::Decimal("1.50".into()), Ok(text("1.50")));
        check(Value::Text("a\0b".into()), Ok(text("a\0b")));
        check(Value::Float(f64::NAN), Err("a number that is not finite"));
        check(Value::Date("2026-02-31".into()), Err("a malformed date"));
        check(Value::Time("09:30:00Z".into()), Err("a malformed time"));
        check(Value::Timestamp("2026-01-31T00:30:00.5+01:00".into()), Ok(text("2026-01-30T23:30:00.5")));
        check(Value::Timestamp("yesterday".into()), Err("a malformed date-time"));
        check(Value::Uuid(1, 2), Ok(text("00000000-0000-0001-0000-000000000002")));
    }
}
