//! Renames and moves: when what an entry's name is made of changes, and when an account
//! becomes inactive that inactive accounts have a place for.

use patchbay_connector::ldap::{Entry, Failure, Naming as Part, Rdn, Terms, Written};
use patchbay_connector::{Change, Delta, Error, ErrorKind, Fault};

use super::{name, parents};
use crate::active::is_below;
use crate::directory::{Directory, terms};
use crate::dn::Dn;
use crate::plan::{Active, Attribute, Class, Naming};
use crate::read::shown;
use crate::{fault, value};

/// Where an entry goes, and where it comes from.
#[derive(Debug)]
pub(super) struct Move {
    rdn: Rdn,
    parent: Option<String>,
    old_rdn: Rdn,
    old_parent: Option<String>,
}

/// The move that deltas ask for; none where the entry stays where it is.
pub(super) fn plan(
    class: &Class,
    entry: &Entry,
    deltas: &[Delta],
    active: Option<bool>,
) -> Result<Option<Move>, Error> {
    let Some(naming) = &class.naming else { return Ok(None) };
    let touched = |names: Vec<&str>| {
        let called = |name: &str| class.attribute_called(name).map(|attribute| attribute.name.as_str());
        names.into_iter().filter_map(called).any(|name| deltas.iter().any(|delta| delta.attribute == name))
    };
    let mut above = naming.template.container_attributes();
    above.extend(naming.containers.iter().map(|containers| containers.by.as_str()));
    let renamed = touched(naming.template.leaf_attributes());
    let placed = touched(above);
    let shut = match (&class.active, active) {
        (Some(Active::Container(container)), Some(active)) => {
            let inside = is_below(&entry.dn, container);
            (inside == active).then_some(active)
        }
        _ => None,
    };
    if !naming.rename {
        refuse_naming(class, naming, entry, deltas)?;
    }
    if !(naming.rename && (renamed || placed)) && shut.is_none() {
        return Ok(None);
    }
    let old = Dn::parse(&entry.dn).map_err(|_| unreadable_name())?;
    let values = |name: &str| text(class, entry, deltas, name);
    let leaf = if naming.rename && renamed { Some(name::leaf(class, naming, values)?) } else { None };
    let inactive = match (&class.active, active) {
        (Some(Active::Container(container)), Some(false)) => Some(container.clone()),
        (Some(Active::Container(container)), None) if is_below(&entry.dn, container) => Some(container.clone()),
        _ => None,
    };
    let parent = match inactive {
        Some(container) => shut.map(|_| container),
        None if shut.is_some() || (naming.rename && placed) => {
            let whole = name::whole(class, naming, values)?;
            let parent = name::dn(&whole).and_then(|dn| dn.parent()).ok_or_else(unreadable_name)?;
            Some(parent.to_string())
        }
        None => None,
    };
    away(&old, leaf, parent)
}

/// The move to a place of another name, below another entry, or both; none where that is
/// where the entry is.
pub(super) fn away(old: &Dn, leaf: Option<Rdn>, parent: Option<String>) -> Result<Option<Move>, Error> {
    let first = old.leaf().ok_or_else(unreadable_name)?;
    let part = |part: &crate::dn::Ava| {
        let value = String::from_utf8(part.value.clone()).map_err(|_| unreadable_name())?;
        Ok(Part { attribute: part.attribute.clone(), value })
    };
    let old_rdn = first.parts.iter().map(part).collect::<Result<Rdn, Error>>()?;
    let old_parent = old.parent().map(|parent| parent.to_string()).unwrap_or_default();
    let parent = parent.filter(|parent| crate::dn::key(parent) != crate::dn::key(&old_parent));
    let leaf = leaf.filter(|leaf| !is_same(leaf, &old_rdn));
    if leaf.is_none() && parent.is_none() {
        return Ok(None);
    }
    let back = parent.is_some().then_some(old_parent);
    Ok(Some(Move { rdn: leaf.unwrap_or_else(|| old_rdn.clone()), parent, old_rdn, old_parent: back }))
}

impl Move {
    /// Whether the name gets another value of an attribute.
    pub(super) fn sets(&self, native: &str) -> bool {
        !is_same(&self.rdn, &self.old_rdn) && self.rdn.iter().any(|part| part.attribute.eq_ignore_ascii_case(native))
    }

