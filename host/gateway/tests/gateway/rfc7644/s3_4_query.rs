use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use super::{DEVICE, GROUP, LIST, SEARCH, USER, column, refused, user};
use crate::App;

#[tokio::test]
async fn s3_4_1_a_known_resource() {
    let app = App::wide("rfc");
    let phones = json!([{"value": "bjensen@example.com", "type": "work"}]);
    let id = user(&app, json!({"userName": "bjensen", "externalId": "bjensen", "emails": phones})).await;
    let body = app.get(&format!("/Users/{id}")).await;
    assert_eq!((&body["id"], &body["emails"], &body["schemas"]), (&json!(id), &phones, &json!([USER])));
    refused(&app.send(Method::Get, "/Users/2819c223", None).await, 404, None);
    refused(&app.send(Method::Get, "/Cars", None).await, 404, None);
}

#[tokio::test]
async fn s3_4_2_a_list_and_its_envelope() {
    let app = App::wide("rfc");
    let empty = app.get("/Users").await;
    assert_eq!((&empty["totalResults"], &empty["schemas"]), (&json!(0), &json!([LIST])));
    for login in ["bjensen", "jsmith"] {
        user(&app, json!({"userName": login, "title": "x"})).await;
    }
    let list = app.get("/Users?attributes=userName&unknown=parameter").await;
    assert_eq!(list["totalResults"], 2);
    assert_eq!(
        list["Resources"],
        json!([
            {"schemas": [USER], "id": "1", "userName": "bjensen"},
            {"schemas": [USER], "id": "2", "userName": "jsmith"},
        ])
    );
}

#[tokio::test]
async fn s3_4_2_1_the_root_holds_all_types() {
    let app = App::wide("rfc");
    user(&app, json!({"userName": "ada", "displayName": "Smith, Ada"})).await;
    app.made("/Groups", json!({"schemas": [GROUP], "displayName": "Smith Family"})).await;
    app.made("/Devices", json!({"schemas": [DEVICE], "serial": "S1", "displayName": "Printer"})).await;
    let check = async |filter: &str, types: &[&str]| {
        let list = app.get(&format!("/?filter={filter}")).await;
        let found: Vec<&str> =
            list["Resources"].as_array().unwrap().iter().map(|r| r["meta"]["resourceType"].as_str().unwrap()).collect();
        assert_eq!((found.as_slice(), &list["totalResults"]), (types, &json!(types.len())), "{filter}");
    };
    assert_eq!(app.get("/").await["totalResults"], 3);
    check("(meta.resourceType eq \"User\") or (meta.resourceType eq \"Group\")", &["Group", "User"]).await;
    check("displayName sw \"Smith\"", &["Group", "User"]).await;
    // An attribute that a type does not have is without a value there.
    check("userName pr", &["User"]).await;
    check("userName eq \"ada\" or serial eq \"S1\"", &["Device", "User"]).await;
    check("not (userName pr)", &["Device", "Group"]).await;
    check("userName ne \"ada\"", &["Device", "Group"]).await;
    check("emails[type eq \"work\"]", &[]).await;
    check("id eq \"3\" and serial pr", &["Device"]).await;
    refused(&app.send(Method::Get, "/?filter=colour eq \"red\"", None).await, 400, Some("invalidFilter"));
}

#[tokio::test]
async fn s3_4_2_1_resource_type_filters_read_no_other_type() {
    let app = App::wide("rfc");
    app.get("/?filter=meta.resourceType eq \"User\"").await;
    assert_eq!(app.fake.reads(), ["search person offset None"]);
}

#[tokio::test]
async fn s3_4_2_1_too_many_is_refused() {
    let memory = Memory::new(helpdesk::wide()).without_filters();
    let app = App::with(helpdesk::WIDE, memory, "rfc");
    app.fake.fill("device", "serial", 10_000);
    assert_eq!(app.get("/Devices?filter=serial ew \"0\"&count=1").await["totalResults"], 1000);
    app.fake.fill("device", "serial", 1);
    refused(&app.send(Method::Get, "/Devices?filter=serial sw \"1\"", None).await, 400, Some("tooMany"));
    assert_eq!(app.get("/Devices?count=1").await["totalResults"], 10_001);
}

