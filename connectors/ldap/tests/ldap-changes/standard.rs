//! Content synchronization, logs of changes and times, on OpenLDAP and on 389 Directory
//! Server.

use std::time::Duration;

use patchbay_contract::{Connector as _, ErrorKind};
use patchbay_test_support::{Ds389, OpenLdap, OpenLdapOptions};
use serde_json::{Value, json};

use crate::follower::{Account, Follower, app, ctx};
use crate::server::{BASE, Kind, Server, people};

/// What happens to people is told; `sees_gone` says whether of those who are not there any
/// more, too.
async fn check(kind: Kind, changes: Value, sees_gone: bool) {
    let mut server = Server::start(kind);
    let mut follower = Follower::new(server.account(), people(&changes), "uid").await;
    follower.check(&[]).await;
    server.set_title("anna", "one");
    server.set_title("anna", "two");
    server.hire("dora");
    server.hire("emil");
    server.fire("emil");
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
    server.set_title("anna", "left");
    server.fire("ben");
    server.move_away("carl");
    follower.check(&gone(vec!["-anna"], &["-ben", "-carl"])).await;
    server.set_title("anna", "back");
    server.hire("ben");
    follower.check(&["+anna", "+ben"]).await;
    // What is none of the class is nobody's business; a filter may let in what it likes, so
    // that it may be told as gone.
    server.ldif(&format!("dn: ou=unit,ou=people,{BASE}\nchangetype: add\nobjectClass: organizationalUnit\nou: unit\n"));
    assert!(follower.told().await.iter().all(|told| told == "-stranger"), "{changes}");
    follower.check(&[]).await;
    // Another name is a change, and nobody else.
    server.rename("dora", "cn=dora");
    follower.check(&["+dora"]).await;
    // The server begins anew, and the token is as good as before.
    server.set_title("anna", "again");
    server.restart();
    follower.check(&["+anna"]).await;
    server.hire("fred");
    follower.check(&["+fred"]).await;
}

