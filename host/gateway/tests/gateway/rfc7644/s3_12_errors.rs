//! Section 3.12: tables 8 and 9. Rows that are shown by HTTP alone (307, 308, 401, 403,
//! 413, `sensitive`, `invalidVers`) do not come from here.

use patchbay_gateway::Method;
use serde_json::{Value, json};

use super::{BULK, ENTERPRISE, PATCH, SEARCH, USER, refused, user};
use crate::App;

async fn check(method: Method, target: &str, body: Option<Value>, status: u16, scim_type: Option<&str>) {
    let app = App::wide("rfc");
    user(&app, json!({"userName": "ada", "title": "x", ENTERPRISE: {"employeeNumber": "7"}})).await;
    user(&app, json!({"userName": "bob"})).await;
    refused(&app.send(method, target, body).await, status, scim_type);
}

fn change(operation: Value) -> Option<Value> {
    Some(json!({"schemas": [PATCH], "Operations": [operation]}))
}

#[tokio::test]
async fn s3_12_table_8_statuses() {
    check(Method::Post, "/Users", Some(json!("x")), 400, Some("invalidSyntax")).await;
    check(Method::Get, "/Users/99", None, 404, None).await;
    check(Method::Get, "/Nothing", None, 404, None).await;
    check(Method::Get, "/Users/1/title", None, 404, None).await;
    check(Method::Post, "/Users", Some(json!({"schemas": [USER], "userName": "ADA"})), 409, Some("uniqueness")).await;
    check(Method::Get, "/Me", None, 501, None).await;
}

#[tokio::test]
async fn s3_12_table_9_keywords() {
    let person = |name: &str, value: Value| {
        let mut body = json!({"schemas": [USER], "userName": "eve"});
        body[name] = value;
        Some(body)
    };
    check(Method::Get, "/Users?filter=title", None, 400, Some("invalidFilter")).await;
    let search = Some(json!({"schemas": [SEARCH], "filter": "title"}));
    check(Method::Post, "/Users/.search", search, 400, Some("invalidFilter")).await;
    check(
        Method::Patch,
        "/Users/1",
        change(json!({"op": "remove", "path": "emails[type xx 1]"})),
        400,
        Some("invalidFilter"),
    )
    .await;
    check(Method::Put, "/Users/1", person("userName", "bob".into()), 409, Some("uniqueness")).await;
    check(
        Method::Patch,
        "/Users/1",
        change(json!({"op": "add", "path": "userName", "value": "bob"})),
        409,
        Some("uniqueness"),
    )
    .await;
    let number = json!({"op": "replace", "path": format!("{ENTERPRISE}:employeeNumber"), "value": "8"});
    check(Method::Patch, "/Users/1", change(number), 400, Some("mutability")).await;
    check(Method::Post, "/Users", Some(json!({"userName": "x"})), 400, Some("invalidSyntax")).await;
    check(Method::Post, "/Users", Some(json!({"schemas": ["urn:x"], "userName": "x"})), 400, Some("invalidSyntax"))
        .await;
    check(Method::Put, "/Users/1", person("colour", "red".into()), 400, Some("invalidSyntax")).await;
    check(Method::Post, "/Bulk", Some(json!({"schemas": [BULK]})), 400, Some("invalidSyntax")).await;
    check(
        Method::Patch,
        "/Users/1",
        change(json!({"op": "add", "path": "ti tle", "value": "x"})),
        400,
        Some("invalidPath"),
    )
    .await;
    check(
        Method::Patch,
        "/Users/1",
        change(json!({"op": "add", "path": "colour", "value": "x"})),
        400,
        Some("invalidPath"),
    )
    .await;
    check(Method::Patch, "/Users/1", change(json!({"op": "remove"})), 400, Some("noTarget")).await;
    let none = json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "x"});
    check(Method::Patch, "/Users/1", change(none), 400, Some("noTarget")).await;
    check(Method::Post, "/Users", Some(json!({"schemas": [USER]})), 400, Some("invalidValue")).await;
    check(Method::Post, "/Users", person("active", "true".into()), 400, Some("invalidValue")).await;
    check(Method::Get, "/Users?count=many", None, 400, Some("invalidValue")).await;
    check(
        Method::Patch,
        "/Users/1",
        change(json!({"op": "add", "path": "title", "value": 7})),
        400,
        Some("invalidValue"),
    )
    .await;
}

#[tokio::test]
async fn s3_12_errors_name_no_values() {
    let app = App::wide("rfc");
    let body = json!({"schemas": [USER], "userName": "ada", "userType": "s3cret", "password": ["s3cret"]});
    let response = app.send(Method::Post, "/Users", Some(body)).await;
    refused(&response, 400, Some("invalidValue"));
    assert!(!format!("{:?}{:?}", response.body, response.internal).contains("s3cret"));
}
