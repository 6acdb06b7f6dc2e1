//! Directories behind the whole host: what no database has.

mod hashed;

use std::collections::BTreeSet;

use patchbay_test_support::matrix;
use patchbay_tests::{Helpdesk, Host, HostOptions, Target};
use serde_json::json;

use crate::bodies::{one, user};
use crate::harness::ids;

/// Everybody who was there all the time is met, and nobody twice, while others come and go.
async fn check_walk(target: Target, people: u64, page: u64) {
    let helpdesk = Helpdesk::empty(target).await.expect("a directory");
    helpdesk.fill(people).await.expect("people");
    let mut host = Host::start(&helpdesk, HostOptions::default()).await.expect("a host");
    let run = matrix::Run::begin("end-to-end", target.name());
    let scim = host.client("helpdesk").expect("a client");
    let first = ids(&scim.get("/Users?attributes=id&count=1").await.expect("an answer"));
    let (mut seen, mut gone, mut start) = (BTreeSet::new(), BTreeSet::new(), 1);
    loop {
        let path = format!("/Users?attributes=userName&startIndex={start}&count={page}");
        let answer = scim.get(&path).await.expect("an answer");
        let found = ids(&answer);
        assert!(!found.is_empty(), "{target:?}: the list ends before its end: {}", answer.text);
        start += found.len() as u64;
        for id in &found {
            assert!(!gone.contains(id), "{target:?}: somebody who was deleted came");
            assert!(seen.insert(id.clone()), "{target:?}: somebody came twice");
        }
        // One comes, and one who was met already goes.
        let mut body = user(&format!("new{start}@helpdesk.example"));
        body["displayName"] = json!(format!("New {start}"));
        let new = scim.post("/Users", &body).await.expect("an answer");
        assert_eq!(new.status, 201, "{target:?}: {}", new.text);
        let leaver = &found[found.len() / 2];
        assert_eq!(scim.delete(&format!("/Users/{leaver}")).await.expect("an answer").status, 204);
        gone.insert(leaver.clone());
        // As clients do, up to what there was said to be.
        if start > answer.at("/totalResults").as_u64().expect("a total") {
            break;
        }
    }
    assert!(seen.contains(&first[0]), "{target:?}");
    assert!(seen.len() as u64 >= people, "{target:?}: {} of {people}", seen.len());
    // Who jumps behind the end is told how much there is.
    let behind = scim.get(&format!("/Users?startIndex={}&count=5", people * 2)).await.expect("an answer");
    assert_eq!((behind.status, ids(&behind).len()), (200, 0), "{target:?}: {}", behind.text);
    assert_eq!(behind.at("/totalResults").as_u64(), Some(people), "{target:?}");
    drop(run);
    host.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_over_twenty_thousand_while_others_come_and_go() {
    check_walk(Target::OpenLdap, 20_000, 1_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_over_a_domain_while_others_come_and_go() {
    if Target::all_kinds().contains(&Target::SambaAd) {
        check_walk(Target::SambaAd, 2_500, 500).await;
    }
}

/// A directory that is gone is unavailable, and is used again once it is back.
#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_unplugged_comes_back() {
    for target in Target::all_kinds().into_iter().filter(|target| target.is_directory()) {
        let mut helpdesk = Helpdesk::fresh(target).await.expect("a directory");
        helpdesk.add_wire().await.expect("a wire");
        let mut host = Host::start(&helpdesk, HostOptions::default()).await.expect("a host");
        let run = matrix::Run::begin("end-to-end", target.name());
        let scim = host.client("helpdesk").expect("a client");
        let id = scim.post("/Users", &user("nina@helpdesk.example")).await.expect("an answer");
        let path = format!("/Users/{}", id.id().expect("an id"));
        helpdesk.unplug().expect("a wire");
        let answer = scim.get(&path).await.expect("an answer");
        assert_eq!(answer.status, 503, "{target:?}: {}", answer.text);
        assert!(answer.header("retry-after").is_some(), "{target:?}");
        assert!(!answer.text.contains("127.0.0.1"), "{target:?}: {}", answer.text);
        helpdesk.plug().expect("a wire");
        let mut answer = scim.get(&path).await.expect("an answer");
        for _ in 0..100 {
            if answer.status == 200 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            answer = scim.get(&path).await.expect("an answer");
        }
        assert_eq!(answer.status, 200, "{target:?}: {}", answer.text);
        drop(run);
        host.shutdown().await;
    }
}

/// New names and other places leave the SCIM id, memberships and managers as they were.
#[tokio::test(flavor = "multi_thread")]
async fn a_rename_keeps_the_id() {
    for target in Target::all_kinds().into_iter().filter(|target| target.is_directory()) {
        let helpdesk = Helpdesk::fresh(target).await.expect("a directory");
        let mut host = Host::start(&helpdesk, HostOptions::default()).await.expect("a host");
        let run = matrix::Run::begin("end-to-end", target.name());
        let scim = host.client("helpdesk").expect("a client");
        let rows = helpdesk.rows().await.expect("rows");
        let boss = rows.find("person", "login", "Margit.Olsen@helpdesk.example").expect("Margit");
        let (id, dn) = (boss.get("person_id").expect("an id").to_owned(), boss.get("dn").expect("a name").to_owned());
        for (path, value) in [("displayName", "Margit Olsen-Holm"), ("userName", "margit.holm@helpdesk.example")] {
            let answer =
                scim.patch(&format!("/Users/{id}"), &one("replace", path, json!(value))).await.expect("an answer");
            assert_eq!(answer.status, 200, "{target:?}: {}", answer.text);
            assert_eq!(answer.id(), Some(id.as_str()));
        }
        let rows = helpdesk.rows().await.expect("rows");
        let boss = rows.find("person", "person_id", &id).expect("Margit");
        assert_ne!(boss.get("dn"), Some(dn.as_str()), "{target:?}");
        assert_eq!(boss.get("login"), Some("margit.holm@helpdesk.example"));
        assert_eq!(rows.values("person", "manager_id", &id, "first_name").len(), 2, "{target:?}");
        let team = rows.find("team", "name", "First Line").and_then(|team| team.get("team_id")).expect("a team");
        assert!(rows.values("team_person", "team_id", team, "person_id").contains(&id.as_str()), "{target:?}");
        drop(run);
        host.shutdown().await;
    }
}
