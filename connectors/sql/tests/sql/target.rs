//! A fresh database with the suite's tables, and an app over it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use patchbay_capability::sql::{Binding, BindingOptions, Policy, Pool, Verb};
use patchbay_capability::{Observer, Scope, StatementEvent};
use patchbay_contract::{
    Attribute, Change, Connector as _, Context, Delta, Error, Filter, FilterNode, Object, Order, Page, Query, Value,
};
use patchbay_engine::{App, AppConfig, Component, Engine, EngineOptions, Grant, Limits};
use patchbay_test_support::{MariaDb, Postgres, matrix};
use serde_json::json;
use tempfile::TempDir;

use crate::named::{self, Readers};
use crate::way;

/// Tables of the grant; `secret` is not among them.
const TABLES: [&str; 30] = [
    "department",
    "person",
    "mail",
    "tag",
    "team",
    "team_person",
    "locker",
    "locker_key",
    "working",
    "badge",
    "desk",
    "Desk_Seq",
    "next_id",
    "profile",
    "profile_tag",
    "document",
    "radcheck",
    "radreply",
    "radusergroup",
    "gadget",
    "gadget_setting",
    "main.person",
    "employee",
    "employee_log",
    "account",
    "account_log",
    "account_team",
    "hr.asset",
    "hr.note",
    "hr.watched_note",
];

/// Procedures of the grant; `secret_procedure` is not among them.
const PROCEDURES: [&str; 9] = [
    "add_account",
    "add_account_row",
    "change_account",
    "drop_account",
    "set_password",
    "switch_account",
    "enter_team",
    "leave_team",
    "list_accounts",
];

/// The databases a case runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
    MariaDb,
    /// The server that the environment names.
    Mssql,
}

impl Kind {
    /// All that there are here.
    pub(crate) fn all() -> Vec<Self> {
        Self::of(&[Self::Sqlite, Self::Postgres, Self::MariaDb, Self::Mssql])
    }

    /// Those of `kinds` that there are here. Where SQL Server should be among them and none is
    /// named, the running test is noted as not run there, and says so.
    pub(crate) fn of(kinds: &[Self]) -> Vec<Self> {
        let is_here = |kind: &Self| way::KINDS.contains(kind) && (*kind != Self::Mssql || named::is_named());
        if way::KINDS.contains(&Self::Mssql) && kinds.contains(&Self::Mssql) && !named::is_named() {
            let why = format!("{} names no server", named::VARIABLE);
            matrix::not_run(SUITE, way::name(Self::Mssql), &why);
        }
        kinds.iter().copied().filter(is_here).collect()
    }
}

/// What the table of cases calls them.
const SUITE: &str = "connector";

/// Runs a case on every kind of database.
pub(crate) async fn check<F: Future<Output = ()>>(case: impl Fn(Target) -> F) {
    for kind in Kind::all() {
        case(Target::new(kind, settings(), true).await).await;
    }
}

/// The settings that most cases use.
pub(crate) fn settings() -> serde_json::Value {
    json!({ "classes": {
        "person": {
            "table": "person",
            "name": "login",
            "version": { "column": "row_version", "increment": true },
            "attributes": { "first_name": { "case_exact": false } },
            "references": { "manager": { "columns": ["manager_id"], "class": "person" } },
            "lookups": { "department": {
                "column": "dept_id", "table": "department", "key": "dept_id", "value": "name",
            } },
            "multi": {
                "work": { "table": "mail", "parent": "person_id", "value": "address", "where": { "kind": "W" } },
                "other": { "table": "mail", "parent": "person_id", "value": "address", "where": { "kind": "O" } },
                "tags": {
                    "table": "tag", "parent": "person_id", "value": "label", "order": "place", "case_exact": false,
                },
                "groups": {
                    "table": "team_person", "parent": "person_id", "value": "team_id", "class": "team",
                    "read_only": true,
                },
            },
        },
        "team": {
            "table": "team",
            "name": "name",
            "multi": { "members": {
                "table": "team_person", "parent": ["team_id"], "value": ["person_id"], "class": "person",
            } },
        },
        "locker": {
            "table": "locker",
            "references": { "holder": { "columns": "holder", "class": "person" } },
            "multi": { "keys": { "table": "locker_key", "parent": ["building", "number"], "value": "serial" } },
        },
    } })
}

