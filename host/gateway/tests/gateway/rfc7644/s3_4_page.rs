//! Section 3.4.2.4 and RFC 9865.

use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use super::{SEARCH, column, refused, user};
use crate::App;

async fn people() -> App {
    let app = App::wide("rfc");
    for login in ["a", "b", "c", "d", "e"] {
        user(&app, json!({"userName": login, "title": "x"})).await;
    }
    app
}

#[tokio::test]
async fn s3_4_2_4_tables_6_and_7() {
    let app = people().await;
    let check = async |query: &str, start: u64, logins: &[&str]| {
        let list = app.get(&format!("/Users?{query}")).await;
        assert_eq!(column(&list, "userName"), logins, "{query}");
        assert_eq!(
            (&list["totalResults"], &list["startIndex"], &list["itemsPerPage"]),
            (&json!(5), &json!(start), &json!(logins.len())),
            "{query}"
        );
    };
    check("", 1, &["a", "b", "c", "d", "e"]).await;
    check("startIndex=1&count=2", 1, &["a", "b"]).await;
    check("startIndex=3&count=2", 3, &["c", "d"]).await;
    check("startIndex=5&count=2", 5, &["e"]).await;
    check("startIndex=6&count=2", 6, &[]).await;
    check("startIndex=99999999999999999999999", u64::MAX, &[]).await;
    // Less than 1 is 1; a negative count is 0; 0 is the total alone.
    check("startIndex=0&count=1", 1, &["a"]).await;
    check("startIndex=-7&count=1", 1, &["a"]).await;
    check("count=0", 1, &[]).await;
    check("count=-1", 1, &[]).await;
    check("count=100000", 1, &["a", "b", "c", "d", "e"]).await;
    for query in ["count=x", "startIndex=1.5", "count=", "startIndex=1&startIndex=2"] {
        refused(&app.send(Method::Get, &format!("/Users?{query}"), None).await, 400, Some("invalidValue"));
    }
}

#[tokio::test]
async fn s3_4_2_4_the_root_is_paged_across_types() {
    let app = people().await;
    for name in ["g", "h"] {
        app.group(name, &[]).await;
    }
    let mut seen = Vec::new();
    for start in [1, 4, 7] {
        let list = app.get(&format!("/?startIndex={start}&count=3")).await;
        assert_eq!(list["totalResults"], 7);
        seen.extend(list["Resources"].as_array().unwrap().iter().map(|r| r["meta"]["location"].to_string()));
    }
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((all, seen.len()), (7, 7));
}

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
    check("cursor=&count=0", "invalidCount").await;
    check("cursor=&count=-1", "invalidCount").await;
    check("cursor=&count=x", "invalidCount").await;
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
