//! Under fire: deadlocks, connections that die in the middle, databases that go away, locks
//! and pools that are taken. A write lands once, or its client is told that it did not.

use std::time::{Duration, Instant};

use patchbay_tests::{Answer, Target};
use serde_json::{Value, json};

use crate::bodies::{members, one, user};
use crate::harness::{App, is_error_body, on_each};
use crate::logs::{self, audit_line};

/// How often the host said of this request that it tries again.
fn repetitions(answer: &Answer) -> usize {
    let id = answer.header("x-request-id").expect("a request id");
    logs::containing(&format!("\"{id}\"")).iter().filter(|line| line.contains("nothing was done, trying again")).count()
}

/// The answer says that nothing was done, and when to come back; the record says the same.
#[track_caller]
fn told_to_come_back(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text);
    is_error_body(answer);
    let after: u64 = answer.header("retry-after").expect("Retry-After").parse().unwrap();
    assert!((1..=10).contains(&after), "{after}");
    let line = audit_line(answer.header("x-request-id").expect("a request id"));
    assert_eq!((&line["outcome"], &line["status"]), (&json!("refused"), &json!(503)), "{line}");
}

/// The write was done, and is on record once.
#[track_caller]
fn written(answer: &Answer) {
    assert!(matches!(answer.status, 200 | 201 | 204), "{} {}", answer.status, answer.text);
    let line = audit_line(answer.header("x-request-id").expect("a request id"));
    assert_eq!(line["outcome"], "written", "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_tried_again_and_lands_once() {
    on_each(async |app| {
        // One writer at a time: there are none.
        if app.helpdesk.target() == Target::Sqlite {
            return;
        }
        let (team, person) = (app.team("Escalations").await, app.person("tomas.horak@helpdesk.example").await);
        // The other has the people and wants the team; we have the team and want the person.
        // It has more to lose, or waits later: it is not the one to be given up.
        let mut other = app.helpdesk.lock_people().await.unwrap();
        let (heavy, team_row) = match app.helpdesk.target() {
            Target::Mssql => ("SET DEADLOCK_PRIORITY HIGH".to_owned(), "team WITH (UPDLOCK)"),
            _ => ("UPDATE person SET title = title".to_owned(), "team"),
        };
        other.execute(&heavy).await.unwrap();
        let write = tokio::spawn({
            let (scim, path) = (app.scim.clone(), format!("/Groups/{team}"));
            let body = one("Add", "members", members([person.as_str()]));
            async move { scim.patch(&path, &body).await.unwrap() }
        });
        tokio::time::sleep(Duration::from_millis(400)).await;
        let lock = if app.helpdesk.target() == Target::Mssql { "" } else { " FOR UPDATE" };
        other.execute(&format!("SELECT 1 FROM {team_row} WHERE team_id = {team}{lock}")).await.unwrap();
        assert!(!write.is_finished(), "there was no deadlock");
        other.release().await.unwrap();
        let answer = write.await.unwrap();
        written(&answer);
        assert!(repetitions(&answer) >= 1, "there was no deadlock");
        let rows = app.rows().await;
        assert_eq!(rows.values("team_person", "team_id", &team, "person_id").len(), 2, "Kofi and Tomas");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_always_loses_is_told_to_come_back() {
    on_each(async |app| {
        let trigger = match app.helpdesk.target() {
            Target::Sqlite | Target::Mssql | Target::OpenLdap | Target::SambaAd => return,
            Target::Postgres | Target::OdbcPostgres => {
                "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = 'serialization_failure'; END $$;
                 CREATE TRIGGER lose BEFORE INSERT ON person_mail FOR EACH ROW EXECUTE FUNCTION lose()"
            }
            Target::Mariadb => {
                "CREATE TRIGGER lose BEFORE INSERT ON person_mail FOR EACH ROW
                 SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'lost'"
            }
        };
        app.helpdesk.execute(trigger).await.unwrap();
        app.statements();
        let before = app.rows().await;
        let answer = app.scim.post("/Users", &user("loser@helpdesk.example")).await.unwrap();
        told_to_come_back(&answer);
        assert_eq!(repetitions(&answer), 5);
        assert_eq!(app.statements().iter().filter(|statement| statement.text == "BEGIN").count(), 6);
        assert_eq!(before.changes(&app.rows().await), []);
    })
    .await;
}

/// Lets each of the first `count` sessions that write a mail die in doing so.
async fn die_writing_mails(app: &App, count: u32) {
    let trigger = match app.helpdesk.target() {
        Target::Sqlite | Target::Mssql | Target::OpenLdap | Target::SambaAd => return,
        Target::Postgres | Target::OdbcPostgres => format!(
            "CREATE SEQUENCE deaths;
             CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 IF nextval('deaths') <= {count} THEN
                     PERFORM pg_terminate_backend(pg_backend_pid());
                     PERFORM pg_sleep(5);
                 END IF;
                 RETURN NEW;
             END $$;
             CREATE TRIGGER die BEFORE INSERT ON person_mail FOR EACH ROW EXECUTE FUNCTION die()"
        ),
        Target::Mariadb => format!(
            "CREATE SEQUENCE deaths;
             CREATE TRIGGER die BEFORE INSERT ON person_mail FOR EACH ROW
             IF NEXT VALUE FOR deaths <= {count} THEN
                 KILL CONNECTION_ID();
             END IF"
        ),
    };
    app.helpdesk.execute(&trigger).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_dies_between_two_statements() {
    on_each(async |app| {
        if matches!(app.helpdesk.target(), Target::Sqlite | Target::Mssql) {
            return;
        }
        die_writing_mails(app, 2).await;
        let answer = app.scim.post("/Users", &user("survivor@helpdesk.example")).await.unwrap();
        written(&answer);
        assert_eq!(repetitions(&answer), 2);
        let rows = app.rows().await;
        assert_eq!(rows.table("person").unwrap().filter("login", "survivor@helpdesk.example").count(), 1);
        assert_eq!(rows.values("person_mail", "person_id", answer.id().unwrap(), "address").len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_die_every_time() {
    on_each(async |app| {
        if matches!(app.helpdesk.target(), Target::Sqlite | Target::Mssql) {
            return;
        }
        die_writing_mails(app, 6).await;
        let before = app.rows().await;
        let answer = app.scim.post("/Users", &user("doomed@helpdesk.example")).await.unwrap();
        told_to_come_back(&answer);
        assert_eq!(before.changes(&app.rows().await), []);
        // The seventh lives.
        written(&app.scim.post("/Users", &user("doomed@helpdesk.example")).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_under_load_and_comes_back() {
    on_each(async |app| {
        // A file that is moved aside is still the same file to those who have it open.
        if app.helpdesk.target() == Target::Sqlite {
            return;
        }
        let writers = (0..6).map(|writer| {
            let scim = app.scim.clone();
            tokio::spawn(async move {
                let mut answers = Vec::new();
                for number in 0..12 {
                    let login = format!("load-{writer}-{number}@helpdesk.example");
                    let answer = scim.post("/Users", &user(&login)).await.unwrap();
                    if answer.status == 503 {
                        tokio::time::sleep(Duration::from_millis(60)).await;
                    }
                    answers.push((login, answer));
                }
                answers
            })
        });
        let writers: Vec<_> = writers.collect();
        tokio::time::sleep(Duration::from_millis(150)).await;
        for _ in 0..2 {
            app.helpdesk.unplug().unwrap();
            tokio::time::sleep(Duration::from_millis(150)).await;
            app.helpdesk.plug().unwrap();
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        let mut answers = Vec::new();
        for writer in writers {
            answers.extend(writer.await.unwrap());
        }
        let rows = app.rows().await;
        let person = rows.table("person").unwrap();
        let mut counts = std::collections::BTreeMap::<u16, u32>::new();
        for (login, answer) in &answers {
            let landed = person.filter("login", login).count();
            let expected = match answer.status {
                201 => 1..=1,
                503 => 0..=0,
                // Cut off in its commit: nobody knows, and the record says so.
                504 => 0..=1,
                _ => panic!("{} {}", answer.status, answer.text),
            };
            assert!(expected.contains(&landed), "{login}: {} {landed}", answer.status);
            let outcome = audit_line(answer.header("x-request-id").unwrap())["outcome"].clone();
            let known = match answer.status {
                201 => "written",
                503 => "refused",
                _ => "unknown",
            };
            assert_eq!(outcome, known, "{login}: {}", answer.status);
            *counts.entry(answer.status).or_default() += 1;
        }
        assert!(counts.contains_key(&201), "{counts:?}");
        // And nothing has to be restarted.
        written(&app.scim.post("/Users", &user("after.load@helpdesk.example")).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_on_connections_that_were_cut_are_none_the_worse() {
    on_each(async |app| {
        let read = || async {
            let reads = (0..8).map(|_| {
                let scim = app.scim.clone();
                tokio::spawn(async move { scim.get("/Users?count=3").await.unwrap() })
            });
            for read in reads.collect::<Vec<_>>() {
                let answer = read.await.unwrap();
                assert_eq!(answer.status, 200, "{}", answer.text);
            }
        };
        // As many connections as the pool has; then each of them is dead.
        read().await;
        app.helpdesk.unplug().unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        app.helpdesk.plug().unwrap();
        read().await;
    })
    .await;
}

/// Two connections, room for four to wait, and not for long.
fn narrow(app: &mut toml::Table) {
    let numbers = [("max", 2), ("max_waiting", 4)].map(|(key, number)| (key.to_owned(), toml::Value::from(number)));
    let wait = ("wait_timeout".to_owned(), toml::Value::from("500ms"));
    let pool: toml::Table = numbers.into_iter().chain([wait]).collect();
    let limits: toml::Table = [("lock_timeout".to_owned(), toml::Value::from("2s"))].into_iter().collect();
    let binding = app["bindings"]["db"].as_table_mut().unwrap();
    binding.insert("pool".into(), pool.into());
    binding.insert("limits".into(), limits.into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_is_taken_turns_away_at_once_and_in_time() {
    on_each(async |app| {
        app.restart_with(narrow).await;
        let mut people = Vec::new();
        for number in 0..12 {
            people.push(app.create(&user(&format!("queue{number:02}@helpdesk.example"))).await);
        }
        let before = app.rows().await;
        let lock = app.helpdesk.lock_people().await.unwrap();
        let start = Instant::now();
        let attempts: Vec<_> = people
            .iter()
            .map(|id| {
                let (scim, path) = (app.scim.clone(), format!("/Users/{id}"));
                let body = one("replace", "title", json!("Queued"));
                tokio::spawn(async move { scim.patch(&path, &body).await.unwrap() })
            })
            .collect();
        let mut busy = 0;
        for attempt in attempts {
            let answer = attempt.await.unwrap();
            told_to_come_back(&answer);
            busy += usize::from(answer.text.contains("busy"));
        }
        assert_eq!(busy, 12);
        // Those that wait for the lock do so for two seconds, the others for less.
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        lock.release().await.unwrap();
        assert_eq!(before.changes(&app.rows().await), []);
        let path = format!("/Users/{}", people[0]);
        written(&app.scim.patch(&path, &one("replace", "title", json!("Free"))).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_that_two_add_at_once_is_added_once() {
    on_each(async |app| {
        let attempts = (0..16).map(|number| {
            let (scim, mut body) = (app.scim.clone(), user(&format!("label{number}@helpdesk.example")));
            body[crate::harness::ENTERPRISE]["department"] = Value::from("Newly Founded");
            tokio::spawn(async move { scim.post("/Users", &body).await.unwrap() })
        });
        for attempt in attempts.collect::<Vec<_>>() {
            written(&attempt.await.unwrap());
        }
        let rows = app.rows().await;
        assert_eq!(rows.table("department").unwrap().filter("name", "Newly Founded").count(), 1);
    })
    .await;
}
