//! Content synchronization, the access log and times, on OpenLDAP.

mod listening;

use std::time::Duration;

use patchbay_contract::{Connector as _, ErrorKind};
use patchbay_test_support::{OpenLdap, OpenLdapOptions};
use serde_json::{Value, json};

use crate::follower::{Account, Follower, app, ctx};

const BASE: &str = "dc=example,dc=org";

fn server() -> OpenLdap {
    let server = OpenLdap::start().unwrap();
    for name in ["anna", "ben", "carl"] {
        hire(&server, name);
    }
    server
}

fn account(server: &OpenLdap) -> Account {
    Account {
        url: server.ldaps_url(),
        ca_file: server.ca_file().to_owned(),
        name: server.service_dn().to_owned(),
        password: server.password().to_owned(),
        reads: vec![BASE.to_owned(), "cn=log".to_owned()],
    }
}

/// People below `ou=people`, with these `changes`.
fn people(changes: &Value) -> Value {
    json!({
        "object_classes": ["inetOrgPerson"],
        "base": format!("ou=people,{BASE}"),
        "filter": "(&(objectClass=inetOrgPerson)(!(title=left)))",
        "include": ["uid", "cn", "title"],
        "changes": changes,
    })
}

fn hire(server: &OpenLdap, name: &str) {
    let dn = dn(name);
    server
        .ldif(&format!("dn: {dn}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\n"))
        .unwrap();
}

fn dn(name: &str) -> String {
    format!("uid={name},ou=people,{BASE}")
}

fn set_title(server: &OpenLdap, name: &str, title: &str) {
    server.ldif(&format!("dn: {}\nchangetype: modify\nreplace: title\ntitle: {title}\n", dn(name))).unwrap();
}

fn fire(server: &OpenLdap, name: &str) {
    server.ldif(&format!("dn: {}\nchangetype: delete\n", dn(name))).unwrap();
}

fn move_away(server: &OpenLdap, name: &str) {
    let unit = format!("ou=groups,{BASE}");
    let rdn = format!("uid={name}");
    let text = format!("dn: {}\nchangetype: moddn\nnewrdn: {rdn}\ndeleteoldrdn: 0\nnewsuperior: {unit}\n", dn(name));
    server.ldif(&text).unwrap();
}

/// What happens to people is told; `sees_gone` says whether of those who are not there any
/// more, too.
async fn check(changes: Value, sees_gone: bool) {
    let server = server();
    let mut follower = Follower::new(account(&server), people(&changes), "uid").await;
    follower.check(&[]).await;
    set_title(&server, "anna", "one");
    set_title(&server, "anna", "two");
    hire(&server, "dora");
    hire(&server, "emil");
    fire(&server, "emil");
    let gone = |mut expected: Vec<&'static str>, names: &[&'static str]| {
        if sees_gone {
            expected.extend(names);
        }
        expected.sort_unstable();
        expected
    };
    let told: Vec<String> = follower.told().await.into_iter().filter(|told| told != "-stranger").collect();
    assert_eq!(told, ["+anna", "+dora"], "{changes}");
    follower.check(&[]).await;
    // Out of the class by its filter, deleted, moved away, and back again.
    set_title(&server, "anna", "left");
    fire(&server, "ben");
    move_away(&server, "carl");
    follower.check(&gone(vec!["-anna"], &["-ben", "-carl"])).await;
    set_title(&server, "anna", "back");
    hire(&server, "ben");
    follower.check(&["+anna", "+ben"]).await;
    // What is none of the class is nobody's business.
    server
        .ldif(&format!("dn: ou=unit,ou=people,{BASE}\nchangetype: add\nobjectClass: organizationalUnit\nou: unit\n"))
        .unwrap();
    follower.check(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn synchronization_tells_all() {
    check(json!({ "method": "syncrepl" }), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_access_log_tells_all() {
    check(json!({ "method": "accesslog" }), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_tell_what_is_there() {
    check(json!({ "method": "timestamp", "overlap": "2s" }), false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_settings_the_server_decides() {
    let server = server();
    let mut class = people(&Value::Null);
    class.as_object_mut().unwrap().remove("changes");
    let app = app(&account(&server), &class);
    let beginning = app.first_token(&ctx(), "person").await.unwrap();
    assert!(beginning.complete, "OpenLDAP is followed by content synchronization");
    let page = app.changes(&ctx(), "person", &beginning.token, &[], 10, Duration::ZERO).await.unwrap();
    assert_eq!((page.changes.len(), page.more), (3, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_read_is_reported() {
    let granted = server();
    let plain = OpenLdap::with(&OpenLdapOptions { accesslog: false, ..OpenLdapOptions::default() }).unwrap();
    let class = people(&json!({ "method": "accesslog" }));
    let narrow = Account { reads: vec![BASE.to_owned()], ..account(&granted) };
    for account in [narrow, account(&plain)] {
        let app = app(&account, &class);
        let outcome = app.latest_token(&ctx(), "person").await.map_err(|error| error.kind);
        assert_eq!(outcome, Err(ErrorKind::Configuration));
        let findings = app.test(&ctx()).await.unwrap();
        let found = findings.iter().find(|found| found.path.as_deref() == Some("/classes/person/changes"));
        assert!(found.is_some_and(|found| found.summary.contains("cannot be read")), "{findings:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_emptied_is_noticed() {
    let server = server();
    let mut follower = Follower::new(account(&server), people(&json!({ "method": "accesslog" })), "uid").await;
    set_title(&server, "anna", "one");
    for entry in server.entries("cn=log", "(reqStart=*)", &["reqStart"]).unwrap() {
        server.ldif(&format!("dn: {}\nchangetype: delete\n", entry.dn)).unwrap();
    }
    follower.expired().await;
}