async fn check_all(changes: Value, sees_gone: bool) {
    for kind in Kind::all() {
        check(kind, changes.clone(), sees_gone).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn synchronization_tells_all() {
    check_all(json!({ "method": "syncrepl" }), true).await;
}

/// A server that remembers no deletions says what is there, as after a restart. Whoever goes and
/// comes along with a unit is told then.
#[tokio::test(flavor = "multi_thread")]
async fn synchronization_tells_who_came_along_with_a_unit() {
    let mut server = Server::start(Kind::OpenLdap);
    let unit = format!("ou=sub,ou=people,{BASE}");
    server.ldif(&format!("dn: {unit}\nchangetype: add\nobjectClass: organizationalUnit\nou: sub\n"));
    let dora = "objectClass: inetOrgPerson\nuid: dora\ncn: dora\nsn: dora\n";
    server.ldif(&format!("dn: uid=dora,{unit}\nchangetype: add\n{dora}"));
    let mut follower = Follower::new(server.account(), people(&json!({ "method": "syncrepl" })), "uid").await;
    follower.check(&[]).await;
    let move_unit = |server: &mut Server, from: &str, to: &str| {
        let (from, to) = (format!("ou=sub,ou={from},{BASE}"), format!("ou={to},{BASE}"));
        server.ldif(&format!("dn: {from}\nchangetype: moddn\nnewrdn: ou=sub\ndeleteoldrdn: 0\nnewsuperior: {to}\n"));
        server.restart();
    };
    move_unit(&mut server, "people", "groups");
    follower.check(&["-dora"]).await;
    move_unit(&mut server, "groups", "people");
    follower.check(&["+dora"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_access_log_tells_all() {
    check(Kind::OpenLdap, json!({ "method": "accesslog" }), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_tell_what_is_there() {
    check_all(json!({ "method": "timestamp", "overlap": "2s" }), false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_changelog_tells_all() {
    if Ds389::is_left_out() {
        return;
    }
    check(Kind::Ds389, json!({ "method": "changelog" }), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_settings_the_server_decides() {
    for kind in Kind::all() {
        let server = Server::start(kind);
        let mut class = people(&Value::Null);
        class.as_object_mut().unwrap().remove("changes");
        let app = app(&server.account(), &class);
        let beginning = app.first_token(&ctx(), "person").await.unwrap();
        assert!(beginning.complete, "{kind:?} is followed by content synchronization");
        let page = app.changes(&ctx(), "person", &beginning.token, &[], 10, Duration::ZERO).await.unwrap();
        assert_eq!((page.changes.len(), page.more), (3, false), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_read_is_reported() {
    let plain = OpenLdapOptions { accesslog: false, ..OpenLdapOptions::default() };
    let plain = Server::openldap(OpenLdap::with(&plain).unwrap());
    let mut cases = vec![(plain.account(), "accesslog")];
    let granted: Vec<Server> = Kind::all().into_iter().map(Server::start).collect();
    for (server, method) in granted.iter().zip(["accesslog", "changelog"]) {
        cases.push((Account { reads: vec![BASE.to_owned()], ..server.account() }, method));
    }
    for (account, method) in cases {
        let app = app(&account, &people(&json!({ "method": method })));
        let outcome = app.latest_token(&ctx(), "person").await.map_err(|error| error.kind);
        assert_eq!(outcome, Err(ErrorKind::Configuration), "{method}");
        let findings = app.test(&ctx()).await.unwrap();
        let found = findings.iter().find(|found| found.path.as_deref() == Some("/classes/person/changes"));
        assert!(found.is_some_and(|found| found.summary.contains("cannot be read")), "{method}: {findings:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_emptied_is_noticed() {
    let server = Server::start(Kind::OpenLdap);
    let mut follower = Follower::new(server.account(), people(&json!({ "method": "accesslog" })), "uid").await;
    server.set_title("anna", "one");
    for dn in server.names("cn=log", "(reqStart=*)") {
        server.ldif(&format!("dn: {dn}\nchangetype: delete\n"));
    }
    follower.expired().await;
}

/// Trimmed by the server itself, as it does with what is old.
#[tokio::test(flavor = "multi_thread")]
async fn a_changelog_that_was_trimmed_is_noticed() {
    if Ds389::is_left_out() {
        return;
    }
    let mut server = Server::start(Kind::Ds389);
    let mut follower = Follower::new(server.account(), people(&json!({ "method": "changelog" })), "uid").await;
    for title in ["one", "two", "three"] {
        server.set_title("anna", title);
    }
    server.ldif(
        "dn: cn=Retro Changelog Plugin,cn=plugins,cn=config\nchangetype: modify\n\
         replace: nsslapd-changelogmaxage\nnsslapd-changelogmaxage: 1s\n-\n\
         replace: nsslapd-changelog-trim-interval\nnsslapd-changelog-trim-interval: 1\n",
    );
    server.restart();
    let numbers = || -> Vec<u64> {
        let numbers = server.values("cn=changelog", "(changeNumber=*)", "changenumber");
        numbers.iter().map(|number| number.parse().unwrap()).collect()
    };
    // It keeps the last one whatever its age.
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while numbers().len() > 1 {
        assert!(std::time::Instant::now() < deadline, "the server does not trim its changelog: {:?}", numbers());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    follower.expired().await;
}

/// Numbers of one server's changelog mean nothing in another's.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_changelog_is_refused() {
    if Ds389::is_left_out() {
        return;
    }
    let (one, other) = (Server::start(Kind::Ds389), Server::start(Kind::Ds389));
    let class = people(&json!({ "method": "changelog" }));
    let mut follower = Follower::new(one.account(), class.clone(), "uid").await;
    other.hire("dora");
    follower.app = app(&other.account(), &class);
    follower.expired().await;
}
