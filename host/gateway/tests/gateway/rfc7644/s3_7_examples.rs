//! The examples of section 3.7, as they stand but for ids and versions.

use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use super::{ENTERPRISE, ERROR, LIST, USER, header, refused, user};
use crate::App;

const RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// The answers to a bulk request that is done, which has nothing beside them.
async fn bulk(app: &App, body: Value) -> Vec<Value> {
    let response = app.send(Method::Post, "/Bulk", Some(body)).await;
    let body = response.body.unwrap();
    assert_eq!((response.status, &body["schemas"]), (200, &json!([RESPONSE])), "{body}");
    // `failOnErrors` is "Not valid in a response".
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    body["Operations"].as_array().unwrap().clone()
}

async fn version(app: &App, target: &str) -> Value {
    app.get(target).await["meta"]["version"].clone()
}

#[tokio::test]
async fn s3_7_1_example() {
    let app = App::with(helpdesk::WIDE, Memory::new(helpdesk::nested()).versioned(), "rfc");
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {
                "method": "POST", "path": "/Groups", "bulkId": "qwerty",
                "data": {
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Group A",
                    "members": [{"type": "Group", "value": "bulkId:ytrewq"}]
                }
            },
            {
                "method": "POST", "path": "/Groups", "bulkId": "ytrewq",
                "data": {
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Group B",
                    "members": [{"type": "Group", "value": "bulkId:qwerty"}]
                }
            }
        ]
    });
    let done = bulk(&app, body).await;
    // The RFC's quotes are single ones, which figure 1 does not have.
    let single = app.send(Method::Get, "/Groups?filter=displayName sw 'Group'", None).await;
    refused(&single, 400, Some("invalidFilter"));
    let list = app.get("/Groups?filter=displayName sw \"Group\"").await;
    assert_eq!((&list["schemas"], &list["totalResults"]), (&json!([LIST]), &json!(2)));
    let (a, b) = (&list["Resources"][0], &list["Resources"][1]);
    for (answer, (group, name, other)) in done.iter().zip([(a, "Group A", b), (b, "Group B", a)]) {
        let id = group["id"].as_str().unwrap();
        let meta = json!({
            "resourceType": "Group", "lastModified": group["meta"]["lastModified"],
            "location": format!("https://host/scim/Groups/{id}"), "version": group["meta"]["version"],
        });
        let members = json!([{"value": other["id"], "$ref": other["meta"]["location"], "type": "Group"}]);
        let expected = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": id, "displayName": name,
            "meta": meta, "members": members,
        });
        assert_eq!(*group, expected);
        let made = (&answer["status"], &answer["version"], &answer["location"]);
        assert_eq!(made, (&json!("201"), &group["meta"]["version"], &group["meta"]["location"]));
    }
}

/// The RFC's answer has `"status": {"code": "201"}` here, and `"status": "201"` in section
/// 3.7.3, which is the one that its text of the attribute allows for: "The HTTP response status
/// code".
#[tokio::test]
async fn s3_7_2_example() {
    let app = App::wide("rfc");
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {
                "method": "POST", "path": "/Users", "bulkId": "qwerty",
                "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "Alice"}
            },
            {
                "method": "POST", "path": "/Groups", "bulkId": "ytrewq",
                "data": {
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Tour Guides",
                    "members": [{"type": "User", "value": "bulkId:qwerty"}]
                }
            }
        ]
    });
    let done = bulk(&app, body).await;
    let expected = json!([
        {
            "location": "https://host/scim/Users/1", "method": "POST", "bulkId": "qwerty",
            "version": version(&app, "/Users/1").await, "status": "201"
        },
        {
            "location": "https://host/scim/Groups/2", "method": "POST", "bulkId": "ytrewq",
            "version": version(&app, "/Groups/2").await, "status": "201"
        }
    ]);
    assert_eq!(json!(done), expected);
    let response = app.send(Method::Get, "/Groups/2", None).await;
    let tours = response.body.as_ref().unwrap();
    assert_eq!(header(&response, "location"), Some("https://host/scim/Groups/2"));
    assert_eq!(header(&response, "etag"), tours["meta"]["version"].as_str());
    let alice = json!([{"value": "1", "$ref": "https://host/scim/Users/1", "type": "User"}]);
    assert_eq!((&tours["displayName"], &tours["members"]), (&json!("Tour Guides"), &alice));
}

