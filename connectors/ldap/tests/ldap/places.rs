//! People in several places, and where deleted ones are moved: namesakes.

use patchbay_contract::{ErrorKind, Value};
use patchbay_test_support::OpenLdapOptions;
use serde_json::json;

use crate::settings::{settings, with};
use crate::target::{Kind, Target, attribute, check_with, kind_of, set, text};

const LEFT: &str = "ou=left,ou=people,dc=example,dc=org";

/// People by their login, on a server that keeps nothing unique.
fn by_login(pointer: &str, value: serde_json::Value) -> Target {
    let dn = "uid={login},ou=people,dc=example,dc=org";
    let settings = with(settings(Kind::OpenLdap), "/classes/person/dn", dn.into());
    let options = OpenLdapOptions { unique: Vec::new(), ..OpenLdapOptions::default() };
    Target::openldap(&options, with(settings, pointer, value))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_nobody_elses_wherever_its_owner_is() {
    let target = by_login("/classes/person/active", json!({ "container": LEFT }));
    target.directory.ldif(&format!("dn: {LEFT}\nobjectClass: organizationalUnit\nou: left\n"));
    let hal = target.person("hal", vec![attribute("active", [Value::Boolean(false)])]).await.unwrap();
    assert!(target.entry("hal").dn.to_lowercase().starts_with("uid=hal,ou=left,"));
    let again = kind_of(target.person("HAL", vec![]).await);
    assert_eq!(again, Err((ErrorKind::AlreadyExists, Some("login".into()))));
    let anna = target.uid("anna").await;
    let renamed = kind_of(target.update("person", &anna, vec![set("login", text("hal"))]).await);
    assert_eq!(renamed.map(drop), Err((ErrorKind::AlreadyExists, Some("login".into()))));
    // Somebody who was put there beside the connector.
    let twin = "uid=anna,ou=left,ou=people,dc=example,dc=org";
    target.directory.ldif(&format!("dn: {twin}\nobjectClass: inetOrgPerson\nuid: anna\ncn: x\nsn: x\n"));
    target.update("person", &anna, vec![set("login", text("anna.lee"))]).await.unwrap();
    target.update("person", &anna, vec![set("active", Value::Boolean(false))]).await.unwrap();
    assert_eq!(target.values("person", &hal, "active").await, ["false"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_taken_is_no_value_of_the_request() {
    let target = by_login("/classes/person/active", json!({ "container": LEFT }));
    target.directory.ldif(&format!("dn: {LEFT}\nobjectClass: organizationalUnit\nou: left\n"));
    let anna = target.person("mia", vec![]).await.unwrap();
    target.directory.ldif(&format!("dn: uid=mia,{LEFT}\nobjectClass: inetOrgPerson\nuid: mia\ncn: x\nsn: x\n"));
    let shut = kind_of(target.update("person", &anna, vec![set("active", Value::Boolean(false))]).await);
    assert_eq!(shut.map(drop), Err((ErrorKind::Conflict, None)));
}

/// People who are deleted are kept, and have one name.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_deleted_after_a_namesake_is_gone_as_well() {
    let kept = |kind| {
        let base = if kind == Kind::SambaAd { "DC=test,DC=lan" } else { "dc=example,dc=org" };
        with(settings(kind), "/classes/person/delete", json!({ "move": format!("ou=gone,{base}") }))
    };
    check_with(kept, async |target| {
        let base = target.directory.base();
        target.directory.ldif(&format!("dn: ou=gone,{base}\nobjectClass: organizationalUnit\nou: gone\n"));
        for login in ["ivy1", "ivy2", "ivy3"] {
            let given = vec![
                attribute("cn", [text("Ivy Ives")]),
                attribute("password", [crate::target::secret(target.kind.password())]),
                attribute("active", [Value::Boolean(true)]),
            ];
            let uid = target.person(login, given).await.unwrap();
            target.delete("person", &uid).await.unwrap_or_else(|error| panic!("{login}: {error:?}"));
            let gone = kind_of(target.get("person", &uid, &["login"]).await.map(drop));
            assert_eq!(gone, Err((ErrorKind::NotFound, None)), "{login} on {:?}", target.kind);
            let entry = target.entry(login);
            let expected =
                if login == "ivy1" { "cn=ivy ives,ou=gone,".into() } else { format!("cn=ivy ives-{uid},ou=gone,") };
            assert!(entry.dn.to_lowercase().starts_with(&expected), "{} on {:?}", entry.dn, target.kind);
            let user = if target.kind == Kind::SambaAd { format!("TEST\\{login}") } else { entry.dn };
            assert!(!target.directory.binds(&user, target.kind.password()), "{login} on {:?}", target.kind);
        }
    })
    .await;
}

/// A login that is the name stays, beside the name that is the entry's alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_stays_with_who_is_deleted() {
    let target = by_login("/classes/person/delete", json!({ "move": "ou=gone,dc=example,dc=org" }));
    target.directory.ldif("dn: ou=gone,dc=example,dc=org\nobjectClass: organizationalUnit\nou: gone\n");
    let mut uid = String::new();
    for _ in 0..2 {
        uid = target.person("ivy", vec![]).await.unwrap();
        target.delete("person", &uid).await.unwrap();
    }
    assert_eq!(target.directory.entries("(uid=ivy)", &["1.1"]).len(), 2);
    let second = target.directory.entry(&format!("(uid=ivy-{uid})"), &["uid"]);
    assert!(second.texts("uid").contains(&"ivy".to_owned()), "{second:?}");
}
