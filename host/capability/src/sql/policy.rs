//! What the operator grants on a SQL binding.

use std::collections::BTreeSet;

/// A statement kind that can be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "SQL keywords")]
pub enum Verb {
    Select,
    Insert,
    Update,
    Delete,
}

/// Tables and verbs a guest may use; anything else is denied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Tables and views as written in the configuration: `person` or `hr.person`.
    pub tables: BTreeSet<String>,
    /// Verbs.
    pub verbs: BTreeSet<Verb>,
}
