//! Writes: what is changed, and on what terms.

use super::{Attribute, Entry, Filter};

/// What a change does to an attribute (RFC 4511 section 4.6, RFC 4525).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the protocol's words")]
pub enum ChangeKind {
    Add,
    Delete,
    Replace,
    Increment,
}

/// One change of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is done.
    pub kind: ChangeKind,
    /// With which attribute and values. A delete without values deletes all.
    pub attribute: Attribute,
}

/// What a write is made on condition of, and what it brings back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// The entry has to match, else [`Failure::AssertionFailed`](super::Failure) (RFC 4528).
    /// [`Failure::Unsupported`](super::Failure) where the server does not know that.
    pub assertion: Option<Filter>,
    /// Attributes of the entry as it is afterwards: from the server with the write
    /// (RFC 4527) where it can, else read from the same server behind it. Nothing is read
    /// where it is empty.
    pub read_back: Vec<String>,
    /// Values that are there already, or gone already, are no error (Active Directory's
    /// permissive modify control). Not used where the server has none.
    pub permissive: bool,
    /// Delete what is below as well; [`Failure::Unsupported`](super::Failure) where the
    /// server does not know that.
    pub tree: bool,
}

/// A write that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The entry's name now.
    pub dn: String,
    /// What was to be read back. None where nothing was, or where reading behind the write
    /// failed: the write stands all the same.
    pub entry: Option<Entry>,
}
