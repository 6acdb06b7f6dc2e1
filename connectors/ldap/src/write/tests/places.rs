//! Entries that may be in several places, where one name may be twice.

use super::*;

const ANNA: usize = 5;
const LEFT: &str = r#", "active": {"container": "ou=left,dc=example,dc=org"}"#;
const AGENTS: &str = r#", "containers": {"by": "title", "bases": {"Agent": "ou=left,dc=example,dc=org"},
    "otherwise": "ou=people,dc=example,dc=org"}"#;

fn class(db: &mut Memory, dn: &str, more: &str) -> Class {
    let settings = format!(
        r#"{{"classes": {{"person": {{
            "object_classes": ["inetOrgPerson"], "base": "dc=example,dc=org", "dn": "{dn}" {more}
        }}}}}}"#
    );
    db.class(&settings, "person")
}

/// What becomes of somebody who has a name that is in `ou=left` already.
fn check_namesake(dn: &str, more: &str, attributes: &[(&str, Value)], expected: Option<&str>) {
    let mut db = Memory::new();
    let class = class(&mut db, dn, more);
    db.put("uid=hal,ou=left,dc=example,dc=org", "objectClass: inetOrgPerson\n uid: hal\n cn: Hal\n sn: H");
    let whole: Vec<_> =
        [("uid", text("HAL")), ("cn", text("Hal")), ("sn", text("H"))].iter().chain(attributes).cloned().collect();
    let outcome = create(&mut db, &class, &given(&whole));
    let expected = expected.map_or(Ok(()), |name| Err((ErrorKind::AlreadyExists, Some(name.to_owned()))));
    let outcome = outcome.map(drop).map_err(|error| (error.kind, error.attribute));
    assert_eq!(outcome, expected, "{dn} {more}");
}

