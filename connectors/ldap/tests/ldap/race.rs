//! Two at once: one wins, the other is told, and nothing is lost.

use std::sync::Arc;

use patchbay_contract::{Attribute, Change, Connector as _, ErrorKind};
use serde_json::json;
use tokio::task::JoinSet;

use crate::settings::{settings, with};
use crate::target::{Kind, Target, attribute, check, ctx, delta, kind_of, reference, set, text};

/// How many at once.
const CROWD: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn one_changes_the_version_that_all_have_read() {
    check(async |target| {
        let settings = settings(target.kind);
        let uid = target.uid("bert").await;
        let version = target.get("person", &uid, &[]).await.unwrap().id.revision.unwrap();
        let mut crowd = JoinSet::new();
        for number in 0..CROWD {
            // Half of them through another host's app: its locks are not ours.
            let app = if number % 2 == 0 { Arc::clone(&target.app) } else { target.another(&settings) };
            let (uid, version) = (uid.clone(), version.clone());
            crowd.spawn(async move {
                let deltas = vec![set("title", text(&format!("Title {number}")))];
                kind_of(app.update(&ctx(), "person", &uid, Some(&version), deltas).await).map(drop)
            });
        }
        let outcomes = crowd.join_all().await;
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let lost = outcomes.iter().filter(|outcome| **outcome == Err((ErrorKind::PreconditionFailed, None))).count();
        assert_eq!((won, lost), (1, CROWD - 1), "{outcomes:?} on {:?}", target.kind);
    })
    .await;
}

/// Lets a crowd create people with `given`, and counts who was made.
async fn create(
    target: &Target,
    settings: &serde_json::Value,
    given: impl Fn(usize) -> Vec<Attribute>,
) -> Vec<Result<String, (ErrorKind, Option<String>)>> {
    let other = target.another(settings);
    let mut crowd = JoinSet::new();
    for number in 0..CROWD {
        let app = if number % 2 == 0 { Arc::clone(&target.app) } else { Arc::clone(&other) };
        let given = given(number);
        crowd.spawn(async move { kind_of(app.create(&ctx(), "person", given).await).map(|made| made.id.uid) });
    }
    crowd.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_gets_the_login() {
    check(async |target| {
        let settings = settings(target.kind);
        let given = |number: usize| {
            let name = format!("Dora {number}");
            vec![attribute("login", [text("dora")]), attribute("cn", [text(&name)]), attribute("sn", [text("x")])]
        };
        let outcomes = create(target, &settings, given).await;
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let lost = Err((ErrorKind::AlreadyExists, Some("login".to_owned())));
        let lost = outcomes.iter().filter(|outcome| **outcome == lost).count();
        assert_eq!((won, lost), (1, CROWD - 1), "{outcomes:?} on {:?}", target.kind);
        target.entry("dora");
    })
    .await;
}

/// The server would let two have it; the connector does not.
#[tokio::test(flavor = "multi_thread")]
async fn one_gets_what_only_the_connector_keeps_unique() {
    check(async |target| {
        let settings = with(settings(target.kind), "/classes/person/unique", json!(["number"]));
        target.reconfigure(&settings);
        let given = |number: usize| {
            let name = format!("dora{number}");
            let mut given: Vec<Attribute> = ["login", "cn", "sn"].map(|of| attribute(of, [text(&name)])).into();
            given.push(attribute("number", [text("E-7")]));
            given
        };
        // Of one host: the guard is a lock of the host.
        let mut crowd = JoinSet::new();
        for number in 0..CROWD {
            let (app, given) = (Arc::clone(&target.app), given(number));
            crowd.spawn(async move { kind_of(app.create(&ctx(), "person", given).await).map(|made| made.id.uid) });
        }
        let outcomes = crowd.join_all().await;
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let lost = Err((ErrorKind::AlreadyExists, Some("number".to_owned())));
        let lost = outcomes.iter().filter(|outcome| **outcome == lost).count();
        assert_eq!((won, lost), (1, CROWD - 1), "{outcomes:?} on {:?}", target.kind);
        assert_eq!(target.directory.entries("(employeeNumber=E-7)", &["1.1"]).len(), 1, "{:?}", target.kind);
    })
    .await;
}

/// Numbers come from an entry in the directory, whoever asks for one.
#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_a_number_of_his_own() {
    let next = json!({ "uidNumber": { "entry": "cn=next,dc=example,dc=org", "attribute": "uidNumber" } });
    let mut settings = with(settings(Kind::OpenLdap), "/classes/person/next", next);
    settings["classes"]["person"]["object_classes"] = json!(["inetOrgPerson", "posixAccount"]);
    settings["classes"]["person"]["filter"] = json!("(objectClass=inetOrgPerson)");
    settings["classes"]["person"]["include"] = json!(["cn", "sn", "uidNumber", "gidNumber", "homeDirectory"]);
    let target = Target::new(Kind::OpenLdap, settings.clone());
    target.directory.ldif(
        "dn: cn=next,dc=example,dc=org\nobjectClass: account\nobjectClass: posixAccount\ncn: next\nuid: next\n\
         uidNumber: 7000\ngidNumber: 0\nhomeDirectory: /\n",
    );
    let given = |number: usize| {
        let name = format!("dora{number}");
        let mut given: Vec<Attribute> =
            ["login", "cn", "sn", "homeDirectory"].map(|of| attribute(of, [text(&name)])).into();
        given.push(attribute("gidNumber", [patchbay_contract::Value::Integer(100)]));
        given
    };
    let outcomes = create(&target, &settings, given).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let people = target.directory.entries("(&(objectClass=posixAccount)(sn=dora*))", &["uidNumber"]);
    let mut numbers: Vec<u32> = people.iter().map(|entry| entry.text("uidnumber").unwrap().parse().unwrap()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), CROWD, "{numbers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_into_the_group() {
    check(async |target| {
        let blue = target.uid("Blue").await;
        let mut people = Vec::new();
        for number in 0..CROWD {
            people.push(target.person(&format!("dora{number}"), vec![]).await.unwrap());
        }
        let mut crowd = JoinSet::new();
        for uid in &people {
            let (app, blue, uid) = (Arc::clone(&target.app), blue.clone(), uid.clone());
            crowd.spawn(async move {
                let deltas = vec![delta("members", Change::Add(vec![reference(&uid)]))];
                app.update(&ctx(), "group", &blue, None, deltas).await.map(drop)
            });
        }
        for outcome in crowd.join_all().await {
            outcome.unwrap();
        }
        let mut want: Vec<String> = people.iter().map(|uid| format!("->{uid}")).collect();
        want.sort_unstable();
        assert_eq!(target.values("group", &blue, "members").await, want, "{:?}", target.kind);
    })
    .await;
}
