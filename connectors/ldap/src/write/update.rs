//! Changes of an entry.

use patchbay_connector::ldap::{self, ChangeKind, Entry, Failure, Modification, SearchOptions, SecretValue, Terms};
use patchbay_connector::{Change, Delta, Error, ErrorKind, WriteResult};

use super::auxiliary::{Lacking, Reason};
use super::edit::{self, Edit};
use super::relocate::{self, Move};
use super::{
    assertion, boolean, changes, check_version, create, culprit, fixed, guard, lock, members, partly, password, secret,
    target,
};
use crate::directory::{Directory, terms};
use crate::plan::{Attribute, Class, Link, Source};
use crate::{fault, locate, read, value};

/// Times to begin anew after somebody else changed the same values.
const ATTEMPTS: usize = 4;

/// What stopped an attempt.
enum Abort<'a> {
    /// A value was there already, or gone: things are not what they were.
    Raced(Error),
    /// The next attempt knows more.
    Again(Error),
    /// The entry lacks object classes that the next attempt adds.
    Lacks(Box<Lacking<'a>>, Error),
    Failed(Error),
}

impl From<Error> for Abort<'_> {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Applies deltas to an object.
pub(super) fn update(
    db: &mut impl Directory,
    class: &Class,
    uid: &str,
    if_match: Option<&str>,
    deltas: &[Delta],
) -> Result<WriteResult, Error> {
    let mut work = Work::new(class, uid, if_match, deltas)?;
    if work.compare {
        lock(db, class, uid)?;
    }
    work.hold(db)?;
    loop {
        match work.attempt(db) {
            Ok(result) => return Ok(result),
            // Not by this host, which compares it again, now that nobody else of its operations
            // can come in between: the `unique` overlay of OpenLDAP holds its own search, and
            // not the entry, to the condition.
            Err(Abort::Failed(error)) if if_match.is_some() && !work.compare && is_refused_condition(&error) => {
                work.compare_here();
                lock(db, class, uid)?;
            }
            Err(Abort::Failed(error)) => return Err(work.told(error)),
            Err(Abort::Raced(error) | Abort::Again(error) | Abort::Lacks(_, error)) if work.attempts >= ATTEMPTS => {
                return Err(work.told(error));
            }
            Err(Abort::Raced(_)) => {
                work.known.certain = true;
                work.lacking.forget();
            }
            Err(Abort::Again(_)) => work.known.emptied = true,
            Err(Abort::Lacks(found, _)) => {
                work.lacking.replace(*found);
                // The next attempt reads more.
                work.before = None;
            }
        }
    }
}

/// An update under way.
struct Work<'a> {
    class: &'a Class,
    uid: &'a str,
    if_match: Option<&'a str>,
    /// The version is compared here: the server cannot, or there are several operations.
    compare: bool,
    deltas: &'a [Delta],
    written: Vec<&'a Attribute>,
    active: Option<bool>,
    password: Option<u32>,
    /// The password was set by its operation, and is not taken back.
    set: bool,
    attempts: usize,
    known: members::Known,
    lacking: Lacking<'a>,
    /// What the attempt before read, where a version was named.
    before: Option<Vec<ldap::Attribute>>,
    /// What the attempt before wrote, where values were there already.
    refused: Option<Vec<Modification>>,
}

impl<'a> Work<'a> {
    fn new(class: &'a Class, uid: &'a str, if_match: Option<&'a str>, deltas: &'a [Delta]) -> Result<Self, Error> {
        let known = members::Known::default();
        let mut work = Self {
            class,
            uid,
            if_match,
            compare: false,
            deltas,
            written: Vec::new(),
            active: None,
            password: None,
            set: false,
            attempts: 0,
            known,
            lacking: Lacking::default(),
            before: None,
            refused: None,
        };
        for delta in deltas {
            let name = &delta.attribute;
            let attribute = target(class, name, |known| known.updatable)?;
            match (&attribute.source, &delta.change) {
                (Source::Active, Change::Replace(values) | Change::Add(values)) => work.active = boolean(name, values)?,
                (Source::Active, _) => return Err(fault::invalid(name, "must be true or false")),
                (Source::Password, Change::Replace(values)) => work.password = secret(name, values)?,
                (Source::Password, _) => return Err(fault::invalid(name, "can be set, but not taken away")),
                (Source::Value | Source::Reference(_), _) => {}
                (Source::Dn | Source::Urls(_) | Source::Groups(_), _) => return Err(fixed(attribute)),
            }
            if attribute.required && matches!(&delta.change, Change::Clear) {
                return Err(fault::invalid(name, "must have a value"));
            }
            work.written.push(attribute);
        }
        // A password that is set by its operation makes another version before the rest comes.
        let twice = work.password.is_some_and(|secret| password::value(class, secret).is_none());
        if if_match.is_some() && (twice || assertion(class, if_match).is_none()) {
            work.compare_here();
        }
        work.known.certain |= twice;
        Ok(work)
    }

