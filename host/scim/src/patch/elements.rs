//! The values of multi-valued attributes under PATCH.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    Edit, EditOp, Lost,
    apply::{insert, misfit, set},
    choose::{Choice, choose, described_by},
};
use crate::{
    Attribute, Mutability, Profile, ScimError,
    filter::same_simple,
    resource::{get_ci, key_ci, remove_ci},
    value::is_primary,
};

/// Takes the list out of its object, leaving its place; a lone value is a list of one.
pub(super) fn take(members: &mut Map<String, Value>, attribute: &Attribute) -> Vec<Value> {
    let value = key_ci(members, &attribute.name).and_then(|key| members.get_mut(&key)).map(Value::take);
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list,
        Some(single) => vec![single],
    }
}

/// Puts the list back; an empty one is an unassigned attribute.
pub(super) fn put_back(members: &mut Map<String, Value>, attribute: &Attribute, list: Vec<Value>) {
    if list.is_empty() {
        remove_ci(members, &attribute.name);
    } else {
        insert(members, &attribute.name, Value::Array(list));
    }
}

/// Adds values. One that is there already (same `value`, and same `type` where both say
/// one) only gains the sub-attributes that it lacks or that differ.
pub(super) fn merge(
    list: &mut Vec<Value>,
    attribute: &Attribute,
    additions: &[Value],
    path: &str,
) -> Result<(), ScimError> {
    let mut index = Index::of(attribute, list);
    for addition in additions {
        let at = match index.find(list, addition) {
            Some(at) => {
                if let Some(element) = list.get_mut(at) {
                    merge_into(element, attribute, addition, path)?;
                }
                at
            }
            None => {
                list.push(addition.clone());
                index.note(list.len() - 1, addition);
                list.len() - 1
            }
        };
        if is_primary(addition) {
            only_primary(list, at);
        }
    }
    Ok(())
}

/// Removes the values that are listed.
pub(super) fn remove_listed(list: &mut Vec<Value>, attribute: &Attribute, listed: &[Value]) {
    let index = Index::of(attribute, listed);
    list.retain(|element| index.find_in(listed, element, |listed| covers(attribute, element, listed)).is_none());
}

/// Edits the values that meet the filter, or all without one, as wholes or one
/// sub-attribute of them.
pub(super) fn edit_selected(
    list: &mut Vec<Value>,
    attribute: &Attribute,
    sub: Option<&Attribute>,
    edit: &Edit,
    profile: &Profile,
    path: &str,
    lost: &Lost<'_>,
) -> Result<(), ScimError> {
    let filter = edit.target.filter.as_ref();
    let Choice { selected, labels } = choose(list, attribute, &edit.target, filter, lost)?;
    let value = match (edit.op, &edit.value) {
        (EditOp::Remove, _) => return remove_selected(list, sub, &selected, path),
        (_, Some(value)) => value,
        (_, None) => return Err(misfit(path)),
    };
    let makes_primary =
        is_primary(value) || sub.is_some_and(|sub| sub.name == "primary") && *value == Value::Bool(true);
    if makes_primary && selected.len() > 1 {
        return Err(ScimError::invalid_value(format!("At most one value of '{path}' can be primary.")));
    }
    if selected.is_empty() {
        let may_create = edit.op == EditOp::Add || profile.create_missing_values;
        let base = may_create.then(|| filter.map_or_else(|| Some(Map::new()), described_by)).flatten();
        let Some(mut base) = base else {
            return Err(ScimError::no_target(format!("'{path}' has no value that the filter selects.")));
        };
        let element = match (sub, value) {
            (Some(sub), value) => {
                set(&mut base, sub, edit.op, Some(value), path)?;
                Value::Object(base)
            }
            (None, Value::Object(values)) => {
                base.extend(values.clone());
                Value::Object(base)
            }
            (None, simple) => simple.clone(),
        };
        let creates_primary = is_primary(&element);
        list.push(element);
        if creates_primary {
            let last = list.len() - 1;
            only_primary(list, last);
        }
        return Ok(());
    }
    for at in &selected {
        let Some(element) = list.get_mut(*at) else { continue };
        if let Value::Object(object) = element {
            // For the operations that follow, it is what the filter took it for.
            labels.iter().for_each(|(name, label)| insert(object, name, label.clone()));
        }
        match (sub, edit.op, value) {
            (Some(sub), op, value) => match element {
                Value::Object(object) => set(object, sub, op, Some(value), path)?,
                _ => return Err(misfit(path)),
            },
            (None, EditOp::Replace, Value::Object(values)) => {
                // What the filter says of the value still holds, unless the new one says otherwise.
                let mut replaced = filter.and_then(described_by).unwrap_or_default();
                replaced.extend(values.clone());
                *element = Value::Object(replaced);
            }
            (None, _, value) => merge_into(element, attribute, value, path)?,
        }
    }
    if let (true, Some(at)) = (makes_primary, selected.first()) {
        only_primary(list, *at);
    }
    Ok(())
}

