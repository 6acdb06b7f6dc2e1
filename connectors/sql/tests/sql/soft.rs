//! Rows that are marked instead of deleted: what else changes with that, and how they come
//! back.

use std::sync::Arc;

use patchbay_contract::{Attribute, Connector as _, ErrorKind, Severity};
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use crate::target::{Kind, Target, attribute, ctx, kind_of, text, uids};

/// Accounts that are deleted so.
fn settings(soft_delete: Json) -> Json {
    json!({ "classes": { "profile": {
        "table": "profile",
        "name": "login",
        "columns": ["login", "title", "kind"],
        "multi": { "tags": { "table": "profile_tag", "parent": "profile_id", "value": "label" } },
        "soft_delete": soft_delete,
    } } })
}

/// Deleted accounts come back when their login does.
fn reviving() -> Json {
    json!({
        "set": { "gone": 1, "gone_at": { "now": true }, "changes": { "increment": 1 } },
        "restore": { "gone": 0 },
        "reactivate": ["login"],
    })
}

fn profile(login: &str, title: Option<&str>, tags: &[&str]) -> Vec<Attribute> {
    let mut given = vec![attribute("login", [text(login)])];
    given.extend(title.map(|title| attribute("title", [text(title)])));
    if !tags.is_empty() {
        given.push(attribute("tags", tags.iter().map(|tag| text(tag)).collect::<Vec<_>>()));
    }
    given
}

