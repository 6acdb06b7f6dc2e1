//! Servers that keep count themselves.

use patchbay_connector::ldap::{Attribute, DirSyncPage, Entry, SyncEntry, SyncState};

use super::*;
use crate::guid;

fn entry(dn: &str, attributes: &[(&str, Vec<u8>)]) -> Entry {
    let attributes = attributes.iter().map(|(name, value)| Attribute::new(*name, vec![value.clone()])).collect();
    Entry { dn: dn.to_owned(), attributes }
}

/// A page of content synchronization, in which everything is named by number.
fn page(
    cookie: &str,
    changed: &[usize],
    deleted: &[usize],
    present: Option<&[usize]>,
) -> patchbay_connector::ldap::SyncPage {
    let bytes = |number: &usize| guid::network_to_bytes(&uuid(*number)).expect("a UUID").to_vec();
    let changed = changed.iter().map(|number| SyncEntry {
        state: SyncState::Added,
        uuid: bytes(number),
        entry: entry("uid=x", &[]),
    });
    patchbay_connector::ldap::SyncPage {
        entries: changed.collect(),
        deleted: deleted.iter().map(bytes).collect(),
        present: present.unwrap_or_default().iter().map(bytes).collect(),
        deletes_by_absence: present.is_some(),
        cookie: (!cookie.is_empty()).then(|| cookie.as_bytes().to_vec()),
        live: false,
    }
}

