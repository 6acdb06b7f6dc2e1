//! A column that every write moves on.

use patchbay_contract::{Connector as _, Severity};
use serde_json::json;

use super::{Session, at, employees, settings, settle, watermark};
use crate::target::{Kind, ctx};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_told_once() {
    for kind in Kind::all() {
        let mut target = employees(kind, &watermark("30s")).await;
        for (id, login) in [(1, "anna"), (2, "bert"), (3, "cleo")] {
            target.hire(id, login, &at(kind, 0));
        }
        let mut token = target.token().await;
        target.expect(&mut token, &[]).await;
        target.hire(4, "dora", &at(kind, 0));
        target.rename(1, "anja");
        target.expect(&mut token, &["+4 dora", "+1 anja"]).await;
        target.expect(&mut token, &[]).await;
        target.restart();
        target.expect(&mut token, &[]).await;
        target.rename(2, "bart");
        target.restart();
        target.expect(&mut token, &["+2 bart"]).await;
    }
}

/// Who took the earlier time commits later, and is found nevertheless.
#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_commit_out_of_order() {
    for kind in Kind::of(&[Kind::Postgres, Kind::MariaDb, Kind::Mssql]) {
        let target = employees(kind, &watermark("30s")).await;
        target.hire(1, "anna", &at(kind, -60_000));
        let mut token = target.token().await;
        let mut early = Session::begin(&target).await;
        early
            .execute(&format!("INSERT INTO employee (id, login, updated_at) VALUES (2, 'early', {})", at(kind, 0)))
            .await;
        early.execute(&format!("UPDATE employee SET login = 'anja', updated_at = {} WHERE id = 1", at(kind, 0))).await;
        let mut lost = Session::begin(&target).await;
        lost.execute(&format!("INSERT INTO employee (id, login, updated_at) VALUES (9, 'lost', {})", at(kind, 0)))
            .await;
        target.hire(3, "late", &at(kind, 0));
        target.expect(&mut token, &["+3 late"]).await;
        target.expect(&mut token, &[]).await;
        early.commit().await;
        lost.rollback().await;
        target.expect(&mut token, &["+2 early", "+1 anja"]).await;
        target.expect(&mut token, &[]).await;
    }
}

