//! Renames and moves: when what an entry's name is made of changes, and when an account
//! becomes inactive that inactive accounts have a place for.

use patchbay_connector::ldap::{self, ChangeKind, Entry, Failure, Modification, Naming as Part, Rdn, Terms, Written};
use patchbay_connector::{Change, Delta, Error, ErrorKind, Fault};

use super::{changes, name, parents};
use crate::active::is_below;
use crate::directory::{Directory, terms};
use crate::dn::{self, Dn};
use crate::plan::{Active, Attribute, Class, Naming, Source};
use crate::read::shown;
use crate::{fault, value};

/// Where an entry goes, and where it comes from.
#[derive(Debug)]
pub(super) struct Move {
    rdn: Rdn,
    parent: Option<String>,
    old_rdn: Rdn,
    old_parent: Option<String>,
    /// Whether the values of the old first part leave the entry: where the new one has others of
    /// the same attributes. What somebody named it by else stays.
    delete_old: bool,
    /// Parts of the new name that the entry has as values before.
    had: Rdn,
}

/// The longest value that a name gets here: what Active Directory takes for a `cn`.
const LONGEST: usize = 64;

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
    Ok(away(&old, leaf, parent)?.map(|relocation| relocation.of(entry)))
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
    let old_parent = parent.is_some().then_some(old_parent);
    let rdn = leaf.unwrap_or_else(|| old_rdn.clone());
    let delete_old = old_rdn.iter().all(|old| rdn.iter().any(|new| is_of_one(old, new)));
    Ok(Some(Move { rdn, parent, old_rdn, old_parent, delete_old, had: Rdn::new() }))
}

impl Move {
    /// Whether the name gets another value of an attribute.
    pub(super) fn sets(&self, native: &str) -> bool {
        !is_same(&self.rdn, &self.old_rdn) && self.rdn.iter().any(|part| part.attribute.eq_ignore_ascii_case(native))
    }

    /// With what the entry is known to have.
    fn of(mut self, entry: &Entry) -> Self {
        let has = |part: &&Part| entry.values(&part.attribute).iter().any(|value| holds(part, value));
        self.had = self.rdn.iter().filter(has).cloned().collect();
        self
    }

    /// The same move under a name that is the object's alone, as its `id` is in it. Where the
    /// old value can stay beside the new one it does: it may be a login.
    pub(super) fn apart(&self, class: &Class, id: &str) -> Self {
        let mut rdn = self.rdn.clone();
        let mut delete_old = self.delete_old;
        if let Some(first) = rdn.first_mut() {
            let room = LONGEST.saturating_sub(id.chars().count() + 1);
            let name: String = first.value.chars().take(room).collect();
            first.value = format!("{}-{id}", name.trim_end());
            let known = class.attribute_of(&first.attribute);
            delete_old = known.map_or(class.server.vendor.is_active_directory(), |known| !known.stored_multi);
        }
        let (parent, old_rdn, old_parent) = (self.parent.clone(), self.old_rdn.clone(), self.old_parent.clone());
        Self { rdn, parent, old_rdn, old_parent, delete_old, had: Rdn::new() }
    }

    /// Renames or moves the entry.
    pub(super) fn go(&self, db: &mut impl Directory, class: &Class, dn: &str, terms: &Terms) -> Result<Written, Error> {
        self.attempt(db, class, dn, terms)?.map_err(|error| self.fault(class, &error))
    }

    /// The same, with what the directory itself says of a rename that it refuses.
    pub(super) fn attempt(
        &self,
        db: &mut impl Directory,
        class: &Class,
        dn: &str,
        terms: &Terms,
    ) -> Result<Result<Written, ldap::Error>, Error> {
        let kind = class.naming.as_ref().and_then(|naming| naming.create_parents.as_ref());
        let outcome = db.rename(dn, &self.rdn, self.delete_old, self.parent.as_deref(), terms);
        Ok(match (outcome, kind, &self.parent) {
            (Err(error), Some(kind), Some(parent)) if error.failure == Failure::NoSuchObject => {
                parents::make(db, class, Dn::parse(parent).ok(), kind)?;
                db.rename(dn, &self.rdn, self.delete_old, Some(parent), terms)
            }
            (outcome, ..) => outcome,
        })
    }