/// The same with people that are marked instead of deleted.
pub(crate) fn soft_settings() -> serde_json::Value {
    let mut settings = settings();
    settings["classes"]["person"]["soft_delete"] = json!({ "set": { "deleted": 1, "status": "D" } });
    settings
}

/// An app and its database.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) kind: Kind,
    pub(crate) app: App,
    /// Connections beside the connector's, for sessions of one's own.
    pub(crate) pool: Arc<dyn Pool>,
    settings: serde_json::Value,
    seen: Arc<Statements>,
    database: Database,
    _run: matrix::Run,
}

#[derive(Debug)]
enum Database {
    Sqlite(TempDir),
    Postgres(String),
    MariaDb(String),
    Mssql(named::Database),
}

impl Target {
    /// A fresh database with these settings; three people if `seeded`.
    pub(crate) async fn new(kind: Kind, settings: serde_json::Value, seeded: bool) -> Self {
        Self::with_readers(kind, settings, seeded, Readers::SeeVersions).await
    }

    /// The same, and how readers and writers get along on SQL Server, where that is a choice.
    pub(crate) async fn with_readers(kind: Kind, settings: serde_json::Value, seeded: bool, readers: Readers) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let (pool, database) = match kind {
            Kind::Sqlite => {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("target.db");
                let connection = rusqlite::Connection::open(&path).unwrap();
                connection.execute_batch(include_str!("schema/sqlite.sql")).unwrap();
                (way::sqlite(&path), Database::Sqlite(dir))
            }
            Kind::MariaDb => {
                let name = format!("target_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
                let server = maria();
                server.create_database(&name).unwrap();
                server.sql(&name, include_str!("schema/mariadb.sql")).unwrap();
                (way::mariadb(server, &name), Database::MariaDb(name))
            }
            Kind::Postgres => {
                let name = format!("target_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
                let server = server();
                server.create_database(&name).unwrap();
                server.sql(&name, include_str!("schema/postgres.sql")).unwrap();
                (way::postgres(server, &name), Database::Postgres(name))
            }
            Kind::Mssql => {
                let database = named::Database::fresh(readers);
                database.script(include_str!("schema/mssql.sql"));
                (way::mssql(&database), Database::Mssql(database))
            }
        };
        let seen = Arc::new(Statements::default());
        let run = matrix::Run::begin(SUITE, way::name(kind));
        let connected = app(&settings, &pool, &seen);
        let target = Self { kind, app: connected, pool, settings, seen, database, _run: run };
        if seeded {
            target.seed().await;
        }
        target
    }

    /// Another instance of the app on the same database, which knows nothing of the first.
    pub(crate) fn restart(&mut self) {
        self.app = app(&self.settings, &self.pool, &self.seen);
    }

    /// The same with other settings.
    pub(crate) fn reconfigure(&mut self, settings: serde_json::Value) {
        self.settings = settings;
        self.restart();
    }

    /// Anna (1), Bert (2) and Cleo (3), with teams and mail.
    async fn seed(&self) {
        for (login, first, age, department, manager) in [
            ("anna", Some("Anna"), Some(40), Some("Sales"), None),
            ("bert", Some("Bert"), Some(30), Some("IT"), Some("1")),
            ("cleo", None, None, None, Some("1")),
        ] {
            let mut given = vec![attribute("login", [text(login)])];
            given.extend(first.map(|first| attribute("first_name", [text(first)])));
            given.extend(age.map(|age| attribute("age", [Value::Integer(age)])));
            given.extend(department.map(|department| attribute("department", [text(department)])));
            given.extend(manager.map(|manager| attribute("manager", [reference(manager)])));
            if login != "cleo" {
                given.push(attribute("work", [text(&format!("{login}@work.example"))]));
            }
            self.create("person", given).await.unwrap();
        }
        let members = [reference("1"), reference("2")];
        let red = vec![attribute("name", [text("Red")]), attribute("members", members)];
        self.create("team", red).await.unwrap();
        self.create("team", vec![attribute("name", [text("Blue")])]).await.unwrap();
    }

    /// Runs a script of several statements beside the connector.
    pub(crate) fn script(&self, script: &str) {
        match &self.database {
            Database::Sqlite(dir) => {
                let connection = rusqlite::Connection::open(dir.path().join("target.db")).unwrap();
                connection.execute_batch(script).unwrap();
            }
            Database::Postgres(name) => drop(server().sql(name, script).unwrap()),
            Database::MariaDb(name) => drop(maria().sql(name, script).unwrap()),
            Database::Mssql(database) => database.script(script),
        }
    }

    /// Runs SQL beside the connector, as the database's owner; rows as text, with `|`
    /// between columns.
    pub(crate) fn sql(&self, sql: &str) -> Vec<String> {
        match &self.database {
            Database::Sqlite(dir) => {
                let connection = rusqlite::Connection::open(dir.path().join("target.db")).unwrap();
                let mut statement = connection.prepare(sql).unwrap();
                let columns = statement.column_count();
                let rows = statement.query_map([], |row| {
                    let texts = (0..columns).map(|column| {
                        Ok(match row.get_ref(column)? {
                            rusqlite::types::ValueRef::Null => String::new(),
                            rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                            rusqlite::types::ValueRef::Real(number) => number.to_string(),
                            other => String::from_utf8_lossy(other.as_bytes().unwrap_or_default()).into_owned(),
                        })
                    });
                    texts.collect::<rusqlite::Result<Vec<_>>>().map(|texts| texts.join("|"))
                });
                rows.unwrap().map(Result::unwrap).collect()
            }
            Database::Postgres(name) => server().sql(name, sql).unwrap().lines().map(str::to_owned).collect(),
            // Its client writes NULL out.
            Database::MariaDb(name) => {
                let out = maria().sql(name, sql).unwrap();
                out.lines()
                    .map(|line| {
                        line.split('\t')
                            .map(|cell| if cell == "NULL" { "" } else { cell })
                            .collect::<Vec<_>>()
                            .join("|")
                    })
                    .collect()
            }
            Database::Mssql(database) => {
                let rows = database.rows(sql).into_iter();
                rows.map(|row| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join("|")).collect()
            }
        }
    }

    /// Inserts rows (`(1, 'x')`) beside the connector, in statements that every database takes:
    /// SQL Server's have at most a thousand rows.
    pub(crate) fn insert(&self, table: &str, columns: &str, rows: &[String]) {
        for rows in rows.chunks(1_000) {
            self.sql(&format!("INSERT INTO {table} ({columns}) VALUES {}", rows.join(", ")));
        }
    }

    /// The same with values for a column that the database counts up by itself.
    pub(crate) fn insert_counted(&self, table: &str, columns: &str, rows: &[String]) {
        if self.kind != Kind::Mssql {
            return self.insert(table, columns, rows);
        }
        for rows in rows.chunks(1_000) {
            self.sql(&format!(
                "SET IDENTITY_INSERT {table} ON; INSERT INTO {table} ({columns}) VALUES {}; \
                 SET IDENTITY_INSERT {table} OFF",
                rows.join(", ")
            ));
        }
    }

    pub(crate) async fn create(&self, class: &str, attributes: Vec<Attribute>) -> Result<String, Error> {
        Ok(self.app.create(&ctx(), class, attributes).await?.id.uid)
    }

    pub(crate) async fn update(&self, class: &str, uid: &str, deltas: Vec<Delta>) -> Result<Option<String>, Error> {
        Ok(self.app.update(&ctx(), class, uid, None, deltas).await?.id.revision)
    }

    pub(crate) async fn delete(&self, class: &str, uid: &str) -> Result<(), Error> {
        self.app.delete(&ctx(), class, uid, None).await
    }

    pub(crate) async fn get(&self, class: &str, uid: &str, attributes: &[&str]) -> Result<Object, Error> {
        let attributes: Vec<String> = attributes.iter().map(|name| (*name).to_owned()).collect();
        self.app.get(&ctx(), class, uid, &attributes).await
    }

    /// The values of one attribute, in a readable form.
    pub(crate) async fn values(&self, class: &str, uid: &str, attribute: &str) -> Vec<String> {
        let object = self.get(class, uid, &[attribute]).await.unwrap();
        object.cells.into_iter().flatten().map(show).collect()
    }

    pub(crate) async fn search(&self, query: Query) -> Result<Page, Error> {
        self.app.search(&ctx(), query).await
    }

    /// Uids of the people that meet a filter, in the order of their key.
    pub(crate) async fn matches(&self, nodes: Vec<FilterNode>) -> Result<Vec<String>, Error> {
        let mut filter = Filter::new();
        for node in nodes {
            filter.push(node);
        }
        let page = self.search(Query { filter: Some(filter), want_total: true, ..query("person") }).await?;
        assert_eq!(page.total, Some(page.objects.len() as u64), "count and rows agree");
        Ok(uids(&page))
    }

    /// Statements that ran since the last call.
    pub(crate) fn statements(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.0.lock().unwrap())
    }
}

