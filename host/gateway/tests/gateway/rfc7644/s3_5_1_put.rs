//! Section 3.5.1.

use patchbay_gateway::{Method, Response};
use serde_json::{Value, json};

use super::{ENTERPRISE, USER, header, refused, user};
use crate::App;

async fn put(app: &App, id: &str, mut body: Value) -> Response {
    body["schemas"] = std::iter::once(USER).chain(body.get(ENTERPRISE).map(|_| ENTERPRISE)).collect();
    app.send(Method::Put, &format!("/Users/{id}"), Some(body)).await
}

#[tokio::test]
async fn s3_5_1_example() {
    let app = App::wide("rfc");
    let id = user(&app, json!({"userName": "bjensen", "roles": [{"value": "x"}], "title": "old"})).await;
    let target = format!("/Users/{id}");
    let before = app.get(&target).await;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": id,
        "userName": "bjensen",
        "externalId": "bjensen",
        "name": {
            "formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara",
            "middleName": "Jane"
        },
        "roles": [],
        "emails": [{"value": "bjensen@example.com"}, {"value": "babs@jensen.org"}]
    });
    let version = before["meta"]["version"].as_str();
    let response = app.send_if(Method::Put, &target, Some(body.clone()), version, None).await;
    let now = response.body.as_ref().unwrap();
    assert_eq!(response.status, 200, "{now}");
    let location = format!("https://host/scim/Users/{id}");
    assert_eq!(header(&response, "location"), Some(location.as_str()));
    assert_eq!(header(&response, "etag"), now["meta"]["version"].as_str());
    let meta = &now["meta"];
    assert_eq!((&meta["resourceType"], &meta["location"]), (&json!("User"), &json!(location)));
    assert_eq!(meta["created"], before["meta"]["created"]);
    assert!(meta["lastModified"].as_str() > before["meta"]["lastModified"].as_str());
    assert_ne!(meta["version"], before["meta"]["version"]);
    // All that was sent, and nothing else.
    let mut expected = body;
    expected.as_object_mut().unwrap().shift_remove("roles");
    expected["meta"] = meta.clone();
    assert_eq!(*now, expected);
}

#[tokio::test]
async fn s3_5_1_write_only_values_are_replaced() {
    let app = App::wide("rfc");
    let id = user(&app, json!({"userName": "ada", "password": "t1meMa$heen"})).await;
    let now = put(&app, &id, json!({"userName": "ada", "password": "an0ther$ecret"})).await;
    assert_eq!((now.status, now.body.unwrap().get("password")), (200, None));
    let writes = app.fake.writes();
    assert!(matches!(writes.as_slice(), [one] if one.starts_with("password =")), "{writes:?}");
    // Not named is not asserted: nobody can send back what nobody is shown.
    put(&app, &id, json!({"userName": "ada"})).await;
    assert_eq!(app.fake.writes(), [""; 0]);
}

#[tokio::test]
async fn s3_5_1_read_write_values_are_replaced_and_null_clears() {
    let app = App::wide("rfc");
    let id = user(&app, json!({"userName": "ada", "title": "x", "active": true, "nickName": "n"})).await;
    let now = put(&app, &id, json!({"userName": "eve", "title": null, "active": null})).await.body.unwrap();
    assert_eq!(now["userName"], "eve");
    assert!(["title", "active", "nickName"].iter().all(|name| now.get(name).is_none()), "{now}");
}

#[tokio::test]
async fn s3_5_1_immutable_values_must_match() {
    let app = App::wide("rfc");
    let id = user(&app, json!({"userName": "ada"})).await;
    let number = |number: &str| json!({"userName": "ada", ENTERPRISE: {"employeeNumber": number}});
    // Without a value the new one is applied, as far as the target can.
    let given = user(&app, json!({"userName": "bob", ENTERPRISE: {"employeeNumber": "7"}})).await;
    let bob = |number: &str| json!({"userName": "bob", ENTERPRISE: {"employeeNumber": number}});
    assert_eq!(put(&app, &given, bob("7")).await.status, 200);
    refused(&put(&app, &given, bob("8")).await, 400, Some("mutability"));
    assert_eq!(put(&app, &given, json!({"userName": "bob"})).await.body.unwrap()[ENTERPRISE]["employeeNumber"], "7");
    assert_eq!(put(&app, &id, number("9")).await.body.unwrap()[ENTERPRISE]["employeeNumber"], "9");
    refused(&put(&app, &id, number("8")).await, 400, Some("mutability"));
}

#[tokio::test]
async fn s3_5_1_read_only_values_are_ignored() {
    let app = App::wide("rfc");
    let id = user(&app, json!({"userName": "ada"})).await;
    let body = json!({"userName": "ada", "id": "other", "meta": {"created": "2001-01-01T00:00:00Z"}, "groups": [{"value": "1"}]});
    let now = put(&app, &id, body).await.body.unwrap();
    assert_eq!(now["id"], json!(id));
    assert!(now["meta"]["created"].as_str().unwrap().starts_with("2026") && now.get("groups").is_none());
    assert_eq!(app.fake.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn s3_5_1_required_values_must_be_there_and_nothing_is_created() {
    let app = App::wide("rfc");
    let id = user(&app, json!({"userName": "ada"})).await;
    user(&app, json!({"userName": "bob"})).await;
    refused(&put(&app, &id, json!({"title": "x"})).await, 400, Some("invalidValue"));
    refused(&put(&app, &id, json!({"userName": null})).await, 400, Some("invalidValue"));
    refused(&put(&app, "99", json!({"userName": "new"})).await, 404, None);
    refused(&put(&app, &id, json!({"userName": "BOB"})).await, 409, Some("uniqueness"));
    refused(&app.send(Method::Put, "/Users", Some(json!({}))).await, 405, None);
}
