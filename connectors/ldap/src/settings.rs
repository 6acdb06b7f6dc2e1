//! The connector's settings: what an administrator writes about the directory's entries.
//!
//! Reading reports every problem at once, each with a JSON pointer to its place. Names of
//! attributes and object classes are checked against the schema later, by
//! [`crate::plan::compile`].

pub mod changes;
mod read;

use patchbay_connector::Diagnostic;
use serde::{Deserialize, Serialize};

use crate::template::Template;
use crate::vendor::{PasswordWay, Vendor};
pub use read::parse;

/// JSON Schema 2020-12 of the settings, published in `describe`.
pub const SCHEMA: &str = include_str!("settings/schema.json");

/// All settings of an app.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Name of the binding that reaches the directory.
    pub binding: String,
    /// What the server is; as it says itself where none.
    pub profile: Option<Vendor>,
    /// Classes by name.
    pub classes: Vec<Class>,
}

/// One class: entries below a base that have an object class, or match a filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Object classes of a new entry, structural and auxiliary.
    pub object_classes: Vec<String>,
    /// RFC 4515; by the object classes where none.
    pub filter: Option<String>,
    /// Name of the entry below which they are.
    pub base: String,
    /// How far below.
    pub scope: Scope,
    /// Attribute with the human-facing name.
    pub name_attribute: Option<String>,
    /// Whether writes are refused.
    pub read_only: bool,
    /// Attribute with the id; the vendor's where none.
    pub id: Option<String>,
    /// The name of a new entry.
    pub dn: Option<Template>,
    /// Whether an entry is renamed or moved when what its name is made of changes.
    pub rename: bool,
    /// Where entries are, by the value of an attribute.
    pub containers: Option<Containers>,
    /// Object class of entries above a new one that are made when they are missing.
    pub create_parents: Option<String>,
    /// What tells versions of an object apart.
    pub version: Version,
    /// What makes an account active; `Some(None)`: nothing does.
    pub active: Option<Option<Active>>,
    /// What `delete` does.
    pub delete: Delete,
    /// How passwords are set; `Some(None)`: they are not.
    pub password: Option<Option<Password>>,
    /// Who belongs to the group.
    pub members: Option<Members>,
    /// Groups that the object belongs to.
    pub member_of: Option<MemberOf>,
    /// Attributes that are numbered by a counter in the directory.
    pub next: Vec<(String, Next)>,
    /// Attributes that no two objects share a value of, though the server would let them.
    pub unique: Vec<String>,
    /// Attributes to expose; all that the object classes allow where none.
    pub include: Option<Vec<String>>,
    /// Attributes of which an object has one value here, though the schema allows several.
    pub single: Option<Vec<String>>,
    /// What is said about attributes.
    pub attributes: Vec<(String, Attribute)>,
    /// How changes are found; as the server is best followed where none.
    pub changes: Option<changes::Changes>,
}

/// How far below the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Right below.
    OneLevel,
    /// At any depth.
    Subtree,
}

/// Where entries are, by the value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Containers {
    /// The attribute.
    pub by: String,
    /// Names of entries, by value.
    pub bases: Vec<(String, String)>,
    /// For every other value, and for none.
    pub otherwise: Option<String>,
}

/// What tells versions of an object apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Version {
    /// The vendor's attribute, else the content.
    #[default]
    Default,
    /// Nothing: objects have none.
    None,
    /// What the object holds.
    Content,
    /// An attribute.
    Attribute(String),
}

/// What makes an account active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Active {
    /// A bit of `userAccountControl` (Active Directory).
    AccountControl,
    /// The lock of the password policy that only an administrator opens (OpenLDAP).
    LockedTime,
    /// `nsAccountLock` (389 Directory Server).
    AccountLock,
    /// The role of those that are inactive (389 Directory Server, Oracle).
    Role(String),
    /// Values of an attribute.
    Values(Values),
    /// Who is inactive is below this entry.
    Container(String),
}

/// Values that mean active and inactive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    /// The attribute.
    pub attribute: String,
    /// Who has one of them is active; the first is written. Empty: who has none of
    /// `inactive` is.
    pub active: Vec<String>,
    /// The first is written. Empty: the attribute is taken away.
    pub inactive: Vec<String>,
    /// Whether who has no value at all is active.
    pub absent: bool,
}

/// What `delete` does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Delete {
    /// Deletes the entry.
    #[default]
    Entry,
    /// Deletes it with everything below.
    Tree,
    /// Keeps it.
    Keep {
        /// Makes it inactive.
        disable: bool,
        /// Moves it below this entry.
        to: Option<String>,
    },
}

/// How passwords are set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Password {
    /// The vendor's where none.
    pub way: Option<PasswordWay>,
    /// Whether the password has to be changed at the next logon.
    pub must_change: bool,
    /// Whether setting it ends a lock after wrong ones.
    pub unlock: bool,
    /// Whether an account may be active without one (Active Directory).
    pub optional: bool,
}

/// Who belongs to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// How the group says it.
    pub style: Style,
    /// Attribute with the members.
    pub attribute: String,
    /// Classes of the members.
    pub classes: Vec<String>,
    /// Attribute of a member whose value stands there; its name where none.
    pub by: Option<String>,
    /// Stands there when nobody else does, as a group must not be empty.
    pub placeholder: Option<String>,
}

/// How a group says who belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// It lists them.
    #[default]
    Listed,
    /// It has URLs that find them (`groupOfURLs`): a dynamic group.
    Dynamic,
}

/// Groups that an object belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberOf {
    /// Class of the groups.
    pub class: String,
    /// How they are found.
    pub kept: Kept,
    /// Whether reads leave them out unless asked.
    pub expensive: bool,
}

/// How the groups of an object are found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Kept {
    /// By `memberOf`, where the server has it and groups list their members; else searched
    /// for.
    #[default]
    Usual,
    /// By this attribute, which the server keeps.
    Attribute(String),
    /// Searched for.
    No,
}

/// Where the next number of an attribute comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// Name of the entry with the counter.
    pub entry: String,
    /// Its attribute.
    pub attribute: String,
    /// Whether it is the last number given; else the next one to be given.
    pub last: bool,
}

/// What is said about one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attribute {
    /// Its description in the directory, options included; its own name where none.
    pub native: Option<String>,
    /// Type of its values; the schema's where none.
    pub kind: Option<Kind>,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// Whether an object has one value at most; as the schema says where none.
    pub single: Option<bool>,
    /// Whether `create` needs it; as the object classes say where none.
    pub required: Option<bool>,
    /// Whether reads leave it out unless asked.
    pub expensive: Option<bool>,
    /// Class of the object whose name its value is.
    pub class: Option<String>,
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
    /// A point in time, as GeneralizedTime.
    Timestamp,
    /// Bytes.
    Binary,
}

/// The outcome of reading: problems, or settings.
pub type Parsed = Result<Settings, Vec<Diagnostic>>;

pub use patchbay_connector::settings::pointer;
