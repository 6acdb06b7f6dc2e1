//! Entries that somebody else named, and names that are made of other values.

use patchbay_contract::{Change, Connector as _, ErrorKind, Value};
use patchbay_test_support::OpenLdapOptions;

use crate::settings::{settings, with};
use crate::target::{Kind, Target, attribute, check_with, ctx, kind_of, set, text};

/// People by their login, on a server that keeps nothing unique.
fn by_login() -> Target {
    let dn = "uid={login},ou=people,dc=example,dc=org";
    let settings = with(settings(Kind::OpenLdap), "/classes/person/dn", dn.into());
    Target::openldap(&OpenLdapOptions { unique: Vec::new(), ..OpenLdapOptions::default() }, settings)
}

fn put(target: &Target, leaf: &str, values: &str) {
    let dn = format!("{leaf},{}", target.directory.people());
    target.directory.ldif(&format!("dn: {dn}\nobjectClass: inetOrgPerson\nsn: x\n{values}"));
}

/// Sorted values of the entry with this login.
fn values(target: &Target, login: &str, name: &str) -> Vec<String> {
    let mut values = target.entry(login).texts(name);
    values.sort_unstable();
    values
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_takes_the_login_and_nothing_else() {
    let target = by_login();
    put(&target, "mail=ann@example.org", "mail: ann@example.org\nuid: ann\ncn: Ann\n");
    put(&target, "cn=Cid C", "cn: Cid C\ncn: Cidney\nuid: cid\nuid: sid\n");
    put(&target, "cn=Bob B+uid=bob", "cn: Bob B\nuid: bob\n");
    for (login, kept) in [("ann", "mail"), ("cid", "cn"), ("bob", "cn")] {
        let (uid, before) = (target.uid(login).await, values(&target, login, kept));
        let new = format!("{login}.new");
        target.change("person", &uid, "login", Change::Replace(vec![text(&new)])).await.unwrap();
        assert_eq!(values(&target, &new, kept), before, "{login}");
        assert!(target.entry(&new).dn.to_lowercase().starts_with(&format!("uid={new},")), "{login}");
        assert!(target.directory.entries(&format!("(uid={login})"), &["1.1"]).is_empty(), "{login} is nobody's");
        assert_eq!(target.values("person", &uid, "login").await, [new]);
    }
    assert_eq!(values(&target, "cid.new", "uid"), ["cid.new", "sid"], "another login of his stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_that_is_taken_back_takes_nothing_along() {
    let target = by_login();
    put(&target, "uid=cid.new", "cn: Cid\nuid: cid\nuid: cid.new\n");
    let uid = target.uid("cid").await;
    // What the server refuses, and the connector does not.
    let deltas = vec![set("login", text("cid")), set("userCertificate", Value::Binary(b"none".to_vec()))];
    let before = target.entry("cid").dn;
    let outcome = kind_of(target.update("person", &uid, deltas).await).map(drop);
    assert_eq!(outcome, Err((ErrorKind::InvalidValue, Some("userCertificate".into()))));
    assert!(target.sent().iter().any(|line| line.starts_with("rename")), "it was renamed, and back");
    assert_eq!((values(&target, "cid", "uid"), target.entry("cid").dn), (vec!["cid".into(), "cid.new".into()], before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_names_the_entry_is_told() {
    let target = by_login();
    put(&target, "mail=ann@example.org", "mail: ann@example.org\nuid: ann\ncn: Ann\n");
    let uid = target.uid("ann").await;
    let change = target.change("person", &uid, "mail", Change::Replace(vec![text("a@example.org")])).await;
    assert_eq!(kind_of(change), Err((ErrorKind::InvalidValue, Some("mail".into()))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_name_is_made_of_says_what_it_is() {
    let computed = |kind| with(settings(kind), "/classes/person/dn", "cn={given} {sn}".into());
    check_with(computed, async |target| {
        let lea = ["login", "given", "sn"].map(|name| attribute(name, [text(if name == "sn" { "L" } else { "Lea" })]));
        let mut with_name: Vec<_> = lea.clone().into();
        with_name.push(attribute("cn", [text("Lea L (Ext)")]));
        let refused = kind_of(target.create("person", with_name).await);
        assert_eq!(refused, Err((ErrorKind::Mutability, Some("cn".into()))), "{:?}", target.kind);
        let uid = target.create("person", lea.into()).await.unwrap();
        assert_eq!(target.entry("Lea").texts("cn"), ["Lea L"], "{:?}", target.kind);
        let refused = target.change("person", &uid, "cn", Change::Replace(vec![text("x")])).await;
        assert_eq!(kind_of(refused), Err((ErrorKind::Mutability, Some("cn".into()))), "{:?}", target.kind);
        target.change("person", &uid, "sn", Change::Replace(vec![text("M")])).await.unwrap();
        assert_eq!(target.entry("Lea").texts("cn"), ["Lea M"], "{:?}", target.kind);
        let classes = target.app.discover(&ctx()).await.unwrap();
        let person = classes.iter().find(|class| class.name == "person").unwrap();
        let cn = person.attributes.iter().find(|attribute| attribute.name == "cn").unwrap();
        assert!(!cn.traits.creatable && !cn.traits.updatable, "{:?}", target.kind);
    })
    .await;
}
