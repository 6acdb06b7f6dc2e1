//! What one request may ask, wherever it asks it: alone, in a `.search` body, in a PATCH
//! path, inside Bulk.

use std::time::{Duration, SystemTime};

use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use patchbay_scim::MAX_VALUES;
use serde_json::{Value, json};

use crate::App;
use crate::rfc7644::{BULK, GROUP, PATCH, SEARCH, USER, refused, user};

/// Filters beyond each limit: depth, number of expressions, length.
fn filters() -> [String; 3] {
    let deep = format!("{}userName pr{}", "(".repeat(40), ")".repeat(40));
    [deep, vec!["userName pr"; 600].join(" or "), format!("userName eq \"{}\"", "x".repeat(20_000))]
}

/// The only answer inside a Bulk answer.
async fn in_bulk(app: &App, method: &str, path: &str, data: Value) -> Value {
    let operations = json!([{"method": method, "path": path, "bulkId": "x", "data": data}]);
    let response = app.send(Method::Post, "/Bulk", Some(json!({"schemas": [BULK], "Operations": operations}))).await;
    assert_eq!(response.status, 200, "{:?}", response.body);
    response.body.unwrap()["Operations"][0].clone()
}

#[tokio::test]
async fn filters_are_bounded_wherever_they_stand() {
    let app = App::wide("rfc");
    let id = user(&app, json!({"userName": "a"})).await;
    let path = format!("/Users/{id}");
    for filter in filters() {
        for target in ["/Users/.search", "/.search"] {
            let search = json!({"schemas": [SEARCH], "filter": filter});
            refused(&app.send(Method::Post, target, Some(search)).await, 400, Some("invalidFilter"));
        }
        for target in ["/Users", "/"] {
            let answer = app.send(Method::Get, &format!("{target}?filter={filter}"), None).await;
            refused(&answer, 400, Some("invalidFilter"));
        }
        let long = filter.len() > 16 * 1024;
        let filter = filter.replace("userName", "value");
        let operations = json!([{"op": "remove", "path": format!("emails[{filter}]")}]);
        let change = json!({"schemas": [PATCH], "Operations": operations});
        // A path as a whole is too long before its filter is looked at.
        let scim_type = if long { "invalidPath" } else { "invalidFilter" };
        refused(&app.send(Method::Patch, &path, Some(change.clone())).await, 400, Some(scim_type));
        let answer = in_bulk(&app, "PATCH", &path, change).await;
        assert_eq!((&answer["status"], &answer["response"]["scimType"]), (&json!("400"), &json!(scim_type)));
    }
    assert!(app.fake.writes().is_empty());
}

#[tokio::test]
async fn operations_and_values_are_bounded_alone_and_in_bulk() {
    let app = App::wide("default");
    let group = app.group("g", &[]).await;
    let path = format!("/Groups/{group}");
    let members = |count: usize| -> Value { (0..count).map(|id| json!({"value": id.to_string()})).collect() };
    let patch = |operations: Value| json!({"schemas": [PATCH], "Operations": operations});
    let add = |count: usize| json!({"op": "add", "path": "members", "value": members(count)});
    let whole = json!({"schemas": [GROUP], "displayName": "g", "members": members(MAX_VALUES + 1)});
    let cases = [
        (Method::Patch, path.as_str(), patch(json!(vec![add(1); 1001])), "1000"),
        (Method::Patch, &path, patch(json!([add(MAX_VALUES + 1)])), "20000"),
        (Method::Patch, &path, patch(json!([add(MAX_VALUES), add(1)])), "20000"),
        (Method::Put, &path, whole.clone(), "20000"),
        (Method::Post, "/Groups", whole, "20000"),
    ];
    for (method, path, body, names) in cases {
        let response = app.send(method, path, Some(body.clone())).await;
        refused(&response, 413, None);
        assert!(response.body.unwrap()["detail"].as_str().unwrap().contains(names));
        let name = match method {
            Method::Post => "POST",
            Method::Put => "PUT",
            _ => "PATCH",
        };
        let answer = in_bulk(&app, name, path, body).await;
        assert_eq!((&answer["status"], &answer["response"]["status"]), (&json!("413"), &json!("413")), "{answer}");
    }
    assert!(app.fake.writes().is_empty());
}

