use patchbay_gateway::Method;
use serde_json::json;

use super::{ENTERPRISE, HR, USER, patch, refused, user};
use crate::App;

#[tokio::test]
async fn s3_10_names_and_urns_have_no_case() {
    let app = App::wide("rfc");
    let id = user(&app, json!({"userName": "ada", "name": {"givenName": "Ada"}, HR: {"level": 3}})).await;
    let shouted = USER.to_uppercase();
    for filter in [
        format!("{USER}:name.givenName eq \"ada\""),
        format!("{shouted}:NAME.GIVENNAME eq \"ada\""),
        format!("{HR}:level eq 3"),
        format!("{}:LEVEL eq 3", HR.to_uppercase()),
        "level eq 3".to_owned(),
    ] {
        assert_eq!(app.get(&format!("/Users?filter={filter}")).await["totalResults"], 1, "{filter}");
    }
    let target = format!("/Users/{id}");
    let path = format!("{shouted}:NAME.GIVENNAME");
    let changed = patch(&app, &target, json!([{"op": "replace", "path": path, "value": "Eve"}])).await;
    assert_eq!(changed.body.unwrap()["name"]["givenName"], "Eve");
    let mut body = json!({"schemas": [shouted], "USERNAME": "eve", "Name": {"GIVENname": "E"}});
    body[ENTERPRISE.to_uppercase()] = json!({"DEPARTMENT": "x"});
    body["schemas"] = json!([USER, ENTERPRISE]);
    let put = app.send(Method::Put, &target, Some(body)).await.body.unwrap();
    assert_eq!(
        (&put["userName"], &put["name"], &put[ENTERPRISE]),
        (&json!("eve"), &json!({"givenName": "E"}), &json!({"department": "x"}))
    );
}

#[tokio::test]
async fn s3_11_me_is_501() {
    let app = App::wide("rfc");
    for method in [Method::Get, Method::Put, Method::Patch, Method::Delete, Method::Post] {
        refused(&app.send(method, "/Me", Some(json!({}))).await, 501, None);
    }
}

#[tokio::test]
async fn s3_13_another_version_is_no_endpoint() {
    let app = App::wide("rfc");
    refused(&app.send(Method::Get, "/v1/Users", None).await, 404, None);
}