    /// Renames or moves the entry.
    pub(super) fn go(&self, db: &mut impl Directory, class: &Class, dn: &str, terms: &Terms) -> Result<Written, Error> {
        let kind = class.naming.as_ref().and_then(|naming| naming.create_parents.as_ref());
        let written = match (db.rename(dn, &self.rdn, true, self.parent.as_deref(), terms), kind, &self.parent) {
            (Err(error), Some(kind), Some(parent)) if error.failure == Failure::NoSuchObject => {
                parents::make(db, class, Dn::parse(parent).ok(), kind)?;
                db.rename(dn, &self.rdn, true, Some(parent), terms)
            }
            (outcome, ..) => outcome,
        };
        written.map_err(|error| fault::add(class, &error, &[]))
    }

    /// Takes it back after `failed`; the error says where that did not work either.
    pub(super) fn back(&self, db: &mut impl Directory, dn: &str, failed: Error) -> Error {
        match db.rename(dn, &self.old_rdn, true, self.old_parent.as_deref(), &terms(Vec::new())) {
            Ok(_) => failed,
            Err(error) => {
                let message =
                    format!("{}; the entry was renamed before, and that could not be taken back", failed.message);
                let internal = [failed.internal.as_deref(), Some(error.message.as_str())]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>();
                let internal = internal.join("; ");
                Error { message, kind: ErrorKind::Conflict, ..failed }.with_internal(internal)
            }
        }
    }
}

/// What names the entry, and what says where it is, is fixed where entries are not renamed.
fn refuse_naming(class: &Class, naming: &Naming, entry: &Entry, deltas: &[Delta]) -> Result<(), Error> {
    let natives = naming.template.naming();
    let touched = || deltas.iter().filter_map(|delta| class.attribute(&delta.attribute));
    let mut named = touched().filter(|attribute| natives.iter().any(|native| attribute.is_kept_in(native)));
    if let Some(attribute) = named.next() {
        return Err(super::fixed(attribute));
    }
    let name = |deltas: &[Delta]| {
        let name = name::whole(class, naming, |name| text(class, entry, deltas, name)).ok();
        name.as_ref().and_then(name::dn).map(|dn| dn.key())
    };
    let from = sources(naming);
    let is_source = |attribute: &&Attribute| {
        from.iter().filter_map(|name| class.attribute_called(name)).any(|source| source.name == attribute.name)
    };
    match touched().find(is_source) {
        Some(attribute) if name(&[]) != name(deltas) => Err(super::fixed(attribute)),
        _ => Ok(()),
    }
}

/// Names of attributes that an entry's name is made of.
fn sources(naming: &Naming) -> Vec<&str> {
    let containers = naming.containers.iter().map(|containers| containers.by.as_str());
    naming.template.attributes().into_iter().chain(containers).collect()
}

/// The text that an attribute has once the deltas are applied, by its name in the settings.
fn text(class: &Class, entry: &Entry, deltas: &[Delta], name: &str) -> Option<String> {
    let attribute = class.attribute_called(name)?;
    let current = || {
        let bytes = shown(attribute, entry)?;
        value::decode(attribute, &bytes).ok().flatten().as_ref().and_then(value::text)
    };
    let delta = deltas.iter().rev().find(|delta| delta.attribute == attribute.name);
    let new = match delta.map(|delta| &delta.change) {
        None => current(),
        Some(Change::Replace(values)) => values.first().and_then(value::text),
        Some(Change::Add(values)) => values.first().and_then(value::text).or_else(current),
        Some(Change::Clear) => None,
        Some(Change::Remove(values)) => {
            current().filter(|text| !values.iter().any(|value| value::text(value).as_ref() == Some(text)))
        }
    };
    new.filter(|text| !text.is_empty())
}

/// Whether two first parts are the same to the letter.
fn is_same(one: &Rdn, other: &Rdn) -> bool {
    let has = |part: &Part, rdn: &Rdn| {
        rdn.iter().any(|other| other.attribute.eq_ignore_ascii_case(&part.attribute) && other.value == part.value)
    };
    one.len() == other.len() && one.iter().all(|part| has(part, other))
}

fn unreadable_name() -> Error {
    Error::fault(ErrorKind::Conflict, "the entry has a name that it cannot be renamed from")
}