/// The same where the passes go on and marks settle in between: the floor must not overtake
/// a transaction that is within the overlap.
#[tokio::test(flavor = "multi_thread")]
async fn a_floor_waits_for_who_is_within_the_overlap() {
    for kind in Kind::of(&[Kind::Postgres, Kind::MariaDb, Kind::Mssql]) {
        let target = employees(kind, &watermark("3s")).await;
        target.hire(1, "anna", &at(kind, -60_000));
        let mut token = target.token().await;
        // The token's own sample settles while the transaction is under way.
        tokio::time::sleep(std::time::Duration::from_millis(3_500)).await;
        let mut early = Session::begin(&target).await;
        early
            .execute(&format!("INSERT INTO employee (id, login, updated_at) VALUES (2, 'early', {})", at(kind, 0)))
            .await;
        let mut told = Vec::new();
        for id in 10..20 {
            target.hire(id, "more", &at(kind, 0));
            told.append(&mut target.all(&mut token, 3).await);
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        assert_eq!(told, (10..20).map(|id| format!("+{id} more")).collect::<Vec<_>>(), "on {kind:?}");
        early.commit().await;
        target.expect(&mut token, &["+2 early"]).await;
    }
}

/// On SQLite writers take turns, but a time may be taken long before it is written.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_with_an_earlier_time_comes_later() {
    for kind in Kind::all() {
        let target = employees(kind, &watermark("30s")).await;
        target.hire(1, "anna", &at(kind, -60_000));
        let mut token = target.token().await;
        target.hire(2, "bert", &at(kind, 0));
        target.expect(&mut token, &["+2 bert"]).await;
        target.hire(3, "cleo", &at(kind, -20_000));
        target.expect(&mut token, &["+3 cleo"]).await;
        target.expect(&mut token, &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_rows_with_one_time() {
    for kind in Kind::all() {
        let mut target = employees(kind, &watermark("5m")).await;
        let mut token = target.token().await;
        let time = target.sql(&format!("SELECT {}", at(kind, 0))).remove(0);
        let rows = |first: u32| -> Vec<String> {
            (first..first + 1_250).map(|id| format!("({id}, 'u{id}', '{time}')")).collect()
        };
        let columns = "id, login, updated_at";
        target.insert("employee", columns, &rows(1));
        target.insert("employee", columns, &rows(2_001));
        // A restart between any two pages; more rows of the same time come in between, behind
        // what was read and before it.
        let mut told = Vec::new();
        for number in 0.. {
            let (mut changes, next, more) = target.page(&token, 100).await.unwrap();
            told.append(&mut changes);
            token = next;
            if number % 5 == 0 {
                target.restart();
            }
            if number == 15 {
                target.insert("employee", columns, &rows(4_001));
            }
            if number == 20 {
                target.sql(&format!("INSERT INTO employee (id, login, updated_at) VALUES (0, 'u0', '{time}')"));
            }
            if !more {
                break;
            }
        }
        told.append(&mut target.all(&mut token, 100).await);
        assert_eq!(told.len(), 3_751, "on {kind:?}");
        told.sort();
        told.dedup();
        assert_eq!(told.len(), 3_751, "on {kind:?}");
        target.expect(&mut token, &[]).await;
        // One of them changes and keeps its time.
        target.sql("UPDATE employee SET login = 'other' WHERE id = 17");
        target.expect(&mut token, &["+17 other"]).await;
    }
}

/// What has settled is not read again, and takes no room in the token.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_settled_is_forgotten() {
    for kind in Kind::all() {
        let target = employees(kind, &watermark("0ms")).await;
        let mut token = target.token().await;
        let rows: Vec<String> = (1..=500).map(|id| format!("({id}, 'u{id}', {})", at(kind, 0))).collect();
        target.sql(&format!("INSERT INTO employee (id, login, updated_at) VALUES {}", rows.join(", ")));
        assert_eq!(target.all(&mut token, 100).await.len(), 500);
        let large = token.len();
        settle().await;
        target.expect(&mut token, &[]).await;
        assert!(large > 500 * 16 && token.len() < 500, "{large} and {}", token.len());
        target.statements();
        target.expect(&mut token, &[]).await;
        assert_eq!(target.statements().len(), 3, "the greatest mark, the time, and no row above the floor");
        target.rename(18, "again");
        target.expect(&mut token, &["+18 again"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_during_a_pass() {
    for kind in Kind::all() {
        let target = employees(kind, &watermark("30s")).await;
        let mut token = target.token().await;
        for id in 1..=10 {
            target.hire(id, &format!("u{id}"), &at(kind, 0));
        }
        let (first, next, more) = target.page(&token, 4).await.unwrap();
        assert_eq!((first.len(), more), (4, true));
        token = next;
        // Read already, and not yet.
        target.rename(2, "two");
        target.rename(8, "eight");
        target.hire(11, "eleven", &at(kind, 0));
        let mut rest = target.all(&mut token, 4).await;
        rest.append(&mut target.all(&mut token, 4).await);
        for line in ["+2 two", "+8 eight", "+11 eleven", "+5 u5", "+10 u10"] {
            assert_eq!(rest.iter().filter(|found| *found == line).count(), 1, "{line} in {rest:?} on {kind:?}");
        }
        assert!(!rest.iter().any(|line| line == "+8 u8"), "it was never so when it was told: {rest:?}");
        target.expect(&mut token, &[]).await;
    }
}

/// A time that is far ahead is told of at once, and keeps nobody from being told of later.
#[tokio::test(flavor = "multi_thread")]
async fn a_time_in_the_future() {
    for kind in Kind::all() {
        let target = employees(kind, &watermark("0ms")).await;
        target.hire(1, "anna", &at(kind, 0));
        let mut token = target.token().await;
        target.hire(2, "future", &at(kind, 86_400_000));
        target.expect(&mut token, &["+2 future"]).await;
        settle().await;
        target.expect(&mut token, &[]).await;
        target.hire(3, "cleo", &at(kind, 0));
        target.expect(&mut token, &["+3 cleo"]).await;
        settle().await;
        target.expect(&mut token, &[]).await;
        target.hire(4, "dora", &at(kind, 0));
        target.rename(2, "present");
        target.expect(&mut token, &["+4 dora", "+2 present"]).await;
    }
}

/// Rows that are marked as deleted are told of as deleted; rows without a time are never
/// found, which `check` says.
#[tokio::test(flavor = "multi_thread")]
async fn marked_rows_and_rows_without_a_time() {
    for kind in Kind::all() {
        let mut settings = settings(&watermark("30s"));
        settings["classes"]["employee"]["soft_delete"] = json!({ "set": { "written": 0 } });
        let mut target = employees(kind, &watermark("30s")).await;
        let findings = target.app.test(&ctx()).await.unwrap();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].path.as_deref(), Some("/classes/employee/changes/watermark"));
        assert!(findings[0].summary.starts_with("rows that are deleted are not noticed"), "{findings:?}");
        target.reconfigure(settings);
        assert_eq!(target.app.test(&ctx()).await.unwrap(), []);
        target.hire(1, "anna", &at(kind, 0));
        let mut token = target.token().await;
        target.delete("employee", "1").await.unwrap();
        target.sql(&format!("UPDATE employee SET updated_at = {} WHERE id = 1", at(kind, 0)));
        target.hire(2, "never", "NULL");
        target.expect(&mut token, &["-1"]).await;
        let findings = target.app.test(&ctx()).await.unwrap();
        assert_eq!((findings.len(), findings[0].severity), (1, Severity::Warning));
        assert_eq!(findings[0].summary, "changes of rows without a readable value in `updated_at` are not found");
    }
}

/// Rows that are really deleted show only when all keys are compared.
#[tokio::test(flavor = "multi_thread")]
async fn deleted_rows_show_when_keys_are_compared() {
    for kind in Kind::all() {
        let mut changes = watermark("30s");
        changes["deletes"] = "snapshot".into();
        let mut target = employees(kind, &changes).await;
        assert_eq!(target.app.test(&ctx()).await.unwrap(), []);
        for id in 1..=30 {
            target.hire(id, &format!("u{id}"), &at(kind, 0));
        }
        let mut token = target.token().await;
        target.expect(&mut token, &[]).await;
        target.fire(7);
        target.fire(30);
        target.rename(8, "eight");
        target.hire(31, "new", &at(kind, 0));
        target.restart();
        let mut found = target.all(&mut token, 1).await;
        found.sort();
        assert_eq!(found, ["+31 new", "+8 eight", "-30", "-7"], "on {kind:?}");
        target.expect(&mut token, &[]).await;
        target.hire(7, "back", &at(kind, 0));
        target.expect(&mut token, &["+7 back"]).await;
        target.fire(7);
        target.expect(&mut token, &["-7"]).await;
        target.expect(&mut token, &[]).await;
    }
}

/// Numbers: a counter for all rows, and seconds since 1970.
#[tokio::test(flavor = "multi_thread")]
async fn a_watermark_may_be_a_number() {
    for kind in Kind::all() {
        for unit in [None, Some("seconds")] {
            let mut watermark = json!({ "column": "written", "overlap": "30s" });
            if let Some(unit) = unit {
                watermark["unit"] = unit.into();
            }
            let target = employees(kind, &json!({ "watermark": watermark })).await;
            let write = |id: i64, number: i64| {
                target.sql(&format!("INSERT INTO employee (id, login, written) VALUES ({id}, 'u{id}', {number})"));
            };
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            let first = i64::try_from(now).unwrap();
            write(1, first);
            let mut token = target.token().await;
            target.expect(&mut token, &[]).await;
            write(2, first + 2);
            write(3, first + 1);
            target.expect(&mut token, &["+3 u3", "+2 u2"]).await;
            write(4, first);
            write(5, first + 2);
            target.expect(&mut token, &["+4 u4", "+5 u5"]).await;
            target.expect(&mut token, &[]).await;
        }
    }
}

/// A version that is the mark shows nothing that the mark does not: a second change within it
/// shows by what the row holds.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_change_with_the_same_mark_and_version_is_told() {
    for kind in Kind::all() {
        let mut settings = settings(&watermark("30s"));
        settings["classes"]["employee"]["version"] = json!({ "column": "updated_at" });
        let mut target = employees(kind, &watermark("30s")).await;
        target.reconfigure(settings);
        target.hire(1, "anna", &at(kind, 0));
        target.hire(2, "bert", &at(kind, 0));
        let mut token = target.token().await;
        target.expect(&mut token, &[]).await;
        target.rename(1, "anja");
        target.expect(&mut token, &["+1 anja"]).await;
        for login in ["anne", "annie"] {
            target.sql(&format!("UPDATE employee SET login = '{login}' WHERE id = 1"));
            target.expect(&mut token, &[&format!("+1 {login}")]).await;
            target.expect(&mut token, &[]).await;
        }
    }
}