    /// What is told of an update that failed.
    fn told(&self, error: Error) -> Error {
        if self.set { partly(error, "the password was set before") } else { error }
    }

    /// Does not leave it to the server to compare the version.
    fn compare_here(&mut self) {
        self.compare = true;
        self.known.certain |= !self.is_about_lists();
    }

    /// Whether all that is written are lists, which nobody's value is replaced in.
    fn is_about_lists(&self) -> bool {
        self.written.iter().copied().all(is_list)
    }

    /// Makes sure that a version that is coarse, as times are, hides no change since the
    /// attempt before.
    fn check_unchanged(&mut self, entry: &Entry) -> Result<(), Error> {
        if self.if_match.is_none() {
            return Ok(());
        }
        match self.before.replace(entry.attributes.clone()) {
            Some(before) if before != entry.attributes => Err(fault::other_version()),
            _ => Ok(()),
        }
    }

    /// Attributes of the entry that have to be known.
    fn natives(&self) -> Vec<String> {
        let mut natives = read::version_natives(self.class);
        natives.extend(guard::natives(self.class));
        let naming = self.class.naming.iter().flat_map(|naming| {
            let by = naming.containers.iter().map(|containers| containers.by.as_str());
            naming.template.attributes().into_iter().chain(by)
        });
        let naming = naming.filter_map(|name| self.class.attribute_called(name));
        // Lists may be long, and need not be known to be changed.
        let written = self.written.iter().copied().filter(|attribute| !is_list(attribute));
        natives.extend(naming.chain(written).map(|attribute| attribute.native.clone()));
        let named_by = self.class.naming.iter().flat_map(|naming| naming.template.naming());
        natives.extend(named_by.map(str::to_owned));
        natives.extend(self.class.active.as_ref().and_then(|active| active.native()).map(str::to_owned));
        natives.extend(self.lacking.natives(self.class).map(str::to_owned));
        natives.retain(|native| !native.is_empty());
        natives.sort_unstable_by_key(|native| native.to_ascii_lowercase());
        natives.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
        natives
    }

