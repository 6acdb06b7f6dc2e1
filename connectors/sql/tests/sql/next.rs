//! Keys from a table of next ids, and from a sequence that is no default.

use std::collections::BTreeSet;
use std::sync::Arc;

use patchbay_contract::{Attribute, Connector as _, ErrorKind, Severity};
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use crate::target::{Kind, Target, attribute, ctx, kind_of, text};

/// Desks that are numbered so.
fn settings(next: Json) -> Json {
    json!({ "classes": { "desk": { "table": "desk", "name": "label", "next": { "desk_id": next } } } })
}

fn counter(holds: &str) -> Json {
    json!({ "table": "next_id", "column": "number", "where": { "name": "desk" }, "holds": holds })
}

fn desk(label: &str) -> Vec<Attribute> {
    vec![attribute("label", [text(label)])]
}

/// The uids of fifty desks that are created at the same time.
async fn fifty(target: Target) -> (Target, BTreeSet<i64>) {
    let target = Arc::new(target);
    let mut creates = JoinSet::new();
    for number in 0..50 {
        let target = Arc::clone(&target);
        creates.spawn(async move { target.create("desk", desk(&format!("d{number}"))).await.unwrap() });
    }
    let uids = creates.join_all().await.into_iter().map(|uid| uid.parse().unwrap()).collect();
    (Arc::into_inner(target).unwrap(), uids)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_next_ids_is_counted_up() {
    for kind in Kind::all() {
        for (holds, first) in [("next", 7), ("last", 8)] {
            let target = Target::new(kind, settings(counter(holds)), false).await;
            for number in first..first + 2 {
                let uid = target.create("desk", desk(&format!("d{number}"))).await.unwrap();
                assert_eq!(uid, number.to_string(), "{kind:?} {holds}");
            }
            assert_eq!(target.sql("SELECT number FROM next_id ORDER BY name"), ["300", "9"], "{kind:?}");
            // A create that fails takes no number.
            let twice = kind_of(target.create("desk", desk("d8")).await);
            assert_eq!(twice, Err((ErrorKind::AlreadyExists, Some("label".into()))), "{kind:?}");
            assert_eq!(target.sql("SELECT number FROM next_id ORDER BY name"), ["300", "9"], "{kind:?}");
            // Nobody else gives it.
            let mut own = desk("mine");
            own.push(attribute("desk_id", [patchbay_contract::Value::Integer(70)]));
            let outcome = kind_of(target.create("desk", own).await);
            assert_eq!(outcome, Err((ErrorKind::Mutability, Some("desk_id".into()))), "{kind:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_each_gets_a_number_of_its_own() {
    for kind in Kind::all() {
        let (target, uids) = fifty(Target::new(kind, settings(counter("next")), false).await).await;
        assert_eq!(uids, (7..57).collect(), "{kind:?}");
        assert_eq!(target.sql("SELECT number FROM next_id WHERE name = 'desk'"), ["57"], "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sequence_that_is_no_default() {
    for kind in Kind::of(&[Kind::Postgres, Kind::MariaDb, Kind::Mssql]) {
        let target = Target::new(kind, settings(json!({ "sequence": "Desk_Seq" })), false).await;
        assert_eq!(target.create("desk", desk("first")).await.unwrap(), "40", "{kind:?}");
        let (target, uids) = fifty(target).await;
        assert_eq!((uids.len(), uids.first()), (50, Some(&41)), "{kind:?}");
        assert_eq!(target.sql("SELECT COUNT(*) FROM desk"), ["51"], "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_is_not_there_or_not_granted() {
    for kind in Kind::all() {
        let mut lost = counter("next");
        lost["where"]["name"] = "table".into();
        let target = Target::new(kind, settings(lost), false).await;
        let outcome = kind_of(target.create("desk", desk("d")).await);
        assert_eq!(outcome, Err((ErrorKind::Configuration, None)), "{kind:?}");
        assert_eq!(target.sql("SELECT COUNT(*) FROM desk"), ["0"], "{kind:?}");
        // Without a condition, which of two rows is not clear.
        let mut vague = counter("next");
        vague.as_object_mut().unwrap().remove("where");
        let target = Target::new(kind, settings(vague), false).await;
        let outcome = kind_of(target.create("desk", desk("d")).await);
        assert_eq!(outcome, Err((ErrorKind::Configuration, None)), "{kind:?}");
        assert_eq!(target.sql("SELECT number FROM next_id ORDER BY name"), ["300", "7"], "{kind:?}");
    }
    for kind in Kind::of(&[Kind::Postgres, Kind::MariaDb, Kind::Mssql]) {
        let target = Target::new(kind, settings(json!({ "sequence": "secret_seq" })), false).await;
        let outcome = kind_of(target.create("desk", desk("d")).await);
        assert_eq!(outcome, Err((ErrorKind::PermissionDenied, None)), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_fit() {
    for kind in Kind::all() {
        let next = json!({
            "desk_id": { "table": "next_id", "column": "name", "where": { "number": "x" } },
            "plates": { "table": "next_id", "column": "number" },
            "label": { "table": "secret", "column": "number" },
            "plate": { "sequence": "Desk_Seq" },
        });
        let settings = json!({ "classes": { "desk": { "table": "desk", "next": next } } });
        let target = Target::new(kind, settings, false).await;
        let findings = target.app.test(&ctx()).await.unwrap();
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        let mut places: Vec<_> = errors.filter_map(|finding| finding.path.as_deref()).collect();
        places.sort_unstable();
        let mut expected = vec![
            "/classes/desk/next/desk_id/column",
            "/classes/desk/next/desk_id/where/number",
            "/classes/desk/next/label/table",
            "/classes/desk/next/plates",
        ];
        if kind == Kind::Sqlite {
            expected.insert(3, "/classes/desk/next/plate/sequence");
        }
        assert_eq!(places, expected, "{kind:?}: {findings:#?}");
    }
}
