//! A SCIM value spread over the leaves behind it: the way back of rendering, shared by
//! create, PUT and PATCH.

use patchbay_contract::{AttributeInfo, Change, Delta, Value};
use patchbay_scim::{Profile, ScimError};
use serde_json::{Map, Value as Json};

use crate::mapping::{Leaf, Mapped, Resource, Shape, Slot, Source};
use crate::value::to_native;

/// What a body holds for a mapped attribute; absent and null are both none here.
pub(crate) fn value_of<'b>(body: &'b Map<String, Json>, mapped: &Mapped) -> Option<&'b Json> {
    let value = match &mapped.urn {
        None => body.get(&mapped.definition.name),
        Some(urn) => body.get(urn.as_ref())?.as_object()?.get(&mapped.definition.name),
    }?;
    (!is_empty(value)).then_some(value)
}

/// Whether a body names the attribute at all, be it as null.
pub(crate) fn is_named(body: &Map<String, Json>, mapped: &Mapped) -> bool {
    match &mapped.urn {
        None => body.contains_key(&mapped.definition.name),
        Some(urn) => match body.get(urn.as_ref()) {
            Some(Json::Object(extension)) => extension.contains_key(&mapped.definition.name),
            Some(Json::Null) => true,
            _ => false,
        },
    }
}

/// Null, `[]` and `{}` are no value (RFC 7643 section 2.5).
fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// The values that `value` gives to each leaf of `mapped`; none where it gives none.
/// Elements of a kind that is not mapped go the way of attributes that are not: left out,
/// where `profile` has it so.
///
/// # Errors
/// invalidValue where an element of a list has no place in the mapping, or no value for it.
pub(crate) fn spread<'m>(
    mapped: &'m Mapped,
    value: Option<&Json>,
    profile: &Profile,
) -> Result<Vec<(&'m Leaf, Vec<Json>)>, ScimError> {
    match &mapped.shape {
        Shape::Scalar(leaf) => Ok(vec![(leaf, value.into_iter().cloned().collect())]),
        Shape::List(leaf) => Ok(vec![(leaf, items(value).cloned().collect())]),
        Shape::Complex(subs) => Ok(subs
            .iter()
            .map(|(sub, leaf)| {
                let given = value.and_then(|v| v.get(sub)).filter(|v| !is_empty(v));
                (leaf, given.into_iter().cloned().collect())
            })
            .collect()),
        Shape::Elements(slots) => spread_elements(&mapped.definition.name, slots, value, profile),
    }
}

fn items(value: Option<&Json>) -> impl Iterator<Item = &Json> {
    match value {
        Some(Json::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
    .iter()
}

fn spread_elements<'m>(
    name: &str,
    slots: &'m [Slot],
    value: Option<&Json>,
    profile: &Profile,
) -> Result<Vec<(&'m Leaf, Vec<Json>)>, ScimError> {
    let mut filled: Vec<Vec<Vec<Json>>> = slots.iter().map(|s| vec![Vec::new(); s.leaves.len()]).collect();
    let mut taken = vec![false; slots.len()];
    // Those that say where they belong come first: the others get what is left.
    let (say, silent): (Vec<_>, Vec<_>) = items(value).partition(|element| exact(slots, element).is_some());
    for element in say.into_iter().chain(silent) {
        let Some(index) = place(slots, &taken, element) else {
            if profile.ignore_unmapped_attributes && slots.iter().all(|slot| is_of_another_kind(slot, element)) {
                continue;
            }
            let known = slots.iter().map(describe).collect::<Vec<_>>().join(", ");
            let message = format!("{name}: no place for one of the values; mapped are {known}");
            return Err(ScimError::invalid_value(message));
        };
        let (Some(slot), Some(leaves)) = (slots.get(index), filled.get_mut(index)) else { continue };
        if slot.many.is_none() && taken.get(index) == Some(&true) {
            return Err(ScimError::invalid_value(format!("{name}: only one value of {} can be kept", describe(slot))));
        }
        let mut any = false;
        let mut is_kept = false;
        for ((sub, leaf), values) in slot.leaves.iter().zip(leaves.iter_mut()) {
            let given = match element {
                Json::Object(members) => members.get(sub).filter(|v| !is_empty(v)),
                bare => (sub == "value").then_some(bare),
            };
            if let Some(given) = given {
                any = true;
                is_kept |= !matches!(leaf.source, Source::Constant(_));
                values.push(given.clone());
            }
        }
        // What is only a label would be nothing at all afterwards: a list made of such would
        // be cleared, as if the client had asked for that.
        if !is_kept && slot.leaves.iter().any(|(sub, leaf)| sub == "value" && leaf.writable) {
            return Err(ScimError::invalid_value(format!("{name}: one of the values has no 'value'")));
        }
        if let (true, Some(t)) = (any, taken.get_mut(index)) {
            *t = true;
        }
    }
    Ok(slots
        .iter()
        .zip(filled)
        .flat_map(|(slot, leaves)| slot.leaves.iter().map(|(_, leaf)| leaf).zip(leaves))
        .collect())
}

/// The slot whose selector an element meets.
fn exact(slots: &[Slot], element: &Json) -> Option<usize> {
    let meets = |slot: &Slot| slot.selector.iter().all(|(sub, want)| said(element, sub).is_some_and(|v| same(v, want)));
    slots.iter().position(|slot| !slot.selector.is_empty() && meets(slot))
}

/// The slot an element belongs to: one whose selector it meets; else, when it does not
/// say what the selector asks, one that has room: that for work, of which clients speak when
/// they say nothing, else the first.
fn place(slots: &[Slot], taken: &[bool], element: &Json) -> Option<usize> {
    let open = || slots.iter().position(|s| s.selector.is_empty());
    let silent = || {
        let fits = |slot: &Slot, taken: bool| (!taken || slot.many.is_some()) && !is_of_another_kind(slot, element);
        let mut fitting =
            slots.iter().zip(taken).enumerate().filter(|(_, (slot, taken))| fits(slot, **taken)).map(|(at, _)| at);
        let first = fitting.next()?;
        let is_work = |at: &usize| slots.get(*at).is_some_and(is_for_work);
        Some(std::iter::once(first).chain(fitting).find(is_work).unwrap_or(first))
    };
    exact(slots, element).or_else(open).or_else(silent)
}

/// Whether a slot is for values of the type `work`.
fn is_for_work(slot: &Slot) -> bool {
    slot.selector.iter().any(|(sub, want)| sub == "type" && want.as_str() == Some("work"))
}

/// What an element says of itself.
fn said<'e>(element: &'e Json, sub: &str) -> Option<&'e Json> {
    element.get(sub).filter(|v| !is_empty(v))
}

