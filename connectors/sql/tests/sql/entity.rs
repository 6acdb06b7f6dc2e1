//! Objects that are what rows with one key make, and attributes that are a row each.

use std::collections::BTreeSet;
use std::sync::Arc;

use patchbay_contract::{
    Attribute, Change, Comparator, Comparison, Connector as _, ErrorKind, Filter, FilterNode, Query, Value,
};
use serde_json::json;

use crate::target::{Kind, Target, attribute, by, ctx, delta, kind_of, query, reference, text, uids};

/// The tables of a RADIUS server, as far as they matter here: nothing is unique but `id`.
pub(crate) fn tables(kind: Kind) -> [&'static str; 5] {
    match kind {
        Kind::Sqlite => [
            "CREATE TABLE radcheck (id INTEGER PRIMARY KEY AUTOINCREMENT, username varchar(64) NOT NULL DEFAULT '',
               attribute varchar(64) NOT NULL DEFAULT '', op char(2) NOT NULL DEFAULT '==',
               value varchar(253) NOT NULL DEFAULT '')",
            "CREATE TABLE radreply (id INTEGER PRIMARY KEY AUTOINCREMENT, username varchar(64) NOT NULL DEFAULT '',
               attribute varchar(64) NOT NULL DEFAULT '', op char(2) NOT NULL DEFAULT '=',
               value varchar(253) NOT NULL DEFAULT '')",
            "CREATE TABLE radusergroup (id INTEGER PRIMARY KEY AUTOINCREMENT, username varchar(64) NOT NULL DEFAULT '',
               groupname varchar(64) NOT NULL DEFAULT '', priority int NOT NULL DEFAULT 1)",
            "CREATE TABLE gadget (id INTEGER PRIMARY KEY AUTOINCREMENT, label varchar(64) NOT NULL)",
            "CREATE TABLE gadget_setting (gadget_id int NOT NULL, name varchar(20) NOT NULL, value varchar(50), PRIMARY KEY (gadget_id, name))",
        ],
        Kind::Postgres => [
            "CREATE TABLE radcheck (id serial PRIMARY KEY, UserName text NOT NULL DEFAULT '',
               Attribute text NOT NULL DEFAULT '', op varchar(2) NOT NULL DEFAULT '==', Value text NOT NULL DEFAULT '')",
            "CREATE TABLE radreply (id serial PRIMARY KEY, UserName text NOT NULL DEFAULT '',
               Attribute text NOT NULL DEFAULT '', op varchar(2) NOT NULL DEFAULT '=', Value text NOT NULL DEFAULT '')",
            "CREATE TABLE radusergroup (id serial PRIMARY KEY, UserName text NOT NULL DEFAULT '',
               GroupName text NOT NULL DEFAULT '', priority integer NOT NULL DEFAULT 0)",
            "CREATE TABLE gadget (id serial PRIMARY KEY, label varchar(64) NOT NULL)",
            "CREATE TABLE gadget_setting (gadget_id int NOT NULL, name varchar(20) NOT NULL, value varchar(50), PRIMARY KEY (gadget_id, name))",
        ],
        Kind::MariaDb => [
            "CREATE TABLE radcheck (id int unsigned PRIMARY KEY AUTO_INCREMENT, username varchar(64) NOT NULL DEFAULT '',
               attribute varchar(64) NOT NULL DEFAULT '', op char(2) NOT NULL DEFAULT '==',
               value varchar(253) NOT NULL DEFAULT '', KEY (username(32)))",
            "CREATE TABLE radreply (id int unsigned PRIMARY KEY AUTO_INCREMENT, username varchar(64) NOT NULL DEFAULT '',
               attribute varchar(64) NOT NULL DEFAULT '', op char(2) NOT NULL DEFAULT '=',
               value varchar(253) NOT NULL DEFAULT '', KEY (username(32)))",
            "CREATE TABLE radusergroup (id int unsigned PRIMARY KEY AUTO_INCREMENT,
               username varchar(64) NOT NULL DEFAULT '', groupname varchar(64) NOT NULL DEFAULT '',
               priority int NOT NULL DEFAULT 1, KEY (username(32)))",
            "CREATE TABLE gadget (id int unsigned PRIMARY KEY AUTO_INCREMENT, label varchar(64) NOT NULL)",
            "CREATE TABLE gadget_setting (gadget_id int NOT NULL, name varchar(20) NOT NULL, value varchar(50), PRIMARY KEY (gadget_id, name))",
        ],
        // Names that are words of the language are in brackets; an index makes the locked ranges small.
        Kind::Mssql => [
            "CREATE TABLE radcheck (id int IDENTITY NOT NULL PRIMARY KEY, username nvarchar(64) NOT NULL DEFAULT '',
               attribute nvarchar(64) NOT NULL DEFAULT '', op nchar(2) NOT NULL DEFAULT '==',
               [value] nvarchar(253) NOT NULL DEFAULT '', INDEX radcheck_username (username))",
            "CREATE TABLE radreply (id int IDENTITY NOT NULL PRIMARY KEY, username nvarchar(64) NOT NULL DEFAULT '',
               attribute nvarchar(64) NOT NULL DEFAULT '', op nchar(2) NOT NULL DEFAULT '=',
               [value] nvarchar(253) NOT NULL DEFAULT '', INDEX radreply_username (username))",
            "CREATE TABLE radusergroup (id int IDENTITY NOT NULL PRIMARY KEY, username nvarchar(64) NOT NULL DEFAULT '',
               groupname nvarchar(64) NOT NULL DEFAULT '', priority int NOT NULL DEFAULT 1,
               INDEX radusergroup_username (username), INDEX radusergroup_groupname (groupname))",
            "CREATE TABLE gadget (id int IDENTITY NOT NULL PRIMARY KEY, label nvarchar(64) NOT NULL)",
            "CREATE TABLE gadget_setting (gadget_id int NOT NULL, name nvarchar(20) NOT NULL, [value] nvarchar(50),
               PRIMARY KEY (gadget_id, name))",
        ],
    }
}

