//! Objects that are no rows, but what rows with the same key make.

use serde::{Deserialize, Serialize};

use super::{Column, Fixed};

/// The tables whose rows make the objects of a class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// The tables; at least one.
    pub tables: Vec<EntityTable>,
    /// The row that a new object gets in any case.
    pub anchor: Option<Anchor>,
}

impl Entity {
    /// Whether a table is one of those whose rows make the objects.
    pub fn owns(&self, table: &[String]) -> bool {
        self.tables.iter().any(|own| own.table == table)
    }
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntityTable {
    /// The table.
    pub table: Vec<String>,
    /// Its columns with the key, in the order of the uid.
    pub key: Vec<Column>,
    /// Whether its rows cannot be written, as it is a view.
    pub view: bool,
}

/// A row that keeps an object there that has no values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    /// Its table, by its place among those of the entity.
    pub place: usize,
    /// What it holds beside the key.
    pub fixed: Vec<Fixed>,
}
