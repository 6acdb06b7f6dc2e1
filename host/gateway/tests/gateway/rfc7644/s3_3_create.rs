use patchbay_gateway::Method;
use serde_json::json;

use super::{DEVICE, ENTERPRISE, GROUP, USER, header, refused, user};
use crate::App;

#[tokio::test]
async fn s3_3_example() {
    let app = App::wide("rfc");
    let name = json!({"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara"});
    let body = json!({"schemas": [USER], "userName": "bjensen", "externalId": "bjensen", "name": name});
    let response = app.send(Method::Post, "/Users", Some(body)).await;
    let made = response.body.as_ref().unwrap();
    assert_eq!(response.status, 201, "{made}");
    let location = "https://host/scim/Users/1";
    assert_eq!(header(&response, "location"), Some(location));
    let etag = header(&response, "etag").unwrap();
    assert!(etag.starts_with("W/\""), "{etag}");
    let created = made["meta"]["created"].as_str().unwrap();
    let meta = json!({
        "resourceType": "User", "created": created, "lastModified": created, "location": location, "version": etag,
    });
    let shown = json!({
        "schemas": [USER], "id": "1", "externalId": "bjensen", "meta": meta, "name": name, "userName": "bjensen",
    });
    assert_eq!(*made, shown);
}

#[tokio::test]
async fn s3_3_read_only_attributes_are_ignored() {
    let app = App::wide("rfc");
    let body = json!({
        "schemas": [USER], "userName": "a", "id": "mine", "meta": {"version": "W/\"x\"", "resourceType": "Car"},
        "groups": [{"value": "1"}],
    });
    let made = app.send(Method::Post, "/Users", Some(body)).await.body.unwrap();
    assert_eq!((&made["id"], &made["meta"]["resourceType"]), (&json!("1"), &json!("User")));
    assert!(made.get("groups").is_none());
}

#[tokio::test]
async fn s3_3_null_and_empty_lists_are_no_value() {
    let app = App::wide("rfc");
    let body = json!({"schemas": [USER], "userName": "a", "title": null, "emails": [], "roles": null, "name": {}});
    let made = app.send(Method::Post, "/Users", Some(body)).await.body.unwrap();
    let there = |name: &str| made.get(name).is_some();
    assert!(!there("title") && !there("emails") && !there("roles") && !there("name"), "{made}");
    assert_eq!(app.fake.writes(), ["create person login"]);
}

#[tokio::test]
async fn s3_3_a_duplicate_is_409_uniqueness() {
    let app = App::wide("rfc");
    user(&app, json!({"userName": "bjensen"})).await;
    let body = json!({"schemas": [USER], "userName": "BJensen"});
    refused(&app.send(Method::Post, "/Users", Some(body)).await, 409, Some("uniqueness"));
}

#[tokio::test]
async fn s3_3_write_only_attributes_are_never_shown() {
    let app = App::wide("rfc");
    let id = user(&app, json!({"userName": "a", "password": "t1meMa$heen"})).await;
    for query in ["", "?attributes=password", "?attributes=userName,password"] {
        let body = app.get(&format!("/Users/{id}{query}")).await;
        assert!(body.get("password").is_none(), "{query}: {body}");
    }
}

#[tokio::test]
async fn s3_3_1_users_and_groups() {
    let app = App::wide("rfc");
    for (endpoint, kind, body) in [
        ("/Users", "User", json!({"schemas": [USER], "userName": "ada", "meta": {"resourceType": "Group"}})),
        ("/Groups", "Group", json!({"schemas": [GROUP], "displayName": "all", "meta": {"resourceType": "User"}})),
    ] {
        let made = app.send(Method::Post, endpoint, Some(body)).await.body.unwrap();
        assert_eq!(made["meta"]["resourceType"], kind);
    }
}

#[tokio::test]
async fn s3_3_1_the_resource_type_follows_from_the_endpoint() {
    let app = App::wide("rfc");
    let device = json!({
        "schemas": [DEVICE, "urn:example:params:scim:schemas:extension:stock:1.0:Device"],
        "serial": "S-1", "online": true, "tags": ["loan", "old"], "owner": {"value": "7"},
        "urn:example:params:scim:schemas:extension:stock:1.0:Device": {"shelf": "B4"},
    });
    let response = app.send(Method::Post, "/Devices", Some(device)).await;
    let made = response.body.unwrap();
    assert_eq!(response.status, 201, "{made}");
    assert_eq!(made["meta"]["resourceType"], "Device");
    assert_eq!(made["meta"]["location"], "https://host/scim/Devices/1");
    assert_eq!((&made["tags"], &made["online"]), (&json!(["loan", "old"]), &json!(true)));
    assert_eq!(made["owner"]["value"], "7");
    assert_eq!(made["urn:example:params:scim:schemas:extension:stock:1.0:Device"]["shelf"], "B4");
    let again = json!({"schemas": [DEVICE], "displayName": "no serial"});
    refused(&app.send(Method::Post, "/Devices", Some(again)).await, 400, Some("invalidValue"));
}

#[tokio::test]
async fn s3_3_1_custom_resource_types_are_discovered() {
    let app = App::wide("rfc");
    app.get("/Devices").await;
    let kind = app.get("/ResourceTypes/Device").await;
    assert_eq!((&kind["endpoint"], &kind["schema"]), (&json!("/Devices"), &json!(DEVICE)));
    let extensions =
        json!([{"schema": "urn:example:params:scim:schemas:extension:stock:1.0:Device", "required": false}]);
    assert_eq!(kind["schemaExtensions"], extensions);
    let schema = app.get(&format!("/Schemas/{DEVICE}")).await;
    let names: Vec<&str> =
        schema["attributes"].as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["displayName", "online", "owner", "serial", "tags"]);
    let serial = schema["attributes"].as_array().unwrap().iter().find(|a| a["name"] == "serial").unwrap();
    assert_eq!(
        (&serial["required"], &serial["caseExact"], &serial["uniqueness"]),
        (&json!(true), &json!(true), &json!("server"))
    );
    let user = app.get("/ResourceTypes/User").await;
    assert_eq!(user["schemaExtensions"][0]["schema"], ENTERPRISE);
}
