use super::*;

const SETTINGS: &str = r#"{"classes": {
    "person": {
        "object_classes": ["inetOrgPerson"], "base": "ou=people,dc=example,dc=org",
        "dn": "uid={uid},ou=people,dc=example,dc=org"
    },
    "group": {
        "object_classes": ["groupOfNames"], "base": "ou=groups,dc=example,dc=org",
        "dn": "cn={cn},ou=groups,dc=example,dc=org",
        "members": {"class": ["person", "group"], "placeholder": "cn=nobody"}
    },
    "login": {
        "object_classes": ["posixGroup"], "base": "ou=groups,dc=example,dc=org", "dn": "cn={cn}",
        "members": {"attribute": "memberUid", "class": "person"}
    }
}}"#;

const ANNA: usize = 5;
const BEN: usize = 6;
const CARL: usize = 7;
const STAFF: usize = 8;
const LOGIN: usize = 9;

fn ids(numbers: &[usize]) -> Vec<Value> {
    numbers.iter().map(|number| Value::Reference(uuid(*number))).collect()
}

fn add(numbers: &[usize]) -> Delta {
    delta("members", Change::Add(ids(numbers)))
}

fn remove(numbers: &[usize]) -> Delta {
    delta("members", Change::Remove(ids(numbers)))
}

/// The writes of one update of a group after another.
fn check(group: usize, class: &str, steps: &[(Delta, &[&str])]) {
    let mut db = Memory::new();
    let class = db.class(SETTINGS, class);
    for (delta, expected) in steps {
        check_update(&mut db, &class, group, std::slice::from_ref(delta), expected);
    }
}

const DN: &str = "modify cn=staff,ou=groups,dc=example,dc=org";
const CARL_DN: &str = "uid=carl,ou=people,dc=example,dc=org";
const ANNA_DN: &str = "uid=anna,ou=people,dc=example,dc=org";
const BEN_DN: &str = "uid=ben,ou=people,dc=example,dc=org";

#[test]
fn members_come_and_go_one_by_one() {
    check(
        STAFF,
        "group",
        &[
            (add(&[CARL]), &[&format!("{DN} +member:{CARL_DN}")]),
            (remove(&[CARL]), &[&format!("{DN} -member:{CARL_DN}")]),
            // Of objects that are none, nothing is to be taken away.
            (remove(&[99]), &[]),
            (
                delta("members", Change::Replace(ids(&[ANNA, CARL]))),
                &[&format!("{DN} +member:{CARL_DN} -member:UID=Ben, ou=people,dc=example,dc=org")],
            ),
            (delta("members", Change::Replace(ids(&[ANNA, CARL]))), &[]),
        ],
    );
    let uids = "modify cn=login,ou=groups,dc=example,dc=org";
    check(
        LOGIN,
        "login",
        &[
            (add(&[BEN]), &[&format!("{uids} +memberUid:ben")]),
            (delta("members", Change::Clear), &[&format!("{uids} -memberUid:anna|ben")]),
        ],
    );
}

#[test]
fn who_is_a_member_already_is_no_error() {
    check(
        STAFF,
        "group",
        &[
            (add(&[ANNA, CARL]), &[&format!("{DN} +member:{ANNA_DN}|{CARL_DN}"), &format!("{DN} +member:{CARL_DN}")]),
            (add(&[CARL]), &[&format!("{DN} +member:{CARL_DN}")]),
            (remove(&[CARL]), &[&format!("{DN} -member:{CARL_DN}")]),
            (remove(&[CARL, BEN]), &[&format!("{DN} -member:{BEN_DN}|{CARL_DN}"), &format!("{DN} -member:{BEN_DN}")]),
        ],
    );
}

#[test]
fn a_group_that_must_not_be_empty_has_a_placeholder() {
    check(
        STAFF,
        "group",
        &[
            (
                remove(&[ANNA, BEN]),
                &[
                    // Only then it is known that nobody would be left.
                    &format!("{DN} -member:{ANNA_DN}|{BEN_DN}"),
                    &format!("{DN} +member:cn=nobody -member:{ANNA_DN}|{BEN_DN}"),
                ],
            ),
            (add(&[CARL]), &[&format!("{DN} +member:{CARL_DN} -member:cn=nobody")]),
            (delta("members", Change::Clear), &[&format!("{DN} +member:cn=nobody -member:{CARL_DN}")]),
        ],
    );
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "group");
    create(&mut db, &class, &given(&[("cn", text("new"))])).expect("it can be made");
    assert_eq!(db.texts("cn=new,ou=groups,dc=example,dc=org", "member"), ["cn=nobody"]);
}

