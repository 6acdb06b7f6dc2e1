//! The examples of section 3.5.2, as they stand but for ids and versions.

use patchbay_gateway::{Method, Response};
use patchbay_memory::{Memory, attribute, class, helpdesk, text};
use serde_json::{Value, json};

use super::{header, user};
use crate::App;

/// The user that the RFC calls 2819c223-7f76-453a-919d-413861904646, and James Smith.
const BABS: &str = "1";
const JAMES: &str = "2";

/// Two users and a group of these members.
async fn group(members: &[&str]) -> (App, String) {
    let app = App::wide("rfc");
    assert_eq!(user(&app, json!({"userName": "babs"})).await, BABS);
    assert_eq!(user(&app, json!({"userName": "james"})).await, JAMES);
    let target = format!("/Groups/{}", app.group("tours", members).await);
    (app, target)
}

/// Sends the body on the version that is there, as each example does.
async fn play(app: &App, target: &str, body: Value) -> Response {
    let short = app.get(&format!("{target}?attributes=meta")).await;
    app.send_if(Method::Patch, target, Some(body), short["meta"]["version"].as_str(), None).await
}

/// That the body leaves a group of `before` with the members `after`, and is answered as the
/// first example is: 204, with the new version and the location.
async fn check_members(before: &[&str], body: Value, after: &[&str]) {
    let (app, target) = group(before).await;
    let response = play(&app, &target, body).await;
    let now = app.get(&target).await;
    let members = now["members"].as_array().cloned().unwrap_or_default();
    let ids: Vec<&str> = members.iter().map(|member| member["value"].as_str().unwrap()).collect();
    assert_eq!(ids, after);
    assert_eq!((response.status, &response.body), (204, &None));
    assert_eq!(header(&response, "etag"), now["meta"]["version"].as_str());
    assert_eq!(header(&response, "location"), now["meta"]["location"].as_str());
}

#[tokio::test]
async fn s3_5_2_1_example_add_a_member() {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{
            "op": "add", "path": "members",
            "value": [{
                "display": "Babs Jensen", "$ref": "https://example.com/v2/Users/2819c223...413861904646",
                "value": BABS
            }]
        }]
    });
    check_members(&[], body.clone(), &[BABS]).await;
    check_members(&[JAMES], body.clone(), &[JAMES, BABS]).await;
    // "If the user was already a member of this group, no changes should be made".
    check_members(&[BABS], body, &[BABS]).await;
}

#[tokio::test]
async fn s3_5_2_1_example_add_without_a_path() {
    let app = App::wide("rfc");
    let emails = json!([{"type": "work", "value": "bjensen@example.com"}]);
    let target = format!("/Users/{}", user(&app, json!({"userName": "bjensen", "emails": emails})).await);
    for nick_name in ["none", "Babs"] {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{
                "op": "add",
                "value": {"emails": [{"value": "babs@jensen.org", "type": "home"}], "nickname": nick_name}
            }]
        });
        let response = play(&app, &target, body).await;
        let now = response.body.as_ref().unwrap();
        let both =
            json!([{"value": "babs@jensen.org", "type": "home"}, {"value": "bjensen@example.com", "type": "work"}]);
        assert_eq!((response.status, &now["emails"], &now["nickName"]), (200, &both, &json!(nick_name)));
        assert_eq!(header(&response, "etag"), now["meta"]["version"].as_str());
        assert_eq!(header(&response, "location"), now["meta"]["location"].as_str());
    }
}

#[tokio::test]
async fn s3_5_2_2_example_remove_a_member() {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "remove", "path": format!("members[value eq \"{BABS}\"]")}]
    });
    check_members(&[BABS, JAMES], body.clone(), &[JAMES]).await;
    check_members(&[BABS], body.clone(), &[]).await;
    // "If the user was not a member of this group, no changes should be made".
    check_members(&[JAMES], body, &[JAMES]).await;
}

#[tokio::test]
async fn s3_5_2_2_example_remove_all_members() {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "remove", "path": "members"}]
    });
    check_members(&[BABS, JAMES], body, &[]).await;
}

