//! Section 3.4.2.4.

use patchbay_gateway::Method;
use serde_json::json;

use super::{LIST, USER, column, refused, user};
use crate::App;

/// Five users.
pub(super) async fn people() -> App {
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

/// The RFC's page, and "to continue paging, set the startIndex to 11 and re-fetch".
#[tokio::test]
async fn s3_4_2_4_figure_3() {
    let app = App::wide("rfc");
    app.fake.fill("person", "login", 100);
    for start in [1, 11, 91] {
        let list = app.get(&format!("/Users?startIndex={start}&count=10")).await;
        let numbers = (&list["totalResults"], &list["itemsPerPage"], &list["startIndex"], &list["schemas"]);
        assert_eq!(numbers, (&json!(100), &json!(10), &json!(start), &json!([LIST])));
        let logins: Vec<String> = (start..start + 10).map(|number| number.to_string()).collect();
        assert_eq!(column(&list, "userName"), logins);
    }
}

#[tokio::test]
async fn s3_4_2_4_nobody_gets_more_than_announced() {
    let app = App::wide("rfc");
    app.fake.fill("person", "login", 1_001);
    let announced = app.get("/ServiceProviderConfig").await["pagination"].clone();
    for (query, size) in [("", "defaultPageSize"), ("count=5000", "maxPageSize")] {
        let list = app.get(&format!("/Users?{query}")).await;
        assert_eq!((&list["totalResults"], &list["itemsPerPage"]), (&json!(1_001), &announced[size]), "{query}");
        assert_eq!(list["Resources"].as_array().unwrap().len() as u64, announced[size].as_u64().unwrap());
    }
}

#[tokio::test]
async fn s3_4_2_5_attributes_of_listed_resources() {
    let app = people().await;
    let check = async |query: &str, shown: &[&str]| {
        let list = app.get(&format!("/Users?{query}")).await;
        for resource in list["Resources"].as_array().unwrap() {
            let names: Vec<&str> = resource.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(names, shown, "{query}");
        }
    };
    check("", &["schemas", "id", "userName", "title", "meta"]).await;
    check("attributes=title", &["schemas", "id", "title"]).await;
    check(&format!("attributes={USER}:title,userName"), &["schemas", "id", "userName", "title"]).await;
    check("excludedAttributes=title", &["schemas", "id", "userName", "meta"]).await;
    check("excludedAttributes=id,schemas,userName,meta", &["schemas", "id", "title"]).await;
    let both = app.send(Method::Get, "/Users?attributes=title&excludedAttributes=userName", None).await;
    refused(&both, 400, Some("invalidValue"));
}
