use super::*;

const SETTINGS: &str = r#"{"classes": {"user": {
    "object_classes": ["user"], "base": "DC=test,DC=lan", "dn": "CN={cn},OU=People,DC=test,DC=lan"
}, "group": {
    "object_classes": ["group"], "base": "DC=test,DC=lan", "dn": "CN={cn},OU=People,DC=test,DC=lan",
    "members": {"class": ["user", "group"]}
}}}"#;

const ANNA: usize = 3;
const ADMINISTRATOR: usize = 4;
const ZOE: &str = "CN=Zoe Zed,OU=People,DC=test,DC=lan";

/// The account flags of a new user.
fn check_created(more: &[(&str, Value)], flags: &str, password: &[&str]) {
    let mut db = Memory::windows();
    let class = db.class(SETTINGS, "user");
    let mut attributes = given(&[("cn", text("Zoe Zed")), ("sAMAccountName", text("zoe"))]);
    attributes.extend(given(more));
    let result = create(&mut db, &class, &attributes).expect("it can be made");
    assert_eq!(result.id.uid, uuid(5));
    assert_eq!(db.texts(ZOE, "userAccountControl"), [flags], "{more:?}");
    let held = db.at(ZOE).expect("it is there").values("unicodePwd");
    assert_eq!(held.len(), password.len());
    assert_eq!(writes(&db), [format!("add {ZOE}")]);
}

#[test]
fn a_new_account_is_open_once_it_has_a_password() {
    check_created(&[("password", Value::Secret(0))], "512", &["secret 0"]);
    check_created(&[("password", Value::Secret(0)), ("active", Value::Boolean(false))], "514", &["secret 0"]);
    check_created(&[], "514", &[]);
    check_created(&[("active", Value::Boolean(true))], "514", &[]);
}

#[test]
fn flags_are_changed_one_by_one() {
    let mut db = Memory::windows();
    let class = db.class(SETTINGS, "user");
    let dn = "CN=Anna Arm,OU=People,DC=test,DC=lan";
    check_update(
        &mut db,
        &class,
        ANNA,
        &[replace("active", Value::Boolean(false))],
        &[&format!("modify {dn} -userAccountControl:66048 +userAccountControl:66050")],
    );
    let expires = replace("accountExpires", Value::Timestamp("2030-01-01T00:00:00Z".into()));
    check_update(&mut db, &class, ANNA, &[expires], &[&format!("modify {dn} =accountExpires:135379296000000000")]);
    check_update(
        &mut db,
        &class,
        ANNA,
        &[replace("cn", text("Anna"))],
        &[&format!("rename {dn} to CN=Anna,OU=People,DC=test,DC=lan")],
    );
}

#[test]
fn never_is_no_time() {
    let mut db = Memory::windows();
    let class = db.class(SETTINGS, "user");
    let object = read::get(&mut db, &class, &uuid(ANNA), &["accountExpires".into(), "active".into()]);
    assert_eq!(object.expect("it is there").cells, [vec![], vec![Value::Boolean(true)]]);
}

#[test]
fn what_is_protected_stays_as_it_is() {
    let mut db = Memory::windows();
    let class = db.class(SETTINGS, "user");
    let admin = uuid(ADMINISTRATOR);
    let error = update(&mut db, &class, &admin, None, &[replace("cn", text("x"))]).expect_err("it is protected");
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    let error = delete(&mut db, &class, &admin, None).expect_err("it is protected");
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert_eq!(writes(&db), Vec::<&str>::new());
}

#[test]
fn a_new_group_is_global_and_may_be_empty() {
    let mut db = Memory::windows();
    let class = db.class(SETTINGS, "group");
    create(&mut db, &class, &given(&[("cn", text("g")), ("sAMAccountName", text("g"))])).expect("it can be made");
    assert_eq!(db.texts("CN=g,OU=People,DC=test,DC=lan", "groupType"), ["-2147483646"]);
}
