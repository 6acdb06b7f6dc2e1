use super::*;

const SETTINGS: &str = r#"{"classes": {"person": {
    "object_classes": ["inetOrgPerson"], "base": "ou=people,dc=example,dc=org",
    "dn": "uid={uid},ou=people,dc=example,dc=org", "single": ["uid", "cn", "sn", "mail"]
}}}"#;

const DN: &str = "uid=dora,ou=people,dc=example,dc=org";

/// Dora, who has these values.
fn dora(name: &str, values: &[&str]) -> (Memory, Class, String) {
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "person");
    let lines: Vec<String> = values.iter().map(|value| format!("{name}: {value}")).collect();
    db.put(DN, &format!("objectClass: inetOrgPerson\n uid: dora\n cn: Dora\n sn: Vig\n {}", lines.join("\n")));
    let id = db.texts(DN, "entryUUID").remove(0);
    (db, class, id)
}

fn texts(values: &[&str]) -> Vec<Value> {
    values.iter().map(|value| text(value)).collect()
}

fn add(values: &[&str]) -> Change {
    Change::Add(texts(values))
}

fn remove(values: &[&str]) -> Change {
    Change::Remove(texts(values))
}

fn exactly(values: &[&str]) -> Change {
    Change::Replace(texts(values))
}

/// What changes of one attribute, one after the other in one request, are written as.
fn check(name: &str, before: &[&str], changes: &[Change], expected: &str) {
    let (mut db, class, id) = dora(name, before);
    let deltas: Vec<Delta> = changes.iter().map(|change| delta(name, change.clone())).collect();
    update(&mut db, &class, &id, None, &deltas).unwrap_or_else(|error| panic!("{error:?}: {changes:?}"));
    let expected = if expected.is_empty() { Vec::new() } else { vec![format!("modify {DN} {expected}")] };
    assert_eq!(writes(&db), expected, "{before:?} {changes:?}");
}

#[test]
fn a_change_of_case_keeps_the_values() {
    let swap = [remove(&["SMTP:a", "smtp:b"]), add(&["smtp:a", "SMTP:b"])];
    check("description", &["SMTP:a", "smtp:b", "smtp:c"], &swap, "=description:smtp:c|smtp:a|SMTP:b");
    check("description", &["SMTP:a", "smtp:b"], &swap, "=description:smtp:a|SMTP:b");
    check("description", &["SMTP:a"], &[exactly(&["smtp:a"])], "=description:smtp:a");
    check("description", &["SMTP:a", "smtp:c"], &[add(&["smtp:a"])], "");
    check("description", &["SMTP:a", "smtp:c"], &[remove(&["smtp:A"])], "-description:SMTP:a");
}

#[test]
fn the_last_change_of_a_value_counts() {
    check("description", &["a"], &[remove(&["a"]), add(&["a"])], "");
    check("description", &["a"], &[add(&["b"]), remove(&["b", "a"])], "-description:a");
    check("description", &["a"], &[add(&["b"]), add(&["c"]), remove(&["b"])], "+description:c");
    check("description", &["a", "b"], &[Change::Clear, add(&["b", "c"])], "-description:a +description:c");
    check("description", &["a", "b"], &[exactly(&["c"]), remove(&["c"]), add(&["a"])], "-description:b");
    check("description", &["a", "b"], &[add(&["c"]), Change::Clear], "-description:a|b");
    check("title", &["a"], &[remove(&["a"]), add(&["a"])], "");
    check("title", &["a"], &[remove(&["a"]), add(&["c"])], "-title:a +title:c");
}

#[test]
fn one_value_is_what_the_last_change_makes_it() {
    check("mail", &["a@x"], &[remove(&["A@x"]), add(&["A@x"])], "=mail:A@x");
    check("mail", &["a@x"], &[Change::Clear, add(&["b@x"])], "=mail:b@x");
    check("mail", &["a@x"], &[exactly(&["b@x"]), exactly(&["a@x"])], "");
    check("mail", &["a@x"], &[exactly(&["b@x"]), remove(&["b@x"])], "=mail:");
}

