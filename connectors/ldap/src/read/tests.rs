use patchbay_connector::{Comparator, Comparison, ErrorKind, FilterNode, Precision, Query, Value};

use super::*;
use crate::fixture::{Memory, uuid};

const SETTINGS: &str = r#"{"classes": {
    "person": {
        "object_classes": ["inetOrgPerson"], "base": "ou=people,dc=example,dc=org",
        "dn": "uid={uid},ou=people,dc=example,dc=org", "active": "pwdAccountLockedTime",
        "member_of": {"class": "group"}, "attributes": {"manager": {"class": "person", "single": true}}
    },
    "group": {
        "object_classes": ["groupOfNames"], "base": "ou=groups,dc=example,dc=org",
        "dn": "cn={cn},ou=groups,dc=example,dc=org", "members": {"class": ["person", "group"]}
    },
    "login": {
        "object_classes": ["posixGroup"], "base": "ou=groups,dc=example,dc=org",
        "members": {"attribute": "memberUid", "class": "person"}
    }
}}"#;

const ANNA: usize = 5;
const BEN: usize = 6;
const CARL: usize = 7;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn reference(number: usize) -> Value {
    Value::Reference(uuid(number))
}

/// Cells of one object.
fn check_get(class: &str, uid: usize, attribute: &str, expected: &[Value]) {
    let mut db = Memory::new();
    let class = db.class(SETTINGS, class);
    let object = get(&mut db, &class, &uuid(uid), &[attribute.to_owned()]).expect("it is there");
    assert_eq!(object.id.uid, uuid(uid));
    assert_eq!(object.cells, [expected.to_vec()], "{attribute}");
}

#[test]
fn an_object_is_found_by_its_id_wherever_it_is() {
    check_get("person", ANNA, "uid", &[text("anna")]);
    check_get("person", ANNA, "dn", &[text("uid=anna,ou=people,dc=example,dc=org")]);
    check_get("person", ANNA, "active", &[Value::Boolean(true)]);
    check_get("person", ANNA, "title", &[]);
    check_get("person", CARL, "telephoneNumber", &[text("1"), text("2")]);
    // One of several: the first, as none is in the name.
    check_get("person", CARL, "cn", &[text("Carl Cue")]);
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "person");
    for uid in [uuid(99), uuid(1), "anna".to_owned(), uuid(ANNA).to_uppercase() + "*"] {
        let error = get(&mut db, &class, &uid, &[]).expect_err("there is none");
        assert_eq!(error.kind, ErrorKind::NotFound, "{uid}");
    }
}

#[test]
fn names_of_other_entries_become_ids() {
    check_get("person", BEN, "manager", &[reference(ANNA)]);
    check_get("group", 8, "members", &[reference(ANNA), reference(BEN)]);
    check_get("login", 9, "members", &[reference(ANNA)]);
    // Without an attribute that the server keeps, groups are searched for; here it has one.
    check_get("person", CARL, "member_of", &[]);
}

#[test]
fn members_are_those_of_the_class_however_its_base_is_spelt() {
    let mut db = Memory::windows();
    db.put(
        "CN=PC 7,OU=People,DC=test,DC=lan",
        "objectClass: user\n objectClass: computer\n objectCategory: computer\n cn: PC 7\n sAMAccountName: pc7$",
    );
    db.put(
        "CN=Staff,DC=test,DC=lan",
        "objectClass: group\n cn: Staff\n sAMAccountName: staff\n groupType: -2147483646
        member: CN=Anna Arm,OU=People,DC=test,DC=lan\n member: CN=PC 7,OU=People,DC=test,DC=lan
        member: CN=Gone,OU=People,DC=test,DC=lan\n member: CN=Staff,DC=test,DC=lan",
    );
    let settings = r#"{"classes": {
        "user": {"object_classes": ["user"], "base": "ou=people, DC=Test,dc=lan"},
        "group": {"object_classes": ["group"], "base": "DC=test,DC=lan", "members": {"class": "user"}}
    }}"#;
    let class = db.class(settings, "group");
    let object = get(&mut db, &class, &uuid(6), &["members".to_owned()]).expect("it is there");
    assert_eq!(object.cells, [vec![reference(3)]], "{:?}", db.seen);
}

