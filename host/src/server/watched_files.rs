//! Files that somebody else may replace while the host runs.

use std::fmt::Display;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::SystemTime;

/// Files, and what they were when they were last read.
#[derive(Debug)]
pub struct WatchedFiles {
    files: Vec<PathBuf>,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    stamps: Vec<Stamp>,
    /// Why what is there could not be used; it is read again at each look, as not everything
    /// that makes a file usable changes its stamp: its owner does not, nor its mode.
    trouble: Option<String>,
}

/// What tells one version of a file from the next: time of change and length. None for a file
/// of which they are not to be had.
type Stamp = Option<(SystemTime, u64)>;

impl WatchedFiles {
    /// Remembers what the files are now. Comes before they are read for the first time: what
    /// is replaced in between is then read again.
    pub fn new(files: Vec<PathBuf>) -> Self {
        let seen = Mutex::new(Seen { stamps: stamps(&files), trouble: None });
        Self { files, seen }
    }

    /// Whether there is a file to look at.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Calls `renew` where the files are not what they were, or could not be used. It is never
    /// under way twice at a time, so that what is read last is what stays; who comes meanwhile
    /// does not wait.
    ///
    /// # Errors
    /// That of `renew`, once for each version of the files and each reason.
    pub(super) fn look<E: Display>(&self, renew: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let mut seen = match self.seen.try_lock() {
            Ok(seen) => seen,
            // A reading that panicked left all as it was, and is made up for.
            Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        let now = stamps(&self.files);
        let same = seen.stamps == now;
        if same && seen.trouble.is_none() {
            return Ok(());
        }
        let outcome = renew();
        seen.stamps = now;
        let trouble = outcome.as_ref().err().map(ToString::to_string);
        let told = same && trouble == seen.trouble;
        seen.trouble = trouble;
        if told { Ok(()) } else { outcome }
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Stamp> {
    let stamp = |file: &PathBuf| {
        let metadata = std::fs::metadata(file).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    files.iter().map(stamp).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_cannot_be_used_is_read_until_it_can_and_told_once() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        std::fs::write(&file, "1").unwrap();
        let watched = WatchedFiles::new(vec![file.clone()]);
        // Replaced before it was read for the first time.
        std::fs::write(&file, "22").unwrap();
        let read = Cell::new(0);
        let look = |outcome: Result<(), &'static str>| {
            watched.look(|| {
                read.set(read.get() + 1);
                outcome
            })
        };
        let check = |given, reads: usize, told| {
            let before = read.get();
            assert_eq!((look(given), read.get() - before), (told, reads), "{given:?}");
        };
        check(Ok(()), 1, Ok(()));
        check(Ok(()), 0, Ok(()));
        std::fs::write(&file, "333").unwrap();
        check(Err("denied"), 1, Err("denied"));
        check(Err("denied"), 1, Ok(()));
        check(Err("no key"), 1, Err("no key"));
        std::fs::write(&file, "4444").unwrap();
        check(Err("no key"), 1, Err("no key"));
        check(Ok(()), 1, Ok(()));
        check(Ok(()), 0, Ok(()));
        std::fs::remove_file(&file).unwrap();
        check(Err("gone"), 1, Err("gone"));
        check(Err("gone"), 1, Ok(()));
    }

    #[test]
    fn a_reading_that_panics_is_made_up_for() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        let watched = WatchedFiles::new(vec![file.clone()]);
        std::fs::write(&file, "1").unwrap();
        std::thread::scope(|threads| {
            let panicking = threads.spawn(|| watched.look(|| -> Result<(), &str> { panic!("a bug of the reader") }));
            assert!(panicking.join().is_err());
        });
        assert_eq!(watched.look(|| Err("read again")), Err("read again"));
    }

    #[test]
    fn one_at_a_time_reads_and_nobody_waits_for_it() {
        let watched = WatchedFiles::new(Vec::new());
        assert!(watched.is_empty());
        watched.seen.lock().unwrap().trouble = Some("denied".to_owned());
        let mut inner = Ok(());
        let outer = watched.look(|| {
            inner = watched.look(|| Err("read twice"));
            Ok::<_, &str>(())
        });
        assert_eq!((outer, inner), (Ok(()), Ok(())));
    }
}
