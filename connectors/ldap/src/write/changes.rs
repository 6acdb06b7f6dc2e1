//! From deltas to modifications of an entry.

use patchbay_connector::ldap::{ChangeKind, Entry, Modification};
use patchbay_connector::{Change, Error};

use crate::dn;
use crate::plan::Attribute;
use crate::read::shown;
use crate::syntax::Syntax;
use crate::value;

/// Changes that give an attribute of an entry what a delta wants. `compare` has the old
/// value go by name, so that the change fails where somebody else was there first.
pub(super) fn changes(
    attribute: &Attribute,
    entry: &Entry,
    change: &Change,
    compare: bool,
) -> Result<Vec<Modification>, Error> {
    let current = entry.values(&attribute.native);
    let given = match change {
        Change::Replace(values) | Change::Add(values) | Change::Remove(values) => value::encode(attribute, values)?,
        Change::Clear => Vec::new(),
    };
    if !attribute.multi {
        let old = shown(attribute, entry);
        let new = match change {
            Change::Replace(_) | Change::Clear => given.into_iter().next(),
            Change::Add(_) => given.into_iter().next().or_else(|| old.clone()),
            Change::Remove(_) => old.clone().filter(|old| !contains(attribute, &given, old)),
        };
        // Active Directory keeps its times for good: 0 is "never".
        let never = || Some(b"0".to_vec()).filter(|_| old.is_some() && attribute.syntax == Syntax::FileTime);
        let new = new.or_else(never);
        return Ok(one(attribute, current, old, new, compare));
    }
    let absent = |value: &Vec<u8>| !contains(attribute, current, value);
    let (add, remove): (Vec<Vec<u8>>, Vec<Vec<u8>>) = match change {
        Change::Add(_) => (given.into_iter().filter(absent).collect(), Vec::new()),
        Change::Remove(_) => (Vec::new(), matching(attribute, current, &given, true)),
        Change::Replace(_) | Change::Clear => {
            let remove = matching(attribute, current, &given, false);
            // The same value in another spelling is another value for whoever reads it.
            (given.into_iter().filter(|value| !current.contains(value)).collect(), remove)
        }
    };
    if add.is_empty() && remove.is_empty() {
        return Ok(Vec::new());
    }
    let respelt = add.iter().any(|value| contains(attribute, current, value));
    if !attribute.comparable || respelt {
        let kept = current.iter().filter(|value| !remove.contains(value) && !contains(attribute, &add, value));
        let values: Vec<Vec<u8>> = kept.chain(&add).cloned().collect();
        return Ok(vec![Modification::new(ChangeKind::Replace, &attribute.native, values)]);
    }
    let parts = [(ChangeKind::Delete, remove), (ChangeKind::Add, add)].into_iter();
    Ok(parts
        .filter(|(_, values)| !values.is_empty())
        .map(|(kind, values)| Modification::new(kind, &attribute.native, values))
        .collect())
}

/// Changes of an attribute with one value. Others that the entry has stay, behind the new
/// one: it is the first that is shown.
fn one(
    attribute: &Attribute,
    current: &[Vec<u8>],
    old: Option<Vec<u8>>,
    new: Option<Vec<u8>>,
    compare: bool,
) -> Vec<Modification> {
    if old == new {
        return Vec::new();
    }
    let native = &attribute.native;
    let is = |one: Option<&Vec<u8>>, value: &[u8]| one.is_some_and(|one| same(attribute, one, value));
    let rest: Vec<Vec<u8>> = current.iter().filter(|value| !is(old.as_ref(), value)).cloned().collect();
    // Of one spelling of a value and another, servers take only the last.
    let respelt = matches!((&old, &new), (Some(old), Some(new)) if same(attribute, old, new));
    let by_value = attribute.comparable && !respelt && (compare || current.len() > 1);
    if !by_value {
        let others: Vec<Vec<u8>> = rest.into_iter().filter(|value| !is(new.as_ref(), value)).collect();
        let values = new.into_iter().chain(others).collect();
        return vec![Modification::new(ChangeKind::Replace, native, values)];
    }
    let mut remove: Vec<Vec<u8>> = old.into_iter().collect();
    let mut add = Vec::new();
    match (new, rest.first()) {
        (Some(new), Some(first)) if !same(attribute, first, &new) => {
            // Each by its name: what somebody else adds in between is not lost.
            remove.extend(rest.iter().cloned());
            let others = rest.into_iter().filter(|value| !same(attribute, value, &new)).collect::<Vec<_>>();
            add.push(new);
            add.extend(others);
        }
        // It comes to the front by itself.
        (Some(_) | None, Some(_)) | (None, None) => {}
        (Some(new), None) => add.push(new),
    }
    let parts = [(ChangeKind::Delete, remove), (ChangeKind::Add, add)].into_iter();
    let parts = parts.filter(|(_, values)| !values.is_empty());
    parts.map(|(kind, values)| Modification::new(kind, native, values)).collect()
}

/// Values of the entry that are among the given ones, or that are not.
fn matching(attribute: &Attribute, current: &[Vec<u8>], given: &[Vec<u8>], among: bool) -> Vec<Vec<u8>> {
    current.iter().filter(|value| contains(attribute, given, value) == among).cloned().collect()
}

fn contains(attribute: &Attribute, values: &[Vec<u8>], value: &[u8]) -> bool {
    values.iter().any(|other| same(attribute, other, value))
}

/// Whether the server takes two values for one.
fn same(attribute: &Attribute, one: &[u8], other: &[u8]) -> bool {
    if one == other {
        return true;
    }
    let (Ok(one), Ok(other)) = (std::str::from_utf8(one), std::str::from_utf8(other)) else { return false };
    match attribute.syntax {
        Syntax::Dn => dn::key(one) == dn::key(other),
        _ => !attribute.case_exact && one.to_lowercase() == other.to_lowercase(),
    }
}
