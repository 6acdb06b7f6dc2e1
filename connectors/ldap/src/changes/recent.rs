//! Times at which writes began, of those that were told of and that others could still be
//! committed beside.
//!
//! A server notes when a write began, and shows it when it is done. So one that began earlier
//! may come to light later, though no later than a write takes: the overlap. Whatever is
//! read, is read from one overlap before the latest time seen, and what was told of is known
//! by its digest. All times are of the server's clock, or of clocks that it goes by.
//!
//! A clock that was wrong leaves times from the future. They count as the present by the host's
//! clock, or nothing more would be read until they come. What has one is told of as all else is,
//! and known by its digest from then on.

use std::collections::BTreeSet;

use patchbay_connector::time::Instant;
use serde::{Deserialize, Serialize};

use crate::generalized_time;

/// Most digests: 2 MB of a token. What is forgotten is told of again, and nothing else.
const MOST: usize = 100_000;
/// Added to every overlap, in microseconds: times in seconds are cut off.
const SLACK: i64 = 2_000_000;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// How far changes were read.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Recent {
    /// The latest time seen, in microseconds since 1970; none where there was nothing yet.
    mark: Option<i64>,
    /// Time and digest of what was told of since one overlap before.
    told: BTreeSet<(i64, u64)>,
}

impl Recent {
    /// From when on to read, as GeneralizedTime; none for from the beginning.
    pub(super) fn floor(&self, overlap: u64) -> Option<String> {
        self.mark.map(|mark| text(floor(mark, overlap)))
    }

    /// Takes a time that the server's clock has passed, or what it takes for one.
    pub(super) fn pass(&mut self, time: i64, now: Instant) {
        let time = time.min(of(now).unwrap_or(i64::MAX));
        self.mark = Some(self.mark.map_or(time, |mark| mark.max(time)));
    }

    /// Notes what is told of; false where it was before.
    pub(super) fn tell(&mut self, time: i64, digest: u64) -> bool {
        let is_new = !self.told.contains(&(time, digest));
        if is_new && self.has_room() {
            self.told.insert((time, digest));
        }
        is_new
    }

    /// Whether what is told of can be noted still.
    pub(super) fn has_room(&self) -> bool {
        self.told.len() < MOST
    }

    /// Forgets what will not be read again.
    pub(super) fn settle(&mut self, overlap: u64) {
        if let Some(mark) = self.mark {
            self.told = self.told.split_off(&(floor(mark, overlap), 0));
        }
    }
}

fn floor(mark: i64, overlap: u64) -> i64 {
    let overlap = i64::try_from(overlap.saturating_mul(1_000)).unwrap_or(i64::MAX);
    mark.saturating_sub(overlap).saturating_sub(SLACK)
}

/// Microseconds since 1970 of a GeneralizedTime, also where something follows it, as in the
/// number of a change (`20240229123456.123456Z#000000#...`).
pub(super) fn micros(value: &[u8]) -> Option<i64> {
    let text = str::from_utf8(value).ok()?;
    let (text, _) = text.split_once('#').unwrap_or((text, ""));
    of(generalized_time::parse(text)?)
}

fn of(at: Instant) -> Option<i64> {
    let (days, nanos) = at.days_and_nanos();
    days.checked_mul(MICROS_PER_DAY)?.checked_add(nanos / 1_000)
}

fn text(micros: i64) -> String {
    let days = micros.div_euclid(MICROS_PER_DAY);
    generalized_time::format(Instant::since_epoch(days, micros.rem_euclid(MICROS_PER_DAY) * 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        let check = |given: &str, expected: Option<&str>| {
            assert_eq!(micros(given.as_bytes()).map(text).as_deref(), expected, "{given}");
        };
        check("20240229123456.000123Z", Some("20240229123456.000123Z"));
        check("20240229123456Z", Some("20240229123456Z"));
        check("20240229123456.123456Z#000000#001#000000", Some("20240229123456.123456Z"));
        check("19691231235959.5Z", Some("19691231235959.5Z"));
        check("#", None);
    }

    #[test]
    fn what_was_told_is_known_until_it_settles() {
        let mut recent = Recent::default();
        assert_eq!((recent.mark, recent.floor(1_000)), (None, None));
        let now = Instant::EPOCH.plus(20_000);
        recent.pass(10_000_000, now);
        recent.pass(9_000_000, now);
        assert_eq!(recent.mark, Some(10_000_000));
        assert_eq!(recent.floor(1_000).as_deref(), Some("19700101000007Z"));
        assert!(recent.tell(9_000_000, 1) && recent.tell(9_000_000, 2) && !recent.tell(9_000_000, 1));
        recent.settle(1_000);
        assert!(!recent.tell(9_000_000, 1));
        recent.pass(20_000_000, now);
        recent.settle(1_000);
        assert!(recent.tell(9_000_000, 1));
    }

    #[test]
    fn a_time_from_the_future_counts_as_the_present() {
        let mut recent = Recent::default();
        let future = 20_000_000;
        recent.pass(future, Instant::EPOCH.plus(10_000));
        assert_eq!(recent.mark, Some(10_000_000));
        assert!(recent.tell(future, 1));
        recent.settle(1_000);
        assert!(!recent.tell(future, 1) && recent.tell(10_000_001, 1));
        // The clock of the host was set back: what was passed stays so.
        recent.pass(future, Instant::EPOCH);
        assert_eq!(recent.mark, Some(10_000_000));
    }

    #[test]
    fn what_cannot_be_noted_is_told_again() {
        let mut recent = Recent::default();
        let some = u64::try_from(MOST).unwrap();
        assert!((0..some).all(|digest| recent.has_room() && recent.tell(1, digest)));
        assert!(!recent.has_room());
        assert!(recent.tell(1, some) && recent.tell(1, some) && !recent.tell(1, 0));
    }
}
