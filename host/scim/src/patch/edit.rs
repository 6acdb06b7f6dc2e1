//! One change to one attribute.

use std::fmt;

use serde_json::Value;

use crate::{AttrPath, Attribute, Filter, Resolved, SchemaSet};

/// What happens to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EditOp {
    /// The value is there afterwards, others stay.
    Add,
    /// The value is what is there afterwards.
    Replace,
    /// The value is gone afterwards.
    Remove,
}

/// What an edit works on, in canonical names.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// URN of the schema that has the attribute; the core schema's for common attributes.
    pub schema: String,
    /// The attribute.
    pub attribute: String,
    /// Only this sub-attribute.
    pub sub: Option<String>,
    /// Only values that meet this filter, which is in terms of sub-attributes and
    /// [typed](Filter::typed).
    pub filter: Option<Filter>,
}

/// One change to one attribute. Its value is canonical (see [`crate::resource::Canonical`]):
///
/// * `Add` and `Replace` always have one, never null, never empty: for a multi-valued
///   target without a filter a list, else a single value; for a complex target an object.
///   Sub-attributes that the object does not name stay as they are.
/// * `Remove` has one only where the target is multi-valued and the client listed what
///   to remove; then it is that list.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// What happens.
    pub op: EditOp,
    /// To what.
    pub target: Target,
    /// The value.
    pub value: Option<Value>,
}

impl Target {
    /// A whole attribute or sub-attribute.
    pub fn of(resolved: &Resolved<'_>) -> Self {
        Self {
            schema: resolved.schema.to_owned(),
            attribute: resolved.attribute.name.clone(),
            sub: resolved.sub.map(|sub| sub.name.clone()),
            filter: None,
        }
    }

    /// The attribute's place in the schemas; none where they are not those of the parse.
    pub fn resolve<'a>(&self, schemas: &'a SchemaSet) -> Option<Resolved<'a>> {
        schemas.resolve(&AttrPath {
            urn: Some(self.schema.clone()),
            name: self.attribute.clone(),
            sub: self.sub.clone(),
        })
    }

    /// What a path in an answer or a log calls the target; without its filter, which may
    /// hold values.
    pub fn path(&self, schemas: &SchemaSet) -> String {
        let urn = (self.schema != schemas.core().id).then(|| self.schema.clone());
        AttrPath { urn, name: self.attribute.clone(), sub: self.sub.clone() }.to_string()
    }
}

impl fmt::Display for EditOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Remove => "remove",
        })
    }
}

impl Edit {
    /// Whether the edit takes a whole attribute away.
    pub(super) fn clears(&self, attribute: &Attribute) -> bool {
        let whole = self.target.filter.is_none() && self.target.sub.is_none();
        self.op == EditOp::Remove && whole && (self.value.is_none() || !attribute.multi_valued)
    }
}
