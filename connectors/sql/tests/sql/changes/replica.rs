//! A copy that is kept by nothing but changes ends as what it is a copy of, whatever several
//! writers do meanwhile: transactions that overlap, that commit in another order than they
//! wrote, or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use patchbay_capability::sql::Pool;
use patchbay_contract::{Beginning, Connector as _, Query};
use serde_json::{Value, json};

use super::{Session, at, employees, watermark};
use crate::target::{Kind, Target, ctx, query, show};

/// Transactions of each writer.
const TRANSACTIONS: u32 = 12;

/// Numbers that look random, and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    async fn pause(&mut self) {
        tokio::time::sleep(Duration::from_millis(self.roll(120))).await;
    }
}

/// Hires, renames and fires employees of its own in transactions of several statements.
async fn write(pool: Arc<dyn Pool>, kind: Kind, writer: u64) {
    let mut dice = Dice(writer + 1);
    let mut there: BTreeSet<u64> = BTreeSet::new();
    for _ in 0..TRANSACTIONS {
        let before = there.clone();
        let mut session = Session::on(&pool).await;
        for _ in 0..=dice.roll(3) {
            let id = dice.roll(12) * 10 + writer;
            let (login, now) = (format!("w{}", dice.roll(1_000_000)), at(kind, 0));
            let statement = if there.insert(id) {
                format!("INSERT INTO employee (id, login, updated_at) VALUES ({id}, '{login}', {now})")
            } else if dice.roll(3) == 0 {
                there.remove(&id);
                format!("DELETE FROM employee WHERE id = {id}")
            } else {
                format!("UPDATE employee SET login = '{login}', updated_at = {now} WHERE id = {id}")
            };
            session.execute(&statement).await;
            session.execute(&format!("INSERT INTO employee_log (employee_id) VALUES ({id})")).await;
            dice.pause().await;
        }
        if dice.roll(5) == 0 {
            session.rollback().await;
            there = before;
        } else {
            session.commit().await;
        }
        dice.pause().await;
    }
}

/// What is told, applied to the copy.
fn apply(copy: &mut BTreeMap<String, String>, changes: Vec<String>) {
    for line in changes {
        let (id, login) = line[1..].split_once(' ').unwrap_or((&line[1..], ""));
        if line.starts_with('+') {
            copy.insert(id.to_owned(), login.to_owned());
        } else {
            copy.remove(id);
        }
    }
}

/// Reads all there is, slowly, while others write.
async fn walk(target: &Target, copy: &mut BTreeMap<String, String>, dice: &mut Dice) {
    let mut continuation = None;
    loop {
        let query = Query { attributes: vec!["login".into()], page_size: 3, continuation, ..query("employee") };
        let page = target.search(query).await.unwrap();
        for object in page.objects {
            copy.insert(object.id.uid, object.cells.into_iter().flatten().map(show).collect());
        }
        continuation = page.next;
        if continuation.is_none() {
            return;
        }
        dice.pause().await;
    }
}

async fn check(kind: Kind, changes: &Value) {
    let mut target = employees(kind, changes).await;
    for id in 500..510 {
        target.hire(id, "before", &at(kind, -60_000));
    }
    // On SQLite there is one writer at a time.
    let writers = if kind == Kind::Sqlite { 1 } else { 3 };
    let writing: Vec<_> =
        (0..writers).map(|writer| tokio::spawn(write(Arc::clone(&target.pool), kind, writer))).collect();
    let mut dice = Dice(99);
    let mut copy = BTreeMap::new();
    let Beginning { mut token, complete } = target.app.first_token(&ctx(), "employee").await.unwrap();
    if !complete {
        walk(&target, &mut copy, &mut dice).await;
    }
    while !writing.iter().all(tokio::task::JoinHandle::is_finished) {
        let limit = 1 + u32::try_from(dice.roll(7)).unwrap();
        let (found, next, _) = target.page(&token, limit).await.unwrap();
        apply(&mut copy, found);
        token = next;
        if dice.roll(4) == 0 {
            target.restart();
        }
        dice.pause().await;
    }
    for writer in writing {
        writer.await.unwrap();
    }
    let there = |target: &Target| -> BTreeMap<String, String> {
        let rows = target.sql("SELECT id, login FROM employee");
        rows.iter().filter_map(|row| row.split_once('|')).map(|(id, login)| (id.to_owned(), login.to_owned())).collect()
    };
    let expected = there(&target);
    // Where the database waits for the oldest transaction under way, that may be a test's.
    for _ in 0..200 {
        apply(&mut copy, target.all(&mut token, 50).await);
        if copy == expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // A pass that began before the last write may have been the one that came to its end.
    apply(&mut copy, target.all(&mut token, 50).await);
    assert_eq!(copy, expected, "{changes} on {kind:?}");
    assert!(!expected.is_empty(), "somebody is there");
    target.expect(&mut token, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_by_watermark_is_true() {
    for kind in Kind::all() {
        let mut changes = watermark("4s");
        changes["deletes"] = "snapshot".into();
        check(kind, &changes).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_by_history_is_true() {
    for kind in Kind::all() {
        let history = json!({ "table": "employee_log", "sequence": "n", "key": "employee_id", "overlap": "4s" });
        check(kind, &json!({ "history": history })).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_by_comparison_is_true() {
    for kind in Kind::all() {
        check(kind, &json!({ "snapshot": true })).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_by_transactions_is_true() {
    for kind in Kind::of(&[Kind::Postgres, Kind::Mssql]) {
        let column = if kind == Kind::Mssql { "rv" } else { "xmin" };
        check(kind, &json!({ "watermark": { "column": column }, "deletes": "snapshot" })).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_by_tracking_is_true() {
    for kind in Kind::of(&[Kind::Mssql]) {
        check(kind, &json!({ "tracking": true })).await;
    }
}
