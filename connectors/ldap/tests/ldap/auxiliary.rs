//! Entries that lack object classes of the settings: they are older.

use patchbay_contract::{Change, Connector as _, Delta, ErrorKind, Value as Stored};
use serde_json::{Value, json};

use crate::settings::{settings, with};
use crate::target::{Kind, Target, ctx, kind_of, secret, set, text};

/// People with accounts of Unix, of whom the seed has none.
fn accounts(more: &Value) -> Value {
    let mut settings = settings(Kind::OpenLdap);
    let person = &mut settings["classes"]["person"];
    person["object_classes"] = json!(["inetOrgPerson", "posixAccount", "shadowAccount"]);
    person["filter"] = json!("(objectClass=inetOrgPerson)");
    for name in ["uidNumber", "gidNumber", "homeDirectory", "loginShell", "shadowLastChange"] {
        person["attributes"][name] = json!({ "required": false });
    }
    for (key, value) in more.as_object().unwrap() {
        settings = with(settings, &format!("/classes/person/{key}"), value.clone());
    }
    settings
}

fn number(name: &str, number: i64) -> Delta {
    set(name, Stored::Integer(number))
}

/// What an account needs.
fn account(uid: i64) -> Vec<Delta> {
    vec![number("uidNumber", uid), number("gidNumber", 100), set("homeDirectory", text("/home/x"))]
}

