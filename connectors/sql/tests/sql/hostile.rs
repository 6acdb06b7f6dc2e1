//! Hostile values in every position that takes one: what is stored is what was sent, and it
//! is found again; or it is refused with the attribute's name. Never is it read as SQL.

use patchbay_contract::{Change, Comparator, Comparison, ErrorKind, FilterNode, Value};

use crate::target::{Kind, Target, attribute, check, delta, kind_of, query, reference, settings, show, text};

/// Short enough for the shortest column, which has eight characters.
const VALUES: [&str; 26] = [
    "'",
    "''",
    "\"",
    "`",
    "--",
    "/*",
    "*/",
    ";",
    "%",
    "_",
    "!",
    "\\",
    "\\'",
    "$1",
    "?",
    ":x",
    "@P1",
    "[a]",
    "{d 'x'}",
    "' OR 1=1",
    "\u{1f98a}",
    "e\u{301}",
    "\u{202e}abc",
    "a\tb",
    "a\nb",
    "NULL",
];

fn equal(name: &str, value: &str) -> FilterNode {
    comparison(name, Comparator::Equal, value)
}

fn comparison(name: &str, operator: Comparator, value: &str) -> FilterNode {
    FilterNode::Compare(Comparison { attribute: name.to_owned(), operator, value: text(value) })
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_stored_as_they_are() {
    for kind in Kind::all() {
        let mut settings = settings();
        settings["classes"]["person"]["lookups"]["department"]["create"] = true.into();
        let target = Target::new(kind, settings, true).await;
        for value in VALUES {
            let names = ["login", "first_name", "code", "department", "work", "tags"];
            let given: Vec<_> = names.iter().map(|name| attribute(name, [text(value)])).collect();
            let uid = target.create("person", given).await.unwrap_or_else(|error| panic!("{value:?}: {error:?}"));
            for name in names {
                assert_eq!(target.values("person", &uid, name).await, [value], "{name} on {kind:?}");
                let found = target.matches(vec![equal(name, value)]).await.unwrap();
                assert_eq!(found, std::slice::from_ref(&uid), "{name} eq {value:?} on {kind:?}");
            }
            for operator in [Comparator::Contains, Comparator::StartsWith, Comparator::EndsWith] {
                let found = target.matches(vec![comparison("code", operator, value)]).await.unwrap();
                assert_eq!(found, std::slice::from_ref(&uid), "code {operator:?} {value:?} on {kind:?}");
            }
            let changes = ["first_name", "work"].map(|name| delta(name, Change::Remove(vec![text(value)])));
            target.update("person", &uid, changes.into()).await.unwrap();
            for name in ["first_name", "work"] {
                assert_eq!(target.values("person", &uid, name).await, [""; 0], "{name} {value:?} on {kind:?}");
            }
            target.delete("person", &uid).await.unwrap();
        }
        assert_eq!(target.sql("SELECT COUNT(*) FROM person"), ["3"]);
    }
}

/// A key that the client chooses goes into the id, and from there into every statement.
#[tokio::test(flavor = "multi_thread")]
async fn values_in_keys_are_values() {
    check(|target| async move {
        for value in VALUES {
            let given = vec![
                attribute("building", [text(value)]),
                attribute("number", [Value::Integer(-7)]),
                attribute("holder", [reference("1")]),
                attribute("keys", [text(value)]),
            ];
            let uid = target.create("locker", given).await.unwrap();
            assert_eq!(target.values("locker", &uid, "building").await, [value], "on {:?}", target.kind);
            assert_eq!(target.values("locker", &uid, "keys").await, [value], "on {:?}", target.kind);
            let change = vec![delta("holder", Change::Replace(vec![reference("2")]))];
            target.update("locker", &uid, change).await.unwrap();
            let page = target.search(query("locker")).await.unwrap();
            assert_eq!(page.objects.iter().map(|object| &object.id.uid).collect::<Vec<_>>(), [&uid]);
            target.delete("locker", &uid).await.unwrap();
        }
        for uid in VALUES {
            let outcome = target.delete("person", uid).await;
            assert_eq!(kind_of(outcome), Err((ErrorKind::NotFound, None)), "{uid:?} on {:?}", target.kind);
        }
        assert_eq!(target.sql("SELECT COUNT(*) FROM person"), ["3"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_stored_names_its_attribute() {
    check(|target| async move {
        let long = "x".repeat(5000);
        for (class, name, value) in [
            ("person", "login", text("a\0b")),
            ("person", "login", text(&long)),
            ("person", "code", text("nine char")),
            ("person", "department", text("a\0b")),
            ("person", "department", text(&long)),
            ("person", "work", text("a\0b")),
            ("person", "work", text(&long)),
            ("person", "tags", text("a\0b")),
            ("person", "manager", reference("a\0b")),
            ("person", "manager", reference(&long)),
            ("person", "manager", reference("99999999999999999999")),
            ("person", "age", text(&"9".repeat(400))),
            ("person", "salary", text("1e400")),
            ("person", "salary", Value::Decimal("123456789012.00".into())),
            ("person", "salary", Value::Decimal("0.125".into())),
            ("person", "born", text("0000-00-00")),
            ("person", "born", text("2023-02-29")),
            ("person", "born", text("10000-01-01")),
            ("person", "created", text("2024-01-01T25:00:00Z")),
            ("team", "name", text("a\0b")),
            ("team", "members", reference("0x1")),
            ("locker", "building", text("a\0b")),
            ("locker", "number", text("1.5")),
        ] {
            // PostgreSQL's citext has no length.
            if (target.kind, name) == (Kind::Postgres, "login") && value == text(&long) {
                continue;
            }
            let mut given = vec![attribute(name, [value.clone()])];
            let required: &[(&str, Value)] = match class {
                "person" => &[("login", text("new"))],
                "team" => &[("name", text("new"))],
                _ => &[("building", text("new")), ("number", Value::Integer(1))],
            };
            let missing = required.iter().filter(|(required, _)| *required != name);
            given.extend(missing.map(|(name, value)| attribute(name, [value.clone()])));
            let outcome = kind_of(target.create(class, given).await);
            let shown = show(value).chars().take(30).collect::<String>();
            let expected = Err((ErrorKind::InvalidValue, Some(name.to_owned())));
            assert_eq!(outcome, expected, "{name} {shown:?} on {:?}", target.kind);
        }
        let counts = ["person", "team", "locker"].map(|table| target.sql(&format!("SELECT COUNT(*) FROM {table}")));
        assert_eq!(counts, [["3"], ["2"], ["0"]], "on {:?}", target.kind);
    })
    .await;
}
