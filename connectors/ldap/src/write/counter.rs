//! Numbers that are counted up in the directory, without races: a number is taken by a
//! modification that deletes the old value and adds the next one, of which of two at the
//! same time only one can succeed.

use patchbay_connector::ldap::{ChangeKind, Failure, FilterBuilder, Modification, SearchOptions};
use patchbay_connector::{Error, ErrorKind, Fault};

use super::guard;
use crate::directory::{Directory, terms};
use crate::fault;
use crate::plan::{Attribute, Class, Next};

/// Times to try again after somebody else took the number.
const ATTEMPTS: usize = 100;

/// Numbers to pass over that somebody has already. The counter moves on all the same, so that
/// the next one who asks gets further.
const PASSED_OVER: usize = 100;

/// Takes the next number as a value of `attribute`; where that is kept unique, the next one that
/// nobody has, and nobody else gets from this host before the operation ends.
pub(super) fn give(
    db: &mut impl Directory,
    class: &Class,
    attribute: &Attribute,
    next: &Next,
) -> Result<Vec<u8>, Error> {
    for _ in 0..PASSED_OVER {
        let value = take(db, next)?.to_string().into_bytes();
        let values = std::slice::from_ref(&value);
        guard::hold(db, class, [(attribute, values)])?;
        if !guard::is_taken(db, class, attribute, values, None)? {
            return Ok(value);
        }
    }
    let message = format!("`{}` cannot be numbered yet: others have the next numbers already", attribute.name);
    Err(Error::fault(ErrorKind::Contention, message)
        .with_attribute(attribute.name.clone())
        .with_internal(format!("the counter is behind: {PASSED_OVER} of its numbers were passed over")))
}

/// Takes the next number.
fn take(db: &mut impl Directory, next: &Next) -> Result<i64, Error> {
    for _ in 0..ATTEMPTS {
        let mut filter = FilterBuilder::new();
        filter.present("objectClass");
        let wanted = vec![next.attribute.clone()];
        let entry = db.entry(&next.entry, filter.build(), wanted, SearchOptions::empty());
        let entry = entry.map_err(|error| fault::plain(&error))?;
        let held = entry.as_ref().and_then(|entry| entry.first(&next.attribute));
        let held = held.and_then(|value| std::str::from_utf8(value).ok()?.parse::<i64>().ok());
        let Some((held, following)) = held.and_then(|held| Some((held, held.checked_add(1)?))) else {
            return Err(Error::fault(ErrorKind::Configuration, "the counter of the next number cannot be read")
                .with_internal(format!("`{}` of the entry with the counter is no number", next.attribute)));
        };
        let changes = [
            Modification::new(ChangeKind::Delete, &next.attribute, vec![held.to_string().into_bytes()]),
            Modification::new(ChangeKind::Add, &next.attribute, vec![following.to_string().into_bytes()]),
        ];
        match db.modify(&next.entry, &changes, &[], &terms(Vec::new())) {
            Ok(_) => return Ok(if next.last { following } else { held }),
            // Where the server keeps the attribute unique, it may look at that first: whoever was
            // quicker has given the following number to an entry already.
            Err(error)
                if matches!(error.failure, Failure::NoSuchValue | Failure::ValueExists | Failure::AlreadyExists) => {}
            Err(error) => return Err(fault::plain(&error)),
        }
    }
    Err(Error::fault(ErrorKind::Contention, "too many ask for the next number at the same time"))
}
