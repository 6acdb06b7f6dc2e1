//! A table with an entry for every change.

use patchbay_contract::{Connector as _, ErrorKind};
use serde_json::{Value, json};

use super::{Session, at, employees, settle};
use crate::target::{Kind, ctx};

fn history(overlap: &str) -> Value {
    json!({ "history": {
        "table": "employee_log", "sequence": "n", "key": "employee_id", "where": { "of_table": "employee" },
        "overlap": overlap,
    } })
}

/// An entry for each of these employees.
fn entries(ids: &[i64]) -> String {
    let rows: Vec<String> = ids.iter().map(|id| format!("('employee', {id})")).collect();
    format!("INSERT INTO employee_log (of_table, employee_id) VALUES {}", rows.join(", "))
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_one_object_are_what_it_is_now() {
    for kind in Kind::all() {
        let mut target = employees(kind, &history("30s")).await;
        for id in 1..=3 {
            target.hire(id, &format!("u{id}"), &at(kind, 0));
        }
        target.sql(&entries(&[1, 2, 3]));
        let mut token = target.token().await;
        target.expect(&mut token, &[]).await;
        // Made, changed and deleted; deleted and made again; an entry about something else.
        target.rename(1, "one");
        target.fire(2);
        target.sql(&entries(&[1, 2, 1, 4, 4]));
        target.sql("INSERT INTO employee_log (of_table, employee_id) VALUES ('team', 3)");
        target.sql("INSERT INTO employee_log (of_table, employee_id) VALUES ('employee', NULL)");
        target.restart();
        target.expect(&mut token, &["+1 one", "-2", "-4"]).await;
        target.expect(&mut token, &[]).await;
        target.hire(2, "two", &at(kind, 0));
        target.sql(&entries(&[2]));
        target.expect(&mut token, &["+2 two"]).await;
    }
}

/// Numbers are given out in order, and committed in another.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_come_to_light_late() {
    for kind in Kind::of(&[Kind::Postgres, Kind::MariaDb, Kind::Mssql]) {
        let target = employees(kind, &history("30s")).await;
        for id in 1..=4 {
            target.hire(id, &format!("u{id}"), &at(kind, 0));
        }
        target.sql(&entries(&[1]));
        // It has its number before the token is made.
        let mut before = Session::begin(&target).await;
        before.execute(&entries(&[2])).await;
        target.sql(&entries(&[1]));
        let mut token = target.token().await;
        let mut after = Session::begin(&target).await;
        after.execute(&entries(&[3])).await;
        let mut lost = Session::begin(&target).await;
        lost.execute(&entries(&[1, 1, 1])).await;
        target.sql(&entries(&[4]));
        target.expect(&mut token, &["+4 u4"]).await;
        lost.rollback().await;
        target.expect(&mut token, &[]).await;
        before.commit().await;
        target.expect(&mut token, &["+2 u2"]).await;
        after.commit().await;
        target.expect(&mut token, &["+3 u3"]).await;
        target.expect(&mut token, &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_entries_in_small_pages() {
    for kind in Kind::all() {
        let mut target = employees(kind, &history("0ms")).await;
        let mut token = target.token().await;
        let ids: Vec<i64> = (1..=1_200).collect();
        let rows: Vec<String> = ids.iter().map(|id| format!("({id}, 'u{id}')")).collect();
        target.insert("employee", "id, login", &rows);
        for _ in 0..2 {
            ids.chunks(600).for_each(|ids| drop(target.sql(&entries(ids))));
        }
        let mut told = Vec::new();
        loop {
            let (mut changes, next, more) = target.page(&token, 100).await.unwrap();
            told.append(&mut changes);
            token = next;
            target.restart();
            if !more {
                break;
            }
        }
        // Each once for each time it was written: they lie further apart than a page.
        assert_eq!(told.len(), 2_400, "on {kind:?}");
        assert_eq!((told[0].as_str(), told[2_399].as_str()), ("+1 u1", "+1200 u1200"));
        settle().await;
        target.expect(&mut token, &[]).await;
        assert!(token.len() < 500, "{}", token.len());
        // Somebody cuts the history, and its numbers begin anew.
        target.sql("DELETE FROM employee_log");
        target.expect(&mut token, &[]).await;
        target.insert_counted("employee_log", "n, of_table, employee_id", &["(1, 'employee', 1)".to_owned()]);
        let outcome = target.page(&token, 100).await.map_err(|error| error.kind);
        assert_eq!(outcome.map(drop), Err(ErrorKind::TokenExpired));
    }
}

/// A log for several tables keeps keys as text.
#[tokio::test(flavor = "multi_thread")]
async fn keys_kept_as_text_are_ids() {
    for kind in Kind::all() {
        let changes = json!({ "history": { "table": "employee_log", "sequence": "n", "key": "employee_key" } });
        let target = employees(kind, &changes).await;
        assert_eq!(target.app.test(&ctx()).await.unwrap(), []);
        target.hire(17, "anna", &at(kind, 0));
        let mut token = target.token().await;
        target.sql("INSERT INTO employee_log (employee_key) VALUES ('17'), ('018'), ('a~b'), (''), ('18')");
        target.expect(&mut token, &["+17 anna", "-18"]).await;
    }
}
