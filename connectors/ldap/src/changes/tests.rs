//! What the ways make of a directory's answers. Those that a real server can give are tried
//! on real servers (`tests/ldap/changes`).

mod logs;
mod servers;

use patchbay_connector::time::Instant;
use patchbay_connector::{Beginning, Error, ErrorKind, ObjectChange, SyncPage};

use crate::fixture::{Memory, uuid};
use crate::plan::Class;

const ANNA: usize = 5;
const BEN: usize = 6;
const CARL: usize = 7;
/// When all of this happens, by the host's clock.
const NOW: &str = "2024-06-01T00:00:00Z";

fn now() -> Instant {
    Instant::parse(NOW).expect("a time")
}

fn latest(db: &mut Memory, class: &Class) -> Result<Vec<u8>, Error> {
    super::latest(db, class, now())
}

fn first(db: &mut Memory, class: &Class) -> Result<Beginning, Error> {
    super::first(db, class, now())
}

fn since(
    db: &mut Memory,
    class: &Class,
    token: &[u8],
    attributes: &[String],
    limit: u32,
    wait: u32,
) -> Result<SyncPage, Error> {
    super::since(db, class, token, attributes, limit, wait, now())
}

/// People, with these `changes`.
fn person(db: &mut Memory, changes: &str) -> Class {
    let settings = format!(
        r#"{{"classes": {{"person": {{"object_classes": ["inetOrgPerson"], "base": "ou=people,dc=example,dc=org",
            "id": "entryUUID", "changes": {changes}}}}}}}"#
    );
    db.class(&settings, "person")
}

/// A page as `+5` and `-5`, in order.
fn short(page: &SyncPage) -> Vec<String> {
    let number = |uid: &str| uid.rsplit('-').next().unwrap_or_default().trim_start_matches('0').to_owned();
    let short = |change: &ObjectChange| match change {
        ObjectChange::Upsert(object) => format!("+{}", number(&object.id.uid)),
        ObjectChange::Delete(id) => format!("-{}", number(&id.uid)),
    };
    page.changes.iter().map(short).collect()
}

/// The changes since a token, and the token after them.
fn check(db: &mut Memory, class: &Class, token: &[u8], expected: &[&str]) -> Vec<u8> {
    let page = since(db, class, token, &["cn".to_owned()], 100, 0).expect("a page");
    assert_eq!((short(&page), page.more), (expected.iter().map(|s| (*s).to_owned()).collect(), false), "{:?}", db.seen);
    page.token
}

/// That a token is good no more.
fn expired(db: &mut Memory, class: &Class, token: &[u8]) {
    let error = since(db, class, token, &[], 100, 0).expect_err("a token that expired");
    assert_eq!(error.kind, ErrorKind::TokenExpired, "{error:?}");
}

#[test]
fn a_token_of_something_else_is_refused() {
    let mut db = Memory::new();
    let class = person(&mut db, r#"{"method": "timestamp"}"#);
    let token = latest(&mut db, &class).expect("a token");
    check(&mut db, &class, &token, &[]);
    for cut in 0..token.len() {
        expired(&mut db, &class, &token[..cut]);
    }
    for place in 0..token.len() {
        let mut changed = token.clone();
        changed[place] ^= 1;
        expired(&mut db, &class, &changed);
    }
    let other = person(&mut db, r#"{"method": "accesslog"}"#);
    expired(&mut db, &other, &token);
    let mut other = class.clone();
    other.own.base = "ou=left,dc=example,dc=org".to_owned();
    expired(&mut db, &other, &token);
    // Another overlap leaves the token what it is.
    let other = person(&mut db, r#"{"method": "timestamp", "overlap": "5m"}"#);
    check(&mut db, &other, &token, &[]);
    let none = since(&mut db, &class, &token, &[], 0, 0).expect_err("no page");
    assert_eq!(none.kind, ErrorKind::InvalidValue);
    let off = person(&mut db, "false");
    let error = latest(&mut db, &off).expect_err("no changes");
    assert_eq!(error.kind, ErrorKind::Unsupported);
}

#[test]
fn the_way_fits_the_server_and_the_id() {
    use crate::plan::feed::Method;

    let method = |db: &mut Memory, id: &str| {
        let settings = format!(
            r#"{{"classes": {{"person": {{"object_classes": ["inetOrgPerson"], "base": "dc=example,dc=org",
                "id": "{id}"}}}}}}"#
        );
        db.class(&settings, "person").feed.expect("a feed").method
    };
    let mut db = Memory::new();
    assert!(matches!(method(&mut db, "entryUUID"), Method::Timestamp(_)));
    db.controls.push(crate::vendor::oid::SYNC);
    assert_eq!(method(&mut db, "entryUUID"), Method::Syncrepl);
    assert!(matches!(method(&mut db, "uid"), Method::Timestamp(_)));
}