#[test]
fn members_that_are_no_objects_stay() {
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "group");
    let other = "cn=login,ou=groups,dc=example,dc=org";
    db.put(
        "cn=mixed,ou=groups,dc=example,dc=org",
        &format!("objectClass: groupOfNames\n cn: mixed\n member: {other}\n member: {ANNA_DN}"),
    );
    let mixed = 11;
    let dn = "modify cn=mixed,ou=groups,dc=example,dc=org";
    let replace = delta("members", Change::Replace(ids(&[BEN])));
    check_update(&mut db, &class, mixed, &[replace], &[&format!("{dn} +member:{BEN_DN} -member:{ANNA_DN}")]);
    check_update(&mut db, &class, mixed, &[delta("members", Change::Clear)], &[&format!("{dn} -member:{BEN_DN}")]);
    assert_eq!(db.texts("cn=mixed,ou=groups,dc=example,dc=org", "member"), [other]);
}

#[test]
fn members_have_to_be_there() {
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "group");
    let error = update(&mut db, &class, &uuid(STAFF), None, &[add(&[99])]).expect_err("there is none");
    assert_eq!(kind(&error), (ErrorKind::InvalidValue, Some("members")));
    // A group in a group.
    check_update(
        &mut db,
        &class,
        STAFF,
        &[add(&[STAFF])],
        &[&format!("{DN} +member:cn=staff,ou=groups,dc=example,dc=org")],
    );
}

/// The writes of an update of a group at the version that it has.
fn check_matched(controls: &[&'static str], deltas: &[Delta], expected: &[&str]) {
    let mut db = Memory::new();
    db.controls = controls.to_vec();
    let class = db.class(SETTINGS, "group");
    let version = db.texts("cn=staff,ou=groups,dc=example,dc=org", "entryCSN").remove(0);
    update(&mut db, &class, &uuid(STAFF), Some(&version), deltas).unwrap_or_else(|error| panic!("{error:?}"));
    let seen: Vec<&str> = writes(&db).into_iter().filter(|seen| !seen.starts_with("lock")).collect();
    assert_eq!(seen, expected, "{controls:?} {deltas:?}");
}

#[test]
fn who_is_a_member_already_is_no_other_version() {
    const ASSERTION: &str = "1.3.6.1.1.12";
    let tried = format!("{DN} +member:{ANNA_DN}");
    for controls in [&[][..], &[ASSERTION]] {
        check_matched(controls, &[add(&[ANNA])], &[&tried]);
        check_matched(
            controls,
            &[add(&[ANNA, CARL])],
            &[&format!("{tried}|{CARL_DN}"), &format!("{DN} +member:{CARL_DN}")],
        );
        check_matched(controls, &[remove(&[CARL])], &[&format!("{DN} -member:{CARL_DN}")]);
        check_matched(
            controls,
            &[replace("cn", text("all")), add(&[ANNA])],
            &["rename cn=staff,ou=groups,dc=example,dc=org to cn=all,ou=groups,dc=example,dc=org"],
        );
    }
    check_matched(&[], &[replace("description", text("x")), add(&[ANNA])], &[&format!("{DN} +description:x")]);
}

/// Who is in a group of logins after one request: of each member, the last word counts.
fn check_last(before: &str, deltas: &[Delta], expected: &[&str]) {
    const LOGIN_DN: &str = "cn=logins,ou=groups,dc=example,dc=org";
    for if_match in [false, true] {
        let mut db = Memory::new();
        // The version is compared here, so that what is there is looked up before.
        db.controls.clear();
        let class = db.class(SETTINGS, "login");
        db.put(LOGIN_DN, &format!("objectClass: posixGroup\n cn: logins\n {before}"));
        let id = db.texts(LOGIN_DN, "entryUUID").remove(0);
        let version = Some(db.texts(LOGIN_DN, "entryCSN").remove(0)).filter(|_| if_match);
        update(&mut db, &class, &id, version.as_deref(), deltas).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(db.texts(LOGIN_DN, "memberUid"), expected, "{if_match} {deltas:?}: {:?}", db.seen);
    }
}

#[test]
fn the_last_word_on_a_member_counts() {
    let anna = "memberUid: anna";
    check_last(anna, &[remove(&[ANNA]), remove(&[CARL]), add(&[ANNA])], &["anna"]);
    check_last(anna, &[add(&[CARL, ANNA]), remove(&[CARL])], &["anna"]);
    check_last(anna, &[remove(&[ANNA]), add(&[ANNA, CARL]), remove(&[ANNA])], &["carl"]);
    check_last(anna, &[delta("members", Change::Clear), add(&[CARL])], &["carl"]);
    let exactly = |numbers: &[usize]| delta("members", Change::Replace(ids(numbers)));
    check_last(anna, &[exactly(&[ANNA, BEN]), remove(&[ANNA]), add(&[CARL])], &["ben", "carl"]);
    check_last(anna, &[add(&[BEN]), exactly(&[CARL])], &["carl"]);
    // Who is nobody, and is not to stay, does no harm.
    check_last(anna, &[add(&[BEN]), remove(&[99])], &["anna", "ben"]);
}

#[test]
fn a_group_in_which_one_comes_and_one_goes_needs_no_placeholder() {
    check_steps_of_staff(&[
        (&[remove(&[ANNA, BEN]), add(&[CARL])], &[&format!("{DN} +member:{CARL_DN} -member:{ANNA_DN}|{BEN_DN}")]),
        (&[add(&[ANNA]), remove(&[CARL])], &[&format!("{DN} +member:{ANNA_DN} -member:{CARL_DN}")]),
    ]);
}

/// The writes of updates with several deltas, one after another.
fn check_steps_of_staff(steps: &[(&[Delta], &[&str])]) {
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "group");
    for (deltas, expected) in steps {
        check_update(&mut db, &class, STAFF, deltas, expected);
    }
}

