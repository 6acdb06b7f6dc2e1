//! How changes of a class are found.

/// What `changes` says of a class.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// Where they are found.
    pub method: Method,
    /// Whether all keys are compared, to notice rows that were deleted.
    pub deletes: bool,
}

/// Where changes are found.
#[derive(Debug, Clone, PartialEq)]
pub enum Method {
    /// A column of the row that every write moves on.
    Watermark(Watermark),
    /// A table with an entry for every change.
    History(History),
    /// SQL Server's change tracking.
    Tracking,
    /// By comparing with what was there.
    Snapshot,
}

/// A column that every write moves on.
#[derive(Debug, Clone, PartialEq)]
pub struct Watermark {
    /// The column; `xmin` of PostgreSQL for the system's own.
    pub column: String,
    /// Milliseconds between taking a value and committing it, at most.
    pub overlap: Option<u64>,
    /// What an integer counts.
    pub unit: Option<Unit>,
}

/// What an integer column counts since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

/// A table with an entry for every change.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The table.
    pub table: Vec<String>,
    /// Its column that grows from entry to entry.
    pub sequence: String,
    /// Its columns with the object's key, in the order of that key.
    pub key: Vec<String>,
    /// Constants that an entry has to have.
    pub fixed: Vec<(String, super::Constant)>,
    /// Milliseconds between taking a number and committing it, at most.
    pub overlap: Option<u64>,
}
