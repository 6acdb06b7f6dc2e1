//! How values of the same type compare.

use std::cmp::Ordering;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use patchbay_contract::{Comparator, Value};

/// The order of two values; none where they have no order.
pub(crate) fn order(a: &Value, b: &Value, case_exact: bool) -> Option<Ordering> {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Binary(a), Value::Binary(b)) => Some(a.cmp(b)),
        (Value::Decimal(a), Value::Decimal(b)) => a.parse::<f64>().ok()?.partial_cmp(&b.parse::<f64>().ok()?),
        (Value::Timestamp(a), Value::Timestamp(b)) => Some(instant(a)?.cmp(&instant(b)?)),
        (Value::Text(a) | Value::Reference(a), Value::Text(b) | Value::Reference(b)) => {
            Some(folded(a, case_exact).cmp(&folded(b, case_exact)))
        }
        _ => None,
    }
}

/// Date and time in UTC, to the end of the year 9999.
fn instant(text: &str) -> Option<DateTime> {
    let pieces = Pieces::parse(text).ok()?;
    let offset = pieces.to_numeric_offset()?.seconds();
    let local = DateTime::from_parts(pieces.date(), pieces.time()?);
    local.checked_sub(SignedDuration::from_secs(offset.into())).ok()
}

/// Whether `a operator b`.
pub(crate) fn holds(a: &Value, operator: Comparator, b: &Value, case_exact: bool) -> bool {
    let ordered = |wanted: fn(Ordering) -> bool| order(a, b, case_exact).is_some_and(wanted);
    let parts = |wanted: fn(&str, &str) -> bool| match (a, b) {
        (Value::Text(a), Value::Text(b)) => wanted(&folded(a, case_exact), &folded(b, case_exact)),
        _ => false,
    };
    match operator {
        Comparator::Equal => ordered(Ordering::is_eq),
        Comparator::NotEqual => !ordered(Ordering::is_eq),
        Comparator::Greater => ordered(Ordering::is_gt),
        Comparator::GreaterOrEqual => ordered(Ordering::is_ge),
        Comparator::Less => ordered(Ordering::is_lt),
        Comparator::LessOrEqual => ordered(Ordering::is_le),
        Comparator::Contains => parts(|a, b| a.contains(b)),
        Comparator::StartsWith => parts(|a, b| a.starts_with(b)),
        Comparator::EndsWith => parts(|a, b| a.ends_with(b)),
    }
}

fn folded(text: &str, case_exact: bool) -> String {
    if case_exact { text.to_owned() } else { text.to_lowercase() }
}

/// A value as the record of writes shows it.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Text(s) | Value::Reference(s) | Value::Timestamp(s) | Value::Decimal(s) | Value::Json(s) => {
            s.to_lowercase()
        }
        Value::Integer(i) => i.to_string(),
        Value::Boolean(b) => b.to_string(),
        Value::Binary(b) => format!("{b:?}"),
        Value::Secret(_) => "***".to_owned(),
    }
}
