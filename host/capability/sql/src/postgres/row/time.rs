//! Dates and times in their binary forms: days or microseconds since 2000-01-01.

use jiff::civil::{DateTime, date as civil_date};
use jiff::{SignedDuration, Span};
use patchbay_capability::sql::Value;

use super::{Reason, TORN, fixed, take};

const EPOCH: DateTime = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);
const BEYOND: Reason = "a date outside the years -9999 to 9999";

pub(super) fn date(days: i32) -> Result<Value, Reason> {
    Ok(match days {
        i32::MAX => Value::Other("infinity".into()),
        i32::MIN => Value::Other("-infinity".into()),
        days => {
            let span = Span::new().try_days(days).map_err(|_| BEYOND)?;
            Value::Date(civil_date(2000, 1, 1).checked_add(span).map_err(|_| BEYOND)?.to_string())
        }
    })
}

/// With an offset (`Z`) for `timestamptz`, without one for `timestamp`.
pub(super) fn timestamp(micros: i64, with_offset: bool) -> Result<Value, Reason> {
    Ok(match micros {
        i64::MAX => Value::Other("infinity".into()),
        i64::MIN => Value::Other("-infinity".into()),
        micros => {
            // Not by a `Timestamp` of the library, which ends before the year 9999 does.
            let at = EPOCH.checked_add(SignedDuration::from_micros(micros)).map_err(|_| BEYOND)?;
            Value::Timestamp(if with_offset { format!("{at}Z") } else { at.to_string() })
        }
    })
}

pub(super) fn time(micros: i64) -> Value {
    Value::Time(clock(micros))
}

pub(super) fn time_with_offset(raw: &[u8]) -> Result<Value, Reason> {
    let mut rest = raw;
    let micros = i64::from_be_bytes(take(&mut rest)?);
    // Seconds west of Greenwich.
    let west = i32::from_be_bytes(fixed(rest)?);
    let sign = if west > 0 { '-' } else { '+' };
    let minutes = west.unsigned_abs() / 60;
    Ok(Value::Other(format!("{}{sign}{:02}:{:02}", clock(micros), minutes / 60, minutes % 60)))
}

/// ISO 8601, with months and days apart: their lengths differ.
pub(super) fn interval(raw: &[u8]) -> Result<Value, Reason> {
    let mut rest = raw;
    let micros = i64::from_be_bytes(take(&mut rest)?);
    let days = i32::from_be_bytes(take(&mut rest)?);
    let months = i32::from_be_bytes(take(&mut rest)?);
    if !rest.is_empty() {
        return Err(TORN);
    }
    let sign = if micros < 0 { "-" } else { "" };
    let seconds = micros.unsigned_abs() / 1_000_000;
    let fraction = fraction(micros.unsigned_abs() % 1_000_000);
    Ok(Value::Other(format!("P{months}M{days}DT{sign}{seconds}{fraction}S")))
}

fn clock(micros: i64) -> String {
    let micros = micros.unsigned_abs();
    let seconds = micros / 1_000_000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{}", fraction(micros % 1_000_000))
}

/// `.25` for 250000 microseconds, nothing for none.
fn fraction(micros: u64) -> String {
    if micros == 0 { String::new() } else { format!(".{micros:06}").trim_end_matches('0').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times() {
        for (actual, expected) in [
            (date(0), Ok(Value::Date("2000-01-01".into()))),
            (date(-1), Ok(Value::Date("1999-12-31".into()))),
            (date(i32::MAX), Ok(Value::Other("infinity".into()))),
            (date(10_000_000), Err(BEYOND)),
            (timestamp(0, true), Ok(Value::Timestamp("2000-01-01T00:00:00Z".into()))),
            (timestamp(1_500_000, false), Ok(Value::Timestamp("2000-01-01T00:00:01.5".into()))),
            (timestamp(-1, true), Ok(Value::Timestamp("1999-12-31T23:59:59.999999Z".into()))),
            (timestamp(252_455_615_999_000_000, true), Ok(Value::Timestamp("9999-12-31T23:59:59Z".into()))),
            (timestamp(252_455_615_999_999_999, false), Ok(Value::Timestamp("9999-12-31T23:59:59.999999".into()))),
            (timestamp(252_455_616_000_000_000, true), Err(BEYOND)),
            (timestamp(i64::MIN, true), Ok(Value::Other("-infinity".into()))),
            (timestamp(i64::MAX - 1, true), Err(BEYOND)),
            (Ok(time(34_200_250_000)), Ok(Value::Time("09:30:00.25".into()))),
        ] {
            assert_eq!(actual, expected);
        }
        let mut zoned = 34_200_000_000_i64.to_be_bytes().to_vec();
        zoned.extend_from_slice(&(-3600_i32).to_be_bytes());
        assert_eq!(time_with_offset(&zoned), Ok(Value::Other("09:30:00+01:00".into())));
        let mut span = 1_500_000_i64.to_be_bytes().to_vec();
        span.extend_from_slice(&2_i32.to_be_bytes());
        span.extend_from_slice(&3_i32.to_be_bytes());
        assert_eq!(interval(&span), Ok(Value::Other("P3M2DT1.5S".into())));
    }
}
