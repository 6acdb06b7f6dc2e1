//! Results: the protocol's values to the contract's.

use mysql_async::consts::ColumnType;
use mysql_async::{Column, Value as Received};
use patchbay_capability::sql::{Error, Failure, Row, Value};

use super::statement::type_name;

/// The "character set" of what is bytes and no text.
const BINARY: u16 = 63;

/// Refuses result columns the contract has no value for, before anything is run.
pub(super) fn check_supported(columns: &[Column]) -> Result<(), Error> {
    match columns.iter().find(|column| !supported(column.column_type())) {
        Some(column) => Err(unsupported(column, "it is not supported")),
        None => Ok(()),
    }
}

fn supported(ty: ColumnType) -> bool {
    !matches!(
        ty,
        ColumnType::MYSQL_TYPE_GEOMETRY
            | ColumnType::MYSQL_TYPE_VECTOR
            | ColumnType::MYSQL_TYPE_TYPED_ARRAY
            | ColumnType::MYSQL_TYPE_UNKNOWN
    )
}

fn unsupported(column: &Column, reason: &str) -> Error {
    Error::new(
        Failure::Unsupported,
        format!("column {} of the result has type {}: {reason}", column.name_str(), type_name(column)),
    )
}

/// All values of a row.
pub(super) fn decode(row: mysql_async::Row) -> Result<Row, Error> {
    let columns = row.columns();
    let values = columns.iter().zip(row.unwrap());
    values.map(|(column, received)| value(column, received).map_err(|reason| unsupported(column, reason))).collect()
}

/// Why a value cannot be decoded; never the value.
type Reason = &'static str;

const MIXED: Reason = "the server sent a value of another type";

fn value(column: &Column, received: Received) -> Result<Value, Reason> {
    use ColumnType as T;
    let ty = column.column_type();
    Ok(match (ty, received) {
        (_, Received::NULL) => Value::Null,
        (T::MYSQL_TYPE_TINY, Received::Int(number @ (0 | 1))) if column.column_length() == 1 => {
            Value::Boolean(number == 1)
        }
        (_, Received::Int(number)) => Value::Integer(number),
        (_, Received::UInt(number)) => unsigned(number),
        (_, Received::Float(number)) => Value::Float(widened(number)),
        (_, Received::Double(number)) => Value::Float(number),
        (T::MYSQL_TYPE_DATE | T::MYSQL_TYPE_NEWDATE, Received::Date(year, month, day, ..)) => {
            let text = format!("{year:04}-{month:02}-{day:02}");
            if month == 0 || day == 0 { Value::Other(text) } else { Value::Date(text) }
        }
        (_, Received::Date(year, month, day, hour, minute, second, micros)) => {
            let fraction = fraction(micros);
            // A session's time zone is UTC here, and a TIMESTAMP a point in time.
            let zone = if ty == T::MYSQL_TYPE_TIMESTAMP { "Z" } else { "" };
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}");
            if month == 0 || day == 0 { Value::Other(text) } else { Value::Timestamp(text) }
        }
        (_, Received::Time(negative, days, hours, minutes, seconds, micros)) => {
            let hours = u64::from(days) * 24 + u64::from(hours);
            let text = format!("{hours:02}:{minutes:02}:{seconds:02}{}", fraction(micros));
            match (negative, hours) {
                (false, 0..24) => Value::Time(text),
                // A span rather than a time of day.
                (false, _) => Value::Other(text),
                (true, _) => Value::Other(format!("-{text}")),
            }
        }
        (T::MYSQL_TYPE_BIT, Received::Bytes(bits)) => return bit(column, &bits),
        (T::MYSQL_TYPE_DECIMAL | T::MYSQL_TYPE_NEWDECIMAL, Received::Bytes(digits)) => Value::Decimal(text(digits)?),
        (T::MYSQL_TYPE_JSON, Received::Bytes(json)) => Value::Json(text(json)?),
        (ty, Received::Bytes(bytes)) if is_string(ty) => {
            if column.character_set() == BINARY {
                Value::Bytes(bytes)
            } else {
                Value::Text(text(bytes)?)
            }
        }
        (_, Received::Bytes(_)) => return Err(MIXED),
    })
}

