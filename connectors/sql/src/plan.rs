//! What settings and catalogue compile to: all that an operation needs to know of its
//! class, in a form that is quick to decode, as every operation decodes it.

mod column;
pub mod compile;
mod entity;
pub mod feed;
mod next;
pub mod propose;
mod soft;
pub mod statement;

use patchbay_connector::plan::Planned;
pub use patchbay_connector::plan::encode;
use serde::{Deserialize, Serialize};

pub use column::{Charset, Column, Digits, Kind, Native, Words};
pub use entity::{Anchor, Entity, EntityTable};
pub use next::{Next, Numbers};
pub use soft::{Revival, Touch, TouchChange};

use crate::dialect::Dialect;
pub use crate::settings::Shape;
use statement::Custom;

/// The plan of all classes, as an operation gets it.
pub type Plan<'a> = patchbay_connector::plan::Plan<'a, Class>;

impl Planned for Class {
    const VERSION: u8 = 4;

    fn name(&self) -> &str {
        &self.name
    }
}

/// A compiled class. Knows all it needs of other classes and tables itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Dialect of the target.
    pub dialect: Dialect,
    /// Its table or view; the first one of an entity.
    pub table: Vec<String>,
    /// Key columns, in the order of the uid.
    pub key: Vec<Column>,
    /// Where objects are not rows, but what rows with the same key make.
    pub entity: Option<Entity>,
    /// Whether writes are refused.
    pub read_only: bool,
    /// Attribute with the human-facing name.
    pub name_attribute: Option<String>,
    /// What tells versions of an object apart.
    pub versions: Versions,
    /// What delete sets instead of deleting.
    pub soft_delete: Vec<Fixed>,
    /// What delete changes besides, where it does not delete.
    pub touches: Vec<Touch>,
    /// How create brings back what was deleted so.
    pub revival: Option<Revival>,
    /// Columns that are numbered by something beside the table.
    pub next: Vec<Next>,
    /// Names of attributes that writes keep unique, as the database does not.
    pub guarded: Vec<String>,
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// Unique constraints of the table, the primary key among them, to find the
    /// attribute that an error is about.
    pub unique_keys: Vec<Constraint>,
    /// Foreign keys of the table, for the same.
    pub foreign_keys: Vec<Constraint>,
    /// How changes are found.
    pub feed: Option<feed::Feed>,
    /// Statements of the administrator's own.
    pub custom: Option<Box<Custom>>,
}

impl Class {
    /// The attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// Whether an attribute can be read.
    pub fn reads(&self, name: &str) -> bool {
        !self.custom.as_deref().is_some_and(|custom| custom.write_only.iter().any(|known| known == name))
    }

    /// The column that tells versions apart, where that is how it is done.
    pub fn version_column(&self) -> Option<&Version> {
        match &self.versions {
            Versions::Column(version) => Some(version),
            Versions::None | Versions::Content => None,
        }
    }

    /// Types of the key parts, to read and write a uid.
    pub fn key_parts(&self) -> Vec<KeyPart> {
        self.key.iter().map(KeyPart::of).collect()
    }

    /// The first attribute that lives in any of these columns of the class's own table.
    pub fn attribute_of<'a>(&self, columns: impl IntoIterator<Item = &'a String>) -> Option<&Attribute> {
        columns.into_iter().find_map(|column| {
            self.attributes
                .iter()
                .find(|attribute| attribute.own_columns().iter().any(|own| own.name.eq_ignore_ascii_case(column)))
        })
    }
}

/// What tells versions of an object apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Versions {
    /// Nothing: objects have none.
    None,
    /// A column of the row.
    Column(Version),
    /// What the object holds; see [`crate::content`].
    Content,
}

/// A column that tells versions of a row apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// The column.
    pub column: Column,
    /// Whether an update adds one to it; else the database or nobody changes it.
    pub increment: bool,
}

/// A constraint in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its columns.
    pub columns: Vec<String>,
}

/// A compiled attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Where its values are.
    pub source: Source,
    /// `create` fails without it.
    pub required: bool,
    /// `create` takes it.
    pub creatable: bool,
    /// `update` takes it.
    pub updatable: bool,
    /// No two objects share a value.
    pub unique: bool,
    /// Part of the key.
    pub key: bool,
    /// Left out unless asked for.
    pub expensive: bool,
}

