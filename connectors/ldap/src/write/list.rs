//! Lists of values that are in the entry itself: what the changes of one request make of one.

use std::collections::HashSet;

use patchbay_connector::ldap::{ChangeKind, Modification};
use patchbay_connector::{Change, Error};

use crate::plan::Attribute;
use crate::value;

/// Changes of an entry with the values `current` that make them what `asked` wants.
pub(super) fn changes(
    attribute: &Attribute,
    current: &[Vec<u8>],
    asked: &[&Change],
) -> Result<Vec<Modification>, Error> {
    let wanted = asked.iter().try_fold(current.to_vec(), |values, change| apply(attribute, values, change))?;
    Ok(difference(attribute, current, wanted))
}

/// The values of a list after one more change.
pub(super) fn apply(attribute: &Attribute, mut values: Vec<Vec<u8>>, change: &Change) -> Result<Vec<Vec<u8>>, Error> {
    match change {
        Change::Replace(given) => Ok(attribute.equality.distinct(value::encode(attribute, given)?)),
        Change::Clear => Ok(Vec::new()),
        Change::Add(given) => {
            let mut there: HashSet<Vec<u8>> = values.iter().map(|value| attribute.equality.key(value)).collect();
            let mut given = value::encode(attribute, given)?;
            given.retain(|value| there.insert(attribute.equality.key(value)));
            values.extend(given);
            Ok(values)
        }
        Change::Remove(given) => {
            let given = value::encode(attribute, given)?;
            // The value in this spelling, or else in another one.
            let there: HashSet<&Vec<u8>> = values.iter().collect();
            let (spelt, others): (HashSet<Vec<u8>>, HashSet<Vec<u8>>) =
                given.into_iter().partition(|value| there.contains(value));
            let others: HashSet<Vec<u8>> = others.iter().map(|value| attribute.equality.key(value)).collect();
            values.retain(|value| !spelt.contains(value) && !others.contains(&attribute.equality.key(value)));
            Ok(values)
        }
    }
}

/// Changes that make the values `current` of an entry the wanted ones.
fn difference(attribute: &Attribute, current: &[Vec<u8>], wanted: Vec<Vec<u8>>) -> Vec<Modification> {
    let native = &attribute.native;
    let (old, new): (HashSet<&Vec<u8>>, HashSet<&Vec<u8>>) = (current.iter().collect(), wanted.iter().collect());
    let add: Vec<Vec<u8>> = wanted.iter().filter(|value| !old.contains(value)).cloned().collect();
    let remove: Vec<Vec<u8>> = current.iter().filter(|value| !new.contains(value)).cloned().collect();
    if add.is_empty() && remove.is_empty() {
        return Vec::new();
    }
    let there: HashSet<Vec<u8>> = current.iter().map(|value| attribute.equality.key(value)).collect();
    // The same value in another spelling is another value for whoever reads it. Of both in one
    // operation, servers take only the last.
    let respelt = add.iter().any(|value| there.contains(&attribute.equality.key(value)));
    if !attribute.comparable || respelt {
        return vec![Modification::new(ChangeKind::Replace, native, wanted)];
    }
    let parts = [(ChangeKind::Delete, remove), (ChangeKind::Add, add)].into_iter();
    let parts = parts.filter(|(_, values)| !values.is_empty());
    parts.map(|(kind, values)| Modification::new(kind, native, values)).collect()
}
