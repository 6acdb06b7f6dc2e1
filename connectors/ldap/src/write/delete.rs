//! The end of an object.

use patchbay_connector::Error;
use patchbay_connector::ldap::{Entry, Failure, SearchOptions, Terms};

use super::relocate;
use super::{assertion, check_version, guard, lock, partly};
use crate::directory::{Directory, terms};
use crate::dn::Dn;
use crate::plan::{Active, Class, Delete};
use crate::{fault, locate, read};

/// Deletes an object, or does what the settings say instead.
pub(super) fn delete(db: &mut impl Directory, class: &Class, uid: &str, if_match: Option<&str>) -> Result<(), Error> {
    if if_match.is_some() && assertion(class, if_match).is_none() {
        lock(db, class, uid)?;
    }
    let mut natives = read::version_natives(class);
    natives.extend(guard::natives(class));
    natives.extend(class.active.as_ref().and_then(|active| active.native()).map(str::to_owned));
    let mut entry = locate::entry(db, class, uid, natives, SearchOptions::empty())?;
    read::ranges::complete(db, &mut entry)?;
    guard::allowed(class, &entry)?;
    check_version(class, &entry, if_match)?;
    let condition = Terms { assertion: assertion(class, if_match), ..terms(Vec::new()) };
    match &class.delete {
        Delete::Tree if class.server.tree_delete => {
            db.delete(&entry.dn, &Terms { tree: true, ..condition }).map_err(|error| fault::plain(&error))
        }
        // Where the server deletes no trees, what is below has to go first.
        Delete::Entry | Delete::Tree => db.delete(&entry.dn, &condition).map_err(|error| fault::plain(&error)),
        Delete::Keep { disable, to } => keep(db, class, uid, &entry, *disable, to.as_deref(), condition),
    }
}

/// Makes it inactive, and moves it away. In this order: what is moved first may be where nobody
/// looks for it any more, and still be active.
fn keep(
    db: &mut impl Directory,
    class: &Class,
    uid: &str,
    entry: &Entry,
    disable: bool,
    to: Option<&str>,
    mut condition: Terms,
) -> Result<(), Error> {
    let changes = match class.active.as_ref().filter(|_| disable) {
        Some(active) => active.changes(entry, class.attribute("active"), false)?,
        None => Vec::new(),
    };
    if !changes.is_empty() {
        db.modify(&entry.dn, &changes, &[], &condition).map_err(|error| fault::write(class, &error, &[]))?;
        // The version is another one now.
        condition = terms(Vec::new());
    }
    let moved = match (to, shut_in(class, entry).filter(|_| disable)) {
        (Some(to), _) => away(db, class, Some(uid), entry, to, &condition),
        // It is still listed there, by its name.
        (None, Some(container)) => away(db, class, None, entry, container, &condition),
        (None, None) => Ok(()),
    };
    moved.map_err(|error| match changes.is_empty() {
        true => error,
        false => partly(error, "the account was made inactive before"),
    })
}

/// Moves it below `to`. Whoever is there by its name already was deleted before: with `uid`, it
/// gets another name then, which nobody else gets.
fn away(
    db: &mut impl Directory,
    class: &Class,
    uid: Option<&str>,
    entry: &Entry,
    to: &str,
    condition: &Terms,
) -> Result<(), Error> {
    let old = Dn::parse(&entry.dn).map_err(|_| fault::not_found())?;
    let Some(relocation) = relocate::away(&old, None, Some(to.to_owned()))? else { return Ok(()) };
    match (relocation.attempt(db, class, &entry.dn, condition)?, uid) {
        (Ok(_), _) => Ok(()),
        (Err(taken), Some(uid)) if fault::is_name(&taken) => {
            match relocation.apart(class, uid).attempt(db, class, &entry.dn, condition)? {
                Ok(_) => Ok(()),
                // No name that would do: what is wrong is that the other one is taken.
                Err(error) if is_about_name(error.failure) => Err(relocation.fault(class, &taken)),
                Err(error) => Err(relocation.fault(class, &error)),
            }
        }
        (Err(error), _) => Err(relocation.fault(class, &error)),
    }
}

/// Whether a rename fails for the new name.
fn is_about_name(failure: Failure) -> bool {
    matches!(
        failure,
        Failure::AlreadyExists
            | Failure::NamingViolation
            | Failure::InvalidValue
            | Failure::InvalidRequest
            | Failure::ConstraintViolation
            | Failure::ObjectClassViolation
    )
}

/// The entry below which inactive accounts are, where this one is active and they have such a
/// place.
fn shut_in<'a>(class: &'a Class, entry: &Entry) -> Option<&'a str> {
    match &class.active {
        Some(active @ Active::Container(container)) if active.read(entry) => Some(container),
        _ => None,
    }
}
