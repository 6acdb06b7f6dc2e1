//! The tokens of an app, read again when the files that hold them change.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use super::Token;

/// How often the files are looked at, at most.
const EVERY: Duration = Duration::from_secs(1);

/// The tokens of an app. A change of the files takes effect within a second, for tokens
/// that are new and for those that are gone; when what is there now is no good, what was
/// there stays in use.
pub struct Tokens {
    current: RwLock<Arc<[Token]>>,
    watch: Option<Watch>,
}

/// Where tokens are read again.
struct Watch {
    files: Vec<PathBuf>,
    read: Box<Read>,
    every: Duration,
    seen: Mutex<Seen>,
}

/// A sentence for the log, without a value, where they cannot be read.
type Read = dyn Fn() -> Result<Vec<Token>, String> + Send + Sync;

/// When the files were looked at, and what tells their version from the next: time of
/// change and length.
struct Seen {
    at: Instant,
    stamps: Vec<Option<(SystemTime, u64)>>,
}

impl Tokens {
    /// These tokens, which `read` reads again when one of `files` changes.
    pub fn watching(
        tokens: Vec<Token>,
        files: Vec<PathBuf>,
        read: impl Fn() -> Result<Vec<Token>, String> + Send + Sync + 'static,
    ) -> Self {
        let seen = Mutex::new(Seen { at: Instant::now(), stamps: stamps(&files) });
        let watch = (!files.is_empty()).then(|| Watch { files, read: Box::new(read), every: EVERY, seen });
        Self { watch, ..Self::from(tokens) }
    }

    /// The tokens that count now.
    pub(super) fn current(&self) -> Arc<[Token]> {
        if let Some(fresh) = self.watch.as_ref().and_then(Watch::changed) {
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh.into();
        }
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<Vec<Token>> for Tokens {
    /// Tokens that stay as they are.
    fn from(tokens: Vec<Token>) -> Self {
        Self { current: RwLock::new(tokens.into()), watch: None }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("files", &self.watch.as_ref().map(|watch| &watch.files)).finish_non_exhaustive()
    }
}

impl Watch {
    /// The tokens, where the files are not what they were when somebody last looked.
    fn changed(&self) -> Option<Vec<Token>> {
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.at.elapsed() < self.every {
                return None;
            }
            seen.at = Instant::now();
            let now = stamps(&self.files);
            if seen.stamps == now {
                return None;
            }
            seen.stamps = now;
        }
        match (self.read)() {
            Ok(tokens) => {
                tracing::info!(target: "patchbay::auth", tokens = tokens.len(), "tokens reloaded");
                Some(tokens)
            }
            Err(reason) => {
                tracing::warn!(target: "patchbay::auth", reason, "the new tokens are not usable; the old ones stay");
                // Not settled: the next look reads them again.
                self.seen.lock().unwrap_or_else(PoisonError::into_inner).stamps.clear();
                None
            }
        }
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Option<(SystemTime, u64)>> {
    let stamp = |file: &PathBuf| {
        let metadata = std::fs::metadata(file).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    files.iter().map(stamp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[test]
    fn a_file_that_changes_counts_from_then_on() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("token");
        let read = {
            let file = file.clone();
            move || {
                let text = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
                Token::new("main", &Secret::new(text)).map(|token| vec![token])
            }
        };
        std::fs::write(&file, "first-token-1").unwrap();
        let mut tokens = Tokens::watching(read().unwrap(), vec![file.clone()], read);
        tokens.watch.as_mut().unwrap().every = Duration::ZERO;
        let check = |value: &str| {
            let expected = Token::new("main", &Secret::new(value)).unwrap();
            let current = tokens.current();
            assert!(matches!(&*current, [only] if only.same_secret(&expected)), "{value}");
        };
        check("first-token-1");
        std::fs::write(&file, "the-second-token-2").unwrap();
        check("the-second-token-2");
        // Half a file, or none, changes nothing.
        std::fs::write(&file, "short").unwrap();
        check("the-second-token-2");
        std::fs::remove_file(&file).unwrap();
        check("the-second-token-2");
        std::fs::write(&file, "and-the-third-one").unwrap();
        check("and-the-third-one");
        assert!(!format!("{tokens:?}").contains("third-one"));
    }
}
