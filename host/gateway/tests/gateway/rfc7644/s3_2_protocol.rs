//! Sections 3.1 and 3.2: messages, methods (table 1) and endpoints (table 2).

use patchbay_gateway::Method;
use serde_json::{Value, json};

use super::{BULK, ERROR, GROUP, LIST, PATCH, SEARCH, USER, header, refused, user};
use crate::App;

#[tokio::test]
async fn s3_1_schemas_of_messages_are_not_discoverable() {
    let app = App::wide("rfc");
    let schemas = app.get("/Schemas").await;
    let ids: Vec<&str> = schemas["Resources"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&USER) && !ids.iter().any(|id| id.contains(":scim:api:")), "{ids:?}");
    for urn in [LIST, ERROR, SEARCH, PATCH, BULK] {
        assert!(urn.starts_with("urn:ietf:params:scim:api:"));
        refused(&app.send(Method::Get, &format!("/Schemas/{urn}"), None).await, 404, None);
    }
}

#[tokio::test]
async fn s3_1_an_answer_is_the_resource_as_it_is_and_not_as_it_was_sent() {
    let app = App::wide("rfc");
    let body = json!({"schemas": [USER], "userName": "ada", "title": "", "id": "9", "groups": [{"value": "1"}]});
    let made = app.send(Method::Post, "/Users", Some(body)).await.body.unwrap();
    assert_eq!(made, app.get("/Users/1").await);
    assert!(made.get("groups").is_none(), "{made}");
}

#[tokio::test]
async fn s3_2_table_1_methods() {
    let app = App::wide("rfc").standing_for("1");
    let check = async |method: Method, target: &str, body: Option<Value>, status: u16| {
        let response = app.send(method, target, body).await;
        assert_eq!(response.status, status, "{method:?} {target} {:?}", response.body);
    };
    let person = json!({"schemas": [USER], "userName": "ada"});
    let change = json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "x"}]});
    // POST creates, searches, and changes in bulk.
    check(Method::Post, "/Users", Some(person.clone()), 201).await;
    check(Method::Post, "/Users/.search", Some(json!({"schemas": [SEARCH]})), 200).await;
    let delete = json!([{"method": "DELETE", "path": "/Users/9"}]);
    check(Method::Post, "/Bulk", Some(json!({"schemas": [BULK], "Operations": delete})), 200).await;
    // GET takes one or more, whole or in part.
    check(Method::Get, "/Users", None, 200).await;
    check(Method::Get, "/Users/1", None, 200).await;
    check(Method::Get, "/Users/1?attributes=userName", None, 200).await;
    // PUT replaces, and never creates.
    check(Method::Put, "/Users/1", Some(person.clone()), 200).await;
    app.fake.writes();
    check(Method::Put, "/Users/2", Some(json!({"schemas": [USER], "userName": "bob"})), 404).await;
    check(Method::Put, "/Users", Some(person), 405).await;
    assert_eq!((app.fake.writes(), &app.get("/Users").await["totalResults"]), (vec![], &json!(1)));
    check(Method::Patch, "/Users/1", Some(change), 200).await;
    check(Method::Delete, "/Users/1", None, 204).await;
    check(Method::Get, "/Users/1", None, 404).await;
}

#[tokio::test]
async fn s3_2_table_2_endpoints() {
    for (endpoint, name, body) in [
        ("/Users", "User", json!({"schemas": [USER], "userName": "ada"})),
        ("/Groups", "Group", json!({"schemas": [GROUP], "displayName": "ada"})),
    ] {
        let app = App::wide("rfc").standing_for("1");
        let change = json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "displayName", "value": "x"}]});
        let one = format!("{endpoint}/1");
        for (method, target, body, status) in [
            (Method::Post, endpoint, Some(body.clone()), &[201][..]),
            (Method::Get, endpoint, None, &[200]),
            (Method::Get, &one, None, &[200]),
            (Method::Put, &one, Some(body), &[200]),
            (Method::Patch, &one, Some(change), &[200, 204]),
            (Method::Get, "/Me", None, if name == "User" { &[200] } else { &[404] }),
            (Method::Get, "/ServiceProviderConfig", None, &[200]),
            (Method::Get, "/ResourceTypes", None, &[200]),
            (Method::Get, &format!("/ResourceTypes/{name}"), None, &[200]),
            (Method::Get, "/Schemas", None, &[200]),
            (Method::Get, &format!("/Schemas/urn:ietf:params:scim:schemas:core:2.0:{name}"), None, &[200]),
            (Method::Post, "/Bulk", Some(json!({"schemas": [BULK], "Operations": []})), &[200]),
            (Method::Post, "/.search", Some(json!({"schemas": [SEARCH]})), &[200]),
            (Method::Post, &format!("{endpoint}/.search"), Some(json!({"schemas": [SEARCH]})), &[200]),
            (Method::Delete, &one, None, &[204]),
        ] {
            let response = app.send(method, target, body).await;
            assert!(status.contains(&response.status), "{method:?} {target} {response:?}");
        }
        // Clients find the endpoint of a type whose plural is not plain.
        assert_eq!(app.get(&format!("/ResourceTypes/{name}")).await["endpoint"], endpoint);
    }
}

#[tokio::test]
async fn s3_2_methods_that_an_endpoint_does_not_take_are_405_with_allow() {
    let app = App::wide("rfc");
    for (method, target, allow) in [
        (Method::Put, "/Users", "GET, HEAD, POST"),
        (Method::Delete, "/Users", "GET, HEAD, POST"),
        (Method::Post, "/Users/1", "GET, HEAD, PUT, PATCH, DELETE"),
        (Method::Get, "/Bulk", "POST"),
        (Method::Get, "/Users/.search", "POST"),
        (Method::Post, "/", "GET, HEAD"),
        (Method::Post, "/Schemas", "GET, HEAD"),
        (Method::Delete, "/ServiceProviderConfig", "GET, HEAD"),
    ] {
        let response = app.send(method, target, Some(json!({}))).await;
        refused(&response, 405, None);
        assert_eq!(header(&response, "allow"), Some(allow), "{target}");
    }
}

/// Section 4 is not about operations, but says what 403 is for.
#[tokio::test]
async fn s4_discovery_cannot_be_filtered() {
    let app = App::wide("rfc");
    user(&app, json!({"userName": "ada"})).await;
    for target in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Schemas/urn:x"] {
        refused(&app.send(Method::Get, &format!("{target}?filter=id pr"), None).await, 403, None);
    }
    // "filtering, sorting, and pagination, SHALL be ignored"
    let plain = app.get("/Schemas").await;
    assert_eq!(app.get("/Schemas?sortBy=id&sortOrder=descending&startIndex=2&count=1").await, plain);
}