    fn attempt(&mut self, db: &mut impl Directory) -> Result<WriteResult, Abort<'a>> {
        self.attempts += 1;
        let class = self.class;
        let mut entry = locate::entry(db, class, self.uid, self.natives(), SearchOptions::empty())?;
        read::ranges::complete(db, &mut entry)?;
        guard::allowed(class, &entry)?;
        check_version(class, &entry, self.if_match)?;
        self.check_unchanged(&entry)?;
        let relocation = relocate::plan(class, &entry, self.deltas, self.active)?;
        // To try again after a rename is to be at another version.
        self.known.certain |= relocation.is_some();
        let mut changes = self.changes(db, &entry, relocation.as_ref())?;
        self.lacking.complete(db, class, &entry, &mut changes)?;
        self.carry_out(db, entry, relocation.as_ref(), &changes)
    }

    /// Modifications that the deltas ask for.
    fn changes(
        &self,
        db: &mut impl Directory,
        entry: &Entry,
        relocation: Option<&Move>,
    ) -> Result<Vec<Modification>, Error> {
        let mut modifications: Vec<Modification> = Vec::new();
        for Edit { attribute, asked } in edit::edits(self.deltas, &self.written) {
            match &attribute.source {
                Source::Reference(link) if is_list(attribute) => {
                    modifications.extend(members::changes(db, attribute, link, entry, &asked, self.known)?);
                }
                Source::Reference(link) => {
                    let stored = asked.iter().map(|change| edit::stored(db, attribute, link, change));
                    let stored = stored.collect::<Result<Vec<Change>, Error>>()?;
                    let stored: Vec<&Change> = stored.iter().collect();
                    modifications.extend(changes::changes(attribute, entry, &stored, self.compare)?);
                }
                // The new name brings the value along.
                Source::Value if relocation.is_some_and(|relocation| relocation.sets(&attribute.native)) => {
                    if self.attempts == 1 {
                        self.check_unique(db, attribute, entry, &asked)?;
                    }
                }
                Source::Value => {
                    let found = changes::changes(attribute, entry, &asked, self.compare)?;
                    if self.attempts == 1 && !found.is_empty() {
                        self.check_unique(db, attribute, entry, &asked)?;
                    }
                    modifications.extend(found);
                }
                Source::Active | Source::Password | Source::Dn | Source::Urls(_) | Source::Groups(_) => {}
            }
        }
        if let Some(relocation) = relocation {
            modifications.extend(relocation.rest(self.class, entry, self.compare)?);
        }
        if let (Some(active), Some(wanted)) = (&self.class.active, self.active) {
            modifications.extend(active.changes(entry, self.class.attribute("active"), wanted)?);
        }
        Ok(modifications)
    }

    /// Takes the locks of values that are to be unique.
    fn hold(&self, db: &mut impl Directory) -> Result<(), Error> {
        let mut given = Vec::new();
        for (delta, attribute) in self.deltas.iter().zip(&self.written) {
            if let (Source::Value, Change::Replace(values) | Change::Add(values)) = (&attribute.source, &delta.change)
                && self.class.guarded.contains(&attribute.name)
            {
                given.push((*attribute, value::encode(attribute, values)?));
            }
        }
        guard::hold(db, self.class, given.iter().map(|(attribute, values)| (*attribute, values.as_slice())))
    }

    fn check_unique(
        &self,
        db: &mut impl Directory,
        attribute: &Attribute,
        entry: &Entry,
        asked: &[&Change],
    ) -> Result<(), Error> {
        for change in asked {
            let (Change::Replace(values) | Change::Add(values)) = change else { continue };
            guard::unique(db, self.class, attribute, &value::encode(attribute, values)?, Some(&entry.dn))?;
        }
        Ok(())
    }

    /// Renames, sets the password, and changes the rest, as far as there is something to do.
    fn carry_out(
        &mut self,
        db: &mut impl Directory,
        entry: Entry,
        relocation: Option<&Move>,
        changes: &[Modification],
    ) -> Result<WriteResult, Abort<'a>> {
        let class = self.class;
        let mut condition = assertion(class, self.if_match).filter(|_| !self.compare);
        let back = read::version_natives(class);
        let mut dn = entry.dn.clone();
        // What a rename reads back does not say so.
        let inactive = !self.active.unwrap_or_else(|| class.active.as_ref().is_none_or(|active| active.read(&entry)));
        let shut = password::shut(class, inactive, entry.values("pwdAccountLockedTime"));
        let mut last = entry;
        if let Some(relocation) = relocation {
            let terms = Terms { assertion: condition.take(), ..terms(back.clone()) };
            let written = relocation.go(db, class, &dn, &terms)?;
            dn = written.dn;
            last = match written.entry {
                Some(entry) => entry,
                None => create::reread(db, class, &dn)?,
            };
        }
        let undo = |db: &mut _, error: Error| match relocation {
            Some(relocation) => relocation.back(db, &dn, error),
            None => error,
        };
        let mut changes = changes.to_vec();
        let mut secrets: Vec<SecretValue> = Vec::new();
        if let Some(secret) = self.password {
            match password::value(class, secret) {
                Some(value) => {
                    secrets.push(value);
                    changes.extend(password::after(class, inactive));
                }
                None => {
                    if let Err(failed) = password::set(db, class, &dn, secret, shut.as_deref()) {
                        self.set = failed.set;
                        return Err(undo(db, failed.error).into());
                    }
                    // Once is enough, should the rest have to be tried again.
                    (self.password, self.set) = (None, true);
                }
            }
        }
        if changes.is_empty() && secrets.is_empty() {
            let entry = if self.set { create::reread(db, class, &dn)? } else { last };
            return Ok(WriteResult { id: read::id(class, &entry)?, side_effects: Vec::new() });
        }
        // A server that overlooks that a value is gone does not see who was there first.
        let permissive = !self.compare || self.is_about_lists();
        let terms = Terms { assertion: condition, permissive, ..terms(back) };
        match db.modify(&dn, &changes, &secrets, &terms) {
            Ok(written) => {
                let entry = match written.entry {
                    Some(entry) => entry,
                    None => create::reread(db, class, &written.dn)?,
                };
                Ok(WriteResult { id: read::id(class, &entry)?, side_effects: Vec::new() })
            }
            Err(error) => {
                let raced = matches!(error.failure, Failure::NoSuchValue | Failure::ValueExists);
                let reason = match self.reason(db, &dn, &error, &changes, &secrets) {
                    Ok(reason) => reason,
                    Err(unknown) => return Err(undo(db, unknown).into()),
                };
                // Another look has shown none of them: the server takes two of ours for one, or
                // for one that is spelt otherwise.
                let exists = error.failure == Failure::ValueExists;
                let twice = exists && self.refused.as_ref() == Some(&changes);
                self.refused = exists.then(|| changes.clone());
                let failed = match &reason {
                    _ if twice => fault::twice(class, &error, &self.written),
                    Reason::Lacks(lacking, needs) => lacking.refusal(class, needs, &error),
                    Reason::Raced | Reason::Other => fault::write(class, &error, &self.written),
                };
                let written = changes.iter().filter_map(|change| {
                    let attribute = class.attribute_of(&change.attribute.name)?;
                    (change.kind != ChangeKind::Delete).then_some((attribute, change.attribute.values.as_slice()))
                });
                let failed = culprit::named(db, class, failed, written, Some(&dn));
                let failed = undo(db, failed);
                // Where it could not be taken back, trying again would make it worse.
                Err(match (failed.kind, reason) {
                    (ErrorKind::Contention, _) if raced => Abort::Raced(failed),
                    (ErrorKind::InvalidValue, Reason::Raced) => Abort::Raced(failed),
                    (ErrorKind::InvalidValue, Reason::Lacks(lacking, _)) if class.add_missing_classes => {
                        Abort::Lacks(Box::new(lacking), failed)
                    }
                    (ErrorKind::InvalidValue, Reason::Other) if self.may_be_emptied(&error) => Abort::Again(failed),
                    _ => Abort::Failed(failed),
                })
            }
        }
    }
}

