//! Medians of what was timed.

use std::time::Duration;

/// The median; the upper one of two in the middle. Zero where nothing was timed.
pub(super) fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
