//! Defects that Microsoft fixed in its own LDAP connector (its version history), by name.
//! None of them is to be here.

use patchbay_contract::{Change, Connector as _, Value};
use serde_json::json;

use crate::settings::{settings, with};
use crate::target::{Kind, Target, attribute, check, ctx, secret, set, text};

/// "Unicode in password hashes."
#[tokio::test(flavor = "multi_thread")]
async fn unicode_in_passwords() {
    check(async |target| {
        let password = "P\u{e5}ssw0rd-\u{4e2d}\u{6587}-\u{1f98a}";
        let given = vec![attribute("password", [secret(password)]), attribute("active", [Value::Boolean(true)])];
        target.person("dora", given).await.unwrap();
        let user = if target.kind == Kind::SambaAd { "TEST\\dora".into() } else { target.entry("dora").dn };
        assert!(target.directory.binds(&user, password), "{:?}", target.kind);
    })
    .await;
}

/// "Int32 attributes": numbers beyond 31 bits are numbers.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_beyond_32_bits() {
    let mut settings = settings(Kind::OpenLdap);
    settings["classes"]["person"]["object_classes"] = json!(["inetOrgPerson", "shadowAccount"]);
    settings["classes"]["person"]["filter"] = json!("(objectClass=inetOrgPerson)");
    settings["classes"]["person"]["attributes"]["last"] = json!({ "attribute": "shadowLastChange" });
    let target = Target::new(Kind::OpenLdap, settings);
    let number = Value::Integer(1 << 40);
    let uid = target.person("dora", vec![attribute("last", [number])]).await.unwrap();
    assert_eq!(target.values("person", &uid, "last").await, [(1_i64 << 40).to_string()]);
    target.update("person", &uid, vec![set("last", Value::Integer(-1))]).await.unwrap();
    assert_eq!(target.values("person", &uid, "last").await, ["-1"]);
}

/// "Inherited classes only processed if parent in scope": what a class inherits it has,
/// whether or not the class above is configured.
#[tokio::test(flavor = "multi_thread")]
async fn inherited_attributes_without_the_class_above() {
    check(async |target| {
        let mut settings = settings(target.kind);
        // Everything that the object classes allow.
        settings["classes"]["person"].as_object_mut().unwrap().remove("include");
        target.reconfigure(&settings);
        let classes = target.app.discover(&ctx()).await.unwrap();
        let person = classes.iter().find(|class| class.name == "person").unwrap();
        // Of `person`, `organizationalPerson` and `inetOrgPerson` or `user`.
        for name in ["sn", "seeAlso", "ou", "street", "employeeType"] {
            assert!(person.attribute(name).is_some(), "{name} on {:?}", target.kind);
        }
    })
    .await;
}

/// "Three-part SPN": names with several slashes are values like others.
#[tokio::test(flavor = "multi_thread")]
async fn service_principal_names_of_three_parts() {
    if patchbay_test_support::SambaAd::is_left_out() {
        return;
    }
    let spn = json!({ "attribute": "servicePrincipalName" });
    let target = Target::new(Kind::SambaAd, with(settings(Kind::SambaAd), "/classes/person/attributes/spns", spn));
    let uid = target.uid("anna").await;
    let names = ["ldap/dc9.test.lan/test.lan", "http/web.test.lan:8080"];
    target.change("person", &uid, "spns", Change::Add(names.map(text).into())).await.unwrap();
    assert_eq!(target.values("person", &uid, "spns").await, ["http/web.test.lan:8080", "ldap/dc9.test.lan/test.lan"]);
    target.change("person", &uid, "spns", Change::Remove(vec![text(names[0])])).await.unwrap();
    assert_eq!(target.values("person", &uid, "spns").await, [names[1]]);
}

/// "Literal \"replace\" value": a value that is called like an operation is a value.
#[tokio::test(flavor = "multi_thread")]
async fn values_called_like_operations() {
    check(async |target| {
        let uid = target.uid("bert").await;
        for word in ["replace", "add", "delete", "modify", "-"] {
            target.update("person", &uid, vec![set("title", text(word))]).await.unwrap();
            assert_eq!(target.values("person", &uid, "title").await, [word], "{:?}", target.kind);
        }
    })
    .await;
}

/// "Operational attributes like pwdUpdateTime hidden": they are read when asked for.
#[tokio::test(flavor = "multi_thread")]
async fn operational_attributes_can_be_read() {
    check(async |target| {
        let (name, native) = match target.kind {
            Kind::OpenLdap => ("changed", "pwdChangedTime"),
            Kind::SambaAd => ("changed", "uSNChanged"),
            Kind::Ds389 => ("changed", "passwordGraceUserTime"),
        };
        let settings = settings(target.kind);
        target.reconfigure(&with(settings, "/classes/person/attributes/changed", json!({ "attribute": native })));
        let given = vec![attribute("password", [secret(target.kind.password())])];
        let uid = target.person("dora", given).await.unwrap();
        assert_eq!(target.values("person", &uid, name).await.len(), 1, "{:?}", target.kind);
    })
    .await;
}

/// "uid cannot be an anchor as it has several values": ids are the server's own.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_outlives_every_attribute() {
    check(async |target| {
        let uid = target.uid("anna").await;
        let changes = ["login", "cn", "sn", "mail"].map(|name| set(name, text(&format!("new-{name}"))));
        target.update("person", &uid, changes.into()).await.unwrap();
        assert_eq!(target.uid("new-login").await, uid, "{:?}", target.kind);
    })
    .await;
}
