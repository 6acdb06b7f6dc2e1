//! A new entry.

use patchbay_connector::ldap::{self, Failure, Name, SecretValue, Written};
use patchbay_connector::{Attribute, Error, ErrorKind, Fault, WriteResult};

use super::{boolean, counter, culprit, fixed, guard, name, parents, partly, password, pointers, secret, target};
use crate::account_control::{DISABLED, NORMAL, PASSWORD_NOT_REQUIRED};
use crate::directory::{Directory, terms};
use crate::plan::{self, Active, Class, Naming, Source};
use crate::vendor::PasswordWay;
use crate::{fault, read, value};

/// What a group of Active Directory is where nobody says: global, and for permissions.
const GLOBAL_SECURITY: &str = "-2147483646";

/// An entry in the making.
#[derive(Debug, Default)]
struct Draft<'a> {
    values: Vec<ldap::Attribute>,
    written: Vec<&'a plan::Attribute>,
    active: Option<bool>,
    password: Option<u32>,
}

impl<'a> Draft<'a> {
    /// Adds values to those of an attribute.
    fn add(&mut self, native: &str, values: Vec<Vec<u8>>) {
        let known = self.values.iter_mut().find(|known| known.name.eq_ignore_ascii_case(native));
        match known {
            Some(known) => {
                for value in values {
                    if !known.values.contains(&value) {
                        known.values.push(value);
                    }
                }
            }
            None if values.is_empty() => {}
            None => self.values.push(ldap::Attribute::new(native, values)),
        }
    }

    fn values(&self, native: &str) -> &[Vec<u8>] {
        let known = self.values.iter().find(|known| known.name.eq_ignore_ascii_case(native));
        known.map_or(&[], |known| known.values.as_slice())
    }

    /// The value of an attribute as text, by its name in the settings.
    fn text(&self, class: &Class, name: &str) -> Option<String> {
        let attribute = class.attribute_called(name)?;
        String::from_utf8(self.values(&attribute.native).first()?.clone()).ok()
    }

    /// Takes in what a request gives.
    fn give(&mut self, db: &mut impl Directory, class: &'a Class, given: &[Attribute]) -> Result<(), Error> {
        for Attribute { name, values } in given {
            let attribute = target(class, name, |known| known.creatable)?;
            match &attribute.source {
                Source::Active => self.active = boolean(name, values)?,
                Source::Password => self.password = secret(name, values)?,
                Source::Value => {
                    // A value comes once, however it is spelt.
                    let values = attribute.equality.distinct(value::encode(attribute, values)?);
                    self.add(&attribute.native, values);
                }
                Source::Reference(link) => {
                    let values = pointers(db, attribute, link, values)?;
                    self.add(&attribute.native, values);
                }
                Source::Dn | Source::Urls(_) | Source::Groups(_) => return Err(fixed(attribute)),
            }
            if !values.is_empty() {
                self.written.push(attribute);
            }
        }
        Ok(())
    }

    /// Makes sure that nothing is missing that nobody else gives.
    fn check_required(&self, class: &Class) -> Result<(), Error> {
        let missing = class.attributes.iter().find(|attribute| {
            attribute.required
                && matches!(attribute.source, Source::Value | Source::Reference(_))
                && self.values(&attribute.native).is_empty()
        });
        missing.map_or(Ok(()), |attribute| Err(fault::invalid(&attribute.name, "must have a value")))
    }

    /// Takes numbers from counters for attributes that have no value.
    fn number(&mut self, db: &mut impl Directory, class: &Class) -> Result<(), Error> {
        for (name, next) in &class.next {
            let Some(attribute) = class.attribute(name) else { continue };
            if self.values(&attribute.native).is_empty() {
                self.add(&attribute.native, vec![counter::give(db, class, attribute, next)?]);
            }
        }
        Ok(())
    }

    /// What an entry has beside what was given.
    fn complete(&mut self, class: &Class, name: &Name) {
        let classes = class.object_classes.iter().map(|name| name.clone().into_bytes()).collect();
        self.add("objectClass", classes);
        for part in name.parts.first().into_iter().flatten() {
            let value = part.value.clone().into_bytes();
            // The same in another case would be a second value of the same.
            let has = |known: &Vec<u8>| String::from_utf8_lossy(known).to_lowercase() == part.value.to_lowercase();
            if !self.values(&part.attribute).iter().any(has) {
                self.add(&part.attribute, vec![value]);
            }
        }
        for attribute in &class.attributes {
            if let Source::Reference(plan::Link { placeholder: Some(placeholder), .. }) = &attribute.source
                && self.values(&attribute.native).is_empty()
            {
                self.add(&attribute.native, vec![placeholder.clone().into_bytes()]);
            }
        }
        if let Some((native, value)) =
            class.active.as_ref().and_then(|active| active.initial(self.active.unwrap_or(true)))
        {
            self.add(native, vec![value]);
        }
        if class.server.vendor.is_active_directory() {
            self.complete_windows(class);
        }
    }

