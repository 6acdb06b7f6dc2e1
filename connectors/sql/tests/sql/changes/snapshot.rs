//! Comparing with what was there.

use std::time::Duration;

use patchbay_contract::{Connector as _, ErrorKind, ObjectChange};
use serde_json::json;

use super::{at, employees};
use crate::target::{Kind, Target, ctx, soft_settings};

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_cheap_to_read_is_compared() {
    for kind in Kind::all() {
        let mut target = employees(kind, &json!({ "snapshot": true })).await;
        for id in 1..=5 {
            target.hire(id, &format!("u{id}"), "NULL");
        }
        let mut token = target.token().await;
        target.expect(&mut token, &[]).await;
        target.sql("UPDATE employee SET login = 'two' WHERE id = 2");
        target.sql("UPDATE employee SET written = 4 WHERE id = 4");
        target.fire(3);
        target.hire(6, "u6", &at(kind, 0));
        target.restart();
        target.expect(&mut token, &["+2 two", "+4 u4", "+6 u6", "-3"]).await;
        target.expect(&mut token, &[]).await;
        target.sql("UPDATE employee SET login = 'u2' WHERE id = 2");
        target.expect(&mut token, &["+2 u2"]).await;
        target.sql("DELETE FROM employee");
        target.expect(&mut token, &["-1", "-2", "-4", "-5", "-6"]).await;
        target.expect(&mut token, &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_classes_in_small_pages_while_they_change() {
    for kind in Kind::all() {
        let mut target = employees(kind, &json!({ "snapshot": true })).await;
        let rows: Vec<String> = (1..=3_000).map(|id| format!("({id}, 'u{id}')")).collect();
        target.insert("employee", "id, login", &rows);
        let mut token = target.token().await;
        target.sql("UPDATE employee SET login = 'x' WHERE id % 10 = 0");
        target.sql("DELETE FROM employee WHERE id % 100 = 1");
        let mut told = Vec::new();
        for number in 0.. {
            let (mut changes, next, more) = target.page(&token, 100).await.unwrap();
            told.append(&mut changes);
            token = next;
            target.restart();
            if number == 1 {
                // Behind what was compared, and ahead of it.
                target.sql("UPDATE employee SET login = 'late' WHERE id IN (5, 2995)");
                target.sql("DELETE FROM employee WHERE id IN (6, 2996)");
            }
            if !more {
                break;
            }
        }
        told.append(&mut target.all(&mut token, 100).await);
        for line in ["+5 late", "+2995 late", "-6", "-2996"] {
            assert_eq!(told.iter().filter(|found| *found == line).count(), 1, "{line} on {kind:?}");
        }
        assert_eq!(told.len(), 300 + 30 + 4, "on {kind:?}");
        told.sort();
        told.dedup();
        assert_eq!(told.len(), 300 + 30 + 4, "on {kind:?}");
        target.expect(&mut token, &[]).await;
    }
}

/// A row of an own list shows; who is marked as deleted is gone.
#[tokio::test(flavor = "multi_thread")]
async fn lists_count_and_marked_rows_are_gone() {
    for kind in Kind::all() {
        let mut settings = soft_settings();
        settings["classes"]["person"]["changes"] = json!({ "snapshot": true });
        let target = Target::new(kind, settings, true).await;
        let classes = target.app.discover(&ctx()).await.unwrap();
        let syncs: Vec<(&str, bool)> =
            classes.iter().map(|class| (class.name.as_str(), class.operations.sync)).collect();
        assert_eq!(syncs, [("person", true), ("team", false), ("locker", false)]);
        let token = target.app.latest_token(&ctx(), "person").await.unwrap();
        target.sql("INSERT INTO mail (person_id, kind, address) VALUES (2, 'O', 'b@home')");
        target.delete("person", "3").await.unwrap();
        let names = ["login".to_owned(), "other".to_owned()];
        let page = target.app.changes(&ctx(), "person", &token, &names, 10, Duration::ZERO).await.unwrap();
        let ids: Vec<(bool, &str)> = page
            .changes
            .iter()
            .map(|change| (matches!(change, ObjectChange::Upsert(_)), change.id().uid.as_str()))
            .collect();
        assert_eq!((ids.as_slice(), page.more), (&[(true, "2"), (false, "3")][..], false), "on {kind:?}");
        let outcome = target.app.latest_token(&ctx(), "team").await.map_err(|error| error.kind);
        assert_eq!(outcome, Err(ErrorKind::Unsupported));
        let outcome =
            target.app.changes(&ctx(), "team", &token, &[], 10, Duration::ZERO).await.map_err(|error| error.kind);
        assert_eq!(outcome.map(drop), Err(ErrorKind::Unsupported));
    }
}
