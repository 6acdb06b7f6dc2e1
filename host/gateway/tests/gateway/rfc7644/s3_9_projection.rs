use patchbay_gateway::Method;
use serde_json::{Value, json};

use super::{ENTERPRISE, PATCH, USER, header, refused, user};
use crate::App;

fn keys(body: &Value) -> Vec<&str> {
    body.as_object().unwrap().keys().map(String::as_str).collect()
}

async fn person(app: &App) -> String {
    let emails = json!([{"type": "work", "value": "a@b"}]);
    let body = json!({
        "userName": "ada", "title": "x", "name": {"givenName": "Ada", "familyName": "Byron"}, "emails": emails,
        ENTERPRISE: {"department": "d", "employeeNumber": "7"},
    });
    user(app, body).await
}

#[tokio::test]
async fn s3_9_example_attributes() {
    let app = App::wide("rfc");
    let id = person(&app).await;
    let whole = app.get(&format!("/Users/{id}")).await;
    let response = app.send(Method::Get, &format!("/Users/{id}?attributes=userName"), None).await;
    assert_eq!(header(&response, "etag"), whole["meta"]["version"].as_str());
    assert_eq!(header(&response, "location"), whole["meta"]["location"].as_str());
    let body = response.body.unwrap();
    assert_eq!(body, json!({"schemas": [USER], "id": id, "userName": "ada"}));
}

#[tokio::test]
async fn s3_9_attributes_and_excluded_attributes() {
    let app = App::wide("rfc");
    let id = person(&app).await;
    let check = async |query: &str, wanted: &[&str]| {
        let body = app.get(&format!("/Users/{id}?{query}")).await;
        assert_eq!(keys(&body), wanted, "{query}: {body}");
        body
    };
    check("attributes=userName,title", &["schemas", "id", "userName", "title"]).await;
    let name = check("attributes=name.givenName", &["schemas", "id", "name"]).await;
    assert_eq!(name["name"], json!({"givenName": "Ada"}));
    let name =
        check("excludedAttributes=name.givenName,emails,title,userName,meta", &["schemas", "id", "name", ENTERPRISE])
            .await;
    assert_eq!(name["name"], json!({"familyName": "Byron"}));
    // `returned: always` cannot be excluded.
    check(&format!("excludedAttributes=id,schemas,meta,userName,name,emails,title,{ENTERPRISE}"), &["schemas", "id"])
        .await;
    let one = check(&format!("attributes={ENTERPRISE}:department"), &["schemas", "id", ENTERPRISE]).await;
    assert_eq!(one[ENTERPRISE], json!({"department": "d"}));
    check(&format!("attributes={ENTERPRISE}"), &["schemas", "id", ENTERPRISE]).await;
    check("attributes=NOSUCH", &["schemas", "id"]).await;
    check("attributes=USERNAME", &["schemas", "id", "userName"]).await;
    let both = format!("/Users/{id}?attributes=userName&excludedAttributes=title");
    refused(&app.send(Method::Get, &both, None).await, 400, Some("invalidValue"));
}

#[tokio::test]
async fn s3_9_every_operation_that_answers_a_resource_takes_them() {
    let app = App::wide("rfc");
    let body = json!({"schemas": [USER], "userName": "ada", "title": "x"});
    let made = app.send(Method::Post, "/Users?attributes=title", Some(body.clone())).await.body.unwrap();
    assert_eq!(keys(&made), ["schemas", "id", "title"]);
    let put = app.send(Method::Put, "/Users/1?excludedAttributes=title,meta", Some(body)).await.body.unwrap();
    assert_eq!(keys(&put), ["schemas", "id", "userName"]);
    let change = json!({"schemas": [PATCH], "Operations": [{"op": "replace", "path": "title", "value": "y"}]});
    let patched = app.send(Method::Patch, "/Users/1?attributes=title", Some(change)).await;
    assert_eq!((patched.status, keys(patched.body.as_ref().unwrap())), (200, vec!["schemas", "id", "title"]));
}

#[tokio::test]
async fn s3_5_2_a_patch_with_attributes_is_200() {
    let app = App::wide("rfc");
    let group = app.group("g", &["1"]).await;
    let change = |id: &str| {
        Some(json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "members", "value": [{"value": id}]}]}))
    };
    assert_eq!(app.send(Method::Patch, &format!("/Groups/{group}"), change("2")).await.status, 204);
    let response = app.send(Method::Patch, &format!("/Groups/{group}?attributes=members"), change("3")).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.body.unwrap()["members"].as_array().unwrap().len(), 3);
}
