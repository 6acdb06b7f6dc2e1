//! One object by its id: the entry that has it, wherever that is now.

use patchbay_connector::Error;
use patchbay_connector::ldap::{Entry, FilterBuilder, SearchOptions, SearchRequest};

use crate::directory::{Directory, request};
use crate::fault;
use crate::plan::{Class, Target};

/// Entries that are read to see that an id belongs to several.
const SEVERAL: usize = 1_000;

/// The entry with this id and these attributes.
pub fn entry(
    db: &mut impl Directory,
    class: &Class,
    uid: &str,
    attributes: Vec<String>,
    options: SearchOptions,
) -> Result<Entry, Error> {
    let filter = by_id(&class.own, uid).ok_or_else(fault::not_found)?;
    let request = SearchRequest { options, ..request(&class.own.base, class.own.scope(), filter.build(), attributes) };
    let mut found = db.all(&request, SEVERAL).map_err(|error| fault::plain(&error))?.into_iter();
    match (found.next(), found.next()) {
        (Some(entry), None) => Ok(entry),
        (None, _) => Err(fault::not_found()),
        (Some(_), Some(_)) => Err(fault::ambiguous()),
    }
}

/// The filter of the entry of a target with this id; none where no entry can have it.
pub fn by_id(target: &Target, uid: &str) -> Option<FilterBuilder> {
    let stored = target.id.stored(uid)?;
    let mut filter = FilterBuilder::new();
    let kind = target.condition(&mut filter);
    let wanted = filter.equal(&target.id.attribute, stored);
    filter.all(vec![kind, wanted]);
    Some(filter)
}