    /// The error of one that the directory refuses. Of an entry that keeps its name, no value of
    /// the request is taken.
    pub(super) fn fault(&self, class: &Class, error: &ldap::Error) -> Error {
        match is_same(&self.rdn, &self.old_rdn) && fault::is_name(error) {
            true => fault::taken_place(error),
            false => fault::add(class, error, &[]),
        }
    }

    /// Changes of an entry that has the new name already: a value that the new one stands for,
    /// and that the rename has left, goes. `entry` is what it was before.
    pub(super) fn rest(&self, class: &Class, entry: &Entry, compare: bool) -> Result<Vec<Modification>, Error> {
        if is_same(&self.rdn, &self.old_rdn) {
            return Ok(Vec::new());
        }
        let mut rest = Vec::new();
        for part in &self.rdn {
            if self.delete_old && self.old_rdn.iter().any(|old| is_of_one(old, part)) {
                continue;
            }
            let known = class.attribute_of(&part.attribute).filter(|known| known.source == Source::Value);
            let Some(attribute) = known else { continue };
            let Some(value) = value::decode(attribute, part.value.as_bytes())? else { continue };
            let found = changes::changes(attribute, entry, &[&Change::Replace(vec![value])], compare)?;
            rest.extend(found.into_iter().filter_map(|mut change| {
                if change.kind != ChangeKind::Replace {
                    // The name keeps this one there.
                    change.attribute.values.retain(|value| !holds(part, value));
                }
                (!change.attribute.values.is_empty()).then_some(change)
            }));
        }
        Ok(rest)
    }

    /// Takes it back after `failed`; the error says where that did not work either.
    pub(super) fn back(&self, db: &mut impl Directory, dn: &str, failed: Error) -> Error {
        let is_in = |part: &Part, rdn: &Rdn| rdn.iter().any(|other| is_alike(part, other));
        let brought = || self.rdn.iter().filter(|part| !is_in(part, &self.old_rdn));
        // What was there before the name was changed stays.
        let delete = !brought().any(|part| is_in(part, &self.had));
        let renamed = db.rename(dn, &self.old_rdn, delete, self.old_parent.as_deref(), &terms(Vec::new()));
        let stale = brought()
            .filter(|part| !delete && !is_in(part, &self.had))
            .map(|part| Modification::new(ChangeKind::Delete, &part.attribute, vec![part.value.clone().into_bytes()]));
        let stale: Vec<Modification> = stale.collect();
        let restored = renamed.and_then(|written| match stale.as_slice() {
            [] => Ok(written),
            stale => db.modify(&written.dn, stale, &[], &terms(Vec::new())),
        });
        match restored {
            Ok(_) => failed,
            Err(error) => {
                let internal = [failed.internal.as_deref(), Some(error.message.as_str())]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>();
                let internal = internal.join("; ");
                super::partly(failed, "the entry was renamed before, and that could not be taken back")
                    .with_internal(internal)
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

/// Whether two parts are of one attribute.
fn is_of_one(one: &Part, other: &Part) -> bool {
    dn::is_of_one(&one.attribute, &other.attribute)
}

/// Whether a value of its attribute is the one that a part has.
fn holds(part: &Part, value: &[u8]) -> bool {
    let value = String::from_utf8_lossy(value).into_owned();
    is_alike(&Part { attribute: part.attribute.clone(), value }, part)
}

/// Whether the server takes two parts for one.
fn is_alike(one: &Part, other: &Part) -> bool {
    let key = |part: &Part| name::relative(&vec![part.clone()]).key();
    key(one) == key(other)
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
