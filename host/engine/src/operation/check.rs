//! What the contract demands of answers, and the type system cannot.

use std::collections::BTreeSet;

use patchbay_contract::{Error, MAX_TOKEN};

use crate::bindings::exports::patchbay::connector::{reader, schema, sync};
use crate::bindings::patchbay::connector::types as wit;
use crate::fault::broken;
use crate::sanitise;

/// Longest `uid` or `revision`, in bytes. They end up in URLs and headers.
const MAX_ID: usize = 512;
/// Longest continuation, in bytes. It travels to the client and back.
const MAX_CONTINUATION: usize = 4096;
/// Most classes a target may have.
const MAX_CLASSES: usize = 10_000;

/// A usable identity.
pub(super) fn id(id: &wit::ObjectId) -> Result<(), Error> {
    identifier("uid", &id.uid)?;
    id.revision.as_deref().map_or(Ok(()), |revision| identifier("revision", revision))
}

fn identifier(what: &str, text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return Err(broken(format!("an empty {what}")));
    }
    if text.len() > MAX_ID {
        return Err(broken(format!("a {what} of {} bytes, {MAX_ID} are allowed", text.len())));
    }
    if text.contains(sanitise::is_unprintable) {
        return Err(broken(format!("a {what} with unprintable characters")));
    }
    Ok(())
}

/// An object with one cell for each attribute asked for.
pub(super) fn object(object: &wit::Object, attributes: usize) -> Result<(), Error> {
    id(&object.id)?;
    if object.cells.len() != attributes {
        return Err(broken(format!("an object of {} cells where {attributes} were asked for", object.cells.len())));
    }
    Ok(())
}

/// A page that answers `query`.
pub(super) fn page(page: &reader::Page, query: &reader::Query) -> Result<(), Error> {
    if page.attributes != query.attributes {
        return Err(broken("a page with other attributes than asked for"));
    }
    if u32::try_from(page.objects.len()).map_or(true, |objects| objects > query.page_size) {
        return Err(broken(format!("{} objects where {} were asked for", page.objects.len(), query.page_size)));
    }
    if let Some(next) = &page.next {
        if next.len() > MAX_CONTINUATION {
            return Err(broken(format!("a continuation of {} bytes", next.len())));
        }
        if query.continuation.as_ref() == Some(next) {
            return Err(broken("a page that continues at its own beginning"));
        }
    }
    page.objects.iter().try_for_each(|found| object(found, query.attributes.len()))
}

/// A token that can be kept.
pub(super) fn token(token: &[u8]) -> Result<(), Error> {
    if token.is_empty() {
        return Err(broken("an empty token"));
    }
    if token.len() > MAX_TOKEN {
        return Err(broken(format!("a token of {} bytes, {MAX_TOKEN} are allowed", token.len())));
    }
    Ok(())
}

/// Changes that answer what was asked for: each object once, and something to go on with.
pub(super) fn changes(page: &sync::SyncPage, asked: &[u8], attributes: &[String], limit: u32) -> Result<(), Error> {
    if page.attributes != attributes {
        return Err(broken("changes with other attributes than asked for"));
    }
    if u32::try_from(page.changes.len()).map_or(true, |changes| changes > limit) {
        return Err(broken(format!("{} changes where {limit} were asked for", page.changes.len())));
    }
    token(&page.token)?;
    if page.more && page.token == asked {
        return Err(broken("a page of changes that continues at its own beginning"));
    }
    let mut seen = BTreeSet::new();
    for change in &page.changes {
        let found = match change {
            sync::Change::Upsert(found) => {
                object(found, attributes.len())?;
                &found.id
            }
            sync::Change::Delete(gone) => {
                id(gone)?;
                gone
            }
        };
        if !seen.insert(found.uid.as_str()) {
            return Err(broken("two changes of one object on a page"));
        }
    }
    Ok(())
}

/// Classes and attributes that have names, each once.
pub(super) fn classes(classes: &[schema::ObjectClass]) -> Result<(), Error> {
    if classes.len() > MAX_CLASSES {
        return Err(broken(format!("{} classes", classes.len())));
    }
    unique("class", classes.iter().map(|class| class.name.as_str()))?;
    classes.iter().try_for_each(|class| unique("attribute", class.attributes.iter().map(|a| a.name.as_str())))
}