fn is_string(ty: ColumnType) -> bool {
    use ColumnType as T;
    matches!(
        ty,
        T::MYSQL_TYPE_VARCHAR
            | T::MYSQL_TYPE_VAR_STRING
            | T::MYSQL_TYPE_STRING
            | T::MYSQL_TYPE_ENUM
            | T::MYSQL_TYPE_SET
            | T::MYSQL_TYPE_TINY_BLOB
            | T::MYSQL_TYPE_MEDIUM_BLOB
            | T::MYSQL_TYPE_LONG_BLOB
            | T::MYSQL_TYPE_BLOB
    )
}

/// Half of the unsigned numbers of 64 bits are no integers of the contract.
fn unsigned(number: u64) -> Value {
    i64::try_from(number).map_or_else(|_| Value::Decimal(number.to_string()), Value::Integer)
}

fn bit(column: &Column, bits: &[u8]) -> Result<Value, Reason> {
    if bits.len() > 8 {
        return Err(MIXED);
    }
    let number = bits.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Ok(if column.column_length() == 1 { Value::Boolean(number != 0) } else { unsigned(number) })
}

fn text(bytes: Vec<u8>) -> Result<String, Reason> {
    String::from_utf8(bytes).map_err(|_| "text that is not UTF-8")
}

/// The double with the same shortest decimal form: 0.1 stays 0.1.
fn widened(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| f64::from(number))
}

/// `.25` for 250000 microseconds, nothing for none.
fn fraction(micros: u32) -> String {
    if micros == 0 { String::new() } else { format!(".{micros:06}").trim_end_matches('0').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ty: ColumnType, length: u32, received: Received, expected: Result<Value, Reason>) {
        let column = Column::new(ty).with_column_length(length).with_character_set(45);
        assert_eq!(value(&column, received), expected, "{ty:?}");
    }

    #[test]
    fn values_as_they_come() {
        use ColumnType as T;
        check(T::MYSQL_TYPE_TINY, 1, Received::Int(1), Ok(Value::Boolean(true)));
        check(T::MYSQL_TYPE_TINY, 1, Received::Int(2), Ok(Value::Integer(2)));
        check(T::MYSQL_TYPE_TINY, 4, Received::Int(1), Ok(Value::Integer(1)));
        check(T::MYSQL_TYPE_LONGLONG, 20, Received::UInt(u64::MAX), Ok(Value::Decimal("18446744073709551615".into())));
        check(T::MYSQL_TYPE_FLOAT, 12, Received::Float(0.1), Ok(Value::Float(0.1)));
        check(T::MYSQL_TYPE_BIT, 1, Received::Bytes(vec![1]), Ok(Value::Boolean(true)));
        check(T::MYSQL_TYPE_BIT, 12, Received::Bytes(vec![1, 2]), Ok(Value::Integer(258)));
        check(T::MYSQL_TYPE_STRING, 4, Received::Bytes(vec![0xff]), Err("text that is not UTF-8"));
        check(T::MYSQL_TYPE_LONG, 4, Received::Bytes(vec![0x31]), Err(MIXED));
    }

    #[test]
    fn dates_and_times() {
        use ColumnType as T;
        let noon = Received::Date(2026, 1, 31, 12, 0, 0, 250_000);
        check(T::MYSQL_TYPE_DATETIME, 0, noon.clone(), Ok(Value::Timestamp("2026-01-31T12:00:00.25".into())));
        check(T::MYSQL_TYPE_TIMESTAMP, 0, noon, Ok(Value::Timestamp("2026-01-31T12:00:00.25Z".into())));
        let date = |year, month, day| Received::Date(year, month, day, 0, 0, 0, 0);
        check(T::MYSQL_TYPE_DATE, 0, date(2026, 1, 31), Ok(Value::Date("2026-01-31".into())));
        check(T::MYSQL_TYPE_DATE, 0, date(0, 0, 0), Ok(Value::Other("0000-00-00".into())));
        check(T::MYSQL_TYPE_TIME, 0, Received::Time(false, 0, 9, 30, 0, 0), Ok(Value::Time("09:30:00".into())));
        check(T::MYSQL_TYPE_TIME, 0, Received::Time(true, 1, 1, 0, 0, 0), Ok(Value::Other("-25:00:00".into())));
    }
}
