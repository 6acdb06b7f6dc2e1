//! What a connector says of itself and of its target.

use crate::Comparator;

/// A connector's description of itself, from `lifecycle.describe`.
#[derive(Debug, Clone, PartialEq)]
pub struct Descriptor {
    /// Stable id, e.g. `sql`.
    pub id: String,
    /// Name for people.
    pub display_name: String,
    /// The connector's own version.
    pub version: String,
    /// Where its documentation is.
    pub documentation: Option<String>,
    /// JSON Schema 2020-12 of its settings.
    pub config_schema: String,
    /// Bindings it uses.
    pub bindings: Vec<BindingSpec>,
}

/// A binding a connector uses.
#[derive(Debug, Clone, PartialEq)]
pub struct BindingSpec {
    /// The name it opens, e.g. `db`.
    pub name: String,
    /// WIT package of the capability, e.g. `patchbay:sql`.
    pub capability: String,
    /// Whether it cannot work without.
    pub required: bool,
    /// For people.
    pub description: String,
}

/// Type of an attribute's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of `Value`")]
pub enum ValueType {
    Text,
    Boolean,
    Integer,
    Decimal,
    Timestamp,
    Binary,
    Reference,
    Json,
}

/// Yes-or-no properties of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a flags type of the contract")]
pub struct AttributeTraits {
    /// `create` fails without it.
    pub required: bool,
    /// May have more than one value.
    pub multi_valued: bool,
    /// Comparisons tell upper from lower case.
    pub case_exact: bool,
    /// No two objects share a value.
    pub unique: bool,
    /// `create` takes it.
    pub creatable: bool,
    /// `update` takes it.
    pub updatable: bool,
    /// Reads return it.
    pub readable: bool,
    /// Part of the key.
    pub key: bool,
    /// Left out unless asked for by name (members of a big group).
    pub expensive: bool,
    /// `search` can order by it.
    pub sortable: bool,
    /// An object always has a value: `update` cannot take it away.
    pub never_absent: bool,
    /// Takes a [`Secret`](crate::Secret), and is never read.
    pub secret: bool,
}

/// One attribute of a class.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeInfo {
    /// Name the contract uses.
    pub name: String,
    /// Where it lives in the target, e.g. `person.first_name`.
    pub native_name: Option<String>,
    /// Type of its values.
    pub kind: ValueType,
    /// Its properties.
    pub traits: AttributeTraits,
    /// Operators the target evaluates itself.
    pub filterable: Vec<Comparator>,
    /// Class a reference points at.
    pub target: Option<String>,
    /// For people.
    pub description: Option<String>,
}

/// What a class can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, clippy::struct_excessive_bools, reason = "a flags type of the contract; the names say it")]
pub struct Operations {
    pub get: bool,
    pub search: bool,
    pub create: bool,
    pub update: bool,
    pub delete: bool,
    pub sync: bool,
    pub authenticate: bool,
    pub set_password: bool,
    pub versions: bool,
}

/// What `update` wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateMode {
    /// Single changes.
    Delta,
    /// All values of each changed attribute.
    ReplaceAttribute,
    /// The whole object.
    ReplaceObject,
}

/// A class of objects in the target.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectClass {
    /// Name the contract uses.
    pub name: String,
    /// Where it lives in the target.
    pub native_name: Option<String>,
    /// What `update` wants.
    pub update_mode: UpdateMode,
    /// Attribute with the human-facing name.
    pub name_attribute: Option<String>,
    /// Native names of the key parts, in the order of the `uid`.
    pub key: Vec<String>,
    /// What it can do.
    pub operations: Operations,
    /// Its attributes.
    pub attributes: Vec<AttributeInfo>,
    /// Largest page `search` gives.
    pub max_page_size: u32,
}

impl ObjectClass {
    /// The attribute of this name, if the class has it.
    pub fn attribute(&self, name: &str) -> Option<&AttributeInfo> {
        self.attributes.iter().find(|a| a.name == name)
    }
}
