//! Passwords: hashed before the target sees them, written whenever they are given, never
//! read, compared or shown (RFC 7643 section 4.1.1).

use patchbay_gateway::{AppConfig, Gateway, Method, Response};
use patchbay_memory::{Memory, helpdesk};
use patchbay_password::{HashConfig, Scheme};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::{App, stored};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const BLOCK: &str = "urn:ietf:params:scim:schemas:extension:ECMA2Host:2.0:User";
const SECRET: &str = "t1meMa$heen";

/// A help desk that keeps passwords as `hash` says.
fn app(hash: &str, client: &str) -> App {
    let line = format!("password = {{ attribute = \"password\", hash = {hash} }}");
    let mapping = helpdesk::WIDE.replace("password = { attribute = \"password\", hash = \"ssha256\" }", &line);
    assert!(mapping.contains(&line));
    App::with(&mapping, Memory::new(helpdesk::wide()).versioned(), client)
}

fn hash_of(name: &str, password: &str) -> String {
    stored(&Scheme::new(&HashConfig::Name(name.to_owned())).unwrap(), password)
}

/// What the record of writes, which tells no upper from lower case, has of a hash.
fn written(hash: &str) -> String {
    format!("password ={}", hash.to_lowercase())
}

/// Sends what holds [`SECRET`], and demands that nothing but its hash is left of it.
async fn send(app: &App, method: Method, target: &str, body: Value) -> (Response, Vec<String>) {
    let response = app.send(method, target, Some(body)).await;
    let (writes, reads) = (app.fake.writes(), app.fake.reads());
    let seen = format!("{:?} {:?} {:?} {writes:?}", response.body, response.audit, response.internal);
    assert!(!seen.to_lowercase().contains(&SECRET.to_lowercase()), "{seen}");
    assert!(!reads.iter().any(|read| read.contains("password")), "{reads:?}");
    let shown = format!("{:?}", response.body);
    assert!(!shown.contains("$argon2") && !shown.contains("{SSHA"), "{shown}");
    (response, writes)
}

async fn patch(app: &App, id: &str, operations: Value) -> (Response, Vec<String>) {
    send(app, Method::Patch, &format!("/Users/{id}"), json!({"schemas": [PATCH], "Operations": operations})).await
}

#[tokio::test]
async fn every_way_of_setting_one_writes_its_hash_alone() {
    for (name, config) in [("argon2id", "\"argon2id\""), ("bcrypt", "{ scheme = \"bcrypt\" }"), ("ssha", "\"ssha\"")] {
        let app = app(config, "entra");
        let want = written(&hash_of(name, SECRET));
        let body = json!({"schemas": [USER], "userName": "ada", "password": SECRET});
        let (created, _) = send(&app, Method::Post, "/Users", body).await;
        assert_eq!(created.status, 201, "{:?}", created.body);
        let id = created.body.unwrap()["id"].as_str().unwrap().to_owned();
        assert!(format!("{:?}", app.fake.snapshot()).contains(&hash_of(name, SECRET)), "the create kept it");

        // In Entra's form, and again: nobody can tell that it is the same.
        for _ in 0..2 {
            let entra = json!([{"op": "Replace", "path": "password", "value": SECRET}]);
            let (response, writes) = patch(&app, &id, entra).await;
            assert!(matches!(response.status, 200 | 204), "{:?}", response.body);
            assert_eq!(writes, vec![want.clone()], "{name}");
        }
        assert!(format!("{:?}", app.fake.snapshot()).contains(&hash_of(name, SECRET)), "the patch kept it");
        let (response, writes) = patch(&app, &id, json!([{"op": "add", "value": {"password": SECRET}}])).await;
        assert_eq!((response.status, writes), (200, vec![want.clone()]));

        let path = format!("/Users/{id}");
        let body = json!({"schemas": [USER], "userName": "ada", "password": SECRET});
        let (response, writes) = send(&app, Method::Put, &path, body).await;
        assert_eq!((response.status, writes), (200, vec![want.clone()]));
    }
}

#[tokio::test]
async fn a_put_that_does_not_say_leaves_it() {
    let app = app("\"ssha\"", "default");
    let id = app.made("/Users", json!({"schemas": [USER], "userName": "ada", "password": SECRET})).await;
    for body in
        [json!({"schemas": [USER], "userName": "ada"}), json!({"schemas": [USER], "userName": "ada", "password": null})]
    {
        let (response, writes) = send(&app, Method::Put, &format!("/Users/{id}"), body).await;
        assert_eq!((response.status, writes), (200, vec![]));
    }
}

