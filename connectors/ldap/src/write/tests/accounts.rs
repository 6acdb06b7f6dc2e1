use super::*;

const ANNA: usize = 5;
const DN: &str = "uid=anna,ou=people,dc=example,dc=org";

/// A class of people with more settings.
fn class(db: &mut Memory, more: &str) -> Class {
    let settings = format!(
        r#"{{"classes": {{"person": {{
            "object_classes": ["inetOrgPerson"], "base": "dc=example,dc=org",
            "dn": "uid={{uid}},ou=people,dc=example,dc=org", {more}
        }}}}}}"#
    );
    db.class(&settings, "person")
}

/// Writes that make somebody inactive, and active again.
fn check_active(active: &str, off: &[&str], on: &[&str]) {
    let mut db = Memory::new();
    let class = class(&mut db, &format!("\"active\": {active}"));
    check_update(&mut db, &class, ANNA, &[replace("active", Value::Boolean(true))], &[]);
    check_update(&mut db, &class, ANNA, &[replace("active", Value::Boolean(false))], off);
    let object = read::get(&mut db, &class, &uuid(ANNA), &["active".into()]).expect("it is there");
    assert_eq!(object.cells, [[Value::Boolean(false)]], "{active}");
    check_update(&mut db, &class, ANNA, &[replace("active", Value::Boolean(true))], on);
}

#[test]
fn accounts_are_shut_and_opened_in_many_ways() {
    let modify = |change: &str| format!("modify {DN} {change}");
    check_active(
        "\"pwdAccountLockedTime\"",
        &[&modify("=pwdAccountLockedTime:000001010000Z")],
        &[&modify("=pwdAccountLockedTime:")],
    );
    check_active(
        r#"{"attribute": "employeeType", "active": ["active"], "inactive": "left"}"#,
        &[&modify("+employeeType:left")],
        &[&modify("-employeeType:left +employeeType:active")],
    );
    check_active(
        r#"{"attribute": "employeeType", "inactive": "left"}"#,
        &[&modify("+employeeType:left")],
        &[&modify("-employeeType:left")],
    );
    // What has one value at most has no others.
    check_active(
        r#"{"attribute": "employeeNumber", "active": ["1"], "inactive": "0"}"#,
        &[&modify("=employeeNumber:0")],
        &[&modify("=employeeNumber:1")],
    );
    let away = "uid=anna,ou=left,dc=example,dc=org";
    check_active(
        r#"{"container": "ou=left,dc=example,dc=org"}"#,
        &[&format!("rename {DN} to {away}")],
        &[&format!("rename {away} to {DN}")],
    );
}

/// Values after somebody was made inactive and active again.
fn check_others_stay(active: &str, before: &str, off: &[&str], on: &[&str]) {
    let mut db = Memory::new();
    let class = class(&mut db, &format!("\"active\": {active}"));
    let dn = "uid=dan,ou=people,dc=example,dc=org";
    db.put(dn, &format!("objectClass: inetOrgPerson\n uid: dan\n cn: Dan\n sn: Doe\n {before}"));
    let id = db.texts(dn, "entryUUID").remove(0);
    for (wanted, expected) in [(false, off), (true, on)] {
        update(&mut db, &class, &id, None, &[replace("active", Value::Boolean(wanted))]).expect("it can be changed");
        assert_eq!(db.texts(dn, "employeeType"), expected, "{active}: {wanted}");
    }
}

#[test]
fn values_that_say_nothing_of_accounts_stay() {
    let before = "employeeType: Contractor\n employeeType: Active";
    check_others_stay(
        r#"{"attribute": "employeeType", "active": ["active", "on leave"], "inactive": "left"}"#,
        before,
        &["Contractor", "left"],
        &["Contractor", "active"],
    );
    check_others_stay(
        r#"{"attribute": "employeeType", "active": "active", "absent": false}"#,
        before,
        &["Contractor"],
        &["Contractor", "active"],
    );
    check_others_stay(
        r#"{"attribute": "employeeType", "inactive": ["left", "retired"]}"#,
        "employeeType: Contractor",
        &["Contractor", "left"],
        &["Contractor"],
    );
}

