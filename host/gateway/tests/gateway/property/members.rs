//! Members of a group: many operations in one PATCH, those that can be made without
//! reading and those that cannot, leave what a set would hold.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::block_on;
use crate::App;
use crate::rfc7644::patch;

const IDS: [&str; 5] = ["1", "2", "3", "4", "5"];

#[derive(Debug, Clone)]
enum Change {
    Add(Vec<&'static str>),
    Replace(Vec<&'static str>),
    Remove(Vec<&'static str>),
    /// All but these: only a reading can tell which those are.
    RemoveOthers(&'static str),
    RemoveAll,
    Rename(&'static str),
}

fn values(ids: &[&str]) -> Vec<Value> {
    ids.iter().map(|id| json!({"value": id, "type": "User"})).collect()
}

impl Change {
    fn play(&self, members: &mut BTreeSet<&'static str>) {
        match self {
            Self::Add(ids) => members.extend(ids),
            Self::Replace(ids) => *members = ids.iter().copied().collect(),
            Self::Remove(ids) => members.retain(|id| !ids.contains(id)),
            Self::RemoveOthers(kept) => members.retain(|id| id == kept),
            Self::RemoveAll => members.clear(),
            Self::Rename(_) => {}
        }
    }

    fn operation(&self) -> Value {
        match self {
            Self::Add(ids) => json!({"op": "add", "path": "members", "value": values(ids)}),
            Self::Replace(ids) => json!({"op": "replace", "path": "members", "value": values(ids)}),
            Self::Remove(ids) => {
                let any: Vec<String> = ids.iter().map(|id| format!("value eq \"{id}\"")).collect();
                json!({"op": "remove", "path": format!("members[{}]", any.join(" or "))})
            }
            Self::RemoveOthers(kept) => json!({"op": "remove", "path": format!("members[not (value eq \"{kept}\")]")}),
            Self::RemoveAll => json!({"op": "remove", "path": "members"}),
            Self::Rename(name) => json!({"op": "replace", "value": {"displayName": name}}),
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let ids = |least| prop::collection::vec(select(&IDS[..]), least..4);
    prop_oneof![
        3 => ids(1).prop_map(Change::Add),
        1 => ids(0).prop_map(Change::Replace),
        3 => ids(1).prop_map(Change::Remove),
        1 => select(&IDS[..]).prop_map(Change::RemoveOthers),
        1 => Just(Change::RemoveAll),
        1 => select(&["g", "h"][..]).prop_map(Change::Rename),
    ]
}

async fn check(changes: Vec<Change>) -> Result<(), TestCaseError> {
    let app = App::wide("rfc");
    let target = format!("/Groups/{}", app.group("g", &["1", "2"]).await);
    let mut model = BTreeSet::from(["1", "2"]);
    changes.iter().for_each(|change| change.play(&mut model));
    let response = patch(&app, &target, changes.iter().map(Change::operation).collect()).await;
    prop_assert_eq!(response.status, 204, "{:?}", response.body);
    let was_read = app.fake.reads().iter().any(|read| read.contains("members"));
    prop_assert_eq!(was_read, changes.iter().any(|change| matches!(change, Change::RemoveOthers(_))));
    let group = app.get(&target).await;
    let members: BTreeSet<&str> =
        group["members"].as_array().into_iter().flatten().map(|m| m["value"].as_str().unwrap()).collect();
    prop_assert_eq!(members, model);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn members_are_those_of_the_model(changes in prop::collection::vec(change(), 1..7)) {
        block_on(check(changes))?;
    }
}