#[tokio::test]
async fn of_several_edits_the_last_one_counts_and_removing_clears() {
    let app = app("\"ssha\"", "default");
    let id = app.made("/Users", json!({"schemas": [USER], "userName": "ada", "password": SECRET})).await;
    let twice = json!([
        {"op": "replace", "path": "password", "value": "first"},
        {"op": "remove", "path": "password"},
        {"op": "replace", "path": "title", "value": "Dr"},
        {"op": "replace", "path": "password", "value": SECRET},
    ]);
    let want = vec!["title =dr".to_owned(), written(&hash_of("ssha", SECRET))];
    assert_eq!(patch(&app, &id, twice).await.1, want);
    for removal in [json!({"op": "remove", "path": "password"}), json!({"op": "replace", "value": {"password": null}})]
    {
        let (response, writes) = patch(&app, &id, json!([removal])).await;
        assert_eq!((response.status, writes), (200, vec!["password =".to_owned()]));
    }
}

#[tokio::test]
async fn one_that_must_be_there_cannot_go_but_need_not_be_repeated() {
    let mut classes = helpdesk::wide();
    let person = classes.iter_mut().find(|class| class.name == "person").unwrap();
    person.attributes.iter_mut().find(|a| a.name == "password").unwrap().traits.required = true;
    let app = App::with(helpdesk::WIDE, Memory::new(classes), "default");
    let body = json!({"schemas": [USER], "userName": "ada"});
    let (response, _) = send(&app, Method::Post, "/Users", body.clone()).await;
    assert_eq!(
        (response.status, response.body.unwrap()["detail"].clone()),
        (400, json!("password: the attribute is required"))
    );
    let id = app.made("/Users", json!({"schemas": [USER], "userName": "ada", "password": SECRET})).await;
    assert_eq!(send(&app, Method::Put, &format!("/Users/{id}"), body).await.0.status, 200);
    let (response, writes) = patch(&app, &id, json!([{"op": "remove", "path": "password"}])).await;
    assert_eq!((response.body.unwrap()["scimType"].clone(), writes), (json!("mutability"), vec![]));
}

#[tokio::test]
async fn what_cannot_be_kept_whole_is_refused_by_name() {
    let app = app("{ scheme = \"bcrypt\", cost = 10 }", "entra");
    let id = app.made("/Users", json!({"schemas": [USER], "userName": "ada"})).await;
    let long = format!("{SECRET}{}", "x".repeat(72));
    let over = format!("{SECRET}{}", "x".repeat(5000));
    let cases = [
        (json!(""), "empty"),
        (json!(long), "72 bytes"),
        (json!(over), "72 bytes"),
        (json!(format!("{SECRET}\0x")), "NUL"),
        (json!(7_301), "string"),
        (json!(true), "string"),
        (json!({"value": SECRET}), "string"),
        (json!([SECRET, SECRET]), "single value"),
    ];
    for (value, why) in cases {
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
async fn it_is_not_found_sorted_or_shown() {
    let app = app("\"ssha\"", "default");
    let id = app.made("/Users", json!({"schemas": [USER], "userName": "ada", "password": SECRET})).await;
    for target in [
        "/Users?filter=password pr".to_owned(),
        format!("/Users?filter=password eq \"{SECRET}\""),
        "/Users?sortBy=password".to_owned(),
        format!("/Users?sortBy={USER}:password"),
    ] {
        let response = app.send(Method::Get, &target, None).await;
        assert_eq!(response.status, 400, "{target}");
    }
    for target in [format!("/Users/{id}?attributes=password"), "/Users?attributes=password,userName".to_owned()] {
        let shown = app.get(&target).await.to_string();
        assert!(!shown.contains("assword"), "{shown}");
    }
    assert!(!app.fake.reads().iter().any(|read| read.contains("password")));
}

#[tokio::test]
async fn the_ecma_host_s_block_sets_it_and_shows_nothing() {
    let app = app("\"ssha\"", "entra").at_ecma2host();
    let want = written(&hash_of("ssha", SECRET));
    let body = json!({"schemas": [USER, BLOCK], BLOCK: {"login": "ada", "password": SECRET}});
    let id = app.made("/Users", body).await;
    assert!(app.get(&format!("/Users/{id}")).await[BLOCK].get("password").is_none());
    let path = format!("{BLOCK}:password");
    let (_, writes) = patch(&app, &id, json!([{"op": "Replace", "path": path, "value": SECRET}])).await;
    assert_eq!(writes, [want]);
    let both = json!({"schemas": [USER, BLOCK], "userName": "ada", "password": "other", BLOCK: {"password": SECRET}});
    let (response, writes) = send(&app, Method::Put, &format!("/Users/{id}"), both).await;
    assert!(response.body.unwrap()["detail"].as_str().unwrap().contains("contradicts"));
    assert_eq!(writes, [""; 0]);
    assert_eq!(app.send(Method::Get, &format!("/Users?filter={path} pr"), None).await.status, 400);
}

#[tokio::test]
async fn in_bulk_it_is_no_reference_whatever_it_reads_like() {
    let app = app("\"ssha\"", "default");
    let id = app.made("/Users", json!({"schemas": [USER], "userName": "ada"})).await;
    let odd = format!("bulkId:{SECRET}");
    let edits = json!({"schemas": [PATCH], "Operations": [{"op": "replace", "path": "password", "value": odd}]});
    let new = json!({"schemas": [USER], "userName": "bob", "password": odd});
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "b", "data": new},
            {"method": "PATCH", "path": format!("/Users/{id}"), "data": edits},
        ],
    });
    let (response, writes) = send(&app, Method::Post, "/Bulk", body).await;
    let operations = response.body.unwrap()["Operations"].clone();
    assert_eq!((&operations[0]["status"], &operations[1]["status"]), (&json!("201"), &json!("200")), "{operations}");
    assert!(writes.contains(&written(&hash_of("ssha", &odd))), "{writes:?}");
}

