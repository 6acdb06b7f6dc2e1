//! Values of a result: read in pieces, within a limit, in the contract's types.

use odbc_api::buffers::Indicator;
use odbc_api::parameter::{Binary, VarCell, WideText};
use odbc_api::sys::{Date, SqlDataType, Timestamp};
use odbc_api::{Bit, ColumnDescription, CursorRow, DataType, Nullability, Nullable, ResultSetMetadata};
use patchbay_capability::sql::{Column, Dialect, Error, Failure, Row, Value};

use super::error::Trouble;
use crate::temporal::{Moment, is_date, is_time};

/// Characters, or bytes, read at first; a longer value takes a second reading.
const FIRST_PIECE: usize = 1024;

/// How values of a column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Boolean,
    Integer,
    Float,
    /// A float of 32 bits.
    Real,
    Decimal,
    Text,
    Bytes,
    Date,
    /// The same, as text.
    DateText,
    Time,
    Timestamp,
    /// The same, as text.
    TimestampText,
    /// A point in time, as text with an offset.
    Instant,
    Uuid,
    /// A type of the database's own, as text.
    Other,
}

/// `SQL_GUID`.
const GUID: i16 = -11;
/// SQL Server's `time` and `datetimeoffset`.
const SS_TIME: i16 = -154;
const SS_INSTANT: i16 = -155;

impl Reading {
    fn of(data_type: DataType, dialect: Dialect) -> Self {
        // These keep days that no calendar has (`infinity`, `0000-00-00`, any text at all),
        // of which a driver would make another day, or NULL.
        let odd_days = matches!(dialect, Dialect::Postgres | Dialect::Mysql | Dialect::Sqlite);
        match data_type {
            DataType::Date if odd_days => Self::DateText,
            DataType::Timestamp { .. } if odd_days => Self::TimestampText,
            DataType::Bit => Self::Boolean,
            DataType::TinyInt | DataType::SmallInt | DataType::Integer | DataType::BigInt => Self::Integer,
            DataType::Real => Self::Real,
            DataType::Float { .. } | DataType::Double => Self::Float,
            DataType::Decimal { .. } | DataType::Numeric { .. } => Self::Decimal,
            DataType::Binary { .. } | DataType::Varbinary { .. } | DataType::LongVarbinary { .. } => Self::Bytes,
            DataType::Date => Self::Date,
            DataType::Time { .. } => Self::Time,
            DataType::Timestamp { .. } => Self::Timestamp,
            DataType::Other { data_type: SqlDataType(GUID), .. } => Self::Uuid,
            DataType::Other { data_type: SqlDataType(SS_TIME), .. } => Self::Time,
            DataType::Other { data_type: SqlDataType(SS_INSTANT), .. } => Self::Instant,
            DataType::Other { .. } => Self::Other,
            _ => Self::Text,
        }
    }
}

/// A result's columns, and how to read them.
#[derive(Debug)]
pub(super) struct Reader {
    columns: Vec<(String, Reading)>,
    /// Largest value, in bytes.
    limit: usize,
    dialect: Dialect,
    wide: Vec<u16>,
    bytes: Vec<u8>,
}

impl Reader {
    /// Looks at the columns of a result.
    pub(super) fn new(
        cursor: &mut impl ResultSetMetadata,
        dialect: Dialect,
        limit: usize,
    ) -> Result<(Self, Vec<Column>), Trouble> {
        let count = u16::try_from(cursor.num_result_cols()?).unwrap_or(0);
        let mut columns = Vec::with_capacity(count.into());
        let mut described = Vec::with_capacity(count.into());
        let mut description = ColumnDescription::default();
        for number in 1..=count {
            cursor.describe_col(number, &mut description)?;
            let name = String::from_utf16_lossy(&description.name);
            // SQLite's driver counts bytes where it should count characters.
            let name = name.trim_end_matches('\0').to_owned();
            columns.push((name.clone(), Reading::of(description.data_type, dialect)));
            described.push(Column {
                name,
                type_name: type_name(description.data_type),
                nullable: match description.nullability {
                    Nullability::Nullable => Some(true),
                    Nullability::NoNulls => Some(false),
                    Nullability::Unknown => None,
                },
            });
        }
        Ok((Self { columns, limit, dialect, wide: Vec::new(), bytes: Vec::new() }, described))
    }

