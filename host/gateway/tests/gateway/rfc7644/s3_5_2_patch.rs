//! Section 3.5.2 with all its examples.

use patchbay_gateway::Method;
use serde_json::{Value, json};

use super::{ENTERPRISE, GROUP, PATCH, patch, refused, user};
use crate::App;

/// On this user, the operations leave the attributes so.
async fn check(before: Value, operations: Value, after: Value) {
    let app = App::wide("rfc");
    let mut body = before;
    body["userName"] = json!("bjensen");
    let target = format!("/Users/{}", user(&app, body).await);
    let response = patch(&app, &target, operations.clone()).await;
    let now = response.body.unwrap();
    assert_eq!(response.status, 200, "{operations}: {now}");
    for (name, value) in after.as_object().unwrap() {
        assert_eq!(sorted(now.get(name)), sorted(Some(value)), "{name} after {operations}");
    }
}

/// The values of a list have no order.
fn sorted(value: Option<&Value>) -> Value {
    match value {
        Some(Value::Array(items)) => {
            let mut items = items.clone();
            // Text of the same members in whatever order.
            items.sort_by_key(|item| {
                let mut bytes = item.to_string().into_bytes();
                bytes.sort_unstable();
                bytes
            });
            Value::Array(items)
        }
        other => other.cloned().unwrap_or_default(),
    }
}

/// The operations are refused so, and nothing is written.
async fn check_refused(operations: Value, scim_type: &str) {
    let app = App::wide("rfc");
    let before = json!({
        "userName": "ada", "title": "x", "emails": [{"type": "work", "value": "w"}], ENTERPRISE: {"employeeNumber": "7"},
    });
    let target = format!("/Users/{}", user(&app, before).await);
    refused(&patch(&app, &target, operations).await, 400, Some(scim_type));
    assert_eq!(app.fake.writes(), Vec::<String>::new());
}

/// On a group of members 1 and 2, the operations leave these members.
async fn check_members(operations: Value, members: &[&str]) {
    let app = App::wide("rfc");
    let target = format!("/Groups/{}", app.group("g", &["1", "2"]).await);
    let response = patch(&app, &target, operations.clone()).await;
    assert_eq!((response.status, &response.body), (204, &None), "{operations}");
    let now = app.get(&target).await;
    let left: Vec<&str> =
        now["members"].as_array().into_iter().flatten().map(|m| m["value"].as_str().unwrap()).collect();
    assert_eq!(left, members, "{operations}");
}

fn member(id: &str) -> Value {
    json!({"display": "Babs Jensen", "$ref": format!("https://example.com/v2/Users/{id}"), "value": id})
}

#[tokio::test]
async fn s3_5_2_the_message_must_be_one() {
    let app = App::wide("rfc");
    let target = format!("/Users/{}", user(&app, json!({"userName": "ada"})).await);
    let one = json!([{"op": "replace", "path": "title", "value": "x"}]);
    for body in [
        json!({"Operations": one}),
        json!({"schemas": [GROUP], "Operations": one}),
        json!({"schemas": [PATCH]}),
        json!({"schemas": [PATCH], "Operations": []}),
        json!({"schemas": [PATCH], "Operations": [{"path": "title"}]}),
        json!({"schemas": [PATCH], "Operations": [{"op": "move", "path": "title", "value": "x"}]}),
        json!([]),
    ] {
        refused(&app.send(Method::Patch, &target, Some(body)).await, 400, Some("invalidSyntax"));
    }
    refused(&app.send(Method::Patch, &target, None).await, 400, Some("invalidSyntax"));
}

#[tokio::test]
async fn s3_5_2_figure_8_paths() {
    check(
        json!({}),
        json!([{"op": "add", "path": "name.familyName", "value": "J"}]),
        json!({"name": {"familyName": "J"}}),
    )
    .await;
    check_members(json!([{"op": "add", "path": "members", "value": [member("3")]}]), &["1", "2", "3"]).await;
    check_members(json!([{"op": "remove", "path": "members[value eq \"1\"]"}]), &["2"]).await;
    check(
        json!({"addresses": [{"type": "work", "locality": "x"}]}),
        json!([{"op": "remove", "path": "addresses[type eq \"work\"]"}]),
        json!({"addresses": null}),
    )
    .await;
}

#[tokio::test]
async fn s3_5_2_mutability() {
    check_refused(json!([{"op": "replace", "path": "id", "value": "x"}]), "mutability").await;
    check_refused(json!([{"op": "replace", "path": "meta.version", "value": "x"}]), "mutability").await;
    let number = format!("{ENTERPRISE}:employeeNumber");
    check_refused(json!([{"op": "replace", "path": number, "value": "8"}]), "mutability").await;
    check(
        json!({}),
        json!([{"op": "add", "path": number, "value": "8"}]),
        json!({ENTERPRISE: {"employeeNumber": "8"}}),
    )
    .await;
}

