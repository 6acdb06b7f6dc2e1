//! An app over a directory, and what cases do with it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use patchbay_capability::ldap::Binding;
use patchbay_contract::{
    Attribute, Change, Comparator, Comparison, Connector as _, Context, Delta, Error, ErrorKind, Filter, FilterNode,
    Object, Order, Page, Precision, Query, Secret, Value,
};
use patchbay_engine::{App, AppConfig, Component, Engine, EngineOptions, Grant, Limits};
use patchbay_test_support::{Ds389, Entry, OpenLdapOptions, SambaAd, matrix};
use zeroize::Zeroizing;

use crate::directory::Directory;
use crate::settings::settings;
use crate::way;

/// The directories a case runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    OpenLdap,
    SambaAd,
    Ds389,
}

impl Kind {
    /// Those that can be started here.
    pub(crate) fn all() -> Vec<Self> {
        let mut kinds = vec![Self::OpenLdap];
        if !SambaAd::is_left_out() {
            kinds.push(Self::SambaAd);
        }
        if !Ds389::is_left_out() {
            kinds.push(Self::Ds389);
        }
        kinds
    }

    fn name(self) -> &'static str {
        match self {
            Self::OpenLdap => "openldap",
            Self::SambaAd => "samba-ad",
            Self::Ds389 => "389-ds",
        }
    }

    /// A password that every policy takes.
    pub(crate) fn password(self) -> &'static str {
        "Correct-horse-7-\u{e6}"
    }
}

/// Runs a case on every kind of directory, with the settings that most cases use.
pub(crate) async fn check(case: impl AsyncFn(&mut Target)) {
    check_with(settings, case).await;
}

/// The same with other settings.
pub(crate) async fn check_with(settings: impl Fn(Kind) -> serde_json::Value, case: impl AsyncFn(&mut Target)) {
    for kind in Kind::all() {
        case(&mut Target::new(kind, settings(kind))).await;
    }
}

/// Whom a filter found.
#[derive(Debug)]
pub(crate) struct Found {
    /// Sorted.
    pub(crate) logins: Vec<String>,
    /// Whether there may be some among them that do not meet it.
    pub(crate) precision: Precision,
}

/// An app and its directory.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) kind: Kind,
    pub(crate) app: Arc<App>,
    pub(crate) directory: Directory,
    seen: Arc<way::Seen>,
    _run: matrix::Run,
}

impl Target {
    /// A fresh directory with a few people and groups.
    pub(crate) fn new(kind: Kind, settings: serde_json::Value) -> Self {
        Self::on(Directory::empty(kind, &OpenLdapOptions::default()), settings)
    }

    /// The same with an OpenLDAP that was made differently.
    pub(crate) fn openldap(options: &OpenLdapOptions, settings: serde_json::Value) -> Self {
        Self::on(Directory::empty(Kind::OpenLdap, options), settings)
    }

    fn on(directory: Directory, settings: serde_json::Value) -> Self {
        Self::with_others(directory, settings, Vec::new())
    }

    /// The same; the app may also use these servers, which have the same entries.
    pub(crate) fn with_others(directory: Directory, settings: serde_json::Value, others: Vec<String>) -> Self {
        let kind = directory.kind();
        directory.seed();
        let seen = Arc::new(way::Seen::default());
        let app = connect(&settings, way::binding(&directory, &others, &seen));
        Self { kind, app, directory, seen, _run: matrix::Run::begin("directories", kind.name()) }
    }

    /// Another instance of the app, with other settings, which knows nothing of the first.
    pub(crate) fn reconfigure(&mut self, settings: &serde_json::Value) {
        self.app = app(&self.directory, settings, &self.seen);
    }

    /// Another instance of the app, as another host would have it.
    pub(crate) fn another(&self, settings: &serde_json::Value) -> Arc<App> {
        app(&self.directory, settings, &self.seen)
    }

    /// The app bound as somebody who may only read.
    pub(crate) fn reader(&self, settings: &serde_json::Value) -> Arc<App> {
        let reader = match &self.directory {
            Directory::OpenLdap(server) => server.reader_dn(),
            Directory::Ds389(server) => server.reader_dn(),
            Directory::SambaAd(_) => panic!("nobody on Samba may only read"),
        };
        connect(settings, way::binding_as(&self.directory, reader, &[], &self.seen))
    }

    /// The app with a grant to read these attributes, and no others.
    pub(crate) fn reading(&self, attributes: &[&str], settings: &serde_json::Value) -> Arc<App> {
        self.granting(&way::Granted { read: Some(attributes), withheld: &[] }, settings)
    }

