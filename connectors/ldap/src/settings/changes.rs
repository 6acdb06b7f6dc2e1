//! How changes of a class are found.

use crate::vendor::Feed;

/// What `changes` says of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// They are not.
    None,
    /// In one way.
    By(Way),
}

/// A way to find changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The method.
    pub method: Feed,
    /// Base of the log, or root of the naming context.
    pub base: Option<String>,
    /// Milliseconds that a write takes at most.
    pub overlap: Option<u64>,
    /// DirSync: see what the account may see, rather than need the right to replicate.
    pub object_security: bool,
}

/// Methods by their names in settings.
pub const METHODS: [(&str, Feed); 6] = [
    ("dirsync", Feed::DirSync),
    ("syncrepl", Feed::Syncrepl),
    ("accesslog", Feed::AccessLog),
    ("changelog", Feed::ChangeLog),
    ("usn", Feed::Usn),
    ("timestamp", Feed::Timestamp),
];