#[tokio::test]
async fn s3_5_2_2_example_remove_a_complex_value() {
    let app = App::wide("rfc");
    let emails = json!([
        {"type": "home", "value": "babs@example.com"}, {"type": "work", "value": "bjensen@example.com"},
        {"type": "work", "value": "bjensen@jensen.org"},
    ]);
    let target = format!("/Users/{}", user(&app, json!({"userName": "bjensen", "emails": emails})).await);
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "remove", "path": "emails[type eq \"work\" and value ew \"example.com\"]"}]
    });
    let now = play(&app, &target, body).await.body.unwrap();
    assert_eq!(now["emails"], json!([emails[0], emails[2]]));
}

#[tokio::test]
async fn s3_5_2_2_example_remove_and_add_a_member() {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [
            {"op": "remove", "path": format!("members[value eq\"{BABS}\"]")},
            {
                "op": "add", "path": "members",
                "value": [{
                    "display": "James Smith", "$ref": "https://example.com/v2/Users/08e1d05d...473d93df9210",
                    "value": JAMES
                }]
            }
        ]
    });
    check_members(&[BABS], body, &[JAMES]).await;
}

/// Both ways of the RFC: by removing all first, and in a single replace operation.
#[tokio::test]
async fn s3_5_2_2_and_3_examples_replace_all_members() {
    let members = json!([
        {"display": "Babs Jensen", "$ref": "https://example.com/v2/Users/2819c223...413861904646", "value": BABS},
        {"display": "James Smith", "$ref": "https://example.com/v2/Users/08e1d05d...473d93df9210", "value": JAMES}
    ]);
    let twice = json!([{"op": "remove", "path": "members"}, {"op": "add", "path": "members", "value": members}]);
    let once = json!([{"op": "replace", "path": "members", "value": members}]);
    for operations in [twice, once] {
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
        check_members(&["7", JAMES], body, &[BABS, JAMES]).await;
    }
}

#[tokio::test]
async fn s3_5_2_3_examples_an_address_and_its_street() {
    let app = App::wide("rfc");
    let addresses = json!([
        {"type": "work", "streetAddress": "100 Universal City Plaza", "locality": "x"},
        {"type": "home", "streetAddress": "456 Hollywood Blvd", "primary": true},
    ]);
    let target = format!("/Users/{}", user(&app, json!({"userName": "bjensen", "addresses": addresses})).await);
    let work = json!({
        "type": "work", "streetAddress": "911 Universal City Plaza", "locality": "Hollywood", "region": "CA",
        "postalCode": "91608", "country": "US", "formatted": "911 Universal City Plaza\nHollywood, CA 91608 US",
        "primary": true
    });
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "addresses[type eq \"work\"]", "value": work}]
    });
    let now = play(&app, &target, body).await.body.unwrap();
    // "the service provider will reset "primary" to "false" for any other existing values"
    let home = json!({"type": "home", "streetAddress": "456 Hollywood Blvd", "primary": false});
    assert_eq!(now["addresses"], json!([home, work]));
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{
            "op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1010 Broadway Ave"
        }]
    });
    let now = play(&app, &target, body).await.body.unwrap();
    let mut moved = work;
    moved["streetAddress"] = json!("1010 Broadway Ave");
    assert_eq!(now["addresses"], json!([home, moved]));
}

