use super::*;

const SETTINGS: &str = r#"{"classes": {"person": {
    "object_classes": ["inetOrgPerson", "posixAccount"], "filter": "(objectClass=inetOrgPerson)",
    "base": "dc=example,dc=org", "dn": "uid={uid},ou={ou},ou=people,dc=example,dc=org",
    "create_parents": "organizationalUnit", "unique": ["mail"],
    "next": {"uidNumber": {"entry": "cn=counter,dc=example,dc=org", "attribute": "uidNumber"}},
    "attributes": {"manager": {"class": "person", "single": true}}
}}}"#;

const ANNA: usize = 5;
const BEN: usize = 6;
const CARL: usize = 7;

fn zoe(ou: &str) -> Vec<Attribute> {
    given(&[
        ("uid", text("zoe")),
        ("cn", text("Zoe Zed")),
        ("sn", text("Zed")),
        ("ou", text(ou)),
        ("mail", text("zoe@example.org")),
        ("manager", Value::Reference(uuid(ANNA))),
    ])
}

#[test]
fn create_names_the_entry_and_makes_what_is_missing() {
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "person");
    let result = create(&mut db, &class, &zoe("sales, east")).expect("it can be made");
    let dn = r"uid=zoe,ou=sales\, east,ou=people,dc=example,dc=org";
    assert_eq!(db.texts(dn, "entryUUID"), [result.id.uid]);
    assert_eq!(db.texts(dn, "entryCSN"), [result.id.revision.expect("it has a version")]);
    assert_eq!(db.texts(dn, "objectClass"), ["inetOrgPerson", "posixAccount"]);
    assert_eq!(db.texts(dn, "uidNumber"), ["1000"]);
    assert_eq!(db.texts(dn, "manager"), ["uid=anna,ou=people,dc=example,dc=org"]);
    assert_eq!(db.texts("cn=counter,dc=example,dc=org", "uidNumber"), ["1001"]);
    assert_eq!(db.texts(r"ou=sales\, east,ou=people,dc=example,dc=org", "ou"), ["sales, east"]);
    // Of the address, and of the name, as people have several places.
    let (locks, rest): (Vec<&str>, Vec<&str>) =
        writes(&db).into_iter().partition(|seen| seen.starts_with("lock unique/"));
    assert_eq!(locks.len(), 2, "{locks:?}");
    assert_eq!(
        rest,
        [
            "modify cn=counter,dc=example,dc=org -uidNumber:1000 +uidNumber:1001",
            &format!("add {dn}"),
            r"add ou=sales\, east,ou=people,dc=example,dc=org",
            &format!("add {dn}"),
        ]
    );
}

/// What a create is refused with.
fn check_refused(attributes: &[Attribute], expected: (ErrorKind, Option<&str>)) {
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "person");
    let error = create(&mut db, &class, attributes).expect_err("it is refused");
    assert_eq!(kind(&error), expected, "{error:?}");
    assert!(!db.seen.iter().any(|seen| seen.starts_with("add uid=zoe")), "{:?}", db.seen);
}

#[test]
fn create_refuses_what_cannot_be() {
    let without = |name: &str| zoe("a").into_iter().filter(|attribute| attribute.name != name).collect::<Vec<_>>();
    let with = |name: &str, values: Vec<Value>| {
        let mut attributes = without(name);
        attributes.push(Attribute { name: name.to_owned(), values });
        attributes
    };
    check_refused(&without("sn"), (ErrorKind::InvalidValue, Some("sn")));
    check_refused(&without("ou"), (ErrorKind::InvalidValue, Some("ou")));
    check_refused(&with("uid", vec![text("")]), (ErrorKind::InvalidValue, Some("uid")));
    check_refused(&with("sn", vec![text("a"), text("b")]), (ErrorKind::InvalidValue, Some("sn")));
    check_refused(&with("manager", vec![Value::Reference(uuid(77))]), (ErrorKind::InvalidValue, Some("manager")));
    check_refused(&with("mail", vec![text("ANNA@example.org")]), (ErrorKind::AlreadyExists, Some("mail")));
    check_refused(&with("mail", vec![text("zoë@example.org")]), (ErrorKind::InvalidValue, Some("mail")));
    check_refused(&with("entryUUID", vec![text("x")]), (ErrorKind::Mutability, Some("entryUUID")));
    check_refused(&with("dn", vec![text("x")]), (ErrorKind::Mutability, Some("dn")));
    check_refused(&with("nothing", vec![text("x")]), (ErrorKind::Mutability, Some("nothing")));
}

