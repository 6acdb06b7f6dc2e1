//! Ids of entries that changed, to be told page by page.

use std::collections::{HashMap, VecDeque};

use patchbay_connector::Error;
use serde::{Deserialize, Serialize};

use super::token;
use crate::guid;

/// Most ids that one look at the directory may bring: 5 MB of a token.
pub(super) const MOST: usize = 250_000;

/// An id. Most are UUIDs, which take less room as bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Id {
    Uuid([u8; 16]),
    Text(String),
}

impl Id {
    fn new(uid: &str) -> Self {
        match guid::network_to_bytes(uid) {
            Some(bytes) if guid::network_to_text(&bytes).as_deref() == Some(uid) => Self::Uuid(bytes),
            _ => Self::Text(uid.to_owned()),
        }
    }

    fn uid(self) -> String {
        match self {
            Self::Uuid(bytes) => guid::network_to_text(&bytes).unwrap_or_default(),
            Self::Text(uid) => uid,
        }
    }
}

/// An id, and what is known of its entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Key {
    id: Id,
    /// The entry is known to be elsewhere, and was there before.
    elsewhere: bool,
}

/// Ids still to be told, each once, in the order in which they came.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Keys {
    waiting: VecDeque<Key>,
    /// Where they are, while more are added.
    #[serde(skip)]
    places: HashMap<Id, usize>,
}

impl Keys {
    /// Adds the object of this uid, which may have changed or be gone.
    pub(super) fn insert(&mut self, uid: &str) -> Result<(), Error> {
        self.push(uid, false)
    }

    /// Adds an object whose entry is not where those of the class are, and did not go there
    /// with this change: it is told only if it is one of the class all the same.
    pub(super) fn insert_elsewhere(&mut self, uid: &str) -> Result<(), Error> {
        self.push(uid, true)
    }

    fn push(&mut self, uid: &str, elsewhere: bool) -> Result<(), Error> {
        let id = Id::new(uid);
        if let Some(place) = self.places.get(&id) {
            // What says more stays so.
            if let Some(known) = self.waiting.get_mut(*place) {
                known.elsewhere &= elsewhere;
            }
            return Ok(());
        }
        if self.waiting.len() >= MOST {
            return Err(token::outgrown("more objects changed than a token can hold: read the class as a whole"));
        }
        self.places.insert(id.clone(), self.waiting.len());
        self.waiting.push_back(Key { id, elsewhere });
        Ok(())
    }

    /// Takes the next ones: uid, and whether the entry is elsewhere.
    pub(super) fn take(&mut self, limit: usize) -> Vec<(String, bool)> {
        self.places.clear();
        let count = limit.min(self.waiting.len());
        self.waiting.drain(..count).map(|key| (key.id.uid(), key.elsewhere)).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
