//! Section 3.6.

use patchbay_gateway::Method;
use serde_json::json;

use super::{ERROR, USER, patch, refused, user};
use crate::App;

#[tokio::test]
async fn s3_6_examples() {
    let app = App::wide("rfc");
    let target = format!("/Users/{}", user(&app, json!({"userName": "bjensen"})).await);
    let version = app.get(&target).await["meta"]["version"].as_str().unwrap().to_owned();
    let gone = app.send_if(Method::Delete, &target, None, Some(&version), None).await;
    assert_eq!((gone.status, gone.body, gone.headers), (204, None, vec![]));
    let response = app.send(Method::Get, &target, None).await;
    let body = response.body.unwrap();
    assert_eq!((response.status, &body["status"], &body["schemas"]), (404, &json!("404"), &json!([ERROR])));
    assert!(body["detail"].is_string() && body.as_object().unwrap().len() == 3, "{body}");
}

#[tokio::test]
async fn s3_6_after_delete_everything_is_404() {
    let app = App::wide("rfc");
    let id = user(&app, json!({"userName": "ada"})).await;
    let target = format!("/Users/{id}");
    let gone = app.send(Method::Delete, &target, None).await;
    assert_eq!((gone.status, gone.body), (204, None));
    let put = json!({"schemas": [USER], "userName": "ada"});
    refused(&app.send(Method::Get, &target, None).await, 404, None);
    refused(&app.send(Method::Put, &target, Some(put)).await, 404, None);
    refused(&patch(&app, &target, json!([{"op": "remove", "path": "title"}])).await, 404, None);
    refused(&app.send(Method::Delete, &target, None).await, 404, None);
}

#[tokio::test]
async fn s3_6_a_deleted_resource_is_in_no_result_and_in_no_conflict() {
    let app = App::wide("rfc");
    let id = user(&app, json!({"userName": "ada"})).await;
    app.send(Method::Delete, &format!("/Users/{id}"), None).await;
    assert_eq!(app.get("/Users").await["totalResults"], 0);
    assert_ne!(user(&app, json!({"userName": "ada"})).await, id);
}
