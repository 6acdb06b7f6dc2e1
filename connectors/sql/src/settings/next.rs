//! Columns that are numbered by something beside their table.

use super::Constant;

/// Where the next number of a column comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// A row of a table that everybody who needs a number counts up.
    Table(Counter),
    /// A sequence of the database.
    Sequence(Vec<String>),
}

/// A row of a table of next ids.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counter {
    /// The table.
    pub table: Vec<String>,
    /// Its column with the number.
    pub column: String,
    /// What tells the row from those of other sequences.
    pub fixed: Vec<(String, Constant)>,
    /// Whether the number is the last one given; else the next one to be given.
    pub last: bool,
}