    /// All values of a row, column by column: drivers need not let us go back.
    pub(super) fn row(&mut self, row: &mut CursorRow<'_>) -> Result<Row, Trouble> {
        let mut values = Vec::with_capacity(self.columns.len());
        for index in 0..self.columns.len() {
            values.push(self.value(row, index)?);
        }
        Ok(values)
    }

    fn value(&mut self, row: &mut CursorRow<'_>, index: usize) -> Result<Value, Trouble> {
        let Some(&(_, reading)) = self.columns.get(index) else { return Ok(Value::Null) };
        let column = u16::try_from(index + 1).unwrap_or(u16::MAX);
        let found = match reading {
            Reading::Boolean => {
                let mut bit = Nullable::<Bit>::null();
                row.get_data(column, &mut bit)?;
                bit.into_opt().map(|bit| Value::Boolean(bit.as_bool()))
            }
            Reading::Float => {
                let mut number = Nullable::<f64>::null();
                row.get_data(column, &mut number)?;
                number.into_opt().map(Value::Float)
            }
            Reading::Real => {
                let mut number = Nullable::<f32>::null();
                row.get_data(column, &mut number)?;
                // The double with the same shortest decimal form: 0.1 stays 0.1.
                let widened = |number: f32| number.to_string().parse().unwrap_or_else(|_| f64::from(number));
                number.into_opt().map(|number| Value::Float(widened(number)))
            }
            Reading::Date => {
                let mut date = Nullable::<Date>::null();
                row.get_data(column, &mut date)?;
                date.into_opt().map(|date| Value::Date(civil_date(date)))
            }
            Reading::Timestamp => {
                let mut moment = Nullable::<Timestamp>::null();
                row.get_data(column, &mut moment)?;
                moment.into_opt().map(|moment| Value::Timestamp(civil(moment)))
            }
            Reading::Bytes => self.binary(row, column)?.map(Value::Bytes),
            Reading::Integer
            | Reading::Decimal
            | Reading::Text
            | Reading::DateText
            | Reading::Time
            | Reading::TimestampText
            | Reading::Instant
            | Reading::Uuid
            | Reading::Other => match self.text(row, column)? {
                Some(text) => Some(self.read(reading, text, index)?),
                None => None,
            },
        };
        Ok(found.unwrap_or(Value::Null))
    }

    /// Values that come as text.
    fn read(&self, reading: Reading, text: String, index: usize) -> Result<Value, Error> {
        Ok(match reading {
            Reading::Integer => match text.trim().parse() {
                Ok(number) => Value::Integer(number),
                // Beyond 64 bits, as MySQL's largest are; or text in a column of SQLite.
                Err(_) if is_decimal(text.trim()) => Value::Decimal(text.trim().to_owned()),
                Err(_) => Value::Text(text),
            },
            Reading::Decimal => {
                // Some leave the zero before the point out.
                let digits = text.trim();
                let whole = match digits.strip_prefix('-').unwrap_or(digits).strip_prefix('.') {
                    Some(fraction) => format!("{}0.{fraction}", if digits.starts_with('-') { "-" } else { "" }),
                    None => digits.to_owned(),
                };
                if is_decimal(&whole) { Value::Decimal(whole) } else { Value::Other(text) }
            }
            Reading::DateText if is_date(&text) => Value::Date(text),
            Reading::TimestampText => match Moment::parse(&text) {
                Some(moment) => Value::Timestamp(moment.to_string()),
                None => self.as_it_is(text),
            },
            Reading::DateText => self.as_it_is(text),
            Reading::Time if is_time(&text) => Value::Time(trimmed(&text)),
            Reading::Instant => match Moment::parse(&text.replacen(" +", "+", 1).replacen(" -", "-", 1)) {
                Some(moment) => Value::Timestamp(moment.to_string()),
                None => Value::Other(text),
            },
            Reading::Uuid => match uuid(&text) {
                Some((high, low)) => Value::Uuid(high, low),
                None => Value::Other(text),
            },
            Reading::Time => self.as_it_is(text),
            Reading::Other => Value::Other(text),
            _ => {
                if self.dialect == Dialect::Sqlite && text.contains('\0') {
                    return Err(unsupported(self.name(index), "text with a NUL character"));
                }
                Value::Text(text)
            }
        })
    }

