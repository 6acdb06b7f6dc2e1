//! Features of a class that have to get along with each other.

use patchbay_contract::{Change, Connector as _, Diagnostic, ErrorKind, Severity, Value};
use serde_json::json;

use crate::account::{account, statements, target as accounts};
use crate::entity;
use crate::target::{Kind, Target, attribute, ctx, delta, kind_of, reference, text};

/// What comes back keeps its number, and gives up what the create does not give: a truth value
/// that is a row is then what it is without one.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_keeps_its_number_and_loses_its_rows() {
    let counter = json!({ "table": "next_id", "column": "number", "where": { "name": "desk" } });
    let flag = |label: &str, present: bool| json!({ "table": "profile_tag", "parent": "profile_id", "present": present, "where": { "label": label } });
    let settings = json!({ "classes": { "profile": {
        "table": "profile",
        "name": "login",
        "columns": ["login", "title", "changes"],
        "next": { "changes": counter },
        "rows": { "vip": flag("vip", true), "active": flag("barred", false) },
        "soft_delete": { "set": { "gone": 1 }, "restore": { "gone": 0 }, "reactivate": ["login"] },
    } } });
    for kind in Kind::all() {
        let target = Target::new(kind, settings.clone(), false).await;
        let flags = || async {
            [target.values("profile", "1", "vip").await, target.values("profile", "1", "active").await].concat()
        };
        let given = vec![
            attribute("login", [text("anna")]),
            attribute("title", [text("Clerk")]),
            attribute("vip", [Value::Boolean(true)]),
            attribute("active", [Value::Boolean(false)]),
        ];
        assert_eq!(target.create("profile", given).await.unwrap(), "1", "{kind:?}");
        assert_eq!(flags().await, ["true", "false"], "{kind:?}");
        target.delete("profile", "1").await.unwrap();
        let again = target.create("profile", vec![attribute("login", [text("anna")])]).await.unwrap();
        assert_eq!(again, "1", "{kind:?}");
        assert_eq!(target.sql("SELECT title, changes, gone FROM profile"), ["|7|0"], "{kind:?}");
        assert_eq!(flags().await, ["false", "true"], "{kind:?}");
        assert_eq!(target.sql("SELECT COUNT(*) FROM profile_tag"), ["0"], "{kind:?}");
        // One of them given, the other one not.
        target.delete("profile", "1").await.unwrap();
        let given = vec![attribute("login", [text("anna")]), attribute("active", [Value::Boolean(false)])];
        assert_eq!(target.create("profile", given).await.unwrap(), "1", "{kind:?}");
        assert_eq!(flags().await, ["false", "false"], "{kind:?}");
        // Nobody counted for a row that was there, and the next one gets the next number.
        assert_eq!(target.create("profile", vec![attribute("login", [text("bert")])]).await.unwrap(), "2", "{kind:?}");
        assert_eq!(target.sql("SELECT changes FROM profile ORDER BY profile_id"), ["7", "8"], "{kind:?}");
        assert_eq!(target.sql("SELECT number FROM next_id WHERE name = 'desk'"), ["9"], "{kind:?}");
    }
}

/// What keeps the app from working.
async fn errors(target: &Target) -> Vec<Diagnostic> {
    let findings = target.app.test(&ctx()).await.unwrap();
    findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect()
}

