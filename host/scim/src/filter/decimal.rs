//! Comparison of decimal numbers as text: exact, whatever their size.

use std::cmp::Ordering;

/// A JSON number as its sign and `0.DIGITS × 10^point`, the digits without zeros at
/// either end; zero has no digits.
struct Decimal {
    negative: bool,
    point: i64,
    digits: Vec<u8>,
}

impl Decimal {
    fn read(number: &str) -> Option<Self> {
        let (negative, unsigned) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number),
        };
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if all.is_empty() || !all.iter().all(u8::is_ascii_digit) {
            return None;
        }
        // An exponent beyond 64 bits is as good as the limit on its side.
        let exponent = exponent.parse().unwrap_or(if exponent.starts_with('-') { i64::MIN } else { i64::MAX });
        let start = all.iter().position(|digit| *digit != b'0').unwrap_or(all.len());
        let end = all.iter().rposition(|digit| *digit != b'0').map_or(start, |last| last + 1);
        let digits = all.get(start..end)?.to_vec();
        let point = i64::try_from(whole.len()).ok()?.saturating_sub(i64::try_from(start).ok()?);
        Some(Self { negative: negative && !digits.is_empty(), point: point.saturating_add(exponent), digits })
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

/// How two JSON numbers compare; none where one of them is none.
pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Decimal::read(a)?, Decimal::read(b)?);
    Some(match (a.negative, b.negative) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, false) => a.magnitude(&b),
        (true, true) => b.magnitude(&a),
    })
}

/// Whether a number is what the text says: that of a text of many digits is only near it.
pub(crate) fn is_same_number(text: &str, number: &serde_json::Number) -> bool {
    compare(text, &number.to_string()) == Some(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(a: &str, expected: Ordering, b: &str) {
        assert_eq!(compare(a, b), Some(expected), "{a} {b}");
        assert_eq!(compare(b, a), Some(expected.reverse()), "{b} {a}");
    }

    #[test]
    fn numbers_compare_by_value() {
        check("1", Ordering::Equal, "1.0");
        check("100", Ordering::Equal, "1e2");
        check("0.1", Ordering::Less, "0.11");
        check("-2", Ordering::Less, "1");
        check("-2", Ordering::Less, "-1.5");
        check("-0", Ordering::Equal, "0.000");
        check("9", Ordering::Less, "10");
        check("12345678901234567890123", Ordering::Greater, "12345678901234567890122.9");
        check("1e-400", Ordering::Greater, "0");
        check("1e999999999999999999999", Ordering::Greater, "1e5");
        check("0e999999999999999999999", Ordering::Less, "1");
    }
}
