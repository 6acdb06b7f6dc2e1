//! Where an index walk left off.
//!
//! `startIndex` paging (RFC 7644 section 3.4.2.4) costs a target more with every page,
//! because it has to step over all rows before. A client that walks page by page asks
//! for exactly the index at which the page before ended; the continuation of that page
//! is kept here for a while, so that the walk costs the same on every page. A client
//! that jumps, or comes back late, pays for the offset.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::cursor::Continuation;

/// Entries kept per app; the oldest goes first.
const CAPACITY: usize = 256;
/// Longest walk that is kept, in bytes. A client can make one as long as a request; those of
/// real clients are far shorter, and a longer one pays for its offsets.
const MAX_WALK: usize = 32 * 1024;
/// How long a walk may pause and still find its place.
const TIME_TO_LIVE: Duration = Duration::from_secs(120);

/// A walk (everything that makes its result) and the 0-based index it goes on at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) walk: String,
    pub(crate) index: u64,
}

/// Continuations by place.
#[derive(Debug, Default)]
pub(crate) struct Bookmarks {
    entries: Mutex<HashMap<Place, (Instant, Continuation)>>,
}

impl Bookmarks {
    /// Remembers that the page at `place` goes on with `continuation`.
    pub(crate) fn put(&self, now: Instant, place: Place, continuation: Continuation) {
        if place.walk.len() > MAX_WALK {
            return;
        }
        let Ok(mut entries) = self.entries.lock() else { return };
        if entries.len() >= CAPACITY && !entries.contains_key(&place) {
            entries.retain(|_, (made, _)| now.saturating_duration_since(*made) < TIME_TO_LIVE);
            if entries.len() >= CAPACITY
                && let Some(oldest) = entries.iter().min_by_key(|(_, (made, _))| *made).map(|(place, _)| place.clone())
            {
                entries.remove(&oldest);
            }
        }
        entries.insert(place, (now, continuation));
    }

    /// The continuation for `place`, if it is still fresh.
    pub(crate) fn get(&self, now: Instant, place: &Place) -> Option<Continuation> {
        let entries = self.entries.lock().ok()?;
        let (made, continuation) = entries.get(place)?;
        (now.saturating_duration_since(*made) < TIME_TO_LIVE).then(|| continuation.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(index: u64) -> Place {
        Place { walk: "User||".into(), index }
    }

    fn goes_on(at: u8) -> Continuation {
        Continuation { target: vec![at], total: 9, counted: 0 }
    }

    #[test]
    fn finds_the_place_until_it_is_stale() {
        let (bookmarks, start) = (Bookmarks::default(), Instant::now());
        bookmarks.put(start, place(100), goes_on(1));
        assert_eq!(bookmarks.get(start, &place(100)), Some(goes_on(1)));
        assert_eq!(bookmarks.get(start, &place(200)), None);
        assert_eq!(bookmarks.get(start + TIME_TO_LIVE, &place(100)), None);
    }

    #[test]
    fn long_walks_are_not_kept() {
        let (bookmarks, now) = (Bookmarks::default(), Instant::now());
        for (length, kept) in [(MAX_WALK, true), (MAX_WALK + 1, false)] {
            let place = Place { walk: "x".repeat(length), index: 1 };
            bookmarks.put(now, place.clone(), goes_on(1));
            assert_eq!(bookmarks.get(now, &place).is_some(), kept);
        }
    }

    #[test]
    fn forgets_the_oldest_first() {
        let (bookmarks, start) = (Bookmarks::default(), Instant::now());
        for index in 0..=CAPACITY as u64 {
            bookmarks.put(start + Duration::from_millis(index), place(index), goes_on(0));
        }
        let now = start + Duration::from_secs(1);
        assert_eq!(bookmarks.get(now, &place(0)), None);
        assert!(bookmarks.get(now, &place(1)).is_some());
        assert!(bookmarks.get(now, &place(CAPACITY as u64)).is_some());
    }
}
