//! What the database itself knows: PostgreSQL's transactions, and SQL Server's row versions.

use std::time::Duration;

use patchbay_contract::{Connector as _, ErrorKind};
use serde_json::json;

use super::{Session, employees};
use crate::target::{Kind, Target, ctx};

#[tokio::test(flavor = "multi_thread")]
async fn transactions_are_told_when_all_before_them_are_settled() {
    for kind in Kind::of(&[Kind::Postgres, Kind::Mssql]) {
        told_when_settled(kind).await;
    }
}

async fn told_when_settled(kind: Kind) {
    let column = if kind == Kind::Mssql { "rv" } else { "xmin" };
    let changes = json!({ "watermark": { "column": column }, "deletes": "snapshot" });
    let mut target = employees(kind, &changes).await;
    assert_eq!(target.app.test(&ctx()).await.unwrap(), []);
    for id in 1..=250 {
        target.hire(id, &format!("u{id}"), "NULL");
    }
    let mut token = target.token().await;
    target.expect(&mut token, &[]).await;
    let mut early = Session::begin(&target).await;
    early.execute("UPDATE employee SET login = 'early' WHERE id = 7").await;
    target.sql("UPDATE employee SET login = 'late' WHERE id = 3");
    // Nothing is told before its time, so that nothing has to be told twice.
    target.expect(&mut token, &[]).await;
    early.commit().await;
    let mut told = target.at_least(&mut token, 2).await;
    told.sort();
    assert_eq!(told, ["+3 late", "+7 early"]);
    target.expect(&mut token, &[]).await;
    // Pages, restarts, and changes during the pass.
    target.sql("UPDATE employee SET login = 'all'");
    let (mut told, more) = loop {
        let (changes, next, more) = target.page(&token, 100).await.unwrap();
        token = next;
        if !changes.is_empty() {
            break (changes, more);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((told.len(), more), (100, true));
    target.sql("UPDATE employee SET login = 'again' WHERE id IN (1, 249)");
    target.fire(250);
    target.restart();
    told.append(&mut target.at_least(&mut token, 151).await);
    for line in ["+1 all", "+1 again", "+249 again", "-250", "+2 all"] {
        assert_eq!(told.iter().filter(|found| *found == line).count(), 1, "{line} in {told:?}");
    }
    assert_eq!(told.len(), 251, "each once, the first twice");
    target.expect(&mut token, &[]).await;
}

impl Target {
    /// Changes until there are so many. Transactions of other tests on the same server hold
    /// them back as long as they are under way.
    async fn at_least(&self, token: &mut Vec<u8>, number: usize) -> Vec<String> {
        let mut found = Vec::new();
        for _ in 0..400 {
            found.append(&mut self.all(token, 100).await);
            if found.len() >= number {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("only {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_postgresql_has_them() {
    for kind in Kind::of(&[Kind::Sqlite, Kind::MariaDb, Kind::Mssql]) {
        let target = employees(kind, &json!({ "watermark": { "column": "xmin" }, "deletes": "snapshot" })).await;
        let outcome = target.app.latest_token(&ctx(), "employee").await.map_err(|error| error.kind);
        assert_eq!(outcome, Err(ErrorKind::Configuration));
    }
    for kind in Kind::of(&[Kind::Sqlite, Kind::Postgres, Kind::MariaDb]) {
        let target = employees(kind, &json!({ "tracking": true })).await;
        let findings = target.app.test(&ctx()).await.unwrap();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].summary, "only SQL Server tracks changes");
    }
}