    /// Text in a column of another type, which SQLite allows and others have words for.
    fn as_it_is(&self, text: String) -> Value {
        if self.dialect == Dialect::Sqlite { Value::Text(text) } else { Value::Other(text) }
    }

    fn name(&self, index: usize) -> &str {
        self.columns.get(index).map_or("", |(name, _)| name)
    }

    fn text(&mut self, row: &mut CursorRow<'_>, column: u16) -> Result<Option<String>, Trouble> {
        let mut units: Vec<u16> = Vec::new();
        let mut piece = FIRST_PIECE;
        loop {
            self.wide.clear();
            self.wide.resize(piece, 0);
            let mut cell = VarCell::<&mut [u16], WideText>::from_buffer(self.wide.as_mut_slice(), Indicator::Null);
            row.get_data(column, &mut cell)?;
            let Some(slice) = cell.as_slice() else { return Ok(None) };
            units.extend_from_slice(slice);
            if cell.is_complete() {
                break;
            }
            let missing = match cell.indicator() {
                Indicator::Length(bytes) => Some(bytes.saturating_sub(slice.len() * 2)),
                _ => None,
            };
            // And the zero at its end.
            piece = self.next_piece(column, units.len() * 2, missing)?.div_ceil(2) + 1;
        }
        let index = usize::from(column).saturating_sub(1);
        match String::from_utf16(&units) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Trouble::Value(unsupported(self.name(index), "text that is not Unicode"))),
        }
    }

    fn binary(&mut self, row: &mut CursorRow<'_>, column: u16) -> Result<Option<Vec<u8>>, Trouble> {
        let mut all: Vec<u8> = Vec::new();
        let mut piece = FIRST_PIECE;
        loop {
            self.bytes.clear();
            self.bytes.resize(piece, 0);
            let mut cell = VarCell::<&mut [u8], Binary>::from_buffer(self.bytes.as_mut_slice(), Indicator::Null);
            row.get_data(column, &mut cell)?;
            let Some(slice) = cell.as_slice() else { return Ok(None) };
            all.extend_from_slice(slice);
            if cell.is_complete() {
                return Ok(Some(all));
            }
            let missing = match cell.indicator() {
                Indicator::Length(bytes) => Some(bytes.saturating_sub(slice.len())),
                _ => None,
            };
            piece = self.next_piece(column, all.len(), missing)?.max(1);
        }
    }

    /// Bytes to read next, where so many are read and so many are missing. A driver that
    /// does not know how many are has as many as there were read already.
    fn next_piece(&self, column: u16, read: usize, missing: Option<usize>) -> Result<usize, Trouble> {
        let left = self.limit.saturating_sub(read);
        if left == 0 || missing.is_some_and(|missing| missing > left) {
            let name = self.name(usize::from(column).saturating_sub(1));
            let message = format!("column {name} of the result holds a value of more than {} bytes", self.limit);
            return Err(Trouble::Value(Error::new(Failure::LimitExceeded, message)));
        }
        Ok(missing.unwrap_or(read).min(left))
    }
}

fn unsupported(column: &str, what: &str) -> Error {
    Error::new(Failure::Unsupported, format!("column {column} of the result holds {what}"))
}