#[test]
fn as_many_values_may_be_unique_as_there_are() {
    let mut db = Memory::new();
    let settings = SETTINGS.replace("ou={ou},", "").replace("[\"mail\"]", "[\"telephoneNumber\", \"mail\"]");
    let class = db.class(&settings, "person");
    let mut phones = |range: std::ops::Range<u32>| {
        let numbers = range.map(|number| Value::Text(number.to_string())).collect();
        update(&mut db, &class, &uuid(ANNA), None, &[delta("telephoneNumber", Change::Add(numbers))])
    };
    let error = phones(2..700).expect_err("Carl has one of them");
    assert_eq!(kind(&error), (ErrorKind::AlreadyExists, Some("telephoneNumber")));
    phones(3..1_000).expect("nobody has them");
    let locks: Vec<String> =
        writes(&db).into_iter().filter(|seen| seen.starts_with("lock unique")).map(str::to_owned).collect();
    let distinct: std::collections::HashSet<&String> = locks.iter().collect();
    assert!(distinct.len() <= 256, "{}", distinct.len());
    // Who gives one of them waits.
    db.seen.clear();
    update(&mut db, &class, &uuid(BEN), None, &[delta("telephoneNumber", Change::Add(vec![text("700")]))])
        .expect_err("Anna has it");
    assert!(locks.contains(&db.seen[0]), "{:?}", db.seen);
}

#[test]
fn a_name_that_is_taken_is_told_by_its_attribute() {
    let mut db = Memory::new();
    let settings = SETTINGS.replace("ou={ou},", "");
    let class = db.class(&settings, "person");
    let mut anna = zoe("a");
    anna[0].values = vec![text("anna")];
    let error = create(&mut db, &class, &anna).expect_err("it is there");
    assert_eq!(kind(&error), (ErrorKind::AlreadyExists, Some("uid")));
}

#[test]
fn who_has_a_value_that_is_taken_is_looked_up() {
    let mut db = Memory::new();
    let class = db.class(&SETTINGS.replace(", \"unique\": [\"mail\"]", ""), "person");
    let not_unique = || {
        let mut error = failed(Failure::AlreadyExists);
        (error.code, error.message) = (Some(19), "some attributes not unique".into());
        Some(error)
    };
    let mut attributes = zoe("a");
    attributes[4].values = vec![text("anna@example.org")];
    db.failures = [None, not_unique()].into();
    let error = create(&mut db, &class, &attributes).expect_err("it is taken");
    assert_eq!(kind(&error), (ErrorKind::AlreadyExists, Some("mail")));
    db.failures = [not_unique()].into();
    let error = update(&mut db, &class, &uuid(BEN), None, &[replace("employeeNumber", text("1"))]).expect_err("taken");
    assert_eq!(kind(&error), (ErrorKind::AlreadyExists, Some("employeeNumber")));
}

#[test]
fn a_container_that_is_missing_is_made() {
    let settings = r#"{"classes": {"person": {
        "object_classes": ["inetOrgPerson"], "base": "ou=people,dc=example,dc=org", "dn": "uid={uid}",
        "create_parents": "organizationalUnit", "containers": {
            "by": "title", "bases": {"Agent": "ou=x,ou=agents,ou=people,dc=example,dc=org"},
            "otherwise": "ou=people,dc=example,dc=org"
        }
    }}}"#;
    let mut db = Memory::new();
    let class = db.class(settings, "person");
    let (old, new) = ("uid=anna,ou=people,dc=example,dc=org", "uid=anna,ou=x,ou=agents,ou=people,dc=example,dc=org");
    check_update(
        &mut db,
        &class,
        ANNA,
        &[replace("title", text("agent"))],
        &[
            &format!("rename {old} to {new}"),
            "add ou=x,ou=agents,ou=people,dc=example,dc=org",
            "add ou=agents,ou=people,dc=example,dc=org",
            "add ou=x,ou=agents,ou=people,dc=example,dc=org",
            &format!("rename {old} to {new}"),
            &format!("modify {new} =title:agent"),
        ],
    );
    check_update(
        &mut db,
        &class,
        ANNA,
        &[delta("title", Change::Clear)],
        &[&format!("rename {new} to {old}"), &format!("modify {old} =title:")],
    );
}

