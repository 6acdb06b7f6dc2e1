//! Renames of entries that somebody named otherwise, and names that are computed.

use super::*;

const PEOPLE: &str = "ou=people,dc=example,dc=org";

fn class(db: &mut Memory, dn: &str, more: &str) -> Class {
    let settings = format!(
        r#"{{"classes": {{"person": {{
            "object_classes": ["inetOrgPerson"], "base": "dc=example,dc=org", "dn": "{dn},{PEOPLE}" {more}
        }}}}}}"#
    );
    db.class(&settings, "person")
}

/// Somebody named `leaf` with these values.
fn put(db: &mut Memory, leaf: &str, values: &str) -> String {
    let dn = format!("{leaf},{PEOPLE}");
    db.put(&dn, &format!("objectClass: inetOrgPerson\n sn: X\n {values}"));
    db.texts(&dn, "entryUUID").remove(0)
}

/// What is left of values when `uid` becomes `new`, which is the name then.
fn check_renamed(leaf: &str, values: &str, new: &str, expected: &[(&str, &[&str])]) {
    let mut db = Memory::new();
    let class = class(&mut db, "uid={uid}", "");
    let id = put(&mut db, leaf, values);
    update(&mut db, &class, &id, None, &[replace("uid", text(new))])
        .unwrap_or_else(|error| panic!("{leaf}: {error:?}"));
    let dn = format!("uid={new},{PEOPLE}");
    for (name, values) in expected {
        let mut found = db.texts(&dn, name);
        found.sort_unstable();
        assert_eq!(found, *values, "{name} of {leaf}");
    }
    let object = read::get(&mut db, &class, &id, &["uid".into()]).expect("it is there");
    assert_eq!(object.cells, [[text(new)]], "{leaf}");
}

#[test]
fn a_rename_takes_the_login_and_nothing_else() {
    check_renamed(
        "mail=ann@x",
        "mail: ann@x\n uid: ann\n cn: Ann",
        "ann.new",
        &[("mail", &["ann@x"]), ("uid", &["ann.new"]), ("cn", &["Ann"])],
    );
    check_renamed(
        "cn=Cid C",
        "cn: Cid C\n cn: Cidney\n uid: cid",
        "cid.new",
        &[("cn", &["Cid C", "Cidney"]), ("uid", &["cid.new"])],
    );
    check_renamed("cn=Bob B+uid=bob", "cn: Bob B\n uid: bob", "bob2", &[("cn", &["Bob B"]), ("uid", &["bob2"])]);
    // Other logins stay, the new one among them.
    check_renamed("cn=Eve", "cn: Eve\n uid: e1\n uid: e2", "e3", &[("uid", &["e2", "e3"])]);
    check_renamed("cn=Eve", "cn: Eve\n uid: e1\n uid: e2\n uid: e3", "e3", &[("uid", &["e2", "e3"])]);
    check_renamed("uid=e1", "cn: Eve\n uid: e1\n uid: e2", "e2", &[("uid", &["e2"])]);
    check_renamed("commonName=Eve", "cn: Eve\n uid: eve", "EVE", &[("cn", &["Eve"]), ("uid", &["EVE"])]);
}

/// What an entry still has when a rename is taken back.
fn check_back(leaf: &str, uids: &[&str], new: &str) {
    let mut db = Memory::new();
    let class = class(&mut db, "uid={uid}", "");
    let values: String = uids.iter().map(|uid| format!("uid: {uid}\n ")).collect();
    let id = put(&mut db, leaf, &format!("cn: Cid\n {values}"));
    db.failures = [None, Some(failed(Failure::ConstraintViolation))].into();
    let deltas = [replace("uid", text(new)), replace("title", text("x"))];
    let error = update(&mut db, &class, &id, None, &deltas).expect_err("it is refused");
    assert_eq!(error.kind, ErrorKind::InvalidValue, "{leaf}");
    let dn = format!("{leaf},{PEOPLE}");
    let mut left = db.texts(&dn, "uid");
    left.sort_unstable();
    assert_eq!(
        (left.as_slice(), db.texts(&dn, "cn")),
        (&uids.iter().map(|uid| (*uid).to_owned()).collect::<Vec<_>>()[..], vec!["Cid".to_owned()])
    );
}

#[test]
fn a_rename_that_is_taken_back_takes_nothing_along() {
    check_back("uid=cid.new", &["cid", "cid.new"], "cid");
    check_back("uid=cid", &["cid"], "cid.new");
    check_back("cn=Cid", &["cid", "cid.new"], "cid.new");
    check_back("cn=Cid+uid=cid", &["cid"], "cid.new");
}

#[test]
fn a_rename_of_two_values_is_taken_back_in_part() {
    let mut db = Memory::new();
    let class = class(&mut db, "cn={cn}+uid={uid}", "");
    let id = put(&mut db, "uid=cid", "cn: Cidney\n cn: Cid\n uid: cid");
    db.failures = [None, Some(failed(Failure::ConstraintViolation))].into();
    let deltas = [replace("uid", text("new")), replace("cn", text("Cid"))];
    update(&mut db, &class, &id, None, &deltas).expect_err("it is refused");
    let dn = format!("uid=cid,{PEOPLE}");
    assert_eq!((db.texts(&dn, "cn"), db.texts(&dn, "uid")), (vec!["Cidney".into(), "Cid".into()], vec!["cid".into()]));
}

#[test]
fn what_the_name_computes_is_not_written() {
    let mut db = Memory::new();
    let class = class(&mut db, "cn={givenName} {sn}", "");
    let cn = class.attribute("cn").expect("it has one");
    assert!(!cn.creatable && !cn.updatable && !cn.required && cn.readable);
    let lea = [("givenName", text("Lea")), ("sn", text("L"))];
    let with: Vec<_> = lea.iter().cloned().chain([("cn", text("Lea L (Ext)"))]).collect();
    let error = create(&mut db, &class, &given(&with)).expect_err("it is not to be written");
    assert_eq!(kind(&error), (ErrorKind::Mutability, Some("cn")));
    let id = create(&mut db, &class, &given(&lea)).expect("it can be made").id.uid;
    assert_eq!(db.texts(&format!("cn=Lea L,{PEOPLE}"), "cn"), ["Lea L"]);
    update(&mut db, &class, &id, None, &[replace("sn", text("M"))]).expect("it can be renamed");
    assert_eq!(db.texts(&format!("cn=Lea M,{PEOPLE}"), "cn"), ["Lea M"]);
    // Somebody else named this one.
    let id = put(&mut db, "uid=max", "uid: max\n cn: Max X\n givenName: Max");
    update(&mut db, &class, &id, None, &[replace("sn", text("Y"))]).expect("it can be renamed");
    let dn = format!("cn=Max Y,{PEOPLE}");
    assert_eq!((db.texts(&dn, "cn"), db.texts(&dn, "uid")), (vec!["Max Y".into()], vec!["max".into()]));
}

#[test]
fn a_value_that_names_the_entry_is_told() {
    let mut db = Memory::new();
    let class = class(&mut db, "uid={uid}", "");
    let id = put(&mut db, "mail=ann@x", "mail: ann@x\n uid: ann\n cn: Ann");
    let error = update(&mut db, &class, &id, None, &[replace("mail", text("b@x"))]).expect_err("it is the name");
    assert_eq!(kind(&error), (ErrorKind::InvalidValue, Some("mail")));
}
