//! Section 3.11: the alias of the client's own resource.

use patchbay_gateway::Method;
use serde_json::{Value, json};

use super::{BULK, PATCH, USER, header, patch, refused, user};
use crate::App;

/// A client that stands for the first user, whose location this is.
const LOCATION: &str = "https://host/scim/Users/1";

async fn app() -> App {
    let app = App::wide("rfc").standing_for("1");
    user(&app, json!({"userName": "ada", "title": "x"})).await;
    user(&app, json!({"userName": "bob"})).await;
    app
}

#[tokio::test]
async fn s3_11_every_operation_is_one_on_the_resource_itself() {
    let app = app().await;
    let check = async |method: Method, body: Option<Value>, status: u16, title: Value| {
        let response = app.send(method, "/Me", body).await;
        assert_eq!((response.status, header(&response, "location")), (status, Some(LOCATION)), "{method:?}");
        let locations = response.headers.iter().filter(|(name, _)| *name == "location");
        assert_eq!(locations.count(), 1, "{method:?}");
        let body = response.body.clone().unwrap_or_default();
        if status == 200 {
            assert_eq!((&body["id"], &body["meta"]["location"]), (&json!("1"), &json!(LOCATION)));
            assert_eq!(header(&response, "etag"), body["meta"]["version"].as_str());
            assert_eq!(body["title"], title, "{method:?}");
        }
    };
    check(Method::Get, None, 200, json!("x")).await;
    let put = json!({"schemas": [USER], "userName": "ada", "title": "y"});
    check(Method::Put, Some(put), 200, json!("y")).await;
    let operations = json!([{"op": "replace", "path": "title", "value": "z"}]);
    check(Method::Patch, Some(json!({"schemas": [PATCH], "Operations": operations})), 200, json!("z")).await;
    let own = app.get("/Me?attributes=userName").await;
    assert_eq!(own, json!({"schemas": [USER], "id": "1", "userName": "ada"}));
    check(Method::Delete, None, 204, json!(null)).await;
    // Also what is not there any more has its place.
    check(Method::Get, None, 404, json!(null)).await;
    assert_eq!(app.get("/Users").await["totalResults"], 1);
}

#[tokio::test]
async fn s3_11_versions_and_records_are_those_of_the_resource() {
    let app = app().await;
    let now = app.get("/Users/1").await["meta"]["version"].as_str().unwrap().to_owned();
    let known = app.send_if(Method::Get, "/Me", None, None, Some(&now)).await;
    assert_eq!((known.status, header(&known, "location")), (304, Some(LOCATION)));
    refused(&app.send_if(Method::Delete, "/Me", None, Some("W/\"other\""), None).await, 412, None);
    let changed = patch(&app, "/Me", json!([{"op": "remove", "path": "title"}])).await;
    let audit = changed.audit.as_ref().unwrap();
    assert_eq!((audit.resource_type.as_str(), audit.id.as_deref()), ("User", Some("1")));
    let operations = json!([
        {"method": "PATCH", "path": "/Me", "data":
            {"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "in bulk"}]}},
        {"method": "DELETE", "path": "/Me"},
    ]);
    let bulk = app.send(Method::Post, "/Bulk", Some(json!({"schemas": [BULK], "Operations": operations}))).await;
    for (answer, status) in bulk.body.unwrap()["Operations"].as_array().unwrap().iter().zip(["200", "204"]) {
        assert_eq!((&answer["status"], &answer["location"]), (&json!(status), &json!(LOCATION)), "{answer}");
    }
}

#[tokio::test]
async fn s3_11_what_cannot_be_served_is_501() {
    let nobody = App::wide("rfc");
    user(&nobody, json!({"userName": "ada"})).await;
    for method in [Method::Get, Method::Put, Method::Patch, Method::Delete, Method::Post] {
        refused(&nobody.send(method, "/Me", None).await, 501, None);
    }
    let app = app().await;
    let created = app.send(Method::Post, "/Me", Some(json!({"schemas": [USER], "userName": "eve"}))).await;
    refused(&created, 501, None);
    assert!(created.body.unwrap()["detail"].as_str().unwrap().contains("/Users"));
    refused(&app.send(Method::Get, "/Me/title", None).await, 404, None);
    let groups = "[Group]\nclass = \"team\"\nattributes = { displayName = \"name\" }";
    let memory = patchbay_memory::Memory::new(patchbay_memory::helpdesk::wide());
    refused(&App::with(groups, memory, "rfc").standing_for("1").send(Method::Get, "/Me", None).await, 501, None);
}
