//! Auxiliary object classes that an entry lacks, as it is older than the settings.
//!
//! Whether a value needs one says the server: an entry may have others that allow it, too. So
//! nothing is looked up before a write, and only what was refused is tried again with the
//! classes that were missing, in the same modification.

use patchbay_connector::ldap::{self, ChangeKind, Entry, Failure, FilterBuilder, Modification, SearchOptions};
use patchbay_connector::{Error, ErrorKind, Fault};

use super::counter;
use crate::directory::Directory;
use crate::fault;
use crate::plan::{Attribute, Auxiliary, Class, Next};

const OBJECT_CLASS: &str = "objectClass";

/// What an entry lacks of what is written to it.
#[derive(Debug, Default)]
pub(super) struct Lacking<'a> {
    classes: Vec<&'a Auxiliary>,
    /// Numbers that were taken for attributes of theirs.
    numbers: Vec<(&'a str, Vec<u8>)>,
}

/// Why a write failed.
#[derive(Debug)]
pub(super) enum Reason<'a> {
    /// The entry lacks classes that would allow what was written; and an attribute that needs
    /// one.
    Lacks(Lacking<'a>, String),
    /// It lacked one that it has now: somebody else was quicker.
    Raced,
    /// Something else.
    Other,
}

impl<'a> Lacking<'a> {
    /// Why a write of the attributes `written` failed with `error`.
    pub(super) fn find(
        db: &mut impl Directory,
        class: &'a Class,
        dn: &str,
        error: &ldap::Error,
        written: &[&str],
    ) -> Result<Reason<'a>, Error> {
        if error.failure != Failure::ObjectClassViolation || class.auxiliaries.is_empty() {
            return Ok(Reason::Other);
        }
        let mut filter = FilterBuilder::new();
        filter.present(OBJECT_CLASS);
        let entry = db.entry(dn, filter.build(), vec![OBJECT_CLASS.to_owned()], SearchOptions::empty());
        let Some(entry) = entry.map_err(|error| fault::plain(&error))? else { return Ok(Reason::Other) };
        let has = entry.values(OBJECT_CLASS);
        let named = error.attribute.as_deref();
        let is_there = |native: &str| class.auxiliaries.iter().any(|known| known.allows(native) && known.is_among(has));
        if named.is_some_and(|named| is_there(named) && written.iter().any(|native| native.eq_ignore_ascii_case(named)))
        {
            return Ok(Reason::Raced);
        }
        let mut classes: Vec<&Auxiliary> = Vec::new();
        let mut needs = None;
        for native in written {
            let allowing = || class.auxiliaries.iter().filter(|known| known.allows(native));
            if allowing().any(|known| known.is_among(has) || classes.contains(&known)) {
                continue;
            }
            if let Some(missing) = allowing().next() {
                classes.push(missing);
                needs = needs.or(Some(*native));
            }
        }
        // The server may have named one that no class would help.
        let helps = named.is_none_or(|named| classes.iter().any(|missing| missing.allows(named)));
        let Some(needs) = named.or(needs).filter(|_| helps && !classes.is_empty()) else {
            return Ok(Reason::Other);
        };
        Ok(Reason::Lacks(Self { classes, numbers: Vec::new() }, needs.to_owned()))
    }

    /// The refusal of a write that would need the classes, which the settings do not let it
    /// add; `native` is an attribute that does.
    pub(super) fn refusal(&self, class: &Class, native: &str, error: &ldap::Error) -> Error {
        let allowing = self.classes.iter().find(|missing| missing.allows(native)).or(self.classes.first());
        let missing = allowing.map(|missing| missing.name.as_str()).unwrap_or_default();
        let name = class.attribute_of(native).map_or(native, |attribute| attribute.name.as_str());
        let message = format!("`{name}` needs the object class `{missing}`, which the entry does not have");
        Error::fault(ErrorKind::InvalidValue, message).with_attribute(name).with_internal(error.message.clone())
    }

    /// Attributes of the entry that have to be known to add the classes.
    pub(super) fn natives(&self, class: &'a Class) -> impl Iterator<Item = &'a str> {
        self.numbered(class).into_iter().map(|(attribute, _)| attribute.native.as_str())
    }

    /// Attributes of the missing classes that a counter numbers.
    fn numbered(&self, class: &'a Class) -> Vec<(&'a Attribute, &'a Next)> {
        let numbered = class.next.iter().filter_map(|(name, next)| Some((class.attribute(name)?, next)));
        let allows = |attribute: &Attribute| self.classes.iter().any(|missing| missing.allows(&attribute.native));
        numbered.filter(|(attribute, _)| allows(attribute)).collect()
    }

    /// Adds the classes to the changes of an entry, and the numbers that they bring along.
    pub(super) fn complete(
        &mut self,
        db: &mut impl Directory,
        class: &'a Class,
        entry: &Entry,
        changes: &mut Vec<Modification>,
    ) -> Result<(), Error> {
        if self.classes.is_empty() {
            return Ok(());
        }
        for (attribute, next) in self.numbered(class) {
            let native = attribute.native.as_str();
            let given = changes.iter().any(|change| change.attribute.name.eq_ignore_ascii_case(native));
            if given || !entry.values(native).is_empty() {
                continue;
            }
            let number = match self.numbers.iter().find(|(known, _)| *known == native) {
                Some((_, number)) => number.clone(),
                None => {
                    let number = counter::give(db, class, attribute, next)?;
                    self.numbers.push((native, number.clone()));
                    number
                }
            };
            changes.push(Modification::new(ChangeKind::Add, native, vec![number]));
        }
        let names = self.classes.iter().map(|missing| missing.name.clone().into_bytes()).collect();
        changes.insert(0, Modification::new(ChangeKind::Add, OBJECT_CLASS, names));
        Ok(())
    }

    /// Forgets the classes, as the entry may have got them; numbers stay.
    pub(super) fn forget(&mut self) {
        self.classes.clear();
    }

    /// Takes over what another look has found.
    pub(super) fn replace(&mut self, found: Self) {
        self.classes = found.classes;
    }

    /// Whether nothing is known to be missing.
    pub(super) fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }
}
