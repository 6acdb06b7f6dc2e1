//! Rules of section 3.5.2 that its examples do not show.

use patchbay_gateway::Method;
use serde_json::json;

use super::{ENTERPRISE, PATCH, USER, header, patch, refused, user};
use crate::App;

#[tokio::test]
async fn s3_5_2_is_announced() {
    let app = App::wide("rfc");
    assert_eq!(app.get("/ServiceProviderConfig").await["patch"], json!({"supported": true}));
}

/// "exactly one "op" member ... MAY be one of "add", "remove", or "replace"": JSON Patch's
/// other operations and its array indexes are not SCIM's.
#[tokio::test]
async fn s3_5_2_there_are_three_operations_and_no_indexes() {
    let app = App::wide("rfc");
    let target = format!("/Users/{}", user(&app, json!({"userName": "a", "emails": [{"value": "x"}]})).await);
    for op in ["move", "copy", "test", ""] {
        let operations = json!([{"op": op, "path": "title", "value": "x", "from": "nickName"}]);
        refused(&patch(&app, &target, operations).await, 400, Some("invalidSyntax"));
    }
    for path in ["emails[0]", "emails/0/value", "/emails", "emails[0].value", "emails.0"] {
        let response = patch(&app, &target, json!([{"op": "replace", "path": path, "value": "y"}])).await;
        assert_eq!(response.status, 400, "{path}");
        let body = response.body.unwrap();
        assert!(["invalidPath", "invalidFilter"].contains(&body["scimType"].as_str().unwrap()), "{path} {body}");
    }
    assert_eq!(app.fake.writes(), [""; 0]);
}

#[tokio::test]
async fn s3_5_2_a_path_is_for_remove_only_required() {
    let app = App::wide("rfc");
    let target = format!("/Users/{}", user(&app, json!({"userName": "a"})).await);
    for op in ["add", "replace"] {
        let done = patch(&app, &target, json!([{"op": op, "value": {"title": op}}])).await;
        assert_eq!((done.status, &done.body.unwrap()["title"]), (200, &json!(op)));
    }
    refused(&patch(&app, &target, json!([{"op": "remove"}])).await, 400, Some("noTarget"));
    refused(
        &patch(&app, &target, json!([{"op": "remove", "value": {"title": "replace"}}])).await,
        400,
        Some("noTarget"),
    );
}

#[tokio::test]
async fn s3_5_2_operations_fit_the_schema() {
    let app = App::wide("rfc");
    let before = json!({"userName": "a", "emails": [{"type": "work", "value": "w"}]});
    let target = format!("/Users/{}", user(&app, before).await);
    for (operation, scim_type) in [
        (json!({"op": "add", "path": "colour", "value": "red"}), "invalidPath"),
        (json!({"op": "add", "path": "name.colour", "value": "red"}), "invalidPath"),
        (json!({"op": "add", "path": "title[value eq \"x\"]", "value": "red"}), "invalidPath"),
        (json!({"op": "add", "path": "emails[colour eq \"x\"]", "value": {"value": "x"}}), "invalidFilter"),
        (json!({"op": "add", "path": "title", "value": 7}), "invalidValue"),
        (json!({"op": "add", "path": "title", "value": ["x"]}), "invalidValue"),
        (json!({"op": "replace", "path": "active", "value": "true"}), "invalidValue"),
        (json!({"op": "replace", "path": "name", "value": "Ada"}), "invalidValue"),
        (json!({"op": "add", "value": {"colour": "red"}}), "invalidValue"),
        (json!({"op": "add", "value": "x"}), "invalidValue"),
        (json!({"op": "add", "path": "title"}), "invalidValue"),
    ] {
        let response = patch(&app, &target, json!([operation])).await;
        refused(&response, 400, Some(scim_type));
    }
    assert_eq!(app.fake.writes(), [""; 0]);
}