impl Attribute {
    /// Its columns in the class's own table.
    pub fn own_columns(&self) -> &[Column] {
        match &self.source {
            Source::Column(column) => std::slice::from_ref(column),
            Source::Reference(reference) => &reference.columns,
            Source::Lookup(lookup) => std::slice::from_ref(&lookup.column),
            Source::Multi(_) => &[],
        }
    }

    /// Whether an object may have several values.
    pub fn is_multi_valued(&self) -> bool {
        matches!(&self.source, Source::Multi(multi) if multi.shape == Shape::List)
    }

    /// Whether every object has a value.
    pub fn is_never_absent(&self) -> bool {
        match &self.source {
            Source::Multi(multi) => matches!(multi.shape, Shape::Flag(_)),
            _ => self.own_columns().iter().any(|column| !column.nullable),
        }
    }
}

/// Where an attribute's values are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// In a column.
    Column(Column),
    /// In columns that hold the key of another object.
    Reference(Reference),
    /// In another table, by a code in a column.
    Lookup(Lookup),
    /// In rows of another table.
    Multi(Multi),
}

/// Columns that hold the key of another object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// The columns, in the order of the key.
    pub columns: Vec<Column>,
    /// Class of the other object.
    pub class: String,
    /// Types of its key parts.
    pub key: Vec<KeyPart>,
}

/// A code in a column, and the table that has its label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lookup {
    /// Column with the code.
    pub column: Column,
    /// Table of codes.
    pub table: Vec<String>,
    /// Its column with the code.
    pub key: Column,
    /// Its column with the label.
    pub value: Column,
    /// Whether a label that is not there is added.
    pub create: bool,
    /// Whether the INSERT of one can leave out what is there.
    pub leaves_out: bool,
}

/// Rows of another table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Multi {
    /// The table.
    pub table: Vec<String>,
    /// Its columns with our key.
    pub parent: Vec<Column>,
    /// Its columns with the value.
    pub value: Values,
    /// What its rows make of the attribute.
    pub shape: Shape,
    /// Constants: condition when reading, set when inserting.
    pub fixed: Vec<Fixed>,
    /// Column that orders the values.
    pub order: Option<Column>,
    /// Columns of a unique key that parent, value and constants cover: an insert that
    /// meets it is a value that is there already.
    pub unique: Option<Vec<String>>,
    /// Whether the rows cannot be written, as it is a view.
    pub view: bool,
}

/// What a row of a child or junction table holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Values {
    /// A value.
    Scalar(Column),
    /// The key of another object.
    Reference(Reference),
    /// Nothing: what counts is whether there is such a row.
    Presence,
}

impl Values {
    /// The columns.
    pub fn columns(&self) -> &[Column] {
        match self {
            Self::Scalar(column) => std::slice::from_ref(column),
            Self::Reference(reference) => &reference.columns,
            Self::Presence => &[],
        }
    }
}

/// A column with a constant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fixed {
    /// The column.
    pub column: String,
    /// The constant.
    pub value: Constant,
}

/// A constant, converted to its column's type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Constant {
    /// SQL NULL.
    Null,
    /// A truth value.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// An exact decimal.
    Decimal(String),
    /// Text.
    Text(String),
    /// The time of the write; as a condition, any value.
    Now,
}

/// Type of one part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyPart {
    /// An integer of so many bits.
    Integer {
        /// 16, 32 or 64.
        bits: u8,
    },
    /// An exact decimal.
    Decimal,
    /// A UUID.
    Uuid,
    /// Text.
    Text {
        /// Whether trailing spaces do not count.
        trim: bool,
    },
}

impl KeyPart {
    /// The part that `column` makes. `compile` has refused columns that cannot be one.
    pub fn of(column: &Column) -> Self {
        match column.native {
            Native::Integer { bits } => Self::Integer { bits },
            Native::Decimal => Self::Decimal,
            Native::Uuid => Self::Uuid,
            _ => Self::Text { trim: column.trim },
        }
    }
}
