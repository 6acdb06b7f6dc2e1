//! Text that nobody but the target is to see.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use zeroize::Zeroizing;

/// Text that nobody but the target is to see: a password on its way there. Its `Debug` shows
/// nothing, and the last clone wipes it. Two are equal when they are the same one.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Keeps `text`.
    pub fn new(text: Zeroizing<String>) -> Self {
        Self(Arc::new(text))
    }

    /// One that holds nothing: what stands in for a secret that somebody claims to have.
    pub fn nothing() -> Self {
        Self::new(Zeroizing::default())
    }

    /// The text, without a copy. For whoever hands it to the target.
    pub fn shared(&self) -> Arc<Zeroizing<String>> {
        Arc::clone(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Secret {}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_nothing_and_equals_itself_alone() {
        let secret = Secret::new(Zeroizing::new("hunter2".to_owned()));
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        assert_eq!(secret, secret.clone());
        assert_ne!(secret, Secret::new(Zeroizing::new("hunter2".to_owned())));
        assert_eq!(secret.shared().as_str(), "hunter2");
    }
}
