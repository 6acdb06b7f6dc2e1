//! Points in time: RFC 3339 on the contract's side, other shapes on the target's.

use serde::{Deserialize, Serialize};

/// A point in time in UTC, to the nanosecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Instant {
    /// Days since 1970-01-01.
    days: i64,
    /// Nanoseconds of the day.
    nanos: i64,
}

const NANOS_PER_MINUTE: i64 = 60_000_000_000;
const NANOS_PER_DAY: i64 = 24 * 60 * NANOS_PER_MINUTE;

impl Instant {
    /// The beginning of 1970.
    pub const EPOCH: Self = Self { days: 0, nanos: 0 };

    /// A moment of a day of the Gregorian calendar, so many nanoseconds after its start and
    /// on a clock so many minutes east of UTC; none where there is no such day. What is
    /// outside that day counts on.
    pub fn of_day((year, month, day): (i64, i64, i64), nanos: i64, offset: i64) -> Option<Self> {
        let nanos = nanos - offset * NANOS_PER_MINUTE;
        let days = days_from_civil(year, month, day)? + nanos.div_euclid(NANOS_PER_DAY);
        Some(Self { days, nanos: nanos.rem_euclid(NANOS_PER_DAY) })
    }

    /// So many days, and nanoseconds of a day, after the beginning of 1970.
    pub fn since_epoch(days: i64, nanos: i64) -> Self {
        Self { days: days.saturating_add(nanos.div_euclid(NANOS_PER_DAY)), nanos: nanos.rem_euclid(NANOS_PER_DAY) }
    }

    /// Days since the beginning of 1970, and nanoseconds of the day.
    pub fn days_and_nanos(self) -> (i64, i64) {
        (self.days, self.nanos)
    }

    /// Year, month and day in UTC.
    pub fn civil(self) -> (i64, i64, i64) {
        civil_from_days(self.days)
    }

