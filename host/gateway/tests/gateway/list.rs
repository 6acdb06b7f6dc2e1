use std::time::{Duration, SystemTime};

use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use crate::App;

async fn people() -> App {
    let app = App::new("default");
    for (login, department) in [("ada", "Maths"), ("bob", "Sales"), ("cyd", "Sales"), ("dan", "")] {
        let mut body =
            json!({"userName": login, "name": {"givenName": login.to_uppercase()}, "title": format!("T{login}")});
        body["schemas"] = json!(["urn:ietf:params:scim:schemas:core:2.0:User"]);
        body["emails"] = json!([{"type": "work", "value": format!("{login}@example.com")}]);
        body["active"] = json!(login != "dan");
        if !department.is_empty() {
            body["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] = json!({"department": department});
        }
        assert_eq!(app.send(Method::Post, "/Users", Some(body)).await.status, 201);
    }
    app
}

fn logins(list: &Value) -> Vec<&str> {
    list["Resources"].as_array().unwrap().iter().map(|r| r["userName"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn filters_find_what_they_should() {
    let app = people().await;
    let check = async |filter: &str, want: &[&str]| {
        let list = app.get(&format!("/Users?filter={filter}")).await;
        assert_eq!(logins(&list), want, "{filter}");
        assert_eq!(list["totalResults"], want.len(), "{filter}");
    };
    check("userName eq \"ada\"", &["ada"]).await;
    check("USERNAME EQ \"ADA\"", &["ada"]).await;
    check("userName eq \"nobody\"", &[]).await;
    check("id eq \"2\" and userName pr", &["bob"]).await;
    check("active eq false", &["dan"]).await;
    check("active eq \"True\" and title sw \"tc\"", &["cyd"]).await;
    check("emails[type eq \"work\"].value eq \"bob@example.com\"", &["bob"]).await;
    check("emails[type eq \"work\" and value co \"cyd\"]", &["cyd"]).await;
    check("emails[type eq \"home\"]", &[]).await;
    check("emails.type eq \"work\"", &["ada", "bob", "cyd", "dan"]).await;
    check("not (department eq \"Sales\")", &["ada", "dan"]).await;
    check("department ne \"Sales\"", &["ada", "dan"]).await;
    check("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department pr", &["ada", "bob", "cyd"]).await;
    check("userName eq \"ada\" or (userName eq \"bob\" and active eq true)", &["ada", "bob"]).await;
    // The host evaluates these.
    check("meta.resourceType eq \"User\" and userName gt \"bob\"", &["cyd", "dan"]).await;
    check("emails[value sw \"a\" and value ew \"com\"]", &["ada"]).await;
}

#[tokio::test]
async fn unknown_attributes_are_refused_but_for_the_probe() {
    let app = people().await;
    for filter in ["colour eq \"red\"", "nickName eq \"x\"", "name eq \"x\"", "active gt true", "userName eq"] {
        let response = app.send(Method::Get, &format!("/Users?filter={filter}"), None).await;
        assert_eq!((response.status, &response.body.unwrap()["scimType"]), (400, &json!("invalidFilter")), "{filter}");
    }
    app.fake.reads();
    let probe = app.get("/Users?filter=PLACEHOLDER eq \"0a\"").await;
    assert_eq!((&probe["totalResults"], &probe["Resources"]), (&json!(0), &json!([])));
    assert_eq!(app.fake.reads(), ["test"], "the target was asked whether it is there");
}

#[tokio::test]
async fn pages_go_on_where_the_one_before_ended() {
    let app = people().await;
    app.fake.reads();
    let first = app.get("/Users?startIndex=1&count=2").await;
    assert_eq!((logins(&first), &first["totalResults"]), (vec!["ada", "bob"], &json!(4)));
    let second = app.get("/Users?startIndex=3&count=2").await;
    assert_eq!((logins(&second), &second["startIndex"]), (vec!["cyd", "dan"], &json!(3)));
    let jump = app.get("/Users?startIndex=2&count=1").await;
    assert_eq!(logins(&jump), ["bob"]);
    // Only the jump paid for an offset.
    let reads = app.fake.reads();
    assert_eq!(reads, ["search person offset None", "search person offset None", "search person offset Some(1)"]);
    assert_eq!(logins(&app.get("/Users?startIndex=9").await), Vec::<&str>::new());
    assert_eq!(logins(&app.get("/Users?count=0").await), Vec::<&str>::new());
}

/// A target may keep a place for a while only, or for one use.
#[tokio::test]
async fn an_index_is_good_when_the_place_is_forgotten() {
    let app = people().await;
    let cursor = app.get("/Users?cursor=&count=1").await["nextCursor"].as_str().unwrap().to_owned();
    app.get("/Users?startIndex=1&count=2").await;
    app.fake.forget_places();
    app.fake.reads();
    let second = app.get("/Users?startIndex=3&count=2").await;
    assert_eq!((logins(&second), &second["totalResults"]), (vec!["cyd", "dan"], &json!(4)));
    assert_eq!(app.fake.reads(), ["search person offset None", "search person offset Some(2)"]);
    // Who asked with a cursor begins again.
    let response = app.send(Method::Get, &format!("/Users?cursor={cursor}&count=1"), None).await;
    assert_eq!((response.status, &response.body.unwrap()["scimType"]), (400, &json!("expiredCursor")));
}

#[tokio::test]
async fn a_place_forgotten_while_the_host_looks_is_nothing_a_client_did() {
    let mut classes = helpdesk::small();
    classes.iter_mut().for_each(|class| class.max_page_size = 2);
    let app = App::with(helpdesk::SMALL, Memory::new(classes).without_filters(), "default");
    for login in ["ada", "bob", "cyd"] {
        let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": login});
        assert_eq!(app.send(Method::Post, "/Users", Some(body)).await.status, 201);
    }
    let path = "/Users?filter=title pr or userName eq \"cyd\"";
    assert_eq!(logins(&app.get(path).await), ["cyd"]);
    app.fake.forget_places();
    let response = app.send(Method::Get, path, None).await;
    assert_eq!(response.status, 503);
    assert!(response.headers.contains(&("retry-after", "5".to_owned())), "{:?}", response.headers);
}

#[tokio::test]
async fn a_walk_is_counted_once_in_a_while() {
    let mut app = people().await;
    let cursor = app.get("/Users?cursor=&count=1").await["nextCursor"].as_str().unwrap().to_owned();
    app.get("/Users?startIndex=1&count=1").await;
    let counted = app.fake.counts();
    for path in
        ["startIndex=2&count=1".to_owned(), "startIndex=3&count=1".to_owned(), format!("cursor={cursor}&count=1")]
    {
        let page = app.get(&format!("/Users?{path}")).await;
        assert_eq!((&page["totalResults"], page["Resources"].as_array().unwrap().len()), (&json!(4), 1), "{path}");
    }
    assert_eq!(app.fake.counts(), counted, "pages that go on know the total");
    // A total of ten seconds ago is none.
    app.gateway = app.gateway.with_clock(|| SystemTime::now() + Duration::from_secs(10));
    assert_eq!(app.get(&format!("/Users?cursor={cursor}&count=1")).await["totalResults"], 4);
    assert_eq!(app.fake.counts(), counted + 1);
}

#[tokio::test]
async fn sorting_by_the_target_and_by_the_host() {
    let app = people().await;
    let all = ["dan", "cyd", "bob", "ada"];
    assert_eq!(logins(&app.get("/Users?sortBy=title&sortOrder=descending").await), all);
    assert_eq!(logins(&app.get("/Users?sortBy=emails.value&sortOrder=descending").await), all);
    assert_eq!(logins(&app.get("/Users?sortBy=emails&count=1&startIndex=2").await), ["bob"]);
    assert_eq!(app.send(Method::Get, "/Users?sortBy=colour", None).await.status, 400);
}

#[tokio::test]
async fn only_what_is_shown_is_read() {
    let app = App::new("default");
    let user = app.user("ada").await;
    let group = app.group("staff", &[&user]).await;
    let shown = app.get(&format!("/Groups/{group}?excludedAttributes=members")).await;
    assert!(shown.get("members").is_none());
    assert_eq!(app.fake.reads(), [format!("get team {group} name")]);
    let members = &app.get(&format!("/Groups/{group}")).await["members"];
    assert_eq!(members, &json!([{"value": user, "$ref": format!("https://host/scim/Users/{user}"), "type": "User"}]));
    let list = app.get(&format!("/Groups?filter=id eq \"{group}\" and members eq \"{user}\"&attributes=id")).await;
    assert_eq!(list["totalResults"], 1);
    assert_eq!(list["Resources"][0]["id"], json!(group));
    assert!(list["Resources"][0].get("displayName").is_none());
}

#[tokio::test]
async fn cursors_walk_the_whole_list() {
    let app = people().await;
    // By the target, sorted by the target, and filtered by the host.
    for query in ["", "&sortBy=title", "&filter=meta.resourceType eq \"User\""] {
        let mut cursor = String::new();
        let mut seen = Vec::new();
        loop {
            let list = app.get(&format!("/Users?count=3&cursor={cursor}{query}")).await;
            assert!(list.get("startIndex").is_none());
            assert_eq!(list["totalResults"], 4, "{query}");
            seen.extend(logins(&list).into_iter().map(str::to_owned));
            match list.get("nextCursor") {
                Some(next) => cursor = next.as_str().unwrap().to_owned(),
                None => break,
            }
        }
        assert_eq!(seen, ["ada", "bob", "cyd", "dan"], "{query}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_query_is_refused() {
    let app = people().await;
    let check = async |target: String, scim_type: &str| {
        let response = app.send(Method::Get, &target, None).await;
        assert_eq!((response.status, &response.body.unwrap()["scimType"]), (400, &json!(scim_type)), "{target}");
    };
    let first = app.get("/Users?count=1&cursor=").await;
    let cursor = first["nextCursor"].as_str().unwrap();
    assert_eq!(logins(&app.get(&format!("/Users?count=2&cursor={cursor}")).await), ["bob", "cyd"]);
    check(format!("/Users?cursor={cursor}&filter=userName pr"), "invalidCursor").await;
    check(format!("/Groups?cursor={cursor}"), "invalidCursor").await;
    check("/Users?cursor=AAAA".into(), "invalidCursor").await;
    check("/Users?cursor=&count=few".into(), "invalidCount").await;
    check("/Users?cursor=&startIndex=1".into(), "invalidValue").await;
}

#[tokio::test]
async fn the_root_searches_all_types() {
    let app = people().await;
    app.group("staff", &[]).await;
    let all = app.get("/?count=3").await;
    assert_eq!((&all["totalResults"], all["Resources"].as_array().unwrap().len()), (&json!(5), 3));
    let types: Vec<&Value> = all["Resources"].as_array().unwrap().iter().map(|r| &r["meta"]["resourceType"]).collect();
    assert_eq!(types, ["Group", "User", "User"]);
    let rest = app.get("/?count=3&startIndex=4").await;
    assert_eq!(rest["Resources"].as_array().unwrap().len(), 2);
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "displayName eq \"staff\""});
    let found = app.send(Method::Post, "/.search", Some(body)).await.body.unwrap();
    assert_eq!(found["totalResults"], 1);
    assert_eq!(app.send(Method::Get, "/?filter=colour pr", None).await.status, 400);
}

#[tokio::test]
async fn the_ecma_hosts_names_find_the_same_under_both_bases() {
    let block = "urn:ietf:params:scim:schemas:extension:ECMA2Host:2.0:User";
    for able in [true, false] {
        for ecma2host in [true, false] {
            let memory = Memory::new(helpdesk::small());
            let memory = if able { memory } else { memory.without_filters().without_order() };
            let app = App::with(helpdesk::SMALL, memory, "entra");
            let app = if ecma2host { app.at_ecma2host() } else { app };
            for login in ["bob", "ada", "cyd"] {
                app.user(login).await;
            }
            let check = async |query: &str, expected: &[&str]| {
                let list = app.get(&format!("/Users?{query}")).await;
                let resources = list["Resources"].as_array().unwrap();
                let found: Vec<&str> = resources.iter().map(|r| r["userName"].as_str().unwrap()).collect();
                assert_eq!(found, expected, "{query} {able} {ecma2host}");
                for resource in resources {
                    assert_eq!(resource.get(block).is_some(), ecma2host, "{resource}");
                    assert_eq!(resource["schemas"].as_array().unwrap().contains(&json!(block)), ecma2host);
                }
            };
            check(&format!("filter={block}:login eq \"ada\""), &["ada"]).await;
            check(&format!("filter={block}:login sw \"c\" or userName eq \"bob\""), &["bob", "cyd"]).await;
            check(&format!("filter=not ({block}:status eq \"A\")"), &[]).await;
            check(&format!("filter={block}:phone pr"), &[]).await;
            check(&format!("sortBy={block}:login&sortOrder=descending"), &["cyd", "bob", "ada"]).await;
            // What is not shown is not there to be found by its schema.
            let all: &[&str] = if ecma2host { &["bob", "ada", "cyd"] } else { &[] };
            check(&format!("filter=schemas eq \"{block}\" and {block}:login pr"), all).await;
        }
    }
}

/// What a target can compare may depend on the value, so that it cannot be known before.
#[tokio::test]
async fn more_than_the_matches_is_looked_through() {
    let app = App::with(helpdesk::SMALL, Memory::new(helpdesk::small()).coarse(), "default");
    for login in ["ada", "bob", "cyd", "dan"] {
        let schema = "urn:ietf:params:scim:schemas:core:2.0:User";
        app.made("/Users", json!({"schemas": [schema], "userName": login, "title": login})).await;
    }
    let check = async |query: &str, total: u64, want: &[&str]| {
        let list = app.get(&format!("/Users?{query}")).await;
        assert_eq!((logins(&list).as_slice(), &list["totalResults"]), (want, &json!(total)), "{query}");
        list["nextCursor"].as_str().map(str::to_owned)
    };
    check("filter=userName eq \"bob\"", 1, &["bob"]).await;
    check("filter=title ne \"bob\"&startIndex=2&count=1", 3, &["cyd"]).await;
    check("filter=title ne \"bob\"&sortBy=userName&sortOrder=descending&count=2", 3, &["dan", "cyd"]).await;
    check("", 4, &["ada", "bob", "cyd", "dan"]).await;
    let next = check("filter=title ne \"bob\"&cursor&count=2", 3, &["ada", "cyd"]).await.unwrap();
    let last = check(&format!("filter=title ne \"bob\"&cursor={next}&count=2"), 3, &["dan"]).await;
    assert_eq!(last, None);
}
