//! How the changes of a class are found, compiled.

use serde::{Deserialize, Serialize};

use super::{Column, Fixed};

/// How changes are found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feed {
    /// Where.
    pub method: Method,
    /// Whether all keys are compared, to notice rows that were deleted.
    pub deletes: bool,
}

/// Where changes are found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Method {
    /// In rows whose mark moved on: a watermark, or the entries of a history.
    Marks(Marks),
    /// In what was committed between two moments of which the database itself says that
    /// nothing can come between any more.
    Range(Range),
    /// By comparing with what was there.
    Snapshot,
}

/// Rows with a mark that grows, though not in the order of commits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    /// The class's own table, or the one with the history.
    pub table: Vec<String>,
    /// Whether it is a history, whose entries never change.
    pub history: bool,
    /// The mark.
    pub mark: Column,
    /// What the mark counts.
    pub scale: Scale,
    /// Columns that tell rows of the table apart.
    pub row: Vec<Column>,
    /// Columns with the object's key.
    pub key: Vec<Column>,
    /// Further columns in which a change shows that leaves the mark as it is.
    pub content: Vec<String>,
    /// Constants that a row has to have.
    pub fixed: Vec<Fixed>,
    /// Milliseconds between taking a mark and committing it, at most.
    pub overlap: u64,
}

/// What a mark counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// Time, in a column made for it.
    Time,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
    /// Something else.
    Number,
}

/// What the database itself knows of the order of commits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Range {
    /// PostgreSQL: the transaction that wrote a row, and the oldest one under way.
    Transaction,
    /// SQL Server: a column of type `rowversion`, and the least one not yet committed.
    Rowversion(Column),
    /// SQL Server: its change tracking.
    Tracking,
}
