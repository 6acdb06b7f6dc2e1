//! Section 3.7 beside its examples.

use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use super::{BULK, ENTERPRISE, GROUP, USER, refused, user};
use crate::App;

async fn bulk(app: &App, fail_on_errors: Option<u64>, operations: Value) -> Vec<Value> {
    let mut body = json!({"schemas": [BULK], "Operations": operations});
    if let Some(most) = fail_on_errors {
        body["failOnErrors"] = json!(most);
    }
    let response = app.send(Method::Post, "/Bulk", Some(body)).await;
    let answer = response.body.unwrap();
    assert_eq!(
        (response.status, &answer["schemas"]),
        (200, &json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]))
    );
    answer["Operations"].as_array().unwrap().clone()
}

fn statuses(operations: &[Value]) -> Vec<&str> {
    operations.iter().map(|o| o["status"].as_str().unwrap()).collect()
}

fn group(bulk_id: &str, name: &str, member: &str) -> Value {
    let data = json!({"schemas": [GROUP], "displayName": name, "members": [{"type": "Group", "value": member}]});
    json!({"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": data})
}

fn person(bulk_id: &str, login: &str) -> Value {
    json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": {"schemas": [USER], "userName": login}})
}

#[tokio::test]
async fn s3_7_1_a_circle_that_stays_open_is_no_success() {
    let app = App::with(helpdesk::WIDE, Memory::new(helpdesk::nested()).versioned(), "rfc");
    let broken = json!({"method": "POST", "path": "/Groups", "bulkId": "b", "data": {"schemas": [GROUP], "members": [{"value": "bulkId:a"}]}});
    for most in [None, Some(1)] {
        let done = bulk(&app, most, json!([group("a", &format!("Group {most:?}"), "bulkId:b"), broken])).await;
        assert!(done.iter().all(|o| o["status"].as_str().unwrap().starts_with('4')), "{done:?}");
    }
}

#[tokio::test]
async fn s3_7_3_fail_on_errors_stops() {
    let app = App::wide("rfc");
    let bad = json!({"method": "POST", "path": "/Users", "bulkId": "qwerty", "data": {"schemas": [USER]}});
    let operations = json!([bad, person("b", "bob"), {"method": "DELETE", "path": "/Users/9"}, person("c", "cyd")]);
    assert_eq!(statuses(&bulk(&app, Some(1), operations.clone()).await), ["400"]);
    assert_eq!(statuses(&bulk(&app, Some(2), operations.clone()).await), ["400", "201", "404"]);
    assert_eq!(statuses(&bulk(&app, None, operations).await), ["400", "409", "404", "201"]);
}

#[tokio::test]
async fn s3_7_4_limits_are_announced_and_named() {
    let app = App::wide("rfc");
    let limits = app.get("/ServiceProviderConfig").await["bulk"].clone();
    let most = limits["maxOperations"].as_u64().unwrap();
    assert!(limits["supported"] == true && limits["maxPayloadSize"].as_u64().unwrap() > 0);
    let many: Vec<Value> = (0..=most).map(|i| json!({"method": "DELETE", "path": format!("/Users/{i}")})).collect();
    let response = app.send(Method::Post, "/Bulk", Some(json!({"schemas": [BULK], "Operations": many}))).await;
    refused(&response, 413, None);
    assert!(response.body.unwrap()["detail"].as_str().unwrap().contains(&most.to_string()));
}

#[tokio::test]
async fn s3_7_paths_are_those_of_resources() {
    let app = App::wide("rfc");
    let check = async |operation: Value| {
        let body = json!({"schemas": [BULK], "Operations": [operation]});
        refused(&app.send(Method::Post, "/Bulk", Some(body)).await, 400, Some("invalidSyntax"));
    };
    let data = json!({"schemas": [USER], "userName": "x"});
    check(json!({"method": "POST", "path": "/Users/1", "bulkId": "a", "data": data})).await;
    check(json!({"method": "POST", "path": "/Users/.search", "bulkId": "a", "data": data})).await;
    check(json!({"method": "POST", "path": "/.search", "bulkId": "a", "data": data})).await;
    check(json!({"method": "POST", "path": "/Users", "data": data})).await;
    check(json!({"method": "PUT", "path": "/Users", "data": data})).await;
    check(json!({"method": "PUT", "path": "/Users/1"})).await;
    check(json!({"method": "GET", "path": "/Users/1"})).await;
    check(json!({"method": "DELETE"})).await;
    let id = user(&app, json!({"userName": "a"})).await;
    let escaped = format!("/Users/%{:02X}", id.as_bytes()[0]);
    let done = bulk(&app, None, json!([{"method": "DELETE", "path": escaped}])).await;
    assert_eq!(statuses(&done), ["204"]);
}

/// As many operations as there may be, and each waits for the one behind it.
#[tokio::test]
async fn s3_7_1_a_long_chain_of_forward_references() {
    const LAST: usize = 999;
    let app = App::wide("rfc");
    let padding = "x".repeat(500);
    let operation = |number: usize| {
        let mut data = json!({"schemas": [USER, ENTERPRISE], "userName": format!("u{number}"), "title": padding});
        if number < LAST {
            data[ENTERPRISE] = json!({"manager": {"value": format!("bulkId:b{}", number + 1)}});
        }
        json!({"method": "POST", "path": "/Users", "bulkId": format!("b{number}"), "data": data})
    };
    let done = bulk(&app, None, (0..=LAST).map(operation).collect()).await;
    assert!(statuses(&done).iter().all(|status| *status == "201"), "{:?}", statuses(&done));
    let list = app.get(&format!("/Users?count=0&filter={ENTERPRISE}:manager.value pr")).await;
    assert_eq!(list["totalResults"], LAST);
}
