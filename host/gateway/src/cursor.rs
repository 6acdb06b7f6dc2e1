//! Cursors of RFC 9865: where a walk goes on, sealed so that a client can neither read
//! nor make one, and bound to the query it came from and to a time.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use patchbay_scim::ScimError;

/// Seconds for which a cursor can be used.
pub(crate) const LIFETIME: u64 = 600;
/// Along a walk the matches are counted again after so many seconds.
const COUNTED_AGAIN: u64 = 10;
/// Longest cursor that is looked at; the longest made is far shorter.
const MAX_LENGTH: usize = 8 * 1024;
const NONCE: usize = 12;

/// Where the target goes on, and what is known of all there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Continuation {
    /// The connector's own continuation.
    pub(crate) target: Vec<u8>,
    /// Number of all matches when they were last counted.
    pub(crate) total: u64,
    /// When that was, in seconds since the epoch.
    pub(crate) counted: u64,
}

impl Continuation {
    /// The number of matches, where it was counted a moment before `now`. Counting is most of
    /// what a page of a long list costs a target.
    pub(crate) fn known_total(&self, now: u64) -> Option<u64> {
        (now.saturating_sub(self.counted) < COUNTED_AGAIN).then_some(self.total)
    }
}

/// Where a walk goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Position {
    /// Where the target goes on.
    Native(Continuation),
    /// Index into what the host filtered or sorted itself.
    Index(u64),
}

impl Position {
    /// As bytes that [`Position::decode`] reads.
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Native(Continuation { target, total, counted }) => {
                [[0].as_slice(), &total.to_be_bytes(), &counted.to_be_bytes(), target].concat()
            }
            Self::Index(index) => [[1].as_slice(), &index.to_be_bytes()].concat(),
        }
    }

    /// What [`Position::encode`] made; none for other bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (0, rest) => {
                let (total, rest) = rest.split_first_chunk()?;
                let (counted, target) = rest.split_first_chunk()?;
                let (total, counted) = (u64::from_be_bytes(*total), u64::from_be_bytes(*counted));
                Some(Self::Native(Continuation { target: target.to_vec(), total, counted }))
            }
            (1, index) => Some(Self::Index(u64::from_be_bytes(index.try_into().ok()?))),
            _ => None,
        }
    }
}

/// Seals and opens the cursors of one app.
pub(crate) struct Cursors {
    cipher: ChaCha20Poly1305,
    /// A nonce is never used twice under a key; keys live as long as the process.
    sealed: AtomicU64,
}

impl std::fmt::Debug for Cursors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cursors")
    }
}

impl Cursors {
    /// With a key that no other process and no other app has.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { cipher: ChaCha20Poly1305::new(&Key::from(*key)), sealed: AtomicU64::new(0) }
    }

    /// A cursor for `position` in the walk `query`, good until [`LIFETIME`] after `now`
    /// (seconds since the epoch).
    pub(crate) fn seal(&self, now: u64, query: &str, position: &[u8]) -> Result<String, ScimError> {
        let mut plain = (now + LIFETIME).to_be_bytes().to_vec();
        plain.extend_from_slice(position);
        let mut nonce = [0; NONCE];
        for (to, from) in nonce.iter_mut().zip(self.sealed.fetch_add(1, Ordering::Relaxed).to_be_bytes()) {
            *to = from;
        }
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), Payload { msg: &plain, aad: query.as_bytes() })
            .map_err(|_| ScimError::internal("a cursor could not be sealed"))?;
        let cursor = BASE64.encode([nonce.as_slice(), &sealed].concat());
        if cursor.len() > MAX_LENGTH {
            return Err(ScimError::internal("the connector's continuation is too long for a cursor"));
        }
        Ok(cursor)
    }

    /// The position behind a cursor.
    ///
    /// # Errors
    /// invalidCursor where it is not one of this app's, or of another query;
    /// expiredCursor where its time is over.
    pub(crate) fn open(&self, now: u64, query: &str, cursor: &str) -> Result<Vec<u8>, ScimError> {
        let invalid = foreign;
        if cursor.len() > MAX_LENGTH {
            return Err(invalid());
        }
        let bytes = BASE64.decode(cursor).map_err(|_| invalid())?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or_else(invalid)?;
        let plain = self
            .cipher
            .decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: query.as_bytes() })
            .map_err(|_| invalid())?;
        let (expires, rest) = plain.split_first_chunk::<8>().ok_or_else(invalid)?;
        if u64::from_be_bytes(*expires) <= now {
            return Err(ScimError::expired_cursor("the cursor has expired; start again"));
        }
        Ok(rest.to_vec())
    }
}

/// The error for a cursor that does not belong to the query, or is none at all.
pub(crate) fn foreign() -> ScimError {
    ScimError::invalid_cursor("the cursor is not one of this query")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn check(now: u64, query: &str, change: impl Fn(String) -> String, want: Result<&[u8], &str>) {
        let cursors = Cursors::new(&[7; 32]);
        let cursor = change(cursors.seal(NOW, "User|x", &[1, 2, 3]).unwrap());
        let got = cursors.open(now, query, &cursor);
        match want {
            Ok(position) => assert_eq!(got.unwrap(), position),
            Err(scim_type) => assert_eq!(got.unwrap_err().scim_type.unwrap().as_str(), scim_type),
        }
    }

    #[test]
    fn a_cursor_is_good_for_its_query_and_its_time() {
        let same = |c: String| c;
        check(NOW, "User|x", same, Ok(&[1, 2, 3]));
        check(NOW + LIFETIME - 1, "User|x", same, Ok(&[1, 2, 3]));
        check(NOW + LIFETIME, "User|x", same, Err("expiredCursor"));
        check(NOW, "User|y", same, Err("invalidCursor"));
    }

    #[test]
    fn a_changed_cursor_is_none() {
        for at in [0, 5, 20, 30] {
            let flip = |c: String| {
                let mut bytes = c.into_bytes();
                bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
                String::from_utf8(bytes).unwrap()
            };
            check(NOW, "User|x", flip, Err("invalidCursor"));
        }
        check(NOW, "User|x", |_| String::new(), Err("invalidCursor"));
        check(NOW, "User|x", |_| "x".repeat(100_000), Err("invalidCursor"));
    }

    #[test]
    fn cursors_tell_nothing_and_never_repeat() {
        let cursors = Cursors::new(&[7; 32]);
        let position = Position::Index(5).encode();
        let (a, b) = (cursors.seal(NOW, "q", &position).unwrap(), cursors.seal(NOW, "q", &position).unwrap());
        assert_ne!(a, b);
        assert_eq!(cursors.open(NOW, "q", &a).unwrap(), position);
        assert!(Cursors::new(&[8; 32]).open(NOW, "q", &a).is_err(), "another app's key opens nothing");
    }

    #[test]
    fn positions_survive_and_nothing_else_is_one() {
        let native =
            |target: &[u8], total| Position::Native(Continuation { target: target.to_vec(), total, counted: NOW });
        for position in [native(&[], 0), native(&[1, 2], u64::MAX), Position::Index(u64::MAX)] {
            assert_eq!(Position::decode(&position.encode()), Some(position));
        }
        for bytes in [&[] as &[u8], &[0; 16], &[1], &[1, 0, 0], &[2, 0]] {
            assert_eq!(Position::decode(bytes), None, "{bytes:?}");
        }
    }
}
