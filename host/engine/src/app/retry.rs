//! When an operation that came to nothing is run once more, and how long to wait first.

use std::time::Duration;

use patchbay_capability::Footprint;
use patchbay_contract::{Error, ErrorKind};

/// Longest first pause; each further one may be twice as long.
const FIRST: Duration = Duration::from_millis(20);

/// Whether `error` is worth another run, and that run safe: the connector says that it lost
/// against others, or the host has seen its connection break; and the host itself has seen
/// that nothing was written.
pub(super) fn worthwhile(error: &Error, footprint: &Footprint) -> bool {
    let setback = match error.kind {
        ErrorKind::Contention => true,
        ErrorKind::Unavailable => footprint.lost_connection(),
        _ => false,
    };
    setback && !footprint.may_have_written()
}

/// The pause before run number `run` (0 is the first repetition): at least half of its
/// length, and as much more as `random` says, so that two who met do not meet again.
pub(super) fn pause(run: u32, random: u32) -> Duration {
    let longest = FIRST.saturating_mul(1 << run.min(6));
    longest / 2 + (longest / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// Randomness for [`pause`]. Without any, the pauses are all alike, which costs time only.
pub(super) fn random() -> u32 {
    getrandom::u32().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_within_bounds() {
        for (run, random, millis) in
            [(0, 0, 10), (0, u32::MAX, 20), (1, 0, 20), (1, u32::MAX, 40), (2, u32::MAX / 2, 60), (99, u32::MAX, 1280)]
        {
            assert_eq!(pause(run, random).as_millis(), millis, "{run} {random}");
        }
    }
}
