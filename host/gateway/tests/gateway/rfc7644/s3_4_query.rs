use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use super::{DEVICE, GROUP, LIST, SEARCH, USER, column, header, refused, user};
use crate::App;

#[tokio::test]
async fn s3_4_1_example() {
    let app = App::wide("rfc");
    let name = json!({"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara"});
    let phones = json!([{"value": "555-555-8377", "type": "work"}]);
    let emails = json!([{"value": "bjensen@example.com", "type": "work"}]);
    let mut body =
        json!({"externalId": "bjensen", "name": name, "userName": "bjensen", "phoneNumbers": phones, "emails": emails});
    let id = user(&app, body.clone()).await;
    let response = app.send(Method::Get, &format!("/Users/{id}"), None).await;
    assert_eq!(response.status, 200);
    let location = format!("https://host/scim/Users/{id}");
    assert_eq!(header(&response, "location"), Some(location.as_str()));
    let shown = response.body.as_ref().unwrap();
    let meta = &shown["meta"];
    assert_eq!(header(&response, "etag"), meta["version"].as_str());
    assert_eq!((&meta["resourceType"], &meta["location"]), (&json!("User"), &json!(location)));
    assert_eq!(meta["created"], meta["lastModified"]);
    body["schemas"] = json!([USER]);
    body["id"] = json!(id);
    body["meta"] = meta.clone();
    assert_eq!(*shown, body);
}

#[tokio::test]
async fn s3_4_1_a_known_resource_of_each_kind() {
    let app = App::wide("rfc");
    let group = app.group("all", &[]).await;
    assert_eq!(app.get(&format!("/Groups/{group}")).await["displayName"], "all");
    assert_eq!(app.get(&format!("/Schemas/{USER}")).await["id"], USER);
    refused(&app.send(Method::Get, "/Users/2819c223-7f76-453a-919d-413861904646", None).await, 404, None);
    refused(&app.send(Method::Get, "/Groups/2819c223-7f76-453a-919d-413861904646", None).await, 404, None);
    refused(&app.send(Method::Get, "/Schemas/urn:x", None).await, 404, None);
    refused(&app.send(Method::Get, "/Cars", None).await, 404, None);
}

/// The RFC's answer leaves `schemas` out, against RFC 7643 section 3, by which every resource
/// has it, and against its own example in section 3.9. It is always there.
#[tokio::test]
async fn s3_4_2_example() {
    let app = App::wide("rfc");
    for login in ["bjensen", "jsmith"] {
        user(&app, json!({"userName": login, "title": "x"})).await;
    }
    let mut list = app.get("/Users?attributes=userName").await;
    for (resource, id) in list["Resources"].as_array_mut().unwrap().iter_mut().zip(["1", "2"]) {
        assert_eq!(resource.as_object_mut().unwrap().shift_remove("schemas"), Some(json!([USER])), "{id}");
    }
    let expected = json!({
        "schemas": [LIST], "totalResults": 2, "startIndex": 1, "itemsPerPage": 2,
        "Resources": [{"id": "1", "userName": "bjensen"}, {"id": "2", "userName": "jsmith"}],
    });
    assert_eq!(list, expected);
}

#[tokio::test]
async fn s3_4_2_no_match_is_success_and_unknown_parameters_are_ignored() {
    let app = App::wide("rfc");
    let empty = app.get("/Users?filter=userName eq \"nobody\"&unknown=parameter").await;
    assert_eq!((&empty["totalResults"], &empty["schemas"]), (&json!(0), &json!([LIST])));
    user(&app, json!({"userName": "ada"})).await;
    let list = app.get("/Users?startindex=1&unknown=parameter&COUNT=5").await;
    assert_eq!((&list["totalResults"], column(&list, "userName")), (&json!(1), vec!["ada"]));
}

/// "Queries MAY be performed against a SCIM resource object": what may be asked of it are the
/// attributes. It is not searched, and so a filter is a parameter as any other.
#[tokio::test]
async fn s3_4_2_1_a_resource_is_an_endpoint_of_queries() {
    let app = App::wide("rfc");
    user(&app, json!({"userName": "ada", "title": "x"})).await;
    let shown = app.get("/Users/1?attributes=title&filter=userName eq \"bob\"&count=0").await;
    assert_eq!(shown, json!({"schemas": [USER], "id": "1", "title": "x"}));
    for endpoint in ["/Users", "/Groups", "/"] {
        assert_eq!(app.get(endpoint).await["schemas"], json!([LIST]), "{endpoint}");
    }
}

