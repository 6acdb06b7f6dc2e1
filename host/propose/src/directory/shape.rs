//! What entries of one kind have in common: where they are, how they are named, which object
//! classes a new one needs.

use std::collections::BTreeMap;

use patchbay_capability::ldap::{Dn, Entry};

use super::texts;

/// Object classes that others imply.
const IMPLIED: [&str; 4] = ["top", "person", "organizationalPerson", "securityPrincipal"];

/// What entries of one kind have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Object classes of a new entry.
    pub object_classes: Vec<String>,
    /// The entry below which all of them are.
    pub base: String,
    /// The entry below which most of them are: where new ones go.
    pub container: String,
    /// Attribute that names them.
    pub naming: String,
    /// How many of them are elsewhere than in `container`, or named by another attribute.
    pub others: usize,
}

impl Shape {
    /// Of entries that have the object class `class`; none without entries whose names can
    /// be read.
    pub fn of(entries: &[&Entry], class: &str) -> Option<Self> {
        let read = |entries: &[&Entry]| -> Vec<Dn> {
            entries.iter().filter_map(|entry| Dn::parse(entry.dn.as_str()).ok()).collect()
        };
        let names = read(entries);
        // Where Active Directory keeps its own is no place for others.
        let ordinary: Vec<&Entry> = entries.iter().copied().filter(|entry| !is_built_in(entry)).collect();
        let like = if ordinary.is_empty() { names.clone() } else { read(&ordinary) };
        let container = most(like.iter().map(|name| name.parent().to_owned()))?;
        let naming = most(like.iter().filter_map(|name| name.leaf_types().next()).map(str::to_owned))?;
        let root = Dn::parse(container.as_str()).ok()?;
        let others = names
            .iter()
            .filter(|name| name.parent() != container || name.leaf_types().next() != Some(&*naming))
            .count();
        let mut base = root;
        while !names.iter().all(|name| name.is_within(&base)) {
            let above = base.parent().to_owned();
            if above.is_empty() {
                break;
            }
            base = Dn::parse(above).ok()?;
        }
        let sets = entries.iter().map(|entry| {
            let mut own: Vec<String> = texts(entry, "objectClass").map(str::to_owned).collect();
            own.retain(|own| {
                !IMPLIED.iter().any(|implied| own.eq_ignore_ascii_case(implied)) || own.eq_ignore_ascii_case(class)
            });
            own.sort_by_key(|own| !own.eq_ignore_ascii_case(class));
            own
        });
        Some(Self { object_classes: most(sets)?, base: base.into_text(), container, naming, others })
    }

    /// What is assumed where not all are alike.
    pub(super) fn assumptions(&self, what: &str) -> Vec<String> {
        let mut all = vec![format!("new {what} are named by `{}`, below `{}`", self.naming, self.container)];
        if self.others > 0 {
            all.push(format!(
                "{} {what} are elsewhere, or named in another way; they stay so until they are renamed",
                self.others
            ));
        }
        all
    }
}

/// Whether an entry came with the directory.
pub(super) fn is_built_in(entry: &Entry) -> bool {
    texts(entry, "isCriticalSystemObject").any(|value| value.eq_ignore_ascii_case("TRUE"))
}

/// What comes most often; of several, the first in order.
fn most<T: Ord + Clone>(all: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(one, _)| one)
}