fn unique<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for name in names {
        identifier(what, name)?;
        if !seen.insert(name) {
            return Err(broken(format!("the {what} `{name}` twice")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(uid: &str, cells: usize) -> wit::Object {
        wit::Object { id: wit::ObjectId { uid: uid.to_owned(), revision: None }, cells: vec![Vec::new(); cells] }
    }

    fn check(objects: Vec<wit::Object>, attributes: &[&str], next: Option<&[u8]>) -> Option<String> {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let query = reader::Query {
            class: "c".to_owned(),
            filter: None,
            attributes: names(&["a", "b"]),
            order: Vec::new(),
            page_size: 2,
            offset: None,
            continuation: Some(b"here".to_vec()),
            want_total: false,
        };
        let answer = reader::Page {
            attributes: names(attributes),
            objects,
            precision: reader::Precision::Exact,
            next: next.map(<[u8]>::to_vec),
            total: None,
        };
        let error = page(&answer, &query).err()?;
        assert_eq!(error.code.as_deref(), Some("guest.contract"));
        error.internal
    }

    #[test]
    fn pages_keep_to_the_contract() {
        let good = || found("1", 2);
        assert_eq!(check(vec![good(), good()], &["a", "b"], Some(b"there")), None);
        let cases = [
            (check(vec![good()], &["b", "a"], None), "a page with other attributes than asked for"),
            (check(vec![good(), good(), good()], &["a", "b"], None), "3 objects where 2 were asked for"),
            (check(vec![found("1", 3)], &["a", "b"], None), "an object of 3 cells where 2 were asked for"),
            (check(vec![found("", 2)], &["a", "b"], None), "an empty uid"),
            (check(vec![found("a\nb", 2)], &["a", "b"], None), "a uid with unprintable characters"),
            (check(vec![found(&"x".repeat(513), 2)], &["a", "b"], None), "a uid of 513 bytes, 512 are allowed"),
            (check(vec![good()], &["a", "b"], Some(b"here")), "a page that continues at its own beginning"),
            (check(vec![good()], &["a", "b"], Some(&[0; 5000])), "a continuation of 5000 bytes"),
        ];
        for (internal, expected) in cases {
            assert_eq!(internal.as_deref(), Some(expected));
        }
    }

    #[test]
    fn changes_keep_to_the_contract() {
        let upsert = |uid: &str| sync::Change::Upsert(found(uid, 1));
        let delete = |uid: &str| sync::Change::Delete(wit::ObjectId { uid: uid.to_owned(), revision: None });
        let check = |attribute: &str, list: Vec<sync::Change>, token: &[u8], more: bool| {
            let (attributes, token) = (vec![attribute.to_owned()], token.to_vec());
            let page = sync::SyncPage { attributes, changes: list, token, more, live: false };
            changes(&page, b"here", &["a".to_owned()], 2).err().and_then(|error| error.internal)
        };
        assert_eq!(check("a", vec![upsert("1"), delete("2")], b"there", true), None);
        assert_eq!(check("a", vec![], b"here", false), None);
        let cases = [
            (check("b", vec![], b"there", false), "changes with other attributes than asked for"),
            (
                check("a", vec![upsert("1"), upsert("2"), upsert("3")], b"there", false),
                "3 changes where 2 were asked for",
            ),
            (check("a", vec![], b"", false), "an empty token"),
            (check("a", vec![], &vec![0; MAX_TOKEN + 1], false), "a token of 8388609 bytes, 8388608 are allowed"),
            (check("a", vec![], b"here", true), "a page of changes that continues at its own beginning"),
            (check("a", vec![upsert("1"), delete("1")], b"there", false), "two changes of one object on a page"),
            (check("a", vec![delete("")], b"there", false), "an empty uid"),
        ];
        for (internal, expected) in cases {
            assert_eq!(internal.as_deref(), Some(expected));
        }
    }
}
