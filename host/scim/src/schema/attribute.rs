//! One attribute of a schema (RFC 7643 sections 2 and 7).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Type of an attribute's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the RFC")]
pub enum Type {
    #[default]
    String,
    Boolean,
    Decimal,
    Integer,
    DateTime,
    Binary,
    Reference,
    Complex,
}

/// When a value can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    /// Never by a client.
    ReadOnly,
    /// At any time.
    #[default]
    ReadWrite,
    /// Once.
    Immutable,
    /// At any time, but it is never shown.
    WriteOnly,
}

/// When a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// Whatever the client asks for.
    Always,
    /// Never.
    Never,
    /// Unless the client asks for others, or excludes it.
    #[default]
    Default,
    /// Only when asked for by name.
    Request,
}

/// Where a value must be unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    /// Nowhere.
    #[default]
    None,
    /// Within the endpoint.
    Server,
    /// In the world.
    Global,
}

/// An attribute or sub-attribute and its characteristics. Serialises as it stands in a
/// schema; the defaults are those of RFC 7643 section 2.2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attribute {
    /// Name in its canonical case.
    pub name: String,
    /// Type of its values.
    #[serde(rename = "type", default)]
    pub kind: Type,
    /// Whether it holds a list.
    #[serde(default)]
    pub multi_valued: bool,
    /// Whether a resource must have it.
    #[serde(default)]
    pub required: bool,
    /// Whether comparisons tell upper from lower case.
    #[serde(default)]
    pub case_exact: bool,
    /// When it can be written.
    #[serde(default)]
    pub mutability: Mutability,
    /// When it is shown.
    #[serde(default)]
    pub returned: Returned,
    /// Where its values must be unique.
    #[serde(default)]
    pub uniqueness: Uniqueness,
    /// Values it usually has, e.g. `work`. Others are not refused.
    #[serde(default)]
    pub canonical_values: Vec<String>,
    /// Resource types that a reference may point at, or `external` or `uri`.
    #[serde(default)]
    pub reference_types: Vec<String>,
    /// One sentence for people.
    #[serde(default)]
    pub description: String,
    /// What a complex value is made of.
    #[serde(default)]
    pub sub_attributes: Vec<Attribute>,
}

impl Attribute {
    /// An attribute with the RFC's default characteristics.
    pub fn new(name: impl Into<String>, kind: Type, description: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind,
            multi_valued: false,
            required: false,
            case_exact: matches!(kind, Type::Reference | Type::Binary | Type::DateTime),
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical_values: Vec::new(),
            reference_types: Vec::new(),
            description: description.into(),
            sub_attributes: Vec::new(),
        }
    }

    /// A string attribute.
    pub fn string(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self::new(name, Type::String, description)
    }

    /// A complex attribute of these sub-attributes.
    pub fn complex(
        name: impl Into<String>,
        description: impl Into<String>,
        sub_attributes: impl IntoIterator<Item = Self>,
    ) -> Self {
        Self { sub_attributes: sub_attributes.into_iter().collect(), ..Self::new(name, Type::Complex, description) }
    }

    /// Holds a list.
    #[must_use]
    pub fn multi(mut self) -> Self {
        self.multi_valued = true;
        self
    }

    /// A resource must have it.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Comparisons tell upper from lower case.
    #[must_use]
    pub fn case_exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    /// When it can be written.
    #[must_use]
    pub fn mutability(mut self, mutability: Mutability) -> Self {
        self.mutability = mutability;
        self
    }

    /// No client writes it; nor any of its sub-attributes.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.mutability = Mutability::ReadOnly;
        self.sub_attributes = self.sub_attributes.into_iter().map(Self::read_only).collect();
        self
    }

    /// When it is shown.
    #[must_use]
    pub fn returned(mut self, returned: Returned) -> Self {
        self.returned = returned;
        self
    }

    /// Where its values must be unique.
    #[must_use]
    pub fn unique(mut self, uniqueness: Uniqueness) -> Self {
        self.uniqueness = uniqueness;
        self
    }

    /// Values it usually has.
    #[must_use]
    pub fn canonical(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.canonical_values = values.into_iter().map(Into::into).collect();
        self
    }

    /// What a reference may point at.
    #[must_use]
    pub fn references(mut self, types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.reference_types = types.into_iter().map(Into::into).collect();
        self
    }

    /// The sub-attribute of this name, in any case.
    pub fn sub_attribute(&self, name: &str) -> Option<&Self> {
        find(&self.sub_attributes, name)
    }

    /// Whether its values are objects.
    pub fn is_complex(&self) -> bool {
        self.kind == Type::Complex
    }

    /// The attribute as it stands in a schema: camelCase values, and only the
    /// characteristics that its type has (RFC 7643 section 8.7.1 does likewise).
    pub fn to_json(&self) -> Value {
        let mut json = Map::new();
        let mut put = |key: &str, value: Value| json.insert(key.to_owned(), value);
        put("name", json!(self.name));
        put("type", json!(self.kind));
        if self.is_complex() {
            put("subAttributes", Value::Array(self.sub_attributes.iter().map(Self::to_json).collect()));
        }
        put("multiValued", json!(self.multi_valued));
        if !self.description.is_empty() {
            put("description", json!(self.description));
        }
        put("required", json!(self.required));
        if !self.canonical_values.is_empty() {
            put("canonicalValues", json!(self.canonical_values));
        }
        if matches!(self.kind, Type::String | Type::Reference | Type::Binary) {
            put("caseExact", json!(self.case_exact));
        }
        put("mutability", json!(self.mutability));
        put("returned", json!(self.returned));
        if !matches!(self.kind, Type::Complex | Type::Boolean) {
            put("uniqueness", json!(self.uniqueness));
        }
        if self.kind == Type::Reference {
            put("referenceTypes", json!(self.reference_types));
        }
        Value::Object(json)
    }
}

/// The attribute of this name, in any case.
pub(crate) fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}
