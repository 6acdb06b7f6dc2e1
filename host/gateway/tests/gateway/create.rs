use patchbay_gateway::{Effect, Method};
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use crate::App;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

#[tokio::test]
async fn a_user_as_entra_sends_it() {
    let app = App::new("default");
    let boss = app.user("boss").await;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],
        "userName": "ada", "active": "True", "externalId": null, "addresses": null, "roles": [],
        "name": {"givenName": "Ada", "familyName": "Byron", "formatted": "Ada Byron"},
        "emails": [{"primary": true, "type": "work", "value": "ada@example.com"}],
        "meta": {"resourceType": "User"},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": boss, "department": "Maths"},
    });
    let response = app.send(Method::Post, "/Users", Some(body.clone())).await;
    let made = response.body.unwrap();
    assert_eq!(response.status, 201, "{made}");
    assert_eq!(made["userName"], "ada");
    assert_eq!(made["active"], true);
    assert_eq!(made["displayName"], "Ada Byron");
    assert_eq!(made["emails"], json!([{"value": "ada@example.com", "type": "work"}]));
    let enterprise = &made["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"];
    assert_eq!(enterprise["manager"], json!({"value": boss, "$ref": format!("https://host/scim/Users/{boss}")}));
    let location = response.headers.iter().find(|(n, _)| *n == "location").map(|(_, v)| v.clone());
    assert_eq!(location, Some(format!("https://host/scim/Users/{}", made["id"].as_str().unwrap())));
    let audit = response.audit.as_ref().unwrap();
    assert_eq!((audit.operation, audit.effect, audit.id.as_deref()), ("create", Effect::Written, made["id"].as_str()));

    let again = app.send(Method::Post, "/Users", Some(body)).await;
    let error = again.body.unwrap();
    assert_eq!((again.status, &error["scimType"]), (409, &json!("uniqueness")));
    assert!(error["detail"].as_str().unwrap().starts_with("userName"), "{error}");
}

#[tokio::test]
async fn the_ecma_hosts_block_alone_makes_a_user() {
    let app = App::ecma2host();
    let urn = "urn:ietf:params:scim:schemas:extension:ECMA2Host:2.0:User";
    let body = json!({"schemas": [urn], urn: {"login": "ada", "status": "A", "first_name": "Ada"}});
    let response = app.send(Method::Post, "/Users", Some(body)).await;
    let made = response.body.unwrap();
    assert_eq!(response.status, 201, "{made}");
    assert_eq!(made[urn]["login"], "ada");
    let found = app.get(&format!("/Users?filter={urn}:login eq \"ada\"")).await;
    assert_eq!(found["totalResults"], 1);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_written() {
    let check = async |body, scim_type: &str, named: &str| {
        let app = App::new("default");
        let response = app.send(Method::Post, "/Users", Some(body)).await;
        let error = response.body.unwrap();
        assert_eq!((response.status, &error["scimType"]), (400, &json!(scim_type)), "{error}");
        assert!(error["detail"].as_str().unwrap().contains(named), "{error}");
        assert_eq!(app.fake.writes(), Vec::<String>::new());
    };
    let schemas = json!(["urn:ietf:params:scim:schemas:core:2.0:User"]);
    check(json!({"schemas": schemas, "active": true}), "invalidValue", "userName").await;
    check(json!({"schemas": schemas, "userName": {"a": 1}}), "invalidValue", "userName").await;
    check(json!({"schemas": schemas, "userName": "a", "active": "maybe"}), "invalidValue", "active").await;
    check(json!({"schemas": schemas, "userName": "a", "colour": "red"}), "invalidSyntax", "colour").await;
    let emails = json!([{"type": "work", "display": "a@b"}]);
    check(json!({"schemas": schemas, "userName": "a", "emails": emails}), "invalidValue", "emails").await;
    let phones = json!([{"type": "mobile", "value": "1"}, {"type": "mobile", "value": "2"}]);
    check(json!({"schemas": schemas, "userName": "a", "phoneNumbers": phones}), "invalidValue", "phoneNumbers").await;
    check(json!([]), "invalidSyntax", "object").await;
}

#[tokio::test]
async fn an_empty_text_is_no_account_that_is_enabled() {
    let app = App::new("entra");
    let body = json!({"schemas": [USER], "userName": "ada", "active": ""});
    let refused = app.send(Method::Post, "/Users", Some(body)).await;
    assert_eq!((refused.status, &refused.body.unwrap()["scimType"]), (400, &json!("invalidValue")));
    assert_eq!(app.fake.writes(), Vec::<String>::new());
}

/// Whichever comes first: those that say where they belong get their place, the others what is
/// left, and that for work before any other.
#[tokio::test]
async fn values_that_say_nothing_of_their_type_get_what_is_left() {
    let emails = helpdesk::SMALL.replace("title = \"title\"", "'emails[type eq \"home\"].value' = \"title\"");
    let check = async |given: Value, work: Option<&str>, home: Option<&str>| {
        let app = App::with(&emails, Memory::new(helpdesk::small()), "default");
        let body = json!({"schemas": [USER], "userName": "ada", "emails": given});
        let made = app.send(Method::Post, "/Users", Some(body)).await.body.unwrap();
        let of = |kind: &str| {
            let all = made["emails"].as_array().into_iter().flatten();
            let mut of = all.filter(|email| email["type"] == kind).filter_map(|email| email["value"].as_str());
            of.next()
        };
        assert_eq!((of("work"), of("home")), (work, home), "{made}");
    };
    check(json!([{"value": "a"}]), Some("a"), None).await;
    check(json!([{"value": "a"}, {"value": "b", "type": "home"}]), Some("a"), Some("b")).await;
    check(json!([{"value": "b", "type": "home"}, {"value": "a", "primary": true}]), Some("a"), Some("b")).await;
}
