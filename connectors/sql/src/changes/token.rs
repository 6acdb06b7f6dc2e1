//! A token: version, what it belongs to, the state, and a checksum over all of it.
//!
//! It holds no secret and needs none. Whoever has it can read it (ids of objects, times and
//! hashes); the checksum and the fingerprint are there so that a token which was cut off,
//! changed or taken from elsewhere is refused and never misunderstood.

use std::hash::Hasher as _;

use patchbay_connector::{Error, ErrorKind, Fault};
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use crate::plan::feed::{Feed, Marks, Method, Range};
use crate::plan::{Class, Column, KeyPart};

/// Goes up whenever the encoding changes.
const VERSION: u8 = 1;
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
        return Err(too_large(bytes.len()));
    }
    Ok(bytes)
}

/// The state in a token of this class and way.
pub(super) fn decode<'t, T: Deserialize<'t>>(class: &Class, feed: &Feed, token: &'t [u8]) -> Result<T, Error> {
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

/// A token that is none of this class and way, or one that the target has outgrown.
pub(super) fn expired() -> Error {
    Error::fault(
        ErrorKind::TokenExpired,
        "the token was changed, or is of another class or of other settings for its changes",
    )
}

/// A token that was good once: what it stands for is no longer to be had.
pub(super) fn outgrown(why: &str) -> Error {
    Error::fault(ErrorKind::TokenExpired, why)
}

/// A class of so many objects that its token cannot hold them.
pub(super) fn too_large(bytes: usize) -> Error {
    let message = "the class has too many objects to compare them all: find its changes in another way";
    let detail = format!("the token would have more than {MAX_BYTES} bytes, at least {bytes}");
    Error::fault(ErrorKind::TooMany, message).with_internal(detail)
}

/// Whether so many bytes are more than a token may have.
pub(super) fn is_too_large(bytes: usize) -> bool {
    bytes > MAX_BYTES
}

/// What a token belongs to: the class by its name, table and key, and the way in which its
/// changes are found. Not what may change while the token still means the same: other
/// columns, lengths, the overlap.
fn fingerprint(class: &Class, feed: &Feed) -> Result<[u8; HASH], Error> {
    let names = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    let key: Vec<(String, KeyPart)> = class.key.iter().map(|part| (part.name.clone(), KeyPart::of(part))).collect();
    let way = match &feed.method {
        Method::Marks(Marks { table, history, mark, scale, row, key, fixed, .. }) => {
            postcard::to_allocvec(&(0, table, history, &mark.name, scale, names(row), names(key), fixed))
        }
        Method::Range(Range::Transaction) => postcard::to_allocvec(&1),
        Method::Range(Range::Rowversion(column)) => postcard::to_allocvec(&(2, &column.name)),
        Method::Range(Range::Tracking) => postcard::to_allocvec(&3),
        Method::Snapshot => postcard::to_allocvec(&4),
    };
    let way = way.map_err(|error| broken(&error))?;
    let belongs = postcard::to_allocvec(&(&class.name, &class.table, key, feed.deletes, way));
    Ok(hash(&belongs.map_err(|error| broken(&error))?))
}

/// The same on every machine: tokens outlive processes.
fn hash(bytes: &[u8]) -> [u8; HASH] {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    hasher.finish().to_le_bytes()
}

fn broken(error: &postcard::Error) -> Error {
    Error::fault(ErrorKind::Internal, "the token cannot be encoded").with_internal(error.to_string())
}
