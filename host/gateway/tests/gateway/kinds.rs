//! Elements of a kind that the application has no place for: Entra sends fax numbers by
//! default.

use patchbay_gateway::Method;
use serde_json::{Value, json};

use crate::App;

const PHONES: [&str; 2] = ["mobile", "fax"];

fn user(phones: &Value) -> Value {
    let schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
    json!({"schemas": schemas, "userName": "ada", "active": true, "phoneNumbers": phones})
}

fn patch(operations: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

async fn check(client: &str, method: Method, target: &str, body: Value, status: u16, writes: &[&str]) {
    let app = App::new(client);
    app.user("eve").await;
    let response = app.send(method, target, Some(body.clone())).await;
    assert_eq!(response.status, status, "{client} {body}: {:?}", response.body);
    let written = app.fake.writes();
    assert!(writes.iter().all(|write| written.iter().any(|w| w == write)), "{client} {body}: {written:?}");
    assert!(!written.iter().any(|w| w.contains("555")), "{client} {body}: {written:?}");
    if status >= 400 {
        assert!(written.is_empty(), "{client} {body}: {written:?}");
        assert!(response.body.unwrap()["detail"].as_str().unwrap().contains("phoneNumbers"));
    }
}

#[tokio::test]
async fn a_kind_that_is_not_mapped_is_left_out_as_an_attribute_is() {
    let [mobile, fax] = PHONES.map(|kind| json!({"type": kind, "value": if kind == "fax" { "555" } else { "1" }}));
    let both = json!([mobile, fax]);
    let disable = json!([
        {"op": "replace", "path": "active", "value": false},
        {"op": "add", "path": "phoneNumbers[type eq \"fax\"].value", "value": "555"},
    ]);
    for client in ["default", "entra", "okta"] {
        check(client, Method::Post, "/Users", user(&both), 201, &["create person login,status,phone"]).await;
        check(client, Method::Put, "/Users/1", user(&both), 200, &["phone =1"]).await;
        check(client, Method::Patch, "/Users/1", patch(disable.clone()), 200, &["status =d"]).await;
        let add = json!([{"op": "add", "path": "phoneNumbers", "value": both}]);
        check(client, Method::Patch, "/Users/1", patch(add), 200, &["phone =1"]).await;
    }
    check("rfc", Method::Post, "/Users", user(&both), 400, &[]).await;
    check("rfc", Method::Patch, "/Users/1", patch(disable), 400, &[]).await;
}

#[tokio::test]
async fn a_second_value_of_a_place_is_refused_all_the_same() {
    let twice = json!([{"type": "mobile", "value": "1"}, {"type": "mobile", "value": "555"}]);
    let untyped = json!([{"type": "mobile", "value": "1"}, {"value": "555"}]);
    for client in ["default", "entra", "okta", "rfc"] {
        check(client, Method::Post, "/Users", user(&twice), 400, &[]).await;
        check(client, Method::Post, "/Users", user(&untyped), 400, &[]).await;
    }
}
