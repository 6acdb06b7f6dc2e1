//! What MySQL and MariaDB do in their own way.

use std::sync::atomic::{AtomicU32, Ordering};

use patchbay_contract::{Comparator, Comparison, ErrorKind, FilterNode, Value};
use serde_json::json;

use crate::target::{Kind, Target, attribute, kind_of, settings, text};

async fn target(statements: &str, classes: serde_json::Value) -> Target {
    let mut settings = settings();
    for (name, class) in classes.as_object().unwrap() {
        settings["classes"][name] = class.clone();
    }
    let target = Target::new(Kind::MariaDb, settings, false).await;
    target.sql(statements);
    target
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_is_what_scim_calls_equal() {
    let target = target("DO 1", json!({})).await;
    target.sql("ALTER TABLE person MODIFY login VARCHAR(40) COLLATE utf8mb4_unicode_ci NOT NULL");
    for login in ["Zo\u{eb}", "stra\u{df}e", "anna"] {
        target.create("person", vec![attribute("login", [text(login)])]).await.unwrap();
    }
    for (operator, value, expected) in [
        (Comparator::Equal, "zo\u{eb}", vec!["1"]),
        (Comparator::Equal, "ZOE", vec![]),
        (Comparator::Equal, "strasse", vec![]),
        (Comparator::Equal, "ANNA", vec!["3"]),
        (Comparator::Equal, "anna ", vec![]),
        (Comparator::NotEqual, "anna ", vec!["1", "2", "3"]),
        (Comparator::NotEqual, "Anna", vec!["1", "2"]),
        (Comparator::StartsWith, "ZO\u{cb}", vec!["1"]),
        (Comparator::StartsWith, "zoe", vec![]),
        (Comparator::Contains, "RA\u{df}", vec!["2"]),
        (Comparator::EndsWith, "%", vec![]),
    ] {
        let node = Comparison { attribute: "login".into(), operator, value: text(value) };
        assert_eq!(target.matches(vec![FilterNode::Compare(node)]).await.unwrap(), expected, "{operator:?} {value}");
    }
    // Taken is what the database takes for taken.
    let clash = target.create("person", vec![attribute("login", [text("zoe")])]).await;
    assert_eq!(kind_of(clash), Err((ErrorKind::AlreadyExists, Some("login".to_owned()))));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_new_rows() {
    let target = target(
        "ALTER TABLE tag ADD COLUMN tag_key CHAR(8) NOT NULL DEFAULT (left(uuid(), 8)), ADD PRIMARY KEY (tag_key)",
        json!({ "badge": { "table": "badge" }, "label": { "table": "tag" } }),
    )
    .await;
    target.create("person", vec![attribute("login", [text("anna")])]).await.unwrap();
    // Made before: a UUID.
    let uid = target.create("badge", vec![attribute("colour", [text("red")])]).await.unwrap();
    assert_eq!(target.sql("SELECT badge_id, colour FROM badge"), [format!("{uid}|red")]);
    assert_eq!(target.values("badge", &uid, "colour").await, ["red"]);
    target.delete("badge", &uid).await.unwrap();
    // Given: two columns.
    let locker = [attribute("building", [text("North")]), attribute("number", [Value::Integer(7)])];
    let uid = target.create("locker", locker.to_vec()).await.unwrap();
    assert_eq!(target.values("locker", &uid, "number").await, ["7"]);
    // Counted up.
    assert_eq!(target.create("person", vec![attribute("login", [text("bert")])]).await, Ok("2".to_owned()));
    // A default of its own: nothing tells what it was.
    let given = [
        attribute("person_id", [Value::Integer(1)]),
        attribute("place", [Value::Integer(1)]),
        attribute("label", [text("x")]),
    ];
    let outcome = target.create("label", given.to_vec()).await;
    assert_eq!(kind_of(outcome).map_err(|(kind, _)| kind), Err(ErrorKind::Configuration));
    assert_eq!(target.sql("SELECT count(*) FROM tag"), ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_is_taken_for_the_new_one() {
    let target = target(
        "ALTER TABLE desk MODIFY desk_id INTEGER NOT NULL DEFAULT nextval(`Desk_Seq`);
         INSERT INTO desk (desk_id, label) VALUES (1, 'ceo');
         CREATE TABLE account (account_id INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY, login VARCHAR(20));
         INSERT INTO account VALUES (1, 'ceo');
         CREATE TRIGGER profile_number BEFORE INSERT ON profile FOR EACH ROW SET NEW.profile_id = 150",
        json!({ "desk": { "table": "desk" }, "account": { "table": "account" }, "profile": { "table": "profile" } }),
    )
    .await;
    let person = async || target.create("person", vec![attribute("login", [text(&unique())])]).await.unwrap();
    let create = async |class: &str, name: &str| target.create(class, vec![attribute(name, [text("bob")])]).await;
    // The number that the session counted up last is that of another row each time.
    assert_eq!(person().await, "1");
    assert_eq!(create("desk", "label").await.unwrap(), "40");
    assert_eq!(target.values("desk", "40", "label").await, ["bob"]);
    assert_eq!(create("profile", "login").await.unwrap(), "150");
    // Counted up, and nothing else would find it.
    assert_eq!(create("account", "login").await.unwrap(), "2");
    assert_eq!(person().await, "2");
    for change in [
        "CREATE TRIGGER account_number BEFORE INSERT ON account FOR EACH ROW SET NEW.account_id = 150",
        "DROP TRIGGER account_number;
         ALTER TABLE account MODIFY account_id INTEGER NOT NULL DEFAULT nextval(`Desk_Seq`)",
    ] {
        target.sql(change);
        let outcome = create("account", "login").await;
        assert_eq!(kind_of(outcome).map_err(|(kind, _)| kind), Err(ErrorKind::Configuration), "{change}");
        assert_eq!(target.sql("SELECT login FROM account ORDER BY account_id"), ["ceo", "bob"], "{change}");
    }
}

/// A login that nobody else has.
fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("login{}", COUNT.fetch_add(1, Ordering::Relaxed))
}