fn settings() -> serde_json::Value {
    let own = |name: &str, op: &str| json!({ "attribute": name, "op": op });
    let row = |table: &str, name: &str, op: &str| json!({ "table": table, "parent": "username", "value": "value", "where": own(name, op) });
    let mut sessions = row("radcheck", "Simultaneous-Use", ":=");
    sessions["type"] = json!("integer");
    let reject = json!({ "attribute": "Auth-Type", "op": ":=", "value": "Reject" });
    json!({ "classes": {
        "user": {
            "name": "username",
            "entity": {
                "key": "username",
                "tables": ["radcheck", "radreply"],
                "anchor": { "table": "radcheck", "set": { "attribute": "User-Category", "op": ":=", "value": "staff" } },
            },
            "rows": {
                "password": row("radcheck", "Crypt-Password", ":="),
                "sessions": sessions,
                "address": row("radreply", "Framed-IP-Address", ":="),
                "active": { "table": "radcheck", "parent": "username", "present": false, "where": reject },
            },
            "multi": {
                "messages": row("radreply", "Reply-Message", "+="),
                "teams": { "table": "radusergroup", "parent": "username", "value": "groupname" },
                "groups": {
                    "table": "radusergroup", "parent": "username", "value": "groupname", "class": "group",
                    "order": "priority", "read_only": true, "expensive": false,
                },
            },
        },
        "group": {
            "name": "groupname",
            "entity": { "key": "groupname", "tables": "radusergroup" },
            "multi": { "members": {
                "table": "radusergroup", "parent": "groupname", "value": "username", "class": "user",
            } },
        },
        "gadget": {
            "table": "gadget",
            "name": "label",
            "unique": ["label"],
            "attributes": { "label": { "case_exact": false } },
            "rows": {
                "colour": {
                    "table": "gadget_setting", "parent": "gadget_id", "value": "value", "where": { "name": "colour" },
                },
                "lent": { "table": "gadget_setting", "parent": "gadget_id", "present": true, "where": { "name": "lent" } },
            },
        },
    } })
}

/// Runs a case on every kind of database, with the tables empty.
async fn check<F: Future<Output = ()>>(case: impl Fn(Target) -> F) {
    for kind in Kind::all() {
        case(target(kind).await).await;
    }
}

async fn target(kind: Kind) -> Target {
    let target = Target::new(kind, settings(), false).await;
    tables(kind).iter().for_each(|table| drop(target.sql(table)));
    target
}

fn user(name: &str) -> Vec<Attribute> {
    vec![attribute("username", [text(name)]), attribute("active", [Value::Boolean(true)])]
}

