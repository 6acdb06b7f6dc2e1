use std::time::Duration;

use patchbay_gateway::{Method, Response};
use serde_json::{Value, json};

use crate::App;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn bulk(app: &App, operations: Value, fail_on_errors: Option<u64>) -> Response {
    let mut body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
    if let Some(most) = fail_on_errors {
        body["failOnErrors"] = json!(most);
    }
    app.send(Method::Post, "/Bulk", Some(body)).await
}

fn user(bulk_id: &str, login: &str, manager: Option<&str>) -> Value {
    let mut data = json!({"schemas": [USER, ENTERPRISE], "userName": login});
    if let Some(manager) = manager {
        data[ENTERPRISE] = json!({"manager": {"value": manager}});
    }
    json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data})
}

/// The statuses of the answers, in the order of the request.
fn statuses(response: &Response) -> Vec<String> {
    let operations = response.body.as_ref().unwrap()["Operations"].as_array().unwrap();
    operations.iter().map(|o| o["status"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn references_work_backward_forward_and_in_paths() {
    let app = App::new("default");
    let members = json!([{"type": "User", "value": "bulkId:ada"}, {"type": "User", "value": "bulkId:bob"}]);
    let group =
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "g", "members": members});
    let operations = json!([
        user("ada", "ada", None),
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": group},
        user("bob", "bob", Some("bulkId:ada")),
        {"method": "PATCH", "path": "/Users/bulkId:bob", "data": {"Operations": [{"op": "add", "path": "title", "value": "x"}]}},
        {"method": "DELETE", "path": "/Users/none"},
    ]);
    let response = bulk(&app, operations, None).await;
    assert_eq!(statuses(&response), ["201", "201", "201", "200", "404"], "{:?}", response.body);
    let operations = &response.body.as_ref().unwrap()["Operations"];
    assert_eq!(operations[0]["bulkId"], "ada");
    assert_eq!(operations[0]["location"], "https://host/scim/Users/1");
    assert_eq!(operations[4]["response"]["status"], "404");
    // Each is on record before the next one begins; the group waits for Bob.
    assert_eq!(
        app.records.take(),
        [
            "Post Users",
            "create 201",
            "Post Users",
            "create 201",
            "Post Groups",
            "create 201",
            "Patch Users/2",
            "patch 200",
            "Delete Users/none",
            "delete 404",
        ]
    );
    let group = app.get("/Groups?filter=displayName eq \"g\"").await;
    assert_eq!(group["Resources"][0]["members"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_circle_is_opened_and_closed() {
    let app = App::new("default");
    let operations = json!([user("a", "ada", Some("bulkId:b")), user("b", "bob", Some("bulkId:a"))]);
    let response = bulk(&app, operations, None).await;
    assert_eq!(statuses(&response), ["201", "201"], "{:?}", response.body);
    let manager = async |login: &str| {
        let list = app.get(&format!("/Users?filter=userName eq \"{login}\"")).await;
        let user = &list["Resources"][0];
        (user["id"].clone(), user[ENTERPRISE]["manager"]["value"].clone())
    };
    let ((ada, adas), (bob, bobs)) = (manager("ada").await, manager("bob").await);
    assert_eq!((adas, bobs), (bob, ada));
}

#[tokio::test]
async fn it_stops_after_so_many_errors() {
    let app = App::new("default");
    let gone = |id: &str| json!({"method": "DELETE", "path": format!("/Users/{id}")});
    let operations = json!([gone("x"), gone("y"), user("a", "ada", None)]);
    assert_eq!(statuses(&bulk(&app, operations.clone(), Some(2)).await), ["404", "404"]);
    assert_eq!(statuses(&bulk(&app, operations, Some(3)).await), ["404", "404", "201"]);
    let broken =
        json!([user("a", "ada", None), user("b", "bob", Some("bulkId:a")), user("c", "cyd", Some("bulkId:?"))]);
    assert_eq!(statuses(&bulk(&app, broken, None).await), ["409", "400", "400"]);
}

#[tokio::test]
async fn what_is_no_bulk_request_is_refused() {
    let app = App::new("default");
    let check = async |operations: Value, status: u16| {
        let response = bulk(&app, operations, None).await;
        assert_eq!(response.status, status, "{:?}", response.body);
    };
    check(json!([{"method": "POST", "path": "/Users", "data": {}}]), 400).await;
    check(json!([{"method": "GET", "path": "/Users/1"}]), 400).await;
    check(json!([{"method": "POST", "path": "/Bulk", "bulkId": "x", "data": {}}]), 400).await;
    check(json!("x"), 400).await;
    check(json!([user("a", "x", None), user("a", "y", None)]), 400).await;
    let many: Vec<Value> = (0..1001).map(|i| json!({"method": "DELETE", "path": format!("/Users/{i}")})).collect();
    check(json!(many), 413).await;
    assert_eq!(app.send(Method::Get, "/Bulk", None).await.status, 405);
}

#[tokio::test]
async fn what_there_is_no_time_for_is_not_run() {
    let mut app = App::new("default");
    app.gateway = app.gateway.with_bulk_time(Duration::ZERO);
    let response = bulk(&app, json!([user("a", "ada", None), user("b", "bob", Some("bulkId:a"))]), None).await;
    assert_eq!((response.status, statuses(&response)), (200, vec!["503".to_owned(), "400".to_owned()]));
    assert!(app.fake.writes().is_empty());
    assert_eq!(app.records.take(), ["Post Users", "nothing 503"]);
    // After so many errors the rest is not even looked at.
    let response = bulk(&app, json!([user("a", "ada", None), user("b", "bob", None)]), Some(1)).await;
    assert_eq!(statuses(&response), ["503"]);
}

#[tokio::test]
async fn nothing_is_begun_once_the_server_stops() {
    let app = App::new("default");
    app.gateway.stop();
    assert_eq!(statuses(&bulk(&app, json!([user("a", "ada", None)]), None).await), ["503"]);
    assert_eq!(app.user("bob").await, "1", "what came before the end is still answered");
}

#[tokio::test]
async fn one_that_is_refused_is_on_record() {
    let app = App::new("default");
    assert_eq!(bulk(&app, json!("none"), None).await.status, 400);
    assert_eq!(app.records.take(), ["Post Bulk", "nothing 400"]);
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_done() {
    let app = App::new("default");
    app.records.fill();
    assert_eq!(statuses(&bulk(&app, json!([user("a", "ada", None)]), None).await), ["503"]);
    let body = user("a", "ada", None)["data"].clone();
    assert_eq!(app.send(Method::Post, "/Users", Some(body)).await.status, 503);
    assert!(app.fake.writes().is_empty());
    assert_eq!(app.send(Method::Get, "/Users", None).await.status, 200);
}
