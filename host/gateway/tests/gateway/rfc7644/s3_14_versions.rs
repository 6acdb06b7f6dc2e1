//! Section 3.14 with RFC 9110 section 13.1, on which it stands.

use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use super::{BULK, GROUP, PATCH, USER, header, refused, user};
use crate::App;

const TITLE: &str = "title";

fn put() -> Option<Value> {
    Some(json!({"schemas": [USER], "userName": "ada", "title": "new"}))
}

fn change(value: &str) -> Option<Value> {
    Some(json!({"schemas": [PATCH], "Operations": [{"op": "replace", "path": TITLE, "value": value}]}))
}

async fn version(app: &App, target: &str) -> String {
    let response = app.send(Method::Get, target, None).await;
    assert_eq!(header(&response, "etag"), response.body.as_ref().unwrap()["meta"]["version"].as_str());
    header(&response, "etag").unwrap().to_owned()
}

/// With the RFC's conditional GET behind it.
#[tokio::test]
async fn s3_14_example_create() {
    let app = App::wide("rfc");
    let name = json!({"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara"});
    let body = json!({"schemas": [USER], "userName": "bjensen", "externalId": "bjensen", "name": name});
    let made = app.send(Method::Post, "/Users", Some(body)).await;
    let etag = header(&made, "etag").unwrap();
    assert!(made.status == 201 && etag.starts_with("W/\"") && etag.ends_with('"'), "{etag}");
    assert_eq!(made.body.as_ref().unwrap()["meta"]["version"], etag);
    // It is the same wherever the resource is shown.
    assert_eq!(version(&app, "/Users/1").await, etag);
    assert_eq!(app.get("/Users").await["Resources"][0]["meta"]["version"], etag);
    // "retrieve the resource only if the resource has been modified"
    let target = "/Users/1?attributes=displayName";
    let same = app.send_if(Method::Get, target, None, None, Some(etag)).await;
    assert_eq!((same.status, &same.body), (304, &None));
    app.send(Method::Patch, "/Users/1", change("x")).await;
    assert_eq!(app.send_if(Method::Get, target, None, None, Some(etag)).await.status, 200);
}

#[tokio::test]
async fn s3_14_every_write_changes_the_version_and_shows_it() {
    let app = App::wide("rfc");
    let target = format!("/Users/{}", user(&app, json!({"userName": "ada"})).await);
    let first = version(&app, &target).await;
    assert!(first.starts_with("W/\"") && first.ends_with('"'), "{first}");
    let patched = app.send(Method::Patch, &target, change("x")).await;
    let second = version(&app, &target).await;
    assert_ne!(first, second);
    assert_eq!(header(&patched, "etag"), Some(second.as_str()));
    let nothing = app.send(Method::Patch, &target, change("x")).await;
    assert_eq!(header(&nothing, "etag"), Some(second.as_str()), "3.5.2.1: no change, no new version");
    let replaced = app.send(Method::Put, &target, put()).await;
    assert_ne!(header(&replaced, "etag"), Some(second.as_str()));
}

#[tokio::test]
async fn s3_14_if_none_match_on_get() {
    let app = App::wide("rfc");
    let target = format!("/Users/{}", user(&app, json!({"userName": "ada"})).await);
    let now = version(&app, &target).await;
    let strong = now.trim_start_matches("W/").to_owned();
    let list = format!("\"x\", {now}");
    for (tags, status) in [
        (now.as_str(), 304),
        (strong.as_str(), 304),
        (list.as_str(), 304),
        ("*", 304),
        ("W/\"x\"", 200),
        ("\"x\", \"y\"", 200),
    ] {
        let response =
            app.send_if(Method::Get, &format!("{target}?attributes=displayName"), None, None, Some(tags)).await;
        assert_eq!(response.status, status, "{tags}");
        assert_eq!(response.body.is_none(), status == 304, "{tags}");
        assert_eq!(header(&response, "etag"), Some(now.as_str()), "{tags}");
    }
    refused(&app.send_if(Method::Get, &target, None, None, Some("\"x")).await, 400, Some("invalidValue"));
    refused(&app.send_if(Method::Get, &target, None, Some("\"x\""), None).await, 412, None);
}

