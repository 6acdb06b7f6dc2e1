//! From ids to what the objects are now.

use std::collections::{HashMap, HashSet};

use patchbay_connector::ldap::{Entry, FilterBuilder, Scope};
use patchbay_connector::{Error, Object, ObjectChange, ObjectId};

use crate::directory::{Directory, request};
use crate::plan::Class;
use crate::plan::feed::Feed;
use crate::read::{self, Projection};
use crate::{dn, fault, filter_text};

/// Entries that one search asks for by their ids.
const CHUNK: usize = 100;
/// Entries that it may bring: an id that several entries have is an error of the settings.
const MOST: usize = 1_000;

/// What became of objects: there, or gone. `keys` are uids, and whether it is known that the
/// entry is elsewhere and always was.
pub(super) fn now(
    db: &mut impl Directory,
    class: &Class,
    feed: &Feed,
    keys: Vec<(String, bool)>,
    attributes: &[String],
) -> Result<Vec<ObjectChange>, Error> {
    let projection = Projection::new(class, attributes)?;
    let mut changes = Vec::with_capacity(keys.len());
    for keys in keys.chunks(CHUNK) {
        let uids: Vec<&str> = keys.iter().map(|(uid, _)| uid.as_str()).collect();
        let mut filter = FilterBuilder::new();
        let own = class.own.condition(&mut filter);
        let entries = match any_of(class, &uids, &mut filter) {
            Some(wanted) => {
                filter.all(vec![own, wanted]);
                let request = request(&class.own.base, class.own.scope(), filter.build(), projection.natives());
                db.all(&request, MOST).map_err(|error| fault::plain(&error))?
            }
            // Ids that no entry can have.
            None => Vec::new(),
        };
        let found = read::objects(db, class, &projection, entries)?;
        let mut objects: HashMap<String, Object> =
            found.into_iter().map(|object| (object.id.uid.clone(), object)).collect();
        let missing: Vec<&str> = uids.iter().copied().filter(|uid| !objects.contains_key(*uid)).collect();
        let strangers = strangers(db, class, feed, &missing)?;
        for (uid, elsewhere) in keys {
            match objects.remove(uid) {
                Some(object) => changes.push(ObjectChange::Upsert(object)),
                None if *elsewhere || strangers.contains(uid) => {}
                None => changes.push(ObjectChange::Delete(ObjectId { uid: uid.clone(), revision: None })),
            }
        }
    }
    Ok(changes)
}

/// Of ids that no object has: those of entries that are there and never were of the class, as
/// their structural object class is another one.
fn strangers(db: &mut impl Directory, class: &Class, feed: &Feed, missing: &[&str]) -> Result<HashSet<String>, Error> {
    let mut filter = FilterBuilder::new();
    if !feed.fixed_kinds || any_of(class, missing, &mut filter).is_none() {
        return Ok(HashSet::new());
    }
    let natives = vec![class.own.id.attribute.clone(), "objectClass".to_owned()];
    let request = request(&class.own.base, Scope::Subtree, filter.build(), natives);
    let entries = db.all(&request, MOST).map_err(|error| fault::plain(&error))?;
    let mut strangers = HashSet::new();
    for entry in entries.iter().filter(|entry| !is_of_kind(class, entry)) {
        strangers.extend(class.own.uid(entry)?);
    }
    Ok(strangers)
}

/// Whether an entry that was read with `objectClass` has all object classes of the class.
fn is_of_kind(class: &Class, entry: &Entry) -> bool {
    let classes = entry.values("objectClass");
    let has = |kind: &String| classes.iter().any(|own| own.eq_ignore_ascii_case(kind.as_bytes()));
    class.own.kinds.iter().all(has)
}

/// Appends the condition that an entry has one of these ids; none where none can be had.
fn any_of(class: &Class, uids: &[&str], filter: &mut FilterBuilder) -> Option<u32> {
    let id = &class.own.id;
    let terms: Vec<u32> =
        uids.iter().filter_map(|uid| id.stored(uid)).map(|stored| filter.equal(&id.attribute, stored)).collect();
    (!terms.is_empty()).then(|| filter.any(terms))
}

/// Appends the condition that an entry may be, or may have been, one of the class: by what
/// cannot change. The class's own filter does not narrow it, as entries leave that; it may
/// widen it, as it may let in entries of other object classes.
pub(super) fn of_kind(class: &Class, filter: &mut FilterBuilder) -> u32 {
    let kind = of_classes(class, filter);
    if !class.own.filtered {
        return kind;
    }
    let own = class.own.condition(filter);
    filter.any(vec![kind, own])
}

fn of_classes(class: &Class, filter: &mut FilterBuilder) -> u32 {
    let mut terms: Vec<u32> = class.own.kinds.iter().map(|kind| filter.equal("objectClass", kind.as_str())).collect();
    if excludes_computers(class) {
        let computer = filter.equal("objectClass", "computer");
        terms.push(filter.not(computer));
    }
    filter.all(terms)
}

/// Whether the class's filter has `objectCategory=person` in its first `&`: computers are
/// users for Active Directory, and change all the time.
fn excludes_computers(class: &Class) -> bool {
    use patchbay_connector::ldap::FilterNode;

    let Some(filter) = class.own.filter.as_deref().and_then(|text| filter_text::parse(text).ok()) else {
        return false;
    };
    let Some(FilterNode::And(terms)) = filter.last() else { return false };
    terms.iter().filter_map(|term| filter.get(usize::try_from(*term).ok()?)).any(|term| match term {
        FilterNode::Equal(term) => {
            term.attribute.eq_ignore_ascii_case("objectCategory") && term.value.eq_ignore_ascii_case(b"person")
        }
        _ => false,
    })
}

/// Whether a name is that of the class's base, or of an entry below it.
pub(super) fn is_inside(class: &Class, name: &str) -> bool {
    let base = dn::Dn::parse(&class.own.base).unwrap_or_default();
    dn::Dn::parse(name).is_ok_and(|name| name.is_at_or_below(&base))
}