const STATE: &str = "SELECT login, title, kind, gone, CASE WHEN gone_at IS NULL THEN 0 ELSE 1 END, changes \
                     FROM profile ORDER BY profile_id";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_comes_back_under_its_key() {
    for kind in Kind::all() {
        let target = Target::new(kind, settings(reviving()), false).await;
        let mut anna = profile("anna", Some("Clerk"), &["a", "b"]);
        anna.push(attribute("kind", [text("guest")]));
        let uid = target.create("profile", anna).await.unwrap();
        target.delete("profile", &uid).await.unwrap();
        assert_eq!(target.sql(STATE), ["anna|Clerk|guest|1|1|1"], "{kind:?}");
        let gone = kind_of(target.get("profile", &uid, &["login"]).await.map(|_| ()));
        assert_eq!(gone, Err((ErrorKind::NotFound, None)), "{kind:?}");
        target.statements();

        let again = target.create("profile", profile("anna", None, &["b", "c"])).await.unwrap();
        assert_eq!(again, uid, "{kind:?}");
        // What is not given is gone, unless it cannot be.
        assert_eq!(target.sql(STATE), ["anna||guest|0|0|1"], "{kind:?}");
        let tags = target.sql("SELECT label FROM profile_tag ORDER BY label");
        assert_eq!(tags, ["b", "c"], "{kind:?}");
        let inserts = |text: &String| text.starts_with("INSERT") && !text.contains("profile_tag");
        assert!(!target.statements().iter().any(inserts), "{kind:?}");
        // Alive, it is in the way as ever.
        let twice = kind_of(target.create("profile", profile("anna", None, &[])).await);
        assert_eq!(twice, Err((ErrorKind::AlreadyExists, Some("login".into()))), "{kind:?}");
        // And without lists in the create there are none.
        target.delete("profile", &uid).await.unwrap();
        assert_eq!(target.create("profile", profile("anna", Some("Boss"), &[])).await.unwrap(), uid);
        assert_eq!(target.sql(STATE), ["anna|Boss|guest|0|0|2"], "{kind:?}");
        assert_eq!(target.sql("SELECT COUNT(*) FROM profile_tag"), ["0"], "{kind:?}");
        assert_ne!(target.create("profile", profile("bert", None, &[])).await.unwrap(), uid);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_bring_it_back_one_does() {
    for kind in Kind::all() {
        let target = Arc::new(Target::new(kind, settings(reviving()), false).await);
        let uid = target.create("profile", profile("anna", None, &[])).await.unwrap();
        target.delete("profile", &uid).await.unwrap();
        let mut creates = JoinSet::new();
        for number in 0..50 {
            let target = Arc::clone(&target);
            creates.spawn(async move {
                let given = profile("anna", Some(&format!("t{number}")), &["x"]);
                kind_of(target.create("profile", given).await)
            });
        }
        let outcomes = creates.join_all().await;
        let won: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
        assert_eq!(won, [&uid], "{kind:?}");
        let clash = Err((ErrorKind::AlreadyExists, Some("login".to_owned())));
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == clash).count(), 49, "{kind:?}: {outcomes:?}");
        assert_eq!(target.sql("SELECT COUNT(*), MAX(gone) FROM profile"), ["1|0"], "{kind:?}");
        assert_eq!(target.sql("SELECT label FROM profile_tag"), ["x"], "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unique_value_is_freed() {
    for kind in Kind::all() {
        let set = json!({ "gone": 1, "login": { "append_key": "#" }, "title": { "append": " (left)" } });
        let target = Target::new(kind, settings(json!({ "set": set })), false).await;
        let mut kept = Vec::new();
        for _ in 0..2 {
            let uid = target.create("profile", profile("anna", Some("Clerk"), &[])).await.unwrap();
            target.delete("profile", &uid).await.unwrap();
            kept.push(format!("anna#{uid}"));
        }
        assert_eq!(target.sql("SELECT login FROM profile ORDER BY profile_id"), kept, "{kind:?}");
        assert_eq!(target.sql("SELECT DISTINCT title FROM profile"), ["Clerk (left)"], "{kind:?}");
        // What would not fit loses its end, and nothing stays nothing.
        let long = "a-login-of-20-letter";
        let uid = target.create("profile", profile(long, None, &[])).await.unwrap();
        target.delete("profile", &uid).await.unwrap();
        let kept = format!("{}#{uid}", &long[..20 - 1 - uid.len()]);
        let found = target.sql(&format!("SELECT login, title FROM profile WHERE profile_id = {uid}"));
        assert_eq!(found, [format!("{kept}|")], "{kind:?}");
        assert_eq!(uids(&target.search(crate::target::query("profile")).await.unwrap()), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_fit() {
    let check = async |soft_delete: Json, expected: &[&str]| {
        for kind in Kind::all() {
            let target = Target::new(kind, settings(soft_delete.clone()), false).await;
            let findings = target.app.test(&ctx()).await.unwrap();
            let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
            let mut places: Vec<_> = errors.filter_map(|finding| finding.path.as_deref()).collect();
            places.sort_unstable();
            assert_eq!(places, expected, "{kind:?}: {findings:#?}");
        }
    };
    check(
        json!({ "set": {
            "gone": 1, "profile_id": { "increment": 1 }, "title": { "increment": 1 }, "changes": { "append": "x" },
            "nothing": { "append": "x" },
        } }),
        &[
            "/classes/profile/soft_delete/set/changes",
            "/classes/profile/soft_delete/set/nothing",
            "/classes/profile/soft_delete/set/profile_id",
            "/classes/profile/soft_delete/set/title",
        ],
    )
    .await;
    check(
        json!({
            "set": { "gone": 1, "login": { "append_key": "#" } },
            "reactivate": ["login", "tags", "nobody"],
            "restore": { "title": "x" },
        }),
        &[
            "/classes/profile/soft_delete/reactivate",
            "/classes/profile/soft_delete/reactivate",
            "/classes/profile/soft_delete/reactivate",
            "/classes/profile/soft_delete/restore",
            "/classes/profile/soft_delete/restore/title",
        ],
    )
    .await;
    check(
        json!({ "set": { "gone": 1 }, "reactivate": "login", "restore": { "gone": 1 } }),
        &["/classes/profile/soft_delete/restore"],
    )
    .await;
}
