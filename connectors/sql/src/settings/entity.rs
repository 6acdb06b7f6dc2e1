//! Objects and attributes that are rows instead of columns (entity, attribute, value).

use serde::{Deserialize, Serialize};

use super::Constant;

/// Objects that are no rows: each is the set of the rows that share a key, in one table or
/// several.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Entity {
    /// The tables; at least one.
    pub tables: Vec<EntityTable>,
    /// The row that a new object gets in any case.
    pub anchor: Option<Anchor>,
}

/// A table whose rows make objects.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EntityTable {
    /// The table.
    pub table: Vec<String>,
    /// Its columns with the object's key.
    pub key: Vec<String>,
}

/// A row that keeps an object there that has no values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Anchor {
    /// Its table, one of the entity's.
    pub table: Vec<String>,
    /// What it holds beside the key.
    pub set: Vec<(String, Constant)>,
}

/// What rows of a child table make of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Shape {
    /// A value each.
    #[default]
    List,
    /// The one value.
    One,
    /// This truth value by being there, the other one by not being there.
    Flag(bool),
}
