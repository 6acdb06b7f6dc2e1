//! Guests that take more than their share: what the client gets, and that a sibling on
//! the same thread is served meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_contract::{Connector as _, Error, ErrorKind};
use patchbay_engine::{App, Engine, EngineOptions, Limits};

use crate::support::{FakePool, app, app_with, beside_a_busy_sibling, beside_a_sibling, check, ctx, get, within};

/// Lets `app` fail many times: some ends come so quickly that a sibling only gets its
/// turn in between.
async fn again_and_again(app: &App) -> Error {
    for _ in 0..20 {
        get(app, "r").await.unwrap_err();
        tokio::task::yield_now().await;
    }
    get(app, "r").await.unwrap_err()
}

#[tokio::test]
async fn a_guest_that_spins_runs_out_of_cpu() {
    for habit in ["spin", "spin-logging", "spin-in-init"] {
        let app = app(habit);
        let started = Instant::now();
        let error = beside_a_busy_sibling(get(&app, "r")).await.unwrap_err();
        check(&error, ErrorKind::Internal, "guest.cpu", "the connector took too much time");
        assert!(started.elapsed() < Duration::from_secs(30), "{habit} took {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_guest_that_spins_within_its_budget_meets_the_deadline() {
    let app = app_with("spin", Limits { cpu: Duration::from_secs(3600), ..Limits::default() }, None);
    let call = within("r", Duration::from_millis(300));
    let started = Instant::now();
    let error = beside_a_busy_sibling(app.get(&call, "person", "1", &[])).await.unwrap_err();
    check(&error, ErrorKind::Timeout, "deadline", "the operation took too long");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[tokio::test]
async fn waiting_for_the_database_is_not_billed() {
    let pool = FakePool::slow(Duration::from_millis(120));
    let limits = Limits { cpu: Duration::from_millis(200), ..Limits::default() };
    let app = app_with("prepare-slowly", limits, Some(pool));
    get(&app, "r").await.expect("three waits of 120 ms are not 200 ms of CPU");
}

#[tokio::test]
async fn a_guest_that_asks_the_database_for_ever_meets_the_deadline() {
    let pool = FakePool::slow(Duration::from_millis(5));
    let limits = Limits { cpu: Duration::from_secs(20), ..Limits::default() };
    let app = app_with("spin-in-database", limits, Some(pool.clone()));
    let call = within("r", Duration::from_millis(500));
    let error = beside_a_busy_sibling(app.get(&call, "person", "1", &[])).await.unwrap_err();
    // Either clock may be first: the gate's, which the guest reports, or the engine's.
    assert_eq!(error.kind, ErrorKind::Timeout, "{error:?}");
    assert_eq!(pool.live(), 0, "no lease is left behind");
}

#[tokio::test]
async fn a_guest_that_asks_the_database_for_ever_meets_the_quota_of_the_operation() {
    let pool = FakePool::slow(Duration::ZERO);
    let limits = Limits { cpu: Duration::from_secs(20), ..Limits::default() };
    let app = app_with("spin-in-database", limits, Some(pool.clone()));
    let error = beside_a_busy_sibling(get(&app, "r")).await.unwrap_err();
    // It opens a new session each time: statements of all of them count.
    assert_eq!(error.internal.as_deref(), Some("an operation runs at most 1000 statements"), "{error:?}");
    assert_eq!(pool.live(), 0, "no lease is left behind");
}

#[tokio::test]
async fn a_guest_that_grows_runs_out_of_memory() {
    let app = app("grow");
    let error = beside_a_sibling(get(&app, "r")).await.unwrap_err();
    check(&error, ErrorKind::Internal, "guest.memory", "the connector needed too much memory");
}

#[tokio::test]
async fn a_result_of_100_mib_is_refused() {
    let roomy = Limits { memory_bytes: 256 << 20, cpu: Duration::from_secs(10), ..Limits::default() };
    let app = app_with("huge", roomy, None);
    let error = beside_a_sibling(get(&app, "r")).await.unwrap_err();
    check(&error, ErrorKind::Internal, "guest.result-too-large", "the connector's answer is too large");

    // With the usual memory it does not even get that far.
    let error = get(&crate::support::app("huge"), "r").await.unwrap_err();
    check(&error, ErrorKind::Internal, "guest.memory", "the connector needed too much memory");
}

#[tokio::test]
async fn a_guest_that_leaks_handles_is_told_no() {
    let pool = FakePool::slow(Duration::ZERO);
    let app = app_with("leak-cursors", Limits::default(), Some(pool.clone()));
    let error = beside_a_sibling(again_and_again(&app)).await;
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::TooMany, "63 handles, then Failure::LimitExceeded"),
        "64 handles with the connection's own"
    );
    assert_eq!(pool.live(), 0, "what the guest kept went with its store");

    let app = app_with("leak-connections", Limits::default(), Some(pool.clone()));
    let error = beside_a_sibling(again_and_again(&app)).await;
    assert_eq!(error.message, "2 handles, then Failure::LimitExceeded");
    assert_eq!(pool.live(), 0);
}

#[tokio::test]
async fn a_guest_that_traps_takes_nobody_with_it() {
    for habit in ["trap", "trap-in-init", "recurse"] {
        let app = app(habit);
        let error = beside_a_sibling(again_and_again(&app)).await;
        check(&error, ErrorKind::Internal, "guest.trap", "the connector failed");
        let internal = error.internal.unwrap();
        assert!(internal.contains("wasm trap"), "{internal}");
        assert!(!internal.contains("0x"), "addresses help nobody: {internal}");
    }
}

#[tokio::test]
async fn a_flood_of_log_lines_does_not_stop_the_call() {
    let app = app_with("flood", Limits { cpu: Duration::from_secs(10), ..Limits::default() }, None);
    beside_a_sibling(get(&app, "r")).await.unwrap();
}

#[tokio::test]
async fn a_cancelled_call_leaves_nothing_behind() {
    let pool = FakePool::slow(Duration::from_secs(60));
    let app = app_with("spin-in-database", Limits::default(), Some(pool.clone()));
    let call = async {
        tokio::time::timeout(Duration::from_millis(200), get(&app, "r")).await.expect_err("the client hung up");
    };
    beside_a_sibling(call).await;
    assert_eq!((pool.leases(), pool.live()), (1, 0), "the lease went with the store");
    get(&crate::support::app("obedient"), "r").await.unwrap();
}

#[tokio::test]
async fn the_apps_own_share_bounds_how_many_run() {
    let pool = FakePool::slow(Duration::from_millis(400));
    let app = Arc::new(app_with(
        "spin-in-database",
        Limits { concurrency: 2, cpu: Duration::from_secs(20), ..Limits::default() },
        Some(pool.clone()),
    ));
    let (long, short) = (within("long", Duration::from_millis(900)), within("short", Duration::from_millis(300)));
    let ask = |call| app.get(call, "person", "1", &[]);
    let (first, second, third) = beside_a_sibling(async { tokio::join!(ask(&long), ask(&long), ask(&short)) }).await;
    assert_eq!([first.unwrap_err().kind, second.unwrap_err().kind], [ErrorKind::Timeout; 2]);
    let third = third.unwrap_err();
    assert_eq!((third.kind, third.code.as_deref()), (ErrorKind::Unavailable, Some("engine.busy")));
    assert_eq!(pool.leases(), 2, "the third never ran");
}

#[tokio::test]
async fn a_full_engine_says_when_to_come_back() {
    let engine = Engine::new(EngineOptions { max_instances: 1, ..EngineOptions::default() }).unwrap();
    let component = engine.load("hostile", &crate::support::guest("hostile"), &crate::support::everything()).unwrap();
    let connect = |habit: &str| {
        component
            .connect(patchbay_engine::AppConfig {
                app: habit.into(),
                settings_json: format!("\"{habit}\""),
                sql: std::collections::BTreeMap::new(),
                ldap: std::collections::BTreeMap::new(),
                limits: Limits { cpu: Duration::from_secs(3600), ..Limits::default() },
            })
            .unwrap()
    };
    let (spinning, other) = (connect("spin"), connect("obedient"));
    let long = within("r", Duration::from_millis(900));
    let short = within("r", Duration::from_millis(300));
    let (end, refused) = tokio::join!(spinning.get(&long, "person", "1", &[]), other.get(&short, "person", "1", &[]));
    check(&end.unwrap_err(), ErrorKind::Timeout, "deadline", "the operation took too long");
    let refused = refused.unwrap_err();
    check(&refused, ErrorKind::Unavailable, "engine.busy", "too many operations are under way, try again later");
    assert!(refused.retry_after.is_some());
    other.get(&ctx("r"), "person", "1", &[]).await.expect("there is room again");
}