#[tokio::test]
async fn s3_14_if_match_on_writes() {
    for (method, body) in [(Method::Put, put()), (Method::Patch, change("new")), (Method::Delete, None)] {
        let app = App::wide("rfc");
        let target = format!("/Users/{}", user(&app, json!({"userName": "ada"})).await);
        let old = version(&app, &target).await;
        app.send(Method::Patch, &target, change("between")).await;
        let now = version(&app, &target).await;
        app.fake.writes();
        let several = format!("{old}, W/\"x\"");
        for stale in [old.as_str(), several.as_str(), "nonsense"] {
            refused(&app.send_if(method, &target, body.clone(), Some(stale), None).await, 412, None);
        }
        for taken in [now.as_str(), "*"] {
            refused(&app.send_if(method, &target, body.clone(), None, Some(taken)).await, 412, None);
        }
        refused(&app.send_if(method, &target, body.clone(), Some(""), None).await, 400, Some("invalidValue"));
        assert_eq!(app.fake.writes(), Vec::<String>::new(), "{method:?}");
        let good = format!("\"x\", {now}");
        let done = app.send_if(method, &target, body.clone(), Some(&good), Some("\"x\"")).await;
        assert!(done.status < 300, "{method:?} {:?}", done.body);
        assert!(!app.fake.writes().is_empty());
        refused(&app.send_if(method, "/Users/99", body, Some("*"), None).await, 404, None);
    }
}

#[tokio::test]
async fn s3_14_if_match_holds_what_changes_nothing_too() {
    let app = App::wide("rfc");
    let target = format!("/Users/{}", user(&app, json!({"userName": "ada", "title": "new"})).await);
    refused(&app.send_if(Method::Patch, &target, change("new"), Some("\"x\""), None).await, 412, None);
    refused(&app.send_if(Method::Put, &target, put(), Some("\"x\""), None).await, 412, None);
    // A stale version is the news, not that the request would fail anyway.
    let none = json!({"schemas": [PATCH], "Operations": [{"op": "replace", "path": "emails[type eq \"x\"].value", "value": "y"}]});
    refused(&app.send_if(Method::Patch, &target, Some(none), Some("\"x\""), None).await, 412, None);
}

#[tokio::test]
async fn s3_14_members_are_changed_on_a_version_without_being_read() {
    let app = App::wide("rfc");
    let id = app.made("/Groups", json!({"schemas": [GROUP], "displayName": "g"})).await;
    let target = format!("/Groups/{id}");
    let now = version(&app, &target).await;
    let add = |id: &str| {
        Some(json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "members", "value": [{"value": id}]}]}))
    };
    app.fake.reads();
    let added = app.send_if(Method::Patch, &target, add("1"), Some(&now), None).await;
    assert_eq!((added.status, app.fake.reads()), (204, vec![]));
    refused(&app.send_if(Method::Patch, &target, add("2"), Some(&now), None).await, 412, None);
    let next = header(&added, "etag").unwrap().to_owned();
    let several = format!("{now}, {next}");
    assert_eq!(app.send_if(Method::Patch, &target, add("2"), Some(&several), None).await.status, 204);
    assert_eq!(app.get(&target).await["members"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn s3_14_without_versions_if_match_is_refused_not_ignored() {
    for (method, body) in [(Method::Put, put()), (Method::Patch, change("new")), (Method::Delete, None)] {
        let app = App::with(helpdesk::WIDE, Memory::new(helpdesk::wide()), "rfc");
        let target = format!("/Users/{}", user(&app, json!({"userName": "ada"})).await);
        refused(&app.send_if(method, &target, body.clone(), Some("W/\"1\""), None).await, 412, None);
        let any = app.send_if(method, &target, body, Some("*"), None).await;
        assert!(any.status < 300, "{:?}", any.body);
        assert_eq!(header(&any, "etag"), None);
    }
}

#[tokio::test]
async fn s3_14_versions_in_bulk() {
    let app = App::wide("rfc");
    let id = user(&app, json!({"userName": "ada"})).await;
    let now = version(&app, &format!("/Users/{id}")).await;
    let path = format!("/Users/{id}");
    let body = json!({"schemas": [BULK], "Operations": [
        {"method": "PATCH", "path": path, "version": "W/\"x\"", "data": change("a")},
        {"method": "PATCH", "path": path, "version": now, "data": change("b")},
        {"method": "DELETE", "path": path, "version": now},
    ]});
    let answer = app.send(Method::Post, "/Bulk", Some(body)).await.body.unwrap();
    let statuses: Vec<&str> =
        answer["Operations"].as_array().unwrap().iter().map(|o| o["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["412", "200", "412"], "{answer}");
    assert_eq!(answer["Operations"][1]["version"], json!(version(&app, &path).await));
}

#[tokio::test]
async fn s3_14_etag_is_announced_where_classes_have_versions() {
    for (app, expected) in [(App::wide("rfc"), true), (App::new("rfc"), false)] {
        assert_eq!(app.get("/ServiceProviderConfig").await["etag"]["supported"], json!(expected));
        assert_eq!(app.fake.reads(), [""; 0], "discovery reads no object");
    }
}
