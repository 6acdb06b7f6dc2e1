use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
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

/// Columns that are NOT NULL and have a default: a PUT that does not name them is no wish to
/// clear them, and must not fail, or a client that updates by PUT could change nothing.
#[tokio::test]
async fn put_leaves_what_an_object_is_never_without() {
    let mut classes = helpdesk::small();
    let attributes = classes.iter_mut().flat_map(|class| &mut class.attributes);
    let always = ["title", "last_name", "phone"];
    attributes.filter(|info| always.contains(&info.name.as_str())).for_each(|info| info.traits.never_absent = true);
    let app = App::with(helpdesk::SMALL, Memory::new(classes), "default");
    let phones = json!([{"type": "mobile", "value": "1"}]);
    let whole = json!({
        "userName": "ada", "title": "Dr", "name": {"givenName": "Ada", "familyName": "Byron"}, "phoneNumbers": phones,
    });
    let id = app.made("/Users", whole).await;
    let check = async |body: Value, writes: &[&str]| {
        let (status, written) = put(&app, &id, body.clone()).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(written, writes, "{body}");
    };
    check(json!({"userName": "ada", "name": {"givenName": "Eve"}}), &["first_name =eve"]).await;
    check(json!({"userName": "ada", "active": false}), &["first_name =", "status =d"]).await;
    check(json!({"userName": "ada", "phoneNumbers": [{"type": "fax", "value": "2"}]}), &[]).await;
    // Whoever says that it is to be cleared gets the target's answer.
    check(json!({"userName": "ada", "title": null}), &["title ="]).await;
    check(json!({"userName": "ada", "name": {"familyName": null}}), &["last_name ="]).await;
    check(json!({"userName": "ada", "phoneNumbers": []}), &["phone ="]).await;
}