/// The RFC's example has no quotes, which figure 1 demands of strings. Who follows figure 1
/// refuses it; `default` takes it.
#[tokio::test]
async fn s3_4_2_1_example() {
    let example = "/?filter=(meta.resourceType eq User) or (meta.resourceType eq Group)";
    for profile in ["rfc", "default"] {
        let app = App::wide(profile);
        user(&app, json!({"userName": "ada"})).await;
        app.group("all", &[]).await;
        app.made("/Devices", json!({"schemas": [DEVICE], "serial": "S1"})).await;
        let quoted = example.replace("User", "\"User\"").replace("Group", "\"Group\"");
        assert_eq!(app.get(&quoted).await["totalResults"], 2);
        let response = app.send(Method::Get, example, None).await;
        match profile {
            "rfc" => refused(&response, 400, Some("invalidFilter")),
            _ => assert_eq!(response.body.unwrap()["totalResults"], 2),
        }
    }
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
    let body = search(json!({"filter": "serial sw \"1\""}));
    refused(&app.send(Method::Post, "/Devices/.search", body).await, 400, Some("tooMany"));
    assert_eq!(app.get("/Devices?count=1").await["totalResults"], 10_001);
}

/// The body of a search.
pub(super) fn search(mut body: Value) -> Option<Value> {
    body["schemas"] = json!([SEARCH]);
    Some(body)
}

/// The RFC's answer has a `Location` of the search itself. Nothing in its text asks for that,
/// nor does a 200 have a use for one (RFC 9110 section 10.2.2), so that there is none.
#[tokio::test]
async fn s3_4_3_figures_4_and_5() {
    let app = App::wide("rfc");
    user(&app, json!({"userName": "jsmith", "displayName": "Smith, James"})).await;
    app.group("Smith Family", &[]).await;
    user(&app, json!({"userName": "bjensen", "displayName": "Babs"})).await;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "attributes": ["displayName", "userName"],
        "filter": "displayName sw \"smith\"",
        "startIndex": 1,
        "count": 10
    });
    let response = app.send(Method::Post, "/.search", Some(body)).await;
    let expected = json!({
        "schemas": [LIST], "totalResults": 2, "itemsPerPage": 2, "startIndex": 1,
        "Resources": [
            {"schemas": [GROUP], "id": "2", "displayName": "Smith Family"},
            {"schemas": [USER], "id": "1", "userName": "jsmith", "displayName": "Smith, James"},
        ],
    });
    assert_eq!((response.status, response.body.as_ref().unwrap()), (200, &expected));
    assert_eq!(header(&response, "location"), None);
}

#[tokio::test]
async fn s3_4_3_every_parameter_says_the_same_as_in_a_url() {
    let app = App::wide("rfc");
    for login in ["a", "b", "c", "d"] {
        user(&app, json!({"userName": login, "title": "x", "displayName": "y"})).await;
    }
    for (body, url) in [
        (json!({}), ""),
        (json!({"attributes": ["title", "userName"]}), "attributes=title,userName"),
        (json!({"excludedAttributes": ["title", "meta"]}), "excludedAttributes=title,meta"),
        (json!({"filter": "userName gt \"b\""}), "filter=userName gt \"b\""),
        (json!({"sortBy": "userName"}), "sortBy=userName"),
        (json!({"sortBy": "userName", "sortOrder": "descending"}), "sortBy=userName&sortOrder=descending"),
        (json!({"startIndex": 3}), "startIndex=3"),
        (json!({"startIndex": -3, "count": 2}), "startIndex=-3&count=2"),
        (json!({"count": 0}), "count=0"),
        (json!({"count": -1}), "count=-1"),
    ] {
        let posted = app.send(Method::Post, "/Users/.search", search(body.clone())).await;
        assert_eq!(posted.body.unwrap(), app.get(&format!("/Users?{url}")).await, "{body}");
    }
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
