//! Values that name somebody, by id or by URL, and values that name nobody.

use patchbay_gateway::Method;
use serde_json::{Value, json};

use crate::App;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const CLIENTS: [&str; 4] = ["default", "rfc", "entra", "okta"];

fn patch(operation: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]})
}

fn group(members: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "staff", "members": members})
}

fn user(manager: Value) -> Value {
    let schemas = json!(["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE]);
    json!({"schemas": schemas, "userName": "ada", ENTERPRISE: {"manager": manager}})
}

/// On a group of one member and a user with a manager, for every client: the request writes
/// this of members or manager, or is refused with invalidValue by this name.
async fn check(clients: &[&str], method: Method, endpoint: &str, body: Value, expected: Result<&str, &str>) {
    for client in clients {
        let app = App::new(client);
        app.user("boss").await;
        app.user("bob").await;
        app.group("staff", &["2"]).await;
        let id = app.made("/Users", user(json!({"value": "2"}))).await;
        let at_one = match (method, endpoint) {
            (Method::Post, endpoint) => endpoint.to_owned(),
            (_, "/Groups") => "/Groups/3".to_owned(),
            (_, endpoint) => format!("{endpoint}/{id}"),
        };
        let mut body = body.clone();
        if method == Method::Post && endpoint == "/Users" {
            body["userName"] = "eve".into();
        }
        if method == Method::Post && endpoint == "/Groups" {
            body["displayName"] = "others".into();
        }
        let response = app.send(method, &at_one, Some(body.clone())).await;
        let written: Vec<String> = app.fake.writes();
        match expected {
            Ok(write) => {
                assert!(response.status < 300, "{client} {body}: {:?}", response.body);
                assert!(written.iter().any(|w| w == write), "{client} {body}: {written:?}");
                if method == Method::Post {
                    let made = format!("{endpoint}/{}", response.body.unwrap()["id"].as_str().unwrap());
                    let shown = app.get(&made).await;
                    let whom = [&shown["members"][0]["value"], &shown[ENTERPRISE]["manager"]["value"]];
                    assert!(whom.contains(&&json!("1")), "{client} {body}: {shown}");
                }
            }
            Err(named) => {
                let answer = response.body.unwrap_or_default();
                assert_eq!((response.status, &answer["scimType"]), (400, &json!("invalidValue")), "{client} {body}");
                assert!(answer["detail"].as_str().unwrap().contains(named), "{client} {answer}");
                assert!(written.is_empty(), "{client} {body}: {written:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_id_is_read_from_the_url() {
    let url = "https://host/scim/Users/1";
    for reference in [url, "../Users/1"] {
        let one = json!([{"$ref": reference}]);
        check(&CLIENTS, Method::Post, "/Groups", group(one.clone()), Ok("create team name,members")).await;
        check(&CLIENTS, Method::Put, "/Groups", group(one.clone()), Ok("members =1")).await;
        for (op, write) in [("replace", "members =1"), ("add", "members +1")] {
            let operation = json!({"op": op, "path": "members", "value": one});
            check(&CLIENTS, Method::Patch, "/Groups", patch(operation), Ok(write)).await;
        }
        let listed = json!({"op": "remove", "path": "members", "value": one});
        check(&["default", "entra"], Method::Patch, "/Groups", patch(listed), Ok("members -1")).await;
        let manager = json!({"$ref": reference});
        check(&CLIENTS, Method::Post, "/Users", user(manager.clone()), Ok("create person login,manager")).await;
        check(&CLIENTS, Method::Put, "/Users", user(manager.clone()), Ok("manager =1")).await;
        let path = format!("{ENTERPRISE}:manager");
        let operation = json!({"op": "replace", "path": path, "value": manager});
        check(&CLIENTS, Method::Patch, "/Users", patch(operation), Ok("manager =1")).await;
        let operation = json!({"op": "replace", "path": format!("{path}.$ref"), "value": reference});
        check(&CLIENTS, Method::Patch, "/Users", patch(operation), Ok("manager =1")).await;
    }
    // The id is the word that counts where both are given.
    let both = json!([{"value": "1", "$ref": "https://elsewhere/Users/9"}]);
    check(&CLIENTS, Method::Put, "/Groups", group(both), Ok("members =1")).await;
}

#[tokio::test]
async fn a_url_that_leads_elsewhere_is_refused() {
    for url in ["https://elsewhere/scim/Users/1", "https://host/scim/Groups/1", "https://host/scim/Users/", "1"] {
        let one = json!([{"$ref": url}]);
        check(&CLIENTS, Method::Post, "/Groups", group(one.clone()), Err("members.$ref")).await;
        check(&CLIENTS, Method::Put, "/Groups", group(one.clone()), Err("members.$ref")).await;
        let operation = json!({"op": "replace", "path": "members", "value": one});
        check(&CLIENTS, Method::Patch, "/Groups", patch(operation), Err("members.$ref")).await;
        check(&CLIENTS, Method::Put, "/Users", user(json!({"$ref": url})), Err("manager.$ref")).await;
    }
}

#[tokio::test]
async fn who_names_nobody_does_not_empty_a_group() {
    for nobody in [json!([{"display": "Bob"}]), json!([{"type": "User"}]), json!([{}]), json!([{"value": null}])] {
        check(&CLIENTS, Method::Put, "/Groups", group(nobody.clone()), Err("members")).await;
        check(&CLIENTS, Method::Post, "/Groups", group(nobody.clone()), Err("members")).await;
        for op in ["replace", "add"] {
            let operation = json!({"op": op, "path": "members", "value": nobody});
            check(&CLIENTS, Method::Patch, "/Groups", patch(operation), Err("members")).await;
        }
    }
    let unknown = json!({"op": "replace", "path": "members", "value": [{"id": "1"}]});
    check(&CLIENTS, Method::Patch, "/Groups", patch(unknown), Err("members")).await;
    let mixed = json!({"op": "replace", "path": "members", "value": [{"value": "1"}, {"display": "Bob"}]});
    check(&CLIENTS, Method::Patch, "/Groups", patch(mixed), Err("members")).await;
    check(&["entra"], Method::Put, "/Groups", group(json!([{"id": "1"}])), Err("members")).await;
}

#[tokio::test]
async fn an_empty_list_to_remove_removes_nobody() {
    for client in CLIENTS {
        for nothing in [json!(""), json!([]), json!({}), json!({"value": ""}), json!([{"value": ""}])] {
            let app = App::new(client);
            app.group("staff", &["2"]).await;
            let operation = patch(json!({"op": "remove", "path": "members", "value": nothing}));
            let response = app.send(Method::Patch, "/Groups/1", Some(operation)).await;
            assert_eq!(response.status, 204, "{client} {nothing}: {:?}", response.body);
            assert_eq!(app.fake.writes(), Vec::<String>::new(), "{client} {nothing}");
        }
    }
}

/// Of a mail address nothing but its labels is no address, and no reason to lose the others.
#[tokio::test]
async fn labels_are_no_values() {
    let app = App::new("default");
    let mails = json!([{"type": "work", "value": "a@x"}]);
    let id = app.made("/Users", json!({"userName": "ada", "emails": mails})).await;
    let put = async |emails: Value| {
        let body = json!({"userName": "ada", "emails": emails});
        let response = app.send(Method::Put, &format!("/Users/{id}"), Some(body)).await;
        (response.status, app.fake.writes())
    };
    assert_eq!(put(json!([{"type": "work", "display": "Mail"}])).await, (400, vec![]));
    assert_eq!(put(json!([{"type": "work", "primary": true}])).await, (400, vec![]));
    // Told to be without a value, it is left out.
    let both = json!([{"type": "work", "value": "a@x"}, {"type": "home", "value": ""}]);
    assert_eq!(put(both).await, (200, vec![]));
    assert_eq!(put(json!([{"type": "work", "value": null}])).await, (200, vec!["work_mail -a@x".to_owned()]));
}
