//! Resources as JSON objects: lookup without case, and bodies of clients made canonical.

use serde_json::{Map, Value};

use crate::{
    AttrPath, Attribute, Mutability, Profile, Resolved, Schema, SchemaSet, ScimError,
    path::excerpt,
    value::{Caster, is_unassigned, twice, wrong_type},
};

/// A client's body for POST or PUT, made canonical.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Canonical {
    /// Names in the schema's case, extensions under their URNs, values of the schema's
    /// types. What is not there was not given; [`Value::Null`] was given as unassigned
    /// (null, `[]`, and `""` where the profile has it so).
    pub resource: Map<String, Value>,
    /// The `schemas` the client declared.
    pub schemas: Vec<String>,
    /// Paths that no schema has, as the client wrote them; not those without a value.
    pub unknown: Vec<String>,
}

/// The value of `name`, in any case.
pub fn get_ci<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name).or_else(|| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The key under which `name` stands, in any case.
pub fn key_ci(map: &Map<String, Value>, name: &str) -> Option<String> {
    map.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned()
}

/// Takes `name` out, in any case; the order of the others stays.
pub fn remove_ci(map: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = key_ci(map, name)?;
    map.shift_remove(&key)
}

/// Makes a body canonical. `id`, `meta` and other read-only attributes are left out, as
/// a server ignores them (RFC 7644 section 3.3). Wrong types are `invalidValue` and name
/// the attribute; a body that is no object, or says a thing twice, is `invalidSyntax`.
/// Unknown attributes are listed for the caller to decide on.
pub fn canonicalise(body: Value, schemas: &SchemaSet, profile: &Profile) -> Result<Canonical, ScimError> {
    let Value::Object(body) = body else {
        return Err(ScimError::invalid_syntax("The body must be a JSON object."));
    };
    let mut reader = Reader { schemas, caster: Caster::new(profile), resource: Map::new(), unknown: Vec::new() };
    let mut declared = None;
    for (key, value) in body {
        if key.eq_ignore_ascii_case("schemas") {
            if declared.replace(urns(value)?).is_some() {
                return Err(twice("schemas"));
            }
        } else {
            reader.member(&key, value)?;
        }
    }
    let Reader { caster, resource, mut unknown, .. } = reader;
    unknown.extend(caster.unknown);
    let canonical = Canonical { resource, schemas: declared.clone().unwrap_or_default(), unknown };
    check_declared(declared, &canonical, schemas, profile)?;
    Ok(canonical)
}

/// The first required attribute that the resource lacks: of the core schema, of the
/// extensions that are required or there, and of the complex values that are there.
pub fn missing_required(resource: &Map<String, Value>, schemas: &SchemaSet) -> Option<AttrPath> {
    let core = schemas.core();
    first_missing(&core.attributes, resource).map(|(name, sub)| AttrPath { urn: None, name, sub }).or_else(|| {
        schemas.extensions().find_map(|(schema, required)| {
            let empty = Map::new();
            let given = get_ci(resource, &schema.id).and_then(Value::as_object);
            let members = given.or(required.then_some(&empty))?;
            let (name, sub) = first_missing(&schema.attributes, members)?;
            Some(AttrPath { urn: Some(schema.id.clone()), name, sub })
        })
    })
}

fn first_missing(attributes: &[Attribute], members: &Map<String, Value>) -> Option<(String, Option<String>)> {
    let lacks = |attribute: &Attribute, members: &Map<String, Value>| {
        attribute.required
            && attribute.mutability != Mutability::ReadOnly
            && get_ci(members, &attribute.name).is_none_or(is_unassigned)
    };
    attributes.iter().find_map(|attribute| {
        if lacks(attribute, members) {
            return Some((attribute.name.clone(), None));
        }
        let elements = match get_ci(members, &attribute.name)? {
            Value::Array(elements) => elements.as_slice(),
            single => std::slice::from_ref(single),
        };
        let objects = elements.iter().filter_map(Value::as_object);
        let sub = objects.flat_map(|object| attribute.sub_attributes.iter().find(|sub| lacks(sub, object))).next()?;
        Some((attribute.name.clone(), Some(sub.name.clone())))
    })
}

struct Reader<'a> {
    schemas: &'a SchemaSet,
    caster: Caster<'a>,
    resource: Map<String, Value>,
    unknown: Vec<String>,
}

