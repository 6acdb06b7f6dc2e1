//! Columns of constraints, for errors that name a constraint only.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Constraints remembered at most; a catalogue that is larger goes without.
const MAX_CONSTRAINTS: usize = 20_000;

/// Columns of constraints, by table and name, as the catalogue told them: the server names
/// no columns when a check fails.
#[derive(Debug, Default)]
pub(crate) struct Constraints(Mutex<HashMap<(String, String), Vec<String>>>);

impl Constraints {
    pub(crate) fn remember(&self, table: &str, constraint: &str, columns: Vec<String>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MAX_CONSTRAINTS {
            known.insert((table.to_owned(), constraint.to_owned()), columns);
        }
    }

    /// The columns of a constraint; none where it is not known.
    pub(crate) fn columns(&self, table: &str, constraint: &str) -> Vec<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(table.to_owned(), constraint.to_owned())).cloned().unwrap_or_default()
    }
}
