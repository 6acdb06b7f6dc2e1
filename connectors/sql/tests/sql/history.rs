//! What has gone wrong in Microsoft's Generic SQL connector, by its version history: each a
//! case that must never go wrong here.

use patchbay_contract::{Change, Comparator, Comparison, Connector as _, ErrorKind, Filter, FilterNode, Query, Value};
use serde_json::json;

use crate::target::{Kind, Target, attribute, check, ctx, delta, kind_of, query, reference, settings, text};

/// Adds people by the application's own means, with numbers from 4 on.
fn fill(target: &Target, count: u32) {
    for first in (4..4 + count).step_by(500) {
        let last = (first + 500).min(4 + count);
        let rows: Vec<String> = (first..last).map(|number| format!("('p{number:05}', 'P')")).collect();
        target.insert("person", "login, first_name", &rows);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_does_not_stop_after_the_first_page_or_five_thousand_rows() {
    check(|target| async move {
        fill(&target, 5_500);
        for (page_size, filtered) in [(100, false), (1000, false), (1000, true)] {
            let condition =
                Comparison { attribute: "first_name".into(), operator: Comparator::Equal, value: text("p") };
            let mut filter = Filter::new();
            filter.push(FilterNode::Compare(condition));
            let filter = filtered.then_some(filter);
            let (mut continuation, mut seen, mut pages) = (None, Vec::new(), 0);
            loop {
                let asked =
                    Query { page_size, continuation, want_total: true, filter: filter.clone(), ..query("person") };
                let page = target.search(asked).await.unwrap();
                assert_eq!(page.total, Some(if filtered { 5_500 } else { 5_503 }), "on {:?}", target.kind);
                seen.extend(page.objects.into_iter().map(|object| object.id.uid.parse::<u32>().unwrap()));
                pages += 1;
                continuation = page.next;
                if continuation.is_none() {
                    break;
                }
            }
            let all: Vec<u32> = (if filtered { 4 } else { 1 }..=5_503).collect();
            assert!(seen == all, "{} on {:?}", seen.len(), target.kind);
            assert!(pages <= 5_503 / page_size + 2, "{pages} pages of {page_size}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_cleared() {
    check(|target| async move {
        let names = ["first_name", "age", "department", "manager", "work"];
        for name in names {
            assert_ne!(target.values("person", "2", name).await, [""; 0], "{name}");
        }
        target.update("person", "2", names.map(|name| delta(name, Change::Clear)).into()).await.unwrap();
        for name in names {
            assert_eq!(target.values("person", "2", name).await, [""; 0], "{name} on {:?}", target.kind);
        }
        assert_eq!(target.sql("SELECT COUNT(*) FROM mail WHERE person_id = 2"), ["0"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_references_do_not_stay() {
    check(|target| async move {
        let replace = |values: Vec<Value>| Change::Replace(values);
        target.update("person", "2", vec![delta("manager", replace(vec![reference("3")]))]).await.unwrap();
        assert_eq!(target.values("person", "2", "manager").await, ["->3"], "on {:?}", target.kind);
        target.update("team", "1", vec![delta("members", replace(vec![reference("3")]))]).await.unwrap();
        assert_eq!(target.values("team", "1", "members").await, ["->3"], "on {:?}", target.kind);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_element_of_a_reference_list_is_deleted() {
    check(|target| async move {
        for uid in ["1", "2"] {
            let change = Change::Remove(vec![reference(uid)]);
            target.update("team", "1", vec![delta("members", change)]).await.unwrap();
        }
        assert_eq!(target.values("team", "1", "members").await, [""; 0]);
        assert_eq!(target.sql("SELECT COUNT(*) FROM team_person WHERE team_id = 1"), ["0"], "on {:?}", target.kind);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn references_stay_references() {
    check(|target| async move {
        for _ in 0..2 {
            assert_eq!(target.values("person", "2", "manager").await, ["->1"]);
            assert_eq!(target.values("team", "1", "members").await, ["->1", "->2"]);
            target.app.discover(&ctx()).await.unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_is_a_delete() {
    check(|target| async move {
        target.statements();
        target.delete("person", "3").await.unwrap();
        assert_eq!(target.sql("SELECT COUNT(*) FROM person WHERE person_id = 3"), ["0"]);
        let statements = target.statements();
        assert!(!statements.iter().any(|text| text.starts_with("UPDATE")), "{statements:?}");
    })
    .await;
}

/// A table with long columns and a name in two cases, and a target over it.
async fn documents(kind: Kind) -> Target {
    let settings = json!({ "classes": { "document": { "table": "document", "key": "doc_id" } } });
    let target = Target::new(kind, settings, false).await;
    let (long, bytes) = match kind {
        Kind::Sqlite => ("TEXT", "BLOB"),
        Kind::Postgres => ("TEXT", "BYTEA"),
        Kind::MariaDb => ("LONGTEXT", "LONGBLOB"),
        Kind::Mssql => ("NVARCHAR(MAX)", "VARBINARY(MAX)"),
    };
    let mixed = match kind {
        Kind::MariaDb => "`MixedCase`",
        Kind::Mssql => "[MixedCase]",
        Kind::Sqlite | Kind::Postgres => "\"MixedCase\"",
    };
    target.sql(&format!(
        "CREATE TABLE document (doc_id SMALLINT NOT NULL PRIMARY KEY, body {long}, data {bytes}, {mixed} VARCHAR(20))"
    ));
    target
}

#[tokio::test(flavor = "multi_thread")]
async fn long_parameters_are_not_cut() {
    for kind in Kind::all() {
        let target = documents(kind).await;
        for (number, length) in [397, 398, 4000, 4001, 8000, 8001, 65_536, 300_000].into_iter().enumerate() {
            let body: String = "aé".chars().cycle().take(length).collect();
            let data: Vec<u8> = (0..length).map(|index| u8::try_from(index % 256).unwrap()).collect();
            let id = i64::try_from(number).unwrap() + 1;
            let given = vec![
                attribute("doc_id", [Value::Integer(id)]),
                attribute("body", [text(&body)]),
                attribute("data", [Value::Binary(data.clone())]),
            ];
            let uid = target.create("document", given).await.unwrap();
            let object = target.get("document", &uid, &["body", "data"]).await.unwrap();
            let same = object.cells == [vec![text(&body)], vec![Value::Binary(data)]];
            assert!(same, "{length} on {kind:?}");
        }
        let beyond = attribute("body", [text(&"x".repeat(1 << 20))]);
        let given = vec![attribute("doc_id", [Value::Integer(100)]), beyond.clone()];
        assert_eq!(kind_of(target.create("document", given).await), Err((ErrorKind::InvalidValue, None)));
        let change = vec![delta("body", Change::Replace(beyond.values.clone()))];
        let expected = Err((ErrorKind::InvalidValue, Some("body".to_owned())));
        assert_eq!(kind_of(target.update("document", "1", change).await.map(|_| ())), expected, "on {kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_binary_is_one() {
    for kind in Kind::all() {
        let target = documents(kind).await;
        let given = vec![attribute("doc_id", [Value::Integer(1)]), attribute("data", [Value::Binary(Vec::new())])];
        let uid = target.create("document", given).await.unwrap();
        let object = target.get("document", &uid, &["data", "body"]).await.unwrap();
        assert_eq!(object.cells, [vec![Value::Binary(Vec::new())], vec![]], "on {kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_keep_their_case() {
    for kind in Kind::all() {
        let target = documents(kind).await;
        let given = vec![attribute("doc_id", [Value::Integer(1)]), attribute("MixedCase", [text("Mixed Case")])];
        let uid = target.create("document", given).await.unwrap();
        assert_eq!(target.values("document", &uid, "MixedCase").await, ["Mixed Case"], "on {kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_classes_may_contain_each_other() {
    for kind in Kind::all() {
        let mut settings = settings();
        let classes = settings["classes"].as_object_mut().unwrap();
        for (name, of) in [("per", "team"), ("person2", "team"), ("teams", "person")] {
            let class = classes[of].clone();
            classes.insert(name.to_owned(), class);
        }
        let target = Target::new(kind, settings, true).await;
        assert_eq!(target.values("per", "1", "name").await, ["Red"], "on {kind:?}");
        assert_eq!(target.values("person", "1", "login").await, ["anna"]);
        assert_eq!(target.values("person2", "2", "name").await, ["Blue"]);
        assert_eq!(target.values("teams", "1", "login").await, ["anna"]);
        assert_eq!(target.values("team", "1", "members").await, ["->1", "->2"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_has_twenty_four_hours() {
    check(|target| async move {
        for stamp in ["2024-05-01T00:30:00Z", "2024-05-01T12:30:00Z", "2024-05-01T13:30:00Z", "2024-12-31T23:59:59Z"] {
            let change = Change::Replace(vec![Value::Timestamp(stamp.into())]);
            target.update("person", "1", vec![delta("created", change)]).await.unwrap();
            assert_eq!(target.values("person", "1", "created").await, [format!("@{stamp}")], "on {:?}", target.kind);
        }
    })
    .await;
}
