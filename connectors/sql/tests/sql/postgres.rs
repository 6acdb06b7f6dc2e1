//! What only PostgreSQL has.

use patchbay_contract::{Comparator, Comparison, ErrorKind, Filter, FilterNode, Query, Value};

use crate::target::{Kind, Target, attribute, kind_of, query, show, text};

#[tokio::test(flavor = "multi_thread")]
async fn types_that_only_postgres_has() {
    let settings = serde_json::json!({ "classes": { "badge": { "table": "badge" } } });
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