/// Statement texts as the drivers got them.
#[derive(Debug, Default)]
struct Statements(Mutex<Vec<String>>);

impl Observer for Statements {
    fn statement(&self, _: &Scope, event: &StatementEvent<'_>) {
        self.0.lock().unwrap().push(event.text.to_owned());
    }
}

fn app(settings: &serde_json::Value, pool: &Arc<dyn Pool>, seen: &Arc<Statements>) -> App {
    let options = BindingOptions {
        policy: Policy {
            tables: TABLES.map(str::to_owned).into(),
            verbs: [Verb::Select, Verb::Insert, Verb::Update, Verb::Delete].into(),
            procedures: PROCEDURES.map(str::to_owned).into(),
        },
        max_statements: 200,
        max_statement_bytes: 1 << 20,
        max_batch_rows: 500,
        max_batch_bytes: 1 << 20,
        max_result_bytes: 1 << 26,
        places: Vec::new(),
        secrets: Vec::new(),
    };
    let observer: Arc<dyn Observer> = Arc::clone(seen) as Arc<dyn Observer>;
    let binding = Arc::new(Binding::new("db", options, Arc::clone(pool), Some(observer)));
    component()
        .connect(AppConfig {
            app: "test".into(),
            settings_json: settings.to_string(),
            sql: BTreeMap::from([("db".to_owned(), binding)]),
            ldap: BTreeMap::new(),
            limits: Limits::default(),
        })
        .unwrap()
}