/// A gadget with this in the place of its rows, and more; its table has a column `colour` as well.
async fn gadgets(kind: Kind, more: serde_json::Value) -> Target {
    let mut class = json!({ "table": "gadget", "name": "label" });
    class.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let target = Target::new(kind, json!({ "classes": { "gadget": class } }), false).await;
    entity::tables(kind).iter().for_each(|table| drop(target.sql(table)));
    target.sql("ALTER TABLE gadget ADD colour VARCHAR(20)");
    target
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attribute_in_rows_goes_before_a_column_of_its_name() {
    let colour = json!({
        "table": "gadget_setting", "parent": "gadget_id", "value": "value", "where": { "name": "colour" },
    });
    for kind in Kind::all() {
        let target = gadgets(kind, json!({ "rows": { "colour": colour } })).await;
        assert_eq!(errors(&target).await, [], "{kind:?}");
        let classes = target.app.discover(&ctx()).await.unwrap();
        assert_eq!(classes[0].attributes.iter().filter(|own| own.name == "colour").count(), 1, "{kind:?}");
        let given = vec![attribute("label", [text("saw")]), attribute("colour", [text("red")])];
        let uid = target.create("gadget", given).await.unwrap();
        let stored = "SELECT g.colour, s.value FROM gadget g JOIN gadget_setting s ON s.gadget_id = g.id";
        assert_eq!(target.sql(stored), ["|red"], "{kind:?}");
        target.sql("UPDATE gadget SET colour = 'other'");
        assert_eq!(target.values("gadget", &uid, "colour").await, ["red"], "{kind:?}");
        let blue = vec![delta("colour", Change::Replace(vec![text("blue")]))];
        target.update("gadget", &uid, blue).await.unwrap();
        assert_eq!(target.sql(stored), ["other|blue"], "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_values_of_one_row_are_refused() {
    let value = |column: &str| json!({ "table": "tag", "parent": "person_id", "value": column });
    let settings = json!({ "classes": { "person": {
        "table": "person", "name": "login", "rows": { "nick": value("label"), "rank": value("place") },
    } } });
    for kind in Kind::all() {
        let target = Target::new(kind, settings.clone(), false).await;
        let errors = errors(&target).await;
        let [error] = errors.as_slice() else { panic!("{kind:?}: {errors:#?}") };
        assert_eq!(error.path.as_deref(), Some("/classes/person"), "{kind:?}");
        for word in ["`nick`", "`rank`", "the same rows", "`where`"] {
            assert!(error.summary.contains(word), "{word}: {}", error.summary);
        }
        let outcome = kind_of(target.create("person", vec![attribute("login", [text("anna")])]).await);
        assert_eq!(outcome, Err((ErrorKind::Configuration, None)), "{kind:?}");
    }
}

/// A statement of `create` that enters somebody in a team does so once, also where the create
/// asks for that team; with statements of its own for the list, and without.
#[tokio::test(flavor = "multi_thread")]
async fn what_create_has_entered_is_not_entered_again() {
    for kind in Kind::all() {
        for own in [true, false] {
            let mut operations = statements(kind);
            operations["create"][2] = json!("INSERT INTO account_team (account_id, team_id) VALUES (:account_id, 1)");
            if !own {
                operations.as_object_mut().unwrap().retain(|name, _| name != "add" && name != "remove");
            }
            let target = accounts(kind, &operations).await;
            let mut given = account("ada", "x");
            given.push(attribute("teams", [reference("1"), reference("2")]));
            let uid = target.create("account", given).await.unwrap();
            assert_eq!(target.values("account", &uid, "teams").await, ["->1", "->2"], "{kind:?} {own}");
            assert_eq!(target.sql("SELECT COUNT(*) FROM account_team"), ["2"], "{kind:?} {own}");
            // Without a list in the create, what the statement entered is what there is.
            let uid = target.create("account", account("bob", "x")).await.unwrap();
            assert_eq!(target.values("account", &uid, "teams").await, ["->1"], "{kind:?} {own}");
        }
    }
}

/// A truth value that is a row, with statements of its own: they run when the row is missing, or
/// there, and not once more.
#[tokio::test(flavor = "multi_thread")]
async fn a_truth_value_that_is_a_row_has_statements_of_its_own() {
    let more = json!({
        "columns": ["label"],
        "rows": { "lent": { "table": "gadget_setting", "parent": "gadget_id", "present": true, "where": { "name": "lent" } } },
        "operations": {
            "add": { "lent": "INSERT INTO gadget_setting (gadget_id, name, value) VALUES (:id, 'lent', 'by statement')" },
            "remove": { "lent": "DELETE FROM gadget_setting WHERE gadget_id = :id AND name = 'lent'" },
        },
    });
    for kind in Kind::all() {
        let target = gadgets(kind, more.clone()).await;
        assert_eq!(errors(&target).await, [], "{kind:?}");
        let label = || attribute("label", [text("saw")]);
        let uid = target.create("gadget", vec![label()]).await.unwrap();
        assert_eq!(target.values("gadget", &uid, "lent").await, ["false"], "{kind:?}");
        let rows = || target.sql("SELECT name, value FROM gadget_setting");
        let change = |change| target.update("gadget", &uid, vec![delta("lent", change)]);
        for _ in 0..2 {
            change(Change::Add(vec![Value::Boolean(true)])).await.unwrap();
            assert_eq!(rows(), ["lent|by statement"], "{kind:?}");
            change(Change::Replace(vec![Value::Boolean(true)])).await.unwrap();
            assert_eq!(rows(), ["lent|by statement"], "{kind:?}");
        }
        assert_eq!(target.values("gadget", &uid, "lent").await, ["true"], "{kind:?}");
        for _ in 0..2 {
            change(Change::Replace(vec![Value::Boolean(false)])).await.unwrap();
            assert_eq!(rows(), [""; 0], "{kind:?}");
        }
        let refused = kind_of(change(Change::Clear).await);
        assert_eq!(refused, Err((ErrorKind::InvalidValue, Some("lent".into()))), "{kind:?}");
        let given = vec![label(), attribute("lent", [Value::Boolean(true)])];
        let other = target.create("gadget", given).await.unwrap();
        assert_eq!(target.values("gadget", &other, "lent").await, ["true"], "{kind:?}");
        assert_eq!(rows(), ["lent|by statement"], "{kind:?}");
    }
}
