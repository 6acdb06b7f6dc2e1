//! Value paths that ask for a sub-attribute which the mapping does not keep: Entra's role
//! change above all.

use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use crate::App;

/// Roles and mail addresses without their types.
const UNTYPED: &str = r#"
[User]
class = "person"
[User.attributes]
userName = "login"
"roles.value" = "roles"
"emails.value" = "work_mail"
'phoneNumbers[type eq "work"].value' = "phone"
'phoneNumbers[type eq "mobile"].value' = "title"
"#;

async fn patch(app: &App, id: &str, operation: Value) -> (u16, Value) {
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
    let operations = if operation.is_array() { operation } else { json!([operation]) };
    let body = json!({"schemas": schemas, "Operations": operations});
    let response = app.send(Method::Patch, &format!("/Users/{id}"), Some(body)).await;
    (response.status, response.body.unwrap_or_default())
}

fn entra(op: &str, path: &str, value: &str) -> Value {
    json!({"op": op, "path": path, "value": value})
}

/// On a user of these roles or addresses, the operations write just this, or are refused so.
async fn check(given: Value, operations: Value, expected: Result<&[&str], &str>) {
    for client in ["entra", "default"] {
        let app = App::with(UNTYPED, Memory::new(helpdesk::small()), client);
        let mut user = given.clone();
        user["userName"] = "ada".into();
        user["schemas"] = json!(["urn:ietf:params:scim:schemas:core:2.0:User"]);
        let id = app.made("/Users", user).await;
        let (status, body) = patch(&app, &id, operations.clone()).await;
        let written = app.fake.writes();
        match expected {
            Ok(writes) => {
                assert_eq!(status, 200, "{operations}: {body}");
                assert_eq!(written, writes, "{operations}");
            }
            Err(named) => {
                assert_eq!((status, &body["scimType"]), (400, &json!("noTarget")), "{operations}: {body}");
                assert!(body["detail"].as_str().unwrap().contains(named), "{body}");
                assert!(written.is_empty(), "{written:?}");
            }
        }
    }
}

const PRIMARY: &str = "roles[primary eq \"True\"].value";

fn admin() -> Value {
    json!({"roles": [{"primary": true, "type": "WindowsAzureActiveDirectoryRole", "value": "Admin"}]})
}

#[tokio::test]
async fn the_only_role_is_the_primary_one() {
    check(admin(), entra("Replace", PRIMARY, "User"), Ok(&["roles -admin", "roles +user"])).await;
    check(admin(), entra("Add", PRIMARY, "User"), Ok(&["roles -admin", "roles +user"])).await;
    check(admin(), entra("Replace", PRIMARY, "Admin"), Ok(&[])).await;
    check(admin(), json!({"op": "Remove", "path": PRIMARY}), Ok(&["roles -admin"])).await;
    check(admin(), entra("Replace", PRIMARY, ""), Ok(&["roles -admin"])).await;
    check(json!({}), entra("Replace", PRIMARY, "User"), Ok(&["roles +user"])).await;
    check(json!({}), json!({"op": "Remove", "path": PRIMARY}), Ok(&[])).await;
}

#[tokio::test]
async fn which_of_several_is_not_guessed() {
    let two = json!({"roles": [{"value": "Admin"}, {"value": "User"}]});
    check(two.clone(), entra("Replace", PRIMARY, "Guest"), Err("roles.primary")).await;
    check(two.clone(), json!({"op": "Remove", "path": PRIMARY}), Err("roles.primary")).await;
    check(two.clone(), json!({"op": "remove", "path": "roles[primary ne true]"}), Err("roles.primary")).await;
    check(two, json!({"op": "remove", "path": "roles[value eq \"User\"]"}), Ok(&["roles -user"])).await;
    // Whatever a name nobody keeps is, it is no label of the only value.
    check(admin(), json!({"op": "remove", "path": "roles[display eq \"Guests\"]"}), Err("roles.display")).await;
    check(admin(), json!({"op": "remove", "path": "roles[not (primary eq true)]"}), Err("roles.primary")).await;
    check(admin(), json!({"op": "remove", "path": "roles[primary eq false]"}), Err("roles.primary")).await;
}

#[tokio::test]
async fn addresses_without_types() {
    let one = json!({"emails": [{"type": "work", "value": "old@x"}]});
    let work = "emails[type eq \"work\"].value";
    check(one.clone(), entra("Replace", work, "new@x"), Ok(&["work_mail -old@x", "work_mail +new@x"])).await;
    // What an operation called so is called so by the next.
    check(
        one,
        json!([
            {"op": "Replace", "path": work, "value": "new@x"},
            {"op": "Replace", "path": "emails[type eq \"other\"].value", "value": "other@x"},
            {"op": "Replace", "path": work, "value": "newer@x"},
        ]),
        Ok(&["work_mail -old@x", "work_mail +newer@x,other@x"]),
    )
    .await;
    check(
        json!({}),
        json!([
            {"op": "Add", "path": work, "value": "new@x"},
            {"op": "Add", "path": "emails[type eq \"other\"].value", "value": "other@x"},
        ]),
        Ok(&["work_mail +new@x,other@x"]),
    )
    .await;
    let two = json!({"emails": [{"value": "a@x"}, {"value": "b@x"}]});
    check(two, entra("Replace", work, "new@x"), Err("emails.type")).await;
}

#[tokio::test]
async fn kept_types_and_a_primary_that_is_not() {
    let path = "phoneNumbers[primary eq true].value";
    let work = json!({"phoneNumbers": [{"type": "work", "value": "1"}]});
    check(work.clone(), entra("Replace", path, "2"), Ok(&["phone =2"])).await;
    check(work.clone(), entra("Replace", "phoneNumbers[type eq \"mobile\"].value", "2"), Ok(&["title =2"])).await;
    check(work, entra("Replace", "phoneNumbers[type eq \"mobile\" and primary eq true].value", "2"), Ok(&["title =2"]))
        .await;
    let both = json!({"phoneNumbers": [{"type": "work", "value": "1"}, {"type": "mobile", "value": "2"}]});
    check(both.clone(), entra("Replace", path, "3"), Err("phoneNumbers.primary")).await;
    check(both, entra("Replace", "phoneNumbers[type eq \"mobile\" and primary eq true].value", "3"), Ok(&["title =3"]))
        .await;
}

/// Beside places for `work` and `home` there is one for all other kinds, which keeps none.
#[tokio::test]
async fn a_place_for_all_other_kinds() {
    let app = App::wide("entra");
    let id = app.made("/Users", json!({"userName": "ada", "emails": [{"type": "other", "value": "o@x"}]})).await;
    let (status, body) = patch(&app, &id, entra("Replace", "emails[type eq \"work\"].value", "w@x")).await;
    assert_eq!((status, app.fake.writes()), (200, vec!["work_mail +w@x".to_owned()]), "{body}");
    let (status, body) = patch(&app, &id, entra("Replace", "emails[type eq \"other\"].value", "p@x")).await;
    let replaced = vec!["other_mail -o@x".to_owned(), "other_mail +p@x".to_owned()];
    assert_eq!((status, app.fake.writes()), (200, replaced), "{body}");
}
