//! What writes must not touch, and values that only they keep unique.

use std::collections::BTreeSet;
use std::hash::{Hash as _, Hasher as _};

use patchbay_connector::ldap::{Entry, FilterBuilder};
use patchbay_connector::{Error, ErrorKind, Fault};
use siphasher::sip::SipHasher13;

use crate::directory::{Directory, request};
use crate::fault;
use crate::plan::{Attribute, Class};

/// Attributes that mark accounts and groups of Active Directory that are not for us.
const PROTECTED: [&str; 2] = ["adminCount", "isCriticalSystemObject"];

/// Attributes of entries that [`allowed`] looks at.
pub(super) fn natives(class: &Class) -> Vec<String> {
    match class.server.vendor.is_active_directory() {
        true => PROTECTED.iter().map(|name| (*name).to_owned()).collect(),
        false => Vec::new(),
    }
}

/// Refuses writes to administrators and to what the domain itself needs.
pub(super) fn allowed(class: &Class, entry: &Entry) -> Result<(), Error> {
    if !class.server.vendor.is_active_directory() {
        return Ok(());
    }
    let marked = entry.first("adminCount").is_some_and(|value| value != b"0")
        || entry.first("isCriticalSystemObject").is_some_and(|value| value.eq_ignore_ascii_case(b"TRUE"));
    match marked {
        true => Err(Error::fault(
            ErrorKind::PermissionDenied,
            "the object is protected: it belongs to the domain's administrators or to the domain itself",
        )
        .with_code("ldap.protected")),
        false => Ok(()),
    }
}

/// Names of locks that values share: however many values an operation writes, a host lets it
/// hold that many.
const LOCKS: u64 = 256;

/// Values that one search looks for.
const BATCH: usize = 200;

/// Keeps this host's other operations from giving an entry the values of a write that are to
/// be unique, before this operation ends.
pub(super) fn hold<'v>(
    db: &mut impl Directory,
    class: &Class,
    written: impl IntoIterator<Item = (&'v Attribute, &'v [Vec<u8>])>,
) -> Result<(), Error> {
    let guarded = written.into_iter().filter(|(attribute, _)| class.guarded.contains(&attribute.name));
    // In one order, so that two who want the same values do not wait for each other. A number of a
    // counter is known only when the others are held, so those come last, for themselves.
    let names: BTreeSet<(Option<&str>, u64)> = guarded
        .flat_map(|(attribute, values)| {
            let numbered = class.next.iter().any(|(name, _)| *name == attribute.name);
            let own = numbered.then_some(attribute.native.as_str());
            values.iter().map(move |value| (own, key(attribute, value)))
        })
        .collect();
    for (own, key) in names {
        let name = own.map_or_else(|| format!("unique/{key}"), |native| format!("unique/{native}/{key}"));
        db.lock(&name).map_err(|error| fault::plain(&error))?;
    }
    Ok(())
}

/// The lock of a value, however it is spelt.
fn key(attribute: &Attribute, value: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    let value = attribute.equality.key(value);
    // Two values may share a lock, so case does not count, whatever the server says of it.
    (attribute.native.to_ascii_lowercase(), String::from_utf8_lossy(&value).to_lowercase()).hash(&mut hasher);
    hasher.finish() % LOCKS
}

/// Makes sure that no other entry has these values, which [`hold`] was told. `own` is the name
/// of the entry that may have them.
pub(super) fn unique(
    db: &mut impl Directory,
    class: &Class,
    attribute: &Attribute,
    values: &[Vec<u8>],
    own: Option<&str>,
) -> Result<(), Error> {
    match is_taken(db, class, attribute, values, own)? {
        true => Err(fault::taken(attribute)),
        false => Ok(()),
    }
}

/// Whether another entry has one of these values, where they are to be unique.
pub(super) fn is_taken(
    db: &mut impl Directory,
    class: &Class,
    attribute: &Attribute,
    values: &[Vec<u8>],
    own: Option<&str>,
) -> Result<bool, Error> {
    if !class.guarded.contains(&attribute.name) || values.is_empty() {
        return Ok(false);
    }
    let own = own.map(crate::dn::key);
    for values in values.chunks(BATCH) {
        let mut filter = FilterBuilder::new();
        let kind = class.own.condition(&mut filter);
        let wanted = values.iter().map(|value| filter.equal(&attribute.native, value.clone())).collect();
        let wanted = filter.any(wanted);
        filter.all(vec![kind, wanted]);
        let request = request(&class.own.base, class.own.scope(), filter.build(), vec!["1.1".to_owned()]);
        let found = db.all(&request, 1_000).map_err(|error| fault::plain(&error))?;
        if found.iter().any(|entry| Some(crate::dn::key(&entry.dn)) != own) {
            return Ok(true);
        }
    }
    Ok(false)
}
