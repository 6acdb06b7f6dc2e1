//! What changed, as SCIM resources.

use std::time::Duration;

use patchbay_contract::Context;
use patchbay_gateway::{ChangesError, Method, ResourceChange};
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use crate::App;

const BASE: &str = "https://host/scim";

fn context() -> Context {
    Context { request_id: "r1".into(), traceparent: None, deadline: Duration::from_secs(5) }
}

fn app() -> App {
    App::with(helpdesk::SMALL, Memory::new(helpdesk::small()).versioned().synced(), "default")
}

/// `+ID` or `-ID` of each.
fn short(changes: &[ResourceChange]) -> Vec<String> {
    let short = |change: &ResourceChange| match change {
        ResourceChange::Upsert { id, .. } => format!("+{id}"),
        ResourceChange::Delete { id } => format!("-{id}"),
    };
    changes.iter().map(short).collect()
}

#[tokio::test]
async fn a_change_shows_what_get_shows() {
    let app = app();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let token = app.gateway.latest_token(&context(), "User").await.unwrap();
    let group = app.group("Red", &[&ada]).await;
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": false}],
    });
    for user in [&ada, &bob, &ada] {
        assert!(app.send(Method::Patch, &format!("/Users/{user}"), Some(patch.clone())).await.status < 300);
    }
    assert_eq!(app.send(Method::Delete, &format!("/Users/{bob}"), None).await.status, 204);

    let first = app.gateway.changes(&context(), BASE, "Users", &token, 1, Duration::ZERO).await.unwrap();
    assert_eq!((short(&first.changes), first.more), (vec![format!("+{ada}")], true));
    let rest = app.gateway.changes(&context(), BASE, "user", &first.token, 10, Duration::ZERO).await.unwrap();
    assert_eq!((short(&rest.changes), rest.more), (vec![format!("-{bob}")], false));
    let ResourceChange::Upsert { resource, .. } = &first.changes[0] else { panic!("{first:?}") };
    assert_eq!(Value::Object(resource.clone()), app.get(&format!("/Users/{ada}")).await);
    assert_eq!(resource["active"], false);

    // Members are shown, as GET shows them, and read-only lists of others are not written.
    let token = app.gateway.latest_token(&context(), "Group").await.unwrap();
    let rename = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "displayName", "value": "Blue"}],
    });
    assert!(app.send(Method::Patch, &format!("/Groups/{group}"), Some(rename)).await.status < 300);
    let page = app.gateway.changes(&context(), BASE, "Group", &token, 10, Duration::ZERO).await.unwrap();
    let ResourceChange::Upsert { resource, .. } = &page.changes[0] else { panic!("{page:?}") };
    assert_eq!(Value::Object(resource.clone()), app.get(&format!("/Groups/{group}")).await);
    assert_eq!(resource["members"][0]["value"], ada);
}

#[tokio::test]
async fn a_walk_goes_through_all_once() {
    let app = app();
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(format!("+{}", app.user(&format!("user{number}")).await));
    }
    let mut found = Vec::new();
    let mut from = None;
    loop {
        let page = app.gateway.walk(&context(), BASE, "User", from, 2).await.unwrap();
        found.append(&mut short(&page.changes));
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(found, made);
}

#[tokio::test]
async fn errors_say_what_is_to_be_done() {
    let app = app();
    let users = app.gateway.latest_token(&context(), "User").await.unwrap();
    let error = app.gateway.changes(&context(), BASE, "Group", &users, 10, Duration::ZERO).await.unwrap_err();
    assert!(error.needs_full_run() && !error.is_passing(), "{error:?}");
    let error = app.gateway.latest_token(&context(), "Device").await.unwrap_err();
    assert!(matches!(error, ChangesError::NoSuchType(_)) && !error.needs_full_run(), "{error:?}");
    assert_eq!(error.to_string(), "there is no such resource type; mapped are Group, User");
    assert_eq!(app.gateway.resource_type("/Users").unwrap(), "User");
    assert!(app.gateway.resource_type("Device").is_err());
    // A connector that cannot.
    let unable = App::with(helpdesk::SMALL, Memory::new(helpdesk::small()), "default");
    let error = unable.gateway.latest_token(&context(), "User").await.unwrap_err();
    assert!(!error.needs_full_run() && !error.is_passing(), "{error:?}");
}
