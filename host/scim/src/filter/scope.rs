//! What the names in a filter refer to: the attributes of a resource, or inside `[…]`
//! those of one value.

use serde_json::{Map, Value};

use crate::{AttrPath, Attribute, Resolved, SchemaSet, resource::get_ci};

/// Where a path starts.
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    /// At a resource.
    Resource(&'a SchemaSet),
    /// At one value of this attribute.
    Element(&'a Attribute),
}

/// What a path starts at.
#[derive(Clone, Copy)]
pub(super) enum Here<'a> {
    /// A resource or a complex value.
    Object(&'a Map<String, Value>),
    /// A value of a simple type, which calls itself `value`.
    Simple(&'a Value),
}

impl<'a> Scope<'a> {
    /// What the path means here.
    pub(super) fn resolve(self, path: &AttrPath) -> Option<Resolved<'a>> {
        let attribute = match self {
            Self::Resource(schemas) => return schemas.resolve(path),
            Self::Element(_) if path.urn.is_some() => return None,
            Self::Element(attribute) if attribute.is_complex() => attribute.sub_attribute(&path.name)?,
            Self::Element(attribute) => Some(attribute).filter(|_| path.name.eq_ignore_ascii_case("value"))?,
        };
        let sub = match &path.sub {
            None => None,
            Some(name) => Some(attribute.sub_attribute(name)?),
        };
        Some(Resolved { schema: "", is_core: true, attribute, sub })
    }

    /// The canonical path of what [`Scope::resolve`] found.
    pub(super) fn path(self, resolved: &Resolved<'_>) -> AttrPath {
        match self {
            Self::Element(attribute) if !attribute.is_complex() => AttrPath::attribute("value"),
            _ => resolved.path(),
        }
    }
}

impl<'a> From<&'a Value> for Here<'a> {
    fn from(value: &'a Value) -> Self {
        value.as_object().map_or(Self::Simple(value), Self::Object)
    }
}

impl<'a> Here<'a> {
    /// The single values of an attribute, lists taken apart; nulls left out.
    pub(super) fn values(self, target: &Resolved<'_>) -> Vec<&'a Value> {
        let mut found = Vec::new();
        let object = match self {
            Self::Simple(value) => {
                collect(value, &mut found);
                return found;
            }
            Self::Object(map) if target.is_core => Some(map),
            Self::Object(map) => get_ci(map, target.schema).and_then(Value::as_object),
        };
        let Some(value) = object.and_then(|map| get_ci(map, &target.attribute.name)) else { return found };
        match target.sub {
            None => collect(value, &mut found),
            Some(sub) => {
                let mut elements = Vec::new();
                collect(value, &mut elements);
                for inner in elements.into_iter().filter_map(|element| get_ci(element.as_object()?, &sub.name)) {
                    collect(inner, &mut found);
                }
            }
        }
        found
    }
}

fn collect<'a>(value: &'a Value, into: &mut Vec<&'a Value>) {
    match value {
        Value::Null => {}
        Value::Array(items) => into.extend(items.iter().filter(|item| !item.is_null())),
        single => into.push(single),
    }
}
