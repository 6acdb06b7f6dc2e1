//! What changed at a target since a moment that a token stands for.

use crate::{Error, ErrorKind, Object, ObjectId};

/// Longest token, in bytes.
pub const MAX_TOKEN: usize = 8 * 1024 * 1024;

/// What became of one object.
#[derive(Debug, Clone, PartialEq)]
pub enum ObjectChange {
    /// It is there, new or changed: as it is now.
    Upsert(Object),
    /// It is gone, or marked as deleted.
    Delete(ObjectId),
}

impl ObjectChange {
    /// Which object.
    pub fn id(&self) -> &ObjectId {
        match self {
            Self::Upsert(object) => &object.id,
            Self::Delete(id) => id,
        }
    }
}

/// A token for who knows nothing yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// The token.
    pub token: Vec<u8>,
    /// The changes from the token begin with all objects. Else they are to be read once the
    /// token is there.
    pub complete: bool,
}

/// Some changes, and where to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangePage {
    /// In the order in which they were found; each object at most once.
    pub changes: Vec<ObjectChange>,
    /// Where to go on. To be kept only once the page was made use of.
    pub token: Vec<u8>,
    /// Whether there is more to be had now, even where the page has no changes.
    pub more: bool,
    /// The target was listened to, or what it had to tell came at once: who goes on asks
    /// again without a pause.
    pub live: bool,
}

/// The answer of a connector that cannot tell what changed.
pub(crate) fn unsupported() -> Error {
    Error::new(ErrorKind::Unsupported, "the connector cannot tell what changed")
}
