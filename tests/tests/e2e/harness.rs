//! A fresh application with a host in front of it, for each test and each database.

use std::sync::Arc;

use patchbay_test_support::matrix;
use patchbay_tests::{Answer, Client, Helpdesk, Host, HostOptions, Snapshot, Statement, Statements, Target};
use serde_json::Value;

/// Core schema of users.
pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Core schema of groups.
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// Enterprise extension.
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The ECMA host's block for users.
pub(crate) const ECMA2HOST: &str = "urn:ietf:params:scim:schemas:extension:ECMA2Host:2.0:User";
/// Schema of every error body (RFC 7644 section 3.12).
pub(crate) const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// Schema of every list (RFC 7644 section 3.4.2).
pub(crate) const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// A match that cannot be, as Entra's connection test asks for.
pub(crate) const GUID: &str = "5f1c8a0e-7a52-4f7b-9d36-3c1f0f9be0aa";

/// What a test has to play with.
#[derive(Debug)]
pub(crate) struct App {
    /// The application's database.
    pub(crate) helpdesk: Helpdesk,
    /// The host.
    pub(crate) host: Host,
    /// A client of the app `helpdesk` (client profile `entra`).
    pub(crate) scim: Client,
    /// A client of the app `strict`: the same database, client profile `rfc`.
    pub(crate) strict: Client,
    statements: Arc<Statements>,
}

/// Runs `test` on a fresh application in each kind of database.
pub(crate) async fn on_each(test: impl AsyncFn(&mut App)) {
    on_these(&Target::all(), test).await;
}

/// The same in each kind of database and of directory.
pub(crate) async fn everywhere(test: impl AsyncFn(&mut App)) {
    on_these(&Target::all_kinds(), test).await;
}

async fn on_these(targets: &[Target], test: impl AsyncFn(&mut App)) {
    super::logs::capture();
    for target in targets.iter().copied() {
        let statements = Arc::new(Statements::default());
        let mut helpdesk = Helpdesk::fresh(target).await.expect("a database");
        helpdesk.add_wire().await.expect("a wire");
        let options = HostOptions { observer: Some(statements.clone()), strict_app: true, ..HostOptions::default() };
        let host = Host::start(&helpdesk, options).await.expect("a host");
        let scim = host.client("helpdesk").expect("a client");
        let strict = host.client("strict").expect("a client");
        let mut app = App { helpdesk, host, scim, strict, statements };
        eprintln!("on {target:?}");
        let run = matrix::Run::begin("end-to-end", target.name());
        test(&mut app).await;
        drop(run);
        app.host.shutdown().await;
    }
}

impl App {
    /// Whether the application is a directory.
    pub(crate) fn is_directory(&self) -> bool {
        self.helpdesk.target().is_directory()
    }

    /// What stands in the tables now.
    pub(crate) async fn rows(&self) -> Snapshot {
        self.helpdesk.rows().await.expect("rows")
    }

    /// Stops the host and starts another on the same database.
    pub(crate) async fn restart(&mut self) {
        self.restart_with(|_| {}).await;
    }

    /// The same, with another configuration of the apps.
    pub(crate) async fn restart_with(&mut self, adjust: fn(&mut toml::Table)) {
        self.host.shutdown().await;
        let options = HostOptions {
            observer: Some(self.statements.clone()),
            strict_app: true,
            adjust: Some(adjust),
            ..HostOptions::default()
        };
        self.host = Host::start(&self.helpdesk, options).await.expect("a host");
        self.scim = self.host.client("helpdesk").expect("a client");
        self.strict = self.host.client("strict").expect("a client");
    }

    /// The statements since the last look.
    pub(crate) fn statements(&self) -> Vec<Statement> {
        self.statements.take()
    }

    /// The id of a person of the seed, by login as it is stored.
    pub(crate) async fn person(&self, login: &str) -> String {
        let rows = self.rows().await;
        let row = rows.find("person", "login", login).unwrap_or_else(|| panic!("no person {login}"));
        row.get("person_id").expect("a key").to_owned()
    }

    /// The id of a team of the seed.
    pub(crate) async fn team(&self, name: &str) -> String {
        let rows = self.rows().await;
        let row = rows.find("team", "name", name).unwrap_or_else(|| panic!("no team {name}"));
        row.get("team_id").expect("a key").to_owned()
    }

    /// Creates a user and returns its id.
    pub(crate) async fn create(&self, body: &Value) -> String {
        let answer = self.scim.post("/Users", body).await.expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.id().expect("an id").to_owned()
    }

    /// A PATCH that has to work.
    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        let answer = self.scim.patch(path, body).await.expect("an answer");
        assert!(matches!(answer.status, 200 | 204), "{} {}", answer.status, answer.text);
        assert_eq!(answer.status == 204, answer.text.is_empty(), "204 has no body, 200 has one");
        answer
    }

    /// A read that has to work.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        let answer = self.scim.get(path).await.expect("an answer");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer
    }

    /// Runs `action` and demands that it leaves every table as it was, audit log included.
    pub(crate) async fn unchanged<T>(&self, what: &str, action: impl Future<Output = T>) -> T {
        let before = self.rows().await;
        let outcome = action.await;
        let after = self.rows().await;
        assert_eq!(before.changes(&after), [], "{what} wrote");
        assert_eq!(before, after, "{what} left a trace in the audit log");
        outcome
    }
}

/// The ids in a list answer, which has to be well-formed.
#[track_caller]
pub(crate) fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/scim+json"));
    assert_eq!(answer.at("/schemas/0"), LIST, "{}", answer.text);
    assert!(answer.at("/totalResults").is_u64(), "{}", answer.text);
    let empty = Vec::new();
    let resources = answer.at("/Resources").as_array().unwrap_or(&empty);
    assert_eq!(answer.at("/itemsPerPage").as_u64(), Some(resources.len() as u64), "{}", answer.text);
    resources.iter().map(|r| r["id"].as_str().expect("an id").to_owned()).collect()
}

/// The answer is this SCIM error, and its text names `names`.
#[track_caller]
pub(crate) fn is_error(answer: &Answer, status: u16, scim_type: Option<&str>, names: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    is_error_body(answer);
    assert_eq!(answer.at("/scimType").as_str(), scim_type, "{}", answer.text);
    let detail = answer.at("/detail").as_str().expect("a detail");
    assert!(detail.contains(names), "the detail does not name {names}: {detail}");
}

/// The answer has the body of a SCIM error with its own status in it.
#[track_caller]
pub(crate) fn is_error_body(answer: &Answer) {
    assert_eq!(answer.header("content-type"), Some("application/scim+json"), "{}", answer.text);
    assert_eq!(answer.at("/schemas/0"), ERROR, "{}", answer.text);
    assert_eq!(answer.at("/status"), &answer.status.to_string(), "{}", answer.text);
}
