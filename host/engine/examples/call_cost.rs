//! What an operation costs before any I/O: store, instance, `init` with a plan, the call,
//! and the answer checked and converted.
//!
//! ```text
//! cargo xtask build --guests-only
//! cargo run --release -p patchbay-engine --example call_cost [COMPONENT]
//! ```
//!
//! Uses the obedient side of the hostile fixture, which answers from memory.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use patchbay_contract::{Connector as _, Context};
use patchbay_engine::{AppConfig, Engine, EngineOptions, Grant, Limits};

const WARM_UP: usize = 200;
const CALLS: usize = 3000;

fn main() -> Result<(), Box<dyn Error>> {
    let built = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/guests/hostile.wasm");
    let path = std::env::args_os().nth(1).map_or(built, PathBuf::from);
    let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;

    let engine = Engine::new(EngineOptions::default())?;
    let started = Instant::now();
    let component = engine.load("call-cost", &bytes, &Grant::of(["patchbay:sql", "patchbay:ldap"]))?;
    let compiled = started.elapsed();
    let app = component.connect(AppConfig {
        app: "call-cost".into(),
        settings_json: "\"obedient\"".to_owned(),
        sql: BTreeMap::new(),
        ldap: BTreeMap::new(),
        limits: Limits::default(),
    })?;

    let mut out = std::io::stdout().lock();
    writeln!(out, "instances from a pool: {}; compiled in {compiled:.0?}", engine.is_pooled())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for count in [0, 1, 21, 200] {
        let attributes: Vec<String> = (0..count).map(|index| format!("attribute_{index}")).collect();
        let mut times = Vec::with_capacity(CALLS);
        for call in 0..WARM_UP + CALLS {
            let ctx =
                Context { request_id: format!("request-{call}"), traceparent: None, deadline: Duration::from_secs(10) };
            let started = Instant::now();
            let object = runtime.block_on(app.get(&ctx, "person", "1", &attributes))?;
            let elapsed = started.elapsed();
            if object.cells.len() != count {
                return Err("the answer has another number of cells".into());
            }
            if call >= WARM_UP {
                times.push(elapsed);
            }
        }
        times.sort_unstable();
        let at = |part: usize| times.get(times.len() * part / 100).map_or(0.0, |time| time.as_secs_f64() * 1e6);
        writeln!(out, "get of {count:3} attributes: median {:6.1} us, p95 {:6.1} us", at(50), at(95))?;
    }
    Ok(())
}