#[test]
fn update_changes_single_values() {
    let mut db = Memory::new();
    let class = db.class(&SETTINGS.replace("ou={ou},", ""), "person");
    let dn = "uid=carl,ou=people,dc=example,dc=org";
    let change = |change: &str| format!("modify {dn} {change}");
    check_update(&mut db, &class, CARL, &[replace("sn", text("Cue"))], &[]);
    check_update(&mut db, &class, CARL, &[replace("sn", text("Que"))], &[&change("=sn:Que")]);
    // The value that is not shown stays, behind the one that is.
    let charles = [replace("cn", text("Charles"))];
    check_update(&mut db, &class, CARL, &charles, &[&change("-cn:Carl Cue|Karl +cn:Charles|Karl")]);
    assert_eq!(db.texts(dn, "cn"), ["Charles", "Karl"]);
    check_update(&mut db, &class, CARL, &charles, &[]);
    let add = |values: &[&str]| delta("telephoneNumber", Change::Add(values.iter().map(|value| text(value)).collect()));
    check_update(&mut db, &class, CARL, &[add(&["1", "3"])], &[&change("+telephoneNumber:3")]);
    let remove = delta("telephoneNumber", Change::Remove(vec![text("1"), text("9")]));
    check_update(&mut db, &class, CARL, &[remove], &[&change("-telephoneNumber:1")]);
    let all = delta("telephoneNumber", Change::Replace(vec![text("3"), text("4")]));
    check_update(&mut db, &class, CARL, &[all], &[&change("-telephoneNumber:2 +telephoneNumber:4")]);
    check_update(&mut db, &class, CARL, &[delta("telephoneNumber", Change::Clear)], &[&change("-telephoneNumber:3|4")]);
    check_update(
        &mut db,
        &class,
        CARL,
        &[replace("manager", Value::Reference(uuid(BEN)))],
        &[&change("=manager:uid=ben,ou=people,dc=example,dc=org")],
    );
    check_update(&mut db, &class, CARL, &[delta("manager", Change::Clear)], &[&change("=manager:")]);
    check_update(&mut db, &class, CARL, &[replace("mail", text(""))], &[]);
    let error = update(&mut db, &class, &uuid(CARL), None, &[delta("sn", Change::Clear)]).expect_err("it is needed");
    assert_eq!(kind(&error), (ErrorKind::InvalidValue, Some("sn")));
    let error = update(&mut db, &class, &uuid(99), None, &[]).expect_err("there is none");
    assert_eq!(error.kind, ErrorKind::NotFound);
}

/// The addresses of somebody with `before` once the one that is shown is `new`, and again.
fn check_shown(before: &[&str], new: &str, expected: &[&str]) {
    let mut db = Memory::new();
    let class = db.class(&SETTINGS.replace("ou={ou},", "").replace(", \"unique\": [\"mail\"]", ""), "person");
    let dn = "uid=dan,ou=people,dc=example,dc=org";
    let mails: String = before.iter().map(|mail| format!("mail: {mail}\n")).collect();
    db.put(dn, &format!("objectClass: inetOrgPerson\n uid: dan\n cn: Dan\n sn: Doe\n {mails}"));
    let id = db.texts(dn, "entryUUID").remove(0);
    for time in 0..2 {
        let delta = [replace("mail", text(new))];
        update(&mut db, &class, &id, None, &delta).unwrap_or_else(|error| panic!("{before:?}: {error:?}"));
        let shown = read::get(&mut db, &class, &id, &["mail".into()]).expect("it is there").cells;
        assert_eq!(shown, [[text(new)]], "{before:?}, time {time}");
        assert_eq!(db.texts(dn, "mail"), expected, "{before:?}, time {time}");
    }
}