/// All rows of a user, in their order, without their numbers.
fn rows(target: &Target, name: &str) -> Vec<String> {
    let select =
        |table: &str| format!("SELECT attribute, op, value FROM {table} WHERE username = '{name}' ORDER BY id");
    [target.sql(&select("radcheck")), target.sql(&select("radreply"))].concat()
}

async fn find(target: &Target, filter: impl Into<Vec<FilterNode>>) -> Vec<String> {
    let mut built = Filter::new();
    for node in filter.into() {
        built.push(node);
    }
    let page = target.search(Query { filter: Some(built), want_total: true, ..query("user") }).await.unwrap();
    assert_eq!(page.total, Some(page.objects.len() as u64), "count and rows agree");
    uids(&page)
}

fn compare(attribute: &str, operator: Comparator, value: Value) -> FilterNode {
    FilterNode::Compare(Comparison { attribute: attribute.to_owned(), operator, value })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_comes_and_goes_with_its_rows() {
    check(|target| async move {
        let given = vec![
            attribute("password", [text("$6$salt$hash")]),
            attribute("sessions", [Value::Integer(2)]),
            attribute("messages", [text("hello"), text("be kind")]),
        ];
        let uid = target.create("user", [user("anna"), given].concat()).await.unwrap();
        assert_eq!(uid, "anna");
        assert_eq!(
            rows(&target, "anna").into_iter().collect::<BTreeSet<_>>(),
            [
                "User-Category|:=|staff",
                "Crypt-Password|:=|$6$salt$hash",
                "Simultaneous-Use|:=|2",
                "Reply-Message|+=|hello",
                "Reply-Message|+=|be kind",
            ]
            .map(str::to_owned)
            .into()
        );
        assert_eq!(target.values("user", "anna", "sessions").await, ["2"]);
        assert_eq!(target.values("user", "anna", "active").await, ["true"]);
        assert_eq!(target.values("user", "anna", "messages").await, ["be kind", "hello"]);
        assert_eq!(target.values("user", "anna", "address").await, [""; 0]);

        let again = kind_of(target.create("user", user("anna")).await);
        assert_eq!(again, Err((ErrorKind::AlreadyExists, Some("username".into()))));
        for nameless in ["", "  "] {
            let refused = kind_of(target.create("user", user(nameless)).await);
            assert_eq!(refused, Err((ErrorKind::InvalidValue, Some("username".into()))));
        }
        target.create("user", user("bert")).await.unwrap();
        target.create("group", vec![attribute("groupname", [text("red")]), members(["anna", "bert"])]).await.unwrap();
        assert_eq!(target.values("user", "anna", "groups").await, ["->red"]);
        target.delete("user", "anna").await.unwrap();
        assert_eq!(rows(&target, "anna"), [""; 0]);
        assert_eq!(target.values("group", "red", "members").await, ["->bert"]);
        assert_eq!(kind_of(target.delete("user", "anna").await), Err((ErrorKind::NotFound, None)));
        assert_eq!(kind_of(target.get("user", "anna", &[]).await).err(), Some((ErrorKind::NotFound, None)));
        assert_eq!(rows(&target, "bert"), ["User-Category|:=|staff"]);
    })
    .await;
}

fn members<const N: usize>(names: [&str; N]) -> Attribute {
    attribute("members", names.map(reference))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_mapping_does_not_cover_is_left_alone() {
    check(|target| async move {
        target.create("user", [user("anna"), vec![attribute("password", [text("old")])]].concat()).await.unwrap();
        for row in ["'Crypt-Password', '==', 'other op'", "'Calling-Station-Id', '==', '00-11'"] {
            target.sql(&format!("INSERT INTO radcheck (username, attribute, op, value) VALUES ('anna', {row})"));
        }
        let ids = "SELECT id, attribute, op FROM radcheck WHERE username = 'anna' ORDER BY id";
        let before = target.sql(ids);
        let update = |name: &str, change| target.update("user", "anna", vec![delta(name, change)]);
        update("password", Change::Replace(vec![text("new")])).await.unwrap();
        assert_eq!(target.sql(ids), before, "the row is changed, not written anew");
        update("active", Change::Replace(vec![Value::Boolean(false)])).await.unwrap();
        update("active", Change::Replace(vec![Value::Boolean(false)])).await.unwrap();
        assert_eq!(target.values("user", "anna", "active").await, ["false"]);
        assert_eq!(
            rows(&target, "anna"),
            [
                "User-Category|:=|staff",
                "Crypt-Password|:=|new",
                "Crypt-Password|==|other op",
                "Calling-Station-Id|==|00-11",
                "Auth-Type|:=|Reject",
            ]
        );
        update("active", Change::Replace(vec![Value::Boolean(true)])).await.unwrap();
        update("address", Change::Add(vec![text("10.0.0.1")])).await.unwrap();
        update("address", Change::Remove(vec![text("10.0.0.2")])).await.unwrap();
        assert_eq!(target.values("user", "anna", "address").await, ["10.0.0.1"]);
        update("address", Change::Remove(vec![text("10.0.0.1")])).await.unwrap();
        update("password", Change::Clear).await.unwrap();
        assert_eq!(
            rows(&target, "anna"),
            ["User-Category|:=|staff", "Crypt-Password|==|other op", "Calling-Station-Id|==|00-11"]
        );
        // One value is one row, whatever was there.
        for value in ["a", "b"] {
            target.sql(&format!(
                "INSERT INTO radcheck (username, attribute, op, value) VALUES ('anna', 'Crypt-Password', ':=', '{value}')"
            ));
        }
        assert_eq!(target.values("user", "anna", "password").await, ["a"]);
        update("password", Change::Replace(vec![text("b")])).await.unwrap();
        assert_eq!(target.values("user", "anna", "password").await, ["b"]);
        let count = "SELECT COUNT(*) FROM radcheck WHERE attribute = 'Crypt-Password' AND op = ':='";
        assert_eq!(target.sql(count), ["1"]);

        let refused = |outcome| kind_of(outcome);
        let renamed = refused(update("username", Change::Replace(vec![text("anne")])).await);
        assert_eq!(renamed, Err((ErrorKind::Mutability, Some("username".into()))));
        assert!(update("username", Change::Replace(vec![text("anna")])).await.is_ok(), "the name that it has");
        let two = refused(update("password", Change::Replace(vec![text("a"), text("b")])).await);
        assert_eq!(two, Err((ErrorKind::InvalidValue, Some("password".into()))));
        let none = refused(update("active", Change::Clear).await);
        assert_eq!(none, Err((ErrorKind::InvalidValue, Some("active".into()))));
        let many = refused(update("sessions", Change::Replace(vec![text("many")])).await);
        assert_eq!(many, Err((ErrorKind::InvalidValue, Some("sessions".into()))));
        assert_eq!(
            kind_of(target.update("user", "nobody", vec![delta("password", Change::Clear)]).await),
            Err((ErrorKind::NotFound, None))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_without_an_anchor_needs_a_row() {
    check(|target| async move {
        let empty = target.create("group", vec![attribute("groupname", [text("red")])]).await;
        let error = empty.expect_err("there would be no row");
        assert!(error.message.contains("members"), "{}", error.message);
        target.create("group", vec![attribute("groupname", [text("red")]), members(["anna"])]).await.unwrap();
        let update = |change| target.update("group", "red", vec![delta("members", change)]);
        update(Change::Add(vec![reference("bert"), reference("anna")])).await.unwrap();
        assert_eq!(target.sql("SELECT username FROM radusergroup ORDER BY id"), ["anna", "bert"]);
        update(Change::Remove(vec![reference("anna")])).await.unwrap();
        let last = kind_of(update(Change::Remove(vec![reference("bert")])).await);
        assert_eq!(last, Err((ErrorKind::InvalidValue, None)));
        assert_eq!(target.sql("SELECT username FROM radusergroup"), ["bert"]);

        // Rows that others made are objects as well; with an anchor, they stay there.
        target
            .sql("INSERT INTO radreply (username, attribute, op, value) VALUES ('carl', 'Reply-Message', '+=', 'hi')");
        assert_eq!(target.values("user", "carl", "messages").await, ["hi"]);
        target.update("user", "carl", vec![delta("messages", Change::Clear)]).await.unwrap();
        assert_eq!(rows(&target, "carl"), ["User-Category|:=|staff"]);
        // What is left of somebody else in another table is not the new one's.
        target.sql("INSERT INTO radusergroup (username, groupname) VALUES ('dora', 'old'), ('dora', 'kept')");
        let teams = vec![attribute("teams", [text("kept"), text("new")])];
        target.create("user", [user("dora"), teams].concat()).await.unwrap();
        let all = "SELECT groupname FROM radusergroup WHERE username = 'dora' ORDER BY groupname";
        assert_eq!(target.sql(all), ["kept", "new"]);
        target.delete("user", "dora").await.unwrap();
        assert_eq!(target.sql(all), [""; 0]);
        // Rows of nobody are no object.
        target.sql("INSERT INTO radreply (username, attribute, op, value) VALUES ('', 'Reply-Message', '+=', 'hi')");
        assert_eq!(find(&target, []).await, ["carl"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_left_to_the_database() {
    use Comparator as C;
    check(|target| async move {
        for (name, sessions, active) in [("anna", Some(2), true), ("bert", Some(10), false), ("cleo", None, true)] {
            let mut given = vec![attribute("username", [text(name)]), attribute("active", [Value::Boolean(active)])];
            given.extend(sessions.map(|count| attribute("sessions", [Value::Integer(count)])));
            target.create("user", given).await.unwrap();
        }
        target.create("group", vec![attribute("groupname", [text("red")]), members(["anna", "cleo"])]).await.unwrap();
        let cases: Vec<(Vec<FilterNode>, &[&str])> = vec![
            (vec![compare("username", C::Equal, text("bert"))], &["bert"]),
            (vec![compare("username", C::StartsWith, text("c"))], &["cleo"]),
            (vec![compare("sessions", C::Equal, Value::Integer(10))], &["bert"]),
            (vec![compare("sessions", C::NotEqual, Value::Integer(10))], &["anna", "cleo"]),
            (vec![FilterNode::Present("sessions".into())], &["anna", "bert"]),
            (vec![FilterNode::Present("active".into())], &["anna", "bert", "cleo"]),
            (vec![compare("active", C::Equal, Value::Boolean(true))], &["anna", "cleo"]),
            (vec![compare("active", C::NotEqual, Value::Boolean(true))], &["bert"]),
            (vec![compare("active", C::Equal, Value::Boolean(false))], &["bert"]),
            (vec![compare("groups", C::Equal, reference("red"))], &["anna", "cleo"]),
        ];
        for (filter, expected) in cases {
            assert_eq!(find(&target, filter.clone()).await, expected, "{filter:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_on_where_the_last_one_ended() {
    check(|target| async move {
        let values: Vec<String> =
            (0..45).map(|n| format!("('u{n:03}', 'A', '=', '1'), ('u{n:03}', 'B', '=', '2')")).collect();
        for table in ["radcheck", "radreply"] {
            target.sql(&format!("INSERT INTO {table} (username, attribute, op, value) VALUES {}", values.join(", ")));
        }
        for descending in [false, true] {
            let mut seen = Vec::new();
            let mut continuation = None;
            loop {
                let order = if descending { vec![by("username", true)] } else { Vec::new() };
                let wanted = Query { page_size: 20, want_total: true, order, continuation, ..query("user") };
                let page = target.search(wanted).await.unwrap();
                assert_eq!(page.total, Some(45));
                seen.extend(uids(&page));
                continuation = page.next;
                if continuation.is_none() {
                    break;
                }
                // What is added before the place shifts nothing.
                target.sql("DELETE FROM radcheck WHERE username = 'u000'");
                target.sql("DELETE FROM radreply WHERE username = 'u001'");
            }
            let mut expected: Vec<String> = (0..45).map(|n| format!("u{n:03}")).collect();
            if descending {
                expected.reverse();
            }
            assert_eq!(seen, expected);
        }
        let page = target.search(Query { page_size: 5, offset: Some(40), ..query("user") }).await.unwrap();
        assert_eq!(uids(&page), ["u040", "u041", "u042", "u043", "u044"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_make_one_object_one_does() {
    const RIVALS: usize = 12;
    for kind in Kind::all() {
        let target = Arc::new(target(kind).await);
        for round in 0..3 {
            let name = format!("rival{round}");
            let rivals: Vec<_> = (0..RIVALS)
                .map(|number| {
                    let (target, name) = (Arc::clone(&target), name.clone());
                    tokio::spawn(async move {
                        let given = [user(&name), vec![attribute("password", [text(&format!("p{number}"))])]].concat();
                        kind_of(target.create("user", given).await)
                    })
                })
                .collect();
            let mut winners = 0;
            for rival in rivals {
                match rival.await.unwrap() {
                    Ok(uid) => {
                        assert_eq!(uid, name);
                        winners += 1;
                    }
                    Err(lost) => assert_eq!(lost, (ErrorKind::AlreadyExists, Some("username".into())), "{kind:?}"),
                }
            }
            assert_eq!(winners, 1, "{kind:?}");
            assert_eq!(rows(&target, &name).len(), 2, "{kind:?}: its rows are those of one");
        }
        // Who makes another object is kept from nothing.
        let all: Vec<_> = (0..RIVALS)
            .map(|number| {
                let target = Arc::clone(&target);
                tokio::spawn(async move { target.create("user", user(&format!("own{number}"))).await })
            })
            .collect();
        for one in all {
            one.await.unwrap().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_beside_a_row_are_attributes_of_it() {
    check(|target| async move {
        let given = vec![attribute("label", [text("saw")]), attribute("colour", [text("red")])];
        let uid = target.create("gadget", given).await.unwrap();
        assert_eq!(target.values("gadget", &uid, "colour").await, ["red"]);
        assert_eq!(target.values("gadget", &uid, "lent").await, ["false"]);
        let update = |name: &str, change| target.update("gadget", &uid, vec![delta(name, change)]);
        update("lent", Change::Add(vec![Value::Boolean(true)])).await.unwrap();
        update("lent", Change::Add(vec![Value::Boolean(true)])).await.unwrap();
        update("colour", Change::Replace(vec![text("blue")])).await.unwrap();
        let all = "SELECT name, value FROM gadget_setting ORDER BY name";
        assert_eq!(target.sql(all), ["colour|blue", "lent|"]);
        update("lent", Change::Replace(vec![Value::Boolean(false)])).await.unwrap();
        target.delete("gadget", &uid).await.unwrap();
        assert_eq!(target.sql(all), [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_to_be_unique_is() {
    const RIVALS: usize = 10;
    for kind in Kind::all() {
        let target = Arc::new(target(kind).await);
        let taken = Err((ErrorKind::AlreadyExists, Some("label".to_owned())));
        let mut uids = Vec::new();
        for label in ["hammer", "Saw"] {
            let rivals: Vec<_> = (0..RIVALS)
                .map(|number| {
                    let target = Arc::clone(&target);
                    let label = if number % 2 == 0 { label.to_owned() } else { label.to_uppercase() };
                    tokio::spawn(async move {
                        kind_of(target.create("gadget", vec![attribute("label", [text(&label)])]).await)
                    })
                })
                .collect();
            let before = uids.len();
            for rival in rivals {
                match rival.await.unwrap() {
                    Ok(uid) => uids.push(uid),
                    lost => assert_eq!(lost, taken, "{kind:?}"),
                }
            }
            assert_eq!(uids.len(), before + 1, "{kind:?}");
        }
        let rename = |uid: String, label: &'static str| {
            let target = Arc::clone(&target);
            async move {
                let change = vec![delta("label", Change::Replace(vec![text(label)]))];
                kind_of(target.update("gadget", &uid, change).await.map(drop))
            }
        };
        assert_eq!(rename(uids[0].clone(), "saw").await.unwrap_err(), taken.clone().unwrap_err());
        assert_eq!(rename(uids[1].clone(), "SAW").await, Ok(()), "its own name, spelt differently");
        // Two who want one name: one gets it.
        let both = [rename(uids[0].clone(), "axe"), rename(uids[1].clone(), "axe")].map(tokio::spawn);
        let mut winners = 0;
        for one in both {
            winners += usize::from(one.await.unwrap().is_ok());
        }
        assert_eq!(winners, 1, "{kind:?}");
        assert_eq!(target.sql("SELECT COUNT(*) FROM gadget WHERE label = 'axe'"), ["1"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_saw_one_version_one_writes() {
    for kind in Kind::all() {
        let target = Arc::new(target(kind).await);
        target.create("user", [user("anna"), vec![attribute("sessions", [Value::Integer(0)])]].concat()).await.unwrap();
        let seen = target.get("user", "anna", &[]).await.unwrap().id.revision.expect("a version");
        let rivals: Vec<_> = (1..=8)
            .map(|number| {
                let (target, seen) = (Arc::clone(&target), seen.clone());
                tokio::spawn(async move {
                    let change = vec![delta("sessions", Change::Replace(vec![Value::Integer(number)]))];
                    let written = target.app.update(&ctx(), "user", "anna", Some(&seen), change).await;
                    kind_of(written.map(|result| result.id.revision))
                })
            })
            .collect();
        let mut winners = Vec::new();
        for rival in rivals {
            match rival.await.unwrap() {
                Ok(revision) => winners.push(revision.expect("a version")),
                Err(lost) => assert_eq!(lost, (ErrorKind::PreconditionFailed, None)),
            }
        }
        let now = target.get("user", "anna", &[]).await.unwrap().id.revision;
        assert_eq!(winners, [now.expect("a version")], "{kind:?}");
        let late = target.app.delete(&ctx(), "user", "anna", Some(&seen)).await;
        assert_eq!(kind_of(late), Err((ErrorKind::PreconditionFailed, None)));
        assert_eq!(target.values("user", "anna", "active").await, ["true"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_and_values_are_kept_or_refused() {
    check(|target| async move {
        let hostile =
            ["o'neil", "a\"b", "x; DROP TABLE radcheck --", "50%_/~\\", "Zoë\u{1f600}", "a  b", "..", "/*!1*/"];
        for name in hostile {
            let given = [user(name), vec![attribute("messages", [text(name)])]].concat();
            let uid = target.create("user", given).await.unwrap();
            assert_eq!(target.values("user", &uid, "username").await, [name]);
            assert_eq!(target.values("user", &uid, "messages").await, [name]);
            assert_eq!(find(&target, [compare("messages", Comparator::Equal, text(name))]).await, [uid.as_str()]);
            assert_eq!(kind_of(target.create("user", user(name)).await).unwrap_err().0, ErrorKind::AlreadyExists);
            target.delete("user", &uid).await.unwrap();
        }
        assert_eq!(target.sql("SELECT COUNT(*) FROM radcheck"), ["0"]);
        // Longer than a column, an id, or the name of a lock may be.
        for name in ["x".repeat(65), "x".repeat(600), "ä".repeat(5_000), "a\0b".to_owned()] {
            if name.len() == 65 && target.kind == Kind::Postgres {
                continue; // Its columns have no limit.
            }
            let refused = kind_of(target.create("user", user(&name)).await);
            assert_eq!(refused, Err((ErrorKind::InvalidValue, Some("username".into()))), "{}", name.len());
        }
        let long = [user("anna"), vec![attribute("address", [text("a\0b")])]].concat();
        let refused = kind_of(target.create("user", long).await);
        assert_eq!(refused, Err((ErrorKind::InvalidValue, Some("address".into()))));
        assert_eq!(target.sql("SELECT COUNT(*) FROM radcheck"), ["0"], "nothing is left of what was refused");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_said_with_its_place() {
    for kind in Kind::all() {
        let mut settings = settings();
        let classes = &mut settings["classes"];
        classes["user"]["entity"]["tables"] = json!(["radcheck", { "table": "radreply", "key": "id" }]);
        classes["user"]["attributes"] = json!({ "op": {} });
        classes["group"]["entity"]["anchor"] = json!({ "table": "radusergroup", "set": { "colour": 1 } });
        classes["group"]["name"] = json!("members");
        classes["gadget"]["unique"] = json!(["label", "colour", "size"]);
        classes["gadget"]["rows"]["colour"]["parent"] = json!("name");
        let target = Target::new(kind, settings, false).await;
        tables(kind).iter().for_each(|table| drop(target.sql(table)));
        let problems = target.app.test(&ctx()).await.unwrap();
        let places: BTreeSet<String> = problems.iter().filter_map(|problem| problem.path.clone()).collect();
        for place in [
            "/classes/user/entity/tables/1",
            "/classes/user/attributes/op",
            "/classes/group/entity/anchor/set/colour",
            "/classes/group/name",
            "/classes/gadget/rows/colour/parent",
            "/classes/gadget/unique",
        ] {
            assert!(places.contains(place), "{place} is missing in {places:?}");
        }
    }
}