#[tokio::test]
async fn the_largest_payload_is_announced_as_it_is() {
    let payload = async |app: &App| app.get("/ServiceProviderConfig").await["bulk"]["maxPayloadSize"].clone();
    let mut app = App::wide("rfc");
    assert_eq!(payload(&app).await, 1_048_576);
    app.gateway = app.gateway.with_max_payload(4096);
    assert_eq!(payload(&app).await, 4096);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_app_its_type_and_its_time() {
    let people = async || {
        let app = App::wide("rfc");
        for login in ["a", "b", "c"] {
            user(&app, json!({"userName": login})).await;
        }
        app
    };
    let mut app = people().await;
    let first = app.get("/Users?cursor=&count=1").await;
    let next = first["nextCursor"].as_str().unwrap().to_owned();
    let ask = async |app: &App, endpoint: &str, cursor: &str, scim_type: Option<&str>| {
        let got = app.send(Method::Get, &format!("{endpoint}?cursor={cursor}&count=1"), None).await;
        let search = json!({"schemas": [SEARCH], "cursor": cursor, "count": 1});
        let posted = app.send(Method::Post, &format!("{endpoint}/.search"), Some(search)).await;
        for response in [got, posted] {
            match scim_type {
                Some(scim_type) => refused(&response, 400, Some(scim_type)),
                None => assert_eq!(response.status, 200, "{:?}", response.body),
            }
        }
    };
    ask(&app, "/Users", &next, None).await;
    ask(&app, "/Groups", &next, Some("invalidCursor")).await;
    // Every single character counts.
    for at in 0..next.len() {
        let mut changed = next.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        ask(&app, "/Users", &String::from_utf8(changed).unwrap(), Some("invalidCursor")).await;
    }
    ask(&app, "/Users", &"A".repeat(50_000), Some("invalidCursor")).await;
    let mut other = people().await;
    other.gateway = other.gateway.with_cursors(&[4; 32]);
    ask(&other, "/Users", &next, Some("invalidCursor")).await;
    app.gateway = app.gateway.with_clock(|| SystemTime::now() + Duration::from_secs(601));
    ask(&app, "/Users", &next, Some("expiredCursor")).await;
}

#[tokio::test]
async fn a_search_names_attributes_as_often_as_it_likes() {
    let app = App::wide("rfc");
    for number in 0..50 {
        user(&app, json!({"userName": format!("u{number}")})).await;
    }
    let started = std::time::Instant::now();
    let search = json!({"schemas": [SEARCH], "attributes": vec!["userName"; 50_000]});
    let answer = app.send(Method::Post, "/Users/.search", Some(search)).await;
    let body = answer.body.unwrap();
    assert_eq!((answer.status, &body["itemsPerPage"]), (200, &json!(50)));
    assert_eq!(body["Resources"][0], json!({"schemas": [USER], "id": "1", "userName": "u0"}));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

/// Groups that the host filters or sorts itself are looked at without their members; those on
/// the page are read again, whole.
#[tokio::test]
async fn members_are_read_for_the_page_only() {
    let app = App::with(helpdesk::WIDE, Memory::new(helpdesk::wide()).without_order(), "rfc");
    for number in 0..20 {
        app.group(&format!("g{number:02}"), &["1", "2"]).await;
    }
    let check = async |query: &str, reads: usize, members: usize| {
        let list = app.get(query).await;
        assert_eq!(
            (&list["totalResults"], &list["Resources"][0]["displayName"]),
            (&json!(20), &json!("g03")),
            "{query}"
        );
        assert_eq!(list["Resources"][0]["members"].as_array().map_or(0, Vec::len), members, "{query}");
        let gets = app.fake.reads().into_iter().filter(|read| read.starts_with("get team")).count();
        assert_eq!(gets, reads, "{query}");
    };
    for filter in ["", "&filter=schemas co \"Group\""] {
        let query = format!("sortBy=displayName&startIndex=4&count=3{filter}");
        check(&format!("/Groups?{query}"), 3, 2).await;
        check(&format!("/Groups?{query}&excludedAttributes=members"), 0, 0).await;
        check(&format!("/Groups?{query}&attributes=displayName"), 0, 0).await;
    }
    // What the filter is about has to be read with the rest.
    check("/Groups?sortBy=displayName&startIndex=4&count=3&filter=members pr", 0, 2).await;
}

/// A few groups with very many members each are as much to look at as many groups.
#[tokio::test]
async fn members_count_where_the_host_filters_by_them() {
    let app = App::with(helpdesk::WIDE, Memory::new(helpdesk::wide()).without_filters(), "rfc");
    let members: Vec<String> = (0..20_000).map(|number| number.to_string()).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    for number in 0..10 {
        app.group(&format!("g{number}"), &members).await;
    }
    let ask = "/Groups?attributes=displayName&filter=members.value eq \"7\"";
    assert_eq!(app.get(ask).await["totalResults"], 10);
    app.group("one more", &members[..20]).await;
    refused(&app.send(Method::Get, ask, None).await, 400, Some("tooMany"));
    assert_eq!(app.get("/Groups?filter=displayName sw \"g\"&count=1").await["totalResults"], 10);
}