const DAN_DN: &str = "uid=dan,ou=people,dc=example,dc=org";
const LOGINS_DN: &str = "cn=logins,ou=groups,dc=example,dc=org";
const DAN: usize = 11;
const LOGINS: usize = 12;

/// A directory in which Dan has two logins, and a group with these members.
fn with_two_logins(members: &[&str]) -> Memory {
    let mut db = Memory::new();
    db.put(DAN_DN, "objectClass: inetOrgPerson\n uid: dan.alias\n uid: dan\n cn: Dan\n sn: Doe");
    let members: Vec<String> = members.iter().map(|member| format!("memberUid: {member}")).collect();
    db.put(LOGINS_DN, &format!("objectClass: posixGroup\n cn: logins\n {}", members.join("\n")));
    db
}

/// Members of a group after a change of one who has two logins.
fn check_two_logins(before: &[&str], change: Delta, expected: &[&str]) {
    let mut db = with_two_logins(before);
    let class = db.class(SETTINGS, "login");
    update(&mut db, &class, &uuid(LOGINS), None, std::slice::from_ref(&change))
        .unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(db.texts(LOGINS_DN, "memberUid"), expected, "{before:?} {change:?}: {:?}", db.seen);
}

#[test]
fn who_has_two_logins_comes_by_the_one_in_the_name_and_goes_by_both() {
    check_two_logins(&["anna", "dan"], remove(&[DAN]), &["anna"]);
    check_two_logins(&["anna", "dan.alias"], remove(&[DAN]), &["anna"]);
    check_two_logins(&["dan.alias", "anna", "dan"], remove(&[DAN, BEN]), &["anna"]);
    check_two_logins(&["anna"], remove(&[DAN]), &["anna"]);
    check_two_logins(&["anna"], add(&[DAN]), &["anna", "dan"]);
    check_two_logins(&["anna", "dan.alias"], add(&[DAN, BEN]), &["anna", "dan.alias", "ben"]);
    let exactly = |numbers: &[usize]| delta("members", Change::Replace(ids(numbers)));
    check_two_logins(&["anna", "dan.alias"], exactly(&[DAN]), &["dan.alias"]);
    check_two_logins(&["anna", "dan"], exactly(&[ANNA]), &["anna"]);
    let mut db = with_two_logins(&[]);
    let class = db.class(SETTINGS, "login");
    let members = Attribute { name: "members".to_owned(), values: ids(&[DAN]) };
    let mut new = given(&[("cn", text("new"))]);
    new.push(members);
    create(&mut db, &class, &new).expect("it can be made");
    assert_eq!(db.texts("cn=new,ou=groups,dc=example,dc=org", "memberUid"), ["dan"]);
}

#[test]
fn who_has_two_logins_is_one_member_and_is_found_by_either() {
    let mut db = with_two_logins(&["dan.alias", "anna", "dan"]);
    let class = db.class(SETTINGS, "login");
    let shown = read::get(&mut db, &class, &uuid(LOGINS), &["members".to_owned()]).expect("it is there");
    assert_eq!(shown.cells, [ids(&[DAN, ANNA])]);
    for member in ["dan", "dan.alias"] {
        let mut db = with_two_logins(&[member]);
        let class = db.class(SETTINGS, "login");
        let asked = patchbay_connector::Comparison {
            attribute: "members".to_owned(),
            operator: patchbay_connector::Comparator::Equal,
            value: Value::Reference(uuid(DAN)),
        };
        let nodes = [patchbay_connector::FilterNode::Compare(asked)];
        let matching = crate::filter::matching(&mut db, &class, Some(&nodes)).expect("it can be searched for");
        let text = crate::filter_text::write(&matching.filter);
        assert!(text.contains("(memberUid=dan)") && text.contains("(memberUid=dan.alias)"), "{text}");
    }
}

/// Two people with one login are one to a group of logins: who comes stays.
#[test]
fn who_shares_a_login_with_one_who_goes_stays() {
    let mut db = with_two_logins(&["anna"]);
    let class = db.class(SETTINGS, "login");
    db.put("cn=other,ou=people,dc=example,dc=org", "objectClass: inetOrgPerson\n uid: dan\n cn: other\n sn: O");
    let other = 13;
    for deltas in [[remove(&[other]), add(&[DAN])], [add(&[DAN, other]), remove(&[BEN])]] {
        update(&mut db, &class, &uuid(LOGINS), None, &deltas).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(db.texts(LOGINS_DN, "memberUid"), ["anna", "dan"], "{deltas:?}");
    }
}
