//! What SQL Server itself knows of changes: row versions, and change tracking.

use patchbay_contract::{Connector as _, ErrorKind};
use serde_json::{Value, json};

use super::{Session, at, employees};
use crate::target::{Kind, ctx, kind_of};

/// What adds to the employees what these `changes` need: the column `rv` of row versions, or
/// change tracking.
pub(super) fn prepare(changes: &Value) -> Vec<String> {
    let mut statements = Vec::new();
    if changes["watermark"]["column"] == "rv" {
        statements.push("ALTER TABLE employee ADD rv ROWVERSION");
    }
    if changes["tracking"] == true {
        statements.extend([
            "ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)",
            "ALTER TABLE employee ENABLE CHANGE_TRACKING",
        ]);
    }
    statements.into_iter().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tracked_changes_are_told_once_they_are_committed() {
    for kind in Kind::of(&[Kind::Mssql]) {
        let mut target = employees(kind, &json!({ "tracking": true })).await;
        assert_eq!(target.app.test(&ctx()).await.unwrap(), []);
        for id in 1..=250 {
            target.hire(id, &format!("u{id}"), "NULL");
        }
        let mut token = target.token().await;
        target.expect(&mut token, &[]).await;
        let mut early = Session::begin(&target).await;
        early.execute("UPDATE employee SET login = 'early' WHERE id = 7").await;
        let mut lost = Session::begin(&target).await;
        lost.execute("UPDATE employee SET login = 'lost' WHERE id = 9").await;
        target.sql("UPDATE employee SET login = 'late' WHERE id = 3");
        // Who commits first is told first: its version is that of its commit.
        target.expect(&mut token, &["+3 late"]).await;
        early.commit().await;
        lost.rollback().await;
        target.expect(&mut token, &["+7 early"]).await;
        target.expect(&mut token, &[]).await;
        // Made and gone again, gone and made again, changed twice; and pages with a restart.
        target.hire(300, "short", "NULL");
        target.fire(300);
        target.fire(8);
        target.hire(8, "again", "NULL");
        target.sql("UPDATE employee SET login = 'one' WHERE id = 1");
        target.sql("UPDATE employee SET login = 'two' WHERE id = 1");
        target.fire(2);
        target.restart();
        let mut told = target.all(&mut token, 1).await;
        told.sort();
        // Whoever came and went may be told of as gone, or not at all.
        told.retain(|line| line != "-300");
        assert_eq!(told, ["+1 two", "+8 again", "-2"]);
        target.expect(&mut token, &[]).await;
        // While a pass is under way.
        target.sql("UPDATE employee SET login = 'all'");
        let (mut told, next, more) = target.page(&token, 100).await.unwrap();
        assert_eq!((told.len(), more), (100, true));
        token = next;
        target.sql("UPDATE employee SET login = 'more' WHERE id IN (1, 249)");
        told.append(&mut target.all(&mut token, 100).await);
        told.append(&mut target.all(&mut token, 100).await);
        for line in ["+1 more", "+249 more", "+4 all", "+250 all"] {
            assert_eq!(told.iter().filter(|found| *found == line).count(), 1, "{line} in {told:?}");
        }
        target.expect(&mut token, &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_before_what_is_kept_is_expired() {
    for kind in Kind::of(&[Kind::Mssql]) {
        let target = employees(kind, &json!({ "tracking": true })).await;
        target.hire(1, "anna", &at(kind, 0));
        let token = target.token().await;
        target.hire(2, "bert", &at(kind, 0));
        // Nothing tells which rows there were.
        target.sql("TRUNCATE TABLE employee");
        let outcome = kind_of(target.page(&token, 10).await.map(|(changes, ..)| changes));
        assert_eq!(outcome, Err((ErrorKind::TokenExpired, None)));
        let mut token = target.token().await;
        target.hire(3, "cleo", &at(kind, 0));
        target.expect(&mut token, &["+3 cleo"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tracking_that_is_not_switched_on_is_found_by_the_test() {
    for kind in Kind::of(&[Kind::Mssql]) {
        let target = employees(kind, &json!({ "tracking": true })).await;
        for (statement, summary) in [
            ("ALTER TABLE employee DISABLE CHANGE_TRACKING", "changes of the table are not tracked"),
            ("ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF", "change tracking is not switched on in the database"),
        ] {
            target.sql(statement);
            let findings = target.app.test(&ctx()).await.unwrap();
            let found: Vec<_> = findings.iter().map(|found| (found.path.as_deref(), found.summary.as_str())).collect();
            assert_eq!(found, [(Some("/classes/employee/changes"), summary)]);
            let outcome = kind_of(target.app.latest_token(&ctx(), "employee").await);
            assert_eq!(outcome, Err((ErrorKind::Configuration, None)));
        }
    }
}
