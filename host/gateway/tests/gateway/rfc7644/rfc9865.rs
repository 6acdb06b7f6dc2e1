//! RFC 9865, which adds cursors to section 3.4.2.4.

use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use super::s3_4_page::people;
use super::{LIST, SEARCH, column, refused, user};
use crate::App;

#[tokio::test]
async fn rfc9865_s2_cursors() {
    for memory in [Memory::new(helpdesk::wide()), Memory::new(helpdesk::wide()).without_filters()] {
        let app = App::with(helpdesk::WIDE, memory, "rfc");
        for login in ["a", "b", "c", "d", "e"] {
            user(&app, json!({"userName": login, "title": "x"})).await;
        }
        let (mut cursor, mut seen, mut counts) = (String::new(), Vec::new(), [2, 1, 5].into_iter());
        while let Some(count) = counts.next() {
            let list = app.get(&format!("/Users?filter=title pr&cursor={cursor}&count={count}")).await;
            assert!(list.get("startIndex").is_none() && list.get("previousCursor").is_none());
            let page: Vec<String> = column(&list, "userName").into_iter().map(str::to_owned).collect();
            assert_eq!(list["itemsPerPage"], page.len());
            seen.extend(page);
            match list.get("nextCursor").and_then(Value::as_str) {
                Some(next) => next.clone_into(&mut cursor),
                None => assert_eq!(counts.len(), 0, "the last page has no cursor"),
            }
            let plain = cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
            assert!(plain, "a cursor is made of unreserved characters");
        }
        assert_eq!(seen, ["a", "b", "c", "d", "e"]);
    }
}

#[tokio::test]
async fn rfc9865_s2_cursors_over_all_resource_types() {
    for memory in [Memory::new(helpdesk::wide()), Memory::new(helpdesk::wide()).without_filters()] {
        let app = App::with(helpdesk::WIDE, memory, "rfc");
        for login in ["a", "b", "c", "d", "e"] {
            user(&app, json!({"userName": login, "displayName": login})).await;
        }
        for name in ["f", "g", "h"] {
            app.group(name, &[]).await;
        }
        // Without an order each type is a block; with one that both have, they are merged.
        for query in ["", "&sortBy=displayName", "&sortBy=displayName&sortOrder=descending", "&sortBy=userName"] {
            for count in [1, 2, 3, 5, 7, 8, 9] {
                let (mut cursor, mut seen, mut pages) = (String::new(), Vec::new(), 0);
                loop {
                    let list = app.get(&format!("/?cursor={cursor}&count={count}{query}")).await;
                    assert_eq!((&list["totalResults"], list.get("startIndex")), (&json!(8), None), "{query}");
                    seen.extend(column(&list, "displayName").into_iter().map(str::to_owned));
                    pages += 1;
                    match list.get("nextCursor").and_then(Value::as_str) {
                        Some(next) => next.clone_into(&mut cursor),
                        None => break,
                    }
                }
                assert_eq!(pages, 8_u32.div_ceil(count), "{query} {count}");
                if query.contains("displayName") {
                    let backward = query.ends_with("descending");
                    let in_order = seen.is_sorted_by(|a, b| if backward { a > b } else { a < b });
                    assert!(in_order, "{query}: {seen:?}");
                }
                seen.sort();
                assert_eq!(seen, ["a", "b", "c", "d", "e", "f", "g", "h"], "{query} {count}");
            }
        }
        let first = app.get("/?cursor=&count=2").await;
        let next = first["nextCursor"].as_str().unwrap();
        for query in [format!("/?cursor={next}&sortBy=userName"), format!("/Users?cursor={next}")] {
            refused(&app.send(Method::Get, &query, None).await, 400, Some("invalidCursor"));
        }
    }
}

/// The RFC's two requests. Their filter has no quotes, which figure 1 of RFC 7644 demands, so
/// that the strict profile is asked with them.
#[tokio::test]
async fn rfc9865_s2_examples() {
    for (profile, filter) in [("default", "userName sw J"), ("rfc", "userName sw \"J\"")] {
        let app = App::wide(profile);
        for number in 0..25 {
            user(&app, json!({"userName": format!("j{number:02}")})).await;
        }
        user(&app, json!({"userName": "kim"})).await;
        let first = app.get(&format!("/Users?filter={filter}&cursor&count=10")).await;
        let next = first["nextCursor"].as_str().unwrap();
        let second = app.get(&format!("/Users?filter={filter}&cursor={next}&count=10")).await;
        for (page, login) in [(&first, "j00"), (&second, "j10")] {
            let numbers = (&page["totalResults"], &page["itemsPerPage"], &page["schemas"]);
            assert_eq!(numbers, (&json!(25), &json!(10), &json!([LIST])));
            assert_eq!((column(page, "userName")[0], page.get("startIndex")), (login, None));
            // It is optional.
            assert_eq!(page.get("previousCursor"), None);
        }
        let last = second["nextCursor"].as_str().unwrap();
        let last = app.get(&format!("/Users?filter={filter}&cursor={last}&count=10")).await;
        assert_eq!((&last["itemsPerPage"], last.get("nextCursor")), (&json!(5), None));
    }
}

