//! GeneralizedTime and UTC Time (RFC 4517 sections 3.3.13 and 3.3.34).

use patchbay_connector::time::Instant;

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_MINUTE: i64 = 60 * NANOS_PER_SECOND;
const NANOS_PER_HOUR: i64 = 60 * NANOS_PER_MINUTE;

/// Reads `YYYYMMDDHH[MM[SS]]`, a fraction of the last of these, and `Z` or an offset. The
/// fraction is cut off after nanoseconds, and a leap second is the second before it.
pub fn parse(text: &str) -> Option<Instant> {
    let mut input = Input(text.as_bytes());
    let year = input.number(4)?;
    input.time(year, true)
}

/// `YYYYMMDDHHMMSSZ`, with a fraction where there is one.
pub fn format(at: Instant) -> String {
    let fraction = at.days_and_nanos().1 % NANOS_PER_SECOND;
    if fraction == 0 {
        return format!("{}Z", digits(at));
    }
    format!("{}.{}Z", digits(at), format!("{fraction:09}").trim_end_matches('0'))
}

/// `YYYYMMDDHHMMSS.tZ`: Active Directory wants a fraction, and keeps none.
pub fn format_with_tenths(at: Instant) -> String {
    let tenths = at.days_and_nanos().1 % NANOS_PER_SECOND / 100_000_000;
    format!("{}.{tenths}Z", digits(at))
}

/// Reads `YYMMDDHHMM[SS]` and `Z` or an offset. The year is one from 1950 to 2049, as
/// certificates have it (RFC 5280); so is a missing offset UTC.
pub fn parse_utc(text: &str) -> Option<Instant> {
    let mut input = Input(text.as_bytes());
    let year = input.number(2)?;
    input.time(if year < 50 { 2000 + year } else { 1900 + year }, false)
}

/// `YYMMDDHHMMSSZ`; none for a year that [`parse_utc`] would read as another one.
pub fn format_utc(at: Instant) -> Option<String> {
    let (year, _, _) = at.civil();
    let digits = digits(at);
    (1950..2050).contains(&year).then(|| digits.get(2..).map(|digits| format!("{digits}Z"))).flatten()
}