    /// The app with a grant that does not let these attributes be written.
    pub(crate) fn withholding(&self, attributes: &[&str], settings: &serde_json::Value) -> Arc<App> {
        self.granting(&way::Granted { read: None, withheld: attributes }, settings)
    }

    fn granting(&self, granted: &way::Granted<'_>, settings: &serde_json::Value) -> Arc<App> {
        let Directory::OpenLdap(server) = &self.directory else { panic!("only OpenLDAP has one") };
        connect(settings, way::granting(&self.directory, server.service_dn(), &[], granted, &self.seen))
    }

    /// What was sent to the server since the last call, a line each.
    pub(crate) fn sent(&self) -> Vec<String> {
        self.seen.take().into_iter().map(|(line, _)| line).collect()
    }

    /// The most values that one operation brought since the last call.
    pub(crate) fn most_values(&self) -> usize {
        self.seen.take().into_iter().map(|(_, values)| values).max().unwrap_or(0)
    }

    pub(crate) async fn create(&self, class: &str, attributes: Vec<Attribute>) -> Result<String, Error> {
        Ok(self.app.create(&ctx(), class, attributes).await?.id.uid)
    }

    /// A person with what everybody has.
    pub(crate) async fn person(&self, login: &str, more: Vec<Attribute>) -> Result<String, Error> {
        let mut given = vec![attribute("login", [text(login)])];
        for name in ["cn", "sn"] {
            if !more.iter().any(|attribute| attribute.name == name) {
                given.push(attribute(name, [text(login)]));
            }
        }
        given.extend(more);
        self.create("person", given).await
    }

    pub(crate) async fn update(&self, class: &str, uid: &str, deltas: Vec<Delta>) -> Result<Option<String>, Error> {
        Ok(self.app.update(&ctx(), class, uid, None, deltas).await?.id.revision)
    }

    /// One change of one attribute.
    pub(crate) async fn change(&self, class: &str, uid: &str, name: &str, change: Change) -> Result<(), Error> {
        self.update(class, uid, vec![delta(name, change)]).await.map(drop)
    }

    pub(crate) async fn delete(&self, class: &str, uid: &str) -> Result<(), Error> {
        self.app.delete(&ctx(), class, uid, None).await
    }

    pub(crate) async fn get(&self, class: &str, uid: &str, attributes: &[&str]) -> Result<Object, Error> {
        let attributes: Vec<String> = attributes.iter().map(|name| (*name).to_owned()).collect();
        self.app.get(&ctx(), class, uid, &attributes).await
    }

    /// The values of one attribute, in a readable form and in their order.
    pub(crate) async fn values(&self, class: &str, uid: &str, attribute: &str) -> Vec<String> {
        let object = self.get(class, uid, &[attribute]).await.unwrap_or_else(|error| panic!("{attribute}: {error:?}"));
        let mut values: Vec<String> = object.cells.into_iter().flatten().map(show).collect();
        values.sort_unstable();
        values
    }

    pub(crate) async fn search(&self, query: Query) -> Result<Page, Error> {
        self.app.search(&ctx(), query).await
    }

    /// The uid of whoever has this login, or of the group of this name.
    pub(crate) async fn uid(&self, name: &str) -> String {
        let (class, attribute) =
            if name.starts_with(char::is_uppercase) { ("group", "cn") } else { ("person", "login") };
        let filter = filter(vec![compare(attribute, Comparator::Equal, text(name))]);
        let page = self.search(Query { filter: Some(filter), ..query(class) }).await.unwrap();
        assert_eq!(page.objects.len(), 1, "{name} on {:?}", self.kind);
        page.objects[0].id.uid.clone()
    }

    /// The people that meet a filter, and maybe more.
    pub(crate) async fn found(&self, nodes: Vec<FilterNode>) -> Result<Found, Error> {
        let attributes = vec!["login".to_owned()];
        let query = Query { filter: Some(filter(nodes)), attributes, want_total: true, ..query("person") };
        let page = self.search(query).await?;
        if let Some(total) = page.total {
            assert_eq!(total, page.objects.len() as u64, "count and entries agree");
        }
        assert_eq!(page.next, None);
        let mut logins: Vec<String> =
            page.objects.into_iter().flat_map(|object| object.cells).flatten().map(show).collect();
        logins.sort_unstable();
        Ok(Found { logins, precision: page.precision })
    }

    /// Logins of exactly the people that meet a filter, sorted.
    pub(crate) async fn matches(&self, nodes: Vec<FilterNode>) -> Result<Vec<String>, Error> {
        let shown = format!("{nodes:?}");
        let found = self.found(nodes).await?;
        assert_eq!(found.precision, Precision::Exact, "{shown} on {:?}", self.kind);
        Ok(found.logins)
    }

