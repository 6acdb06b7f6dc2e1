//! What is proposed: classes, mapping and grant, each part with its reason.

use patchbay_capability::sql::Verb;

use crate::interview::Confidence;

/// A whole app, as far as it can be known.
#[derive(Debug, Clone, Default)]
pub struct Proposal {
    /// Classes of the SQL connector, with the resource types that they become.
    pub classes: Vec<Class>,
    /// Tables to grant.
    pub tables: Vec<Vec<String>>,
    /// Verbs to grant.
    pub verbs: Vec<Verb>,
    /// What was found, for a person to look over.
    pub findings: Vec<Finding>,
    /// What was assumed because nobody was asked.
    pub assumptions: Vec<String>,
    /// What a person should look at.
    pub notes: Vec<String>,
}

/// Something found: what it is, where, how sure that is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// SCIM attribute, or a part of the application such as `users`.
    pub what: String,
    /// Table or column.
    pub place: String,
    /// How sure.
    pub confidence: Confidence,
    /// Why.
    pub reason: String,
}

/// A class of the SQL connector and the resource type it is mapped to.
#[derive(Debug, Clone)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// SCIM resource type: `User` or `Group`.
    pub resource: &'static str,
    /// Its table.
    pub table: Vec<String>,
    /// Key columns, where the table has no primary key.
    pub key: Vec<String>,
    /// Attribute with the human-facing name.
    pub name_attribute: String,
    /// Columns that become attributes under their own names.
    pub columns: Vec<String>,
    /// Columns whose names an attribute cannot have, behind the attribute's name.
    pub renamed: Vec<(String, String)>,
    /// Whether nothing can be written.
    pub read_only: bool,
    /// Column that the database changes with every update.
    pub version: Option<Version>,
    /// Columns that mark a row as deleted, and with what.
    pub soft_delete: Vec<(String, Constant)>,
    /// Attributes whose comparisons should not tell upper from lower case.
    pub ignoring_case: Vec<String>,
    /// References to other objects.
    pub references: Vec<Reference>,
    /// Codes with their labels.
    pub lookups: Vec<Lookup>,
    /// Values and members in other tables.
    pub lists: Vec<List>,
    /// SCIM attributes.
    pub lines: Vec<Line>,
    /// Columns that are left alone.
    pub unmapped: Vec<String>,
}

/// A column that tells versions of a row apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The column.
    pub column: String,
    /// Whether Patchbay counts it up.
    pub increment: bool,
}

/// A value that is written, or compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
    /// The time of the write.
    Now,
}

/// An attribute that points at another object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Name of the attribute.
    pub name: String,
    /// Columns with the other object's key.
    pub columns: Vec<String>,
    /// Class of the other object.
    pub class: String,
}

/// A column with a code, and the table that has its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// Name of the attribute.
    pub name: String,
    /// Column with the code.
    pub column: String,
    /// Table of codes.
    pub table: Vec<String>,
    /// Its column with the code.
    pub key: String,
    /// Its column with the label.
    pub value: String,
}

/// Values in rows of another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Name of the attribute.
    pub name: String,
    /// The table.
    pub table: Vec<String>,
    /// Its columns with our key.
    pub parent: Vec<String>,
    /// Its column with the value, or those with the other object's key.
    pub value: Vec<String>,
    /// Class of the other objects, for a junction.
    pub class: Option<String>,
    /// What all of its rows have.
    pub fixed: Vec<(String, Constant)>,
    /// Whether it is for reading only.
    pub read_only: bool,
    /// Whether it is read although it leads to other objects.
    pub cheap: bool,
}

/// A line of the mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// SCIM path.
    pub path: String,
    /// Attribute of the class.
    pub attribute: String,
    /// What becomes of the values on the way.
    pub values: Values,
    /// How sure, and why.
    pub confidence: Confidence,
    /// Why.
    pub reason: String,
}

/// What becomes of values between SCIM and the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// Nothing.
    Same,
    /// Nothing; and clients only read them.
    ReadOnly,
    /// SCIM's true and false are these.
    Truth(Constant, Constant),
    /// They are passwords; the TOML text of `hash`.
    Hash(String),
}