#[tokio::test]
async fn discovery_says_what_can_be_done() {
    let app = app("\"ssha\"", "default");
    assert_eq!(app.get("/ServiceProviderConfig").await["changePassword"]["supported"], true);
    let schema = app.get(&format!("/Schemas/{USER}")).await;
    let password = schema["attributes"].as_array().unwrap().iter().find(|a| a["name"] == "password").unwrap().clone();
    let shown = ["mutability", "returned", "uniqueness", "caseExact", "required"].map(|key| password[key].clone());
    assert_eq!(shown, [json!("writeOnly"), json!("never"), json!("none"), json!(true), json!(false)]);
    assert_eq!(App::new("default").get("/ServiceProviderConfig").await["changePassword"]["supported"], false);
}

#[tokio::test]
async fn mappings_that_give_passwords_away_are_refused() {
    let check = |line: &str, key: &str, want: &str| {
        let mapping = helpdesk::WIDE.replace("password = { attribute = \"password\", hash = \"ssha256\" }", line);
        let resources = toml::from_str(&mapping).unwrap();
        let config = AppConfig { resources, client: "default".into(), ecma2host: false };
        let problems = Gateway::new(&config, Arc::new(Memory::new(helpdesk::wide()))).unwrap_err();
        let [problem] = problems.as_slice() else { panic!("{problems:?}") };
        assert!(problem.path.ends_with(&["attributes".to_owned(), key.to_owned()]), "{problem:?}");
        assert!(problem.message.contains(want), "{problem:?}");
    };
    let kept = "password = { attribute = \"password\", hash = \"argon2id\" }";
    check("password = \"password\"", "password", "says nothing of how");
    check("password = { attribute = \"password\", hash = \"md5\" }", "password", "there is no scheme `md5`");
    check("password = { constant = \"x\", hash = \"ssha\" }", "password", "goes with `attribute`");
    check("password = { attribute = \"password\", hash = \"ssha\", read_only = true }", "password", "`read_only`");
    check(&format!("{kept}\nlocale = \"password\""), "locale", "would show or overwrite");
    check(&format!("{kept}\nlocale = {{ from_target = \"password + ''\" }}"), "locale", "would show or overwrite");
}

#[tokio::test]
async fn a_hash_needs_a_text_attribute_with_one_value() {
    let check = async |native: &str, want: &str| {
        let line = format!("password = {{ attribute = \"{native}\", hash = \"ssha\" }}");
        let mapping = helpdesk::WIDE
            .lines()
            .filter(|l| !l.starts_with("password = ") && !l.ends_with(&format!("\"{native}\"")))
            .collect::<Vec<_>>()
            .join("\n")
            .replace("[User.attributes]", &format!("[User.attributes]\n{line}"));
        let config = AppConfig { resources: toml::from_str(&mapping).unwrap(), client: "rfc".into(), ecma2host: false };
        let gateway = Gateway::new(&config, Arc::new(Memory::new(helpdesk::wide()))).unwrap();
        let context = patchbay_contract::Context {
            request_id: "r".into(),
            traceparent: None,
            deadline: std::time::Duration::from_secs(5),
        };
        let problems = gateway.check(&context).await.unwrap().problems;
        assert!(problems.iter().any(|p| p.message.contains(want)), "{problems:?}");
    };
    check("active", "has to be text").await;
    check("roles", "one value").await;
}