/// `YYYYMMDDHHMMSS`.
fn digits(at: Instant) -> String {
    let (year, month, day) = at.civil();
    let seconds = at.days_and_nanos().1 / NANOS_PER_SECOND;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    /// What follows the year, to the end; `general` allows hours alone and fractions, and
    /// wants a time zone.
    fn time(mut self, year: i64, general: bool) -> Option<Instant> {
        let (month, day, hour) = (self.number(2)?, self.number(2)?, self.number(2)?);
        let mut nanos = hour * NANOS_PER_HOUR;
        let mut unit = NANOS_PER_HOUR;
        let mut minute = 0;
        let mut second = 0;
        if !general || self.is_digit() {
            minute = self.number(2)?;
            unit = NANOS_PER_MINUTE;
            if self.is_digit() {
                second = self.number(2)?;
                unit = NANOS_PER_SECOND;
            }
        }
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        nanos += minute * NANOS_PER_MINUTE + second.min(59) * NANOS_PER_SECOND;
        if general && self.one_of(b".,").is_some() {
            nanos += self.fraction(unit)?;
        }
        let offset = if !general && self.0.is_empty() { 0 } else { self.offset()? };
        self.0.is_empty().then(|| Instant::of_day((year, month, day), nanos, offset)).flatten()
    }

    fn is_digit(&self) -> bool {
        self.0.first().is_some_and(u8::is_ascii_digit)
    }

    /// Exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (head, tail) = self.0.split_at_checked(digits)?;
        let mut number = 0;
        for digit in head {
            number = number * 10 + i64::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        }
        self.0 = tail;
        Some(number)
    }

    fn one_of(&mut self, any: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first().filter(|(first, _)| any.contains(first))?;
        self.0 = rest;
        Some(*first)
    }

    /// At least one digit, of which the first stands for tenths of `unit` nanoseconds.
    fn fraction(&mut self, unit: i64) -> Option<i64> {
        let end = self.0.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?;
        self.0 = rest;
        // Twelve digits of an hour are finer than a nanosecond; more would only overflow.
        let (mut number, mut scale) = (0_i128, 1_i128);
        for digit in digits.iter().take(15) {
            number = number * 10 + i128::from(digit - b'0');
            scale *= 10;
        }
        i64::try_from(number * i128::from(unit) / scale).ok()
    }

    /// Minutes east of UTC.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.one_of(b"Z+-")? {
            b'Z' => return Some(0),
            b'-' => -1,
            _ => 1,
        };
        let hours = self.number(2)?;
        let minutes = if self.is_digit() { self.number(2)? } else { 0 };
        (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(parse(text).map(Instant::to_rfc3339).as_deref(), expected, "{text}");
    }

    #[test]
    fn reads_what_the_rfc_allows() {
        check("20240229123456Z", Some("2024-02-29T12:34:56Z"));
        check("19941216103200Z", Some("1994-12-16T10:32:00Z"));
        check("199412161032Z", Some("1994-12-16T10:32:00Z"));
        check("199412161032-0500", Some("1994-12-16T15:32:00Z"));
        check("1994121610+01", Some("1994-12-16T09:00:00Z"));
        check("1994121610.25Z", Some("1994-12-16T10:15:00Z"));
        check("199412161032,5Z", Some("1994-12-16T10:32:30Z"));
        check("20240229123456.0Z", Some("2024-02-29T12:34:56Z"));
        check("20240229123456.1234567894Z", Some("2024-02-29T12:34:56.123456789Z"));
        check("2024022912.999999999999999999999999Z", Some("2024-02-29T12:59:59.999999999Z"));
        check("20161231235960Z", Some("2016-12-31T23:59:59Z"));
    }

    #[test]
    fn refuses_everything_else() {
        for text in ["", "20240229123456", "20230229123456Z", "20240229246060Z", "20240229126000Z", "2024022912.Z"] {
            check(text, None);
        }
        for text in
            ["20240229123461Z", "20240229123456Zz", "20240229123456z", "20240229123456+2400", "20240229 123456Z"]
        {
            check(text, None);
        }
        for text in ["2024022912345Z", "20240229123Z", "202402Z", "-0240229123456Z", "２０２４0229123456Z"] {
            check(text, None);
        }
    }

    #[test]
    fn writes_what_it_reads() {
        let check = |text: &str, plain: &str, tenths: &str, utc: Option<&str>| {
            let at = parse(text).expect("a time");
            assert_eq!(format(at), plain);
            assert_eq!(format_with_tenths(at), tenths);
            assert_eq!(format_utc(at).as_deref(), utc);
            assert_eq!(parse(&format(at)), Some(at));
        };
        check("20240229123456Z", "20240229123456Z", "20240229123456.0Z", Some("240229123456Z"));
        check("20240229123456.75Z", "20240229123456.75Z", "20240229123456.7Z", Some("240229123456Z"));
        check("19491231235959Z", "19491231235959Z", "19491231235959.0Z", None);
        check("19500101000000Z", "19500101000000Z", "19500101000000.0Z", Some("500101000000Z"));
    }

    #[test]
    fn short_years_are_near() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(parse_utc(text).map(Instant::to_rfc3339).as_deref(), expected, "{text}");
        };
        check("240229123456Z", Some("2024-02-29T12:34:56Z"));
        check("9412161032Z", Some("1994-12-16T10:32:00Z"));
        check("9412161032-0500", Some("1994-12-16T15:32:00Z"));
        check("4912161032", Some("2049-12-16T10:32:00Z"));
        for text in ["", "94121610Z", "940229123456Z", "2402291234567Z", "240229123456.5Z"] {
            check(text, None);
        }
    }
}
