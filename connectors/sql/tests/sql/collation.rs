//! Where a database takes texts for the same that are not, sorts them in a way of its own, or
//! cannot store all of them.

use std::collections::BTreeSet;

use patchbay_contract::{Change, Comparator, Comparison, ErrorKind, Filter, FilterNode, Order, Query, Value};
use serde_json::{Value as Json, json};

use crate::target::{Kind, Target, attribute, by, delta, kind_of, query, reference, settings, text, uids};

/// A target with a class `account`, of the table that `script` makes.
async fn target(kind: Kind, script: &str, more: Json) -> Target {
    let mut settings = settings();
    settings["classes"]["account"] = json!({ "table": "account" });
    for (name, value) in more.as_object().unwrap() {
        settings["classes"]["account"][name] = value.clone();
    }
    let target = Target::new(kind, settings, false).await;
    target.script(script);
    target
}

/// Uids of the accounts that meet a comparison.
async fn found(target: &Target, name: &str, operator: Comparator, value: &str) -> Vec<String> {
    let mut filter = Filter::new();
    filter.push(FilterNode::Compare(Comparison { attribute: name.into(), operator, value: text(value) }));
    uids(&target.search(Query { filter: Some(filter), ..query("account") }).await.unwrap())
}

/// A text column that takes `a` for `A`; what comes before its table.
fn loose(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Sqlite => ("", "VARCHAR(40) COLLATE NOCASE"),
        Kind::Postgres => (
            "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);",
            "VARCHAR(40) COLLATE loose",
        ),
        Kind::MariaDb => ("", "VARCHAR(40) COLLATE utf8mb4_general_ci"),
        Kind::Mssql => ("", "VARCHAR(40) COLLATE Latin1_General_100_CI_AI"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_replaced_keeps_what_was_to_stay() {
    for kind in Kind::all() {
        let (before, column) = loose(kind);
        let script = format!(
            "{before} CREATE TABLE account (account_id INTEGER NOT NULL PRIMARY KEY, login VARCHAR(20));
             CREATE TABLE account_team (account_id INTEGER NOT NULL, name {column} NOT NULL, since INTEGER);
             INSERT INTO account VALUES (1, 'anna');
             INSERT INTO account_team VALUES (1, 'rouge', 7), (1, 'ROUGE', 8), (1, 'blue', 9);"
        );
        let lists = json!({ "teams": {
            "table": "account_team", "parent": "account_id", "value": "name", "case_exact": true,
        } });
        let target = target(kind, &script, json!({ "multi": lists })).await;
        let replaced = Change::Replace(vec![text("rouge"), text("blue")]);
        target.update("account", "1", vec![delta("teams", replaced)]).await.unwrap();
        let left = target.sql("SELECT name, since FROM account_team ORDER BY since");
        assert_eq!(left, ["rouge|7", "blue|9"], "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_the_database_takes_for_the_same() {
    let lists = json!({ "members": {
        "table": "radusergroup", "parent": "groupname", "value": "username", "class": "user",
    } });
    let mut settings = settings();
    settings["classes"]["group"] = json!({ "table": "account", "multi": lists });
    settings["classes"]["user"] = json!({ "table": "profile", "key": "login" });
    let target = Target::new(Kind::MariaDb, settings, false).await;
    target.sql(
        "CREATE TABLE account (name VARCHAR(20) NOT NULL PRIMARY KEY);
         CREATE TABLE radusergroup (username VARCHAR(20) COLLATE utf8mb4_general_ci NOT NULL, groupname VARCHAR(20));
         INSERT INTO account VALUES ('g');
         INSERT INTO radusergroup VALUES ('jose', 'g'), ('Jos\u{e9}', 'g'), ('bob', 'g'), ('bob ', 'g')",
    );
    let replaced = Change::Replace(vec![reference("jose"), reference("bob")]);
    target.update("group", "g", vec![delta("members", replaced)]).await.unwrap();
    let left = target.sql("SELECT CONCAT('<', username, '>') FROM radusergroup ORDER BY username");
    assert_eq!(left, ["<bob>", "<jose>"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_is_asked_for_what_it_cannot_hold() {
    for (charset, here) in [("latin1", "M\u{fc}ller\u{20ac}"), ("latin2", "\u{141}ukasz"), ("utf8mb3", "\u{141}ukasz")]
    {
        let script = format!(
            "CREATE TABLE account (login VARCHAR(40) CHARACTER SET {charset} NOT NULL PRIMARY KEY, age INTEGER);
             CREATE TABLE account_team (login VARCHAR(40) CHARACTER SET {charset} NOT NULL, name VARCHAR(9));
             INSERT INTO account VALUES ('{here}', 1), ('x', 2); INSERT INTO account_team VALUES ('{here}', 'red')"
        );
        let lists = json!({ "teams": { "table": "account_team", "parent": "login", "value": "name" } });
        let target = target(Kind::MariaDb, &script, json!({ "unique": ["login"], "multi": lists })).await;
        let strange = ["\u{10d0}nna", "x\u{1f600}"];
        for (value, known) in [(here, true), (strange[0], false), (strange[1], false)] {
            let shown = format!("{charset} {value}");
            let all = BTreeSet::from([here.to_owned(), "x".to_owned()]);
            let own: BTreeSet<String> = all.iter().filter(|uid| known && *uid == value).cloned().collect();
            let rest = all.difference(&own).cloned().collect();
            for (operator, expected) in
                [(Comparator::Equal, &own), (Comparator::NotEqual, &rest), (Comparator::StartsWith, &own)]
            {
                let uids = found(&target, "login", operator, value).await;
                assert_eq!(uids.into_iter().collect::<BTreeSet<_>>(), *expected, "{operator:?} {shown}");
            }
            found(&target, "login", Comparator::Greater, value).await;
            let object = kind_of(target.get("account", value, &["teams"]).await);
            match object {
                Ok(object) => assert_eq!((known, object.cells), (true, vec![vec![text("red")]]), "{shown}"),
                Err(error) => assert_eq!((known, error), (false, (ErrorKind::NotFound, None)), "{shown}"),
            }
            // The first of them has three bytes in UTF-8.
            if value == strange[1] {
                let outcome = kind_of(target.create("account", vec![attribute("login", [text(value)])]).await);
                assert_eq!(outcome, Err((ErrorKind::InvalidValue, Some("login".into()))), "{shown}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_finds_what_a_column_of_any_characters_holds() {
    for charset in ["latin1", "utf8mb3", "utf8mb4"] {
        let script = format!(
            "CREATE TABLE account (
                 account_id INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY,
                 login VARCHAR(40) CHARACTER SET {charset} NOT NULL UNIQUE);
             INSERT INTO account (login) VALUES ('M\u{fc}ller')"
        );
        let target = target(Kind::MariaDb, &script, json!({})).await;
        assert_eq!(found(&target, "login", Comparator::Equal, "M\u{fc}ller").await, ["1"], "{charset}");
        let statement = target.statements().pop().unwrap();
        assert!(statement.contains("`login` = ?"), "{charset}: {statement}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_that_the_database_takes_for_one() {
    for kind in Kind::of(&[Kind::MariaDb, Kind::Mssql]) {
        let mut settings = settings();
        settings["classes"]["person"]["lookups"]["department"]["create"] = true.into();
        let target = Target::new(kind, settings, false).await;
        target.script(match kind {
            Kind::MariaDb => "ALTER TABLE department MODIFY name VARCHAR(40) COLLATE utf8mb4_general_ci NOT NULL",
            _ => {
                "DECLARE @key sysname = (SELECT name FROM sys.key_constraints
                                         WHERE parent_object_id = OBJECT_ID('department') AND type = 'UQ');
                 EXEC ('ALTER TABLE department DROP CONSTRAINT ' + @key);
                 ALTER TABLE department ALTER COLUMN name NVARCHAR(40) COLLATE Latin1_General_100_CI_AI NOT NULL;
                 ALTER TABLE department ADD UNIQUE (name)"
            }
        });
        for (login, label) in [("one", "S\u{e0}les"), ("two", "IT ")] {
            let given = vec![attribute("login", [text(login)]), attribute("department", [text(label)])];
            let outcome = kind_of(target.create("person", given).await);
            let taken = Err((ErrorKind::InvalidValue, Some("department".into())));
            assert_eq!(outcome, taken, "{kind:?} {label}");
        }
        assert_eq!(target.sql("SELECT COUNT(*) FROM department"), ["2"], "{kind:?}");
        let given = vec![attribute("login", [text("three")]), attribute("department", [text("New")])];
        let uid = target.create("person", given).await.unwrap();
        assert_eq!(target.values("person", &uid, "department").await, ["New"], "{kind:?}");
    }
}

/// All accounts in an order, page by page.
async fn walk(target: &Target, order: Vec<Order>, page_size: u32) -> Vec<String> {
    let mut all = Vec::new();
    let mut next = None;
    loop {
        let asked = Query { order: order.clone(), page_size, continuation: next, ..query("account") };
        let page = target.search(asked).await.unwrap();
        all.extend(uids(&page));
        next = page.next;
        if next.is_none() {
            return all;
        }
        assert!(all.len() < 100, "pages without end: {all:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_by_words_that_are_numbers_inside() {
    for word in ["ENUM('zeta','alpha','mid')", "SET('zeta','alpha','mid')"] {
        let script = format!(
            "CREATE TABLE account (account_id INTEGER NOT NULL PRIMARY KEY, word {word});
             INSERT INTO account VALUES (1, 'zeta'), (2, 'alpha'), (3, 'mid'), (4, 'zeta'), (5, 'alpha'), (6, 'mid'),
                                        (7, NULL)"
        );
        let target = target(Kind::MariaDb, &script, json!({})).await;
        for (descending, expected) in [(false, "2536147"), (true, "7143625")] {
            for size in 1..=3 {
                let all = walk(&target, vec![by("word", descending)], size).await.concat();
                assert_eq!(all, expected, "{word} {size}");
            }
        }
        assert_eq!(found(&target, "word", Comparator::Equal, "mid").await, ["3", "6"], "{word}");
        assert_eq!(found(&target, "word", Comparator::Greater, "mid").await, ["1", "4"], "{word}");
        assert_eq!(found(&target, "word", Comparator::Contains, "ph").await, ["2", "5"], "{word}");
        assert_eq!(found(&target, "word", Comparator::Equal, "1").await, Vec::<String>::new(), "{word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_by_short_floats() {
    for kind in Kind::all() {
        let float = if kind == Kind::MariaDb { "FLOAT" } else { "REAL" };
        let script = format!(
            "CREATE TABLE account (account_id INTEGER NOT NULL PRIMARY KEY, size {float});
             INSERT INTO account VALUES (1, 0.1), (2, 0.2), (3, 0.3), (4, 0.7), (5, 0.6), (6, 0.55), (7, 16777.13)"
        );
        let target = target(kind, &script, json!({})).await;
        for (descending, expected) in [(false, "1236547"), (true, "7456321")] {
            for size in 1..=3 {
                let all = walk(&target, vec![by("size", descending)], size).await.concat();
                assert_eq!(all, expected, "{kind:?} {size}");
            }
        }
        assert_eq!(target.values("account", "7", "size").await, ["16777.13d"], "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_no_word() {
    let script = "CREATE TABLE account (
                      account_id INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY,
                      word ENUM('zeta','it''s','3'), words SET('zeta','alpha'))";
    let target = target(Kind::MariaDb, script, json!({})).await;
    for (name, value, taken) in [
        ("word", "zeta", true),
        ("word", "it's", true),
        ("word", "3", true),
        ("word", "1", false),
        ("word", " +1", false),
        ("word", "omega", false),
        ("words", "zeta,alpha", true),
        ("words", "1", false),
        ("words", "zeta,2", false),
    ] {
        let outcome = kind_of(target.create("account", vec![attribute(name, [text(value)])]).await);
        match outcome {
            Ok(uid) => assert_eq!((taken, target.values("account", &uid, name).await), (true, vec![value.into()])),
            Err(error) => assert_eq!((taken, error), (false, (ErrorKind::InvalidValue, Some(name.into()))), "{value}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_only_look_the_same() {
    let script = "CREATE TABLE account (name TEXT COLLATE NOCASE NOT NULL PRIMARY KEY);
                  CREATE TABLE account_team (name TEXT COLLATE NOCASE NOT NULL, person_id INTEGER NOT NULL);
                  INSERT INTO account VALUES ('\u{c4}rzte'), ('\u{e4}rzte'), ('Red');
                  INSERT INTO account_team VALUES ('\u{c4}RZTE', 1), ('\u{e4}rzte', 2), ('RED', 3);";
    let lists = json!({ "members": { "table": "account_team", "parent": "name", "value": "person_id" } });
    let target = target(Kind::Sqlite, script, json!({ "multi": lists })).await;
    let page = target.search(Query { attributes: vec!["members".into()], ..query("account") }).await.unwrap();
    let shown: Vec<_> = page.objects.into_iter().map(|object| (object.id.uid, object.cells)).collect();
    let expected = [("Red", 3), ("\u{c4}rzte", 1), ("\u{e4}rzte", 2)];
    let expected = expected.map(|(uid, member)| (uid.to_owned(), vec![vec![Value::Integer(member)]]));
    assert_eq!(shown, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_by_text_with_hyphens() {
    for kind in Kind::all() {
        let column = match kind {
            Kind::Mssql => "VARCHAR(40) COLLATE SQL_Latin1_General_CP1_CI_AS",
            _ => "VARCHAR(40)",
        };
        let script = format!(
            "CREATE TABLE account (login {column} NOT NULL PRIMARY KEY, word {column});
             INSERT INTO account VALUES ('a-c', 'x'), ('ab', 'x-y'), ('a''d', 'xa'), ('co-op', 'x''b'), ('coop', NULL);"
        );
        let target = target(kind, &script, json!({})).await;
        for order in [Vec::new(), vec![by("word", false)], vec![by("word", true)]] {
            let whole = walk(&target, order.clone(), 100).await;
            for size in 1..=3 {
                assert_eq!(walk(&target, order.clone(), size).await, whole, "{kind:?} {size} {order:?}");
            }
            assert_eq!(whole.into_iter().collect::<BTreeSet<_>>().len(), 5, "{kind:?} {order:?}");
        }
    }
}
