use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use super::{DEVICE, GROUP, HR, LIST, SEARCH, USER, column, refused, user};
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
        // Nor by what nobody may see: its order would tell.
        refused(&app.send(Method::Get, "/Users?sortBy=password", None).await, 400, Some("invalidPath"));
        refused(&app.send(Method::Get, "/?sortBy=password", None).await, 400, Some("invalidPath"));
        refused(&app.send(Method::Get, "/Users?sortBy=title&sortOrder=up", None).await, 400, Some("invalidValue"));
    }
}

/// Names of all resources of a search over all types, page by page.
async fn walk(app: &App, query: &str, count: usize) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let page = app.get(&format!("/?{query}&startIndex={}&count={count}", names.len() + 1)).await;
        let resources = page["Resources"].as_array().unwrap();
        let name = |r: &Value| ["userName", "displayName", "serial"].map(|key| r[key].as_str().map(str::to_owned));
        names.extend(resources.iter().filter_map(|r| name(r).into_iter().flatten().next()));
        if resources.is_empty() {
            assert_eq!(page["totalResults"], names.len(), "{query}");
            return names;
        }
    }
}

#[tokio::test]
async fn s3_4_2_3_sorting_over_all_types() {
    let wide = || Memory::new(helpdesk::wide());
    let mut small_pages = helpdesk::wide();
    small_pages.iter_mut().for_each(|class| class.max_page_size = 2);
    for memory in [wide(), wide().without_order(), Memory::new(small_pages)] {
        let app = App::with(helpdesk::WIDE, memory, "rfc");
        for (login, display) in [("u1", Some("delta")), ("u2", None), ("u3", Some("Bravo"))] {
            user(&app, json!({"userName": login, "displayName": display})).await;
        }
        for name in ["charlie", "Alpha"] {
            app.made("/Groups", json!({"schemas": [GROUP], "displayName": name})).await;
        }
        app.made("/Devices", json!({"schemas": [DEVICE], "serial": "s1", "displayName": "Echo"})).await;
        app.made("/Devices", json!({"schemas": [DEVICE], "serial": "s2"})).await;
        let check = async |query: &str, expected: &[&str]| {
            for count in [1, 2, 3, 100] {
                assert_eq!(walk(&app, query, count).await, expected, "{query} by {count}");
            }
        };
        // Several types have the attribute: case does not count, and who has no value is
        // last ascending, first descending. Equal ones are in the order of the types.
        check("sortBy=displayName", &["Alpha", "u3", "charlie", "u1", "Echo", "s2", "u2"]).await;
        check("sortBy=displayName&sortOrder=descending", &["s2", "u2", "Echo", "u1", "charlie", "u3", "Alpha"]).await;
        // One has it, the others are without a value.
        check("sortBy=userName", &["u1", "u2", "u3", "Echo", "s2", "charlie", "Alpha"]).await;
        check("sortBy=userName&sortOrder=descending", &["Echo", "s2", "charlie", "Alpha", "u3", "u2", "u1"]).await;
        check(&format!("sortBy={USER}:userName"), &["u1", "u2", "u3", "Echo", "s2", "charlie", "Alpha"]).await;
        check("sortBy=meta.resourceType&filter=displayName sw \"c\" or userName pr", &["charlie", "u1", "u2", "u3"])
            .await;
        check("sortBy=displayName&filter=meta.resourceType eq \"Group\"", &["Alpha", "charlie"]).await;
        check("sortBy=nickName&filter=userName eq \"u1\"", &["u1"]).await;
        check("sortOrder=descending", &["Echo", "s2", "charlie", "Alpha", "u1", "u2", "u3"]).await;
        refused(&app.send(Method::Get, "/?sortBy=colour", None).await, 400, Some("invalidPath"));
        refused(&app.send(Method::Get, "/?sortBy=name", None).await, 400, Some("invalidPath"));
        let body = search(json!({"sortBy": "displayName", "sortOrder": "descending", "startIndex": 3, "count": 2}));
        let list = app.send(Method::Post, "/.search", body).await.body.unwrap();
        assert_eq!((&list["totalResults"], &list["startIndex"]), (&json!(7), &json!(3)));
        assert_eq!(column(&list, "displayName"), ["Echo", "delta"]);
    }
}

#[tokio::test]
async fn s3_4_2_3_sorting_over_all_types_is_bounded() {
    let app = App::wide("rfc");
    app.fake.fill("device", "label", 9_999);
    app.fake.fill("team", "name", 1);
    let list = app.get("/?sortBy=displayName&count=1").await;
    assert_eq!((&list["totalResults"], column(&list, "displayName")), (&json!(10_000), vec!["1"]));
    app.fake.fill("team", "name", 1);
    refused(&app.send(Method::Get, "/?sortBy=displayName", None).await, 400, Some("tooMany"));
    // One type alone is sorted by its target, and the others are not looked at.
    assert_eq!(app.get("/?sortBy=serial&count=1").await["totalResults"], 10_001);
    // So are few resources of several types, as their targets filter.
    let few = app.get("/?sortBy=displayName&filter=displayName sw \"1000\"").await;
    assert_eq!(column(&few, "displayName"), ["1000", "10000", "10001"]);
}

#[tokio::test]
async fn s3_4_2_3_large_integers_sort_exactly() {
    for memory in [Memory::new(helpdesk::wide()), Memory::new(helpdesk::wide()).without_order()] {
        let app = App::with(helpdesk::WIDE, memory, "rfc");
        for (login, level) in [("a", i64::MAX), ("b", i64::MAX - 2), ("c", i64::MAX - 1), ("d", -5)] {
            user(&app, json!({"userName": login, HR: {"level": level}})).await;
        }
        let list = app.get(&format!("/Users?sortBy={HR}:level")).await;
        assert_eq!(column(&list, "userName"), ["d", "b", "c", "a"]);
    }
}

#[tokio::test]
async fn s3_4_2_3_times_sort_as_instants() {
    let memory = Memory::new(helpdesk::wide()).without_order();
    let app = App::with(helpdesk::WIDE, memory, "rfc");
    for (login, hired) in
        [("a", "2026-01-01T12:00:00Z"), ("b", "2026-01-01T12:30:00+01:00"), ("c", "2026-01-01T12:00:00.5Z")]
    {
        user(&app, json!({"userName": login, HR: {"hired": hired}})).await;
    }
    assert_eq!(column(&app.get(&format!("/Users?sortBy={HR}:hired")).await, "userName"), ["b", "a", "c"]);
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
