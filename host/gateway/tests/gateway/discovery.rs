use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use crate::App;

fn no_nulls(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().all(no_nulls),
        Value::Object(members) => members.values().all(no_nulls),
        _ => true,
    }
}

#[tokio::test]
async fn schemas_say_what_is_mapped_and_how() {
    let app = App::new("default");
    app.user("ada").await;
    let schemas = app.get("/Schemas").await;
    assert!(no_nulls(&schemas));
    let ids: Vec<&str> = schemas["Resources"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "urn:ietf:params:scim:schemas:core:2.0:Group",
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "urn:example:params:scim:schemas:extension:hr:1.0:User",
        ]
    );
    let user = app.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").await;
    let attribute = |name: &str| {
        user["attributes"].as_array().unwrap().iter().find(|a| a["name"] == name).cloned().unwrap_or_default()
    };
    assert_eq!(
        (&attribute("userName")["required"], &attribute("userName")["uniqueness"]),
        (&json!(true), &json!("server"))
    );
    assert_eq!(attribute("displayName")["mutability"], "readOnly");
    assert_eq!(attribute("nickName"), Value::Null, "not mapped");
    let subs: Vec<Value> = attribute("emails")["subAttributes"].as_array().unwrap().clone();
    let names: Vec<&str> = subs.iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["value", "type"]);
    assert_eq!(subs[1]["canonicalValues"], json!(["work"]));
    let group = app.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group").await;
    let members = group["attributes"].as_array().unwrap().iter().find(|a| a["name"] == "members").unwrap();
    let sub = |name: &str| members["subAttributes"].as_array().unwrap().iter().find(|s| s["name"] == name).unwrap();
    // The target's teams have people only.
    assert_eq!((&sub("$ref")["referenceTypes"], &sub("type")["canonicalValues"]), (&json!(["User"]), &json!(["User"])));
    let hr = app.get("/Schemas/urn:example:params:scim:schemas:extension:hr:1.0:User").await;
    assert_eq!(hr["attributes"][0]["type"], "integer");
}

/// A column that cannot be empty but has a default: clients see it as required, and
/// only its removal is refused.
#[tokio::test]
async fn what_is_never_absent_is_required_but_not_demanded() {
    let mut classes = helpdesk::small();
    let attributes = classes.iter_mut().flat_map(|class| &mut class.attributes);
    attributes.filter(|info| info.name == "status").for_each(|info| info.traits.never_absent = true);
    let app = App::with(helpdesk::SMALL, Memory::new(classes), "rfc");
    let user = "urn:ietf:params:scim:schemas:core:2.0:User";
    let body = json!({"schemas": [user], "userName": "ada"});
    let path = format!("/Users/{}", app.made("/Users", body.clone()).await);

    let schema = app.get(&format!("/Schemas/{user}")).await;
    let attributes = schema["attributes"].as_array().unwrap();
    let required: Vec<&str> =
        attributes.iter().filter(|a| a["required"] == true).map(|a| a["name"].as_str().unwrap()).collect();
    assert_eq!(required, ["userName", "active"]);

    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "remove", "path": "active"}],
    });
    let refused = app.send(Method::Patch, &path, Some(patch)).await;
    assert_eq!((refused.status, &refused.body.unwrap()["scimType"]), (400, &json!("mutability")));
    assert_eq!(app.send(Method::Put, &path, Some(body)).await.status, 200);
}

#[tokio::test]
async fn the_ecma_hosts_schema_shows_under_its_base_only() {
    let urn = "urn:ietf:params:scim:schemas:extension:ECMA2Host:2.0:User";
    let app = App::ecma2host();
    app.user("ada").await;
    let schema = app.get(&format!("/Schemas/{urn}")).await;
    let names: Vec<&str> =
        schema["attributes"].as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"login") && names.contains(&"work_mail"), "{names:?}");
    let plain = App::new("entra").send(Method::Get, &format!("/Schemas/{urn}"), None).await;
    assert_eq!(plain.status, 404);
}

#[tokio::test]
async fn discovery_does_not_touch_the_target() {
    let app = App::new("default");
    for path in ["/Schemas", "/ResourceTypes", "/ResourceTypes/Group", "/ServiceProviderConfig"] {
        app.get(path).await;
    }
    assert!(app.fake.reads().is_empty());
    assert_eq!(app.fake.discoveries(), 1, "the host's question at the start");
    let unlearned = App { learns: false, ..App::new("default") };
    for path in ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig"] {
        assert_eq!(unlearned.send(Method::Get, path, None).await.status, 200);
    }
    assert_eq!(unlearned.fake.discoveries(), 0);
    assert_eq!(app.send(Method::Get, "/ResourceTypes/Nothing", None).await.status, 404);
    let refused = app.send(Method::Post, "/Schemas", Some(json!({}))).await;
    assert_eq!(refused.status, 405);
    assert!(refused.headers.iter().any(|(n, v)| *n == "allow" && v == "GET, HEAD"));
}

