//! `get` and `search`.

mod draft;
mod projection;
pub(crate) mod ranges;
#[cfg(test)]
mod tests;
mod walk;

use patchbay_connector::ldap::{Entry, SearchOptions, SortKey};
use patchbay_connector::{Error, ErrorKind, Fault, Object, ObjectId, Order, Page, Precision, Query};

use crate::directory::Directory;
use crate::filter;
use crate::plan::{Class, Version};
use crate::{content, fault, locate};

pub(crate) use draft::{objects, shown};
pub use projection::Projection;
pub use walk::{Walk, Wanted, parked};

/// Most objects that one page holds.
pub const MAX_PAGE: u32 = 1_000;

/// One object by its uid, with these attributes.
pub fn get(db: &mut impl Directory, class: &Class, uid: &str, attributes: &[String]) -> Result<Object, Error> {
    let projection = Projection::new(class, attributes)?;
    let entry = locate::entry(db, class, uid, projection.natives(), SearchOptions::empty())?;
    let mut objects = draft::objects(db, class, &projection, vec![entry])?;
    objects.pop().ok_or_else(fault::not_found)
}

/// A page of objects. `resumed` is the search that [`parked`] found a token of.
pub fn search<D: Directory>(
    db: &mut D,
    class: &Class,
    query: &Query,
    resumed: Option<D::Search>,
) -> Result<Page, Error> {
    let projection = Projection::new(class, &query.attributes)?;
    let wanted = Wanted { class, query, projection: &projection };
    let walked = match resumed {
        // Nothing else may be asked on its connection before: that would end the search.
        Some(search) => Walk::resume(db, &wanted, search)?,
        None => {
            let order = order(class, &query.order)?;
            let matching = filter::matching(db, class, query.filter.as_deref())?;
            Walk::begin(db, &wanted, order, &matching)?
        }
    };
    Ok(Page {
        attributes: query.attributes.clone(),
        objects: draft::objects(db, class, &projection, walked.entries)?,
        precision: if walked.exact { Precision::Exact } else { Precision::Superset },
        next: walked.next,
        total: walked.total,
    })
}

/// What the server is to sort by.
fn order(class: &Class, order: &[Order]) -> Result<Vec<SortKey>, Error> {
    let key = |order: &Order| {
        let attribute = class.attribute(&order.attribute);
        match attribute.and_then(|attribute| Some((attribute, attribute.sort.as_ref()?))) {
            Some((attribute, rule)) => {
                Ok(SortKey { attribute: attribute.native.clone(), rule: rule.clone(), descending: order.descending })
            }
            None => Err(Error::fault(ErrorKind::Unsupported, "the directory does not sort by this attribute")
                .with_attribute(&order.attribute)),
        }
    };
    order.iter().map(key).collect()
}

/// Id and version of an entry.
pub fn id(class: &Class, entry: &Entry) -> Result<ObjectId, Error> {
    let found = class.own.uid(entry).and_then(|uid| {
        uid.ok_or_else(|| {
            let message = format!("`{}`, which has the id, cannot be read", class.own.id.attribute);
            Error::fault(ErrorKind::Configuration, message)
        })
    });
    // Only the operator is told which entry it is.
    let uid = found.map_err(|error| error.with_internal(format!("of the entry `{}`", entry.dn)))?;
    Ok(ObjectId { uid, revision: revision(class, entry) })
}

/// The version of an entry that was read with [`version_natives`].
pub fn revision(class: &Class, entry: &Entry) -> Option<String> {
    match &class.version {
        Version::None => None,
        Version::Content => Some(content::revision(class, entry)),
        Version::Attribute(name) => entry.first(name).map(|value| String::from_utf8_lossy(value).into_owned()),
    }
}

/// Attributes of entries that id and version are made of.
pub fn version_natives(class: &Class) -> Vec<String> {
    let mut natives = vec![class.own.id.attribute.clone()];
    match &class.version {
        Version::None => {}
        Version::Content => natives.extend(content::natives(class).into_iter().map(str::to_owned)),
        Version::Attribute(name) => natives.push(name.clone()),
    }
    natives
}
