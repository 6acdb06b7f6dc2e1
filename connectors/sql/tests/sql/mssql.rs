//! What SQL Server does in its own way.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_capability::sql::Request;
use patchbay_contract::{
    Change, Comparator, Comparison, Connector as _, ErrorKind, Filter, FilterNode, Query, Severity, Value,
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::named::Readers;
use crate::target::{Kind, Target, attribute, by, check, ctx, delta, kind_of, query, reference, text, uids};

/// For each statement beside the connector.
const TIME: Duration = Duration::from_secs(20);

/// An app over assets, in a schema of their own.
async fn assets(kind: Kind) -> Target {
    let settings = json!({ "classes": { "asset": {
        "table": "hr.asset", "name": "order", "version": { "column": "version" },
    } } });
    Target::new(kind, settings, false).await
}

async fn find(target: &Target, name: &str, operator: Comparator, value: Value) -> Vec<String> {
    let mut filter = Filter::new();
    filter.push(FilterNode::Compare(Comparison { attribute: name.to_owned(), operator, value }));
    let page = target.search(Query { filter: Some(filter), want_total: true, ..query("asset") }).await.unwrap();
    assert_eq!(page.total, Some(page.objects.len() as u64), "count and rows agree");
    uids(&page)
}

#[tokio::test(flavor = "multi_thread")]
async fn types_that_only_sql_server_has() {
    for kind in Kind::of(&[Kind::Mssql]) {
        let target = assets(kind).await;
        assert_eq!(target.app.test(&ctx()).await.unwrap(), []);
        let moment = |text: &str| Value::Timestamp(text.to_owned());
        let uid = target
            .create(
                "asset",
                vec![
                    attribute("order", [text("abc")]),
                    attribute("serial", [text("X-1")]),
                    attribute("price", [Value::Decimal("12.5".into())]),
                    attribute("weight", [Value::Decimal("0.5".into())]),
                    attribute("bought", [text("2024-02-29")]),
                    attribute("opens", [text("09:30:00")]),
                    attribute("seen", [moment("2024-05-01T12:00:00.123+02:00")]),
                    attribute("moved", [moment("2024-05-01T12:00:00.1234567+02:00")]),
                    attribute("old", [moment("2024-05-01T12:00:00.25+02:00")]),
                    attribute("photo", [Value::Binary(vec![0, 255, 7])]),
                    attribute("note", [text(&"n\u{1f98a}".repeat(5_000))]),
                ],
            )
            .await
            .unwrap();
        assert_eq!(uid.len(), 36);
        for (name, expected) in [
            ("order", "abc"),
            ("label", "ABC"),
            ("serial", "X-1"),
            ("price", "12.5000d"),
            ("weight", "0.5d"),
            ("bought", "2024-02-29"),
            ("opens", "09:30:00"),
            ("seen", "@2024-05-01T10:00:00.123Z"),
            ("moved", "@2024-05-01T10:00:00.1234567Z"),
            ("old", "@2024-05-01T10:00:00.25Z"),
            ("photo", "[0, 255, 7]"),
        ] {
            assert_eq!(target.values("asset", &uid, name).await, [expected], "{name}");
        }
        assert_eq!(target.values("asset", &uid, "note").await, ["n\u{1f98a}".repeat(5_000)]);
        let other = target.create("asset", vec![attribute("order", [text("other")])]).await.unwrap();
        for (name, operator, value) in [
            ("label", Comparator::Equal, text("ABC")),
            ("serial", Comparator::Equal, text("x-1")),
            ("serial", Comparator::StartsWith, text("x-")),
            ("price", Comparator::Equal, Value::Decimal("12.50".into())),
            ("weight", Comparator::Less, Value::Integer(1)),
            ("bought", Comparator::Equal, text("2024-02-29")),
            ("opens", Comparator::Greater, text("09:00:00")),
            ("seen", Comparator::Equal, moment("2024-05-01T10:00:00.123Z")),
            ("moved", Comparator::Equal, moment("2024-05-01T10:00:00.1234567Z")),
            ("old", Comparator::GreaterOrEqual, moment("2024-05-01T10:00:00.25Z")),
            ("note", Comparator::Contains, text("\u{1f98a}n")),
            ("order", Comparator::Equal, text("abc")),
        ] {
            assert_eq!(find(&target, name, operator, value.clone()).await, [uid.as_str()], "{name} {value:?}");
        }
        // Every type goes into the end of a page, and what is not there as well.
        for name in ["serial", "price", "bought", "opens", "seen", "moved", "old", "label", "order"] {
            for descending in [false, true] {
                let one = Query { page_size: 1, order: vec![by(name, descending)], ..query("asset") };
                let first = target.search(one.clone()).await.unwrap();
                let second = target.search(Query { continuation: first.next.clone(), ..one }).await.unwrap();
                let mut both = [uids(&first), uids(&second)].concat();
                both.sort();
                let mut expected = [uid.clone(), other.clone()];
                expected.sort();
                assert_eq!((both.as_slice(), second.next), (expected.as_slice(), None), "{name}");
            }
        }
        let refused = target.create("asset", vec![attribute("label", [text("X")])]).await;
        assert_eq!(kind_of(refused), Err((ErrorKind::Mutability, Some("label".into()))));
        target.sql(&format!("INSERT INTO hr.asset_part (asset_id, part) VALUES ('{uid}', 'screw')"));
        target.delete("asset", &uid).await.unwrap();
        assert_eq!(target.sql("SELECT COUNT(*) FROM hr.asset_part"), ["0"], "its parts went with it");
    }
}

/// A `rowversion` moves with every write, whoever's it is.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_counts_versions() {
    for kind in Kind::of(&[Kind::Mssql]) {
        let target = assets(kind).await;
        let uid = target.create("asset", vec![attribute("order", [text("abc")])]).await.unwrap();
        let seen = || async { target.get("asset", &uid, &[]).await.unwrap().id.revision.unwrap() };
        let first = seen().await;
        assert_eq!(first.len(), 16);
        let rename = |version: String, order: &'static str| {
            let (target, uid) = (&target, &uid);
            async move {
                let change = vec![delta("order", Change::Replace(vec![text(order)]))];
                kind_of(target.app.update(&ctx(), "asset", uid, Some(&version), change).await)
            }
        };
        let written = rename(first.clone(), "def").await.unwrap();
        assert_eq!(written.id.revision, Some(seen().await));
        assert_eq!(rename(first.clone(), "ghi").await, Err((ErrorKind::PreconditionFailed, None)));
        let second = seen().await;
        target.sql("UPDATE hr.asset SET price = 1");
        assert_eq!(rename(second, "ghi").await, Err((ErrorKind::PreconditionFailed, None)));
        let late = target.app.delete(&ctx(), "asset", &uid, Some(&first)).await;
        assert_eq!(kind_of(late), Err((ErrorKind::PreconditionFailed, None)));
        assert_eq!(target.values("asset", &uid, "order").await, ["def"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filtered_index_lets_absent_values_repeat_and_names_the_attribute() {
    for kind in Kind::of(&[Kind::Mssql]) {
        let target = assets(kind).await;
        let asset = |order: &str, serial: Option<&str>| {
            let mut given = vec![attribute("order", [text(order)])];
            given.extend(serial.map(|serial| attribute("serial", [text(serial)])));
            given
        };
        for order in ["a", "b"] {
            target.create("asset", asset(order, None)).await.unwrap();
        }
        let uid = target.create("asset", asset("c", Some("x-1"))).await.unwrap();
        let taken = Err((ErrorKind::AlreadyExists, Some("serial".to_owned())));
        assert_eq!(kind_of(target.create("asset", asset("d", Some("X-1"))).await), taken);
        target.update("asset", &uid, vec![delta("serial", Change::Clear)]).await.unwrap();
        target.create("asset", asset("d", Some("X-1"))).await.unwrap();
        let change = vec![delta("serial", Change::Replace(vec![text("x-1")]))];
        assert_eq!(kind_of(target.update("asset", &uid, change).await.map(|_| String::new())), taken);
        assert_eq!(target.sql("SELECT COUNT(*) FROM hr.asset"), ["4"]);
    }
}

/// A key that the database counts up comes back from the INSERT itself where nothing else
/// finds the row; with a trigger on the table the server refuses that.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_rows_that_nothing_else_tells_apart() {
    for kind in Kind::of(&[Kind::Mssql]) {
        let settings = json!({ "classes": {
            "note": { "table": "hr.note" },
            "watched": { "table": "hr.watched_note" },
        } });
        let target = Target::new(kind, settings, false).await;
        for number in ["1", "2"] {
            assert_eq!(target.create("note", vec![attribute("body", [text("same")])]).await.unwrap(), number);
        }
        assert_eq!(target.create("note", Vec::new()).await.unwrap(), "3");
        let outcome = kind_of(target.create("watched", vec![attribute("body", [text("same")])]).await);
        assert_eq!(outcome, Err((ErrorKind::Configuration, None)));
        assert_eq!(target.sql("SELECT COUNT(*) FROM hr.watched_note"), ["0"]);
    }
}

/// The table of people has a trigger that writes to a table with numbers of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_changes_neither_keys_nor_counts() {
    for kind in Kind::of(&[Kind::Mssql]) {
        let target = Target::new(kind, crate::target::settings(), false).await;
        for number in ["1", "2", "3"] {
            let given = vec![attribute("login", [text(&format!("p{number}"))])];
            assert_eq!(target.create("person", given).await.unwrap(), number);
        }
        target.update("person", "2", vec![delta("age", Change::Replace(vec![Value::Integer(7)]))]).await.unwrap();
        target.delete("person", "3").await.unwrap();
        assert_eq!(kind_of(target.delete("person", "3").await), Err((ErrorKind::NotFound, None)));
        let traces = target.sql("SELECT person_id FROM person_trace ORDER BY trace_id");
        assert_eq!(traces, ["1", "2", "3", "2", "3"]);
    }
}

/// A server of one's own lets readers wait for writers, unless it is told otherwise: slower,
/// and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_which_readers_wait() {
    for kind in Kind::of(&[Kind::Mssql]) {
        let target = Target::with_readers(kind, crate::target::settings(), true, Readers::Wait).await;
        let target = Arc::new(target);
        let mut lease = target.pool.lease(Instant::now() + TIME).await.unwrap();
        lease.run(Request::Begin, Instant::now() + TIME).await.unwrap();
        let update = "UPDATE person SET first_name = N'Hanna' WHERE person_id = 1";
        let update = Request::Execute { text: update.into(), params: Vec::new() };
        lease.run(update, Instant::now() + TIME).await.unwrap();
        let reading = tokio::spawn({
            let target = Arc::clone(&target);
            async move { target.values("person", "1", "first_name").await }
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(!reading.is_finished(), "it waits");
        lease.run(Request::Commit, Instant::now() + TIME).await.unwrap();
        assert_eq!(reading.await.unwrap(), ["Hanna"]);
        let mut writers = JoinSet::new();
        for number in 0..6 {
            let target = Arc::clone(&target);
            writers.spawn(async move {
                let given = vec![attribute("login", [text(&format!("w{number}"))])];
                let uid = target.create("person", given).await.unwrap();
                let add = Change::Add(vec![reference(&uid)]);
                target.update("team", "2", vec![delta("members", add)]).await.unwrap();
            });
        }
        writers.join_all().await;
        assert_eq!(target.values("team", "2", "members").await.len(), 6);
    }
}

/// What is longer than any value is found nowhere: the server takes patterns of 4,000
/// characters at most.
#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_that_is_longer_than_the_column_finds_nothing() {
    check(|target| async move {
        for operator in [Comparator::Contains, Comparator::StartsWith, Comparator::EndsWith] {
            for name in ["login", "code", "department", "work"] {
                let node = Comparison { attribute: name.into(), operator, value: text(&"a".repeat(9_000)) };
                let nodes = vec![FilterNode::Compare(node), FilterNode::Not(0)];
                assert_eq!(target.matches(nodes[..1].to_vec()).await.unwrap(), [""; 0], "{name} {:?}", target.kind);
                assert_eq!(target.matches(nodes).await.unwrap(), ["1", "2", "3"], "{name} {:?}", target.kind);
            }
        }
    })
    .await;
}

/// Whatever a collation takes for the same: what SCIM calls equal is equal.
#[tokio::test(flavor = "multi_thread")]
async fn equal_is_what_scim_calls_equal() {
    for kind in Kind::of(&[Kind::Mssql]) {
        let target = Target::new(kind, crate::target::settings(), false).await;
        target.script(
            "ALTER TABLE person DROP CONSTRAINT person_login_key;
             ALTER TABLE person ALTER COLUMN login NVARCHAR(40) COLLATE Latin1_General_100_CI_AI NOT NULL;
             ALTER TABLE person ADD CONSTRAINT person_login_key UNIQUE (login)",
        );
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
            (Comparator::Contains, "[a-z]", vec![]),
            (Comparator::EndsWith, "%", vec![]),
        ] {
            let node = Comparison { attribute: "login".into(), operator, value: text(value) };
            let found = target.matches(vec![FilterNode::Compare(node)]).await.unwrap();
            assert_eq!(found, expected, "{operator:?} {value}");
        }
        // Taken is what the database takes for taken.
        let clash = target.create("person", vec![attribute("login", [text("zoe")])]).await;
        assert_eq!(kind_of(clash), Err((ErrorKind::AlreadyExists, Some("login".to_owned()))));
    }
}

/// A class that is proposed from a table of another schema is named with it.
#[tokio::test(flavor = "multi_thread")]
async fn tables_of_another_schema_are_proposed() {
    for kind in Kind::of(&[Kind::Mssql]) {
        let target = Target::new(kind, json!({}), false).await;
        let classes = target.app.discover(&ctx()).await.unwrap();
        let asset = classes.iter().find(|class| class.name.ends_with("asset")).expect("it is granted");
        assert_eq!(asset.key, ["asset_id"]);
        let label = asset.attribute("label").unwrap().traits;
        assert!(!label.creatable && !label.updatable, "it is computed");
        let findings = target.app.test(&ctx()).await.unwrap();
        assert!(findings.iter().all(|finding| finding.severity != Severity::Error), "{findings:#?}");
    }
}
