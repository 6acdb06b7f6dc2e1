//! Calls that go well, and answers that break the contract.

use std::time::Duration;

use patchbay_contract::{
    Attribute, Change, Connector as _, Delta, ErrorKind, Object, ObjectChange, Query, Severity, UpdateMode, Value,
    ValueType,
};
use patchbay_engine::{AppConfig, Component, ConnectError, Limits};

use crate::support::{FakePool, app, app_with, check, ctx, engine, get, guest, hostile, sql, within};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn query(class: &str, page_size: u32) -> Query {
    Query {
        class: class.to_owned(),
        filter: None,
        attributes: names(&["login"]),
        order: Vec::new(),
        page_size,
        offset: None,
        continuation: None,
        want_total: true,
    }
}

fn texts(object: &Object) -> Vec<String> {
    object
        .cells
        .iter()
        .flatten()
        .map(|value| match value {
            Value::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_component_says_what_it_is() {
    let descriptor = hostile().descriptor();
    assert_eq!((descriptor.id.as_str(), descriptor.version.as_str()), ("hostile", "1.0.0"));
    assert_eq!(descriptor.bindings.len(), 2);
    assert_eq!(hostile().name(), "hostile");
    assert_eq!(hostile().sha256().len(), 64);
    assert!(hostile().sha256().bytes().all(|byte| byte.is_ascii_hexdigit()));
}

#[tokio::test]
async fn reads_bring_cells_in_the_order_asked_for() {
    let app = app("obedient");
    let object = app.get(&ctx("r1"), "person", "7", &names(&["b", "request", "a"])).await.unwrap();
    assert_eq!(object.id.uid, "7");
    assert_eq!(texts(&object), ["b", "r1", "a"]);
}

#[tokio::test]
async fn searches_fetch_rows_through_the_binding() {
    let pool = FakePool::slow(Duration::ZERO);
    let app = app_with("obedient", Limits::default(), Some(pool.clone()));
    let page = app.search(&ctx("r"), query("person", 2)).await.unwrap();
    let found: Vec<_> = page.objects.iter().map(|object| (object.id.uid.clone(), texts(object))).collect();
    assert_eq!(found, [("1".to_owned(), names(&["ada"])), ("2".to_owned(), names(&["bob"]))]);
    assert_eq!((page.next, page.total), (None, Some(2)));
    assert_eq!(pool.live(), 0, "the lease is back");
}

#[tokio::test]
async fn writes_come_back_with_an_identity() {
    let app = app_with("obedient", Limits::default(), Some(FakePool::slow(Duration::ZERO)));
    let login = |values| vec![Attribute { name: "login".to_owned(), values }];
    let created = app.create(&ctx("r"), "person", login(vec![Value::Text("eve".to_owned())])).await.unwrap();
    assert_eq!(created.id.uid, "eve");

    let delta = Delta { attribute: "login".to_owned(), change: Change::Clear };
    let updated = app.update(&ctx("r"), "person", "9", Some("1"), vec![delta]).await.unwrap();
    assert_eq!((updated.id.uid.as_str(), updated.id.revision.as_deref()), ("9", Some("2")));
    app.delete(&ctx("r"), "person", "9", None).await.unwrap();

    let error = app.create(&ctx("r"), "person", login(Vec::new())).await.unwrap_err();
    assert_eq!((error.kind, error.attribute.as_deref()), (ErrorKind::InvalidValue, Some("login")));
}

#[tokio::test]
async fn schema_and_findings_come_through() {
    let app = app("obedient");
    let classes = app.discover(&ctx("r")).await.unwrap();
    let class = classes.first().unwrap();
    assert_eq!((class.name.as_str(), class.update_mode, class.max_page_size), ("person", UpdateMode::Delta, 100));
    assert!(class.operations.get && class.operations.create && !class.operations.delete);
    let login = class.attribute("login").unwrap();
    assert_eq!(login.kind, ValueType::Text);
    assert!(login.traits.required && login.traits.unique && !login.traits.multi_valued);

    let findings = app.test(&ctx("r")).await.unwrap();
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].severity, findings[0].path.as_deref()), (Severity::Warning, Some("/habit")));
}

#[tokio::test]
async fn a_guests_error_arrives_as_it_is() {
    let error = app("obedient").get(&ctx("r"), "person", "missing", &[]).await.unwrap_err();
    check(&error, ErrorKind::NotFound, "hostile.missing", "no such object");
}

#[tokio::test]
async fn a_guests_error_is_made_printable() {
    let error = get(&app("smear"), "r").await.unwrap_err();
    check(&error, ErrorKind::Conflict, "smear d", "clash  Set-Cookie: stolen");
    assert_eq!(error.internal.as_deref(), Some("one\\ntwo"));
}