    /// The entry of whoever has this login, as the server has it.
    pub(crate) fn entry(&self, login: &str) -> Entry {
        let name = match self.kind {
            Kind::OpenLdap | Kind::Ds389 => "uid",
            Kind::SambaAd => "sAMAccountName",
        };
        self.directory.entry(&format!("({name}={login})"), &["*", "+"])
    }
}

fn app(directory: &Directory, settings: &serde_json::Value, seen: &Arc<way::Seen>) -> Arc<App> {
    connect(settings, way::binding(directory, &[], seen))
}

fn connect(settings: &serde_json::Value, binding: Arc<Binding>) -> Arc<App> {
    let app = component()
        .connect(AppConfig {
            app: "test".into(),
            settings_json: settings.to_string(),
            sql: BTreeMap::new(),
            ldap: BTreeMap::from([("directory".to_owned(), binding)]),
            limits: Limits::default(),
        })
        .unwrap();
    Arc::new(app)
}

/// The connector, compiled once.
fn component() -> &'static Arc<Component> {
    static COMPONENT: OnceLock<(Engine, Arc<Component>)> = OnceLock::new();
    let (_, component) = COMPONENT.get_or_init(|| {
        let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let dir = std::env::var_os("PATCHBAY_GUESTS").map_or_else(|| workspace.join("target/guests"), PathBuf::from);
        let path = dir.join("ldap.wasm");
        let bytes = std::fs::read(&path).unwrap_or_else(|error| {
            panic!("{} cannot be read ({error}); build the guests first: cargo xtask build", path.display())
        });
        let engine = Engine::new(EngineOptions { max_instances: 32, ..EngineOptions::default() }).unwrap();
        let component = engine.load("ldap", &bytes, &Grant::of(["patchbay:ldap"])).unwrap();
        (engine, component)
    });
    component
}

pub(crate) fn ctx() -> Context {
    Context { request_id: "test".to_owned(), traceparent: None, deadline: Duration::from_secs(60) }
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn reference(uid: &str) -> Value {
    Value::Reference(uid.to_owned())
}

pub(crate) fn secret(text: &str) -> Value {
    Value::Secret(Secret::new(Zeroizing::new(text.to_owned())))
}

pub(crate) fn attribute(name: &str, values: impl Into<Vec<Value>>) -> Attribute {
    Attribute { name: name.to_owned(), values: values.into() }
}

pub(crate) fn delta(name: &str, change: Change) -> Delta {
    Delta { attribute: name.to_owned(), change }
}

/// A delta with one value.
pub(crate) fn set(name: &str, value: Value) -> Delta {
    delta(name, Change::Replace(vec![value]))
}

pub(crate) fn compare(attribute: &str, operator: Comparator, value: Value) -> FilterNode {
    FilterNode::Compare(Comparison { attribute: attribute.to_owned(), operator, value })
}

pub(crate) fn filter(nodes: Vec<FilterNode>) -> Filter {
    let mut filter = Filter::new();
    for node in nodes {
        filter.push(node);
    }
    filter
}

/// All of a class.
pub(crate) fn query(class: &str) -> Query {
    Query {
        class: class.to_owned(),
        filter: None,
        attributes: Vec::new(),
        order: Vec::new(),
        page_size: 100,
        offset: None,
        continuation: None,
        want_total: false,
    }
}

pub(crate) fn by(attribute: &str, descending: bool) -> Order {
    Order { attribute: attribute.to_owned(), descending }
}

pub(crate) fn uids(page: &Page) -> Vec<String> {
    page.objects.iter().map(|object| object.id.uid.clone()).collect()
}

/// A value in a readable form.
pub(crate) fn show(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(text) => format!("{text}d"),
        Value::Timestamp(text) => format!("@{text}"),
        Value::Binary(bytes) => format!("{bytes:?}"),
        Value::Reference(uid) => format!("->{uid}"),
        Value::Json(text) => text,
        Value::Secret(_) => "***".to_owned(),
    }
}

/// What went wrong, without the words; which tell neither names of entries nor where the
/// server is.
pub(crate) fn kind_of<T>(outcome: Result<T, Error>) -> Result<T, (ErrorKind, Option<String>)> {
    outcome.map_err(|error| {
        let told = format!("{} {}", error.message, error.code.as_deref().unwrap_or_default()).to_lowercase();
        assert!(!told.contains("dc=") && !told.contains("127.0.0.1"), "a message tells too much: {told}");
        (error.kind, error.attribute)
    })
}