fn syncrepl() -> (Memory, Class) {
    let mut db = Memory::new();
    let class = person(&mut db, r#"{"method": "syncrepl"}"#);
    (db, class)
}

#[test]
fn synchronization_tells_what_is_gone_by_name_or_by_silence() {
    let (mut db, class) = syncrepl();
    db.synced.extend([page("c1", &[ANNA, BEN, CARL], &[], Some(&[]))]);
    let token = latest(&mut db, &class).expect("a token");
    db.synced.extend([page("c2", &[BEN], &[], None)]);
    let token = check(&mut db, &class, &token, &["+6"]);
    assert!(db.seen.contains(&"sync ou=people,dc=example,dc=org (objectClass=inetOrgPerson) c1".to_owned()));
    // Gone by name; whoever was never there is none to be told of. The cookie stays.
    db.take("uid=carl,ou=people,dc=example,dc=org");
    db.synced.extend([page("", &[], &[CARL, 99], None)]);
    let token = check(&mut db, &class, &token, &["-7"]);
    db.synced.extend([page("c3", &[], &[CARL], None)]);
    let token = check(&mut db, &class, &token, &[]);
    // Gone by silence.
    db.take("uid=anna,ou=people,dc=example,dc=org");
    db.synced.extend([page("c4", &[], &[], Some(&[BEN]))]);
    let token = check(&mut db, &class, &token, &["-5"]);
    assert!(db.seen.iter().filter(|line| line.starts_with("sync")).any(|line| line.ends_with(" c2")));
    // The server knows the cookie no more.
    expired(&mut db, &class, &token);
}

#[test]
fn who_comes_in_along_with_a_unit_is_told() {
    let (mut db, class) = syncrepl();
    db.synced.extend([page("c1", &[ANNA, BEN, CARL], &[], Some(&[]))]);
    let token = latest(&mut db, &class).expect("a token");
    // The unit of Anna was moved out of the base, and back again: the server names her, as one
    // that did not change.
    let anna = "uid=anna,ou=people,dc=example,dc=org";
    let entry = db.take(anna);
    db.synced.extend([page("c2", &[], &[], Some(&[BEN, CARL]))]);
    let token = check(&mut db, &class, &token, &["-5"]);
    db.restore(entry);
    db.synced.extend([page("c3", &[], &[], Some(&[ANNA, BEN, CARL]))]);
    let token = check(&mut db, &class, &token, &["+5"]);
    db.synced.extend([page("c4", &[], &[], Some(&[ANNA, BEN, CARL]))]);
    check(&mut db, &class, &token, &[]);
}

/// A replica may lag for a moment; a directory that was restored stays behind.
#[test]
fn a_server_behind_the_cookie_is_waited_for_and_not_for_long() {
    let (mut db, class) = syncrepl();
    let failure = patchbay_connector::ldap::Error {
        code: Some(53),
        message: "consumer state is newer than provider!".into(),
        ..crate::fixture::failed(patchbay_connector::ldap::Failure::TokenExpired)
    };
    db.sync_failure = Some(failure);
    let mut check = |csn: &str, expected: ErrorKind| {
        db.synced.extend([page(&format!("rid=000,csn={csn}"), &[ANNA], &[], Some(&[]))]);
        let token = latest(&mut db, &class).expect("a token");
        let error = since(&mut db, &class, &token, &[], 10, 0).expect_err("the server is behind");
        assert_eq!(error.kind, expected, "{csn}: {error:?}");
    };
    check("20240531235800.000001Z#000000#000#000000", ErrorKind::Unavailable);
    check("20240501000000Z#000000#001#000000;20240531235800Z#000000#002#000000", ErrorKind::Unavailable);
    check("20240531235400.000001Z#000000#000#000000", ErrorKind::TokenExpired);
    check("20270101000000.000001Z#000000#000#000000", ErrorKind::TokenExpired);
    check("other", ErrorKind::TokenExpired);
}

#[test]
fn a_limit_of_the_server_is_named_as_one() {
    let (mut db, class) = syncrepl();
    db.synced.extend([page("c1", &[ANNA], &[], Some(&[]))]);
    let token = latest(&mut db, &class).expect("a token");
    for code in [3, 4, 11] {
        let failure = crate::fixture::failed(patchbay_connector::ldap::Failure::LimitExceeded);
        db.sync_failure = Some(patchbay_connector::ldap::Error { code: Some(code), ..failure });
        for outcome in [latest(&mut db, &class).map(drop), since(&mut db, &class, &token, &[], 10, 0).map(drop)] {
            let error = outcome.expect_err("the server gives no more");
            assert_eq!((error.kind, error.code), (ErrorKind::Configuration, Some(format!("ldap.{code}"))));
            assert!(error.internal.is_some_and(|detail| detail.contains("it did not work")));
        }
    }
    // That of the host has no code.
    db.sync_failure = Some(crate::fixture::failed(patchbay_connector::ldap::Failure::LimitExceeded));
    assert_eq!(latest(&mut db, &class).expect_err("too many").kind, ErrorKind::TooMany);
    expired(&mut db, &class, &token);
}

#[test]
fn who_waits_listens_only_where_there_is_nothing_to_tell() {
    let (mut db, class) = syncrepl();
    db.synced.extend([page("c1", &[ANNA, BEN], &[], None)]);
    let mut token = latest(&mut db, &class).expect("a token");
    let live = |cookie, changed: &[usize]| patchbay_connector::ldap::SyncPage {
        live: true,
        ..page(cookie, changed, &[], None)
    };
    db.synced.extend([live("c2", &[ANNA, BEN])]);
    // The second half is known already: nobody has to be asked, or listened to.
    for (expected, expected_live) in [("+5", true), ("+6", false)] {
        let page = since(&mut db, &class, &token, &[], 1, 700).expect("a page");
        assert_eq!((short(&page), page.live), (vec![expected.to_owned()], expected_live));
        token = page.token;
    }
    db.synced.extend([live("c3", &[])]);
    let page = since(&mut db, &class, &token, &[], 1, 700).expect("a page");
    assert_eq!((short(&page), page.more, page.live), (vec![], false, true));
    let asked = db.seen.iter().filter_map(|line| line.strip_prefix("sync ou=people,dc=example,dc=org "));
    let asked: Vec<&str> = asked.filter_map(|line| line.strip_prefix("(objectClass=inetOrgPerson) ")).collect();
    assert_eq!(asked[1..], ["c1 for 700", "c2 for 700"], "{:?}", db.seen);
    // The other ways have nobody to listen to.
    let class = person(&mut db, r#"{"method": "timestamp"}"#);
    let token = latest(&mut db, &class).expect("a token");
    assert!(!since(&mut db, &class, &token, &[], 1, 700).expect("a page").live);
}

#[test]
fn a_first_token_brings_everybody_page_by_page() {
    let (mut db, class) = syncrepl();
    let beginning = first(&mut db, &class).expect("a token");
    assert!(beginning.complete);
    db.synced.extend([page("c1", &[ANNA, BEN, CARL], &[], Some(&[]))]);
    let mut token = beginning.token;
    for (expected, more) in [("+5", true), ("+6", true), ("+7", false)] {
        let page = since(&mut db, &class, &token, &[], 1, 0).expect("a page");
        assert_eq!((short(&page), page.more), (vec![expected.to_owned()], more));
        token = page.token;
    }
    // 389 Directory Server says that it told what is there, and did not.
    let mut other = class.clone();
    other.server.vendor = crate::vendor::Vendor::Ds389;
    db.synced.extend([page("c2", &[], &[], Some(&[]))]);
    let token = check(&mut db, &other, &token, &[]);
    db.synced.extend([page("c3", &[], &[], Some(&[]))]);
    db.take("uid=anna,ou=people,dc=example,dc=org");
    db.take("uid=ben,ou=people,dc=example,dc=org");
    db.take("uid=carl,ou=people,dc=example,dc=org");
    check(&mut db, &class, &token, &["-5", "-6", "-7"]);
}

const USERS: &str = r#"{"classes": {"user": {"object_classes": ["user"], "base": "OU=People,DC=test,DC=lan",
    "changes": {"method": "METHOD"}}}}"#;

