//! What the suites share: one engine, one compiled hostile guest, apps made of it, and a
//! database that only pretends.

mod directory;
mod pool;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use patchbay_capability::ldap;
use patchbay_capability::sql::{Binding, BindingOptions, Policy, Pool, Verb};
use patchbay_contract::{Connector as _, Context, Error, ErrorKind, Object};
use patchbay_engine::{App, AppConfig, Component, Engine, EngineOptions, Grant, Limits};

pub(crate) use directory::FakeDirectory;
pub(crate) use pool::FakePool;

/// Bytes of a component that `cargo xtask build` makes.
pub(crate) fn guest(name: &str) -> Vec<u8> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let directory = std::env::var_os("PATCHBAY_GUESTS").map_or_else(|| workspace.join("target/guests"), PathBuf::from);
    let path = directory.join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!("{} cannot be read ({error}); build the guests first: cargo xtask build", path.display())
    })
}

/// The engine of all tests.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(EngineOptions { max_instances: 32, ..EngineOptions::default() }).unwrap())
}

/// A grant of the SQL capability.
pub(crate) fn sql() -> Grant {
    Grant::of(["patchbay:sql"])
}

/// A grant of all that the hostile guest imports.
pub(crate) fn everything() -> Grant {
    Grant::of(["patchbay:sql", "patchbay:ldap"])
}

/// The hostile guest, compiled once.
pub(crate) fn hostile() -> &'static Arc<Component> {
    static HOSTILE: OnceLock<Arc<Component>> = OnceLock::new();
    HOSTILE.get_or_init(|| engine().load("hostile", &guest("hostile"), &everything()).unwrap())
}

/// An app of the hostile guest with that habit, limits and database.
pub(crate) fn app_with(habit: &str, limits: Limits, pool: Option<Arc<dyn Pool>>) -> App {
    let sql = pool.map(|pool| ("db".to_owned(), Arc::new(Binding::new("db", options(), pool, None))));
    let config = AppConfig { sql: sql.into_iter().collect(), ..nothing(habit, limits) };
    hostile().connect(config).unwrap()
}

/// An obedient app of the hostile guest with that directory.
pub(crate) fn app_of(directory: &Arc<FakeDirectory>, limits: Limits) -> App {
    let pool = Arc::clone(directory) as Arc<dyn ldap::Pool>;
    let binding = Arc::new(ldap::Binding::new("directory", FakeDirectory::options(), pool, None));
    let ldap = BTreeMap::from([("directory".to_owned(), binding)]);
    hostile().connect(AppConfig { ldap, ..nothing("obedient", limits) }).unwrap()
}

fn nothing(habit: &str, limits: Limits) -> AppConfig {
    AppConfig {
        app: habit.into(),
        settings_json: format!("\"{habit}\""),
        sql: BTreeMap::new(),
        ldap: BTreeMap::new(),
        limits,
    }
}

/// An app without a database, and with limits that are soon reached.
pub(crate) fn app(habit: &str) -> App {
    app_with(habit, Limits { cpu: Duration::from_millis(300), ..Limits::default() }, None)
}

/// What the hostile guest's database grants.
fn options() -> BindingOptions {
    BindingOptions {
        policy: Policy {
            tables: ["person".to_owned()].into(),
            verbs: [Verb::Select, Verb::Insert, Verb::Update, Verb::Delete].into(),
            ..Policy::default()
        },
        max_statements: 1000,
        max_statement_bytes: 1 << 16,
        max_batch_rows: 100,
        max_batch_bytes: 1 << 20,
        max_result_bytes: 1 << 24,
        places: Vec::new(),
        secrets: Vec::new(),
    }
}

/// A call that may take ten seconds.
pub(crate) fn ctx(request_id: &str) -> Context {
    within(request_id, Duration::from_secs(10))
}

/// A call that may take that long.
pub(crate) fn within(request_id: &str, deadline: Duration) -> Context {
    Context { request_id: request_id.to_owned(), traceparent: None, deadline }
}

/// Gets the object `1` with one attribute.
pub(crate) async fn get(app: &App, request_id: &str) -> Result<Object, Error> {
    app.get(&ctx(request_id), "person", "1", &["login".to_owned()]).await
}

/// Runs `hostile` and, all the while, asks another app on the same engine and the same
/// thread. The sibling has to answer before, meanwhile or next, and afterwards. Gives back
/// what the hostile call ended with.
pub(crate) async fn beside_a_sibling<T>(hostile: impl Future<Output = T>) -> T {
    beside(hostile).await.0
}

/// The same for a guest that keeps the thread busy for many ticks: the sibling has to
/// have been answered while it did, not only afterwards.
pub(crate) async fn beside_a_busy_sibling<T>(hostile: impl Future<Output = T>) -> T {
    let (outcome, meanwhile) = beside(hostile).await;
    assert!(meanwhile > 0, "the guest kept the thread to itself");
    outcome
}

/// The hostile call's outcome, and how many answers the sibling got before it.
async fn beside<T>(hostile: impl Future<Output = T>) -> (T, u32) {
    let sibling = app("obedient");
    get(&sibling, "warm up").await.expect("the sibling works before");
    let over = std::cell::Cell::new(false);
    let mut meanwhile = 0_u32;
    let requests = async {
        // The first is under way before the hostile call begins.
        loop {
            let asked = Instant::now();
            get(&sibling, "sibling").await.expect("the sibling works meanwhile");
            assert!(asked.elapsed() < Duration::from_secs(10), "the sibling waited {:?}", asked.elapsed());
            if over.get() {
                break;
            }
            meanwhile += 1;
            tokio::task::yield_now().await;
        }
    };
    let hostile = async {
        let outcome = hostile.await;
        over.set(true);
        outcome
    };
    let ((), outcome) = tokio::join!(requests, hostile);
    get(&sibling, "after").await.expect("the sibling works afterwards");
    (outcome, meanwhile)
}

/// Asserts what a client gets.
pub(crate) fn check(error: &Error, kind: ErrorKind, code: &str, message: &str) {
    assert_eq!(
        (error.kind, error.code.as_deref(), error.message.as_str()),
        (kind, Some(code), message),
        "internal: {:?}",
        error.internal
    );
}
