//! Fixture rows that write users: 12 to 22 and 27 of the list.

use serde_json::{Value, json};

use crate::bodies::{one, patch, user};
use crate::harness::{ECMA2HOST, ENTERPRISE, USER, everywhere, is_error, on_each};

/// A POST as Microsoft's documentation shows it: nulls, `roles: []`, a URN with a colon
/// missing, `meta` from the client.
fn documented_post() -> Value {
    json!({
        "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],
        "externalId": "nberg",
        "userName": "nina.berg@helpdesk.example",
        "active": true,
        "addresses": null,
        "displayName": "Nina Berg",
        "emails": [{ "primary": true, "type": "work", "value": "nina.berg@helpdesk.example" }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "Nina Berg", "familyName": "Berg", "givenName": "Nina" },
        "phoneNumbers": null,
        "preferredLanguage": null,
        "roles": [],
        "title": null,
        "department": "Finance",
        "manager": null,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0User": { "employeeNumber": "E-0100" },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn row_12_documented_post_creates() {
    everywhere(async |app| {
        let answer = app.scim.post("/Users", &documented_post()).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.header("content-type"), Some("application/scim+json"));
        let id = answer.id().expect("an id");
        assert_eq!(answer.header("location"), Some(format!("{}/Users/{id}", app.scim.base()).as_str()));
        assert_eq!(answer.at("/userName"), "nina.berg@helpdesk.example");
        assert_eq!(answer.at("/meta/resourceType"), "User");
        assert_eq!(app.get(&format!("/Users/{id}")).await.body, answer.body, "POST answers what GET does");

        let rows = app.rows().await;
        let person = rows.find("person", "person_id", id).expect("a row");
        let cell = |column| person.get(column);
        assert_eq!(cell("login"), Some("nina.berg@helpdesk.example"));
        assert_eq!(cell("first_name"), Some("Nina"));
        assert_eq!(cell("last_name"), Some("Berg"));
        assert_eq!(cell("status"), Some("A"));
        assert_eq!(cell("external_id"), Some("nberg"));
        assert_eq!(cell("employee_no"), Some("E-0100"), "under the URN with the typo");
        assert_eq!(cell("dept_id"), Some("40"), "an enterprise attribute at top level");
        assert_eq!((cell("title"), cell("locale"), cell("phone_work"), cell("manager_id")), (None, None, None, None));
        assert_eq!(rows.values("person_mail", "person_id", id, "address"), ["nina.berg@helpdesk.example"]);
        assert_eq!(rows.values("person_role", "person_id", id, "role"), [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_13_the_same_post_again_is_409() {
    everywhere(async |app| {
        app.create(&documented_post()).await;
        app.unchanged("a duplicate", async {
            let again = app.scim.post("/Users", &documented_post()).await.unwrap();
            // Two columns clash; which one the database names is its own affair.
            is_error(&again, 409, Some("uniqueness"), "");
            assert!(["userName", "employeeNumber"].iter().any(|name| again.text.contains(name)), "{}", again.text);
            let mut shouted = user("NINA.BERG@helpdesk.example");
            shouted["externalId"] = json!("somebody-else");
            is_error(&app.scim.post("/Users", &shouted).await.unwrap(), 409, Some("uniqueness"), "userName");
        })
        .await;

        if app.is_directory() {
            // Nothing but the login is unique there.
            return;
        }
        // Another unique column: the answer names that one.
        let mut other = user("other@helpdesk.example");
        other[ENTERPRISE]["employeeNumber"] = json!("E-0100");
        app.unchanged("a duplicate employee number", async {
            is_error(&app.scim.post("/Users", &other).await.unwrap(), 409, Some("uniqueness"), "employeeNumber");
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_14_post_with_only_the_ecma_block() {
    // The directories' examples do not serve the ECMA host's URL.
    on_each(async |app| {
        let ecma = app.host.ecma_client("helpdesk").unwrap();
        let body = json!({
            "schemas": [ECMA2HOST],
            ECMA2HOST: { "login": "ecma@helpdesk.example", "first_name": "Erik", "last_name": "Maas", "employee_no": "M-1" },
        });
        let answer = ecma.post("/Users", &body).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text);
        let id = answer.id().expect("an id");
        let block = format!("/{ECMA2HOST}/login");
        assert_eq!(answer.at(&block), "ecma@helpdesk.example", "{}", answer.text);

        let rows = app.rows().await;
        let person = rows.find("person", "person_id", id).expect("a row whose key is the id");
        assert_eq!(person.get("login"), Some("ecma@helpdesk.example"));
        assert_eq!(person.get("first_name"), Some("Erik"));
        assert_eq!(person.get("employee_no"), Some("M-1"));
        // The same person, seen as SCIM has people.
        assert_eq!(app.get(&format!("/Users/{id}")).await.at("/name/familyName"), "Maas");

        let path = format!("{ECMA2HOST}:last_name");
        let changed = ecma.patch(&format!("/Users/{id}"), &one("Replace", &path, json!("Maassen"))).await.unwrap();
        assert!(matches!(changed.status, 200 | 204), "{}", changed.text);
        assert_eq!(app.get(&format!("/Users/{id}")).await.at("/name/familyName"), "Maassen");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_15_active_in_all_spellings() {
    everywhere(async |app| {
        let id = app.person("tomas.horak@helpdesk.example").await;
        let path = format!("/Users/{id}");
        for (value, stored) in [
            (json!("False"), "D"),
            (json!("True"), "A"),
            (json!(false), "D"),
            (json!(true), "A"),
            (json!("false"), "D"),
        ] {
            app.patch(&path, &one("Replace", "active", value.clone())).await;
            let rows = app.rows().await;
            assert_eq!(rows.find("person", "person_id", &id).unwrap().get("status"), Some(stored), "{value}");
            assert_eq!(app.get(&path).await.at("/active"), &json!(stored == "A"), "a boolean comes back");
        }
        // The order of the keys is nobody's business.
        let odd: Value = serde_json::from_str(
            r#"{"Operations":[{"op":"Replace","path":"active","value":"True"}],
                "schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}"#,
        )
        .unwrap();
        app.patch(&path, &odd).await;
        assert_eq!(app.get(&path).await.at("/active"), true);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_16_add_active() {
    everywhere(async |app| {
        let path = format!("/Users/{}", app.person("tomas.horak@helpdesk.example").await);
        app.patch(&path, &one("Add", "active", json!("False"))).await;
        assert_eq!(app.get(&path).await.at("/active"), false);
        app.patch(&path, &one("add", "active", json!(true))).await;
        assert_eq!(app.get(&path).await.at("/active"), true);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_17_replace_creates_an_absent_element() {
    everywhere(async |app| {
        let id = app.person("svc-backup").await;
        let path = format!("/Users/{id}");
        app.patch(&path, &one("Replace", "emails[type eq \"work\"].value", json!("backup@helpdesk.example"))).await;
        let rows = app.rows().await;
        let mail = rows.find("person_mail", "person_id", &id).expect("a row");
        assert_eq!((mail.get("kind"), mail.get("address")), (Some("W"), Some("backup@helpdesk.example")));
        let emails = app.get(&path).await.at("/emails").clone();
        assert_eq!((&emails[0]["type"], &emails[0]["value"]), (&json!("work"), &json!("backup@helpdesk.example")));

        // Again: the element is there now, and is changed.
        app.patch(&path, &one("Replace", "emails[type eq \"work\"].value", json!("vault@helpdesk.example"))).await;
        app.patch(&path, &one("Add", "phoneNumbers[type eq \"mobile\"].value", json!("+45 11 22 33 44"))).await;
        let rows = app.rows().await;
        assert_eq!(rows.values("person_mail", "person_id", &id, "address"), ["vault@helpdesk.example"]);
        assert_eq!(rows.find("person", "person_id", &id).unwrap().get("phone_mobile"), Some("+45 11 22 33 44"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_18_pathless_with_dotted_and_urn_keys() {
    everywhere(async |app| {
        let id = app.person("ines.ferreira@helpdesk.example").await;
        let body = json!({ "Operations": [
            { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "ines@helpdesk.example" },
            { "op": "replace", "value": {
                "displayName": "Inês F.",
                "name.givenName": "Ines",
                "name.familyName": "Ferreira Lopes",
                "active": false,
                format!("{ENTERPRISE}:employeeNumber"): "E-0033",
                format!("{ENTERPRISE}:department"): "Network Operations",
            } },
        ], "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"] });
        app.patch(&format!("/Users/{id}"), &body).await;
        let rows = app.rows().await;
        let person = rows.find("person", "person_id", &id).unwrap();
        let cells =
            ["display_name", "first_name", "last_name", "status", "employee_no", "dept_id"].map(|c| person.get(c));
        assert_eq!(cells.map(Option::unwrap), ["Inês F.", "Ines", "Ferreira Lopes", "D", "E-0033", "30"]);
        assert_eq!(rows.values("person_mail", "person_id", &id, "address"), ["ines@helpdesk.example"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_19_manager_set_and_removed() {
    everywhere(async |app| {
        let id = app.person("kofi.mensah@helpdesk.example").await;
        let boss = app.person("Margit.Olsen@helpdesk.example").await;
        let other = app.person("tomas.horak@helpdesk.example").await;
        let path = format!("/Users/{id}");
        let manager = format!("{ENTERPRISE}:manager");
        let check = async |operation: Value, want: Option<&str>| {
            app.patch(&path, &patch(json!([operation]))).await;
            let rows = app.rows().await;
            assert_eq!(rows.find("person", "person_id", &id).unwrap().get("manager_id"), want, "{operation}");
            let read = app.get(&path).await.at(&format!("/{ENTERPRISE}/manager")).clone();
            assert_eq!(read["value"].as_str(), want, "read back complex, or not at all: {read}");
        };
        check(json!({ "op": "Add", "path": manager, "value": boss }), Some(&boss)).await;
        check(json!({ "op": "Replace", "path": manager, "value": other }), Some(&other)).await;
        check(json!({ "op": "Replace", "path": manager, "value": "" }), None).await;
        check(json!({ "op": "Add", "path": "manager", "value": [{ "$ref": null, "value": boss }] }), Some(&boss)).await;
        check(json!({ "op": "Remove", "path": manager }), None).await;
        check(json!({ "op": "Replace", "path": manager, "value": { "value": other } }), Some(&other)).await;

        app.unchanged("a manager who is nobody", async {
            let answer = app.scim.patch(&path, &one("Replace", &manager, json!("4711"))).await.unwrap();
            is_error(&answer, 400, Some("invalidValue"), "manager");
            let answer = app.scim.patch(&path, &one("Replace", &manager, json!("no key"))).await.unwrap();
            is_error(&answer, 400, Some("invalidValue"), "manager");
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_20_the_same_value_writes_nothing() {
    everywhere(async |app| {
        let id = app.person("tomas.horak@helpdesk.example").await;
        let path = format!("/Users/{id}");
        let boss = app.person("Margit.Olsen@helpdesk.example").await;
        let same = json!([
            { "op": "Replace", "path": "displayName", "value": "Tomáš Horák" },
            { "op": "Replace", "path": "active", "value": "True" },
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "tomas.horak@helpdesk.example" },
            { "op": "Replace", "path": format!("{ENTERPRISE}:manager"), "value": boss },
            { "op": "Replace", "path": format!("{ENTERPRISE}:department"), "value": "Service Desk" },
            { "op": "Replace", "path": format!("{ENTERPRISE}:costCenter"), "value": "CC-1000" },
        ]);
        app.unchanged("a PATCH that changes nothing", async {
            app.statements();
            app.patch(&path, &patch(same)).await;
            let writes: Vec<_> = app.statements().into_iter().filter(|s| s.writes()).collect();
            assert!(writes.is_empty(), "{writes:?}");
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_21_full_urn_of_a_core_attribute() {
    everywhere(async |app| {
        let id = app.person("tomas.horak@helpdesk.example").await;
        app.patch(&format!("/Users/{id}"), &one("Replace", &format!("{USER}:title"), json!("Team Lead"))).await;
        let rows = app.rows().await;
        assert_eq!(rows.find("person", "person_id", &id).unwrap().get("title"), Some("Team Lead"));
        app.patch(&format!("/Users/{id}"), &one("Replace", &format!("{USER}:name.familyName"), json!("Horak"))).await;
        let rows = app.rows().await;
        assert_eq!(rows.find("person", "person_id", &id).unwrap().get("last_name"), Some("Horak"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_22_roles_as_json_strings() {
    everywhere(async |app| {
        let id = app.person("svc-backup").await;
        let path = format!("/Users/{id}");
        let role = |name: &str| json!({ "value": format!("{{\"id\":\"r-{name}\",\"value\":\"{name}\",\"displayName\":\"{name}\"}}") });
        app.patch(&path, &one("Add", "roles", json!([role("Admin"), role("Auditor")]))).await;
        assert_eq!(app.rows().await.values("person_role", "person_id", &id, "role"), ["Admin", "Auditor"]);
        let roles = app.get(&path).await.at("/roles").clone();
        let mut values: Vec<&str> = roles.as_array().unwrap().iter().map(|r| r["value"].as_str().unwrap()).collect();
        values.sort_unstable();
        assert_eq!(values, ["Admin", "Auditor"]);

        // Added again: still there once. Replaced: the others are gone.
        app.patch(&path, &one("Add", "roles", json!([role("Admin")]))).await;
        assert_eq!(app.rows().await.values("person_role", "person_id", &id, "role"), ["Admin", "Auditor"]);
        app.patch(&path, &one("Replace", "roles", json!([role("Agent")]))).await;
        assert_eq!(app.rows().await.values("person_role", "person_id", &id, "role"), ["Agent"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_27_delete_twice() {
    everywhere(async |app| {
        let id = app.person("kofi.mensah@helpdesk.example").await;
        let path = format!("/Users/{id}");
        let answer = app.scim.delete(&path).await.unwrap();
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        let rows = app.rows().await;
        for (table, column) in [("person", "person_id"), ("person_mail", "person_id"), ("team_person", "person_id")] {
            assert!(rows.find(table, column, &id).is_none(), "left in {table}");
        }
        is_error(&app.scim.delete(&path).await.unwrap(), 404, None, "");
        is_error(&app.scim.get(&path).await.unwrap(), 404, None, "");

        // A manager leaves, the people stay.
        let boss = app.person("Margit.Olsen@helpdesk.example").await;
        assert_eq!(app.scim.delete(&format!("/Users/{boss}")).await.unwrap().status, 204);
        let tomas = app.person("tomas.horak@helpdesk.example").await;
        assert!(app.get(&format!("/Users/{tomas}")).await.at(&format!("/{ENTERPRISE}/manager")).is_null());
    })
    .await;
}
