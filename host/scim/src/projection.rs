//! Which attributes an answer shows: `attributes`, `excludedAttributes` and the
//! `returned` characteristic (RFC 7644 section 3.9).

use serde_json::{Map, Value};

use crate::{
    AttrPath, Attribute, Resolved, Returned, SchemaSet, ScimError,
    path::PathError,
    resource::{get_ci, key_ci},
};

/// A choice of attributes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Projection {
    mode: Mode,
    named: Vec<Selector>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Mode {
    #[default]
    Default,
    Only,
    Except,
}

/// A whole schema, an attribute, or a sub-attribute, in canonical names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Selector {
    schema: String,
    attribute: Option<String>,
    sub: Option<String>,
}

impl Projection {
    /// What a request that names nothing gets.
    pub fn all() -> Self {
        Self::default()
    }

    /// From the two parameters; each a list of paths or schema URNs. Paths that no schema
    /// has choose nothing. Both at once, or text that is no path, is `invalidValue`.
    pub fn parse(attributes: &[String], excluded: &[String], schemas: &SchemaSet) -> Result<Self, ScimError> {
        let (mode, paths) = match (attributes, excluded) {
            ([], []) => return Ok(Self::all()),
            (only, []) => (Mode::Only, only),
            ([], except) => (Mode::Except, except),
            _ => return Err(ScimError::invalid_value("'attributes' and 'excludedAttributes' exclude each other.")),
        };
        // Never longer than the schemas, however often a client repeats itself: each is
        // looked through for every attribute of every resource.
        let mut named: Vec<Selector> = Vec::new();
        for path in paths {
            named.extend(Selector::parse(path.trim(), schemas)?.filter(|selector| !named.contains(selector)));
        }
        Ok(Self { mode, named })
    }

    /// Whether the attribute, or with a sub-attribute that one, is shown: what is not
    /// need not be read from the target. For an attribute without a sub-attribute: whether
    /// any part of it is shown.
    pub fn wants(&self, target: &Resolved<'_>) -> bool {
        match target.sub {
            None => self.wants_attribute(target),
            Some(sub) => {
                self.wants_attribute(target)
                    && self.decide(sub, || self.names(target, Some(sub)), || self.excludes_sub(target, sub))
            }
        }
    }

    /// Whether the client named the attribute, or a part of it, in `attributes`.
    pub fn asks_for(&self, target: &Resolved<'_>) -> bool {
        self.mode == Mode::Only && self.names(target, target.sub)
    }

    /// Takes out of a whole, canonical resource what is not shown.
    pub fn apply(&self, resource: &mut Map<String, Value>, schemas: &SchemaSet) {
        for target in schemas.attributes() {
            if target.is_core {
                self.prune(resource, target);
            } else if let Some(key) = key_ci(resource, target.schema)
                && let Some(Value::Object(members)) = resource.get_mut(&key)
            {
                self.prune(members, target);
                if members.is_empty() {
                    resource.shift_remove(&key);
                }
            }
        }
    }

    fn prune(&self, members: &mut Map<String, Value>, target: Resolved<'_>) {
        let Some(key) = key_ci(members, &target.attribute.name) else { return };
        if !self.wants(&target) {
            members.shift_remove(&key);
            return;
        }
        let hidden: Vec<&str> = target
            .attribute
            .sub_attributes
            .iter()
            .filter(|sub| !self.wants(&Resolved { sub: Some(sub), ..target }))
            .map(|sub| sub.name.as_str())
            .collect();
        if hidden.is_empty() {
            return;
        }
        match members.get_mut(&key) {
            Some(Value::Array(elements)) => {
                elements.iter_mut().for_each(|element| drop_members(element, &hidden));
                elements.retain(|element| element.as_object().is_none_or(|object| !object.is_empty()));
            }
            Some(single) => drop_members(single, &hidden),
            None => {}
        }
        if members.get(&key).is_some_and(|value| matches!(value, Value::Object(map) if map.is_empty())) {
            members.shift_remove(&key);
        }
    }

    fn wants_attribute(&self, target: &Resolved<'_>) -> bool {
        let excluded = || self.names_whole(target);
        self.decide(target.attribute, || self.names(target, None), excluded)
    }

    fn decide(&self, attribute: &Attribute, named: impl Fn() -> bool, excluded: impl Fn() -> bool) -> bool {
        match attribute.returned {
            Returned::Always => true,
            Returned::Never => false,
            Returned::Request => self.mode == Mode::Only && named(),
            Returned::Default => match self.mode {
                Mode::Default => true,
                Mode::Only => named(),
                Mode::Except => !excluded(),
            },
        }
    }

    /// Whether a selector covers the attribute or sub-attribute, or lies within it.
    fn names(&self, target: &Resolved<'_>, sub: Option<&Attribute>) -> bool {
        self.selectors(target).any(|selector| match (&selector.sub, sub) {
            (Some(named), Some(sub)) => *named == sub.name,
            // A sub-attribute shown on request only is not part of its whole.
            (None, Some(sub)) => sub.returned != Returned::Request,
            (_, None) => true,
        })
    }

    fn names_whole(&self, target: &Resolved<'_>) -> bool {
        self.selectors(target).any(|selector| selector.sub.is_none())
    }

    fn excludes_sub(&self, target: &Resolved<'_>, sub: &Attribute) -> bool {
        self.selectors(target).any(|selector| selector.sub.as_ref() == Some(&sub.name))
    }

    fn selectors(&self, target: &Resolved<'_>) -> impl Iterator<Item = &Selector> {
        self.named.iter().filter(move |selector| {
            selector.schema == target.schema
                && selector.attribute.as_ref().is_none_or(|name| *name == target.attribute.name)
        })
    }
}

impl Selector {
    /// None for a path that no schema has.
    fn parse(text: &str, schemas: &SchemaSet) -> Result<Option<Self>, ScimError> {
        let path = match AttrPath::parse(text, schemas.urns()) {
            Ok(path) => path,
            Err(PathError::OnlySchema(urn)) => {
                let schema = schemas.schema(&urn).map(|schema| schema.id.clone());
                return Ok(schema.map(|schema| Self { schema, attribute: None, sub: None }));
            }
            Err(error) => return Err(ScimError::invalid_value(format!("In a list of attributes: {error}."))),
        };
        Ok(schemas.resolve(&path).map(|resolved| Self {
            schema: resolved.schema.to_owned(),
            attribute: Some(resolved.attribute.name.clone()),
            sub: resolved.sub.map(|sub| sub.name.clone()),
        }))
    }
}

fn drop_members(value: &mut Value, names: &[&str]) {
    if let Value::Object(map) = value {
        for name in names {
            if get_ci(map, name).is_some() {
                crate::resource::remove_ci(map, name);
            }
        }
    }
}

#[cfg(test)]
mod tests;
