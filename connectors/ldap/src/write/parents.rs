//! Entries above a new one that are missing, where the settings say to make them.

use patchbay_connector::Error;
use patchbay_connector::ldap::{self, Attribute, Failure, Name, Naming, Rdn};

use crate::directory::{Directory, terms};
use crate::dn::{Dn, RelativeName};
use crate::fault;
use crate::plan::Class;

/// Makes `parent` and what is missing above it, below the base of the class.
pub(super) fn make(db: &mut impl Directory, class: &Class, parent: Option<Dn>, kind: &str) -> Result<(), Error> {
    let base = Dn::parse(&class.own.base).ok();
    let mut missing = Vec::new();
    let mut next = parent;
    while let (Some(dn), Some(base)) = (&next, &base) {
        let Some(above) = dn.parent().filter(|_| dn.is_below(base)) else { break };
        missing.extend(dn.leaf().and_then(rdn).map(|rdn| Name { parts: vec![rdn], below: above.to_string() }));
        next = Some(above);
    }
    // From below: what is there already need not be writable.
    let mut place = 0;
    while let Some(name) = missing.get(place) {
        match add(db, name, kind) {
            Err(error) if error.failure == Failure::NoSuchObject && place + 1 < missing.len() => place += 1,
            Err(error) if error.failure != Failure::AlreadyExists => return Err(fault::plain(&error)),
            Ok(()) | Err(_) if place == 0 => break,
            Ok(()) | Err(_) => {
                // What was missing is there now.
                missing.truncate(place);
                place -= 1;
            }
        }
    }
    Ok(())
}

/// Adds one of them.
fn add(db: &mut impl Directory, name: &Name, kind: &str) -> Result<(), ldap::Error> {
    let own = Attribute::new("objectClass", vec![kind.as_bytes().to_vec()]);
    let naming = name.parts.iter().flatten();
    let naming = naming.map(|part| Attribute::new(&part.attribute, vec![part.value.clone().into_bytes()]));
    let values: Vec<Attribute> = std::iter::once(own).chain(naming).collect();
    db.add(name, &values, &[], &terms(Vec::new())).map(|_| ())
}

/// One part of a name; none where it is no text.
fn rdn(name: &RelativeName) -> Option<Rdn> {
    let part = |part: &crate::dn::Ava| {
        let value = String::from_utf8(part.value.clone()).ok()?;
        Some(Naming { attribute: part.attribute.clone(), value })
    };
    name.parts.iter().map(part).collect()
}
