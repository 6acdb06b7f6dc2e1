//! Statements and procedures of the administrator's own, on real databases.

use patchbay_contract::{
    Change, Comparator, Comparison, Connector as _, ErrorKind, Filter, FilterNode, Precision, Query, Value,
};
use serde_json::json;

use crate::account::{NASTY, account, check, procedures, replace, statements, target, update};
use crate::target::{Kind, Target, attribute, by, ctx, delta, kind_of, query, reference, text, uids};
use crate::way;

/// A truth value as the database's own client shows it.
fn truth(target: &Target, value: bool) -> &'static str {
    match (target.kind, value) {
        (Kind::Postgres, true) => "t",
        (Kind::Postgres, false) => "f",
        (_, true) => "1",
        (_, false) => "0",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_by_own_statements() {
    check(|target| async move {
        let mut given = account("ada", "ada@x");
        given.push(attribute("active", [Value::Boolean(false)]));
        given.push(attribute("hash", [text("$argon2id$1")]));
        given.push(attribute("teams", [reference("1"), reference("2")]));
        let uid = target.create("account", given).await.unwrap();
        let stored = || target.sql("SELECT login, mail, active, hash FROM account ORDER BY account_id").join("\n");
        assert_eq!(stored(), format!("ada|ada@x|{}|$argon2id$1", truth(&target, false)), "{:?}", target.kind);
        assert_eq!(target.values("account", &uid, "teams").await, ["->1", "->2"]);
        assert_eq!(target.values("account", &uid, "active").await, ["false"]);
        // It can be written, and never read.
        assert_eq!(target.values("account", &uid, "hash").await, [""; 0]);

        let deltas = vec![
            replace("login", text("eve")),
            replace("active", Value::Boolean(true)),
            replace("hash", text("$argon2id$2")),
            delta("teams", Change::Add(vec![reference("2")])),
            delta("teams", Change::Remove(vec![reference("1"), reference("77")])),
        ];
        update(&target, &uid, deltas).await.unwrap();
        // The password was set by the login, which had changed by then.
        assert_eq!(stored(), format!("eve|ada@x|{}|$argon2id$2", truth(&target, true)), "{:?}", target.kind);
        assert_eq!(target.values("account", &uid, "teams").await, ["->2"]);
        update(
            &target,
            &uid,
            vec![delta("teams", Change::Replace(vec![reference("1")])), delta("mail", Change::Clear)],
        )
        .await
        .unwrap();
        assert_eq!(target.values("account", &uid, "teams").await, ["->1"]);
        assert_eq!(target.values("account", &uid, "mail").await, [""; 0]);
        assert_eq!(target.values("account", &uid, "login").await, ["eve"]);
        update(&target, &uid, vec![delta("teams", Change::Clear)]).await.unwrap();
        assert_eq!(target.sql("SELECT count(*) FROM account_team"), ["0"]);
        update(&target, &uid, vec![delta("teams", Change::Add(vec![reference("1")]))]).await.unwrap();

        target.delete("account", &uid).await.unwrap();
        assert_eq!(stored(), "");
        assert_eq!(target.sql("SELECT count(*) FROM account_team"), ["0"]);
        for outcome in [
            target.delete("account", &uid).await,
            update(&target, &uid, vec![replace("login", text("x"))]).await,
            target.get("account", &uid, &[]).await.map(drop),
        ] {
            assert_eq!(kind_of(outcome), Err((ErrorKind::NotFound, None)));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_stored_exactly() {
    check(|target| async move {
        for (index, nasty) in NASTY.into_iter().enumerate() {
            let mut given = account(&format!("{nasty}{index}"), nasty);
            given.push(attribute("hash", [text(nasty)]));
            let uid = target.create("account", given).await.unwrap();
            assert_eq!(target.values("account", &uid, "login").await, [format!("{nasty}{index}")]);
            assert_eq!(target.values("account", &uid, "mail").await, [nasty]);
            let login = format!("{index}{nasty}");
            update(&target, &uid, vec![replace("login", text(&login)), replace("hash", text(nasty))]).await.unwrap();
            assert_eq!(target.values("account", &uid, "login").await, [login]);
            assert_eq!(target.values("account", &uid, "mail").await, [nasty]);
        }
        let long = "x".repeat(301);
        for (name, value) in [("login", "a\0b"), ("mail", "a\0b"), ("hash", "a\0b"), ("login", &long), ("mail", &long)]
        {
            let mut given = account("new", "new");
            given.retain(|attribute| attribute.name != name);
            given.push(attribute(name, [text(value)]));
            let expected = Err((ErrorKind::InvalidValue, Some(name.to_owned())));
            assert_eq!(kind_of(target.create("account", given).await.map(drop)), expected, "{name}");
            assert_eq!(kind_of(update(&target, "1", vec![replace(name, text(value))]).await), expected, "{name}");
        }
        // The hashes cannot be read by the connector: they are all as long as they were.
        let stored = target.sql("SELECT count(*) FROM account WHERE hash = mail");
        assert_eq!(stored, [NASTY.len().to_string()], "{:?}", target.kind);
        assert_eq!(target.sql("SELECT count(*) FROM account"), [NASTY.len().to_string()]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_what_fails_in_the_middle() {
    for kind in Kind::all() {
        let mut operations = statements(kind);
        operations["create"][2] = json!("INSERT INTO account_log (what, login) VALUES (:mail, :login)");
        operations["delete"][1] = json!({ "sql": "DELETE FROM account WHERE account_id = :account_id", "rows": 2 });
        let target = target(kind, &operations).await;
        let alone = target.create("account", vec![attribute("login", [text("ada")])]).await;
        assert_eq!(kind_of(alone).map_err(|(kind, _)| kind), Err(ErrorKind::InvalidValue), "{kind:?}");
        assert_eq!(target.sql("SELECT count(*) FROM account"), ["0"]);
        let uid = target.create("account", account("ada", "x")).await.unwrap();
        update(&target, &uid, vec![delta("teams", Change::Add(vec![reference("1")]))]).await.unwrap();
        // It demands two rows, and one is gone when that is found out.
        let outcome = target.delete("account", &uid).await;
        assert_eq!(kind_of(outcome), Err((ErrorKind::Conflict, None)));
        assert_eq!(target.sql("SELECT count(*) FROM account_team"), ["1"]);
        let taken = target.create("account", account("ada", "y")).await;
        assert_eq!(kind_of(taken).map_err(|(kind, _)| kind), Err(ErrorKind::AlreadyExists));
        assert_eq!(target.sql("SELECT count(*) FROM account_log"), ["1"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_and_states_are_typed_errors() {
    for kind in way::procedures() {
        let mut operations = procedures();
        operations["create"][0]["arguments"][2] = json!({ "out": "serial" });
        let target = target(kind, &operations).await;
        let uid = target.create("account", account("ada", "x")).await.unwrap();
        let taken = target.create("account", account("ada", "y")).await.unwrap_err();
        assert_eq!(taken.code.as_deref(), Some("result.2"));
        assert_eq!(kind_of::<()>(Err(taken)), Err((ErrorKind::AlreadyExists, Some("login".into()))));
        let bad = target.create("account", account("bad-bad", "y")).await.unwrap_err();
        let state = if kind == Kind::Mssql { "sql.mssql.50001" } else { "sql.45001" };
        assert_eq!((bad.code.as_deref(), bad.message.as_str()), (Some(state), "such logins are not taken"));
        assert_eq!(kind_of::<()>(Err(bad)), Err((ErrorKind::InvalidValue, Some("login".into()))));
        // What the procedure had done by then is undone, and what came before it as well.
        let deltas = vec![replace("mail", text("refused")), replace("active", Value::Boolean(false))];
        let refused = update(&target, &uid, deltas).await;
        assert_eq!(kind_of(refused), Err((ErrorKind::Conflict, None)));
        assert_eq!(target.values("account", &uid, "mail").await, ["x"]);
        assert_eq!(target.sql("SELECT count(*) FROM account"), ["1"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_in_comes_back_changed() {
    for kind in way::procedures() {
        // The second statement takes what the procedure made of the number.
        let mut operations = procedures();
        operations["create"] = json!([
            { "sql": "SELECT count(*) FROM account", "returns": "serial" },
            operations["create"][0],
            "INSERT INTO account_log (what, login) VALUES (:serial, :login)",
        ]);
        let target = target(kind, &operations).await;
        target.create("account", account("ada", "x")).await.unwrap();
        target.create("account", account("bob", "x")).await.unwrap();
        assert_eq!(target.sql("SELECT what, login FROM account_log ORDER BY login"), ["1|ada", "2|bob"], "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_a_procedure_gives_tells_code_and_key() {
    for kind in way::procedures() {
        let mut operations = procedures();
        operations["create"] = json!([
            {
                "call": "add_account_row", "arguments": ["login", "mail"], "returns": ["code", "account_id"],
                "result": { "from": "code", "errors": { "3": "conflict" } },
            },
            "INSERT INTO account_log (what, login) VALUES ('made', :login)",
        ]);
        let target = target(kind, &operations).await;
        let uid = target.create("account", account("ada", "x")).await.unwrap();
        assert_eq!(target.values("account", &uid, "login").await, ["ada"]);
        // The row was there when the code said that it should not be.
        let bad = target.create("account", account("bad", "x")).await;
        assert_eq!(kind_of(bad).map_err(|(kind, _)| kind), Err(ErrorKind::Conflict));
        assert_eq!(target.sql("SELECT login FROM account"), ["ada"]);
        assert_eq!(target.sql("SELECT count(*) FROM account_log"), ["1"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_granted_is_refused_before_the_database_sees_it() {
    for kind in way::procedures() {
        let mut operations = procedures();
        operations["create"] = statements(kind)["create"].clone();
        operations["delete"] = json!([
            { "sql": "DELETE FROM account_team WHERE account_id = :account_id", "rows": "any" },
            { "call": "secret_procedure", "arguments": ["account_id"] },
        ]);
        operations["update"] = json!("UPDATE secret SET code = :login");
        operations["set"] = json!({ "hash": "SELECT pg_sleep(:value)" });
        operations["set"]["hash"] = json!({ "sql": "SELECT pg_sleep(:value)", "returns": "x" });
        let target = target(kind, &operations).await;
        let uid = target.create("account", account("ada", "x")).await.unwrap();
        update(&target, &uid, vec![delta("teams", Change::Add(vec![reference("1")]))]).await.unwrap();
        target.statements();
        for (outcome, word) in [
            (target.delete("account", &uid).await, "secret_procedure"),
            (update(&target, &uid, vec![replace("login", text("eve"))]).await, "secret"),
            (update(&target, &uid, vec![replace("hash", text("9"))]).await, "pg_sleep"),
        ] {
            let error = outcome.unwrap_err();
            assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::PermissionDenied, Some("sql.denied")));
            let seen = target.statements();
            assert!(!seen.iter().any(|statement| statement.contains(word)), "{seen:?}");
        }
        assert_eq!(target.sql("SELECT count(*) FROM account_team"), ["1"], "the first statement is undone");
        assert_eq!(target.values("account", &uid, "login").await, ["ada"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn own_selects_are_filtered_sorted_and_paged_by_the_database() {
    for kind in Kind::all() {
        let mut operations = statements(kind);
        operations["search"] = json!("SELECT account_id, login, mail, active FROM account WHERE mail <> 'hidden'");
        let target = target(kind, &operations).await;
        for (login, mail) in [("ada", "x"), ("bob", "hidden"), ("cy", "x"), ("dan", "x"), ("eve", "x")] {
            target.create("account", account(login, mail)).await.unwrap();
        }
        let ask = |page_size, continuation| Query {
            attributes: vec!["login".to_owned()],
            order: vec![by("login", true)],
            page_size,
            continuation,
            want_total: true,
            ..query("account")
        };
        let first = target.search(ask(3, None)).await.unwrap();
        assert_eq!((uids(&first), first.total), (vec!["5".to_owned(), "4".into(), "3".into()], Some(4)), "{kind:?}");
        let second = target.search(ask(3, first.next)).await.unwrap();
        assert_eq!((uids(&second), second.next), (vec!["1".to_owned()], None));
        let node = Comparison { attribute: "login".into(), operator: Comparator::Greater, value: text("b") };
        let mut filter = Filter::new();
        filter.push(FilterNode::Compare(node));
        let page = target.search(Query { filter: Some(filter), ..ask(10, None) }).await.unwrap();
        assert_eq!((page.objects.len(), page.precision), (3, Precision::Exact));
        // What the statement does not show is not there.
        assert_eq!(kind_of(target.get("account", "2", &[]).await.map(drop)), Err((ErrorKind::NotFound, None)));
        assert_eq!(kind_of(target.delete("account", "2").await), Err((ErrorKind::NotFound, None)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_procedure_are_paged_by_the_connector() {
    for kind in way::procedures() {
        let mut operations = procedures();
        operations["create"][0]["arguments"][2] = json!({ "out": "serial" });
        let target = target(kind, &operations).await;
        for login in ["ada", "bob", "cy", "dan", "eve"] {
            target.create("account", account(login, "x")).await.unwrap();
        }
        update(&target, "2", vec![delta("teams", Change::Add(vec![reference("1")]))]).await.unwrap();
        let attributes = vec!["login".to_owned(), "teams".to_owned()];
        let ask = |continuation, offset| Query {
            attributes: attributes.clone(),
            page_size: 2,
            continuation,
            offset,
            want_total: true,
            ..query("account")
        };
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let page = target.search(ask(next, None)).await.unwrap();
            assert_eq!((page.total, page.precision), (Some(5), Precision::Exact));
            found.extend(page.objects);
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(found.iter().map(|object| object.id.uid.as_str()).collect::<Vec<_>>(), ["1", "2", "3", "4", "5"]);
        assert_eq!(found[1].cells, [vec![text("bob")], vec![reference("1")]]);
        assert_eq!(uids(&target.search(ask(None, Some(3))).await.unwrap()), ["4", "5"]);
        assert_eq!(uids(&target.search(ask(None, Some(9))).await.unwrap()), [""; 0]);
        // More than can be taken at a time: no part of it is passed off as the whole.
        let many = match kind {
            Kind::Postgres => "INSERT INTO account (login) SELECT 'n' || n FROM generate_series(1, 10000) AS n",
            Kind::Mssql => {
                "INSERT INTO account (login) SELECT TOP (10000) CONCAT('n', ROW_NUMBER() OVER (ORDER BY (SELECT NULL))) \
                 FROM sys.all_columns AS a CROSS JOIN sys.all_columns AS b"
            }
            _ => "INSERT INTO account (login) SELECT concat('n', seq) FROM seq_1_to_10000",
        };
        target.sql(many);
        assert_eq!(kind_of(target.search(ask(None, None)).await.map(drop)), Err((ErrorKind::TooMany, None)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_runs_own_selects_and_finds_what_they_lack() {
    for kind in Kind::all() {
        for (search, fine) in [
            ("SELECT account_id, login, mail, active FROM account", true),
            ("SELECT account_id, login, mail FROM account", false),
            ("SELECT account_id, login, mail, active FROM secret", false),
            ("SELECT account_id, login, mail, active FROM account WHERE", false),
        ] {
            let mut operations = statements(kind);
            operations["search"] = json!(search);
            let target = target(kind, &operations).await;
            let findings = target.app.test(&ctx()).await.unwrap();
            let paths: Vec<_> = findings.iter().filter_map(|finding| finding.path.as_deref()).collect();
            let expected: &[&str] = if fine { &[] } else { &["/classes/account/operations/search"] };
            assert_eq!(paths, expected, "{kind:?}: {search}");
        }
    }
}
