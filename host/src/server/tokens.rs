//! The tokens of an app, read again when the files that hold them change.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::{Token, WatchedFiles};

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
    files: WatchedFiles,
    read: Box<Read>,
    every: Duration,
    /// When somebody last looked.
    looked: Mutex<Instant>,
}

/// A sentence for the log, without a value, where they cannot be read.
type Read = dyn Fn() -> Result<Vec<Token>, String> + Send + Sync;

impl Tokens {
    /// These tokens, which `read` reads again when one of `files` changes. The files have been
    /// watched since before the tokens were read.
    pub fn watching(
        tokens: Vec<Token>,
        files: WatchedFiles,
        read: impl Fn() -> Result<Vec<Token>, String> + Send + Sync + 'static,
    ) -> Self {
        let looked = Mutex::new(Instant::now());
        let watch = (!files.is_empty()).then(|| Watch { files, read: Box::new(read), every: EVERY, looked });
        Self { watch, ..Self::from(tokens) }
    }

    /// The tokens that count now.
    pub(crate) fn current(&self) -> Arc<[Token]> {
        if let Some(watch) = self.watch.as_ref().filter(|watch| watch.is_time()) {
            self.look(watch);
        }
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads them again if the files are not what they were, or could not be used.
    fn look(&self, watch: &Watch) {
        let renewed = watch.files.look(|| {
            let fresh = (watch.read)()?;
            tracing::info!(target: "patchbay::auth", tokens = fresh.len(), "tokens reloaded");
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh.into();
            Ok::<_, String>(())
        });
        if let Err(reason) = renewed {
            tracing::warn!(target: "patchbay::auth", reason, "the new tokens are not usable; the old ones stay");
        }
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
    /// Whether nobody has looked for long enough; if so, it counts as a look.
    fn is_time(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = looked.elapsed() >= self.every;
        if is_time {
            *looked = Instant::now();
        }
        is_time
    }
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
        std::fs::write(&file, "zeroth-token-0").unwrap();
        let files = WatchedFiles::new(vec![file.clone()]);
        let zeroth = read().unwrap();
        // While everything else starts.
        std::fs::write(&file, "first-token-1").unwrap();
        let mut tokens = Tokens::watching(zeroth, files, read);
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
