//! What only PostgreSQL has.

use std::sync::Arc;

use patchbay_contract::{Change, Comparator, Comparison, Connector as _, ErrorKind, Filter, FilterNode, Query, Value};
use serde_json::json;
use tokio::task::JoinSet;

use crate::target::{Kind, Target, attribute, ctx, delta, kind_of, query, reference, settings, show, text};

#[tokio::test(flavor = "multi_thread")]
async fn types_that_only_postgres_has() {
    let settings = json!({ "classes": { "badge": { "table": "badge" } } });
    let target = Target::new(Kind::Postgres, settings, false).await;
    let stamp = Value::Timestamp("2024-05-01T12:00:00+02:00".into());
    let given = vec![attribute("colour", [text("green")]), attribute("printed", [stamp])];
    let uid = target.create("badge", given).await.unwrap();
    assert_eq!(uid.len(), 36);
    assert_eq!(target.values("badge", &uid, "colour").await, ["green"]);
    assert_eq!(target.values("badge", &uid, "printed").await, ["@2024-05-01T10:00:00Z"]);
    assert_eq!(kind_of(target.get("badge", &uid.to_uppercase(), &[]).await), Err((ErrorKind::NotFound, None)));
    let wrong = kind_of(target.create("badge", vec![attribute("colour", [text("blue")])]).await);
    assert_eq!(wrong, Err((ErrorKind::InvalidValue, Some("colour".into()))));
    for (operator, value, expected) in [
        (Comparator::Equal, "green", 1),
        (Comparator::Equal, "blue", 0),
        (Comparator::NotEqual, "blue", 1),
        (Comparator::Contains, "ree", 1),
    ] {
        let mut filter = Filter::new();
        filter.push(FilterNode::Compare(Comparison { attribute: "colour".into(), operator, value: text(value) }));
        let page = target.search(Query { filter: Some(filter), ..query("badge") }).await.unwrap();
        assert_eq!(page.objects.len(), expected, "{operator:?} {value}");
    }
    let cells = target.get("badge", &uid, &["badge_id"]).await.unwrap().cells;
    assert_eq!(cells.into_iter().flatten().map(show).collect::<Vec<_>>(), [uid]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_has_for_a_default_changes_nothing() {
    let mut settings = settings();
    settings["classes"]["account"] = json!({
        "table": "account",
        "unique": ["login"],
        "soft_delete": { "set": { "gone_at": { "now": true } } },
    });
    let target = Target::new(Kind::Postgres, settings, false).await;
    target.script(
        "CREATE TABLE account (account_id SERIAL PRIMARY KEY, login TEXT NOT NULL, gone_at TIMESTAMP);
         DO $$ BEGIN
             EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'Asia/Tokyo');
             EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = %L',
                            current_database(), 'repeatable read');
         END $$",
    );
    let target = Arc::new(target);
    let mut creates = JoinSet::new();
    for number in 0..40 {
        let target = Arc::clone(&target);
        let login = vec![attribute("login", [text(&format!("login{}", number % 5))])];
        creates.spawn(async move { kind_of(target.create("account", login).await) });
    }
    let outcomes = creates.join_all().await;
    let taken = Err((ErrorKind::AlreadyExists, Some("login".to_owned())));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == taken).count(), 35, "{outcomes:?}");
    let uid = outcomes.into_iter().find_map(Result::ok).unwrap();
    target.delete("account", &uid).await.unwrap();
    let age = "abs(extract(epoch FROM now() AT TIME ZONE 'UTC' - gone_at)) < 300";
    assert_eq!(target.sql(&format!("SELECT {age} FROM account WHERE gone_at IS NOT NULL")), ["t"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_may_wait_for_the_end_of_the_transaction() {
    let mut settings = settings();
    settings["classes"]["person"]["lookups"]["department"]["create"] = true.into();
    let mut target = Target::new(Kind::Postgres, settings, true).await;
    target.script(
        "ALTER TABLE team_person DROP CONSTRAINT team_person_pkey;
         ALTER TABLE team_person ADD PRIMARY KEY (team_id, person_id) DEFERRABLE;
         ALTER TABLE department DROP CONSTRAINT department_name_key;
         ALTER TABLE department ADD UNIQUE (name) DEFERRABLE INITIALLY DEFERRED",
    );
    target.restart();
    for (added, members) in [(["1", "3"], vec!["->1", "->2", "->3"]), (["3", "1"], vec!["->1", "->2", "->3"])] {
        let change = Change::Add(added.map(reference).to_vec());
        target.update("team", "1", vec![delta("members", change)]).await.unwrap();
        assert_eq!(target.values("team", "1", "members").await, members);
    }
    let classes = target.app.discover(&ctx()).await.unwrap();
    let team = classes.iter().find(|class| class.name == "team").unwrap();
    assert!(team.attribute("members").unwrap().traits.updatable);
    let target = Arc::new(target);
    let mut changes = JoinSet::new();
    for uid in ["1", "2", "3"] {
        let target = Arc::clone(&target);
        let change = Change::Replace(vec![text("Research")]);
        changes.spawn(async move { target.update("person", uid, vec![delta("department", change)]).await.map(drop) });
    }
    assert_eq!(changes.join_all().await, [Ok(()), Ok(()), Ok(())]);
    assert_eq!(target.sql("SELECT count(*) FROM department WHERE name = 'Research'"), ["1"]);
}
