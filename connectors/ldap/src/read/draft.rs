//! From entries to objects.

use std::collections::{HashSet, VecDeque};

use patchbay_connector::ldap::Entry;
use patchbay_connector::log::{self, FieldValue, Level};
use patchbay_connector::{Cell, Error, Object, Value};

use super::{Projection, id, ranges};
use crate::directory::Directory;
use crate::dn::Dn;
use crate::link::{self, Ids};
use crate::plan::{Attribute, Class, Groups, Source};
use crate::{dynamic, value};

/// Objects of entries that were read with the projection.
pub(crate) fn objects(
    db: &mut impl Directory,
    class: &Class,
    projection: &Projection<'_>,
    mut entries: Vec<Entry>,
) -> Result<Vec<Object>, Error> {
    for entry in &mut entries {
        ranges::complete(db, entry)?;
    }
    let mut pointed = Vec::with_capacity(projection.attributes.len());
    for attribute in &projection.attributes {
        pointed.push(match &attribute.source {
            Source::Reference(link) => {
                let values = entries.iter().flat_map(|entry| entry.values(&attribute.native)).map(Vec::as_slice);
                Pointed::Values(Ids::find(db, link, values)?)
            }
            Source::Urls(link) => Pointed::Entries(dynamic::members(db, attribute, link, &entries)?.into()),
            Source::Groups(groups) => Pointed::Entries(memberships(db, attribute, groups, &entries)?.into()),
            _ => Pointed::Values(Ids::default()),
        });
    }
    let mut objects = Vec::with_capacity(entries.len());
    for entry in &entries {
        let id = id(class, entry)?;
        let mut cells = Vec::with_capacity(projection.attributes.len());
        for (attribute, pointed) in projection.attributes.iter().zip(&mut pointed) {
            cells.push(match (&attribute.source, pointed) {
                (Source::Reference(_), Pointed::Values(ids)) => references(attribute, ids, entry),
                (_, Pointed::Entries(lists)) => {
                    lists.pop_front().unwrap_or_default().into_iter().map(Value::Reference).collect()
                }
                _ => cell(class, attribute, &id.uid, entry),
            });
        }
        objects.push(Object { id, cells });
    }
    Ok(objects)
}

/// Ids that an attribute points at.
enum Pointed {
    /// By value.
    Values(Ids),
    /// Those of each entry, in their order.
    Entries(VecDeque<Vec<String>>),
}

/// Ids of the groups of each entry.
fn memberships(
    db: &mut impl Directory,
    attribute: &Attribute,
    groups: &Groups,
    entries: &[Entry],
) -> Result<Vec<Vec<String>>, Error> {
    if groups.urls {
        let names: Vec<&str> = entries.iter().map(|entry| entry.dn.as_str()).collect();
        return dynamic::groups(db, &attribute.name, &groups.target, &groups.attribute, &names);
    }
    entries.iter().map(|entry| link::groups(db, groups, entry)).collect()
}

/// The values that are in an entry itself, whose object has this uid.
fn cell(class: &Class, attribute: &Attribute, uid: &str, entry: &Entry) -> Cell {
    match &attribute.source {
        Source::Dn => vec![Value::Text(entry.dn.clone())],
        Source::Active => class.active.iter().map(|active| Value::Boolean(active.read(entry))).collect(),
        Source::Value if attribute.multi => {
            let values = entry.values(&attribute.native).iter();
            values.filter_map(|bytes| scalar(attribute, uid, bytes)).collect()
        }
        Source::Value => shown(attribute, entry).and_then(|bytes| scalar(attribute, uid, &bytes)).into_iter().collect(),
        Source::Password | Source::Reference(_) | Source::Urls(_) | Source::Groups(_) => Vec::new(),
    }
}

/// One value of the object with this uid. What cannot be read counts as none, and the log tells
/// where it is: one bad value must not keep an object from being found and disabled, nor a page
/// from being read.
fn scalar(attribute: &Attribute, uid: &str, bytes: &[u8]) -> Option<Value> {
    value::decode(attribute, bytes).unwrap_or_else(|_| {
        let fields = [("attribute", attribute.name.as_str()), ("uid", uid)];
        let fields = fields.map(|(name, text)| (name.to_owned(), FieldValue::Text(text.to_owned())));
        log::write(Level::Warn, "a value in the directory cannot be read and counts as none", &fields);
        None
    })
}

/// The one value of several that an object has: the one in its name, else the first.
pub(crate) fn shown(attribute: &Attribute, entry: &Entry) -> Option<Vec<u8>> {
    let values = entry.values(&attribute.native);
    let (first, others) = values.split_first()?;
    if others.is_empty() {
        return Some(first.clone());
    }
    let name = Dn::parse(&entry.dn).ok();
    let naming = name.as_ref().and_then(Dn::leaf).into_iter().flat_map(|leaf| &leaf.parts);
    let mut named = naming.filter(|part| attribute.is_kept_in(&part.attribute));
    Some(named.next().map_or_else(|| first.clone(), |part| part.value.clone()))
}

/// Ids of the objects whose names are in an entry; names of others are left out.
fn references(attribute: &Attribute, ids: &Ids, entry: &Entry) -> Cell {
    // Several values may stand for one object that is known by each of them.
    let by = matches!(&attribute.source, Source::Reference(link) if link.by.is_some());
    let mut seen = HashSet::new();
    let found = entry.values(&attribute.native).iter().filter_map(|value| ids.get(value));
    let found = found.filter(|id| !by || seen.insert(*id));
    let limit = if attribute.multi { usize::MAX } else { 1 };
    found.take(limit).map(|id| Value::Reference(id.to_owned())).collect()
}
