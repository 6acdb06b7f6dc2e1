//! `create`, `update` and `delete`: what is changed, and what is left alone.

use patchbay_contract::{Change, Connector as _, ErrorKind, Query, Value};

use crate::target::{
    Kind, Target, attribute, check, ctx, delta, kind_of, query, reference, settings, soft_settings, text, uids,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_update_touches_only_what_changed() {
    check(|target| async move {
        target.statements();
        let deltas = vec![
            delta("first_name", Change::Replace(vec![text("Hanna")])),
            delta("department", Change::Replace(vec![text("IT")])),
            delta("age", Change::Clear),
        ];
        let revision = target.update("person", "1", deltas).await.unwrap();
        assert_eq!(revision.as_deref(), Some("2"));
        let writes: Vec<String> = target.statements().into_iter().filter(|text| text.starts_with("UPDATE")).collect();
        assert_eq!(writes.len(), 1, "{writes:?}");
        assert!(!writes[0].contains("login") && !writes[0].contains("salary"), "{writes:?}");
        let row = "SELECT login, first_name, age, dept_id FROM person WHERE person_id = 1";
        assert_eq!(target.sql(row), ["anna|Hanna||2"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn single_values_are_added_and_removed() {
    check(|target| async move {
        let change = |name: &str, change| vec![delta(name, change)];
        let update = |deltas| target.update("person", "2", deltas);
        update(change("first_name", Change::Remove(vec![text("somebody else")]))).await.unwrap();
        assert_eq!(target.values("person", "2", "first_name").await, ["Bert"]);
        update(change("first_name", Change::Remove(vec![text("BERT")]))).await.unwrap();
        assert_eq!(target.values("person", "2", "first_name").await, [""; 0]);
        update(change("first_name", Change::Add(vec![text("Berta")]))).await.unwrap();
        assert_eq!(target.values("person", "2", "first_name").await, ["Berta"]);
        update(change("manager", Change::Remove(vec![reference("3")]))).await.unwrap();
        assert_eq!(target.values("person", "2", "manager").await, ["->1"]);
        update(change("manager", Change::Remove(vec![reference("1")]))).await.unwrap();
        assert_eq!(target.values("person", "2", "manager").await, [""; 0]);
        update(change("department", Change::Remove(vec![text("Sales")]))).await.unwrap();
        assert_eq!(target.values("person", "2", "department").await, ["IT"]);
        update(change("department", Change::Remove(vec![text("IT")]))).await.unwrap();
        assert_eq!(target.values("person", "2", "department").await, [""; 0]);
        let two = change("first_name", Change::Replace(vec![text("a"), text("b")]));
        assert_eq!(kind_of(update(two).await), Err((ErrorKind::InvalidValue, Some("first_name".into()))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_change_row_by_row() {
    check(|target| async move {
        let update = |name: &str, change| target.update("person", "1", vec![delta(name, change)]);
        target.sql("INSERT INTO mail (person_id, kind, address) VALUES (1, 'O', 'anna@work.example')");
        let ids = "SELECT mail_id FROM mail WHERE person_id = 1 AND address = 'anna@work.example' ORDER BY mail_id";
        let before = target.sql(ids);
        let add = vec![text("b@x"), text("anna@work.example"), text("c@x")];
        update("work", Change::Add(add)).await.unwrap();
        assert_eq!(target.values("person", "1", "work").await, ["anna@work.example", "b@x", "c@x"]);
        update("work", Change::Remove(vec![text("b@x"), text("not there")])).await.unwrap();
        update("work", Change::Replace(vec![text("anna@work.example"), text("d@x")])).await.unwrap();
        assert_eq!(target.values("person", "1", "work").await, ["anna@work.example", "d@x"]);
        assert_eq!(target.sql(ids), before, "rows that stay are never rewritten");
        update("work", Change::Clear).await.unwrap();
        assert_eq!(target.values("person", "1", "work").await, [""; 0]);
        assert_eq!(target.values("person", "1", "other").await, ["anna@work.example"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_without_a_unique_key_hold_a_value_once() {
    check(|target| async move {
        let update = |change| target.update("person", "1", vec![delta("tags", change)]);
        update(Change::Add(vec![text("new"), text("vip")])).await.unwrap();
        update(Change::Add(vec![text("VIP"), text("old")])).await.unwrap();
        assert_eq!(target.values("person", "1", "tags").await, ["new", "vip", "old"]);
        assert_eq!(target.sql("SELECT place FROM tag ORDER BY place"), ["1", "2", "3"]);
        update(Change::Remove(vec![text("NEW")])).await.unwrap();
        update(Change::Replace(vec![text("VIP"), text("old")])).await.unwrap();
        assert_eq!(target.values("person", "1", "tags").await, ["old", "VIP"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_come_and_go_one_by_one() {
    check(|target| async move {
        let update = |change| target.update("team", "1", vec![delta("members", change)]);
        let members = || target.values("team", "1", "members");
        update(Change::Add(vec![reference("3"), reference("1")])).await.unwrap();
        assert_eq!(members().await, ["->1", "->2", "->3"]);
        update(Change::Remove(vec![reference("2"), reference("77"), reference("x")])).await.unwrap();
        assert_eq!(members().await, ["->1", "->3"]);
        target.statements();
        update(Change::Replace(vec![reference("2"), reference("3")])).await.unwrap();
        assert_eq!(members().await, ["->2", "->3"]);
        let writes = target.statements();
        let count = |verb: &str| writes.iter().filter(|text| text.starts_with(verb)).count();
        assert_eq!((count("DELETE"), count("INSERT"), count("UPDATE")), (1, 1, 0), "{writes:?}");
        assert_eq!(target.values("person", "2", "groups").await, ["->1"]);
        update(Change::Clear).await.unwrap();
        assert_eq!(members().await, [""; 0]);
        let read_only = target.update("person", "1", vec![delta("groups", Change::Clear)]).await;
        assert_eq!(kind_of(read_only), Err((ErrorKind::Mutability, Some("groups".into()))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_members_take_a_handful_of_statements() {
    check(|target| async move {
        let people: Vec<String> = (10..1010).map(|number| format!("({number}, 'm{number}')")).collect();
        target.insert_counted("person", "person_id, login", &people);
        let members: Vec<Value> = (10..1010).map(|number| reference(&number.to_string())).collect();
        target.statements();
        target.update("team", "2", vec![delta("members", Change::Add(members.clone()))]).await.unwrap();
        assert_eq!(target.values("team", "2", "members").await.len(), 1000);
        target.update("team", "2", vec![delta("members", Change::Remove(members[..999].to_vec()))]).await.unwrap();
        assert_eq!(target.values("team", "2", "members").await, ["->1009"]);
        assert!(target.statements().len() < 30);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_all_or_nothing() {
    check(|target| async move {
        let before = target.sql("SELECT COUNT(*) FROM person");
        let given = vec![
            attribute("login", [text("eve")]),
            attribute("work", [text(&"x".repeat(90))]),
            attribute("other", [text("ok@x")]),
            attribute("manager", [reference("999")]),
        ];
        let outcome = kind_of(target.create("person", given).await);
        assert_eq!(outcome, Err((ErrorKind::InvalidValue, Some("manager".into()))));
        let deltas = vec![
            delta("name", Change::Replace(vec![text("Green")])),
            delta("members", Change::Add(vec![reference("3"), reference("999")])),
        ];
        let outcome = kind_of(target.update("team", "1", deltas).await);
        assert_eq!(outcome, Err((ErrorKind::InvalidValue, Some("members".into()))));
        assert_eq!(target.sql("SELECT COUNT(*) FROM person"), before);
        assert_eq!(target.sql("SELECT name FROM team WHERE team_id = 1"), ["Red"]);
        assert_eq!(target.values("team", "1", "members").await, ["->1", "->2"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_guard_against_lost_updates() {
    check(|target| async move {
        let rename = || vec![delta("first_name", Change::Replace(vec![text("X")]))];
        let update = |version: &'static str, deltas| {
            let target = &target;
            async move { kind_of(target.app.update(&ctx(), "person", "1", Some(version), deltas).await) }
        };
        let changed = update("1", rename()).await.unwrap();
        assert_eq!(changed.id.revision.as_deref(), Some("2"));
        let stale = Err((ErrorKind::PreconditionFailed, None));
        assert_eq!(update("1", rename()).await, stale);
        assert_eq!(update("x", rename()).await, stale);
        let list = update("2", vec![delta("work", Change::Clear)]).await.unwrap();
        assert_eq!(list.id.revision.as_deref(), Some("3"), "a change to a list is a change to the object");
        assert_eq!(update("2", vec![delta("work", Change::Clear)]).await, stale);
        let gone = kind_of(target.app.update(&ctx(), "person", "99", Some("1"), rename()).await);
        assert_eq!(gone, Err((ErrorKind::NotFound, None)));
        assert_eq!(
            kind_of(target.app.delete(&ctx(), "person", "3", Some("7")).await),
            Err((ErrorKind::PreconditionFailed, None))
        );
        target.app.delete(&ctx(), "person", "3", Some("1")).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_of_the_content_guard_where_no_column_does() {
    check(|target| async move {
        let locker = vec![attribute("building", [text("North")]), attribute("number", [Value::Integer(7)])];
        let created = target.app.create(&ctx(), "locker", locker).await.unwrap().id;
        let (target, uid) = (&target, created.uid.as_str());
        let seen = |attributes: &'static [&'static str]| async move {
            target.get("locker", uid, attributes).await.unwrap().id.revision.unwrap()
        };
        let update = |version: String, delta| async move {
            let written = target.app.update(&ctx(), "locker", uid, Some(&version), vec![delta]).await;
            kind_of(written.map(|written| written.id.revision.unwrap()))
        };
        let stale = Err((ErrorKind::PreconditionFailed, None));
        let keys = |keys: &[&str]| delta("keys", Change::Replace(keys.iter().map(|key| text(key)).collect()));

        let first = seen(&[]).await;
        assert_eq!(created.revision.as_ref(), Some(&first), "what create says");
        assert_eq!(seen(&["keys", "holder"]).await, first, "whatever is asked for");
        let page = target.search(Query { attributes: vec!["number".into()], ..query("locker") }).await.unwrap();
        assert_eq!(page.objects[0].id.revision.as_ref(), Some(&first), "also in a page");

        let second = update(first.clone(), keys(&["K1", "K2"])).await.unwrap();
        assert_eq!(seen(&[]).await, second, "a change to a list is a change to the object");
        assert_ne!(second, first);
        assert_eq!(update(first.clone(), keys(&[])).await, stale);
        let third = update(second, delta("holder", Change::Replace(vec![reference("1")]))).await.unwrap();
        // Somebody else's change counts as well, and the same content is the same version.
        target.sql("UPDATE locker SET holder = 2");
        assert_eq!(update(third.clone(), keys(&[])).await, stale);
        target.sql("UPDATE locker SET holder = 1");
        assert_eq!(seen(&[]).await, third);
        assert_eq!(target.values("locker", uid, "keys").await, ["K1", "K2"]);
        assert_eq!(
            kind_of(target.app.delete(&ctx(), "locker", uid, Some(&first)).await),
            Err((ErrorKind::PreconditionFailed, None))
        );
        target.app.delete(&ctx(), "locker", uid, Some(&third)).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_writers_who_saw_the_same_content_one_wins() {
    check(|target| async move {
        let target = std::sync::Arc::new(target);
        let seen = target.get("team", "2", &[]).await.unwrap().id.revision.unwrap();
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..12 {
            let (target, seen) = (std::sync::Arc::clone(&target), seen.clone());
            writers.spawn(async move {
                let rename = vec![delta("name", Change::Replace(vec![text(&format!("Team {number}"))]))];
                kind_of(target.app.update(&ctx(), "team", "2", Some(&seen), rename).await.map(drop))
            });
        }
        let outcomes = writers.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        let lost = Err((ErrorKind::PreconditionFailed, None));
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == lost).count(), 11, "{outcomes:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    check(|target| async move {
        let missing = || Err((ErrorKind::NotFound, None));
        for uid in ["99", "x", "01"] {
            let column = vec![delta("first_name", Change::Clear)];
            assert_eq!(kind_of(target.update("person", uid, column).await.map(|_| ())), missing());
            let list = vec![delta("work", Change::Add(vec![text("a@x")]))];
            assert_eq!(kind_of(target.update("person", uid, list).await.map(|_| ())), missing());
            assert_eq!(kind_of(target.delete("person", uid).await), missing());
        }
        assert_eq!(target.sql("SELECT COUNT(*) FROM mail"), ["2"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_takes_the_lists_along_and_respects_the_rest() {
    check(|target| async move {
        target.delete("person", "2").await.unwrap();
        assert_eq!(target.sql("SELECT COUNT(*) FROM mail WHERE person_id = 2"), ["0"]);
        assert_eq!(target.sql("SELECT COUNT(*) FROM team_person WHERE person_id = 2"), ["0"]);
        // Cleo still has Anna as manager.
        assert_eq!(kind_of(target.delete("person", "1").await), Err((ErrorKind::Conflict, None)));
        assert_eq!(target.values("person", "1", "work").await, ["anna@work.example"], "nothing was taken");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_soft_delete_marks_the_row() {
    for kind in Kind::all() {
        let target = Target::new(kind, soft_settings(), true).await;
        target.delete("person", "1").await.unwrap();
        assert_eq!(target.sql("SELECT deleted, status FROM person WHERE person_id = 1"), ["1|D"]);
        assert_eq!(uids(&target.search(query("person")).await.unwrap()), ["2", "3"]);
        let gone = || Err((ErrorKind::NotFound, None));
        assert_eq!(kind_of(target.get("person", "1", &[]).await.map(|_| ())), gone());
        assert_eq!(kind_of(target.delete("person", "1").await), gone());
        let rename = vec![delta("first_name", Change::Clear)];
        assert_eq!(kind_of(target.update("person", "1", rename).await.map(|_| ())), gone());
        // Only what has all of the marks is gone.
        target.sql("UPDATE person SET status = 'D' WHERE person_id = 2");
        assert_eq!(uids(&target.search(query("person")).await.unwrap()), ["2", "3"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_that_is_new_is_added_where_the_settings_say_so() {
    for kind in Kind::all() {
        let mut settings = settings();
        settings["classes"]["person"]["lookups"]["department"]["create"] = true.into();
        let target = Target::new(kind, settings, true).await;
        for label in ["Legal", "Legal", "IT"] {
            let change = Change::Replace(vec![text(label)]);
            target.update("person", "1", vec![delta("department", change)]).await.unwrap();
            assert_eq!(target.values("person", "1", "department").await, [label], "{kind:?}");
        }
        assert_eq!(target.sql("SELECT name FROM department ORDER BY name"), ["IT", "Legal", "Sales"]);
        let long = Change::Replace(vec![text(&"x".repeat(41))]);
        let outcome = kind_of(target.update("person", "1", vec![delta("department", long)]).await);
        assert_eq!(outcome, Err((ErrorKind::InvalidValue, Some("department".into()))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_the_same_time_do_not_get_in_each_others_way() {
    check(|target| async move {
        let target = std::sync::Arc::new(target);
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..12 {
            let target = std::sync::Arc::clone(&target);
            writers.spawn(async move {
                let given = vec![attribute("login", [text(&format!("w{number}"))])];
                let uid = target.create("person", given).await.unwrap();
                let add = Change::Add(vec![reference(&uid)]);
                target.update("team", "2", vec![delta("members", add)]).await.unwrap();
            });
        }
        while let Some(outcome) = writers.join_next().await {
            outcome.unwrap();
        }
        assert_eq!(target.values("team", "2", "members").await.len(), 12);
    })
    .await;
}
