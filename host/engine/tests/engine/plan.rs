//! The plan: made once, shared, renewed when it is stale.

use std::time::Duration;

use patchbay_contract::{Connector as _, ErrorKind, Object, Value};
use patchbay_engine::{App, Limits};

use crate::support::{FakePool, app, app_with, ctx, get, within};

/// The plan that `object` was read with.
fn plan(object: &Object) -> &str {
    match object.cells.first().map(Vec::as_slice) {
        Some([Value::Text(plan)]) => plan,
        other => panic!("{other:?}"),
    }
}

async fn read(app: &App, request_id: &str, uid: &str) -> Object {
    app.get(&ctx(request_id), "person", uid, &["plan".to_owned()]).await.unwrap()
}

#[tokio::test]
async fn the_first_operation_makes_the_plan_and_the_others_use_it() {
    let app = app("obedient");
    assert_eq!(plan(&read(&app, "first", "1").await), "first");
    assert_eq!(plan(&read(&app, "second", "1").await), "first");
}

#[tokio::test]
async fn requests_that_come_together_make_one_plan() {
    let pool = FakePool::slow(Duration::from_millis(50));
    let app = app_with("prepare-slowly", Limits::default(), Some(pool.clone()));
    let (a, b, c) = tokio::join!(read(&app, "a", "1"), read(&app, "b", "1"), read(&app, "c", "1"));
    assert_eq!(pool.leases(), 1, "prepare ran once");
    assert_eq!(plan(&a), plan(&b));
    assert_eq!(plan(&b), plan(&c));
}

#[tokio::test]
async fn a_stale_plan_is_made_anew_once() {
    let app = app("obedient");
    assert_eq!(plan(&read(&app, "first", "1").await), "first");
    assert_eq!(plan(&read(&app, "second", "stale").await), "second", "tried again with a new plan");
    assert_eq!(plan(&read(&app, "third", "1").await), "second", "which the others use from then on");

    let error = app.get(&ctx("fourth"), "person", "always-stale", &[]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::StalePlan, "once more, and no further");
}

#[tokio::test]
async fn a_plan_that_comes_out_the_same_is_no_stale_one() {
    let pool = FakePool::slow(Duration::ZERO);
    let app = app_with("prepare-the-same", Limits::default(), Some(pool.clone()));
    for (uid, kind, prepared) in [
        ("1", None, 1),
        ("always-stale", Some(ErrorKind::Configuration), 2),
        ("always-stale", Some(ErrorKind::Configuration), 2),
        ("1", None, 2),
    ] {
        let outcome = app.get(&ctx("r"), "person", uid, &[]).await;
        assert_eq!(outcome.err().map(|error| error.kind), kind, "{uid}");
        assert_eq!(pool.leases(), prepared, "{uid}");
    }
}

#[tokio::test]
async fn a_plan_that_cannot_be_made_is_tried_again_by_the_next_request() {
    let app = app("fail-to-prepare");
    for request in ["first", "second"] {
        let error = get(&app, request).await.unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Unavailable, "the target is down"));
        assert_eq!(error.retry_after, Some(Duration::from_secs(5)));
    }
}

#[tokio::test]
async fn a_test_of_the_target_needs_no_plan() {
    let findings = app("fail-to-prepare").test(&ctx("r")).await.unwrap();
    assert_eq!(findings.len(), 1, "the connector says itself what is wrong");
}

#[tokio::test]
async fn whoever_waits_for_the_plan_waits_to_its_own_deadline() {
    let pool = FakePool::slow(Duration::from_millis(300));
    let app = app_with("prepare-slowly", Limits::default(), Some(pool));
    let (patient, hasty) = (ctx("slow"), within("hurried", Duration::from_millis(100)));
    let (slow, hurried) = tokio::join!(app.get(&patient, "person", "1", &[]), app.get(&hasty, "person", "1", &[]));
    slow.unwrap();
    assert_eq!(hurried.unwrap_err().kind, ErrorKind::Timeout);
}

#[tokio::test]
async fn a_request_that_hangs_up_while_preparing_leaves_the_turn_to_the_next() {
    let pool = FakePool::slow(Duration::from_millis(200));
    let app = app_with("prepare-slowly", Limits::default(), Some(pool.clone()));
    tokio::time::timeout(Duration::from_millis(50), get(&app, "gone")).await.unwrap_err();
    assert_eq!(plan(&read(&app, "next", "1").await), "next");
    assert_eq!(pool.live(), 0);
}
