//! Compiled rules of deleting by marking.

use serde::{Deserialize, Serialize};

use super::{Column, Fixed};

/// A column that `delete` changes besides marking the row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Touch {
    /// The column.
    pub column: Column,
    /// What is done to it.
    pub change: TouchChange,
}

/// What is done to a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TouchChange {
    /// Adds so much.
    Increment(i64),
    /// Adds text at the end, and the object's key after it where `key`. What would be too
    /// long loses the end of what was there.
    Append {
        /// The text.
        text: String,
        /// Whether the key follows.
        key: bool,
    },
}

/// How `create` brings back a row that was marked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revival {
    /// Names of the attributes that find it, in the order they are tried. Each is a column.
    pub by: Vec<String>,
    /// What the marks become.
    pub restore: Vec<Fixed>,
}