/// "a client MUST NOT modify an attribute that has mutability "readOnly" or "immutable".
/// However, a client MAY "add" a value to an "immutable" attribute if the attribute had no
/// previous value."
#[tokio::test]
async fn s3_5_2_operations_fit_the_mutability() {
    let app = App::wide("rfc");
    let number = format!("{ENTERPRISE}:employeeNumber");
    let person = format!("/Users/{}", user(&app, json!({"userName": "a"})).await);
    let group = format!("/Groups/{}", app.group("g", &["1"]).await);
    let add = |value: &str| json!([{"op": "add", "path": number, "value": value}]);
    assert_eq!(patch(&app, &person, add("7")).await.status, 200);
    // To have it once more is no change.
    assert_eq!(patch(&app, &person, add("7")).await.status, 200);
    for (target, operation) in [
        (&person, json!({"op": "add", "path": number, "value": "8"})),
        (&person, json!({"op": "replace", "path": number, "value": "8"})),
        (&person, json!({"op": "remove", "path": number})),
        (&person, json!({"op": "add", "value": {"id": "8"}})),
        (&person, json!({"op": "replace", "path": "meta.resourceType", "value": "Group"})),
        (&person, json!({"op": "add", "path": "groups", "value": [{"value": "2"}]})),
        (&group, json!({"op": "replace", "path": "members[value eq \"1\"].value", "value": "2"})),
        (&group, json!({"op": "replace", "path": "members[value eq \"1\"].display", "value": "x"})),
    ] {
        refused(&patch(&app, target, json!([operation])).await, 400, Some("mutability"));
    }
    assert_eq!(app.get(&person).await[ENTERPRISE]["employeeNumber"], "7");
}

/// The RFC's `employeeNumber` of a user without the extension. `schemas` follows from what is
/// there: set by an operation it changes nothing, and it cannot be removed.
#[tokio::test]
async fn s3_5_2_example_a_qualified_name_changes_schemas() {
    let app = App::wide("rfc");
    let target = format!("/Users/{}", user(&app, json!({"userName": "a"})).await);
    let name = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber";
    let now = patch(&app, &target, json!([{"op": "add", "path": name, "value": "701984"}])).await.body.unwrap();
    assert_eq!((&now["schemas"], &now[ENTERPRISE]["employeeNumber"]), (&json!([USER, ENTERPRISE]), &json!("701984")));
    let target = format!("/Users/{}", user(&app, json!({"userName": "b"})).await);
    let operations = json!([
        {"op": "add", "path": "schemas", "value": [ENTERPRISE]},
        {"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "Tours"},
    ]);
    let now = patch(&app, &target, operations).await.body.unwrap();
    assert_eq!((&now["schemas"], &now[ENTERPRISE]), (&json!([USER, ENTERPRISE]), &json!({"department": "Tours"})));
    let remove = json!([{"op": "remove", "path": "schemas"}]);
    refused(&patch(&app, &target, remove).await, 400, Some("mutability"));
}

#[tokio::test]
async fn s3_5_2_each_operation_works_on_what_the_one_before_left() {
    let app = App::wide("rfc");
    let target = format!("/Users/{}", user(&app, json!({"userName": "a"})).await);
    let operations = json!([
        {"op": "add", "path": "emails", "value": [{"type": "work", "value": "one"}]},
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "two"},
        {"op": "add", "path": "emails", "value": [{"type": "home", "value": "three"}]},
        {"op": "remove", "path": "emails[value eq \"two\"]"},
    ]);
    let now = patch(&app, &target, operations).await.body.unwrap();
    assert_eq!(now["emails"], json!([{"type": "home", "value": "three"}]));
}

#[tokio::test]
async fn s3_5_2_an_error_anywhere_leaves_the_resource_as_it_was() {
    let app = App::wide("rfc");
    let target = format!("/Users/{}", user(&app, json!({"userName": "ada", "title": "x"})).await);
    user(&app, json!({"userName": "bob"})).await;
    let before = app.get(&target).await;
    for (last, status, scim_type) in [
        (json!({"op": "replace", "path": "id", "value": "x"}), 400, "mutability"),
        (json!({"op": "remove", "path": "userName"}), 400, "mutability"),
        (json!({"op": "replace", "path": "emails[type eq \"x\"].value", "value": "y"}), 400, "noTarget"),
        // What only the target knows.
        (json!({"op": "replace", "path": "userName", "value": "bob"}), 409, "uniqueness"),
    ] {
        let operations = json!([{"op": "replace", "path": "title", "value": "y"}, last]);
        refused(&patch(&app, &target, operations).await, status, Some(scim_type));
        assert_eq!(app.get(&target).await, before);
    }
}

