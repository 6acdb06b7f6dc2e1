//! A life under Okta, request by request as its SCIM 2.0 reference documents them:
//! import, match, create, profile push by PUT, password push, groups, deactivation. Under
//! the profile made for it and under the general one.

use patchbay_tests::Answer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::bodies::patch;
use crate::harness::{App, GROUP, USER, everywhere};

const LOGIN: &str = "isaac.brock@helpdesk.example";

/// The new user as Okta pushes it: with a password, and with attributes that the
/// application has no place for.
fn new_user() -> Value {
    json!({
        "schemas": [USER],
        "userName": LOGIN,
        "name": { "givenName": "Isaac", "familyName": "Brock" },
        "emails": [{ "primary": true, "value": LOGIN, "type": "work" }],
        "displayName": "Isaac Brock",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq-Secret",
        "active": true,
    })
}

/// The whole profile as Okta pushes it later, with what it read from us in it.
fn whole_user(id: &str) -> Value {
    json!({
        "schemas": [USER],
        "id": id,
        "userName": LOGIN,
        "name": { "givenName": "Isaac", "middleName": "Abel", "familyName": "Brock-Lee" },
        "emails": [{ "primary": true, "value": "isaac@helpdesk.example", "type": "work", "display": "isaac" }],
        "phoneNumbers": [{ "value": "+1 555 0100", "type": "mobile" }],
        "title": "Analyst",
        "displayName": "Isaac Brock-Lee",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "active": true,
        "meta": { "resourceType": "User" },
    })
}

/// An operation without a path.
fn replace(value: Value) -> Value {
    patch(json!([{ "op": "replace", "value": value }]))
}

async fn change(app: &App, id: &str, body: &Value) -> Answer {
    app.send(Method::PATCH, &format!("/Users/{id}"), Some(body), 200).await
}

/// The connector is set up and imports who is there.
async fn import(app: &App) {
    app.get("/ServiceProviderConfig").await;
    let first = app.get("/Users?startIndex=1&count=2").await;
    assert_eq!((first.at("/totalResults"), first.at("/itemsPerPage")), (&json!(6), &json!(2)));
    let mut everybody = Vec::new();
    for start in [1, 5] {
        everybody.extend(app.list(&format!("/Users?startIndex={start}&count=4")).await);
    }
    assert_eq!(everybody, app.list("/Users?startIndex=1&count=100").await);
    assert_eq!(everybody.len(), 6);
    let groups = app.get("/Groups?startIndex=1&count=100").await;
    assert_eq!((groups.at("/totalResults"), groups.at("/startIndex")), (&json!(2), &json!(1)));
}

/// Matched by name, created, read; a second push says that the name is taken.
async fn arrive(app: &App) -> String {
    let matching = format!("/Users?filter=userName eq \"{LOGIN}\"&startIndex=1&count=100");
    assert_eq!(app.unchanged("the match", app.list(&matching)).await, [""; 0]);
    let id = app.create("/Users", &new_user()).await;
    let want = [
        ("login", Some(LOGIN)),
        ("first_name", Some("Isaac")),
        ("last_name", Some("Brock")),
        ("display_name", Some("Isaac Brock")),
        ("external_id", Some("00ujl29u0le5T6Aj10h7")),
        ("status", Some("A")),
    ];
    app.check("person", ("person_id", &id), &want).await;
    app.check("person_mail", ("person_id", &id), &[("kind", Some("W")), ("address", Some(LOGIN))]).await;
    let read = app.get(&format!("/Users/{id}")).await;
    assert_eq!((read.at("/active"), read.at("/name/familyName")), (&json!(true), &json!("Brock")));
    assert!(!read.text.contains("Secret"), "{}", read.text);
    assert_eq!(app.list(&matching).await, [id.as_str()]);
    let again = app.send(Method::POST, "/Users", Some(&new_user()), 409).await;
    assert_eq!(again.at("/scimType"), "uniqueness");
    id
}

