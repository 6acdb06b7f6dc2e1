//! Sections 3.10 and 3.13: names of attributes, versions of the protocol.

use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
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

/// The RFC's `age` of an extension, and its `givenName`.
#[tokio::test]
async fn s3_10_examples() {
    let extension = "urn:ietf:params:scim:schemas:exampleCo:2.0:hr";
    let mapping = format!(
        "[User]\nclass = \"person\"\n[User.attributes]\nuserName = \"login\"\n\"name.givenName\" = \"first_name\"\n\
         \"{extension}:age\" = \"level\"\n"
    );
    let app = App::with(&mapping, Memory::new(helpdesk::wide()), "rfc");
    let body = json!({
        "schemas": [USER, extension], "userName": "bjensen", "name": {"givenName": "Barbara"}, extension: {"age": 41},
    });
    let target = format!("/Users/{}", app.made("/Users", body).await);
    let name = "urn:ietf:params:scim:schemas:core:2.0:User:userName";
    let given = "urn:ietf:params:scim:schemas:core:2.0:User:name.givenName";
    let age = format!("{extension}:age");
    // In a filter, a list of attributes, an order, and a PATCH path; also without the core's URN.
    for filter in [
        format!("{name} eq \"bjensen\" and {given} eq \"Barbara\" and {age} eq 41"),
        format!("userName eq \"bjensen\" and name.givenName eq \"Barbara\" and {age} gt 40"),
    ] {
        assert_eq!(app.get(&format!("/Users?sortBy={age}&filter={filter}")).await["totalResults"], 1, "{filter}");
    }
    let shown = app.get(&format!("{target}?attributes={given},{age}")).await;
    let expected = json!({
        "schemas": [USER, extension], "id": "1", "name": {"givenName": "Barbara"}, extension: {"age": 41},
    });
    assert_eq!(shown, expected);
    let shown = app.get(&format!("{target}?excludedAttributes={name},{given},meta")).await;
    assert_eq!(shown, json!({"schemas": [USER, extension], "id": "1", extension: {"age": 41}}));
    let operations = json!([{"op": "replace", "path": age, "value": 42}, {"op": "remove", "path": given}]);
    let changed = patch(&app, &target, operations).await.body.unwrap();
    assert_eq!((&changed[extension], changed.get("name")), (&json!({"age": 42}), None));
}

/// `v2` itself is part of the base URL, which may also be without it: see the edge's tests.
#[tokio::test]
async fn s3_13_another_version_is_refused() {
    let app = App::wide("rfc");
    for target in ["/v1/Users", "/v1/Users/1", "/v3/Users/.search", "/v1", "/v1.1/ServiceProviderConfig"] {
        for method in [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete] {
            refused(&app.send(method, target, None).await, 400, Some("invalidVers"));
        }
    }
    for target in ["/Users/v1", "/vUsers", "/v"] {
        refused(&app.send(Method::Get, target, None).await, 404, None);
    }
}
