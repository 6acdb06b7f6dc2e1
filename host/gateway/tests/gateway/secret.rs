//! Passwords that the target keeps in its own way: they go to it whole, and nobody on the way
//! sees them.

use std::sync::Arc;
use std::time::Duration;

use patchbay_contract::Context;
use patchbay_gateway::{AppConfig, Gateway, Method, Response};
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use crate::App;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const BLOCK: &str = "urn:ietf:params:scim:schemas:extension:ECMA2Host:2.0:User";
const HASHED: &str = "password = { attribute = \"password\", hash = \"ssha256\" }";
const KEPT: &str = "password = { attribute = \"password\", hash = \"target\" }";
const SECRET: &str = "t1meMa$heen (*)\\ \u{2603}";

fn app() -> App {
    let mapping = helpdesk::WIDE.replace(HASHED, KEPT);
    App::with(&mapping, Memory::new(helpdesk::keeping_passwords()).versioned(), "entra")
}

/// Sends a body, and demands that nothing of [`SECRET`] can be seen but in the target.
async fn send(app: &App, method: Method, target: &str, body: Value) -> (Response, Vec<String>) {
    let response = app.send(method, target, Some(body)).await;
    let (writes, reads) = (app.fake.writes(), app.fake.reads());
    let snapshot = app.fake.snapshot();
    let seen = format!("{:?} {:?} {:?} {writes:?} {reads:?}", response.body, response.audit, response.internal);
    let seen = format!("{seen} {snapshot:?}").to_lowercase();
    assert!(!seen.contains("t1mema"), "{seen}");
    assert!(!reads.iter().any(|read| read.contains("password")), "{reads:?}");
    (response, writes)
}

#[tokio::test]
async fn every_way_of_setting_one_hands_it_on_whole() {
    let app = app();
    let secret = |id: &str| app.fake.secret("person", id, "password");
    let body = json!({"schemas": [USER], "userName": "ada", "password": SECRET});
    let (created, _) = send(&app, Method::Post, "/Users", body.clone()).await;
    assert_eq!(created.status, 201, "{:?}", created.body);
    let id = created.body.unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(secret(&id).as_deref(), Some(SECRET));

    let path = format!("/Users/{id}");
    for (method, body) in [
        (
            Method::Patch,
            json!({"schemas": [PATCH], "Operations": [{"op": "Replace", "path": "password", "value": "2"}]}),
        ),
        (Method::Patch, json!({"schemas": [PATCH], "Operations": [{"op": "add", "value": {"password": "3"}}]})),
        (Method::Put, json!({"schemas": [USER], "userName": "ada", "password": "4"})),
        (Method::Put, json!({"schemas": [USER, BLOCK], "userName": "ada", BLOCK: {"password": "5"}})),
    ] {
        let before = secret(&id);
        let (response, writes) = send(&app, method, &path, body).await;
        assert!(matches!(response.status, 200 | 204), "{:?}", response.body);
        assert_eq!(writes, ["password =***"]);
        assert_ne!(secret(&id), before);
    }
    assert_eq!(secret(&id).as_deref(), Some("5"));

    // Whoever does not name it leaves it; whoever removes it clears it.
    let (_, writes) = send(&app, Method::Put, &path, json!({"schemas": [USER], "userName": "ada"})).await;
    assert_eq!((writes, secret(&id).as_deref()), (vec![], Some("5")));
    let removal = json!({"schemas": [PATCH], "Operations": [{"op": "remove", "path": "password"}]});
    let (_, writes) = send(&app, Method::Patch, &path, removal).await;
    assert_eq!((writes, secret(&id)), (vec!["password =".to_owned()], None));
}

