//! What the sandbox costs: the connector's `get` with a database that answers at once,
//! from a tape of what the real one said.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use patchbay_capability::sql::{
    Binding, BindingOptions, Dialect, Error, Failure, Lease, Policy, Pool, Reply, Request, Verb,
};
use patchbay_capability_sql::{PoolOptions, SqliteOptions, sqlite};
use patchbay_contract::{Connector, Context};
use patchbay_engine::{AppConfig, Engine, EngineOptions, Grant, Limits};

use crate::{Helpdesk, Target};

/// Operations measured.
const OPERATIONS: u32 = 5_000;

/// Time of one `get` through the whole sandbox: store, instance, `init` with the example's
/// configuration, the call, the gate. The database takes no time.
pub(super) async fn measure(guests: &Path) -> Result<Duration> {
    let helpdesk = Helpdesk::fresh(Target::Sqlite).await?;
    let url = helpdesk.url();
    let path = url.strip_prefix("sqlite:").context("not a file")?;
    let pool = Arc::new(Tape {
        real: sqlite::pool(SqliteOptions::new(path), PoolOptions::default()),
        tape: Arc::new(Mutex::new(State::Real)),
    });
    let app = connect(guests, pool.clone())?;
    let context = Context { request_id: "bench".into(), traceparent: None, deadline: Duration::from_secs(20) };

    let classes = app.discover(&context).await?;
    let person = classes.iter().find(|class| class.name == "person").context("no class `person`")?;
    let attributes: Vec<String> = person.attributes.iter().map(|attribute| attribute.name.clone()).collect();
    let get = || app.get(&context, "person", "1", &attributes);
    // Now the plan is made; what follows is what every request does.
    get().await?;
    pool.set(State::Recording(Vec::new()));
    let real = get().await?;
    let State::Recording(tape) = pool.set(State::Real) else { return Err(anyhow!("nothing was recorded")) };
    pool.set(State::Playing(tape.into()));

    let mut best = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..OPERATIONS / 5 {
            anyhow::ensure!(get().await? == real, "the tape does not give the same object");
        }
        best = best.min(start.elapsed() / (OPERATIONS / 5));
    }
    Ok(best)
}

/// The SQL connector with the example's settings on `pool`.
fn connect(guests: &Path, pool: Arc<dyn Pool>) -> Result<patchbay_engine::App> {
    let file: toml::Table = Target::Sqlite.config()?.parse()?;
    let app = file.get("apps").and_then(|apps| apps.get("helpdesk")).context("no app")?;
    let settings = app.get("settings").context("no settings")?;
    let tables = ["person", "person_mail", "person_role", "department", "team", "team_person"];
    let options = BindingOptions {
        policy: Policy {
            tables: tables.map(str::to_owned).into(),
            verbs: [Verb::Select, Verb::Insert, Verb::Update, Verb::Delete].into(),
            ..Policy::default()
        },
        max_statements: 5000,
        max_statement_bytes: 4 << 20,
        max_batch_rows: 1000,
        max_batch_bytes: 1 << 20,
        max_result_bytes: 64 << 20,
        places: Vec::new(),
        secrets: Vec::new(),
    };
    let engine = Engine::new(EngineOptions::default())?;
    let component = engine.load("sql", &std::fs::read(guests.join("sql.wasm"))?, &Grant::of(["patchbay:sql"]))?;
    Ok(component.connect(AppConfig {
        app: "bench".into(),
        settings_json: serde_json::to_string(settings)?,
        sql: BTreeMap::from([("db".to_owned(), Arc::new(Binding::new("db", options, pool, None)))]),
        ldap: BTreeMap::new(),
        limits: Limits::default(),
    })?)
}

/// A pool that can record what the real one answers, and play it back.
#[derive(Debug)]
struct Tape {
    real: Arc<dyn Pool>,
    tape: Arc<Mutex<State>>,
}

#[derive(Debug)]
enum State {
    Real,
    Recording(Vec<Reply>),
    Playing(Arc<[Reply]>),
}

impl Tape {
    /// Changes the state and returns the one before.
    fn set(&self, state: State) -> State {
        std::mem::replace(&mut *locked(&self.tape), state)
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait::async_trait]
impl Pool for Tape {
    fn dialect(&self) -> Dialect {
        self.real.dialect()
    }

    async fn lease(&self, deadline: Instant) -> Result<Box<dyn Lease>, Error> {
        if let State::Playing(tape) = &*locked(&self.tape) {
            return Ok(Box::new(Player { tape: tape.clone(), next: 0 }));
        }
        let real = self.real.lease(deadline).await?;
        Ok(Box::new(Recorder { real, tape: self.tape.clone() }))
    }

    async fn close(&self) {
        self.real.close().await;
    }
}

/// A lease that notes what the real one says, if that is wanted.
#[derive(Debug)]
struct Recorder {
    real: Box<dyn Lease>,
    tape: Arc<Mutex<State>>,
}

#[async_trait::async_trait]
impl Lease for Recorder {
    async fn run(&mut self, request: Request, deadline: Instant) -> Result<Reply, Error> {
        let reply = self.real.run(request, deadline).await?;
        if let State::Recording(tape) = &mut *locked(&self.tape) {
            tape.push(reply.clone());
        }
        Ok(reply)
    }
}

/// A lease that says what was said before.
#[derive(Debug)]
struct Player {
    tape: Arc<[Reply]>,
    next: usize,
}

#[async_trait::async_trait]
impl Lease for Player {
    async fn run(&mut self, _: Request, _: Instant) -> Result<Reply, Error> {
        let reply = self.tape.get(self.next).cloned();
        self.next += 1;
        reply.ok_or_else(|| Error::new(Failure::Other, "the tape is at its end"))
    }
}
