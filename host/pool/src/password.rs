//! The password of a login, which may change while the host runs.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Event, Protocol};

/// Reads a password when a connection is opened: from a file that somebody else keeps
/// current. Its `Debug` shows nothing.
#[derive(Clone)]
pub struct PasswordSource(Arc<Read>);

/// A sentence for the log that names the source, never the value, where it cannot be read.
type Read = dyn Fn() -> Result<String, String> + Send + Sync;

impl PasswordSource {
    /// A source that `read` reads. It may block, and runs where that does no harm.
    pub fn new(read: impl Fn() -> Result<String, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
}

impl fmt::Debug for PasswordSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordSource(***)")
    }
}

impl PartialEq for PasswordSource {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for PasswordSource {}

/// The password in use, and where a newer one may be found.
pub struct Credentials {
    /// The one that was last let in, or that the options brought.
    known: Mutex<Option<String>>,
    source: Option<PasswordSource>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("source", &self.source).finish_non_exhaustive()
    }
}

impl Credentials {
    /// A password to begin with, and where to look for a newer one; neither means to log in
    /// without.
    pub fn new(password: Option<String>, source: Option<PasswordSource>) -> Self {
        Self { known: Mutex::new(password), source }
    }

    /// What to log in with, in the order to try: what the source says now, then what was let
    /// in before, as the two sides of a change are not made at the same moment. Without
    /// any password, one attempt without.
    pub async fn candidates<P: Protocol>(&self) -> Vec<Option<String>> {
        let known = self.known().clone();
        let Some(PasswordSource(read)) = self.source.clone() else { return vec![known] };
        match tokio::task::spawn_blocking(move || read()).await {
            Ok(Ok(fresh)) if known.as_ref() == Some(&fresh) => vec![known],
            Ok(Ok(fresh)) => std::iter::once(Some(fresh)).chain(known.map(Some)).collect(),
            Ok(Err(reason)) => {
                P::log(&Event::PasswordUnreadable(reason));
                vec![known]
            }
            // The runtime is on its way out.
            Err(_) => vec![known],
        }
    }

    /// This one was let in.
    pub fn accepted<P: Protocol>(&self, password: &Option<String>) {
        let mut known = self.known();
        if *known != *password {
            P::log(&Event::PasswordChanged);
            known.clone_from(password);
        }
    }

    /// The one that was last let in.
    pub fn current(&self) -> Option<String> {
        self.known().clone()
    }

    fn known(&self) -> MutexGuard<'_, Option<String>> {
        // A panic elsewhere leaves a whole value.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Script;

    #[tokio::test]
    async fn the_newest_is_tried_first_and_the_last_good_one_after_it() {
        let file = Arc::new(Mutex::new(Ok("one".to_owned())));
        let source = PasswordSource::new({
            let file = Arc::clone(&file);
            move || file.lock().unwrap().clone()
        });
        assert!(!format!("{source:?}").contains("one"));
        let credentials = Credentials::new(Some("one".into()), Some(source));
        let check = async |expected: &[&str]| {
            let found: Vec<_> = credentials.candidates::<Script>().await.into_iter().flatten().collect();
            assert_eq!(found, expected);
        };
        check(&["one"]).await;
        *file.lock().unwrap() = Ok("two".into());
        check(&["two", "one"]).await;
        credentials.accepted::<Script>(&Some("two".into()));
        check(&["two"]).await;
        *file.lock().unwrap() = Err("gone".into());
        check(&["two"]).await;
        assert_eq!(Credentials::new(None, None).candidates::<Script>().await, [None]);
    }
}
