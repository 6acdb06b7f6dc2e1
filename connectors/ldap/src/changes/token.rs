//! A token: version, what it belongs to, the state, and a checksum over all of it.
//!
//! It holds no secret and needs none. Whoever has it can read it (ids of entries, times,
//! cookies of the server); the checksum and the fingerprint are there so that a token which
//! was cut off, changed or taken from elsewhere is refused and never misunderstood.

use std::hash::Hasher as _;

use patchbay_connector::{Error, ErrorKind, Fault};
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use crate::dn;
use crate::plan::Class;
use crate::plan::feed::{Feed, Method};

/// Goes up whenever the encoding changes.
const VERSION: u8 = 2;
/// Longest token, as the contract has it.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of the fingerprint, and of the checksum.
const HASH: usize = 8;

/// The state as a token of this class and way.
pub(super) fn encode(class: &Class, feed: &Feed, state: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![VERSION];
    bytes.extend(fingerprint(class, feed)?);
    let mut bytes = postcard::to_extend(state, bytes).map_err(|error| broken(&error))?;
    bytes.extend(hash(&bytes));
    if bytes.len() > MAX_BYTES {
        return Err(too_large());
    }
    Ok(bytes)
}

/// The state in a token of this class and way.
pub(super) fn decode<T: for<'t> Deserialize<'t>>(class: &Class, feed: &Feed, token: &[u8]) -> Result<T, Error> {
    let (content, checksum) = token.split_last_chunk::<HASH>().ok_or_else(expired)?;
    if hash(content) != *checksum {
        return Err(expired());
    }
    let (version, content) = content.split_first().ok_or_else(expired)?;
    let (belongs, state) = content.split_first_chunk::<HASH>().ok_or_else(expired)?;
    if *version != VERSION || *belongs != fingerprint(class, feed)? {
        return Err(expired());
    }
    postcard::from_bytes(state).map_err(|_| expired())
}

/// A token that is none of this class and way.
pub(super) fn expired() -> Error {
    outgrown("the token was changed, or is of another class or of other settings for its changes")
}

/// A token that was good once: what it stands for is no longer to be had.
pub(super) fn outgrown(why: &str) -> Error {
    Error::fault(ErrorKind::TokenExpired, why)
}

/// A class of so many objects that its token cannot hold them.
pub(super) fn too_large() -> Error {
    let message = "the class has too many objects to follow them all: find its changes in another way";
    Error::fault(ErrorKind::TooMany, message)
}

/// What a token belongs to: the class by its name, place and id, and the way in which its
/// changes are found. Not what may change while the token still means the same: attributes,
/// the overlap.
fn fingerprint(class: &Class, feed: &Feed) -> Result<[u8; HASH], Error> {
    let way = match &feed.method {
        Method::DirSync(way) => (0, dn::key(&way.base), way.object_security),
        Method::Syncrepl => (1, String::new(), false),
        Method::AccessLog(way) => (2, dn::key(&way.base), false),
        Method::ChangeLog { base } => (3, dn::key(base), false),
        Method::Usn { base } => (4, dn::key(base), false),
        Method::Timestamp(way) => (5, way.attribute.clone(), false),
    };
    let own = &class.own;
    let belongs = (&own.class, dn::key(&own.base), own.scope, &own.kinds, &own.filter, &own.id.attribute, way);
    Ok(hash(&postcard::to_allocvec(&belongs).map_err(|error| broken(&error))?))
}

/// The same on every machine: tokens outlive processes.
pub(super) fn hash(bytes: &[u8]) -> [u8; HASH] {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    hasher.finish().to_le_bytes()
}

fn broken(error: &postcard::Error) -> Error {
    Error::fault(ErrorKind::Internal, "the token cannot be encoded").with_internal(error.to_string())
}
