//! From deltas to modifications of an entry.

use patchbay_connector::ldap::{ChangeKind, Entry, Modification};
use patchbay_connector::{Change, Error};

use super::list;
use crate::fault;
use crate::plan::Attribute;
use crate::read::shown;
use crate::syntax::Syntax;
use crate::value;

/// Changes that give an attribute of an entry what `asked` wants, one change after the other.
/// `compare` has the old value go by name, so that the change fails where somebody else was
/// there first.
pub(super) fn changes(
    attribute: &Attribute,
    entry: &Entry,
    asked: &[&Change],
    compare: bool,
) -> Result<Vec<Modification>, Error> {
    if !attribute.readable {
        return unseen(attribute, asked);
    }
    let current = entry.values(&attribute.native);
    if attribute.multi {
        return list::changes(attribute, current, asked);
    }
    let old = shown(attribute, entry);
    let mut new = old.clone();
    for change in asked {
        new = match change {
            Change::Replace(values) => value::encode(attribute, values)?.into_iter().next(),
            Change::Clear => None,
            Change::Add(values) => value::encode(attribute, values)?.into_iter().next().or(new),
            Change::Remove(values) => {
                let gone = value::encode(attribute, values)?;
                new.filter(|new| !gone.iter().any(|gone| attribute.equality.same(gone, new)))
            }
        };
    }
    // Active Directory keeps its times for good: 0 is "never".
    let never = || Some(b"0".to_vec()).filter(|_| old.is_some() && attribute.syntax == Syntax::FileTime);
    let new = new.or_else(never);
    Ok(one(attribute, current, old, new, compare))
}

/// Changes of an attribute that nobody may read, such as one with hashes of passwords: what is
/// there is replaced, for an old hash beside a new one would be as good as it.
fn unseen(attribute: &Attribute, asked: &[&Change]) -> Result<Vec<Modification>, Error> {
    let mut wanted = Vec::new();
    for change in asked {
        wanted = match change {
            Change::Remove(_) => {
                return Err(fault::invalid(&attribute.name, "can be set and cleared, but no value be taken away"));
            }
            Change::Add(_) if !attribute.multi => list::apply(attribute, Vec::new(), change)?,
            Change::Replace(_) | Change::Add(_) | Change::Clear => list::apply(attribute, wanted, change)?,
        };
    }
    Ok(vec![Modification::new(ChangeKind::Replace, &attribute.native, wanted)])
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
    let is = |one: Option<&Vec<u8>>, value: &[u8]| one.is_some_and(|one| attribute.equality.same(one, value));
    let rest: Vec<Vec<u8>> = current.iter().filter(|value| !is(old.as_ref(), value)).cloned().collect();
    // Of one spelling of a value and another, servers take only the last.
    let respelt = matches!((&old, &new), (Some(old), Some(new)) if attribute.equality.same(old, new));
    let by_value = attribute.comparable && !respelt && (compare || current.len() > 1);
    if !by_value {
        let others: Vec<Vec<u8>> = rest.into_iter().filter(|value| !is(new.as_ref(), value)).collect();
        let values = new.into_iter().chain(others).collect();
        return vec![Modification::new(ChangeKind::Replace, native, values)];
    }
    let mut remove: Vec<Vec<u8>> = old.into_iter().collect();
    let mut add = Vec::new();
    match (new, rest.first()) {
        (Some(new), Some(first)) if !attribute.equality.same(first, &new) => {
            // Each by its name: what somebody else adds in between is not lost.
            remove.extend(rest.iter().cloned());
            let others = rest.into_iter().filter(|value| !attribute.equality.same(value, &new)).collect::<Vec<_>>();
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
