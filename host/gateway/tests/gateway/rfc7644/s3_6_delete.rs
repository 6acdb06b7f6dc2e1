use patchbay_gateway::Method;
use serde_json::json;

use super::{USER, patch, refused, user};
use crate::App;

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
