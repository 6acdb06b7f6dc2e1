use patchbay_connector::{AttributeTraits, Change, Comparator, Comparison, Delta, ErrorKind, FilterNode, Query, Value};

use crate::fixture::{Memory, uuid};
use crate::plan::Class;
use crate::{discover, read, write};

const SETTINGS: &str = r#"{"classes": {
    "person": {
        "object_classes": ["inetOrgPerson"], "base": "ou=people,dc=example,dc=org", "include": ["uid"],
        "member_of": "crowd"
    },
    "crowd": {
        "object_classes": ["groupOfURLs"], "base": "ou=groups,dc=example,dc=org", "dn": "cn={cn}",
        "members": {"style": "dynamic", "class": ["person", "crowd"]}
    }
}}"#;

const ANNA: usize = 5;
const BEN: usize = 6;
const CARL: usize = 7;
const CROWD: usize = 11;

/// A directory where one group has these URLs.
fn crowd(urls: &[&str]) -> Memory {
    let mut db = Memory::new();
    let urls: String = urls.iter().map(|url| format!("\n memberURL: {url}")).collect();
    db.put("cn=crowd,ou=groups,dc=example,dc=org", &format!("objectClass: groupOfURLs\n cn: crowd{urls}"));
    db
}

fn members_of(db: &mut Memory) -> Result<Vec<Value>, patchbay_connector::Error> {
    let class = db.class(SETTINGS, "crowd");
    let object = read::get(db, &class, &uuid(CROWD), &["members".to_owned()])?;
    Ok(object.cells.into_iter().flatten().collect())
}

fn references(numbers: &[usize]) -> Vec<Value> {
    numbers.iter().map(|number| Value::Reference(uuid(*number))).collect()
}

fn check(urls: &[&str], expected: &[usize]) {
    assert_eq!(members_of(&mut crowd(urls)), Ok(references(expected)), "{urls:?}");
}

#[test]
fn members_are_whom_the_urls_find() {
    check(&[], &[]);
    check(&["ldap:///ou=people,dc=example,dc=org??sub?(sn=Arm)"], &[ANNA]);
    check(&["ldap:///ou=people,dc=example,dc=org?cn?one?(uid=*n*)"], &[ANNA, BEN]);
    check(&["ldap:///uid=carl,ou=people,dc=example,dc=org"], &[CARL]);
    // Each once, and nobody who is of another class.
    check(
        &["ldap:///dc=example,dc=org??sub?(cn=*)", "ldap:///ou=people,dc=example,dc=org??sub"],
        &[ANNA, BEN, CARL, CROWD],
    );
    check(&["ldap:///ou=people,dc=example,dc=org??base", "ldap:///ou=people,dc=example,dc=org??sub?(cn=nobody)"], &[]);
    check(&["ldap:///ou=groups,dc=example,dc=org??sub?(cn=crowd)"], &[CROWD]);
}

#[test]
fn what_one_url_does_not_tell_nobody_is_told() {
    for (broken, message) in [
        (
            "ldap://other/ou=people,dc=example,dc=org??sub",
            "a URL that names a server: only `ldap:///` leads to this directory",
        ),
        (
            "ldap:///ou=none,dc=example,dc=org??sub",
            "a URL that begins at an entry which is not there, or cannot be read",
        ),
        (
            "ldap:///ou=people,dc=example,dc=org??sub?(cn=",
            "a URL that has a filter that cannot be read: `)` is missing at position 4",
        ),
    ] {
        let error = members_of(&mut crowd(&["ldap:///ou=people,dc=example,dc=org??sub", broken])).expect_err(broken);
        assert_eq!((error.kind, error.attribute.as_deref()), (ErrorKind::Unsupported, Some("members")), "{broken}");
        assert_eq!(error.message, format!("`members` cannot be told, as a dynamic group has {message}"));
    }
}

fn found(db: &mut Memory, class: &Class, filter: Vec<FilterNode>) -> Result<Vec<String>, patchbay_connector::Error> {
    let query = Query {
        class: class.own.class.clone(),
        filter: Some(filter),
        attributes: Vec::new(),
        order: Vec::new(),
        page_size: 100,
        offset: None,
        continuation: None,
        want_total: false,
    };
    Ok(read::search(db, class, &query, None)?.objects.into_iter().map(|object| object.id.uid).collect())
}

fn member(operator: Comparator, number: usize) -> Vec<FilterNode> {
    let value = Value::Reference(uuid(number));
    vec![FilterNode::Compare(Comparison { attribute: "members".into(), operator, value })]
}

#[test]
fn groups_are_found_by_whom_they_find() {
    let mut db = crowd(&["ldap:///ou=people,dc=example,dc=org??sub?(cn=*n*)"]);
    let class = db.class(SETTINGS, "crowd");
    let crowd: Vec<String> = vec![uuid(CROWD)];
    assert_eq!(found(&mut db, &class, member(Comparator::Equal, ANNA)), Ok(crowd));
    assert_eq!(found(&mut db, &class, member(Comparator::Equal, CARL)), Ok(Vec::new()));
    assert_eq!(found(&mut db, &class, member(Comparator::Equal, 99)), Ok(Vec::new()));
    let error = found(&mut db, &class, member(Comparator::NotEqual, ANNA)).expect_err("nobody can tell");
    assert_eq!((error.kind, error.attribute.as_deref()), (ErrorKind::InvalidFilter, Some("members")));
    let person = db.class(SETTINGS, "person");
    for (uid, expected) in [(ANNA, vec![CROWD]), (BEN, vec![CROWD]), (CARL, Vec::new())] {
        let object = read::get(&mut db, &person, &uuid(uid), &["member_of".to_owned()]).expect("it is there");
        assert_eq!(object.cells, [references(&expected)], "{uid}");
    }
}

#[test]
fn members_are_not_written_but_urls_are() {
    let mut db = crowd(&[]);
    let class = db.class(SETTINGS, "crowd");
    let described = discover::class(&class);
    let members = described.attributes.iter().find(|attribute| attribute.name == "members").expect("it is there");
    for writable in [AttributeTraits::CREATABLE, AttributeTraits::UPDATABLE] {
        assert_eq!(members.traits & writable, AttributeTraits::empty(), "{members:?}");
    }
    let delta = Delta { attribute: "members".into(), change: Change::Add(references(&[ANNA])) };
    let error = write::update(&mut db, &class, &uuid(CROWD), None, &[delta]).expect_err("it is dynamic");
    assert_eq!((error.kind, error.attribute.as_deref()), (ErrorKind::Mutability, Some("members")));
    assert!(error.message.contains("`memberURL` says who belongs to it"), "{}", error.message);
    let url = "ldap:///ou=people,dc=example,dc=org??sub?(uid=anna)";
    let delta = Delta { attribute: "memberURL".into(), change: Change::Replace(vec![Value::Text(url.to_owned())]) };
    write::update(&mut db, &class, &uuid(CROWD), None, &[delta]).expect("it can be written");
    assert_eq!(members_of(&mut db), Ok(references(&[ANNA])));
}