impl<'a> Work<'a> {
    /// Whether the object classes of the entry are why it could not be changed.
    fn reason(
        &self,
        db: &mut impl Directory,
        dn: &str,
        error: &ldap::Error,
        changes: &[Modification],
        secrets: &[SecretValue],
    ) -> Result<Reason<'a>, Error> {
        if !self.lacking.is_empty() {
            return Ok(Reason::Other);
        }
        let given = changes.iter().filter(|change| change.kind != ChangeKind::Delete);
        let given = given.filter(|change| !change.attribute.values.is_empty());
        let secrets = secrets.iter().map(|secret| secret.attribute.as_str());
        let written: Vec<&str> = given.map(|change| change.attribute.name.as_str()).chain(secrets).collect();
        Lacking::find(db, self.class, dn, error, &written)
    }

    /// Whether a failure may be that of a list that has a placeholder and would be empty.
    fn may_be_emptied(&self, error: &ldap::Error) -> bool {
        error.failure == Failure::ObjectClassViolation
            && !self.known.emptied
            && self
                .written
                .iter()
                .any(|attribute| matches!(&attribute.source, Source::Reference(Link { placeholder: Some(_), .. })))
    }
}

/// Whether it was the server that found an entry to be at another version.
fn is_refused_condition(error: &Error) -> bool {
    /// `assertionFailed` (RFC 4528).
    const ASSERTION_FAILED: &str = "ldap.122";
    error.kind == ErrorKind::PreconditionFailed && error.code.as_deref() == Some(ASSERTION_FAILED)
}

/// Whether an attribute is a list of references, which may be long.
fn is_list(attribute: &Attribute) -> bool {
    attribute.multi && matches!(attribute.source, Source::Reference(_))
}