fn remove_selected(
    list: &mut Vec<Value>,
    sub: Option<&Attribute>,
    selected: &[usize],
    path: &str,
) -> Result<(), ScimError> {
    // Without its `value` an element is only a label.
    let Some(sub) = sub.filter(|sub| sub.name != "value" || sub.mutability == Mutability::Immutable) else {
        let mut at = 0..;
        list.retain(|_| at.next().is_none_or(|at| selected.binary_search(&at).is_err()));
        return Ok(());
    };
    for at in selected {
        if let Some(Value::Object(object)) = list.get_mut(*at) {
            set(object, sub, EditOp::Remove, None, path)?;
        }
    }
    list.retain(|element| element.as_object().is_none_or(|object| !object.is_empty()));
    Ok(())
}

fn merge_into(element: &mut Value, attribute: &Attribute, addition: &Value, path: &str) -> Result<(), ScimError> {
    let (Value::Object(object), Value::Object(values)) = (&mut *element, addition) else {
        if !same_simple(attribute, element, addition) {
            *element = addition.clone();
        }
        return Ok(());
    };
    for (name, value) in values {
        let Some(sub) = attribute.sub_attribute(name) else { return Err(misfit(path)) };
        match get_ci(object, name) {
            Some(old) if same_simple(sub, old, value) => {}
            // The server makes the URL; a client's other spelling of it is no change.
            Some(_) if sub.name == "$ref" => {}
            _ => set(object, sub, EditOp::Replace, Some(value), path)?,
        }
    }
    Ok(())
}

/// Leaves `primary` only with the value at `at`.
fn only_primary(list: &mut [Value], at: usize) {
    for (_, other) in list.iter_mut().enumerate().filter(|(index, other)| *index != at && is_primary(other)) {
        if let Value::Object(object) = other {
            insert(object, "primary", Value::Bool(false));
        }
    }
}

/// Whether `element` has everything that `wanted` says, but for the URL that the server makes.
fn covers(attribute: &Attribute, element: &Value, wanted: &Value) -> bool {
    let (Value::Object(object), Value::Object(values)) = (element, wanted) else {
        return same_simple(attribute, element, wanted);
    };
    values.iter().filter(|(name, _)| *name != "$ref").all(|(name, value)| {
        let sub = attribute.sub_attribute(name);
        sub.zip(get_ci(object, name)).is_some_and(|(sub, old)| same_simple(sub, old, value))
    })
}

/// Finds values by what identifies them, so that a thousand additions to a hundred
/// thousand values do not compare each with each.
struct Index<'a> {
    attribute: &'a Attribute,
    by_value: HashMap<String, Vec<usize>>,
    /// Values without a `value`.
    others: Vec<usize>,
}

impl<'a> Index<'a> {
    fn of(attribute: &'a Attribute, list: &[Value]) -> Self {
        let mut index = Self { attribute, by_value: HashMap::new(), others: Vec::new() };
        list.iter().enumerate().for_each(|(at, element)| index.note(at, element));
        index
    }

    fn note(&mut self, at: usize, element: &Value) {
        match self.key(element) {
            Some(key) => self.by_value.entry(key).or_default().push(at),
            None => self.others.push(at),
        }
    }

    fn key(&self, element: &Value) -> Option<String> {
        let (leaf, value) = match element {
            Value::Object(object) => (self.attribute.sub_attribute("value")?, get_ci(object, "value")?),
            simple => (self.attribute, simple),
        };
        Some(match value {
            Value::String(text) if leaf.case_exact => text.clone(),
            Value::String(text) => text.to_lowercase(),
            other => other.to_string(),
        })
    }

    /// The value of `list` that `wanted` is about.
    fn find(&self, list: &[Value], wanted: &Value) -> Option<usize> {
        self.find_in(list, wanted, |element| covers(self.attribute, element, wanted))
    }

    /// As [`Index::find`]; `same` decides on values without a `value`.
    fn find_in(&self, list: &[Value], wanted: &Value, same: impl Fn(&Value) -> bool) -> Option<usize> {
        let candidate = |at: &usize| list.get(*at).map(|element| (*at, element));
        let keyed = self.key(wanted).and_then(|key| self.by_value.get(&key)).into_iter().flatten();
        let by_value = keyed.filter_map(candidate).find(|(_, element)| self.types_agree(element, wanted));
        let others = || self.others.iter().filter_map(candidate).find(|(_, element)| same(element));
        by_value.or_else(others).map(|(at, _)| at)
    }

    fn types_agree(&self, a: &Value, b: &Value) -> bool {
        let kind = |value: &Value| value.as_object().and_then(|object| get_ci(object, "type").cloned());
        match (self.attribute.sub_attribute("type"), kind(a), kind(b)) {
            (Some(sub), Some(a), Some(b)) => same_simple(sub, &a, &b),
            _ => true,
        }
    }
}