#[tokio::test]
async fn s3_4_2_3_sorting() {
    for memory in [Memory::new(helpdesk::wide()), Memory::new(helpdesk::wide()).without_order()] {
        let app = App::with(helpdesk::WIDE, memory, "rfc");
        for (login, family, mail) in [("ada", "byron", "z@x"), ("bob", "Adams", "y@x"), ("cyd", "Clark", "x@x")] {
            let emails = json!([{"type": "work", "value": mail}]);
            user(&app, json!({"userName": login, "name": {"familyName": family}, "emails": emails})).await;
        }
        user(&app, json!({"userName": "dan"})).await;
        let check = async |query: &str, order: [&str; 4]| {
            assert_eq!(column(&app.get(&format!("/Users?{query}")).await, "userName"), order, "{query}");
        };
        // Case does not count, and who has no value is last ascending, first descending.
        check("sortBy=name.familyName", ["bob", "ada", "cyd", "dan"]).await;
        check("sortBy=name.familyName&sortOrder=ascending", ["bob", "ada", "cyd", "dan"]).await;
        check("sortBy=name.familyName&sortOrder=descending", ["dan", "cyd", "ada", "bob"]).await;
        check("sortBy=emails.value", ["cyd", "bob", "ada", "dan"]).await;
        check("sortBy=emails", ["cyd", "bob", "ada", "dan"]).await;
        check(&format!("sortBy={USER}:userName&sortOrder=descending"), ["dan", "cyd", "bob", "ada"]).await;
        check("sortOrder=descending", ["ada", "bob", "cyd", "dan"]).await;
        refused(&app.send(Method::Get, "/Users?sortBy=name", None).await, 400, Some("invalidPath"));
        refused(&app.send(Method::Get, "/Users?sortBy=colour", None).await, 400, Some("invalidPath"));
        refused(&app.send(Method::Get, "/Users?sortBy=title&sortOrder=up", None).await, 400, Some("invalidValue"));
    }
}

fn search(mut body: Value) -> Option<Value> {
    body["schemas"] = json!([SEARCH]);
    Some(body)
}

#[tokio::test]
async fn s3_4_3_search_by_post() {
    let app = App::wide("rfc");
    user(&app, json!({"userName": "jsmith", "displayName": "Smith, James"})).await;
    app.made("/Groups", json!({"schemas": [GROUP], "displayName": "Smith Family"})).await;
    let body = json!({
        "attributes": ["displayName", "userName"], "filter": "displayName sw \"smith\"", "startIndex": 1, "count": 10,
    });
    let response = app.send(Method::Post, "/.search", search(body.clone())).await;
    let list = response.body.unwrap();
    assert_eq!((response.status, &list["schemas"], &list["totalResults"]), (200, &json!([LIST]), &json!(2)));
    assert_eq!((&list["startIndex"], &list["itemsPerPage"]), (&json!(1), &json!(2)));
    assert_eq!(column(&list, "displayName"), ["Smith Family", "Smith, James"]);
    assert!(list["Resources"][1].get("meta").is_none());
    let users = app.send(Method::Post, "/Users/.search", search(body)).await.body.unwrap();
    assert_eq!(column(&users, "userName"), ["jsmith"]);
    let excluded = json!({"excludedAttributes": ["displayName"], "sortBy": "userName", "sortOrder": "descending"});
    let users = app.send(Method::Post, "/Users/.search", search(excluded)).await.body.unwrap();
    assert!(users["Resources"][0].get("displayName").is_none());
}

#[tokio::test]
async fn s3_4_3_what_is_no_search_is_refused() {
    let app = App::wide("rfc");
    refused(&app.send(Method::Post, "/Users/.search", None).await, 400, Some("invalidSyntax"));
    refused(&app.send(Method::Post, "/.search", Some(json!({"filter": "id pr"}))).await, 400, Some("invalidSyntax"));
    let body = search(json!({"filter": "id regex \"x\""}));
    refused(&app.send(Method::Post, "/.search", body).await, 400, Some("invalidFilter"));
    refused(&app.send(Method::Post, "/Users/.search", search(json!({"count": "x"}))).await, 400, Some("invalidValue"));
    refused(&app.send(Method::Get, "/Users/.search", None).await, 405, None);
}
