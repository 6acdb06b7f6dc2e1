//! Results: the types of TDS to the contract's values.

use jiff::civil::{Date as CivilDate, DateTime as CivilDateTime, Time as CivilTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, Span};
use patchbay_capability::sql::{Column, Error, Failure, Row, Value};
use tiberius::numeric::Numeric;
use tiberius::time::{Date, DateTime2, DateTimeOffset, Time};
use tiberius::{ColumnData, ColumnType};

use crate::temporal::Moment;

/// Why a value cannot be read; never the value.
type Reason = &'static str;

const OUT_OF_RANGE: Reason = "a date or time out of range";
/// 2^53: from here on a double does not tell one whole number from the next.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// All values of a row.
pub(super) fn decode(row: &tiberius::Row) -> Result<Row, Error> {
    row.cells()
        .map(|(column, data)| {
            value(data, column.column_type()).map_err(|reason| {
                Error::new(Failure::Unsupported, format!("column {} of the result has {reason}", column.name()))
            })
        })
        .collect()
}

/// Columns of a result.
pub(super) fn columns(columns: &[tiberius::Column]) -> Vec<Column> {
    let column = |column: &tiberius::Column| Column {
        name: column.name().to_owned(),
        type_name: type_name(column.column_type()).to_owned(),
        nullable: None,
    };
    columns.iter().map(column).collect()
}

pub(super) fn value(data: &ColumnData<'_>, ty: ColumnType) -> Result<Value, Reason> {
    let found = match data {
        ColumnData::U8(number) => number.map(|number| Value::Integer(number.into())),
        ColumnData::I16(number) => number.map(|number| Value::Integer(number.into())),
        ColumnData::I32(number) => number.map(|number| Value::Integer(number.into())),
        ColumnData::I64(number) => number.map(Value::Integer),
        ColumnData::F32(number) => number.map(|number| Value::Float(widened(number))),
        ColumnData::F64(Some(number)) if matches!(ty, ColumnType::Money | ColumnType::Money4) => Some(money(*number)?),
        ColumnData::F64(number) => number.map(Value::Float),
        ColumnData::Bit(truth) => truth.map(Value::Boolean),
        ColumnData::String(text) => text.as_ref().map(|text| Value::Text(text.clone().into_owned())),
        ColumnData::Guid(uuid) => uuid.map(|uuid| {
            let (high, low) = uuid.as_u64_pair();
            Value::Uuid(high, low)
        }),
        ColumnData::Binary(bytes) => bytes.as_ref().map(|bytes| Value::Bytes(bytes.clone().into_owned())),
        ColumnData::Numeric(number) => number.map(|number| Value::Decimal(decimal(number))),
        ColumnData::Xml(xml) => xml.as_ref().map(|xml| Value::Text(xml.to_string())),
        ColumnData::DateTime(Some(moment)) => {
            let days = days_from(CivilDate::constant(1900, 1, 1), moment.days().into())?;
            // 1/300 of a second each, in 100 nanoseconds, rounded as the server does it.
            let ticks = (u64::from(moment.seconds_fragments()) * 100_000 + 1) / 3;
            Some(civil(days, ticks * 100)?)
        }
        ColumnData::SmallDateTime(Some(moment)) => {
            let days = days_from(CivilDate::constant(1900, 1, 1), moment.days().into())?;
            // Minutes, whatever the field is called.
            Some(civil(days, u64::from(moment.seconds_fragments()) * 60 * 1_000_000_000)?)
        }
        ColumnData::Date(Some(found)) => Some(Value::Date(date(*found)?.to_string())),
        ColumnData::Time(Some(found)) => Some(Value::Time(time(nanoseconds(*found)?)?.to_string())),
        ColumnData::DateTime2(Some(moment)) => Some(Value::Timestamp(Moment::Civil(date_time(*moment)?).to_string())),
        ColumnData::DateTimeOffset(Some(moment)) => Some(instant(*moment)?),
        ColumnData::DateTime(None)
        | ColumnData::SmallDateTime(None)
        | ColumnData::Date(None)
        | ColumnData::Time(None)
        | ColumnData::DateTime2(None)
        | ColumnData::DateTimeOffset(None) => None,
    };
    Ok(found.unwrap_or(Value::Null))
}

