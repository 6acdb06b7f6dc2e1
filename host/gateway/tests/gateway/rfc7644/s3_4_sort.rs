//! Section 3.4.2.3.

use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use super::s3_4_query::search;
use super::{DEVICE, GROUP, HR, USER, column, refused, user};
use crate::App;

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

#[tokio::test]
async fn s3_4_2_3_of_many_values_the_primary_counts_else_the_first() {
    for memory in [Memory::new(helpdesk::wide()), Memory::new(helpdesk::wide()).without_order()] {
        let app = App::with(helpdesk::WIDE, memory, "rfc");
        for (login, work, home, primary) in
            [("ada", "A", "Z", "home"), ("bob", "B", "A", "work"), ("cyd", "A", "C", "none"), ("dan", "A", "D", "home")]
        {
            let address = |kind: &str, street: &str| {
                let mut address = json!({"type": kind, "streetAddress": street});
                if primary == kind {
                    address["primary"] = json!(true);
                }
                address
            };
            user(&app, json!({"userName": login, "addresses": [address("work", work), address("home", home)]})).await;
        }
        for (order, logins) in
            [("ascending", ["bob", "cyd", "dan", "ada"]), ("descending", ["ada", "dan", "cyd", "bob"])]
        {
            let list = app.get(&format!("/Users?sortBy=addresses.streetAddress&sortOrder={order}")).await;
            assert_eq!(column(&list, "userName"), logins, "{order}");
        }
    }
}

#[tokio::test]
async fn s3_4_2_3_case_counts_where_the_schema_says_so() {
    for memory in [Memory::new(helpdesk::wide()), Memory::new(helpdesk::wide()).without_order()] {
        let app = App::with(helpdesk::WIDE, memory, "rfc");
        for (login, text) in [("ada", "b"), ("bob", "C"), ("cyd", "a")] {
            user(&app, json!({"userName": login, "externalId": text, "title": text})).await;
        }
        for (by, logins) in [("externalId", ["bob", "cyd", "ada"]), ("title", ["cyd", "ada", "bob"])] {
            assert_eq!(column(&app.get(&format!("/Users?sortBy={by}")).await, "userName"), logins, "{by}");
        }
    }
}
