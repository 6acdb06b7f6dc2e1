//! Exact decimals as text.

use std::cmp::Ordering;

/// Longest decimal that is taken, in characters.
const MAX_LENGTH: usize = 128;

/// The shortest way to write a decimal: no plus sign, no leading or trailing zeros. None
/// for what is no plain decimal (an exponent, `NaN`, nothing at all).
pub fn canonical(text: &str) -> Option<String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() > MAX_LENGTH || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let mut canonical = String::with_capacity(text.len());
    if negative && !(whole.is_empty() && fraction.is_empty()) {
        canonical.push('-');
    }
    canonical.push_str(if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        canonical.push('.');
        canonical.push_str(fraction);
    }
    Some(canonical)
}

/// The integer that a canonical decimal is; an order where it is whole but lies beyond
/// 64 bits on that side, none where it has a fraction.
pub fn integer(canonical: &str) -> Result<i64, Option<Ordering>> {
    if canonical.contains('.') {
        return Err(None);
    }
    canonical.parse().map_err(|_| Some(if canonical.starts_with('-') { Ordering::Less } else { Ordering::Greater }))
}

/// Whether a canonical decimal has no more digits than these before and behind the point.
pub fn has_at_most(canonical: &str, whole: u16, fraction: u16) -> bool {
    let digits = canonical.trim_start_matches('-');
    let (before, behind) = digits.split_once('.').unwrap_or((digits, ""));
    // A lone zero before the point is not stored.
    before.trim_start_matches('0').len() <= usize::from(whole) && behind.len() <= usize::from(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_is_the_shortest_form() {
        for (text, expected) in [
            ("0", Some("0")),
            ("-0.0", Some("0")),
            ("007.100", Some("7.1")),
            ("-12.5", Some("-12.5")),
            ("0.5", Some("0.5")),
            (".5", None),
            ("5.", None),
            ("1e3", None),
            ("+1", None),
            ("NaN", None),
            ("", None),
            ("1,5", None),
        ] {
            assert_eq!(canonical(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn integers_say_where_they_do_not_fit() {
        assert_eq!(integer("42"), Ok(42));
        assert_eq!(integer("4.2"), Err(None));
        assert_eq!(integer("99999999999999999999"), Err(Some(Ordering::Greater)));
        assert_eq!(integer("-99999999999999999999"), Err(Some(Ordering::Less)));
    }
}
