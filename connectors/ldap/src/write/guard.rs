//! What writes must not touch, and values that only they keep unique.

use patchbay_connector::ldap::{Entry, FilterBuilder};
use patchbay_connector::{Error, ErrorKind, Fault};

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

/// Makes sure that no other entry has these values, and that none of this host's
/// operations gives them to one before this operation ends. `own` is the name of the entry
/// that may have them.
pub(super) fn unique(
    db: &mut impl Directory,
    class: &Class,
    attribute: &Attribute,
    values: &[Vec<u8>],
    own: Option<&str>,
) -> Result<(), Error> {
    if !class.guarded.contains(&attribute.name) || values.is_empty() {
        return Ok(());
    }
    // In one order, so that two who want the same values do not wait for each other.
    let mut keys: Vec<String> = values.iter().map(|value| String::from_utf8_lossy(value).to_lowercase()).collect();
    keys.sort_unstable();
    for key in keys {
        let key = format!("unique/{}/{key}", attribute.native);
        db.lock(&key).map_err(|error| fault::plain(&error))?;
    }
    let mut filter = FilterBuilder::new();
    let kind = class.own.condition(&mut filter);
    let wanted = values.iter().map(|value| filter.equal(&attribute.native, value.clone())).collect();
    let wanted = filter.any(wanted);
    filter.all(vec![kind, wanted]);
    let request = request(&class.own.base, class.own.scope(), filter.build(), vec!["1.1".to_owned()]);
    let found = db.all(&request, 1_000).map_err(|error| fault::plain(&error))?;
    let own = own.map(crate::dn::key);
    match found.iter().any(|entry| Some(crate::dn::key(&entry.dn)) != own) {
        true => Err(fault::taken(attribute)),
        false => Ok(()),
    }
}