/// Where a mapping has a primary e-mail address.
#[tokio::test]
async fn s3_5_2_3_example_replace_all_values() {
    let mapping = r#"
        [User]
        class = "person"
        [User.attributes]
        userName = "login"
        nickName = "nickname"
        title = "title"
        'emails[type eq "work"].value' = "work_mail"
        'emails[type eq "work"].primary' = "work_primary"
        'emails[type eq "home"].value' = "home_mail"
        'emails[type eq "home"].primary' = "home_primary"
    "#;
    let flag = |name: &str| attribute(name, patchbay_contract::ValueType::Boolean);
    let mut attributes: Vec<_> = ["login", "nickname", "title", "work_mail", "home_mail"].map(text).into();
    attributes.extend(["work_primary", "home_primary"].map(flag));
    let app = App::with(mapping, Memory::new(vec![class("person", attributes)]).versioned(), "rfc");
    let old = json!([{"value": "old@jensen.org", "type": "home", "primary": true}]);
    let before = json!({"userName": "bjensen", "title": "Tour Guide", "nickName": "B", "emails": old});
    let target = format!("/Users/{}", user(&app, before).await);
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{
            "op": "replace",
            "value": {
                "emails": [
                    {"value": "bjensen@example.com", "type": "work", "primary": true},
                    {"value": "babs@jensen.org", "type": "home"}
                ],
                "nickname": "Babs"
            }
        }]
    });
    let now = play(&app, &target, body).await.body.unwrap();
    let mut emails = now["emails"].as_array().unwrap().clone();
    emails.sort_by_key(|email| email["type"] == "home");
    let work = json!({"value": "bjensen@example.com", "type": "work", "primary": true});
    assert_eq!(emails, [work, json!({"value": "babs@jensen.org", "type": "home"})]);
    // "Note that other attributes are unaffected."
    assert_eq!(
        (&now["nickName"], &now["title"], &now["userName"]),
        (&json!("Babs"), &json!("Tour Guide"), &json!("bjensen"))
    );
}

/// Figure 6, the structure, with another operation in place of the RFC's dots; figure 8, the
/// paths, each in an operation that fits it.
#[tokio::test]
async fn s3_5_2_figures_6_and_8() {
    let add = json!({
        "op": "add", "path": "members",
        "value": [{
            "display": "Babs Jensen", "$ref": "https://example.com/v2/Users/2819c223...413861904646", "value": BABS
        }]
    });
    let more = json!({"op": "replace", "path": "displayName", "value": "guides"});
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [add, more]});
    check_members(&[JAMES], body, &[JAMES, BABS]).await;

    let (app, tours) = group(&[BABS]).await;
    let addresses = json!([{"type": "work", "locality": "x"}]);
    let person = user(&app, json!({"userName": "c", "name": {"familyName": "J"}, "addresses": addresses})).await;
    let person = format!("/Users/{person}");
    let remove = |path: &str| {
        let operations = json!([{"op": "remove", "path": path}]);
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
    };
    for (target, path, gone) in [
        (&tours, "members".to_owned(), "members"),
        (&person, "name.familyName".to_owned(), "name"),
        (&person, "addresses[type eq \"work\"]".to_owned(), "addresses"),
        (&tours, format!("members[value eq \"{BABS}\"]"), "members"),
    ] {
        assert!(play(&app, target, remove(&path)).await.status < 300, "{path}");
        assert!(app.get(target).await.get(gone).is_none(), "{path}");
        let again = json!([{"op": "add", "path": "members", "value": [{"value": BABS}]}]);
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": again});
        assert_eq!(play(&app, &tours, body).await.status, 204);
    }
    // A good path by figure 7. But members have no `displayName` by RFC 7643 section 8.7.1:
    // "must be compatible with the attribute's ... schema".
    let strange = play(&app, &tours, remove(&format!("members[value eq \"{BABS}\"].displayName"))).await;
    super::refused(&strange, 400, Some("invalidPath"));
    assert_eq!(app.get(&tours).await["members"].as_array().unwrap().len(), 1);
}

/// Who maps no versions cannot hold an example's `If-Match`; all else is the same.
#[tokio::test]
async fn s3_5_2_examples_hold_where_there_are_no_versions() {
    let app = App::with(helpdesk::WIDE, Memory::new(helpdesk::wide()), "rfc");
    let target = format!("/Groups/{}", app.group("tours", &[BABS]).await);
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "remove", "path": "members"}]
    });
    let response = app.send(Method::Patch, &target, Some(body)).await;
    assert_eq!((response.status, header(&response, "etag")), (204, None));
    assert!(header(&response, "location").is_some_and(|location| location.ends_with(&target)));
}
