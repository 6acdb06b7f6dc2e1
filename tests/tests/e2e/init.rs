//! `patchbay init` on the example's database, as if nobody had ever written a configuration
//! for it: what it writes works.

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;

use patchbay::config::{Config, Environment};
use patchbay::serve;
use patchbay_tests::{Client, Target};
use serde_json::{Value, json};

use crate::bodies::one;
use crate::harness::{App, ENTERPRISE, GROUP, USER, on_each};

/// Token of the app that is made.
const TOKEN: &str = "a-token-for-what-init-wrote";

/// Runs `patchbay init --yes`, which has to end well, and gives the configuration.
fn init(app: &App, directory: &Path) -> Config {
    let file = directory.join("made.toml");
    let mut arguments: Vec<OsString> =
        ["patchbay", "init", "--yes", "--app", "made", "--url"].map(OsString::from).into();
    arguments.push(app.helpdesk.url().into());
    arguments.extend([OsString::from("--out"), file.clone().into()]);
    if let Some(password) = app.helpdesk.password() {
        std::fs::write(directory.join("password"), password).unwrap();
        arguments.extend([OsString::from("--password-file"), directory.join("password").into()]);
    }
    if matches!(app.helpdesk.target(), Target::Postgres | Target::Mariadb) {
        arguments.push("--no-tls".into());
    }
    arguments.extend([OsString::from("--connectors"), connectors()]);
    // It has a runtime of its own.
    let code = std::thread::spawn(|| patchbay::cli::run(arguments)).join().unwrap();
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(app.helpdesk.password().is_none_or(|password| !text.contains(password)), "{text}");
    Config::load(&file).unwrap()
}

/// Where the built connectors are.
fn connectors() -> OsString {
    let default = || concat!(env!("CARGO_MANIFEST_DIR"), "/../target/guests").into();
    std::env::var_os("PATCHBAY_GUESTS").unwrap_or_else(default)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_proposed_works() {
    on_each(async |app| {
        let directory = tempfile::tempdir().unwrap();
        let options = serve::Options {
            listen: Some((Ipv4Addr::LOCALHOST, 0).into()),
            environment: Environment::fixed([("MADE_TOKEN", TOKEN)]),
            connectors: Some(connectors().into()),
            ..serve::Options::default()
        };
        let running = serve::start(init(app, directory.path()), options).await.unwrap();
        let scim = Client::new(format!("{}/apps/made/scim/v2", running.origin()), TOKEN).unwrap();

        let user = json!({
            "schemas": [USER, ENTERPRISE], "userName": "made.up@helpdesk.example", "active": true,
            "name": { "givenName": "Made", "familyName": "Up" },
            "emails": [{ "type": "work", "value": "made.up@helpdesk.example" }],
            ENTERPRISE: {
                "department": "Finance",
                "manager": { "value": app.person("Margit.Olsen@helpdesk.example").await },
            },
        });
        let created = scim.post("/Users", &user).await.unwrap();
        assert_eq!(created.status, 201, "{}", created.text);
        let id = created.id().unwrap().to_owned();
        let group = json!({ "schemas": [GROUP], "displayName": "Made up" });
        let group = scim.post("/Groups", &group).await.unwrap();
        assert_eq!(group.status, 201, "{}", group.text);
        let group = group.id().unwrap().to_owned();
        let member = one("Add", "members", json!([{ "value": id }]));
        let added = scim.patch(&format!("/Groups/{group}"), &member).await.unwrap();
        assert_eq!(added.status, 204, "{}", added.text);
        let disabled = scim.patch(&format!("/Users/{id}"), &one("Replace", "active", json!(false))).await.unwrap();
        assert_eq!(disabled.status, 200, "{}", disabled.text);

        let rows = app.rows().await;
        let person = rows.find("person", "person_id", &id).unwrap();
        let cells = ["login", "first_name", "status", "dept_id"].map(|column| person.get(column).unwrap());
        assert_eq!(cells, ["made.up@helpdesk.example", "Made", "D", "40"]);
        assert!(person.get("manager_id").is_some());
        let mail = rows.find("person_mail", "person_id", &id).unwrap();
        assert_eq!((mail.get("kind"), mail.get("address")), (Some("W"), Some("made.up@helpdesk.example")));
        assert_eq!(rows.find("team_person", "team_id", &group).unwrap().get("person_id"), Some(id.as_str()));
        let read = scim.get(&format!("/Users/{id}")).await.unwrap();
        assert_eq!(read.at("/groups/0/value"), &Value::from(group), "{}", read.text);

        running.shutdown().await;
    })
    .await;
}
