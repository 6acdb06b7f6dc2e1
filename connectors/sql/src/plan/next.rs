//! Compiled sources of numbers.

use serde::{Deserialize, Serialize};

use super::{Column, Fixed};

/// A column that is numbered by something beside its table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Next {
    /// The column.
    pub column: Column,
    /// Where its next number comes from.
    pub source: Numbers,
}

/// Where numbers come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Numbers {
    /// A row that is counted up in the same transaction, under its lock.
    Counter {
        /// Table of next ids.
        table: Vec<String>,
        /// Its column with the number.
        column: String,
        /// Which of its rows; all of them where empty, and there has to be one only.
        fixed: Vec<Fixed>,
        /// Whether the number is the last one given; else the next one to be given.
        last: bool,
    },
    /// A sequence: what is taken from it is gone, whatever becomes of the transaction.
    Sequence(Vec<String>),
}