/// Table 1: as in table 6 of RFC 7644, 0 asks for the total alone, and less is 0.
#[tokio::test]
async fn rfc9865_s2_table_1_count() {
    let app = people().await;
    let first = app.get("/Users?cursor=&count=2").await;
    let next = first["nextCursor"].as_str().unwrap();
    for cursor in ["", next] {
        for none in [0, -1] {
            let list = app.get(&format!("/Users?cursor={cursor}&count={none}")).await;
            let totals = json!({"schemas": [LIST], "totalResults": 5, "itemsPerPage": 0, "Resources": []});
            assert_eq!(list, totals, "{none}");
        }
    }
    for none in [0, -1] {
        let list = app.get(&format!("/?cursor=&count={none}")).await;
        assert_eq!((&list["totalResults"], list.get("nextCursor")), (&json!(5), None), "{none}");
    }
    // Nobody gets more than asked for, nor more than is announced; the count may change.
    assert_eq!(app.get(&format!("/Users?cursor={next}&count=1")).await["itemsPerPage"], 1);
    assert_eq!(app.get(&format!("/Users?cursor={next}")).await["itemsPerPage"], 3);
    app.fake.fill("person", "login", 1_001);
    let announced = app.get("/ServiceProviderConfig").await["pagination"].clone();
    assert_eq!(app.get("/Users?cursor=&count=5000").await["itemsPerPage"], announced["maxPageSize"]);
    assert_eq!(app.get("/Users?cursor=").await["itemsPerPage"], announced["defaultPageSize"]);
}

#[tokio::test]
async fn rfc9865_s2_a_cursor_says_nothing_and_works_once_more() {
    let app = App::wide("rfc");
    for number in 0..9 {
        user(&app, json!({"userName": format!("readable{number}")})).await;
    }
    let page =
        async || app.get("/Users?cursor=&count=2&sortBy=userName").await["nextCursor"].as_str().unwrap().to_owned();
    let (one, other) = (page().await, page().await);
    assert_ne!(one, other, "what is sealed twice does not look alike");
    assert!(!one.contains("readable") && !one.contains("person"), "{one}");
    let ask = async || app.get(&format!("/Users?cursor={one}&count=2&sortBy=userName")).await;
    assert_eq!(column(&ask().await, "userName"), column(&ask().await, "userName"));
}

#[tokio::test]
async fn rfc9865_s2_2_pages_are_sorted() {
    for memory in [Memory::new(helpdesk::wide()), Memory::new(helpdesk::wide()).without_order()] {
        let app = App::with(helpdesk::WIDE, memory, "rfc");
        for login in ["c", "a", "e", "b", "d"] {
            user(&app, json!({"userName": login})).await;
        }
        for (order, logins) in [("ascending", ["a", "b", "c", "d", "e"]), ("descending", ["e", "d", "c", "b", "a"])] {
            let query = format!("sortBy=userName&sortOrder={order}&count=2");
            let (mut cursor, mut seen) = (Some(String::new()), Vec::new());
            while let Some(at) = cursor {
                let list = app.get(&format!("/Users?{query}&cursor={at}")).await;
                seen.extend(column(&list, "userName").into_iter().map(str::to_owned));
                cursor = list.get("nextCursor").map(|next| next.as_str().unwrap().to_owned());
            }
            assert_eq!(seen, logins, "{order}");
        }
    }
}

/// Both methods are there: `startIndex` and `cursor` choose, and without them it is the one
/// that is announced.
#[tokio::test]
async fn rfc9865_s2_4_the_default_method() {
    let app = people().await;
    assert_eq!(app.get("/ServiceProviderConfig").await["pagination"]["defaultPaginationMethod"], "index");
    for query in ["", "count=2", "startIndex=1&count=2"] {
        let list = app.get(&format!("/Users?{query}")).await;
        assert_eq!((&list["startIndex"], list.get("nextCursor")), (&json!(1), None), "{query}");
    }
    let list = app.get("/Users?cursor=&count=2").await;
    assert!(list.get("startIndex").is_none() && list["nextCursor"].is_string());
}

/// `expiredCursor` needs another time: see `a_cursor_is_good_for_its_app_its_type_and_its_time`.
#[tokio::test]
async fn rfc9865_s2_1_errors() {
    let app = people().await;
    let first = app.get("/Users?cursor=&count=2").await;
    let next = first["nextCursor"].as_str().unwrap();
    let check = async |query: &str, scim_type: &str| {
        refused(&app.send(Method::Get, &format!("/Users?{query}"), None).await, 400, Some(scim_type));
    };
    check("cursor=bogus", "invalidCursor").await;
    check(&format!("cursor={next}x"), "invalidCursor").await;
    check(&format!("cursor={next}&filter=title pr"), "invalidCursor").await;
    check(&format!("cursor={next}&sortBy=title"), "invalidCursor").await;
    check("cursor=&count=x", "invalidCount").await;
    check("cursor=&count=1.5", "invalidCount").await;
    check(&format!("cursor={next}&startIndex=1"), "invalidValue").await;
}

#[tokio::test]
async fn rfc9865_s3_cursors_by_post() {
    let app = people().await;
    let ask = async |cursor: &str| {
        let body = json!({"schemas": [SEARCH], "cursor": cursor, "count": 3});
        app.send(Method::Post, "/Users/.search", Some(body)).await.body.unwrap()
    };
    let first = ask("").await;
    assert_eq!(column(&first, "userName"), ["a", "b", "c"]);
    let last = ask(first["nextCursor"].as_str().unwrap()).await;
    assert_eq!((column(&last, "userName"), last.get("nextCursor")), (vec!["d", "e"], None));
}

#[tokio::test]
async fn rfc9865_s4_the_configuration_announces_them() {
    let app = people().await;
    let pagination = app.get("/ServiceProviderConfig").await["pagination"].clone();
    assert_eq!((&pagination["cursor"], &pagination["index"]), (&json!(true), &json!(true)));
    assert_eq!(pagination["defaultPaginationMethod"], "index");
    for (name, least) in [("defaultPageSize", 1), ("maxPageSize", 1), ("cursorTimeout", 1)] {
        assert!(pagination[name].as_u64().is_some_and(|n| n >= least), "{name}");
    }
}