/// The object classes of somebody.
fn classes(target: &Target, login: &str) -> Vec<String> {
    let mut classes = target.entry(login).texts("objectclass");
    classes.sort_unstable();
    classes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_class_comes_with_what_needs_it() {
    let target = Target::new(Kind::OpenLdap, accounts(&json!({})));
    let uid = target.uid("anna").await;
    // What no missing class is needed for brings none.
    target.update("person", &uid, vec![set("title", text("Head"))]).await.unwrap();
    assert_eq!(classes(&target, "anna"), ["inetOrgPerson"]);
    target.sent();
    target.update("person", &uid, account(2_000)).await.unwrap();
    assert_eq!(classes(&target, "anna"), ["inetOrgPerson", "posixAccount"]);
    assert_eq!(target.values("person", &uid, "uidNumber").await, ["2000"]);
    let writes = target.sent().into_iter().filter(|line| line.starts_with("modify")).count();
    assert_eq!(writes, 2, "one that was refused, and one with all");
    // The next one, and a new name with it.
    let more = vec![number("shadowLastChange", 19_000), set("cn", text("Anna Leigh"))];
    target.update("person", &uid, more).await.unwrap();
    assert_eq!(classes(&target, "anna"), ["inetOrgPerson", "posixAccount", "shadowAccount"]);
    let entry = target.entry("anna");
    assert_eq!(
        (entry.dn.as_str(), entry.texts("shadowlastchange")),
        ("cn=Anna Leigh,ou=people,dc=example,dc=org", vec!["19000".to_owned()])
    );
    // With a version.
    let bert = target.uid("bert").await;
    let version = target.get("person", &bert, &[]).await.unwrap().id.revision;
    target.app.update(&ctx(), "person", &bert, version.as_deref(), account(2_001)).await.unwrap();
    assert_eq!(classes(&target, "bert"), ["inetOrgPerson", "posixAccount"]);
}

/// The server keeps `uid` unique, and does not hold the entry but its own search to a
/// condition.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_counts_for_what_the_server_keeps_unique() {
    let target = Target::new(Kind::OpenLdap, settings(Kind::OpenLdap));
    let uid = target.uid("anna").await;
    let version = target.get("person", &uid, &[]).await.unwrap().id.revision;
    let login = |name: &str| vec![set("login", text(name))];
    target.app.update(&ctx(), "person", &uid, version.as_deref(), login("anne")).await.unwrap();
    assert_eq!(target.values("person", &uid, "login").await, ["anne"]);
    // A password is another operation, which brings another version.
    let now = target.get("person", &uid, &[]).await.unwrap().id.revision;
    let both = vec![set("password", secret(target.kind.password())), set("title", text("Head"))];
    target.app.update(&ctx(), "person", &uid, now.as_deref(), both.clone()).await.unwrap();
    assert!(target.directory.binds(&target.entry("anne").dn, target.kind.password()));
    let stale = target.app.update(&ctx(), "person", &uid, now.as_deref(), both).await;
    assert_eq!(kind_of(stale.map(drop)), Err((ErrorKind::PreconditionFailed, None)));
    let outcome = target.app.update(&ctx(), "person", &uid, version.as_deref(), login("ann")).await;
    assert_eq!(kind_of(outcome.map(drop)), Err((ErrorKind::PreconditionFailed, None)));
    assert_eq!(target.values("person", &uid, "login").await, ["anne"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_class_must_have_is_named() {
    let target = Target::new(Kind::OpenLdap, accounts(&json!({})));
    let uid = target.uid("anna").await;
    let renamed = vec![set("loginShell", text("/bin/sh")), set("cn", text("Somebody"))];
    let outcome = target.update("person", &uid, renamed).await;
    let (kind, attribute) = kind_of(outcome).unwrap_err();
    assert_eq!(kind, ErrorKind::InvalidValue);
    assert!(matches!(attribute.as_deref(), Some("uidNumber" | "gidNumber" | "homeDirectory")), "{attribute:?}");
    let entry = target.entry("anna");
    assert_eq!(entry.dn, "cn=Anna Lee,ou=people,dc=example,dc=org", "nothing is left of it");
    assert_eq!(classes(&target, "anna"), ["inetOrgPerson"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_comes_along() {
    let next = json!({ "next": { "uidNumber": { "entry": "cn=next,dc=example,dc=org", "attribute": "gidNumber" } } });
    let target = Target::new(Kind::OpenLdap, accounts(&next));
    target.directory.ldif("dn: cn=next,dc=example,dc=org\nobjectClass: posixGroup\ncn: next\ngidNumber: 5000\n");
    let uid = target.uid("anna").await;
    let given = vec![number("gidNumber", 100), set("homeDirectory", text("/home/anna"))];
    target.update("person", &uid, given).await.unwrap();
    assert_eq!(target.values("person", &uid, "uidNumber").await, ["5000"]);
    assert_eq!(classes(&target, "anna"), ["inetOrgPerson", "posixAccount"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_the_missing_class_is_named() {
    let target = Target::new(Kind::OpenLdap, accounts(&json!({ "add_missing_classes": false })));
    let uid = target.uid("anna").await;
    for (deltas, attribute, class) in [
        (vec![set("loginShell", text("/bin/sh"))], "loginShell", "posixAccount"),
        (vec![set("title", text("x")), number("shadowLastChange", 1)], "shadowLastChange", "shadowAccount"),
    ] {
        let error = target.update("person", &uid, deltas).await.unwrap_err();
        assert_eq!((error.kind, error.attribute.as_deref()), (ErrorKind::InvalidValue, Some(attribute)));
        assert_eq!(
            error.message,
            format!("`{attribute}` needs the object class `{class}`, which the entry does not have")
        );
    }
    assert_eq!(target.values("person", &uid, "title").await, ["Agent"]);
    target.change("person", &uid, "loginShell", Change::Clear).await.unwrap();
}

/// Of many who bring the class at once, each one succeeds.
#[tokio::test(flavor = "multi_thread")]
async fn writers_that_add_the_same_class_do_not_stop_each_other() {
    let target = Target::new(Kind::OpenLdap, accounts(&json!({})));
    let uid = target.uid("anna").await;
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (app, uid) = (target.another(&accounts(&json!({}))), uid.clone());
            tokio::spawn(async move { app.update(&ctx(), "person", &uid, None, account(3_000 + writer)).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    assert_eq!(classes(&target, "anna"), ["inetOrgPerson", "posixAccount"]);
}