/// A class of users, and the ids of Anna and of the administrator.
fn users(method: &str) -> (Memory, Class) {
    let mut db = Memory::windows();
    let class = db.class(&USERS.replace("METHOD", method), "user");
    (db, class)
}

fn id(number: usize) -> (&'static str, Vec<u8>) {
    ("objectGUID", guid::to_bytes(&uuid(number)).expect("a GUID").to_vec())
}

#[test]
fn dir_sync_looks_at_everybody_and_tells_of_ours() {
    let (mut db, class) = users("dirsync");
    let pages = |cookies: &[(&str, bool)], entries: Vec<Entry>| -> Vec<DirSyncPage> {
        let page = |(cookie, more): &(&str, bool)| DirSyncPage {
            entries: entries.clone(),
            cookie: cookie.as_bytes().to_vec(),
            more: *more,
        };
        cookies.iter().map(page).collect()
    };
    db.dir_synced.extend(pages(&[("a", true), ("b", false)], Vec::new()));
    let token = latest(&mut db, &class).expect("a token");
    assert_eq!(
        db.seen,
        ["dir-sync DC=test,DC=lan (!(objectClass=*)) ", "dir-sync DC=test,DC=lan (!(objectClass=*)) a"]
    );
    let value = |name: &'static str, text: &str| (name, text.as_bytes().to_vec());
    let outside = |number: usize, more: &[(&'static str, Vec<u8>)]| {
        entry("CN=x,OU=Other,DC=test,DC=lan", &[&[id(number)], more].concat())
    };
    let found = vec![
        entry("CN=Anna Arm,OU=People,DC=test,DC=lan", &[id(3)]),
        // Changed elsewhere; new elsewhere; moved there; and gone.
        outside(20, &[]),
        outside(21, &[value("name", "x"), value("objectClass", "user")]),
        outside(22, &[value("name", "x")]),
        outside(23, &[value("isDeleted", "TRUE")]),
    ];
    db.dir_synced.extend(pages(&[("c", false)], found));
    let token = check(&mut db, &class, &token, &["+3", "-22", "-23"]);
    assert!(
        db.seen.contains(&"dir-sync DC=test,DC=lan (&(objectClass=user)(!(objectClass=computer))) b".to_owned()),
        "{:?}",
        db.seen
    );
    expired(&mut db, &class, &token);
    db.dir_synced.extend(pages(&[("d", false)], vec![entry("CN=x", &[])]));
    let error = since(&mut db, &class, &token, &[], 10, 0).expect_err("no id");
    assert_eq!(error.kind, ErrorKind::Internal);
}

#[test]
fn numbers_belong_to_one_controller() {
    let (mut db, class) = users("usn");
    let committed = |db: &mut Memory, number: &str| db.root = vec![("highestCommittedUSN", number.to_owned())];
    committed(&mut db, "3");
    let token = latest(&mut db, &class).expect("a token");
    let token = check(&mut db, &class, &token, &[]);
    committed(&mut db, "4");
    let token = check(&mut db, &class, &token, &["+4"]);
    let asked = "search DC=test,DC=lan (&(&(objectClass=user)(!(objectClass=computer)))(uSNChanged>=4)(uSNChanged<=4))";
    assert!(db.seen.contains(&asked.to_owned()), "{:?}", db.seen);
    committed(&mut db, "3");
    expired(&mut db, &class, &token);
    // The controller was restored, and says so.
    committed(&mut db, "4");
    db.put("CN=NTDS Settings,CN=DC1,DC=test,DC=lan", "objectClass: nTDSDSA\n invocationId: other");
    expired(&mut db, &class, &token);
    db.root.clear();
    let error = latest(&mut db, &class).expect_err("no number");
    assert_eq!(error.kind, ErrorKind::Unsupported);
}