#[test]
fn a_name_is_one_in_all_places() {
    let people = "uid={uid},ou=people,dc=example,dc=org";
    check_namesake(people, LEFT, &[], Some("uid"));
    check_namesake("uid={uid}", AGENTS, &[], Some("uid"));
    let by_unit = "uid={uid},ou={ou},dc=example,dc=org";
    check_namesake(by_unit, "", &[("ou", text("people"))], Some("uid"));
    let login = r#", "name": "login", "attributes": {"login": {"attribute": "uid"}}"#;
    let mut db = Memory::new();
    let called = class(&mut db, "uid={login},ou={ou},dc=example,dc=org", login);
    assert_eq!(called.guarded, ["login"]);
    assert!(called.attribute("login").is_some_and(|attribute| attribute.unique));
    // Nobody is known by it, or there is one place.
    check_namesake("cn={cn},ou=people,dc=example,dc=org", r#", "name": "uid""#, &[], None);
    check_namesake(people, "", &[], None);
    assert_eq!(class(&mut db, "cn={cn},ou={ou},dc=example,dc=org", r#", "name": "uid""#).guarded, Vec::<&str>::new());
    assert_eq!(class(&mut db, by_unit, r#", "unique": ["mail", "uid"]"#).guarded, ["mail", "uid"]);
}

#[test]
fn a_place_that_is_taken_is_no_value_of_the_request() {
    let mut db = Memory::new();
    let class = class(&mut db, "uid={uid},ou=people,dc=example,dc=org", LEFT);
    db.put("uid=anna,ou=left,dc=example,dc=org", "objectClass: inetOrgPerson\n uid: anna\n cn: Anna\n sn: H");
    let shut = [replace("active", Value::Boolean(false))];
    let error = update(&mut db, &class, &uuid(ANNA), None, &shut).expect_err("the place is taken");
    assert_eq!(kind(&error), (ErrorKind::Conflict, None));
    assert!(error.message.contains("an entry of this name"), "{}", error.message);
    // A name of the request is.
    let deltas = [replace("uid", text("ben"))];
    let error = update(&mut db, &class, &uuid(ANNA), None, &deltas).expect_err("it is Ben's");
    assert_eq!(kind(&error), (ErrorKind::AlreadyExists, Some("uid")));
}

const DN: &str = "uid=anna,ou=people,dc=example,dc=org";
const KEPT: &str = r#", "active": "pwdAccountLockedTime", "delete": {"move": "ou=left,dc=example,dc=org"}"#;

/// Puts somebody of Anna's name where deleted people are moved.
fn deleted_before(db: &mut Memory) {
    db.put("uid=anna,ou=left,dc=example,dc=org", "objectClass: inetOrgPerson\n uid: anna\n cn: Anna\n sn: A");
}

#[test]
fn who_is_deleted_after_a_namesake_gets_a_name_of_his_own() {
    let mut db = Memory::new();
    let class = class(&mut db, "uid={uid},ou=people,dc=example,dc=org", KEPT);
    deleted_before(&mut db);
    delete(&mut db, &class, &uuid(ANNA), None).expect("it can be deleted");
    assert!(db.at(DN).is_none());
    let away = format!("uid=anna-{},ou=left,dc=example,dc=org", uuid(ANNA));
    assert_eq!(db.texts(&away, "uid"), ["anna".to_owned(), format!("anna-{}", uuid(ANNA))]);
    assert_eq!(db.texts(&away, "pwdAccountLockedTime"), ["000001010000Z"]);
}

#[test]
fn a_place_that_takes_nobody_is_told_with_what_was_done() {
    for (more, expected) in [
        (KEPT.to_owned(), ErrorKind::Partial),
        (KEPT.replace("\"move\"", "\"disable\": false, \"move\""), ErrorKind::Conflict),
    ] {
        let mut db = Memory::new();
        let class = class(&mut db, "uid={uid},ou=people,dc=example,dc=org", &more);
        deleted_before(&mut db);
        let away = format!("uid=anna-{},ou=left,dc=example,dc=org", uuid(ANNA));
        db.put(&away, "objectClass: inetOrgPerson\n uid: x\n cn: Anna\n sn: A");
        let error = delete(&mut db, &class, &uuid(ANNA), None).expect_err("both names are taken");
        assert_eq!(kind(&error), (expected, None), "{more}");
        assert!(error.message.contains("an entry of this name"), "{}", error.message);
        assert_eq!(error.message.contains("made inactive before"), expected == ErrorKind::Partial);
    }
}

#[test]
fn a_long_name_makes_room_for_the_id() {
    let mut db = Memory::windows();
    let settings = r#"{"classes": {"user": {
        "object_classes": ["user"], "base": "OU=People,DC=test,DC=lan", "dn": "CN={cn}",
        "delete": {"move": "OU=Left,DC=test,DC=lan"}
    }}}"#;
    let class = db.class(settings, "user");
    let name = "Anna Wilhelmina Josephine Armstrong of the Northern Counties";
    db.put("OU=Left,DC=test,DC=lan", "objectClass: organizationalUnit");
    for place in ["People", "Left"] {
        let dn = format!("CN={name},OU={place},DC=test,DC=lan");
        db.put(&dn, &format!("objectClass: user\n objectCategory: person\n cn: {name}\n userAccountControl: 512"));
    }
    let bytes = &db.at(&format!("CN={name},OU=People,DC=test,DC=lan")).expect("it is there").values("objectGUID")[0];
    let id = crate::guid::to_text(bytes).expect("it is a GUID");
    delete(&mut db, &class, &id, None).expect("it can be deleted");
    let new = format!("Anna Wilhelmina Josephine A-{id}");
    assert_eq!(new.chars().count(), 64);
    let dn = format!("CN={new},OU=Left,DC=test,DC=lan");
    assert_eq!((db.texts(&dn, "cn"), db.texts(&dn, "userAccountControl")), (vec![new], vec!["514".to_owned()]));
}