#[tokio::test]
async fn s3_5_2_success_is_200_or_204_and_200_with_attributes() {
    let app = App::wide("rfc");
    let target = format!("/Users/{}", user(&app, json!({"userName": "ada", "title": "x"})).await);
    let change = |value: &str| {
        Some(json!({"schemas": [PATCH], "Operations": [{"op": "replace", "path": "title", "value": value}]}))
    };
    let whole = app.send(Method::Patch, &target, change("y")).await;
    assert_eq!((whole.status, whole.body.unwrap()), (200, app.get(&target).await));
    let part = app.send(Method::Patch, &format!("{target}?attributes=title"), change("z")).await;
    assert_eq!((part.status, part.body.unwrap()), (200, json!({"schemas": [USER], "id": "1", "title": "z"})));
    let group = format!("/Groups/{}", app.group("g", &["1"]).await);
    let rename = json!([{"op": "replace", "path": "displayName", "value": "h"}]);
    let done = patch(&app, &group, rename).await;
    assert_eq!((done.status, &done.body), (204, &None));
    assert!(header(&done, "etag").is_some());
}

#[tokio::test]
async fn s3_5_2_1_what_changes_nothing_does_not_touch_the_time() {
    let app = App::wide("rfc");
    let before = json!({"userName": "ada", "title": "x", "emails": [{"type": "work", "value": "w"}]});
    let target = format!("/Users/{}", user(&app, before).await);
    let before = app.get(&target).await["meta"].clone();
    let same = json!({"op": "add", "path": "title", "value": "x"});
    let there = json!({"op": "add", "path": "emails", "value": [{"type": "work", "value": "w"}]});
    let done = patch(&app, &target, json!([same, there])).await;
    assert_eq!((done.status, &done.body.unwrap()["meta"]), (200, &before));
    // "Unless other operations change the resource".
    let other = json!({"op": "add", "path": "nickName", "value": "n"});
    let after = patch(&app, &target, json!([same, other])).await.body.unwrap()["meta"].clone();
    assert!(after["lastModified"].as_str() > before["lastModified"].as_str());
    let group = format!("/Groups/{}", app.group("g", &["1"]).await);
    let before = app.get(&group).await["meta"].clone();
    let rename = json!([{"op": "add", "path": "displayName", "value": "g"}]);
    assert_eq!(patch(&app, &group, rename).await.status, 204);
    assert_eq!(app.get(&group).await["meta"], before);
}

#[tokio::test]
async fn s3_5_2_3_all_values_that_match_are_replaced() {
    let app = App::wide("rfc");
    let addresses = json!([
        {"type": "work", "streetAddress": "1", "locality": "x"}, {"type": "home", "streetAddress": "2"},
    ]);
    let target = format!("/Users/{}", user(&app, json!({"userName": "ada", "addresses": addresses})).await);
    let streets = json!([{"op": "replace", "path": "addresses[streetAddress pr].streetAddress", "value": "3"}]);
    let now = patch(&app, &target, streets).await.body.unwrap();
    let both = json!([{"type": "home", "streetAddress": "3"}, {"type": "work", "streetAddress": "3", "locality": "x"}]);
    assert_eq!(now["addresses"], both);
    let emails =
        json!([{"type": "work", "value": "a"}, {"type": "work", "value": "b"}, {"type": "home", "value": "c"}]);
    let target = format!("/Users/{}", user(&app, json!({"userName": "bob", "emails": emails})).await);
    let whole = json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": {"type": "work", "value": "d"}}]);
    let now = patch(&app, &target, whole).await.body.unwrap();
    // Two that are the same are one.
    assert_eq!(now["emails"], json!([{"type": "home", "value": "c"}, {"type": "work", "value": "d"}]));
}
