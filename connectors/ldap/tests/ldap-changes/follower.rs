//! Somebody who follows the changes of a class.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use patchbay_capability::ldap::{Binding, BindingOptions, Dn, ParkingOptions, Policy, Verb};
use patchbay_capability_ldap::{Bind, LdapOptions, PoolOptions, Server, pool};
use patchbay_contract::{Connector as _, Context, Error, ErrorKind, ObjectChange, Value};
use patchbay_engine::{App, AppConfig, Component, Engine, EngineOptions, Grant, Limits};
use serde_json::json;

/// Where a directory is, and as whom.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) url: String,
    pub(crate) ca_file: PathBuf,
    pub(crate) name: String,
    pub(crate) password: String,
    /// Subtrees that may be read.
    pub(crate) reads: Vec<String>,
}

/// A follower: an app, a token, and the ids of who was told to be there.
pub(crate) struct Follower {
    account: Account,
    class: serde_json::Value,
    pub(crate) app: Arc<App>,
    pub(crate) token: Vec<u8>,
    attribute: &'static str,
    names: HashMap<String, String>,
}

impl Follower {
    /// Somebody who knows all there is: the class `person` with these settings, whose names
    /// are in `attribute`.
    pub(crate) async fn new(account: Account, class: serde_json::Value, attribute: &'static str) -> Self {
        let app = app(&account, &class);
        let token = app.latest_token(&ctx(), "person").await.unwrap();
        let mut follower = Self { account, class, app, token, attribute, names: HashMap::new() };
        for (uid, name) in follower.everybody().await {
            follower.names.insert(uid, name);
        }
        follower
    }

    async fn everybody(&self) -> Vec<(String, String)> {
        let query = patchbay_contract::Query {
            class: "person".to_owned(),
            filter: None,
            attributes: vec![self.attribute.to_owned()],
            order: Vec::new(),
            page_size: 1_000,
            offset: None,
            continuation: None,
            want_total: false,
        };
        let page = self.app.search(&ctx(), query).await.unwrap();
        page.objects.into_iter().map(|object| (object.id.uid, text(&object.cells))).collect()
    }

    /// One page of at most `limit`; how it went on is kept.
    pub(crate) async fn page(&mut self, limit: u32) -> Result<(Vec<String>, bool), Error> {
        self.listen(limit, Duration::ZERO).await.map(|(told, more, _)| (told, more))
    }

    /// The same, by somebody who waits; and whether that was of use.
    pub(crate) async fn listen(&mut self, limit: u32, wait: Duration) -> Result<(Vec<String>, bool, bool), Error> {
        let attributes = vec![self.attribute.to_owned()];
        let page = self.app.changes(&ctx(), "person", &self.token, &attributes, limit, wait).await?;
        let mut told = Vec::new();
        for change in page.changes {
            told.push(match change {
                ObjectChange::Upsert(object) => {
                    let name = text(&object.cells);
                    self.names.insert(object.id.uid, name.clone());
                    format!("+{name}")
                }
                ObjectChange::Delete(id) => {
                    format!("-{}", self.names.get(&id.uid).map_or("stranger", String::as_str))
                }
            });
        }
        self.token = page.token;
        Ok((told, page.more, page.live))
    }

    /// All that is told now, sorted; each once.
    pub(crate) async fn told(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        loop {
            let (page, more) = self.page(2).await.unwrap();
            told.extend(page);
            if !more {
                told.sort_unstable();
                return told;
            }
        }
    }

    /// That this is told now, and nothing more after it, by another host as well.
    pub(crate) async fn check(&mut self, expected: &[&str]) {
        assert_eq!(self.told().await, expected, "{}", self.class["changes"]);
        self.app = app(&self.account, &self.class);
        assert_eq!(self.told().await, [""; 0], "told twice: {}", self.class["changes"]);
    }

    /// That the token is good no more.
    pub(crate) async fn expired(&mut self) {
        let outcome = self.page(10).await.map_err(|error| error.kind);
        assert_eq!(outcome, Err(ErrorKind::TokenExpired), "{}", self.class["changes"]);
    }
}

fn text(cells: &[Vec<Value>]) -> String {
    match cells.first().and_then(|cell| cell.first()) {
        Some(Value::Text(text)) => text.clone(),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn ctx() -> Context {
    Context { request_id: "test".to_owned(), traceparent: None, deadline: Duration::from_secs(60) }
}

/// An app with the one class `person`.
pub(crate) fn app(account: &Account, class: &serde_json::Value) -> Arc<App> {
    let config = AppConfig {
        app: "test".into(),
        settings_json: json!({ "classes": { "person": class } }).to_string(),
        sql: BTreeMap::new(),
        ldap: BTreeMap::from([("directory".to_owned(), binding(account))]),
        limits: Limits::default(),
    };
    Arc::new(component().connect(config).unwrap())
}

fn binding(account: &Account) -> Arc<Binding> {
    let mut options = LdapOptions::new(Server::from_url(&account.url, false).unwrap());
    options.ca_file = Some(account.ca_file.clone());
    options.bind =
        Bind::Simple { name: account.name.clone(), password: Some(account.password.clone()), password_source: None };
    let sizes = PoolOptions { max: 4, wait_timeout: Duration::from_secs(30), ..PoolOptions::default() };
    let options_of_binding = BindingOptions {
        policy: Policy {
            read: account.reads.iter().map(|name| Dn::parse(name.clone()).unwrap()).collect(),
            write: Vec::new(),
            verbs: [Verb::Search].into(),
            read_attributes: None,
            write_attributes: [].into(),
        },
        max_operations: 1_000,
        max_request_bytes: 4 << 20,
        max_page_entries: 1_000,
        max_page_bytes: 4 << 20,
        max_result_bytes: 64 << 20,
        parking: ParkingOptions::default(),
        lock_timeout: Duration::from_secs(10),
        places: Vec::new(),
        secrets: vec![account.password.clone()],
    };
    Arc::new(Binding::new("directory", options_of_binding, pool(options, sizes).unwrap(), None))
}

/// The connector, compiled once.
fn component() -> &'static Arc<Component> {
    static COMPONENT: OnceLock<(Engine, Arc<Component>)> = OnceLock::new();
    let (_, component) = COMPONENT.get_or_init(|| {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let dir = std::env::var_os("PATCHBAY_GUESTS").map_or_else(|| workspace.join("target/guests"), PathBuf::from);
        let path = dir.join("ldap.wasm");
        let bytes = std::fs::read(&path).unwrap_or_else(|error| {
            panic!("{} cannot be read ({error}); build the guests first: cargo xtask build", path.display())
        });
        let engine = Engine::new(EngineOptions { max_instances: 8, ..EngineOptions::default() }).unwrap();
        let component = engine.load("ldap", &bytes, &Grant::of(["patchbay:ldap"])).unwrap();
        (engine, component)
    });
    component
}