#[test]
fn the_value_that_was_written_is_the_one_that_is_shown() {
    check_shown(&["a"], "z", &["z"]);
    check_shown(&["a", "b"], "z", &["z", "b"]);
    check_shown(&["a", "b"], "A", &["A", "b"]);
    check_shown(&["a", "b"], "b", &["b"]);
    check_shown(&["a", "b", "c"], "c", &["c", "b"]);
}

#[test]
fn what_the_name_is_made_of_renames_and_moves() {
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "person");
    let ou = "ou=sales,ou=people,dc=example,dc=org";
    db.put(ou, "objectClass: organizationalUnit\n ou: sales");
    let (old, new) = ("uid=anna,ou=people,dc=example,dc=org", "uid=ann,ou=people,dc=example,dc=org");
    update(&mut db, &class, &uuid(ANNA), None, &[replace("uid", text("ann"))]).expect("it can be renamed");
    let (locks, renamed): (Vec<&str>, Vec<&str>) = writes(&db).into_iter().partition(|seen| seen.starts_with("lock "));
    assert_eq!((locks.len(), renamed), (1, vec![format!("rename {old} to {new}").as_str()]));
    assert_eq!(db.texts(new, "uid"), ["ann"]);
    let moved = format!("uid=ann,{ou}");
    let deltas = [replace("ou", text("sales")), replace("sn", text("X"))];
    check_update(
        &mut db,
        &class,
        ANNA,
        &deltas,
        &[&format!("rename {new} to {moved}"), &format!("modify {moved} =ou:sales =sn:X")],
    );
    let error = update(&mut db, &class, &uuid(ANNA), None, &[delta("ou", Change::Clear)]).expect_err("it is needed");
    assert_eq!(kind(&error), (ErrorKind::InvalidValue, Some("ou")));
}

#[test]
fn a_rename_is_taken_back_when_the_rest_fails() {
    let mut db = Memory::new();
    let class = db.class(&SETTINGS.replace("ou={ou},", ""), "person");
    let deltas = [replace("uid", text("ann")), replace("sn", text("X"))];
    db.failures = [None, Some(failed(Failure::ConstraintViolation))].into();
    let error = update(&mut db, &class, &uuid(ANNA), None, &deltas).expect_err("it fails");
    assert_eq!(error.kind, ErrorKind::InvalidValue);
    assert!(db.at("uid=anna,ou=people,dc=example,dc=org").is_some());
    db.failures = [None, Some(failed(Failure::ConstraintViolation)), Some(failed(Failure::Unavailable))].into();
    let error = update(&mut db, &class, &uuid(ANNA), None, &deltas).expect_err("it fails");
    assert_eq!(error.kind, ErrorKind::Partial, "it was not only refused");
    assert!(error.message.contains("could not be taken back"), "{}", error.message);
}

#[test]
fn names_are_fixed_where_the_settings_say_so() {
    let mut db = Memory::new();
    let settings = SETTINGS.replace("\"create_parents\"", "\"rename\": false, \"create_parents\"");
    let class = db.class(&settings, "person");
    let error = update(&mut db, &class, &uuid(ANNA), None, &[replace("uid", text("x"))]).expect_err("it is fixed");
    assert_eq!(kind(&error), (ErrorKind::Mutability, Some("uid")));
    let error = update(&mut db, &class, &uuid(ANNA), None, &[replace("ou", text("x"))]).expect_err("it is fixed");
    assert_eq!(kind(&error), (ErrorKind::Mutability, Some("ou")));
}

#[test]
fn places_are_fixed_where_the_settings_say_so() {
    let settings = r#"{"classes": {"person": {
        "object_classes": ["inetOrgPerson"], "base": "dc=example,dc=org", "dn": "uid={uid}", "rename": false,
        "containers": {"by": "title", "bases": {"Agent": "ou=left,dc=example,dc=org"},
            "otherwise": "ou=people,dc=example,dc=org"}
    }}}"#;
    let mut db = Memory::new();
    let class = db.class(settings, "person");
    let error =
        update(&mut db, &class, &uuid(ANNA), None, &[replace("title", text("Agent"))]).expect_err("it is fixed");
    assert_eq!(kind(&error), (ErrorKind::Mutability, Some("title")));
    // Nobody with this title is elsewhere.
    let dn = "uid=anna,ou=people,dc=example,dc=org";
    check_update(&mut db, &class, ANNA, &[replace("title", text("Clerk"))], &[&format!("modify {dn} =title:Clerk")]);
}