    /// Reads `YYYY-MM-DD`, or that with `T` or a space, `hh:mm`, optionally `:ss`, a
    /// fraction, and `Z` or an offset (`+hh:mm`, `+hhmm`, `+hh`). Without an offset it is
    /// UTC. None for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut input = Input(text.as_bytes());
        let year = input.number(4)?;
        input.expect(b"-")?;
        let month = input.number(2)?;
        input.expect(b"-")?;
        let day = input.number(2)?;
        let date = (year, month, day);
        if input.0.is_empty() {
            return Self::of_day(date, 0, 0);
        }
        input.expect(b"Tt ")?;
        let hour = input.number(2)?;
        input.expect(b":")?;
        let minute = input.number(2)?;
        let mut nanos = (hour * 60 + minute) * NANOS_PER_MINUTE;
        let mut second = 0;
        if input.expect(b":").is_some() {
            second = input.number(2)?;
            // A leap second counts as the second before it: no database here stores one.
            nanos += second.min(59) * 1_000_000_000;
            if input.expect(b".,").is_some() {
                nanos += input.fraction()?;
            }
        }
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let offset = input.offset()?;
        if !input.0.is_empty() {
            return None;
        }
        Self::of_day(date, nanos, offset)
    }

    /// RFC 3339 in UTC, with as many digits of a fraction as are needed.
    pub fn to_rfc3339(self) -> String {
        let (year, month, day) = civil_from_days(self.days);
        let seconds = self.nanos / 1_000_000_000;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let fraction = self.nanos % 1_000_000_000;
        let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        if fraction != 0 {
            let digits = format!("{fraction:09}");
            text.push('.');
            text.push_str(digits.trim_end_matches('0'));
        }
        text.push('Z');
        text
    }

    /// `YYYY-MM-DD hh:mm:ss.mmm` in UTC, cut off after the milliseconds.
    pub fn to_sql(self) -> String {
        let (year, month, day) = civil_from_days(self.days);
        let milliseconds = self.nanos / 1_000_000;
        let (seconds, fraction) = (milliseconds / 1_000, milliseconds % 1_000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{fraction:03}")
    }

    /// So many milliseconds later, or earlier where there are less than none.
    #[must_use]
    pub fn plus(self, milliseconds: i64) -> Self {
        let nanos = self.nanos + milliseconds % (NANOS_PER_DAY / 1_000_000) * 1_000_000;
        let days = self.days + milliseconds / (NANOS_PER_DAY / 1_000_000) + nanos.div_euclid(NANOS_PER_DAY);
        Self { days, nanos: nanos.rem_euclid(NANOS_PER_DAY) }
    }

    /// Milliseconds since 1970-01-01.
    pub fn milliseconds(self) -> i64 {
        self.days.saturating_mul(NANOS_PER_DAY / 1_000_000).saturating_add(self.nanos / 1_000_000)
    }

    /// The day in UTC, and whether the point in time is its start.
    pub fn date(self) -> (String, bool) {
        let (year, month, day) = civil_from_days(self.days);
        (format!("{year:04}-{month:02}-{day:02}"), self.nanos == 0)
    }
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    /// Exactly `digits` digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (head, tail) = self.0.split_at_checked(digits)?;
        let mut number = 0_i64;
        for digit in head {
            number = number * 10 + i64::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        }
        self.0 = tail;
        Some(number)
    }

    /// One of these bytes.
    fn expect(&mut self, any: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        any.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// At least one digit after the point, in nanoseconds; finer ones are cut off.
    fn fraction(&mut self) -> Option<i64> {
        let mut nanos = 0;
        let mut unit = 100_000_000;
        let mut digits = 0;
        while let Some((digit, rest)) = self.0.split_first().filter(|(digit, _)| digit.is_ascii_digit()) {
            nanos += i64::from(digit - b'0') * unit;
            unit /= 10;
            digits += 1;
            self.0 = rest;
        }
        (digits > 0).then_some(nanos)
    }

    /// Minutes east of UTC; nothing means none.
    fn offset(&mut self) -> Option<i64> {
        if self.0.is_empty() || self.expect(b"Zz").is_some() {
            return Some(0);
        }
        let sign = if self.expect(b"+-")? == b'-' { -1 } else { 1 };
        let hours = self.number(2)?;
        self.expect(b":");
        let minutes = if self.0.is_empty() { 0 } else { self.number(2)? };
        (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
    }
}

/// Days since 1970-01-01 of a day in the Gregorian calendar; none where there is no such
/// day. Counts in eras of 400 years, which all have the same number of days.
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    // A year that starts in March has its leap day last.
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(Instant::parse(text).map(Instant::to_rfc3339).as_deref(), expected, "{text}");
    }

    #[test]
    fn reads_the_shapes_databases_have() {
        check("2024-02-29T12:34:56Z", Some("2024-02-29T12:34:56Z"));
        check("2024-02-29 12:34:56", Some("2024-02-29T12:34:56Z"));
        check("2024-02-29", Some("2024-02-29T00:00:00Z"));
        check("2024-02-29T12:34", Some("2024-02-29T12:34:00Z"));
        check("2024-02-29T12:34:56.120000+02:00", Some("2024-02-29T10:34:56.12Z"));
        check("2024-12-31 23:30:00-01", Some("2025-01-01T00:30:00Z"));
        check("2024-01-01T00:15:00+0130", Some("2023-12-31T22:45:00Z"));
        check("1900-03-01T00:00:00Z", Some("1900-03-01T00:00:00Z"));
        check("2016-12-31T23:59:60Z", Some("2016-12-31T23:59:59Z"));
    }

    #[test]
    fn refuses_what_is_no_point_in_time() {
        for text in ["", "x", "2023-02-29", "1900-02-29", "2024-13-01", "2024-01-01T24:00:00Z", "2024-01-01T00:00:61Z"]
        {
            check(text, None);
        }
        for text in ["2024-01-01T", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00Zz", "+2024-01-01", "infinity"] {
            check(text, None);
        }
    }

    #[test]
    fn time_is_added_across_days() {
        let check = |milliseconds: i64, expected: &str| {
            let start = Instant::parse("2024-03-01T00:00:00.5Z").expect("a point in time");
            let end = start.plus(milliseconds);
            assert_eq!(end.to_rfc3339(), expected);
            assert_eq!(end.milliseconds() - start.milliseconds(), milliseconds);
        };
        check(0, "2024-03-01T00:00:00.5Z");
        let start = Instant::parse("2024-03-01T00:00:00.56789Z").expect("a point in time");
        assert_eq!(start.to_sql(), "2024-03-01 00:00:00.567");
        check(-501, "2024-02-29T23:59:59.999Z");
        check(86_400_000, "2024-03-02T00:00:00.5Z");
        check(-86_400_000 * 366 - 1_000, "2023-02-28T23:59:59.5Z");
    }

    #[test]
    fn every_day_of_two_eras_is_itself_again() {
        for days in -200_000..100_000 {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), Some(days));
        }
    }
}
