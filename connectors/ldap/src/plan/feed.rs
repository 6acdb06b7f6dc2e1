//! How the changes of a class are found, compiled.

use serde::{Deserialize, Serialize};

/// How changes are found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// The way.
    pub method: Method,
    /// Whether entries of the class are told by object classes that are structural, and by no
    /// filter of the settings, so that an entry without them never was one.
    pub fixed_kinds: bool,
}

/// Where changes are found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// The DirSync control of Active Directory.
    DirSync(DirSync),
    /// Content synchronization (RFC 4533).
    Syncrepl,
    /// The log that OpenLDAP keeps of its writes.
    AccessLog(AccessLog),
    /// The retro changelog.
    ChangeLog {
        /// Its base.
        base: String,
    },
    /// Update sequence numbers of Active Directory.
    Usn {
        /// The root of the naming context: tombstones are not where the entries were.
        base: String,
    },
    /// The time of an entry's last change.
    Timestamp(Timestamp),
}

/// What DirSync is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirSync {
    /// The root of the naming context; nothing else is allowed.
    pub base: String,
    /// See what the account may see, rather than need the right to replicate.
    pub object_security: bool,
    /// Attributes whose changes count.
    pub attributes: Vec<String>,
}

/// Where the access log is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLog {
    /// Its base.
    pub base: String,
    /// Milliseconds that a write takes at most.
    pub overlap: u64,
}

/// The attribute with the time of the last change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timestamp {
    /// The attribute.
    pub attribute: String,
    /// Milliseconds that a write takes at most, with the time until it is here.
    pub overlap: u64,
    /// Attributes in which two changes of one second differ.
    pub content: Vec<String>,
}
