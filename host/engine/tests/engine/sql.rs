//! Handles of the SQL capability: cursors that end, and bindings that are not there.

use std::time::Duration;

use patchbay_contract::{Connector as _, ErrorKind, Query};
use patchbay_engine::Limits;

use crate::support::{FakePool, app_with, ctx};

fn query(class: &str) -> Query {
    Query {
        class: class.to_owned(),
        filter: None,
        attributes: vec!["login".to_owned()],
        order: Vec::new(),
        page_size: 10,
        offset: None,
        continuation: None,
        want_total: false,
    }
}

#[tokio::test]
async fn a_cursor_ends_with_the_next_statement_or_its_connection() {
    let pool = FakePool::slow(Duration::ZERO);
    let app = app_with("obedient", Limits::default(), Some(pool.clone()));
    for class in ["ended cursor", "orphaned cursor"] {
        let error = app.search(&ctx("r"), query(class)).await.unwrap_err();
        assert_eq!(error.message, "Failure::InvalidStatement", "{class}: {error:?}");
    }
    assert_eq!(pool.live(), 0);
}

#[tokio::test]
async fn a_cursor_is_closed_when_it_is_dropped_before_its_end() {
    let pool = FakePool::slow(Duration::ZERO);
    let app = app_with("prepare-slowly", Limits::default(), Some(pool.clone()));
    app.get(&ctx("r"), "person", "1", &[]).await.unwrap();
    assert_eq!(pool.closed_cursors(), 1, "one row was read of three");

    let before = pool.closed_cursors();
    app.search(&ctx("r"), query("person")).await.unwrap();
    assert_eq!(pool.closed_cursors(), before, "one that was read to its end needs no closing");
}

#[tokio::test]
async fn a_binding_that_is_not_there_is_an_answer() {
    let app = app_with("obedient", Limits::default(), Some(FakePool::slow(Duration::ZERO)));
    let error = app.search(&ctx("r"), query("elsewhere")).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Internal, "Failure::UnknownBinding"));
    assert_eq!(error.internal.as_deref(), Some("there is no binding `elsewhere`"));

    let app = app_with("obedient", Limits::default(), None);
    let error = app.search(&ctx("r"), query("person")).await.unwrap_err();
    assert_eq!(error.message, "Failure::UnknownBinding");
}
