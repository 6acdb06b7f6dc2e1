//! What must survive: restarts, failures in the middle, clients that hang up, races.

use std::time::Duration;

use patchbay_tests::Target;
use serde_json::json;

use crate::bodies::{members, one, patch, user};
use crate::harness::{App, ENTERPRISE, ids, is_error, is_error_body, on_each};

#[tokio::test(flavor = "multi_thread")]
async fn ids_survive_a_restart() {
    on_each(async |app| {
        let id = app.create(&user("stays@helpdesk.example")).await;
        let before = ids(&app.get("/Users?count=100").await);
        app.restart().await;
        assert_eq!(ids(&app.get("/Users?count=100").await), before);
        assert_eq!(app.get(&format!("/Users/{id}")).await.at("/userName"), "stays@helpdesk.example");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_halfway_leaves_nothing() {
    on_each(async |app| {
        // The person's row goes in first, then its mail: the application refuses that.
        app.helpdesk.execute(refuse_mail(app.helpdesk.target())).await.unwrap();
        let tomas = app.person("tomas.horak@helpdesk.example").await;
        app.unchanged("a failing child row", async {
            let answer = app.scim.post("/Users", &user("half@blocked.example")).await.unwrap();
            assert_eq!(answer.status, 400, "{}", answer.text);
            is_error_body(&answer);
            assert!(!answer.text.contains("half@"), "{}", answer.text);
            let both = patch(json!([
                { "op": "replace", "path": "title", "value": "Half" },
                { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "half@blocked.example" },
            ]));
            let answer = app.scim.patch(&format!("/Users/{tomas}"), &both).await.unwrap();
            assert_eq!(answer.status, 400, "{}", answer.text);
            is_error_body(&answer);
        })
        .await;

        // A membership that fails takes the rename in the same PATCH with it.
        let team = app.team("Escalations").await;
        app.unchanged("a failing member", async {
            let both = patch(json!([
                { "op": "replace", "path": "displayName", "value": "Half" },
                { "op": "add", "path": "members", "value": members([tomas.as_str(), "987654"]) },
            ]));
            is_error(
                &app.scim.patch(&format!("/Groups/{team}"), &both).await.unwrap(),
                400,
                Some("invalidValue"),
                "members",
            );
        })
        .await;
        // And the pool is none the worse.
        app.patch(&format!("/Users/{tomas}"), &one("replace", "title", json!("Whole"))).await;
    })
    .await;
}

/// A trigger of the application that refuses addresses at blocked.example.
fn refuse_mail(target: Target) -> &'static str {
    match target {
        Target::Sqlite => {
            "CREATE TRIGGER refuse_mail BEFORE INSERT ON person_mail WHEN NEW.address LIKE '%@blocked.example'
             BEGIN SELECT RAISE(ABORT, 'this address is blocked'); END;"
        }
        Target::Postgres | Target::OdbcPostgres => {
            "CREATE FUNCTION refuse_mail() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN RAISE EXCEPTION 'this address is blocked' USING ERRCODE = 'check_violation'; END $$;
             CREATE TRIGGER refuse_mail BEFORE INSERT OR UPDATE ON person_mail
             FOR EACH ROW WHEN (NEW.address LIKE '%@blocked.example') EXECUTE FUNCTION refuse_mail();"
        }
        Target::Mariadb => {
            "CREATE TRIGGER refuse_mail BEFORE INSERT ON person_mail FOR EACH ROW
             IF NEW.address LIKE '%@blocked.example' THEN
                 SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'this address is blocked';
             END IF"
        }
        Target::Mssql => {
            "CREATE TRIGGER refuse_mail ON person_mail AFTER INSERT AS
             IF EXISTS (SELECT 1 FROM inserted WHERE address LIKE '%@blocked.example')
                 THROW 50000, 'this address is blocked', 1"
        }
        Target::OpenLdap | Target::SambaAd => panic!("a directory has no triggers"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_creates_wins() {
    on_each(async |app| {
        let attempts = (0..12).map(|number| {
            let (scim, mut body) = (app.scim.clone(), user("race@helpdesk.example"));
            body[ENTERPRISE]["employeeNumber"] = json!(format!("R-{number}"));
            tokio::spawn(async move { scim.post("/Users", &body).await.unwrap() })
        });
        let mut created = 0;
        for attempt in attempts.collect::<Vec<_>>() {
            let answer = attempt.await.unwrap();
            match answer.status {
                201 => created += 1,
                _ => is_error(&answer, 409, Some("uniqueness"), "userName"),
            }
        }
        assert_eq!(created, 1);
        let rows = app.rows().await;
        assert_eq!(rows.table("person").unwrap().filter("login", "race@helpdesk.example").count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_one_group_do_not_lose_each_other() {
    on_each(async |app| {
        let team = app.team("Escalations").await;
        let mut people = Vec::new();
        for number in 0..10 {
            people.push(app.create(&user(&format!("crowd{number}@helpdesk.example"))).await);
        }
        let attempts = people.iter().map(|id| {
            let (scim, team) = (app.scim.clone(), team.clone());
            let body = one("Add", "members", members([id.as_str()]));
            tokio::spawn(async move { scim.patch(&format!("/Groups/{team}"), &body).await.unwrap() })
        });
        for attempt in attempts.collect::<Vec<_>>() {
            let answer = attempt.await.unwrap();
            assert_eq!(answer.status, 204, "{}", answer.text);
        }
        let rows = app.rows().await;
        assert_eq!(rows.values("team_person", "team_id", &team, "person_id").len(), 11, "Kofi and the crowd");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_up_leave_a_healthy_pool() {
    on_each(async |app| {
        for number in 0..30 {
            app.create(&user(&format!("hang{number:02}@helpdesk.example"))).await;
        }
        let tomas = app.person("tomas.horak@helpdesk.example").await;
        hang_up_while_waiting(app).await;
        let total = app.get("/Users?count=0").await.at("/totalResults").clone();
        // More requests than the pool has connections, dropped at every stage of their lives.
        let mut dropped = 0;
        for round in 0..60_u64 {
            let limit = Duration::from_micros(200 + round * 150);
            let scim = app.scim.clone();
            let path = format!("/Users/{tomas}");
            let body = one("replace", "title", json!(format!("Round {round}")));
            let write =
                async { if round % 2 == 0 { scim.patch(&path, &body).await } else { scim.get("/Users").await } };
            dropped += usize::from(tokio::time::timeout(limit, write).await.is_err());
        }
        assert!(dropped > 0, "nobody hung up in time");
        for _ in 0..20 {
            assert_eq!(app.get("/Users?count=0").await.at("/totalResults"), &total);
        }
        // Of somebody else: a write goes on when its client hangs up, and may be the last to
        // get its turn.
        let other = app.person("hang00@helpdesk.example").await;
        app.patch(&format!("/Users/{other}"), &one("replace", "title", json!("After"))).await;
        let rows = app.rows().await;
        assert_eq!(rows.find("person", "person_id", &other).unwrap().get("title"), Some("After"));
    })
    .await;
}

/// Hangs up on writes that wait for a lock of the application's own, so that they are
/// certainly in the middle of a statement; then the lock is gone and all goes on.
async fn hang_up_while_waiting(app: &App) {
    let tomas = app.person("tomas.horak@helpdesk.example").await;
    let lock = app.helpdesk.lock_people().await.unwrap();
    let path = format!("/Users/{tomas}");
    let mut waiting = Vec::new();
    for number in 0..24 {
        let (scim, path) = (app.scim.clone(), path.clone());
        waiting.push(tokio::spawn(async move {
            let body = one("replace", "title", json!(format!("Waiting {number}")));
            scim.patch(&path, &body).await.map(|answer| answer.status)
        }));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    for task in &waiting {
        task.abort();
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    lock.release().await.unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(10), app.scim.get(&path)).await;
    let answer = answer.expect("the pool does not answer").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = one("replace", "title", json!("Free again"));
    let write = app.scim.patch(&path, &body);
    let answer = tokio::time::timeout(Duration::from_secs(10), write).await.expect("writes are stuck").unwrap();
    assert!(matches!(answer.status, 200 | 204), "{}", answer.text);
}