#[tokio::test]
async fn the_configuration_says_whether_passwords_can_be_changed() {
    for (app, supported) in [(App::wide("rfc"), true), (App::new("rfc"), false)] {
        assert_eq!(app.get("/ServiceProviderConfig").await["changePassword"]["supported"], supported);
    }
}

#[tokio::test]
async fn the_configuration_says_whether_resources_can_be_changed() {
    let fixed = App::with(helpdesk::WIDE, Memory::new(helpdesk::wide()).without_updates(), "rfc");
    for (app, supported) in [(App::wide("rfc"), true), (fixed, false)] {
        assert_eq!(app.get("/ServiceProviderConfig").await["patch"]["supported"], supported);
    }
}

/// Whoever only changes what is there may leave it so.
#[tokio::test]
async fn what_nobody_could_ask_for_is_left_out_of_the_ecma_hosts_block() {
    let mut classes = helpdesk::small();
    let person = classes.iter_mut().find(|class| class.name == "person").unwrap();
    for (name, attribute) in ["dept.code", "Employee ID", "2nd", "Größe"].iter().zip(&mut person.attributes[4..]) {
        (*name).clone_into(&mut attribute.name);
    }
    let mapping = "[User]\nclass = \"person\"\n[User.attributes]\nuserName = \"login\"\ntitle = \"dept.code\"\n";
    let app = App::with(mapping, Memory::new(classes.clone()), "entra").at_ecma2host();
    let schemas = app.get("/Schemas").await;
    let urn = "urn:ietf:params:scim:schemas:extension:ECMA2Host:2.0:User";
    let block = schemas["Resources"].as_array().unwrap().iter().find(|schema| schema["id"] == urn).unwrap();
    let names: Vec<&str> =
        block["attributes"].as_array().unwrap().iter().map(|attribute| attribute["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"login") && !names.contains(&"dept.code") && names.len() == 7, "{names:?}");
    let config = patchbay_gateway::AppConfig {
        resources: toml::from_str(mapping).unwrap(),
        client: "entra".into(),
        ecma2host: true,
    };
    let gateway = patchbay_gateway::Gateway::new(&config, std::sync::Arc::new(Memory::new(classes))).unwrap();
    let context = patchbay_contract::Context {
        request_id: "r".into(),
        traceparent: None,
        deadline: std::time::Duration::from_secs(5),
    };
    let warnings = gateway.check(&context).await.unwrap().warnings;
    let left_out = "the ECMA host's block of User has no `dept.code`, `Employee ID`, `2nd`, `Größe`";
    assert!(warnings.iter().any(|warning| warning.message.starts_with(left_out)), "{warnings:?}");
}

#[tokio::test]
async fn what_a_new_object_needs_and_no_line_writes_is_a_warning() {
    let check = async |mapping: &str, expected: &[&str]| {
        let config = patchbay_gateway::AppConfig {
            resources: toml::from_str(mapping).unwrap(),
            client: "rfc".into(),
            ecma2host: false,
        };
        let connector = std::sync::Arc::new(Memory::new(helpdesk::small()));
        let gateway = patchbay_gateway::Gateway::new(&config, connector).unwrap();
        let context = patchbay_contract::Context {
            request_id: "r".into(),
            traceparent: None,
            deadline: std::time::Duration::from_secs(5),
        };
        let found = gateway.check(&context).await.unwrap();
        let warnings: Vec<&str> = found.warnings.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!((found.problems.as_slice(), warnings.as_slice()), (&[][..], expected), "{mapping}");
    };
    let needs = ["no Group can be created: class `team` needs `name`, which no line of the mapping writes"];
    let line = "displayName = \"name\"";
    assert!(helpdesk::SMALL.contains(line));
    check(helpdesk::SMALL, &[]).await;
    check(&helpdesk::SMALL.replace(line, "externalId = \"name\""), &[]).await;
    check(&helpdesk::SMALL.replace(line, "displayName = { attribute = \"name\", read_only = true }"), &needs).await;
    check(&helpdesk::SMALL.replace(line, "displayName = { from_target = \"name\" }"), &needs).await;
}