#[tokio::test]
async fn s3_5_2_a_qualified_name_adds_its_schema() {
    let core = "urn:ietf:params:scim:schemas:core:2.0:User";
    let department = json!([{"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "x"}]);
    check(json!({}), department, json!({"schemas": [core, ENTERPRISE], ENTERPRISE: {"department": "x"}})).await;
    let whole = json!([{"op": "remove", "path": ENTERPRISE}]);
    check(json!({ENTERPRISE: {"department": "x"}}), whole, json!({"schemas": [core], ENTERPRISE: null})).await;
}

#[tokio::test]
async fn s3_5_2_operations_follow_each_other_all_or_none() {
    check(
        json!({"title": "a"}),
        json!([{"op": "replace", "path": "title", "value": "b"}, {"op": "remove", "path": "title"}, {"op": "add", "path": "title", "value": "c"}]),
        json!({"title": "c"}),
    )
    .await;
    let bad = json!([{"op": "replace", "path": "title", "value": "b"}, {"op": "replace", "path": "emails[type eq \"home\"].value", "value": "x"}]);
    check_refused(bad, "noTarget").await;
}

#[tokio::test]
async fn s3_5_2_one_value_is_primary() {
    let home = json!({"type": "home", "streetAddress": "h", "primary": true});
    let now = json!([{"type": "work", "streetAddress": "w", "primary": true}, {"type": "home", "streetAddress": "h", "primary": false}]);
    check(
        json!({"addresses": [{"type": "work", "streetAddress": "w"}, home]}),
        json!([{"op": "replace", "path": "addresses[type eq \"work\"].primary", "value": true}]),
        json!({"addresses": now}),
    )
    .await;
}

#[tokio::test]
async fn s3_5_2_1_add() {
    // Without a path.
    check(
        json!({"emails": [{"type": "work", "value": "w"}], "nickName": "B"}),
        json!([{"op": "add", "value": {"emails": [{"value": "babs@jensen.org", "type": "home"}], "nickname": "Babs"}}]),
        json!({"emails": [{"value": "w", "type": "work"}, {"value": "babs@jensen.org", "type": "home"}], "nickName": "Babs"}),
    )
    .await;
    // To nothing, to a complex value, to a single value.
    check(json!({}), json!([{"op": "add", "path": "title", "value": "x"}]), json!({"title": "x"})).await;
    check(
        json!({"name": {"givenName": "B"}}),
        json!([{"op": "add", "path": "name", "value": {"familyName": "J"}}]),
        json!({"name": {"givenName": "B", "familyName": "J"}}),
    )
    .await;
    check(json!({"title": "x"}), json!([{"op": "add", "path": "title", "value": "y"}]), json!({"title": "y"})).await;
    check_members(json!([{"op": "add", "path": "members", "value": [member("3")]}]), &["1", "2", "3"]).await;
    check_refused(json!([{"op": "add", "path": "title"}]), "invalidValue").await;
}

#[tokio::test]
async fn s3_5_2_1_adding_what_is_there_changes_nothing() {
    let app = App::wide("rfc");
    let target = format!(
        "/Users/{}",
        user(&app, json!({"userName": "a", "title": "x", "emails": [{"type": "work", "value": "w"}]})).await
    );
    let before = app.get(&target).await;
    let again = json!([{"op": "add", "path": "emails", "value": [{"type": "work", "value": "W"}]}, {"op": "add", "path": "title", "value": "x"}]);
    assert_eq!(patch(&app, &target, again).await.body.unwrap(), before);
    assert_eq!(app.fake.writes(), Vec::<String>::new());
    check_members(json!([{"op": "add", "path": "members", "value": [member("1")]}]), &["1", "2"]).await;
}

#[tokio::test]
async fn s3_5_2_2_remove_without_a_path() {
    check_refused(json!([{"op": "remove"}]), "noTarget").await;
}

#[tokio::test]
async fn s3_5_2_2_remove_value_path() {
    check_members(json!([{"op": "remove", "path": "members[value eq \"2\"]"}]), &["1"]).await;
    check_members(json!([{"op": "remove", "path": "members[value eq \"9\"]"}]), &["1", "2"]).await;
    check_members(json!([{"op": "remove", "path": "members"}]), &[]).await;
    check(
        json!({"emails": [{"type": "work", "value": "a@example.com"}, {"type": "work", "value": "a@x"}, {"type": "home", "value": "b@example.com"}]}),
        json!([{"op": "remove", "path": "emails[type eq \"work\" and value ew \"example.com\"]"}]),
        json!({"emails": [{"type": "work", "value": "a@x"}, {"type": "home", "value": "b@example.com"}]}),
    )
    .await;
    check(
        json!({"emails": [{"type": "work", "value": "a"}]}),
        json!([{"op": "remove", "path": "emails[type eq \"work\"]"}]),
        json!({"emails": null}),
    )
    .await;
}

#[tokio::test]
async fn s3_5_2_2_remove_single_complex_and_whole_lists() {
    check(json!({"title": "x"}), json!([{"op": "remove", "path": "title"}]), json!({"title": null})).await;
    check(
        json!({"name": {"givenName": "B", "familyName": "J"}}),
        json!([{"op": "remove", "path": "name"}]),
        json!({"name": null}),
    )
    .await;
    check(
        json!({"emails": [{"value": "a"}, {"value": "b"}]}),
        json!([{"op": "remove", "path": "emails"}]),
        json!({"emails": null}),
    )
    .await;
    check(
        json!({"addresses": [{"type": "work", "streetAddress": "s", "locality": "l"}]}),
        json!([{"op": "remove", "path": "addresses[type eq \"work\"].locality"}]),
        json!({"addresses": [{"type": "work", "streetAddress": "s"}]}),
    )
    .await;
    check_refused(json!([{"op": "remove", "path": "userName"}]), "mutability").await;
    check_refused(json!([{"op": "remove", "path": "meta"}]), "mutability").await;
}

#[tokio::test]
async fn s3_5_2_2_remove_and_add_members() {
    let add = |ids: &[&str]| json!({"op": "add", "path": "members", "value": ids.iter().map(|id| member(id)).collect::<Vec<_>>()});
    check_members(json!([{"op": "remove", "path": "members[value eq\"1\"]"}, add(&["3"])]), &["2", "3"]).await;
    check_members(json!([{"op": "remove", "path": "members"}, add(&["3", "4"])]), &["3", "4"]).await;
}

#[tokio::test]
async fn s3_5_2_3_replace() {
    check_members(json!([{"op": "replace", "path": "members", "value": [member("3"), member("2")]}]), &["3", "2"])
        .await;
    check(
        json!({"title": "x", "emails": [{"type": "work", "value": "old"}]}),
        json!([{"op": "replace", "value": {
            "emails": [{"value": "bjensen@example.com", "type": "work"}, {"value": "babs@jensen.org", "type": "home"}],
            "nickname": "Babs",
        }}]),
        json!({
            "emails": [{"value": "bjensen@example.com", "type": "work"}, {"value": "babs@jensen.org", "type": "home"}],
            "nickName": "Babs", "title": "x",
        }),
    )
    .await;
    // A complex value keeps what is not named; an attribute that is not there is added.
    check(
        json!({"name": {"givenName": "B", "familyName": "J"}}),
        json!([{"op": "replace", "path": "name", "value": {"givenName": "C", "middleName": "M"}}]),
        json!({"name": {"givenName": "C", "familyName": "J", "middleName": "M"}}),
    )
    .await;
    check(json!({}), json!([{"op": "replace", "path": "title", "value": "x"}]), json!({"title": "x"})).await;
    check(json!({"title": "x"}), json!([{"op": "replace", "path": "title", "value": null}]), json!({"title": null}))
        .await;
}

#[tokio::test]
async fn s3_5_2_3_replace_by_value_path() {
    let work = json!({
        "type": "work", "streetAddress": "911 Universal City Plaza", "locality": "Hollywood", "region": "CA",
        "postalCode": "91608", "country": "US", "formatted": "911 Universal City Plaza\nHollywood, CA 91608 US",
        "primary": true,
    });
    let app = App::wide("rfc");
    let addresses = json!([
        {"type": "work", "streetAddress": "1", "locality": "x"}, {"type": "home", "streetAddress": "2", "primary": true},
    ]);
    let target = format!("/Users/{}", user(&app, json!({"userName": "bjensen", "addresses": addresses})).await);
    let operations = json!([{"op": "replace", "path": "addresses[type eq \"work\"]", "value": work}]);
    let now = patch(&app, &target, operations).await.body.unwrap();
    assert_eq!(now["addresses"][1], work);
    assert_eq!(now["addresses"][0], json!({"type": "home", "streetAddress": "2", "primary": false}));
    let street =
        json!([{"op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1010 Broadway Ave"}]);
    let now = patch(&app, &target, street).await.body.unwrap();
    assert_eq!(
        (&now["addresses"][1]["streetAddress"], &now["addresses"][1]["region"]),
        (&json!("1010 Broadway Ave"), &json!("CA"))
    );
    assert_eq!(app.fake.writes().last().unwrap(), "work_street =1010 broadway ave");
    check(
        json!({"emails": [{"type": "work", "value": "a"}, {"type": "work", "value": "b"}]}),
        json!([{"op": "replace", "path": "emails[value eq \"b\"].value", "value": "c"}]),
        json!({"emails": [{"type": "work", "value": "a"}, {"type": "work", "value": "c"}]}),
    )
    .await;
    let none = json!([{"op": "replace", "path": "emails[type eq \"home\"]", "value": {"value": "x"}}]);
    check_refused(none, "noTarget").await;
}

#[tokio::test]
async fn s3_5_2_what_is_not_mapped_is_refused_not_lost() {
    let app = App::wide("rfc");
    let id = user(&app, json!({"userName": "a", "emails": [{"type": "work", "value": "a@b"}]})).await;
    for path in ["emails[type eq \"work\"].display", "name.honorificPrefix", "timezone"] {
        let change = json!([{"op": "add", "path": path, "value": "x"}]);
        let response = patch(&app, &format!("/Users/{id}"), change).await;
        refused(&response, 400, Some("invalidPath"));
    }
    assert!(app.fake.writes().is_empty());
}