/// The connector, compiled once.
fn component() -> &'static Arc<Component> {
    static COMPONENT: OnceLock<(Engine, Arc<Component>)> = OnceLock::new();
    let (_, component) = COMPONENT.get_or_init(|| {
        let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let dir = std::env::var_os("PATCHBAY_GUESTS").map_or_else(|| workspace.join("target/guests"), PathBuf::from);
        let path = dir.join("sql.wasm");
        let bytes = std::fs::read(&path).unwrap_or_else(|error| {
            panic!("{} cannot be read ({error}); build the guests first: cargo xtask build", path.display())
        });
        let engine = Engine::new(EngineOptions { max_instances: 32, ..EngineOptions::default() }).unwrap();
        let component = engine.load("sql", &bytes, &Grant::of(["patchbay:sql"])).unwrap();
        (engine, component)
    });
    component
}

/// The server of all cases.
fn server() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| Postgres::start().unwrap())
}

/// The same of MariaDB.
fn maria() -> &'static MariaDb {
    static SERVER: OnceLock<MariaDb> = OnceLock::new();
    SERVER.get_or_init(|| MariaDb::start().unwrap())
}

pub(crate) fn ctx() -> Context {
    Context { request_id: "test".to_owned(), traceparent: None, deadline: Duration::from_secs(30) }
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn reference(uid: &str) -> Value {
    Value::Reference(uid.to_owned())
}

pub(crate) fn attribute(name: &str, values: impl Into<Vec<Value>>) -> Attribute {
    Attribute { name: name.to_owned(), values: values.into() }
}

pub(crate) fn delta(name: &str, change: Change) -> Delta {
    Delta { attribute: name.to_owned(), change }
}

/// Everybody, by key, with their logins.
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

/// What went wrong, without the words.
pub(crate) fn kind_of<T>(outcome: Result<T, Error>) -> Result<T, (patchbay_contract::ErrorKind, Option<String>)> {
    outcome.map_err(|error| {
        let told = format!("{} {}", error.message, error.code.as_deref().unwrap_or_default());
        assert!(!told.to_lowercase().contains("select ") && !told.contains("INSERT"), "a message tells SQL: {told}");
        (error.kind, error.attribute)
    })
}
