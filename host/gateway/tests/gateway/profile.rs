//! Every switch of a client profile, on and off: the same requests with the switch alone
//! on the strict profile, and without it.

use patchbay_gateway::Method::{self, Get, Patch, Post};
use patchbay_memory::{Memory, helpdesk};
use patchbay_scim::Profile;
use serde_json::{Value, json};

use crate::App;
use crate::rfc7644::{DEVICE, ENTERPRISE, GROUP, PATCH, USER};

/// A request whose answer a switch changes.
struct Case {
    switch: &'static str,
    method: Method,
    target: &'static str,
    body: Option<Value>,
    /// Status with the switch and without.
    status: (u16, u16),
    /// Where to look in the user afterwards, and what is there with the switch.
    shows: Option<(&'static str, Value)>,
}

fn change(op: &str, path: &str, value: Value) -> Option<Value> {
    Some(json!({"schemas": [PATCH], "Operations": [{"op": op, "path": path, "value": value}]}))
}

fn values(value: Value) -> Option<Value> {
    Some(json!({"schemas": [PATCH], "Operations": [{"op": "replace", "value": value}]}))
}

fn patch(switch: &'static str, body: Option<Value>, off: u16, shows: (&'static str, Value)) -> Case {
    Case { switch, method: Patch, target: "/Users/1", body, status: (200, off), shows: Some(shows) }
}

fn post(switch: &'static str, mut more: Value, off: u16) -> Case {
    let body = more.as_object_mut().unwrap();
    if !body.contains_key("schemas") {
        body.insert("schemas".into(), json!([USER]));
    }
    body.insert("userName".into(), "eve".into());
    Case { switch, method: Post, target: "/Users", body: Some(more), status: (201, off), shows: None }
}

fn find(switch: &'static str, target: &'static str, off: u16) -> Case {
    Case { switch, method: Get, target, body: None, status: (200, off), shows: None }
}

fn cases() -> Vec<Case> {
    let manager = "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/manager/value";
    let department = "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/department";
    let to_manager = format!("{ENTERPRISE}:manager");
    let to_level = "urn:example:params:scim:schemas:extension:hr:1.0:User:level";
    let typo = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";
    let none = json!([{"value": "w", "type": "work"}]);
    vec![
        find("unquoted_filter_values", "/Users?filter=externalId eq jyoung", 400),
        patch("boolean_strings", change("replace", "active", "False".into()), 400, ("/active", false.into())),
        patch(
            "number_strings",
            change("replace", to_level, "7".into()),
            400,
            ("/urn:example:params:scim:schemas:extension:hr:1.0:User/level", 7.into()),
        ),
        patch("scalars_as_strings", change("replace", "title", 7.into()), 400, ("/title", "7".into())),
        patch("dotted_keys", values(json!({"name.givenName": "Eve"})), 400, ("/name/givenName", "Eve".into())),
        patch("bare_complex_values", change("replace", &to_manager, "2".into()), 400, (manager, "2".into())),
        patch("array_for_single", change("replace", &to_manager, json!([{"value": "2"}])), 400, (manager, "2".into())),
        patch("single_for_array", change("add", "roles", json!({"value": "r"})), 400, ("/roles/0/value", "r".into())),
        Case {
            switch: "wrapped_simple_values",
            method: Patch,
            target: "/Devices/3",
            body: change("add", "tags", json!([{"value": "t"}])),
            status: (200, 400),
            shows: Some(("/tags/0", "t".into())),
        },
        patch("empty_string_removes", change("replace", "title", "".into()), 200, ("/title", Value::Null)),
        patch(
            "json_encoded_values",
            change("add", "roles", json!([{"value": "{\"value\":\"Admin\"}"}])),
            200,
            ("/roles/0/value", "Admin".into()),
        ),
        patch(
            "remove_by_value",
            change("remove", "emails", json!([{"value": "h", "type": "home"}])),
            400,
            ("/emails", none),
        ),
        patch(
            "create_missing_values",
            change("replace", "ims[type eq \"xmpp\"].value", "x@y".into()),
            400,
            ("/ims/0/value", "x@y".into()),
        ),
        patch("any_case_ops", change("Replace", "title", "y".into()), 400, ("/title", "y".into())),
        post("optional_schemas", json!({"schemas": []}), 400),
        post("unknown_schemas", json!({"schemas": [USER, "urn:x:y"]}), 400),
        post("undeclared_extensions", json!({ENTERPRISE: {"department": "d"}}), 400),
        post("top_level_extensions", json!({"schemas": [USER, ENTERPRISE], "department": "d"}), 400),
        patch(
            "enterprise_urn_typo",
            change("replace", &format!("{typo}:department"), "d".into()),
            400,
            (department, "d".into()),
        ),
        post("ignore_unknown_attributes", json!({"colour": "red"}), 400),
        patch("ignore_unmapped_attributes", values(json!({"locale": "de", "title": "y"})), 400, ("/title", "y".into())),
        find("placeholder_probe", "/Users?filter=PLACEHOLDER eq \"0a\"", 400),
        patch("ignore_read_only_values", values(json!({"id": "1", "title": "y"})), 400, ("/title", "y".into())),
    ]
}

/// The strict profile with this one switch.
fn with(switch: Option<&str>) -> Profile {
    let mut data = json!({"name": "test"});
    if let Some(switch) = switch {
        data[switch] = json!(true);
    }
    Profile::from_json(&data.to_string()).unwrap()
}

async fn play(case: &Case, profile: Profile) -> (u16, Value) {
    let app = App::with_profile(helpdesk::WIDE, Memory::new(helpdesk::wide()), profile);
    let emails = json!([{"type": "work", "value": "w"}, {"type": "home", "value": "h"}]);
    let user = json!({"schemas": [USER], "userName": "ada", "title": "x", "externalId": "jyoung", "active": true, "emails": emails});
    app.made("/Users", user).await;
    app.made("/Users", json!({"schemas": [USER], "userName": "boss"})).await;
    app.made("/Devices", json!({"schemas": [DEVICE], "serial": "S"})).await;
    app.made("/Groups", json!({"schemas": [GROUP], "displayName": "g"})).await;
    let status = app.send(case.method, case.target, case.body.clone()).await.status;
    let shown = match (case.method, case.shows.as_ref()) {
        (Patch, Some((pointer, _))) => app.get(case.target).await.pointer(pointer).cloned().unwrap_or_default(),
        _ => Value::Null,
    };
    (status, shown)
}

#[tokio::test]
async fn every_switch_makes_its_difference() {
    for case in cases() {
        let (on, with_it) = play(&case, with(Some(case.switch))).await;
        let (off, without_it) = play(&case, with(None)).await;
        assert_eq!((on, off), case.status, "{}", case.switch);
        if let Some((_, wanted)) = &case.shows {
            assert_eq!(&with_it, wanted, "{} on", case.switch);
            assert_ne!(&without_it, wanted, "{} off", case.switch);
        }
    }
}

#[test]
fn no_switch_is_without_a_case() {
    let profile = serde_json::to_value(Profile::strict()).unwrap();
    let mut switches: Vec<&str> =
        profile.as_object().unwrap().iter().filter(|(_, v)| v.is_boolean()).map(|(k, _)| k.as_str()).collect();
    let cases = cases();
    let mut covered: Vec<&str> = cases.iter().map(|case| case.switch).collect();
    switches.sort_unstable();
    covered.sort_unstable();
    assert_eq!(covered, switches);
}
