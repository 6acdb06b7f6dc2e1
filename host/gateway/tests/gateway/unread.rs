//! Writes that were done, on a target that goes away before it is asked what came of them,
//! or that does not show it.

use patchbay_gateway::{Effect, Method, Response};
use patchbay_memory::Memory;
use serde_json::json;

use crate::App;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn etag(response: &Response) -> Option<&str> {
    response.headers.iter().find(|(name, _)| *name == "etag").map(|(_, value)| value.as_str())
}

/// Why what was written cannot be read back.
const REASONS: [fn(&Memory); 2] = [Memory::go_away_after_a_write, Memory::hide_after_a_write];

#[tokio::test]
async fn a_create_says_where_the_resource_is() {
    for reason in REASONS {
        created(reason).await;
    }
}

async fn created(reason: fn(&Memory)) {
    let app = App::wide("rfc");
    reason(&app.fake);
    let body = json!({"schemas": [USER], "userName": "ada"});
    let response = app.send(Method::Post, "/Users", Some(body)).await;
    let made = response.body.clone().unwrap();
    assert_eq!(response.status, 201, "{made}");
    assert_eq!(response.audit.as_ref().unwrap().effect, Effect::Written);
    let (location, version) = ("https://host/scim/Users/1", &made["meta"]["version"]);
    let meta = json!({"resourceType": "User", "location": location, "version": version});
    assert_eq!(made, json!({"schemas": [USER], "id": "1", "meta": meta}));
    assert_eq!(etag(&response), version.as_str());
    assert_eq!(app.get("/Users/1").await["userName"], "ada");
}

#[tokio::test]
async fn a_change_says_that_it_was_made() {
    let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "title", "value": "Countess"}]});
    let put = json!({"schemas": [USER], "userName": "ada", "title": "Countess"});
    let requests = [(Method::Patch, patch), (Method::Put, put)];
    for (reason, (method, body)) in REASONS.into_iter().flat_map(|r| requests.clone().map(|request| (r, request))) {
        let app = App::wide("rfc");
        let id = app.user("ada").await;
        reason(&app.fake);
        let response = app.send(method, &format!("/Users/{id}"), Some(body)).await;
        assert_eq!((response.status, &response.body), (204, &None), "{method:?}");
        assert_eq!(response.audit.as_ref().unwrap().effect, Effect::Written);
        assert!(etag(&response).is_some(), "{method:?}");
        assert_eq!(app.get(&format!("/Users/{id}")).await["title"], "Countess");
    }
}

/// What was not there before is not there, and nothing was written.
#[tokio::test]
async fn without_a_write_it_is_not_found() {
    let app = App::wide("rfc");
    let put = json!({"schemas": [USER], "userName": "ada"});
    let response = app.send(Method::Put, "/Users/7", Some(put)).await;
    assert_eq!((response.status, response.audit.as_ref().unwrap().effect), (404, Effect::Nothing));
}