#[tokio::test]
async fn what_no_target_could_keep_is_refused_by_name() {
    let app = app();
    let id = app.made("/Users", json!({"schemas": [USER], "userName": "ada"})).await;
    let long = SECRET.repeat(60);
    for (value, why) in [
        (json!(""), "empty"),
        (json!(long), "1024 bytes"),
        (json!(format!("{SECRET}\0")), "NUL"),
        (json!(7_301), "string"),
        (json!({"value": SECRET}), "string"),
        (json!([SECRET, SECRET]), "single value"),
    ] {
        let new = json!({"schemas": [USER], "userName": "bob", "password": value});
        let edits = json!({"schemas": [PATCH], "Operations": [{"op": "Replace", "path": "password", "value": value}]});
        let path = format!("/Users/{id}");
        for (method, target, body) in
            [(Method::Post, "/Users", new.clone()), (Method::Put, &path, new), (Method::Patch, &path, edits)]
        {
            let (response, writes) = send(&app, method, target, body).await;
            let error = response.body.unwrap();
            assert_eq!((response.status, error["scimType"].clone()), (400, json!("invalidValue")), "{why}: {error}");
            let detail = error["detail"].as_str().unwrap();
            assert!(detail.contains("password") && detail.contains(why), "{why}: {detail}");
            assert_eq!(writes, [""; 0]);
        }
    }
}

#[tokio::test]
async fn it_is_not_found_sorted_or_shown_and_needs_nobody_to_hash() {
    let app = app();
    let body = json!({"schemas": [USER], "userName": "ada", "password": SECRET});
    let (created, _) = send(&app, Method::Post, "/Users", body).await;
    let id = created.body.unwrap()["id"].as_str().unwrap().to_owned();
    let block = format!("{BLOCK}:password");
    for query in ["filter=password pr", "sortBy=password", &format!("filter={block} pr")] {
        assert_eq!(app.send(Method::Get, &format!("/Users?{query}"), None).await.status, 400, "{query}");
    }
    let shown = app.get(&format!("/Users/{id}?attributes=password")).await.to_string();
    assert!(!shown.contains("assword"), "{shown}");

    let resources = toml::from_str(&helpdesk::WIDE.replace(HASHED, KEPT)).unwrap();
    let config = AppConfig { resources, client: "default".into(), ecma2host: false };
    let gateway = Gateway::new(&config, Arc::new(Memory::new(helpdesk::keeping_passwords()))).unwrap();
    let offered = app.over(gateway).get("/ServiceProviderConfig").await;
    assert_eq!(offered["changePassword"]["supported"], true);
}

#[tokio::test]
async fn the_block_sets_one_that_is_not_mapped() {
    let mapping = helpdesk::WIDE.replace(HASHED, "");
    let app = App::with(&mapping, Memory::new(helpdesk::keeping_passwords()), "entra").at_ecma2host();
    let body = json!({"schemas": [USER, BLOCK], BLOCK: {"login": "ada", "password": SECRET}});
    let (created, _) = send(&app, Method::Post, "/Users", body).await;
    let id = created.body.unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(app.fake.secret("person", &id, "password").as_deref(), Some(SECRET));
    assert!(app.get(&format!("/Users/{id}")).await[BLOCK].get("password").is_none());
}

#[tokio::test]
async fn a_mapping_has_to_fit_the_way_it_is_kept() {
    let check = async |line: &str, classes: Vec<patchbay_contract::ObjectClass>, key: &str, want: &str| {
        let resources = toml::from_str(&helpdesk::WIDE.replace(HASHED, line)).unwrap();
        let config = AppConfig { resources, client: "rfc".into(), ecma2host: false };
        let gateway = Gateway::new(&config, Arc::new(Memory::new(classes))).unwrap();
        let context = Context { request_id: "r".into(), traceparent: None, deadline: Duration::from_secs(5) };
        let problems = gateway.check(&context).await.unwrap().problems;
        let [problem] = problems.as_slice() else { panic!("{line}: {problems:?}") };
        assert!(problem.path.ends_with(&["attributes".to_owned(), key.to_owned()]), "{problem:?}");
        assert!(problem.message.contains(want), "{line}: {problem:?}");
    };
    let kept = helpdesk::keeping_passwords;
    check(HASHED, kept(), "password", "is hashed, but the target keeps").await;
    check("locale = \"password\"", kept(), "locale", "give `hash = \"target\"`").await;
    check("locale = { from_target = \"password + ''\" }", kept(), "locale", "never shows").await;
    check(KEPT, helpdesk::wide(), "password", "does not keep the attribute's values in its own way").await;
}