#[tokio::test]
async fn s3_7_2_example_in_an_extension() {
    let app = App::wide("rfc");
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {
                "method": "POST", "path": "/Users", "bulkId": "qwerty",
                "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "Alice"}
            },
            {
                "method": "POST", "path": "/Users", "bulkId": "ytrewq",
                "data": {
                    "schemas": [
                        "urn:ietf:params:scim:schemas:core:2.0:User",
                        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
                    ],
                    "userName": "Bob",
                    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
                        "employeeNumber": "11250", "manager": {"value": "bulkId:qwerty"}
                    }
                }
            }
        ]
    });
    let done = bulk(&app, body).await;
    let bob = app.get(done[1]["location"].as_str().unwrap().strip_prefix("https://host/scim").unwrap()).await;
    let alice = &app.get("/Users?filter=userName eq \"Alice\"").await["Resources"][0];
    assert_eq!((&bob[ENTERPRISE]["manager"]["value"], &bob["schemas"]), (&alice["id"], &json!([USER, ENTERPRISE])));
    assert_eq!(bob[ENTERPRISE]["employeeNumber"], "11250");
}

/// The users that the RFC's request changes, each with its version; the last one is to go.
async fn before() -> (App, Vec<Value>) {
    let app = App::wide("rfc");
    let mut versions = Vec::new();
    for login in ["b7c14771", "5d8d29d3", "e9025315"] {
        let id = user(&app, json!({"userName": login, "nickName": "n"})).await;
        versions.push(version(&app, &format!("/Users/{id}")).await);
    }
    (app, versions)
}

/// The request, with `data` to create Alice from. What the RFC has for PATCH is no JSON
/// (`"data": {[`); here it is a PATCH message, "as it would appear for a single" one.
fn request(alice: &Value, versions: &[Value], fail_on_errors: Option<u64>) -> Value {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "qwerty", "data": alice},
            {
                "method": "PUT", "path": "/Users/1", "version": versions[0],
                "data": {
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "1", "userName": "Bob"
                }
            },
            {
                "method": "PATCH", "path": "/Users/2", "version": versions[1],
                "data": {
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                    "Operations": [
                        {"op": "remove", "path": "nickName"}, {"op": "add", "path": "userName", "value": "Dave"}
                    ]
                }
            },
            {"method": "DELETE", "path": "/Users/3", "version": versions[2]}
        ]
    });
    if let Some(most) = fail_on_errors {
        body["failOnErrors"] = json!(most);
    }
    body
}

/// The RFC's Alice names a schema that is none ("urn:ietf:params:scim:api:messages:2.0:User"),
/// as the erroneous request behind the next answers may; here she is a User.
#[tokio::test]
async fn s3_7_3_example_all_succeed() {
    let (app, versions) = before().await;
    let alice = json!({"schemas": [USER], "userName": "Alice"});
    let done = bulk(&app, request(&alice, &versions, Some(1))).await;
    let expected = json!([
        {
            "location": "https://host/scim/Users/4", "method": "POST", "bulkId": "qwerty",
            "version": version(&app, "/Users/4").await, "status": "201"
        },
        {
            "location": "https://host/scim/Users/1", "method": "PUT",
            "version": version(&app, "/Users/1").await, "status": "200"
        },
        {
            "location": "https://host/scim/Users/2", "method": "PATCH",
            "version": version(&app, "/Users/2").await, "status": "200"
        },
        {"location": "https://host/scim/Users/3", "method": "DELETE", "status": "204"}
    ]);
    assert_eq!(json!(done), expected);
    let list = app.get("/Users").await;
    assert_eq!(super::column(&list, "userName"), ["Bob", "Dave", "Alice"]);
    assert!(list["Resources"][1].get("nickName").is_none());
}