/// Numbers that the server holds for one are one.
#[test]
fn a_value_stands_there_once_however_it_is_spelt() {
    const PHONE: &str = "telephoneNumber";
    check(PHONE, &["+49 30 1234"], &[add(&["+49301234"])], "");
    check(PHONE, &["+49 30 1234"], &[add(&["+49-30-1235", "+49 30 1235"])], "+telephoneNumber:+49-30-1235");
    check(PHONE, &["+49 30 1234"], &[exactly(&["+49301234", "+49 301234"])], "=telephoneNumber:+49301234");
    check(PHONE, &["+49 30 1234", "1"], &[remove(&["+49301234"])], "-telephoneNumber:+49 30 1234");
    check("description", &["a  b"], &[add(&[" A b "])], "");
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "person");
    let mut zoe = given(&[("uid", text("zoe")), ("cn", text("Zoe")), ("sn", text("Zed"))]);
    zoe.push(Attribute { name: PHONE.to_owned(), values: texts(&["+49 30 1234", "+49301234", "+49301235"]) });
    create(&mut db, &class, &zoe).expect("a number comes once");
    assert_eq!(db.texts("uid=zoe,ou=people,dc=example,dc=org", PHONE), ["+49 30 1234", "+49301235"]);
}

/// Whether letters of a number count, servers do not agree about: no value is lost for it.
#[test]
fn no_value_goes_that_was_not_named() {
    check("telephoneNumber", &["ext A"], &[add(&["ext a"])], "+telephoneNumber:ext a");
    check("description", &["a", "A"], &[remove(&["A"])], "-description:A");
}

fn exists() -> Option<patchbay_connector::ldap::Error> {
    Some(failed(Failure::ValueExists))
}

#[test]
fn values_that_only_the_server_holds_for_equal_are_refused() {
    let mut db = Memory::new();
    let class = db.class(SETTINGS, "person");
    let mut zoe = given(&[("uid", text("zoe")), ("cn", text("Zoe")), ("sn", text("Zed"))]);
    zoe.push(Attribute { name: "description".to_owned(), values: texts(&["Straße", "STRASSE"]) });
    let mut named = failed(Failure::ValueExists);
    named.attribute = Some("description".to_owned());
    db.failures = [Some(named)].into();
    let error = create(&mut db, &class, &zoe).expect_err("they are one");
    assert_eq!(kind(&error), (ErrorKind::InvalidValue, Some("description")));
    assert_eq!(writes(&db).len(), 1, "{:?}", db.seen);

    let (mut db, class, id) = dora("description", &["Straße"]);
    db.failures = [exists(), exists()].into();
    let deltas = [delta("description", add(&["STRASSE"]))];
    let error = update(&mut db, &class, &id, None, &deltas).expect_err("it is there");
    assert_eq!(kind(&error), (ErrorKind::InvalidValue, Some("description")));
    assert_eq!(writes(&db).len(), 2, "one more look is enough: {:?}", db.seen);
}

#[test]
fn who_adds_the_same_at_the_same_time_is_no_error() {
    let (mut db, class, id) = dora("description", &["a"]);
    db.meanwhile = Some(|db| {
        let change = Modification::new(ChangeKind::Add, "description", vec![b"B".to_vec()]);
        db.modify(DN, &[change], &[], &terms(Vec::new())).expect("somebody else may write");
    });
    update(&mut db, &class, &id, None, &[delta("description", add(&["b", "c"]))]).expect("b is there");
    assert_eq!(db.texts(DN, "description"), ["a", "B", "c"]);
}

/// Whoever gives the same number waits, in whichever spelling.
#[test]
fn a_value_that_is_to_be_unique_has_one_lock() {
    let locks = |number: &str| -> Vec<String> {
        let mut db = Memory::new();
        let settings = SETTINGS.replace("\"single\"", "\"unique\": [\"telephoneNumber\"], \"single\"");
        let class = db.class(&settings, "person");
        update(&mut db, &class, &uuid(5), None, &[delta("telephoneNumber", add(&[number]))]).expect("nobody has it");
        writes(&db).into_iter().filter(|seen| seen.starts_with("lock unique")).map(str::to_owned).collect()
    };
    assert_eq!(locks("+49 30 1234").len(), 1);
    assert_eq!(locks("+49 30 1234"), locks("+49-301234"));
}
