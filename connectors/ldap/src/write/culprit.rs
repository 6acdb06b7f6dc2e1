//! Which value was taken, where the server only says that one was.

use patchbay_connector::ldap::FilterBuilder;
use patchbay_connector::{Error, ErrorKind};

use crate::directory::{Directory, request};
use crate::dn;
use crate::fault;
use crate::plan::{Attribute, Class, Source};

/// Entries that are looked at for one value.
const LOOKED_AT: usize = 1_000;

/// The error with the attribute at fault, where it is one of a value that is taken and
/// names none. `own` is the entry that may have the values.
pub(super) fn named<'v>(
    db: &mut impl Directory,
    class: &Class,
    error: Error,
    written: impl IntoIterator<Item = (&'v Attribute, &'v [Vec<u8>])>,
    own: Option<&str>,
) -> Error {
    if error.kind != ErrorKind::AlreadyExists || error.attribute.is_some() {
        return error;
    }
    let own = own.map(dn::key);
    let mut suspects: Vec<(&Attribute, &[Vec<u8>])> = written
        .into_iter()
        .filter(|(attribute, values)| {
            attribute.comparable && matches!(attribute.source, Source::Value) && !values.is_empty()
        })
        .collect();
    // What people are known by is what directories mostly keep unique.
    suspects
        .sort_by_key(|(attribute, _)| !(attribute.unique || class.name_attribute.as_ref() == Some(&attribute.name)));
    let found =
        suspects.into_iter().find(|(attribute, values)| is_elsewhere(db, class, attribute, values, own.as_ref()));
    match found {
        Some((attribute, _)) => {
            let named = fault::taken(attribute);
            Error { message: named.message, attribute: named.attribute, ..error }
        }
        None => error,
    }
}

/// Whether another entry has one of these values. An error only means that nobody knows.
fn is_elsewhere(
    db: &mut impl Directory,
    class: &Class,
    attribute: &Attribute,
    values: &[Vec<u8>],
    own: Option<&String>,
) -> bool {
    let mut filter = FilterBuilder::new();
    let kind = class.own.condition(&mut filter);
    let wanted = values.iter().map(|value| filter.equal(&attribute.native, value.clone())).collect();
    let wanted = filter.any(wanted);
    filter.all(vec![kind, wanted]);
    let request = request(&class.own.base, class.own.scope(), filter.build(), vec!["1.1".to_owned()]);
    let found = db.all(&request, LOOKED_AT).unwrap_or_default();
    found.iter().any(|entry| Some(&dn::key(&entry.dn)) != own)
}