    /// What Active Directory would else have its own idea of.
    fn complete_windows(&mut self, class: &Class) {
        let is = |name: &str| class.object_classes.iter().any(|known| known.eq_ignore_ascii_case(name));
        if class.active == Some(Active::AccountControl) && self.values("userAccountControl").is_empty() {
            let optional = class.password.as_ref().is_some_and(|password| password.optional);
            let wanted = self.active.unwrap_or(true);
            let flags = match (wanted, self.password) {
                (true, Some(_)) => NORMAL,
                (true, None) if optional => NORMAL | PASSWORD_NOT_REQUIRED,
                // Nobody may log on without a password: it stays shut until it has one.
                _ => NORMAL | DISABLED,
            };
            self.add("userAccountControl", vec![flags.to_string().into_bytes()]);
        }
        if is("group") && self.values("groupType").is_empty() {
            self.add("groupType", vec![GLOBAL_SECURITY.as_bytes().to_vec()]);
        }
    }
}

/// Makes an object with the attributes given.
pub(super) fn create(db: &mut impl Directory, class: &Class, given: &[Attribute]) -> Result<WriteResult, Error> {
    let naming = class.naming.as_ref().ok_or_else(|| {
        Error::fault(ErrorKind::Unsupported, "the settings do not say how new entries are named (`dn`)")
    })?;
    let mut draft = Draft::default();
    draft.give(db, class, given)?;
    draft.check_required(class)?;
    guard::hold(db, class, draft.written.iter().map(|attribute| (*attribute, draft.values(&attribute.native))))?;
    for attribute in &draft.written {
        guard::unique(db, class, attribute, draft.values(&attribute.native), None)?;
    }
    draft.number(db, class)?;
    let mut name = name::whole(class, naming, |name| draft.text(class, name))?;
    if let (Some(Active::Container(container)), Some(false)) = (&class.active, draft.active) {
        name = Name { parts: name.parts.into_iter().take(1).collect(), below: container.clone() };
    }
    draft.complete(class, &name);
    let written = add(db, class, naming, &name, &draft)?;
    finish(db, class, &draft, written)
}

/// Adds the entry, and what is missing above it where that is wanted.
fn add(
    db: &mut impl Directory,
    class: &Class,
    naming: &Naming,
    name: &Name,
    draft: &Draft<'_>,
) -> Result<Written, Error> {
    let secrets: Vec<SecretValue> =
        draft.password.and_then(|secret| password::value(class, secret)).into_iter().collect();
    let mut values = draft.values.clone();
    if draft.password.is_some() {
        values.extend(password::beside(class).map(|change| change.attribute));
    }
    let terms = terms(read::version_natives(class));
    let outcome = match (db.add(name, &values, &secrets, &terms), &naming.create_parents) {
        (Err(error), Some(kind)) if error.failure == Failure::NoSuchObject => {
            parents::make(db, class, name::dn(name).and_then(|dn| dn.parent()), kind)?;
            db.add(name, &values, &secrets, &terms)
        }
        (outcome, _) => outcome,
    };
    match outcome {
        Ok(written) => Ok(written),
        Err(error) => {
            let fault = fault::add(class, &error, &draft.written);
            let written = draft.written.iter().map(|attribute| (*attribute, draft.values(&attribute.native)));
            Err(culprit::named(db, class, fault, written, None))
        }
    }
}

/// Sets the password where that is an operation of its own, and tells the id.
fn finish(db: &mut impl Directory, class: &Class, draft: &Draft<'_>, written: Written) -> Result<WriteResult, Error> {
    let separate = class.password.as_ref().is_some_and(|password| password.way == PasswordWay::Modify);
    let secret = draft.password.filter(|_| separate);
    let shut = password::shut(class, draft.active == Some(false), draft.values("pwdAccountLockedTime"));
    if let Some(secret) = secret
        && let Err(failed) = password::set(db, class, &written.dn, secret, shut.as_deref())
    {
        return Err(match db.delete(&written.dn, &terms(Vec::new())) {
            Ok(()) => failed.error,
            Err(left) => {
                let without = if failed.set { "" } else { " without a password" };
                partly(failed.error, &format!("the object was made{without}, and could not be taken back"))
                    .with_internal(left.message)
            }
        });
    }
    let entry = match written.entry.filter(|_| secret.is_none()) {
        Some(entry) => entry,
        None => reread(db, class, &written.dn)?,
    };
    let id = read::id(class, &entry)?;
    let shut = class.active == Some(Active::AccountControl)
        && draft.active != Some(false)
        && draft.values("userAccountControl") == [(NORMAL | DISABLED).to_string().into_bytes()];
    let side_effects = match shut {
        true => vec![Attribute { name: "active".to_owned(), values: vec![patchbay_connector::Value::Boolean(false)] }],
        false => Vec::new(),
    };
    Ok(WriteResult { id, side_effects })
}

/// Id and version of an entry that was just written.
pub(super) fn reread(db: &mut impl Directory, class: &Class, dn: &str) -> Result<ldap::Entry, Error> {
    let mut filter = ldap::FilterBuilder::new();
    filter.present("objectClass");
    let natives = read::version_natives(class);
    let entry = db.entry(dn, filter.build(), natives, ldap::SearchOptions::empty());
    let mut entry = entry.map_err(|error| fault::plain(&error))?.ok_or_else(|| {
        Error::fault(
            ErrorKind::Timeout,
            "the object was written, but cannot be read: somebody moved or deleted it, or the binding may not read it",
        )
    })?;
    read::ranges::complete(db, &mut entry)?;
    Ok(entry)
}