/// ODBC's name for a type.
fn type_name(data_type: DataType) -> String {
    let name = match data_type {
        DataType::Char { .. } | DataType::WChar { .. } => "char",
        DataType::Varchar { .. } | DataType::WVarchar { .. } => "varchar",
        DataType::LongVarchar { .. } | DataType::WLongVarchar { .. } => "longvarchar",
        DataType::Binary { .. } => "binary",
        DataType::Varbinary { .. } => "varbinary",
        DataType::LongVarbinary { .. } => "longvarbinary",
        DataType::Numeric { .. } => "numeric",
        DataType::Decimal { .. } => "decimal",
        DataType::Integer => "integer",
        DataType::SmallInt => "smallint",
        DataType::BigInt => "bigint",
        DataType::TinyInt => "tinyint",
        DataType::Bit => "bit",
        DataType::Float { .. } => "float",
        DataType::Real => "real",
        DataType::Double => "double",
        DataType::Date => "date",
        DataType::Time { .. } => "time",
        DataType::Timestamp { .. } => "timestamp",
        DataType::Unknown => "",
        DataType::Other { data_type, .. } => return format!("odbc {}", data_type.0),
    };
    name.to_owned()
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

/// `09:30:00.250` as `09:30:00.25`.
fn trimmed(time: &str) -> String {
    match time.split_once('.') {
        Some((_, fraction)) if !fraction.is_empty() => time.trim_end_matches('0').trim_end_matches('.').to_owned(),
        _ => time.to_owned(),
    }
}

fn civil_date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

/// RFC 3339 without an offset, with as many digits of a fraction as are needed.
fn civil(moment: Timestamp) -> String {
    let Timestamp { year, month, day, hour, minute, second, fraction } = moment;
    let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if fraction == 0 { text } else { trimmed(&format!("{text}.{fraction:09}")) }
}

/// High and low half of `01234567-89ab-cdef-8000-000000000001`.
fn uuid(text: &str) -> Option<(u64, u64)> {
    let digits: String = text.trim_matches(['{', '}']).chars().filter(|c| *c != '-').collect();
    let (high, low) = digits.split_at_checked(16).filter(|_| digits.len() == 32)?;
    Some((u64::from_str_radix(high, 16).ok()?, u64::from_str_radix(low, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reading: Reading, text: &str, expected: Value) {
        let reader = Reader {
            columns: vec![("c".into(), reading)],
            limit: 100,
            dialect: Dialect::Postgres,
            wide: Vec::new(),
            bytes: Vec::new(),
        };
        assert_eq!(reader.read(reading, text.to_owned(), 0), Ok(expected), "{text}");
    }

    #[test]
    fn values_that_come_as_text() {
        check(Reading::Integer, "-7", Value::Integer(-7));
        check(Reading::Integer, "18446744073709551615", Value::Decimal("18446744073709551615".into()));
        check(Reading::Integer, "x", Value::Text("x".into()));
        check(Reading::Decimal, "12.50", Value::Decimal("12.50".into()));
        check(Reading::Decimal, ".5", Value::Decimal("0.5".into()));
        check(Reading::Decimal, "-.5", Value::Decimal("-0.5".into()));
        check(Reading::Decimal, "NaN", Value::Other("NaN".into()));
        check(Reading::DateText, "2026-01-31", Value::Date("2026-01-31".into()));
        check(Reading::DateText, "infinity", Value::Other("infinity".into()));
        check(Reading::TimestampText, "2026-01-31 09:30:00.5", Value::Timestamp("2026-01-31T09:30:00.5".into()));
        check(Reading::TimestampText, "0000-00-00 00:00:00", Value::Other("0000-00-00 00:00:00".into()));
        check(Reading::Time, "09:30:00.250000", Value::Time("09:30:00.25".into()));
        check(Reading::Time, "09:30:00", Value::Time("09:30:00".into()));
        check(Reading::Time, "-30:00:00", Value::Other("-30:00:00".into()));
        check(Reading::Instant, "2026-01-31 09:30:00.0000000 +01:00", Value::Timestamp("2026-01-31T08:30:00Z".into()));
        check(Reading::Uuid, "01234567-89AB-cdef-8000-000000000001", Value::Uuid(0x0123_4567_89ab_cdef, 1 << 63 | 1));
        check(Reading::Uuid, "nonsense", Value::Other("nonsense".into()));
    }

    #[test]
    fn moments() {
        let moment = Timestamp { year: 2026, month: 1, day: 31, hour: 9, minute: 5, second: 0, fraction: 250_000_000 };
        assert_eq!(civil(moment), "2026-01-31T09:05:00.25");
        assert_eq!(civil(Timestamp { fraction: 0, ..moment }), "2026-01-31T09:05:00");
        assert_eq!(civil_date(Date { year: 26, month: 1, day: 2 }), "0026-01-02");
    }
}
