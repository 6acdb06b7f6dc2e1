//! Edits applied to a resource in memory (RFC 7644 sections 3.5.2.1 to 3.5.2.3).

use serde_json::{Map, Value};

use super::{Edit, EditOp, Lost, elements};
use crate::{
    Attribute, Mutability, Profile, Resolved, SchemaSet, ScimError,
    resource::{get_ci, key_ci, remove_ci},
    value::is_unassigned,
};

/// Applies edits in order, all or none: on an error the resource is as it was. Says
/// whether anything changed. The edits are those of [`super::Patch::parse`] with the same
/// schemas; `schemas` of the resource follows the extensions that it has.
///
/// A value path that selects nothing is `noTarget`, unless it is for `add` or the profile
/// creates missing values, and its filter says what the new value looks like. A change to
/// an immutable value, and what leaves a required attribute without a value, is `mutability`.
///
/// `lost` says what becomes of values that are written; where all is kept, it is always
/// false. A type that is lost, or which value is the primary one, is taken to be that of the
/// only value there is; where there are several, a path that asks for it is `noTarget`.
pub fn apply(
    resource: &mut Map<String, Value>,
    edits: &[Edit],
    schemas: &SchemaSet,
    profile: &Profile,
    lost: &Lost<'_>,
) -> Result<bool, ScimError> {
    let mut work = resource.clone();
    for edit in edits {
        apply_one(&mut work, edit, schemas, profile, lost)?;
    }
    let changed = work != *resource;
    if changed {
        *resource = work;
    }
    Ok(changed)
}

fn apply_one(
    resource: &mut Map<String, Value>,
    edit: &Edit,
    schemas: &SchemaSet,
    profile: &Profile,
    lost: &Lost<'_>,
) -> Result<(), ScimError> {
    let Some(resolved) = edit.target.resolve(schemas) else {
        return Err(ScimError::internal(format!("an edit of '{}', which the schemas lack", edit.target.path(schemas))));
    };
    let path = edit.target.path(schemas);
    if resolved.is_core {
        return apply_within(resource, &resolved, edit, profile, &path, lost);
    }
    let key = key_ci(resource, resolved.schema).unwrap_or_else(|| resolved.schema.to_owned());
    let mut members = match resource.get_mut(&key).map(Value::take) {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    apply_within(&mut members, &resolved, edit, profile, &path, lost)?;
    let is_there = !members.is_empty();
    if is_there {
        resource.insert(key, Value::Object(members));
    } else {
        resource.shift_remove(&key);
    }
    declare(resource, resolved.schema, is_there);
    Ok(())
}

/// Makes `schemas` name the extension, or not.
fn declare(resource: &mut Map<String, Value>, urn: &str, is_there: bool) {
    let Some(key) = key_ci(resource, "schemas") else { return };
    let Some(Value::Array(declared)) = resource.get_mut(&key) else { return };
    let is_this = |item: &Value| item.as_str().is_some_and(|item| item.eq_ignore_ascii_case(urn));
    match (is_there, declared.iter().any(is_this)) {
        (true, false) => declared.push(Value::from(urn)),
        (false, true) => declared.retain(|item| !is_this(item)),
        _ => {}
    }
}

/// Applies an edit to the object that holds its attribute.
fn apply_within(
    members: &mut Map<String, Value>,
    resolved: &Resolved<'_>,
    edit: &Edit,
    profile: &Profile,
    path: &str,
    lost: &Lost<'_>,
) -> Result<(), ScimError> {
    let attribute = resolved.attribute;
    if attribute.mutability == Mutability::ReadOnly || resolved.leaf().mutability == Mutability::ReadOnly {
        return Err(ScimError::mutability(format!("'{path}' is read-only.")));
    }
    match (resolved.sub, &edit.target.filter) {
        (None, None) => set(members, attribute, edit.op, edit.value.as_ref(), path)?,
        (Some(sub), None) if !attribute.multi_valued => {
            with_object(members, attribute, |object| set(object, sub, edit.op, edit.value.as_ref(), path))?;
        }
        (sub, _) => {
            let mut list = elements::take(members, attribute);
            let outcome = elements::edit_selected(&mut list, attribute, sub, edit, profile, path, lost);
            elements::put_back(members, attribute, list);
            outcome?;
        }
    }
    let is_gone = get_ci(members, &attribute.name).is_none_or(is_unassigned);
    if attribute.required && is_gone && edit.op == EditOp::Remove {
        return Err(ScimError::mutability(format!("'{path}' is required and cannot be removed.")));
    }
    Ok(())
}

/// Sets, merges or removes the whole value of an attribute.
pub(super) fn set(
    members: &mut Map<String, Value>,
    attribute: &Attribute,
    op: EditOp,
    value: Option<&Value>,
    path: &str,
) -> Result<(), ScimError> {
    let before = get_ci(members, &attribute.name).filter(|value| !is_unassigned(value)).cloned();
    if attribute.multi_valued {
        let mut list = elements::take(members, attribute);
        match (op, value) {
            (EditOp::Remove, None) => list.clear(),
            (EditOp::Remove, Some(Value::Array(listed))) => elements::remove_listed(&mut list, attribute, listed),
            (EditOp::Replace, Some(Value::Array(values))) => list.clone_from(values),
            (EditOp::Add, Some(Value::Array(values))) => elements::merge(&mut list, attribute, values, path)?,
            _ => return Err(misfit(path)),
        }
        elements::put_back(members, attribute, list);
    } else {
        match (op, value) {
            (EditOp::Remove, _) => {
                remove_ci(members, &attribute.name);
            }
            (_, Some(Value::Object(values))) if attribute.is_complex() => {
                with_object(members, attribute, |object| {
                    values.iter().try_for_each(|(name, value)| match attribute.sub_attribute(name) {
                        Some(sub) => set(object, sub, op, Some(value), path),
                        None => Err(misfit(path)),
                    })
                })?;
            }
            (_, Some(value)) if !attribute.is_complex() => insert(members, &attribute.name, value.clone()),
            _ => return Err(misfit(path)),
        }
    }
    if attribute.mutability == Mutability::Immutable
        && before.is_some()
        && before.as_ref() != get_ci(members, &attribute.name)
    {
        return Err(ScimError::mutability(format!("'{path}' cannot be changed once it has a value.")));
    }
    Ok(())
}

/// Works on the object of a single complex attribute; an object without members goes.
fn with_object(
    members: &mut Map<String, Value>,
    attribute: &Attribute,
    work: impl FnOnce(&mut Map<String, Value>) -> Result<(), ScimError>,
) -> Result<(), ScimError> {
    let key = key_ci(members, &attribute.name).unwrap_or_else(|| attribute.name.clone());
    let mut object = match members.get_mut(&key).map(Value::take) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    };
    work(&mut object)?;
    if object.is_empty() {
        members.shift_remove(&key);
    } else {
        members.insert(key, Value::Object(object));
    }
    Ok(())
}

/// Inserts under the key that is there in whatever case, else under `name`.
pub(super) fn insert(members: &mut Map<String, Value>, name: &str, value: Value) {
    let key = key_ci(members, name).unwrap_or_else(|| name.to_owned());
    members.insert(key, value);
}

/// An edit that no parser made.
pub(super) fn misfit(path: &str) -> ScimError {
    ScimError::internal(format!("an edit whose value does not fit '{path}'"))
}
