//! Dates and times between RFC 3339 and the ways databases write them.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;

/// A date-time as it crosses the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// With an offset: a point in time, in UTC. Databases know it to the last moment of the
    /// year 9999, which is later than a `Timestamp` of the library goes.
    Instant(DateTime),
    /// Without: whatever the column means by it.
    Civil(DateTime),
}

impl Moment {
    /// Reads `2026-01-31T09:30:00.5+01:00`, with a space for the `T` and without an
    /// offset as well.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // Shorter is a date alone, which is no date-time.
        if text.len() < "2026-01-31T09:30".len() {
            return None;
        }
        let pieces = Pieces::parse(text).ok().filter(|pieces| pieces.time_zone_annotation().is_none())?;
        let local = DateTime::from_parts(pieces.date(), pieces.time()?);
        let Some(offset) = pieces.to_numeric_offset() else { return Some(Self::Civil(local)) };
        local.checked_sub(SignedDuration::from_secs(offset.seconds().into())).ok().map(Self::Instant)
    }

    /// In UTC, or as it stands where there is no offset.
    pub(crate) fn utc(self) -> DateTime {
        match self {
            Self::Instant(at) | Self::Civil(at) => at,
        }
    }
}

impl std::fmt::Display for Moment {
    /// RFC 3339; without the offset where there is none.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Instant(utc) => write!(f, "{utc}Z"),
            Self::Civil(civil) => civil.fmt(f),
        }
    }
}

/// Whether this is an RFC 3339 full-date.
pub(crate) fn is_date(text: &str) -> bool {
    text.len() == "2026-01-31".len() && text.parse::<Date>().is_ok()
}

/// Whether this is an RFC 3339 partial-time.
pub(crate) fn is_time(text: &str) -> bool {
    text.len() >= "09:30:00".len() && !text.ends_with(['Z', 'z']) && text.parse::<Time>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str)>) {
        let moment = Moment::parse(text);
        let actual = moment.map(|moment| (moment.to_string(), moment.utc().to_string()));
        assert_eq!(actual, expected.map(|(a, b)| (a.to_owned(), b.to_owned())), "{text}");
    }

    #[test]
    fn moments() {
        check("2026-01-31T09:30:00Z", Some(("2026-01-31T09:30:00Z", "2026-01-31T09:30:00")));
        check("2026-01-31T09:30:00.250+01:00", Some(("2026-01-31T08:30:00.25Z", "2026-01-31T08:30:00.25")));
        check("2026-01-31 09:30:00", Some(("2026-01-31T09:30:00", "2026-01-31T09:30:00")));
        check("9999-12-31T23:59:59.999999Z", Some(("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999")));
        check("9999-12-31 23:59:59+00", Some(("9999-12-31T23:59:59Z", "9999-12-31T23:59:59")));
        check("9999-12-31T23:59:59", Some(("9999-12-31T23:59:59", "9999-12-31T23:59:59")));
        check("9999-12-31T23:59:59-01:00", None);
        check("2026-01-31", None);
        check("2026-02-31T09:30:00Z", None);
        check("yesterday at half past nine", None);
    }

    #[test]
    fn dates_and_times() {
        assert!(is_date("2026-01-31") && !is_date("2026-02-31") && !is_date("2026-1-3") && !is_date("20260131"));
        assert!(is_time("09:30:00") && is_time("09:30:00.5") && !is_time("25:00:00") && !is_time("09:30:00Z"));
    }
}