/// Whether an element says something else than the selector asks for.
fn is_of_another_kind(slot: &Slot, element: &Json) -> bool {
    slot.selector.iter().any(|(sub, want)| said(element, sub).is_some_and(|v| !same(v, want)))
}

/// Whether `element`, as it is shown, may have been given with a sub-attribute that the
/// mapping does not keep for it: with this value, or without one with any. What a selector
/// asks for is kept by where the element is.
pub(crate) fn is_lost(mapped: &Mapped, element: &Json, sub: &str, value: Option<&Json>) -> bool {
    let Shape::Elements(slots) = &mapped.shape else { return false };
    let keeps = |slot: &Slot| {
        slot.leaves.iter().map(|(name, _)| name).chain(slot.selector.iter().map(|(name, _)| name)).any(|n| n == sub)
    };
    let has_a_place = |value: &Json| {
        slots.iter().any(|s| matches!(s.selector.as_slice(), [(name, want)] if name == sub && same(value, want)))
    };
    !value.is_some_and(has_a_place)
        && place(slots, &vec![false; slots.len()], element)
            .and_then(|at| slots.get(at))
            .is_some_and(|slot| !keeps(slot))
}

/// Selector values have no case, as `type` and `primary` are compared in SCIM.
fn same(a: &Json, b: &Json) -> bool {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => a == b,
    }
}

fn describe(slot: &Slot) -> String {
    if slot.selector.is_empty() {
        return "any kind".into();
    }
    slot.selector.iter().map(|(sub, value)| format!("{sub} {value}")).collect::<Vec<_>>().join(" and ")
}

/// The native values of a writable leaf, or none where nothing native stands behind it.
///
/// # Errors
/// invalidValue naming the SCIM attribute.
pub(crate) fn natives<'r>(
    resource: &'r Resource,
    leaf: &Leaf,
    values: &[Json],
) -> Result<Option<(&'r AttributeInfo, Vec<Value>)>, ScimError> {
    let Source::Native(index) = leaf.source else { return Ok(None) };
    let Some(info) = resource.natives.get(index) else { return Ok(None) };
    let convert = |v: &Json| to_native(v, info.kind, leaf.values.as_ref(), &leaf.path);
    Ok(Some((info, values.iter().map(convert).collect::<Result<_, _>>()?)))
}

/// The changes that make `before` into `after`, attribute by attribute as SCIM shows
/// them, so that a value that only looks different natively is not written again.
///
/// # Errors
/// invalidValue where `after` has a value that the target cannot hold.
pub(crate) fn diff(
    resource: &Resource,
    mapped: &Mapped,
    before: Option<&Json>,
    after: Option<&Json>,
    profile: &Profile,
) -> Result<Vec<Delta>, ScimError> {
    if before == after {
        return Ok(Vec::new());
    }
    let mut deltas = Vec::new();
    for ((leaf, before), (_, after)) in
        spread(mapped, before, profile)?.into_iter().zip(spread(mapped, after, profile)?)
    {
        if !leaf.writable || before == after {
            continue;
        }
        let Source::Native(index) = leaf.source else { continue };
        let Some(info) = resource.natives.get(index) else { continue };
        let mut push = |change| deltas.push(Delta { attribute: info.name.clone(), change });
        if !info.traits.multi_valued {
            match natives(resource, leaf, &after)? {
                Some((_, values)) if !values.is_empty() => push(Change::Replace(values)),
                _ => push(Change::Clear),
            }
            continue;
        }
        let gone: Vec<Json> = before.iter().filter(|v| !after.contains(v)).cloned().collect();
        let new: Vec<Json> = after.iter().filter(|v| !before.contains(v)).cloned().collect();
        for (values, change) in [(gone, Change::Remove as fn(Vec<Value>) -> Change), (new, Change::Add)] {
            if let Some((_, values)) = natives(resource, leaf, &values)?.filter(|(_, v)| !v.is_empty()) {
                push(change(values));
            }
        }
    }
    Ok(deltas)
}
