//! The connector's settings: what an administrator writes about the target's tables.
//!
//! Reading reports every problem at once, each with a JSON pointer to its place.

pub mod changes;
mod entity;
mod next;
pub mod operations;
mod read;
mod soft;

use patchbay_connector::Diagnostic;

pub use entity::{Anchor, Entity, EntityTable, Shape};
pub use next::{Counter, Next};
pub use read::parse;
pub use soft::{Revival, Touch};

/// JSON Schema 2020-12 of the settings, published in `describe`.
pub const SCHEMA: &str = include_str!("settings/schema.json");

/// All settings of an app.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Name of the binding that reaches the database.
    pub binding: String,
    /// Classes by name. Empty: every table of the grant is proposed as a class.
    pub classes: Vec<Class>,
}

/// One class: objects are rows of one table, or what rows of some have in common.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Table or view, part by part; the first one of an entity.
    pub table: Vec<String>,
    /// Whether there is no table: objects are what own statements read, and `attributes`
    /// declares their columns. `table` is then a name that no table has.
    pub declared: bool,
    /// Key columns; the primary key where empty.
    pub key: Vec<String>,
    /// Where objects are not rows, but what rows with the same key make.
    pub entity: Option<Entity>,
    /// Attribute with the human-facing name.
    pub name_attribute: Option<String>,
    /// Columns to expose; all where none.
    pub columns: Option<Vec<String>>,
    /// Whether writes are refused; views are read-only unless told otherwise.
    pub read_only: Option<bool>,
    /// What tells versions of an object apart.
    pub versions: Versions,
    /// What `delete` sets instead of deleting; rows that have all of it are invisible.
    pub soft_delete: Vec<(String, Constant)>,
    /// Columns that `delete` changes besides, where it sets instead of deleting.
    pub touches: Vec<(String, Touch)>,
    /// How `create` brings back a row that was deleted so.
    pub revival: Revival,
    /// Columns that are numbered by something beside the table.
    pub next: Vec<(String, Next)>,
    /// Attributes that no two objects share a value of, though the database would let them.
    pub unique: Vec<String>,
    /// How its changes are found.
    pub changes: Option<changes::Changes>,
    /// Overrides for attributes that are columns.
    pub attributes: Vec<(String, Attribute)>,
    /// Attributes that point at another object.
    pub references: Vec<(String, Reference)>,
    /// Attributes that hold the label of a code.
    pub lookups: Vec<(String, Lookup)>,
    /// Attributes whose values are rows of another table.
    pub multi: Vec<(String, Multi)>,
    /// Statements of the administrator's own.
    pub operations: Option<operations::Operations>,
    /// Attributes with one value, which is in a row of another table.
    pub rows: Vec<(String, Multi)>,
}

/// What tells versions of an object apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Versions {
    /// Nothing: objects have none.
    None,
    /// A column of the row.
    Column(Version),
    /// What the object holds.
    #[default]
    Content,
}

impl Class {
    /// The column that tells versions apart, where that is how it is done.
    pub fn version_column(&self) -> Option<&Version> {
        match &self.versions {
            Versions::Column(version) => Some(version),
            Versions::None | Versions::Content => None,
        }
    }
}

/// A column that tells versions of a row apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The column.
    pub column: String,
    /// Whether an update adds one; else the database (a trigger) keeps it.
    pub increment: bool,
}

/// What is said about one attribute that is a column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attribute {
    /// Its column; the attribute's own name where none.
    pub column: Option<String>,
    /// Type of its values; the column's where none.
    pub kind: Option<Kind>,
    /// Whether trailing spaces do not count; true for `CHAR(n)` where none.
    pub trim: Option<bool>,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// Whether it cannot be read.
    pub write_only: bool,
    /// Longest text in characters, where there is no catalogue to tell.
    pub max_length: Option<u32>,
    /// Whether comparisons tell upper from lower case; as the column does where none.
    pub case_exact: Option<bool>,
    /// Whether `create` needs it; as the catalogue says where none.
    pub required: Option<bool>,
}

/// Type of an attribute's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Unicode text.
    Text,
    /// A truth value.
    Boolean,
    /// A 64-bit integer.
    Integer,
    /// An exact decimal.
    Decimal,
    /// A point in time.
    Timestamp,
    /// Bytes.
    Binary,
    /// A JSON document.
    Json,
}

/// An attribute that points at another object through a foreign key.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reference {
    /// Columns that hold the other object's key, in the order of its key.
    pub columns: Vec<String>,
    /// The other object's class.
    pub class: String,
    /// Whether it cannot be written.
    pub read_only: bool,
}

/// An attribute that holds the label of a code in another table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lookup {
    /// Column with the code.
    pub column: String,
    /// Table of codes.
    pub table: Vec<String>,
    /// Its column with the code.
    pub key: String,
    /// Its column with the label.
    pub value: String,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// Whether a label that is not there is added; else it is refused.
    pub create: bool,
}

/// An attribute whose values are rows of a child or junction table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Multi {
    /// How many values it has, and how rows make them.
    pub shape: Shape,
    /// Type of its values; the column's where none.
    pub kind: Option<Kind>,
    /// Whether `create` needs it.
    pub required: bool,
    /// The table.
    pub table: Vec<String>,
    /// Its columns that hold our key, in the order of our key.
    pub parent: Vec<String>,
    /// Its column with the value, or those with the other object's key.
    pub value: Vec<String>,
    /// Class of the other objects, for a junction.
    pub class: Option<String>,
    /// Constants: a condition when reading, set when inserting.
    pub fixed: Vec<(String, Constant)>,
    /// Column to order values by.
    pub order: Option<String>,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// Whether reads leave it out unless asked; true for junctions where none.
    pub expensive: Option<bool>,
    /// Whether comparisons tell upper from lower case; as the column does where none.
    pub case_exact: Option<bool>,
}

/// A value in the settings.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// SQL NULL.
    Null,
    /// A truth value.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A number with a fraction, as written.
    Decimal(String),
    /// Text.
    Text(String),
    /// The time of the write; when reading, any value.
    Now,
}

/// The outcome of reading: problems, or settings.
pub type Parsed = Result<Settings, Vec<Diagnostic>>;

pub use patchbay_connector::settings::pointer;
