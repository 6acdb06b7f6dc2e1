//! A bounded set of hashes, as part of a token.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most of them: 1.6 MB of a token.
const MOST: usize = 100_000;
/// Bytes of one.
const WIDTH: usize = 16;

/// Hashes of rows that were told of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Digests(BTreeSet<u128>);

impl Digests {
    /// Adds one. Beyond the most there may be, it is forgotten, which only means that its
    /// row is told of again.
    pub(super) fn insert(&mut self, digest: u128) {
        if self.0.len() < MOST {
            self.0.insert(digest);
        }
    }

    /// Whether it is there.
    pub(super) fn contains(&self, digest: u128) -> bool {
        self.0.contains(&digest)
    }

    /// Whether no more can be added.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= MOST
    }
}

impl Serialize for Digests {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|digest| digest.to_le_bytes()).collect();
        serializer.serialize_bytes(&bytes)
    }
}

impl<'de> Deserialize<'de> for Digests {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Digests;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("hashes of 16 bytes each")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Digests, E> {
                let (digests, rest) = bytes.as_chunks::<WIDTH>();
                if !rest.is_empty() || digests.len() > MOST {
                    return Err(E::invalid_length(bytes.len(), &self));
                }
                Ok(Digests(digests.iter().map(|digest| u128::from_le_bytes(*digest)).collect()))
            }
        }

        deserializer.deserialize_bytes(Bytes).map_err(D::Error::custom)
    }
}
