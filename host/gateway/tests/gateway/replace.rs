use patchbay_gateway::Method;
use serde_json::{Value, json};

use crate::App;

async fn put(app: &App, id: &str, mut body: Value) -> (u16, Vec<String>) {
    body["schemas"] = json!(["urn:ietf:params:scim:schemas:core:2.0:User"]);
    let response = app.send(Method::Put, &format!("/Users/{id}"), Some(body)).await;
    (response.status, app.fake.writes())
}

#[tokio::test]
async fn put_writes_what_differs() {
    let app = App::new("default");
    let id = app.user("ada").await;
    let same = json!({"userName": "ada", "active": true, "name": {"givenName": "Ada", "familyName": "Byron"}});
    assert_eq!(put(&app, &id, same).await, (200, vec![]));
    let less = json!({"userName": "ada", "name": {"givenName": "Ada"}});
    // An absent boolean stays, an absent string goes.
    assert_eq!(put(&app, &id, less).await, (200, vec!["last_name =".to_owned()]));
    let more = json!({"userName": "ada", "name": {"givenName": "Ada"}, "emails": [{"type": "work", "value": "a@b"}]});
    assert_eq!(put(&app, &id, more).await, (200, vec!["work_mail +a@b".to_owned()]));
    // Null says so, and displayName is read-only: ignored.
    let null = json!({"userName": "ada", "name": {"givenName": "Ada"}, "emails": null, "displayName": "X"});
    assert_eq!(put(&app, &id, null).await, (200, vec!["work_mail -a@b".to_owned()]));
    assert_eq!(put(&app, &id, json!({"title": "x"})).await.0, 400);
    assert_eq!(put(&app, "99", json!({"userName": "x"})).await.0, 404);
}

#[tokio::test]
async fn put_without_members_leaves_them() {
    let app = App::new("default");
    let id = app.group("staff", &["1"]).await;
    let schemas = json!(["urn:ietf:params:scim:schemas:core:2.0:Group"]);
    let target = format!("/Groups/{id}");
    let body = json!({"schemas": schemas, "displayName": "people"});
    assert_eq!(app.send(Method::Put, &target, Some(body)).await.status, 200);
    assert_eq!(app.fake.writes(), ["name =people"]);
    let body = json!({"schemas": schemas, "displayName": "people", "members": []});
    assert_eq!(app.send(Method::Put, &target, Some(body)).await.status, 200);
    assert_eq!(app.fake.writes(), ["members ="]);
}
