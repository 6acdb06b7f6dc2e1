//! Deleting by marking, and what comes with it.

use super::Constant;

/// What `delete` does to a column beside the marks, which are constants.
#[derive(Debug, Clone, PartialEq)]
pub enum Touch {
    /// Adds so much.
    Increment(i64),
    /// Adds this text at the end.
    Append(String),
    /// Adds this text and the object's key at the end.
    AppendKey(String),
}

/// How a create brings back what was deleted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Revival {
    /// Attributes by which a deleted row is found, the first that finds one.
    pub by: Vec<String>,
    /// What the marks are in a row that is not deleted.
    pub restore: Vec<(String, Constant)>,
}