/// The profile is pushed as a whole, the password alone.
async fn work(app: &App, id: &str) {
    let path = format!("/Users/{id}");
    let put = app.send(Method::PUT, &path, Some(&whole_user(id)), 200).await;
    assert_eq!(put.at("/name/familyName"), "Brock-Lee");
    let want = [
        ("last_name", Some("Brock-Lee")),
        ("title", Some("Analyst")),
        ("phone_mobile", Some("+1 555 0100")),
        ("phone_work", None),
        ("status", Some("A")),
    ];
    app.check("person", ("person_id", id), &want).await;
    assert_eq!(app.values("person_mail", ("person_id", id), "address").await, ["isaac@helpdesk.example"]);
    app.unchanged("the same push", app.send(Method::PUT, &path, Some(&whole_user(id)), 200)).await;
    let password = replace(json!({ "password": "t3st-Secret" }));
    assert!(!change(app, id, &password).await.text.contains("Secret"));
    if app.helpdesk.target().is_directory() {
        // It keeps passwords in its own way.
        let rows = app.helpdesk.rows().await.expect("rows");
        let row = rows.find("person", "person_id", id).expect("a person");
        assert!(app.helpdesk.binds(row, "t3st-Secret").expect("an answer"), "the new password");
        assert!(!app.helpdesk.binds(row, "1mz050nq-Secret").expect("an answer"), "the old password");
        return;
    }
    let stored = app.values("person", ("person_id", id), "password_hash").await;
    assert!(stored.len() == 1 && stored.iter().all(|hash| hash.starts_with("$argon2id$")), "{stored:?}");
}

/// A pushed group: create, rename, members in and out, replaced as a whole, deleted.
async fn join(app: &App, id: &str) {
    let tomas = app.person("tomas.horak@helpdesk.example").await;
    let member = |id: &str, display: &str| json!({ "value": id, "display": display });
    let body = json!({ "schemas": [GROUP], "displayName": "Okta Shift", "members": [member(id, LOGIN)] });
    assert_eq!(app.list("/Groups?filter=displayName eq \"Okta Shift\"&startIndex=1&count=100").await, [""; 0]);
    let group = app.create("/Groups", &body).await;
    let (path, key) = (format!("/Groups/{group}"), ("team_id", group.as_str()));
    app.check("team", key, &[("name", Some("Okta Shift"))]).await;
    assert_eq!(app.values("team_person", key, "person_id").await, [id]);

    let regroup = async |operations: Value| app.send(Method::PATCH, &path, Some(&patch(operations)), 204).await;
    regroup(json!([{ "op": "replace", "value": { "id": group, "displayName": "Early Shift" } }])).await;
    app.check("team", key, &[("name", Some("Early Shift"))]).await;
    regroup(json!([
        { "op": "remove", "path": format!("members[value eq \"{id}\"]") },
        { "op": "add", "path": "members", "value": [member(&tomas, "tomas.horak@helpdesk.example")] },
    ]))
    .await;
    assert_eq!(app.values("team_person", key, "person_id").await, std::slice::from_ref(&tomas));
    regroup(json!([{ "op": "replace", "path": "members", "value": [member(id, LOGIN)] }])).await;
    assert_eq!(app.values("team_person", key, "person_id").await, [id]);
    let read = app.get(&path).await;
    assert_eq!((read.at("/displayName"), read.at("/members/0/value")), (&json!("Early Shift"), &json!(id)));
    regroup(json!([{ "op": "replace", "path": "members", "value": [] }])).await;
    assert_eq!(app.values("team_person", key, "person_id").await, [""; 0], "an empty list clears");

    let mut both = [id.to_owned(), tomas.clone()];
    both.sort_unstable();
    let body = json!({
        "schemas": [GROUP], "id": group, "displayName": "Late Shift", "members": [member(id, LOGIN), member(&tomas, "t")],
    });
    app.send(Method::PUT, &path, Some(&body), 200).await;
    app.check("team", key, &[("name", Some("Late Shift"))]).await;
    assert_eq!(app.values("team_person", key, "person_id").await, both);
    assert!(app.list("/Groups?startIndex=1&count=100").await.contains(&group));
    app.send(Method::DELETE, &path, None, 204).await;
    assert_eq!(app.values("team", key, "name").await, [""; 0]);
    app.send(Method::GET, &path, None, 404).await;
}

/// Okta never deletes people: it takes their access away, and may give it back.
async fn leave(app: &App, id: &str) {
    for (active, status) in [(false, "D"), (true, "A"), (false, "D")] {
        let answer = change(app, id, &replace(json!({ "active": active }))).await;
        assert_eq!(answer.at("/active"), &json!(active), "{}", answer.text);
        app.check("person", ("person_id", id), &[("status", Some(status)), ("title", Some("Analyst"))]).await;
    }
    let read = app.get(&format!("/Users?filter=userName eq \"{LOGIN}\"&startIndex=1&count=100")).await;
    assert_eq!((read.at("/Resources/0/id"), read.at("/Resources/0/active")), (&json!(id), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_under_okta() {
    everywhere(&["okta", "default"], async |app| {
        import(app).await;
        let id = arrive(app).await;
        work(app, &id).await;
        join(app, &id).await;
        leave(app, &id).await;
    })
    .await;
}