/// Uids of a search with a filter.
fn check_search(filter: Vec<FilterNode>, expected: &[usize], precision: Precision) {
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "person");
    let query = Query { filter: Some(filter.clone()), ..query() };
    let page = search(&mut db, &class, &query, None).expect("it can be searched for");
    let uids: Vec<String> = page.objects.iter().map(|object| object.id.uid.clone()).collect();
    assert_eq!(uids, expected.iter().map(|number| uuid(*number)).collect::<Vec<_>>(), "{filter:?}: {:?}", db.seen);
    assert_eq!(page.precision, precision, "{filter:?}");
}

fn query() -> Query {
    Query {
        class: "person".into(),
        filter: None,
        attributes: vec!["uid".into()],
        order: Vec::new(),
        page_size: 100,
        offset: None,
        continuation: None,
        want_total: false,
    }
}

fn compare(attribute: &str, operator: Comparator, value: Value) -> FilterNode {
    FilterNode::Compare(Comparison { attribute: attribute.into(), operator, value })
}

#[test]
fn filters_are_evaluated_by_the_server() {
    let exact = Precision::Exact;
    check_search(vec![compare("uid", Comparator::Equal, text("ANNA"))], &[ANNA], exact);
    check_search(vec![compare("uid", Comparator::NotEqual, text("anna"))], &[BEN, CARL], exact);
    check_search(vec![compare("cn", Comparator::StartsWith, text("b"))], &[BEN], exact);
    check_search(vec![compare("cn", Comparator::EndsWith, text("e"))], &[CARL], exact);
    check_search(vec![compare("cn", Comparator::Contains, text(" "))], &[ANNA, BEN, CARL], Precision::Superset);
    check_search(vec![compare("cn", Comparator::Contains, text("*)(uid=*"))], &[], exact);
    check_search(vec![FilterNode::Present("mail".into())], &[ANNA], exact);
    check_search(vec![FilterNode::Present("mail".into()), FilterNode::Not(0)], &[BEN, CARL], exact);
    check_search(vec![FilterNode::Uid(uuid(BEN))], &[BEN], exact);
    check_search(vec![FilterNode::Uid("x".into())], &[], exact);
    check_search(vec![compare("manager", Comparator::Equal, reference(ANNA))], &[BEN], exact);
    check_search(vec![compare("manager", Comparator::Equal, reference(42))], &[], exact);
    check_search(vec![compare("active", Comparator::Equal, Value::Boolean(true))], &[ANNA, BEN, CARL], exact);
    check_search(vec![compare("active", Comparator::NotEqual, Value::Boolean(true))], &[], exact);
    check_search(
        vec![
            compare("uid", Comparator::Equal, text("anna")),
            compare("uid", Comparator::Equal, text("ben")),
            FilterNode::Or(vec![0, 1]),
            FilterNode::Present("mail".into()),
            FilterNode::And(vec![2, 3]),
        ],
        &[ANNA],
        exact,
    );
}

#[test]
fn what_the_server_cannot_tell_is_refused() {
    // Another value of several is another one; and the schema has no order for it.
    for (attribute, operator, value) in [
        ("telephoneNumber", Comparator::NotEqual, text("1")),
        ("employeeNumber", Comparator::Greater, text("1")),
        ("active", Comparator::Contains, text("t")),
        ("manager", Comparator::StartsWith, reference(ANNA)),
        ("password", Comparator::Equal, text("x")),
        ("nothing", Comparator::Equal, text("x")),
    ] {
        let mut db = Memory::new();
        let class = db.class(SETTINGS, "person");
        let query = Query { filter: Some(vec![compare(attribute, operator, value)]), ..query() };
        let error = search(&mut db, &class, &query, None).expect_err("it cannot be told");
        assert_eq!((error.kind, error.attribute.as_deref()), (ErrorKind::InvalidFilter, Some(attribute)));
    }
}