/// The double with the same shortest decimal form: 0.1 stays 0.1.
fn widened(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| f64::from(number))
}

/// `money` comes as a double of the driver's, with four decimals that are exact as long as
/// the number is not enormous.
fn money(number: f64) -> Result<Value, Reason> {
    let scaled = (number * 10_000.0).round();
    if scaled.abs() >= EXACT {
        return Err("an amount of money too large to be read exactly");
    }
    // Writes a whole number without a fraction, and -0 with its sign.
    let digits = format!("{:.0}", scaled.abs());
    let number: i128 = digits.parse().map_err(|_| OUT_OF_RANGE)?;
    Ok(Value::Decimal(decimal(Numeric::new_with_scale(if scaled < 0.0 { -number } else { number }, 4))))
}

/// Exact, with as many decimals as the column has.
fn decimal(number: Numeric) -> String {
    let scale = usize::from(number.scale());
    let digits = format!("{:0>width$}", number.value().unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if number.value() < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn days_from(start: CivilDate, days: i64) -> Result<CivilDate, Reason> {
    let span = Span::new().try_days(days).map_err(|_| OUT_OF_RANGE)?;
    start.checked_add(span).map_err(|_| OUT_OF_RANGE)
}

fn date(date: Date) -> Result<CivilDate, Reason> {
    days_from(CivilDate::constant(1, 1, 1), date.days().into())
}

fn nanoseconds(time: Time) -> Result<u64, Reason> {
    let unit = 9_u32.checked_sub(time.scale().into()).map(|zeros| 10_u64.pow(zeros)).ok_or(OUT_OF_RANGE)?;
    time.increments().checked_mul(unit).ok_or(OUT_OF_RANGE)
}

fn time(nanoseconds: u64) -> Result<CivilTime, Reason> {
    let nanoseconds = i64::try_from(nanoseconds).map_err(|_| OUT_OF_RANGE)?;
    CivilTime::midnight().checked_add(SignedDuration::from_nanos(nanoseconds)).map_err(|_| OUT_OF_RANGE)
}

fn civil(date: CivilDate, nanoseconds: u64) -> Result<Value, Reason> {
    let moment = CivilDateTime::from_parts(date, time(nanoseconds)?);
    Ok(Value::Timestamp(Moment::Civil(moment).to_string()))
}

fn date_time(moment: DateTime2) -> Result<CivilDateTime, Reason> {
    Ok(CivilDateTime::from_parts(date(moment.date())?, time(nanoseconds(moment.time())?)?))
}

/// The date and time of a `datetimeoffset` cross the wire in UTC; the offset is only how
/// people there write it.
fn instant(moment: DateTimeOffset) -> Result<Value, Reason> {
    if Offset::from_seconds(i32::from(moment.offset()) * 60).is_err() {
        return Err(OUT_OF_RANGE);
    }
    Ok(Value::Timestamp(Moment::Instant(date_time(moment.datetime2())?).to_string()))
}

/// As SQL Server calls it. Where the protocol does not tell types apart, the wider one.
fn type_name(ty: ColumnType) -> &'static str {
    match ty {
        ColumnType::Null => "null",
        ColumnType::Bit | ColumnType::Bitn => "bit",
        ColumnType::Int1 => "tinyint",
        ColumnType::Int2 => "smallint",
        ColumnType::Int4 => "int",
        ColumnType::Int8 | ColumnType::Intn => "bigint",
        ColumnType::Datetime4 => "smalldatetime",
        ColumnType::Float4 => "real",
        ColumnType::Float8 | ColumnType::Floatn => "float",
        ColumnType::Money => "money",
        ColumnType::Money4 => "smallmoney",
        ColumnType::Datetime | ColumnType::Datetimen => "datetime",
        ColumnType::Guid => "uniqueidentifier",
        ColumnType::Decimaln | ColumnType::Numericn => "decimal",
        ColumnType::Daten => "date",
        ColumnType::Timen => "time",
        ColumnType::Datetime2 => "datetime2",
        ColumnType::DatetimeOffsetn => "datetimeoffset",
        ColumnType::BigVarBin => "varbinary",
        ColumnType::BigVarChar => "varchar",
        ColumnType::BigBinary => "binary",
        ColumnType::BigChar => "char",
        ColumnType::NVarchar => "nvarchar",
        ColumnType::NChar => "nchar",
        ColumnType::Xml => "xml",
        ColumnType::Udt => "udt",
        ColumnType::Text => "text",
        ColumnType::Image => "image",
        ColumnType::NText => "ntext",
        ColumnType::SSVariant => "sql_variant",
    }
}

#[cfg(test)]
mod tests {
    use tiberius::time::{DateTime, SmallDateTime};

    use super::*;

    #[track_caller]
    fn check(data: ColumnData<'_>, ty: ColumnType, expected: Result<Value, Reason>) {
        assert_eq!(value(&data, ty), expected, "{data:?}");
    }

    fn decimal_of(text: &str) -> Result<Value, Reason> {
        Ok(Value::Decimal(text.into()))
    }

    fn moment(text: &str) -> Result<Value, Reason> {
        Ok(Value::Timestamp(text.into()))
    }

    #[test]
    fn numbers() {
        check(ColumnData::U8(Some(255)), ColumnType::Int1, Ok(Value::Integer(255)));
        check(ColumnData::I16(Some(-2)), ColumnType::Int2, Ok(Value::Integer(-2)));
        check(ColumnData::F32(Some(0.1)), ColumnType::Float4, Ok(Value::Float(0.1)));
        check(ColumnData::I32(None), ColumnType::Int4, Ok(Value::Null));
        check(ColumnData::Numeric(Some(Numeric::new_with_scale(-5, 2))), ColumnType::Decimaln, decimal_of("-0.05"));
        check(ColumnData::Numeric(Some(Numeric::new_with_scale(500, 0))), ColumnType::Decimaln, decimal_of("500"));
        check(ColumnData::F64(Some(429_499.729_6)), ColumnType::Money, decimal_of("429499.7296"));
        check(ColumnData::F64(Some(-0.0001)), ColumnType::Money, decimal_of("-0.0001"));
        check(ColumnData::F64(Some(0.0)), ColumnType::Money4, decimal_of("0.0000"));
        check(ColumnData::F64(Some(900_000_000_000.123_4)), ColumnType::Money, decimal_of("900000000000.1234"));
        check(
            ColumnData::F64(Some(922_337_203_685_477.6)),
            ColumnType::Money,
            Err("an amount of money too large to be read exactly"),
        );
    }

    #[test]
    fn dates_and_times() {
        check(ColumnData::DateTime(Some(DateTime::new(0, 0))), ColumnType::Datetimen, moment("1900-01-01T00:00:00"));
        check(
            ColumnData::DateTime(Some(DateTime::new(-53_690, 300))),
            ColumnType::Datetimen,
            moment("1753-01-01T00:00:01"),
        );
        let third = DateTime::new(1, 1);
        check(ColumnData::DateTime(Some(third)), ColumnType::Datetimen, moment("1900-01-02T00:00:00.0033333"));
        let two_thirds = DateTime::new(1, 2);
        check(ColumnData::DateTime(Some(two_thirds)), ColumnType::Datetimen, moment("1900-01-02T00:00:00.0066667"));
        check(
            ColumnData::SmallDateTime(Some(SmallDateTime::new(1, 570))),
            ColumnType::Datetime4,
            moment("1900-01-02T09:30:00"),
        );
        let noon = DateTime2::new(Date::new(739_646), Time::new(43_200, 0));
        check(ColumnData::DateTime2(Some(noon)), ColumnType::Datetime2, moment("2026-01-31T12:00:00"));
        let there = DateTimeOffset::new(noon, 90);
        check(ColumnData::DateTimeOffset(Some(there)), ColumnType::DatetimeOffsetn, moment("2026-01-31T12:00:00Z"));
        let never = DateTime2::new(Date::new(16_000_000), Time::new(0, 7));
        check(ColumnData::DateTime2(Some(never)), ColumnType::Datetime2, Err(OUT_OF_RANGE));
    }
}