#[test]
fn who_is_gone_may_be_kept() {
    let mut db = Memory::new();
    let kept = class(&mut db, r#""active": "pwdAccountLockedTime", "delete": {"move": "ou=left,dc=example,dc=org"}"#);
    delete(&mut db, &kept, &uuid(ANNA), None).expect("it can be kept");
    assert_eq!(
        writes(&db),
        [
            &format!("modify {DN} =pwdAccountLockedTime:000001010000Z"),
            &format!("rename {DN} to uid=anna,ou=left,dc=example,dc=org"),
        ]
    );
}

#[test]
fn who_is_gone_may_be_kept_where_inactive_accounts_are() {
    let away = "uid=anna,ou=left,dc=example,dc=org";
    let mut db = Memory::new();
    let kept = class(&mut db, r#""active": {"container": "ou=left,dc=example,dc=org"}, "delete": "disable""#);
    delete(&mut db, &kept, &uuid(ANNA), None).expect("it can be kept");
    assert_eq!(writes(&db), [&format!("rename {DN} to {away}")]);
    let object = read::get(&mut db, &kept, &uuid(ANNA), &["active".into()]).expect("it is there");
    assert_eq!(object.cells, [[Value::Boolean(false)]]);
    db.seen.clear();
    delete(&mut db, &kept, &uuid(ANNA), None).expect("it is inactive already");
    assert_eq!(writes(&db), Vec::<&str>::new());
}

#[test]
fn passwords_are_set_by_the_operation_or_as_values() {
    let mut db = Memory::new();
    let secret = || replace("password", Value::Secret(0));
    let operation = class(&mut db, r#""password": {"way": "operation", "must_change": true}"#);
    check_update(
        &mut db,
        &operation,
        ANNA,
        &[secret(), replace("sn", text("X"))],
        &[&format!("password {DN} 0"), &format!("modify {DN} =pwdReset:TRUE"), &format!("modify {DN} =sn:X")],
    );
    let value = class(&mut db, r#""password": "userPassword", "active": "pwdAccountLockedTime""#);
    check_update(&mut db, &value, ANNA, &[secret(), replace("sn", text("Y"))], &[&format!("modify {DN} =sn:Y")]);
    assert_eq!(db.texts(DN, "userPassword"), ["secret 0"]);
    // A new password must not open what an administrator shut.
    check_update(
        &mut db,
        &value,
        ANNA,
        &[replace("active", Value::Boolean(false)), secret()],
        &[&format!("modify {DN} =pwdAccountLockedTime:000001010000Z =pwdAccountLockedTime:000001010000Z")],
    );
    let error =
        update(&mut db, &value, &uuid(ANNA), None, &[replace("password", text("x"))]).expect_err("it is no secret");
    assert_eq!(kind(&error), (ErrorKind::InvalidValue, Some("password")));
}

#[test]
fn a_new_password_opens_no_account_that_is_renamed_with_it() {
    let mut db = Memory::new();
    let renamed = "uid=ann,ou=people,dc=example,dc=org";
    let lock = format!("modify {renamed} =pwdAccountLockedTime:000001010000Z");
    let deltas = [replace("uid", text("ann")), replace("password", Value::Secret(0))];
    let by_operation = class(&mut db, r#""password": "operation", "active": "pwdAccountLockedTime""#);
    update(&mut db, &by_operation, &uuid(ANNA), None, &[replace("active", Value::Boolean(false))]).expect("it is shut");
    check_update(
        &mut db,
        &by_operation,
        ANNA,
        &deltas,
        &[&format!("rename {DN} to {renamed}"), &lock, &format!("password {renamed} 0"), &lock],
    );
    assert_eq!(db.texts(renamed, "pwdAccountLockedTime"), ["000001010000Z"]);
    let mut db = Memory::new();
    let as_value = class(&mut db, r#""password": "userPassword", "active": "pwdAccountLockedTime""#);
    update(&mut db, &as_value, &uuid(ANNA), None, &[replace("active", Value::Boolean(false))]).expect("it is shut");
    check_update(&mut db, &as_value, ANNA, &deltas, &[&format!("rename {DN} to {renamed}"), &lock]);
}

#[test]
fn a_password_and_more_are_changed_at_the_version_asked_for() {
    let mut db = Memory::new();
    let class = class(&mut db, r#""password": "operation""#);
    let version = db.texts(DN, "entryCSN").remove(0);
    let deltas = [replace("password", Value::Secret(0)), replace("sn", text("X"))];
    update(&mut db, &class, &uuid(ANNA), Some(&version), &deltas).expect("it is the version");
    // The password makes another version, so the server cannot compare it with the rest.
    let lock = format!("lock entryUUID/{}", uuid(ANNA));
    assert_eq!(writes(&db), [&lock, &format!("password {DN} 0"), &format!("modify {DN} -sn:Arm +sn:X")]);
    db.seen.clear();
    let error = update(&mut db, &class, &uuid(ANNA), Some(&version), &deltas).expect_err("it is not any more");
    assert_eq!(error.kind, ErrorKind::PreconditionFailed);
    assert_eq!(writes(&db), [&lock]);
}

#[test]
fn an_entry_whose_password_is_refused_is_taken_back() {
    let mut db = Memory::new();
    let class = class(&mut db, r#""password": "operation""#);
    let attributes =
        given(&[("uid", text("zoe")), ("cn", text("Zoe")), ("sn", text("Zed")), ("password", Value::Secret(3))]);
    db.failures = [None, Some(failed(Failure::ConstraintViolation))].into();
    let error = create(&mut db, &class, &attributes).expect_err("it is refused");
    assert_eq!(kind(&error), (ErrorKind::InvalidValue, Some("password")));
    let dn = "uid=zoe,ou=people,dc=example,dc=org";
    assert_eq!(writes(&db), [&format!("add {dn}"), &format!("password {dn} 3"), &format!("delete {dn}")]);
}
