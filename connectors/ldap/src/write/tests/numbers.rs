//! Numbers that somebody may have already.

use super::*;

const ANNA: usize = 5;
const COUNTER: &str = "cn=counter,dc=example,dc=org";

fn class(db: &mut Memory, unique: &str) -> Class {
    let unique = if unique.is_empty() { String::new() } else { format!("\"unique\": [{unique}],") };
    let settings = format!(
        r#"{{"classes": {{"person": {{
            "object_classes": ["inetOrgPerson", "posixAccount"], "filter": "(objectClass=inetOrgPerson)",
            "base": "ou=people,dc=example,dc=org", "dn": "uid={{uid}}", {unique}
            "next": {{"uidNumber": {{"entry": "{COUNTER}", "attribute": "uidNumber"}}}}
        }}}}}}"#
    );
    db.class(&settings, "person")
}

/// Gives people numbers beside the connector.
fn put(db: &mut Memory, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let dn = format!("uid=p{number},ou=people,dc=example,dc=org");
        let values = "objectClass: inetOrgPerson\n cn: P\n sn: P\n";
        db.put(&dn, &format!("{values} uid: p{number}\n uidNumber: {number}"));
    }
}

fn zoe() -> Vec<Attribute> {
    given(&[("uid", text("zoe")), ("cn", text("Zoe")), ("sn", text("Zed"))])
}

/// The number that the next one gets.
fn check(unique: &str, given: std::ops::Range<u32>, expected: &str) {
    let mut db = Memory::new();
    let class = class(&mut db, unique);
    put(&mut db, given);
    create(&mut db, &class, &zoe()).expect("it can be made");
    assert_eq!(db.texts("uid=zoe,ou=people,dc=example,dc=org", "uidNumber"), [expected], "{unique}");
    let locks = db.seen.iter().filter(|seen| seen.starts_with("lock unique/uidNumber/")).count();
    assert_eq!(locks > 0, !unique.is_empty(), "{:?}", db.seen);
}

#[test]
fn a_number_that_somebody_has_is_passed_over() {
    check("\"uidNumber\"", 0..0, "1000");
    check("\"uidNumber\"", 1000..1003, "1003");
    // Where nobody asked for it, the counter alone decides.
    check("", 1000..1003, "1000");
}

#[test]
fn a_counter_that_is_far_behind_catches_up() {
    let mut db = Memory::new();
    let class = class(&mut db, "\"uidNumber\"");
    put(&mut db, 1000..1150);
    let error = create(&mut db, &class, &zoe()).expect_err("there are too many");
    assert_eq!(kind(&error), (ErrorKind::Contention, Some("uidNumber")));
    create(&mut db, &class, &zoe()).expect("the rest is passed over now");
    assert_eq!(db.texts("uid=zoe,ou=people,dc=example,dc=org", "uidNumber"), ["1150"]);
}

#[test]
fn a_number_that_comes_with_a_class_is_a_free_one() {
    let mut db = Memory::new();
    let class = class(&mut db, "\"uidNumber\"");
    put(&mut db, 1000..1002);
    db.failures = [Some(failed(Failure::ObjectClassViolation))].into();
    update(&mut db, &class, &uuid(ANNA), None, &[replace("loginShell", text("/bin/sh"))])
        .expect("the class comes along");
    assert_eq!(db.texts("uid=anna,ou=people,dc=example,dc=org", "uidNumber"), ["1002"]);
}

#[test]
fn a_number_is_locked_after_what_is_given() {
    let mut db = Memory::new();
    let class = class(&mut db, "\"uidNumber\", \"mail\"");
    let mut attributes = zoe();
    attributes.extend(given(&[("mail", text("z@x")), ("uidNumber", Value::Integer(5))]));
    create(&mut db, &class, &attributes).expect("it can be made");
    let locks: Vec<bool> = writes(&db)
        .into_iter()
        .filter_map(|seen| seen.strip_prefix("lock unique/"))
        .map(|name| name.starts_with("uidNumber/"))
        .collect();
    assert_eq!(locks, [false, true]);
}
