//! A column that goes and comes back, as it does where a table is rebuilt.

use patchbay_contract::{Comparator, Comparison, ErrorKind, Filter, FilterNode, Query};

use crate::target::{Kind, Target, attribute, by, kind_of, query, settings, text};

/// Those that rename columns so.
const KINDS: [Kind; 3] = [Kind::Sqlite, Kind::Postgres, Kind::MariaDb];

#[tokio::test(flavor = "multi_thread")]
async fn what_came_back_is_used_again() {
    for kind in Kind::of(&KINDS) {
        let target = Target::new(kind, settings(), true).await;
        let read = async || kind_of(target.get("person", "1", &["code"]).await.map(drop));
        read().await.unwrap();
        target.sql("ALTER TABLE person RENAME COLUMN code TO old_code");
        let gone = Err((ErrorKind::StalePlan, Some("code".to_owned())));
        assert_eq!(read().await, gone, "{kind:?}");
        target.sql("ALTER TABLE person RENAME COLUMN old_code TO code");
        read().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_name_an_attribute_finds_out() {
    for kind in Kind::of(&KINDS) {
        let target = Target::new(kind, settings(), true).await;
        let mut filter = Filter::new();
        let node = Comparison { attribute: "code".into(), operator: Comparator::Equal, value: text("A") };
        filter.push(FilterNode::Compare(node));
        let filtered = Query { filter: Some(filter), ..query("person") };
        let sorted = Query { order: vec![by("code", false)], ..query("person") };
        for way in 0..3 {
            target.sql("ALTER TABLE person RENAME COLUMN code TO old_code");
            let _ = target.get("person", "1", &["code"]).await;
            target.sql("ALTER TABLE person RENAME COLUMN old_code TO code");
            let given = vec![attribute("login", [text("dora")]), attribute("code", [text("D")])];
            let outcome = match way {
                0 => target.search(filtered.clone()).await.map(drop),
                1 => target.search(sorted.clone()).await.map(drop),
                _ => target.create("person", given).await.map(drop),
            };
            assert_eq!(kind_of(outcome), Ok(()), "{way} {kind:?}");
        }
    }
}