impl Reader<'_> {
    fn profile(&self) -> &Profile {
        self.caster.profile
    }

    /// One member of the body.
    fn member(&mut self, key: &str, value: Value) -> Result<(), ScimError> {
        let schemas = self.schemas;
        if let Some(schema) = schemas.schema(key) {
            return self.block(schema, value);
        }
        if let Some(attribute) = schemas.core_attribute(key) {
            return self.put(Resolved { schema: &schemas.core().id, is_core: true, attribute, sub: None }, value);
        }
        match AttrPath::parse(key, schemas.urns()).ok().and_then(|path| schemas.resolve(&path).map(|r| (path, r))) {
            Some((path, resolved)) if self.accepts(&path) => self.put(resolved, value),
            _ => {
                if !is_unassigned(&value) {
                    self.unknown.push(excerpt(key));
                }
                Ok(())
            }
        }
    }

    /// Whether the profile takes such a path for a key at the top level.
    fn accepts(&self, path: &AttrPath) -> bool {
        let qualified = path.urn.is_some() || path.sub.is_some();
        if qualified { self.profile().dotted_keys } else { self.profile().top_level_extensions }
    }

    /// All attributes of one schema, under its URN.
    fn block(&mut self, schema: &Schema, value: Value) -> Result<(), ScimError> {
        let schemas = self.schemas;
        let is_core = schemas.is_core(schema);
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match schemas.attribute_of(schema, &name) {
                        Some(attribute) => {
                            self.put(Resolved { schema: &schema.id, is_core, attribute, sub: None }, value)?;
                        }
                        None if is_unassigned(&value) => {}
                        None => self.unknown.push(format!("{}:{}", schema.id, excerpt(&name))),
                    }
                }
                Ok(())
            }
            Value::Null if !is_core => match self.resource.insert(schema.id.clone(), Value::Null) {
                None => Ok(()),
                Some(_) => Err(twice(&schema.id)),
            },
            _ => Err(wrong_type(&schema.id, "an object")),
        }
    }

    fn put(&mut self, target: Resolved<'_>, value: Value) -> Result<(), ScimError> {
        let leaf = target.leaf();
        if target.attribute.mutability == Mutability::ReadOnly || leaf.mutability == Mutability::ReadOnly {
            return Ok(());
        }
        let path = target.path().to_string();
        let Some(value) = self.caster.cast(leaf, value, &path)? else { return Ok(()) };
        let members = if target.is_core {
            &mut self.resource
        } else {
            object_at(&mut self.resource, target.schema).ok_or_else(|| twice(target.schema))?
        };
        let members = match target.sub {
            None => members,
            Some(_) if target.attribute.multi_valued => return Err(wrong_type(&target.attribute.name, "a list")),
            Some(_) => object_at(members, &target.attribute.name).ok_or_else(|| twice(&target.attribute.name))?,
        };
        match members.insert(leaf.name.clone(), value) {
            None => Ok(()),
            Some(_) => Err(twice(&path)),
        }
    }
}

/// The object under `key`, made where there is none; none where something else stands there.
fn object_at<'m>(map: &'m mut Map<String, Value>, key: &str) -> Option<&'m mut Map<String, Value>> {
    map.entry(key).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
}

fn urns(value: Value) -> Result<Vec<String>, ScimError> {
    let wrong = || ScimError::invalid_syntax("'schemas' must be a list of URNs.");
    let Value::Array(items) = value else { return Err(wrong()) };
    items.into_iter().map(|item| if let Value::String(urn) = item { Ok(urn) } else { Err(wrong()) }).collect()
}

/// Checks `schemas` as far as the profile wants it (RFC 7643 section 3).
fn check_declared(
    declared: Option<Vec<String>>,
    body: &Canonical,
    schemas: &SchemaSet,
    profile: &Profile,
) -> Result<(), ScimError> {
    let core = &schemas.core().id;
    let Some(declared) = declared.filter(|urns| !urns.is_empty()) else {
        return match profile.optional_schemas {
            true => Ok(()),
            false => Err(ScimError::invalid_syntax(format!("'schemas' must be there and name '{core}'."))),
        };
    };
    if let Some(urn) = declared.iter().find(|urn| schemas.schema(urn).is_none())
        && !profile.unknown_schemas
    {
        return Err(ScimError::invalid_syntax(format!("The schema '{}' is not known here.", excerpt(urn))));
    }
    let declares = |id: &str| declared.iter().any(|urn| schemas.schema(urn).is_some_and(|schema| schema.id == id));
    if !declares(core) && !profile.optional_schemas {
        return Err(ScimError::invalid_syntax(format!("'schemas' must name '{core}'.")));
    }
    let undeclared =
        schemas.extensions().find(|(schema, _)| body.resource.contains_key(&schema.id) && !declares(&schema.id));
    match undeclared {
        Some((schema, _)) if !profile.undeclared_extensions => Err(ScimError::invalid_syntax(format!(
            "Attributes of '{}' are given, but 'schemas' does not name it.",
            schema.id
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
