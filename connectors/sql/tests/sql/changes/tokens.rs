//! Tokens that are not what they should be, and settings that do not fit.

use std::time::Duration;

use patchbay_contract::{Connector as _, ErrorKind};
use serde_json::json;

use super::{at, employees, settings, watermark};
use crate::target::{Kind, ctx, kind_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_something_else_is_refused() {
    for kind in Kind::all() {
        let mut target = employees(kind, &watermark("30s")).await;
        target.hire(1, "anna", &at(kind, 0));
        let token = target.token().await;
        let snapshot = json!({ "snapshot": true });
        let mut both = settings(&watermark("30s"));
        both["classes"]["twin"] = both["classes"]["employee"].clone();
        target.reconfigure(both);
        let read = |class: &'static str, token: Vec<u8>| {
            let target = &target;
            async move {
                let outcome = target.app.changes(&ctx(), class, &token, &[], 10, Duration::ZERO).await;
                kind_of(outcome.map(|page| page.changes.len()))
            }
        };
        let expired = Err((ErrorKind::TokenExpired, None));
        assert_eq!(read("employee", token.clone()).await, Ok(0));
        assert_eq!(read("twin", token.clone()).await, expired);
        for cut in [0, 1, 8, 9, token.len() / 2, token.len() - 1] {
            assert_eq!(read("employee", token[..cut].to_vec()).await, expired, "cut at {cut}");
        }
        for place in 0..token.len() {
            let mut changed = token.clone();
            changed[place] ^= 1;
            assert_eq!(read("employee", changed).await, expired, "changed at {place}");
        }
        assert_eq!(read("employee", b"hello".to_vec()).await, expired);
        assert_eq!(read("nobody", token.clone()).await, Err((ErrorKind::Configuration, None)));
        for other in [snapshot, json!({ "watermark": { "column": "written" } })] {
            target.reconfigure(settings(&other));
            let outcome = target.page(&token, 10).await.map(|(changes, ..)| changes.len());
            assert_eq!(kind_of(outcome), expired, "{other}");
        }
        // What leaves the meaning of the token as it is leaves it usable.
        let word = if kind == Kind::Mssql { "" } else { "COLUMN " };
        target.sql(&format!("ALTER TABLE employee ADD {word}nick VARCHAR(20)"));
        target.reconfigure(settings(&watermark("31s")));
        let (found, _, more) = target.page(&token, 10).await.unwrap();
        assert!(found.len() <= 1 && !more, "the row may be told of again, as it has a column more: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_fit_are_reported() {
    for kind in Kind::all() {
        for (changes, path, summary) in [
            (json!({ "watermark": { "column": "nothing" } }), "watermark/column", "has no column `nothing`"),
            (json!({ "watermark": { "column": "photo" } }), "watermark", "is no point in time and no integer"),
            (
                json!({ "watermark": { "column": "updated_at", "unit": "seconds" } }),
                "watermark/unit",
                "only an integer has a unit",
            ),
            (
                json!({ "history": { "table": "nowhere", "sequence": "n", "key": "id" } }),
                "history/table",
                "no table or view `nowhere`",
            ),
            (
                json!({ "history": { "table": "employee_log", "sequence": "m", "key": "employee_id" } }),
                "history/sequence",
                "has no column `m`",
            ),
            (
                json!({ "history": { "table": "employee_log", "sequence": "n", "key": ["n", "employee_id"] } }),
                "history/key",
                "do not match the key",
            ),
            (
                json!({ "history": { "table": "tag", "sequence": "place", "key": "person_id" } }),
                "history/sequence",
                "it has to be unique",
            ),
        ] {
            let target = employees(kind, &changes).await;
            let findings = target.app.test(&ctx()).await.unwrap();
            let wanted = format!("/classes/employee/changes/{path}");
            assert!(
                findings.iter().any(|found| found.path.as_deref() == Some(&*wanted) && found.summary.contains(summary)),
                "{changes} on {kind:?}: {findings:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_with_its_own_statements_has_no_changes() {
    for kind in Kind::all() {
        let snapshot = json!({ "snapshot": true });
        let mut own = settings(&snapshot);
        own["classes"]["employee"]["operations"] = json!({ "search": "SELECT id, login FROM employee" });
        own["classes"]["employee"]["columns"] = json!(["id", "login"]);
        let mut target = employees(kind, &snapshot).await;
        target.reconfigure(own);
        let findings = target.app.test(&ctx()).await.unwrap();
        let found = findings.iter().find(|found| found.path.as_deref() == Some("/classes/employee/changes"));
        let summary = found.map(|found| found.summary.as_str()).unwrap_or_default();
        assert!(summary.contains("this class is read by statements of its own"), "{findings:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_is_not_granted_is_not_read() {
    for kind in Kind::all() {
        let history = json!({ "history": { "table": "secret", "sequence": "secret_id", "key": "secret_id" } });
        let target = employees(kind, &history).await;
        let outcome = target.app.latest_token(&ctx(), "employee").await.map_err(|error| error.kind);
        assert_eq!(outcome, Err(ErrorKind::Configuration));
    }
}
