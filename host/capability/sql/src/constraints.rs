//! Columns of constraints, for errors that name a constraint only.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Constraints remembered at most; a catalogue that is larger goes without.
const MAX_CONSTRAINTS: usize = 20_000;

/// A constraint that is known.
#[cfg(feature = "odbc")]
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Known {
    pub(crate) table: String,
    pub(crate) constraint: String,
    pub(crate) columns: Vec<String>,
}

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

    /// All of them.
    #[cfg(feature = "odbc")]
    pub(crate) fn known(&self) -> Vec<Known> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = |((table, constraint), columns): (&(String, String), &Vec<String>)| Known {
            table: table.clone(),
            constraint: constraint.clone(),
            columns: columns.clone(),
        };
        known.iter().map(own).collect()
    }

    /// The constraint of a table on exactly these columns; none where it is not known.
    #[cfg(feature = "odbc")]
    pub(crate) fn name(&self, table: &str, columns: &[String]) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|((of, _), on)| of == table && on.as_slice() == columns).map(|((_, name), _)| name.clone())
    }

    /// Table and columns of the only constraint of this name; none where there are several.
    #[cfg(feature = "odbc")]
    pub(crate) fn find(&self, constraint: &str) -> Option<(String, Vec<String>)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = known.iter().filter(|((_, name), _)| name == constraint);
        let ((table, _), columns) = found.next()?;
        found.next().is_none().then(|| (table.clone(), columns.clone()))
    }

    /// The columns of a constraint; none where it is not known.
    pub(crate) fn columns(&self, table: &str, constraint: &str) -> Vec<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(table.to_owned(), constraint.to_owned())).cloned().unwrap_or_default()
    }
}
