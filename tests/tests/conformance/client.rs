//! scim2-cli, a command-line client of SCIM that somebody else wrote, in the hands of an
//! administrator: it checks what it gets against what `/Schemas` says.

use serde_json::{Value, json};

use crate::harness::{ENTERPRISE, GROUP, USER, on_each};
use crate::python::Scim2;

/// Runs it and demands that it is content; returns the JSON that it prints.
async fn works(scim2: &Scim2, arguments: &[&str], input: &Value) -> Value {
    let input = if input.is_null() { String::new() } else { input.to_string() };
    let outcome = scim2.run(arguments, &input).await;
    assert_eq!(outcome.code, 0, "{arguments:?}: {}{}", outcome.stdout, outcome.stderr);
    if outcome.stdout.trim().is_empty() {
        return Value::Null;
    }
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {}", outcome.stdout))
}

/// Runs it and demands that it reports this error.
async fn fails(scim2: &Scim2, arguments: &[&str], status: &str) {
    let outcome = scim2.run(arguments, "").await;
    assert_ne!(outcome.code, 0, "{arguments:?}: {}", outcome.stdout);
    assert!(outcome.stderr.contains(status), "{arguments:?}: {}{}", outcome.stdout, outcome.stderr);
}

fn id(resource: &Value) -> &str {
    resource["id"].as_str().expect("an id")
}

#[tokio::test(flavor = "multi_thread")]
async fn users_by_command_line() {
    on_each(&["default"], async |app| {
        let scim2 = Scim2::of(app).await;
        let emails = r#"[{"type": "work", "value": "cli@helpdesk.example"}]"#;
        let mut create = vec!["create", "user", "--user-name", "cli@helpdesk.example", "--emails", emails];
        create.extend(["--active", "true", "--name", r#"{"givenName": "Clara"}"#, "--title", "Tester"]);
        create.extend(["--enterpriseuser", r#"{"department": "Service Desk"}"#]);
        let made = works(&scim2, &create, &Value::Null).await;
        let id = id(&made);
        let key = ("person_id", id);
        let want = [
            ("login", Some("cli@helpdesk.example")),
            ("first_name", Some("Clara")),
            ("status", Some("A")),
            ("dept_id", Some("10")),
        ];
        app.check("person", key, &want).await;
        app.check("person_mail", key, &[("kind", Some("W")), ("address", Some("cli@helpdesk.example"))]).await;

        let filter = "userName eq \"CLI@helpdesk.example\" and active eq true";
        let found =
            works(&scim2, &["query", "user", "--filter", filter, "--attribute", "userName"], &Value::Null).await;
        assert_eq!(found["totalResults"], 1, "{found}");
        assert_eq!(found["Resources"][0]["id"], id, "{found}");
        assert_eq!(found["Resources"][0]["title"], Value::Null, "{found}");

        let mut modify = vec!["modify", "user", id, "replace", "displayName", "Clara Line", "remove", "title"];
        modify.extend([
            "replace",
            "emails[type eq \"work\"].value",
            "clara@helpdesk.example",
            "replace",
            "active",
            "false",
        ]);
        let changed = works(&scim2, &modify, &Value::Null).await;
        assert_eq!((&changed["displayName"], &changed["active"]), (&json!("Clara Line"), &json!(false)), "{changed}");
        let want = [("display_name", Some("Clara Line")), ("title", None), ("status", Some("D"))];
        app.check("person", key, &want).await;
        assert_eq!(app.values("person_mail", key, "address").await, ["clara@helpdesk.example"]);

        let whole = json!({
            "schemas": [USER, ENTERPRISE], "id": id, "userName": "clara@helpdesk.example", "active": true,
            "roles": [{ "value": "Agent" }], ENTERPRISE: { "department": "Finance" },
        });
        let replaced = works(&scim2, &["replace", "user"], &whole).await;
        assert_eq!(replaced[ENTERPRISE]["department"], "Finance", "{replaced}");
        let want = [("login", Some("clara@helpdesk.example")), ("display_name", None), ("dept_id", Some("40"))];
        app.check("person", key, &want).await;
        assert_eq!(app.values("person_role", key, "role").await, ["Agent"]);
        assert_eq!(app.values("person_mail", key, "address").await, [""; 0]);

        assert_eq!(works(&scim2, &["delete", "user", id], &Value::Null).await, Value::Null);
        assert_eq!(app.values("person", key, "login").await, [""; 0]);
        fails(&scim2, &["query", "user", id], "404").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_by_command_line() {
    on_each(&["default"], async |app| {
        let scim2 = Scim2::of(app).await;
        let tomas = app.person("tomas.horak@helpdesk.example").await;
        let kofi = app.person("kofi.mensah@helpdesk.example").await;
        let made = works(&scim2, &["create", "group", "--display-name", "Line"], &Value::Null).await;
        let id = id(&made);
        let key = ("team_id", id);
        app.check("team", key, &[("name", Some("Line"))]).await;

        let both = json!([{ "value": tomas }, { "value": kofi }]).to_string();
        works(&scim2, &["modify", "group", id, "add", "members", &both, "replace", "externalId", "L-1"], &Value::Null)
            .await;
        let mut members = [tomas.clone(), kofi.clone()];
        members.sort_unstable();
        assert_eq!(app.values("team_person", key, "person_id").await, members);
        app.check("team", key, &[("external_ref", Some("L-1"))]).await;

        let filter = "displayName sw \"li\" and externalId eq \"L-1\"";
        let found = works(&scim2, &["query", "group", "--filter", filter], &Value::Null).await;
        assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &json!(id)), "{found}");

        let path = format!("members[value eq \"{tomas}\"]");
        works(&scim2, &["modify", "group", id, "remove", &path], &Value::Null).await;
        assert_eq!(app.values("team_person", key, "person_id").await, std::slice::from_ref(&kofi));

        let whole = json!({ "schemas": [GROUP], "id": id, "displayName": "Queue", "members": [{ "value": tomas }] });
        works(&scim2, &["replace", "group"], &whole).await;
        app.check("team", key, &[("name", Some("Queue")), ("external_ref", None)]).await;
        assert_eq!(app.values("team_person", key, "person_id").await, [tomas]);

        assert_eq!(works(&scim2, &["delete", "group", id], &Value::Null).await, Value::Null);
        assert_eq!(app.values("team", key, "name").await, [""; 0]);
        assert_eq!(app.values("team_person", key, "person_id").await, [""; 0]);
        fails(&scim2, &["delete", "group", id], "404").await;
    })
    .await;
}