#[test]
fn a_walk_goes_on_where_the_page_before_ended() {
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "person");
    let first = Query { page_size: 2, want_total: true, ..query() };
    let page = search(&mut db, &class, &first, None).expect("there is a page");
    assert_eq!((page.objects.len(), page.total), (2, Some(3)));
    let next = Query { continuation: page.next, ..first.clone() };
    let token = parked(&next).expect("it is ours").expect("it goes on");
    let found = db.resume(&token);
    let page = search(&mut db, &class, &next, Some(found)).expect("there is another page");
    assert_eq!(page.objects.iter().map(|object| object.id.uid.clone()).collect::<Vec<_>>(), [uuid(CARL)]);
    assert_eq!((page.next, page.total), (None, Some(3)));
    // Counted once, and only after the search was handed to the host.
    let counted: Vec<&String> = db.seen.iter().filter(|seen| seen.starts_with("count") || *seen == "park").collect();
    assert!(
        matches!(counted.as_slice(), [park, count] if *park == "park" && count.starts_with("count")),
        "{counted:?}"
    );
    let other = Query { filter: Some(vec![FilterNode::Present("mail".into())]), ..next };
    let found = db.resume(&token);
    let error = search(&mut db, &class, &other, Some(found)).expect_err("it is another search");
    assert_eq!(error.kind, ErrorKind::TokenExpired);
}

/// Where the operator lets no search be kept, each page is searched for anew.
#[test]
fn a_walk_goes_on_without_a_search_that_is_kept() {
    let mut db = Memory::new();
    db.parks_nothing = true;
    let class = db.class(SETTINGS, "person");
    let mut query = Query { page_size: 1, want_total: true, ..query() };
    let mut found = Vec::new();
    loop {
        let page = search(&mut db, &class, &query, None).expect("there is a page");
        assert_eq!(page.total, Some(3));
        found.extend(page.objects.into_iter().map(|object| object.id.uid));
        let Some(next) = page.next else { break };
        query.continuation = Some(next);
        assert_eq!(parked(&query).expect("it is ours"), None);
    }
    assert_eq!(found, [ANNA, BEN, CARL].map(uuid));
    let counted = db.seen.iter().filter(|seen| seen.starts_with("count")).count();
    assert_eq!(counted, 1, "{:?}", db.seen);
    let other = Query { filter: Some(vec![FilterNode::Present("mail".into())]), ..query };
    assert_eq!(search(&mut db, &class, &other, None).expect_err("it is another search").kind, ErrorKind::TokenExpired);
}

#[test]
fn a_page_that_holds_everything_needs_no_count() {
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "person");
    let page = search(&mut db, &class, &Query { offset: Some(1), want_total: true, ..query() }, None).expect("a page");
    assert_eq!((page.objects.len(), page.total, page.next), (2, Some(3), None));
    assert_eq!(db.seen.len(), 1, "{:?}", db.seen);
    let nothing = Query { page_size: 0, want_total: true, ..query() };
    let page = search(&mut db, &class, &nothing, None).expect("a count");
    assert_eq!((page.objects.len(), page.total), (0, Some(3)));
}

/// What Dora has of an attribute, where her entry has this line, and she and the others are listed.
fn check_unreadable(line: &str, attribute: &str, expected: &[Value]) {
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "person");
    let dn = "uid=dora,ou=people,dc=example,dc=org";
    db.put(dn, &format!("objectClass: inetOrgPerson\n uid: dora\n cn: Dora Day\n sn: Day\n {line}"));
    let uid = db.texts(dn, "entryUUID").remove(0);
    let object = get(&mut db, &class, &uid, &[attribute.to_owned(), "uid".to_owned()]).expect("it can be read");
    assert_eq!(object.cells, [expected.to_vec(), vec![text("dora")]], "{line}");
    let query = Query { attributes: vec![attribute.to_owned()], ..query() };
    let page = search(&mut db, &class, &query, None).expect("it can be read");
    assert_eq!(page.objects.len(), 4, "{line}");
}

#[test]
fn a_value_that_cannot_be_read_is_none() {
    check_unreadable("createTimestamp: 00000000000000Z", "createTimestamp", &[]);
    check_unreadable("createTimestamp: long ago", "createTimestamp", &[]);
    let time = Value::Timestamp("2026-01-31T00:00:00Z".to_owned());
    check_unreadable("createTimestamp: 20260131000000Z", "createTimestamp", &[time]);
}