/// That the answer is one of these failures, with an error that says why.
#[track_caller]
fn check_failed(answer: &Value, mut expected: Value, scim_type: Option<&str>) {
    let mut answer = answer.clone();
    let detail = answer["response"].as_object_mut().unwrap().shift_remove("detail");
    assert!(detail.is_some_and(|detail| !detail.as_str().unwrap().is_empty()));
    expected["response"] = json!({"schemas": [ERROR], "status": expected["status"]});
    if let Some(scim_type) = scim_type {
        expected["response"]["scimType"] = json!(scim_type);
    }
    assert_eq!(answer, expected);
}

/// With the RFC's own Alice, whose schema is none.
#[tokio::test]
async fn s3_7_3_example_it_stops_at_an_error() {
    let (app, versions) = before().await;
    let alice = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:User"], "userName": "Alice"});
    let done = bulk(&app, request(&alice, &versions, Some(1))).await;
    assert_eq!(done.len(), 1);
    check_failed(&done[0], json!({"method": "POST", "bulkId": "qwerty", "status": "400"}), Some("invalidSyntax"));
    assert_eq!(app.fake.writes(), [""; 0]);
}

#[tokio::test]
async fn s3_7_3_example_all_fail() {
    let (app, mut versions) = before().await;
    app.send(Method::Delete, "/Users/3", None).await;
    versions[..2].fill(json!("W/\"stale\""));
    app.fake.writes();
    let alice = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:User"], "userName": "Alice"});
    let done = bulk(&app, request(&alice, &versions, None)).await;
    assert_eq!(done.len(), 4);
    let at = |method: &str, id: &str, status: &str| json!({"location": format!("https://host/scim/Users/{id}"), "method": method, "status": status});
    check_failed(&done[0], json!({"method": "POST", "bulkId": "qwerty", "status": "400"}), Some("invalidSyntax"));
    check_failed(&done[1], at("PUT", "1", "412"), None);
    check_failed(&done[2], at("PATCH", "2", "412"), None);
    check_failed(&done[3], at("DELETE", "3", "404"), None);
    assert_eq!(app.fake.writes(), [""; 0]);
}

/// The RFC's failed operation, and that table 9 "MAY apply within a SCIM bulk operation".
#[tokio::test]
async fn s3_7_3_example_a_failed_operation() {
    let app = App::wide("rfc");
    user(&app, json!({"userName": "bob", ENTERPRISE: {"employeeNumber": "7"}})).await;
    let patch = |operation: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
    for (method, path, data, status, scim_type) in [
        ("POST", "/Users", json!({"userName": "x"}), "400", Some("invalidSyntax")),
        ("POST", "/Users", json!({"schemas": [USER], "userName": 7}), "400", Some("invalidValue")),
        ("POST", "/Users", json!({"schemas": [USER], "userName": "BOB"}), "409", Some("uniqueness")),
        ("PATCH", "/Users/1", patch(json!({"op": "remove"})), "400", Some("noTarget")),
        ("PATCH", "/Users/1", patch(json!({"op": "add", "path": "x y", "value": 1})), "400", Some("invalidPath")),
        ("PATCH", "/Users/1", patch(json!({"op": "remove", "path": "userName"})), "400", Some("mutability")),
        ("PATCH", "/Users/1", patch(json!({"op": "remove", "path": "emails[x]"})), "400", Some("invalidFilter")),
        ("DELETE", "/Users/9", json!(null), "404", None),
        ("DELETE", "/Cars/9", json!(null), "404", None),
    ] {
        let mut operation = json!({"method": method, "path": path, "data": data});
        let mut expected = json!({"method": method, "status": status});
        if method == "POST" {
            operation["bulkId"] = json!("qwerty");
            expected["bulkId"] = json!("qwerty");
        } else {
            expected["location"] = json!(format!("https://host/scim{path}"));
        }
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [operation],
        });
        check_failed(&bulk(&app, body).await[0], expected, scim_type);
    }
}