#[test]
fn the_server_compares_versions_where_it_can() {
    let mut db = Memory::new();
    let class = db.class(&SETTINGS.replace("ou={ou},", ""), "person");
    let dn = "uid=anna,ou=people,dc=example,dc=org";
    let old = db.texts(dn, "entryCSN").remove(0);
    let result = update(&mut db, &class, &uuid(ANNA), Some(&old), &[replace("sn", text("X"))]).expect("it is the one");
    assert!(!db.seen.iter().any(|seen| seen.starts_with("lock")), "{:?}", db.seen);
    assert_ne!(result.id.revision.as_deref(), Some(old.as_str()));
    let error = update(&mut db, &class, &uuid(ANNA), Some(&old), &[replace("sn", text("Y"))]).expect_err("it is old");
    assert_eq!(error.kind, ErrorKind::PreconditionFailed);
    let error = delete(&mut db, &class, &uuid(ANNA), Some(&old)).expect_err("it is old");
    assert_eq!(error.kind, ErrorKind::PreconditionFailed);
    delete(&mut db, &class, &uuid(ANNA), result.id.revision.as_deref()).expect("it is the one");
    assert!(db.at(dn).is_none());
}

#[test]
fn versions_are_compared_under_a_lock_else() {
    let mut db = Memory::new();
    db.controls.clear();
    let class = db.class(&SETTINGS.replace("ou={ou},", ""), "person");
    let dn = "uid=anna,ou=people,dc=example,dc=org";
    let old = db.texts(dn, "entryCSN").remove(0);
    update(&mut db, &class, &uuid(ANNA), Some(&old), &[replace("sn", text("X"))]).expect("it is the one");
    // The old value goes by name: should somebody else have been there, the server says so.
    assert_eq!(writes(&db), [&format!("lock entryUUID/{}", uuid(ANNA)), &format!("modify {dn} -sn:Arm +sn:X")]);
}

/// Somebody else is first, on a server that overlooks that a value is gone.
fn check_overtaken(version: &str) {
    const DN: &str = "uid=dan,ou=people,dc=example,dc=org";
    let mut db = Memory::new();
    db.controls = vec!["1.2.840.113556.1.4.1413"];
    let settings = SETTINGS.replace("ou={ou},", "");
    let settings = settings.replace("\"unique\"", &format!("\"version\": \"{version}\", \"unique\""));
    let class = db.class(&settings, "person");
    db.put(DN, "objectClass: inetOrgPerson\n uid: dan\n cn: Dan\n sn: Doe\n createTimestamp: 20300101000000Z");
    let id = db.texts(DN, "entryUUID").remove(0);
    let old = read::get(&mut db, &class, &id, &[]).expect("it is there").id.revision;
    db.meanwhile = Some(|db| {
        let change = Modification::new(ChangeKind::Replace, "sn", vec![b"Dew".to_vec()]);
        db.modify(DN, &[change], &[], &terms(Vec::new())).expect("somebody else may write");
    });
    let error = update(&mut db, &class, &id, old.as_deref(), &[replace("sn", text("X"))]).expect_err("it is late");
    assert_eq!(error.kind, ErrorKind::PreconditionFailed, "{version}");
    assert_eq!(db.texts(DN, "sn"), ["Dew"], "{version}");
}

#[test]
fn who_is_late_is_told() {
    check_overtaken("content");
    check_overtaken("entryCSN");
    // A version that stays the same, as that of a time does for a second.
    check_overtaken("createTimestamp");
}

#[test]
fn a_number_is_taken_again_when_somebody_else_has_it() {
    let mut db = Memory::new();
    let class = db.class(&SETTINGS.replace("ou={ou},", ""), "person");
    db.failures = [Some(failed(Failure::NoSuchValue))].into();
    create(&mut db, &class, &zoe("a")).expect("the second time it works");
    let counted = db.seen.iter().filter(|seen| seen.starts_with("modify cn=counter")).count();
    assert_eq!(counted, 2, "{:?}", db.seen);
}
