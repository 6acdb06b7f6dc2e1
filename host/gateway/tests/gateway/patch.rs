use patchbay_gateway::Method;
use serde_json::{Value, json};

use crate::App;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn patch(app: &App, target: &str, operations: Value) -> (u16, Value, Vec<String>) {
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    let response = app.send(Method::Patch, target, Some(body)).await;
    (response.status, response.body.unwrap_or_default(), app.fake.writes())
}

/// On a user with login `ada`, status A, first name Ada: the operations write just this.
async fn check(operations: Value, writes: &[&str]) {
    let app = App::new("default");
    let id = app.user("ada").await;
    app.user("boss").await;
    let (status, body, written) = patch(&app, &format!("/Users/{id}"), operations.clone()).await;
    assert_eq!(status, 200, "{operations}: {body}");
    assert_eq!(written, writes, "{operations}");
}

#[tokio::test]
async fn only_what_changes_is_written() {
    check(json!([{"op": "Replace", "path": "active", "value": "False"}]), &["status =d"]).await;
    check(json!([{"op": "Add", "path": "active", "value": false}]), &["status =d"]).await;
    check(json!([{"op": "Replace", "path": "active", "value": "True"}]), &[]).await;
    check(json!([{"op": "Replace", "path": "name.givenName", "value": "Ada"}]), &[]).await;
    check(
        json!([{"op": "replace", "value": {"name.givenName": "Eve", "title": "Dr"}}]),
        &["first_name =eve", "title =dr"],
    )
    .await;
    check(
        json!([{"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:title", "value": "x"}]),
        &["title =x"],
    )
    .await;
    check(json!([{"op": "Replace", "path": "nickName", "value": "unmapped"}]), &[]).await;
}

#[tokio::test]
async fn values_are_added_and_removed_one_by_one() {
    check(json!([{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "a@b"}]), &["work_mail +a@b"])
        .await;
    check(
        json!([
            {"op": "add", "path": "emails", "value": [{"type": "work", "value": "a@b"}, {"type": "work", "value": "c@d"}]},
            {"op": "remove", "path": "emails[value eq \"a@b\"]"},
        ]),
        &["work_mail +c@d"],
    )
    .await;
    let role = "{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"Admin\"}";
    check(json!([{"op": "Add", "path": "roles", "value": [{"value": role}]}]), &["roles +admin"]).await;
}

#[tokio::test]
async fn the_manager_in_all_its_forms() {
    let manager = format!("{ENTERPRISE}:manager");
    check(json!([{"op": "Add", "path": manager, "value": "2"}]), &["manager =2"]).await;
    check(json!([{"op": "Add", "path": manager, "value": [{"$ref": "../Users/2", "value": "2"}]}]), &["manager =2"])
        .await;
    check(json!([{"op": "Add", "path": manager, "value": "2"}, {"op": "Replace", "path": manager, "value": ""}]), &[])
        .await;
    check(json!([{"op": "replace", "value": {ENTERPRISE: {"department": "Maths"}}}]), &["department =maths"]).await;
}

#[tokio::test]
async fn members_are_never_read() {
    let app = App::new("default");
    let id = app.group("staff", &["1", "2"]).await;
    let target = format!("/Groups/{id}");
    let check = async |operations: Value, writes: &[&str]| {
        let (status, body, written) = patch(&app, &target, operations.clone()).await;
        assert_eq!((status, body), (204, Value::Null), "{operations}");
        assert_eq!(written, writes, "{operations}");
        assert_eq!(app.fake.reads(), Vec::<String>::new(), "{operations}");
    };
    check(json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "3"}]}]), &["members +3"]).await;
    check(json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "1"}]}]), &["members -1"]).await;
    check(json!([{"op": "remove", "path": "members[value eq \"2\"]"}]), &["members -2"]).await;
    check(
        json!([
            {"op": "add", "path": "members", "value": [{"value": "4"}]},
            {"op": "add", "path": "members", "value": [{"value": "5"}]},
        ]),
        &["members +4,5"],
    )
    .await;
    check(json!([{"op": "replace", "path": "members", "value": [{"value": "9"}]}]), &["members =9"]).await;
    check(json!([{"op": "replace", "path": "members", "value": []}]), &["members ="]).await;
}

#[tokio::test]
async fn refusals_name_the_attribute_and_write_nothing() {
    let check = async |operations: Value, status: u16, scim_type: &str, named: &str| {
        let app = App::new("default");
        let id = app.user("ada").await;
        let (got, body, written) = patch(&app, &format!("/Users/{id}"), operations.clone()).await;
        assert_eq!((got, &body["scimType"]), (status, &json!(scim_type)), "{operations}: {body}");
        assert!(body["detail"].as_str().unwrap().contains(named), "{body}");
        assert!(written.is_empty());
    };
    check(json!([{"op": "replace", "path": "colour", "value": "red"}]), 400, "invalidPath", "colour").await;
    check(json!([{"op": "remove", "path": "userName"}]), 400, "mutability", "userName").await;
    check(json!([{"op": "remove"}]), 400, "noTarget", "path").await;
    check(json!([{"op": "replace", "path": "id", "value": "x"}]), 400, "mutability", "id").await;
    check(
        json!([{"op": "replace", "path": "title", "value": "x"}, {"op": "replace", "path": "active", "value": "so"}]),
        400,
        "invalidValue",
        "active",
    )
    .await;
}

#[tokio::test]
async fn a_resource_that_is_not_there_is_404_whatever_is_asked() {
    let app = App::new("default");
    for (endpoint, operations) in [
        ("/Users/99", json!([{"op": "replace", "path": "title", "value": "x"}])),
        ("/Users/99", json!([{"op": "replace", "path": "nickName", "value": "x"}])),
        ("/Groups/99", json!([{"op": "add", "path": "members", "value": [{"value": "1"}]}])),
        ("/Groups/99", json!([])),
    ] {
        let (status, body, _) = patch(&app, endpoint, operations.clone()).await;
        assert!(status == 404 || operations == json!([]) && status == 400, "{endpoint} {operations}: {status} {body}");
    }
}