#[tokio::test]
async fn answers_that_break_the_contract_are_not_passed_on() {
    let pool = FakePool::slow(Duration::ZERO);
    let app = app_with("obedient", Limits::default(), Some(pool));
    let message = "the connector gave an answer that makes no sense";
    for (uid, internal) in [
        ("lie: no uid", "an empty uid"),
        ("lie: control", "a uid with unprintable characters"),
        ("lie: cells", "an object of 2 cells where 1 were asked for"),
    ] {
        let error = app.get(&ctx("r"), "person", uid, &names(&["login"])).await.unwrap_err();
        check(&error, ErrorKind::Internal, "guest.contract", message);
        assert_eq!(error.internal.as_deref(), Some(internal));
    }
    let error = app.search(&ctx("r"), query("too many", 2)).await.unwrap_err();
    check(&error, ErrorKind::Internal, "guest.contract", message);
    assert_eq!(error.internal.as_deref(), Some("3 objects where 2 were asked for"));
}

#[tokio::test]
async fn changes_come_with_a_token_or_not_at_all() {
    let app = app("obedient");
    let token = app.latest_token(&ctx("r"), "person").await.unwrap();
    let page = app.changes(&ctx("r"), "person", &token, &names(&["login"]), 2, Duration::ZERO).await.unwrap();
    let found: Vec<_> =
        page.changes.iter().map(|change| (matches!(change, ObjectChange::Upsert(_)), &*change.id().uid)).collect();
    assert_eq!((found.as_slice(), page.more), (&[(true, "1"), (false, "2")][..], false));
    assert_eq!((token.as_slice(), page.token.as_slice()), (&b"since"[..], &b"since+"[..]));
    let error = app.changes(&ctx("r"), "person", b"?", &[], 2, Duration::ZERO).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TokenExpired);

    let message = "the connector gave an answer that makes no sense";
    let error = app.latest_token(&ctx("r"), "lie: no token").await.unwrap_err();
    check(&error, ErrorKind::Internal, "guest.contract", message);
    for (class, limit, internal) in [
        ("person", 1, "2 changes where 1 were asked for"),
        ("lie: no token", 2, "an empty token"),
        ("lie: no end", 2, "a page of changes that continues at its own beginning"),
        ("lie: twice", 2, "two changes of one object on a page"),
    ] {
        let error = app.changes(&ctx("r"), class, &token, &names(&["login"]), limit, Duration::ZERO).await.unwrap_err();
        check(&error, ErrorKind::Internal, "guest.contract", message);
        assert_eq!(error.internal.as_deref(), Some(internal), "{class}");
    }
}

#[tokio::test]
async fn settings_are_checked_without_a_target() {
    app("obedient").validate(&ctx("r")).await.unwrap();
    let findings = app("tidy").validate(&ctx("r")).await.unwrap_err();
    assert_eq!(findings.len(), 1);
    assert_eq!(
        (findings[0].summary.as_str(), findings[0].path.as_deref()),
        ("there is no habit `tidy`", Some("/habit"))
    );

    let error = get(&app("tidy"), "r").await.unwrap_err();
    check(&error, ErrorKind::Configuration, "guest.init", "the app is not configured correctly");
    assert_eq!(error.internal.as_deref(), Some("/habit: there is no habit `tidy`"));

    let findings = app("trap-in-init").validate(&ctx("r")).await.unwrap_err();
    assert_eq!(findings[0].summary, "the connector failed");
}

#[tokio::test]
async fn a_call_without_time_ends_at_once() {
    let error = app("obedient").get(&within("r", Duration::ZERO), "person", "1", &[]).await.unwrap_err();
    check(&error, ErrorKind::Timeout, "deadline", "the operation took too long");
}

#[test]
fn apps_get_the_bindings_their_connector_may_use() {
    let config = |limits| AppConfig {
        app: "a".into(),
        settings_json: "\"obedient\"".to_owned(),
        sql: std::collections::BTreeMap::new(),
        ldap: std::collections::BTreeMap::new(),
        limits,
    };
    let much = Limits { memory_bytes: usize::MAX, ..Limits::default() };
    let refused = hostile().connect(config(much)).map(|_| ()).unwrap_err();
    assert!(matches!(refused, ConnectError::MemoryLimit { .. }), "{refused}");

    let required: std::sync::Arc<Component> = engine().load("sql", &guest("sql"), &sql()).unwrap();
    let refused = required.connect(config(Limits::default())).map(|_| ()).unwrap_err();
    assert_eq!(
        refused,
        ConnectError::MissingBinding { binding: "db".to_owned(), capability: "patchbay:sql".to_owned() }
    );
}
