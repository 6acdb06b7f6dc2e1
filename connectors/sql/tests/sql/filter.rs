//! Every operator on every kind of attribute, against a model of what SCIM means.

use patchbay_contract::{Comparator, Comparison, ErrorKind, FilterNode, Value};

use crate::target::{Kind, Target, attribute, check, kind_of, reference, text};

fn compare(attribute: &str, operator: Comparator, value: Value) -> FilterNode {
    FilterNode::Compare(Comparison { attribute: attribute.to_owned(), operator, value })
}

/// The people that meet one comparison, and that the rest meets its negation.
async fn check_compare(target: &Target, name: &str, operator: Comparator, value: Value, expected: &[&str]) {
    let node = compare(name, operator, value.clone());
    let shown = format!("{name} {operator:?} {value:?} on {:?}", target.kind);
    assert_eq!(target.matches(vec![node.clone()]).await.unwrap(), expected, "{shown}");
    let rest: Vec<&str> = ["1", "2", "3"].into_iter().filter(|uid| !expected.contains(uid)).collect();
    assert_eq!(target.matches(vec![node, FilterNode::Not(0)]).await.unwrap(), rest, "not ({shown})");
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_mean_what_scim_says() {
    use Comparator::{Contains, EndsWith, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual, StartsWith};
    check(|target| async move {
        // Text whose case does not count, by the column's collation and by the settings.
        for (operator, value, expected) in [
            (Equal, "ANNA", vec!["1"]),
            (NotEqual, "ANNA", vec!["2", "3"]),
            (Contains, "NN", vec!["1"]),
            (StartsWith, "B", vec!["2"]),
            (EndsWith, "O", vec!["3"]),
            (Contains, "%", vec![]),
            (StartsWith, "_", vec![]),
            (Contains, "", vec!["1", "2", "3"]),
            (Greater, "bert", vec!["3"]),
            (GreaterOrEqual, "bert", vec!["2", "3"]),
            (Less, "BERT", vec!["1"]),
            (LessOrEqual, "bert", vec!["1", "2"]),
            (Equal, "anna\0", vec![]),
            (NotEqual, "anna\0", vec!["1", "2", "3"]),
        ] {
            check_compare(&target, "login", operator, text(value), &expected).await;
        }
        for (operator, value, expected) in [
            (Equal, "anna", vec!["1"]),
            (NotEqual, "anna", vec!["2", "3"]),
            (EndsWith, "NA", vec!["1"]),
            (Greater, "anna", vec!["2"]),
        ] {
            check_compare(&target, "first_name", operator, text(value), &expected).await;
        }
        // Numbers, also beyond the column's range and of no type that it has.
        for (operator, value, expected) in [
            (Equal, Value::Integer(30), vec!["2"]),
            (Equal, text("30"), vec!["2"]),
            (Equal, Value::Decimal("30.0".into()), vec!["2"]),
            (NotEqual, Value::Integer(30), vec!["1", "3"]),
            (Greater, Value::Integer(30), vec!["1"]),
            (GreaterOrEqual, Value::Integer(30), vec!["1", "2"]),
            (Less, Value::Integer(40), vec!["2"]),
            (LessOrEqual, Value::Integer(40), vec!["1", "2"]),
            (Contains, text("0"), vec!["1", "2"]),
            (StartsWith, text("4"), vec!["1"]),
            (Less, Value::Integer(1 << 40), vec!["1", "2"]),
            (Greater, Value::Integer(1 << 40), vec![]),
            (Greater, Value::Decimal("-99999999999999999999".into()), vec!["1", "2"]),
            (Equal, Value::Integer(1 << 40), vec![]),
            (NotEqual, Value::Integer(1 << 40), vec!["1", "2", "3"]),
            (Equal, text("young"), vec![]),
            (NotEqual, text("young"), vec!["1", "2", "3"]),
            (Equal, Value::Boolean(true), vec![]),
        ] {
            // SQLite's SMALLINT takes anything.
            check_compare(&target, "age", operator, value, &expected).await;
        }
        // References, by uid.
        check_compare(&target, "manager", Equal, reference("1"), &["2", "3"]).await;
        check_compare(&target, "manager", NotEqual, reference("1"), &["1"]).await;
        check_compare(&target, "manager", Equal, text("1"), &["2", "3"]).await;
        check_compare(&target, "manager", Equal, reference("01"), &[]).await;
        check_compare(&target, "manager", NotEqual, reference("x"), &["1", "2", "3"]).await;
        // Lookups, by label.
        check_compare(&target, "department", Equal, text("IT"), &["2"]).await;
        check_compare(&target, "department", NotEqual, text("IT"), &["1", "3"]).await;
        check_compare(&target, "department", StartsWith, text("S"), &["1"]).await;
        check_compare(&target, "department", Equal, text("it"), &[]).await;
        // Lists: any value; what has none differs.
        check_compare(&target, "work", Equal, text("bert@work.example"), &["2"]).await;
        check_compare(&target, "work", Contains, text("@work"), &["1", "2"]).await;
        check_compare(&target, "work", NotEqual, text("bert@work.example"), &["1", "3"]).await;
        check_compare(&target, "other", Equal, text("bert@work.example"), &[]).await;
        check_compare(&target, "groups", Equal, reference("1"), &["1", "2"]).await;
        check_compare(&target, "groups", NotEqual, reference("1"), &["3"]).await;
        check_compare(&target, "groups", Equal, reference("nobody"), &[]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn truth_values_times_and_decimals_are_typed() {
    use Comparator::{Equal, Greater, GreaterOrEqual, Less, NotEqual};
    check(|target| async move {
        // MariaDB takes none, and its session is in UTC.
        let zone = match target.kind {
            Kind::MariaDb => "",
            Kind::Mssql => " +00:00",
            Kind::Sqlite | Kind::Postgres => "+00:00",
        };
        for (id, set) in [
            (1, "active = TRUE, salary = 9.5, born = '1980-01-01', created = '2024-01-01 00:00:00"),
            (2, "active = FALSE, salary = 10, born = '1990-01-01', created = '2024-01-02 00:00:00"),
            (3, "created = '2024-01-03 00:00:00"),
        ] {
            // SQL Server has no words for them.
            let set = match target.kind {
                Kind::Mssql => set.replace("TRUE", "1").replace("FALSE", "0"),
                _ => set.to_owned(),
            };
            target.sql(&format!("UPDATE person SET {set}{zone}' WHERE person_id = {id}"));
        }
        check_compare(&target, "active", Equal, Value::Boolean(true), &["1"]).await;
        check_compare(&target, "active", Equal, text("False"), &["2"]).await;
        check_compare(&target, "active", NotEqual, Value::Boolean(true), &["2", "3"]).await;
        check_compare(&target, "salary", Greater, Value::Decimal("9.75".into()), &["2"]).await;
        check_compare(&target, "salary", Equal, Value::Integer(10), &["2"]).await;
        check_compare(&target, "salary", Less, text("10.00"), &["1"]).await;
        check_compare(&target, "born", GreaterOrEqual, text("1990-01-01"), &["2"]).await;
        check_compare(&target, "born", Equal, text("1990-02-31"), &[]).await;
        let noon = |text: &str| Value::Timestamp(text.to_owned());
        check_compare(&target, "created", Equal, noon("2024-01-02T01:00:00+01:00"), &["2"]).await;
        check_compare(&target, "created", Greater, noon("2024-01-02T00:00:00Z"), &["3"]).await;
        check_compare(&target, "created", Less, text("2024-01-02T00:30:00+01:00"), &["1"]).await;
        check_compare(&target, "created", Equal, text("yesterday"), &[]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blank_padding_is_no_value() {
    check(|target| async move {
        target.sql("UPDATE person SET code = 'AB      ' WHERE person_id = 1");
        target.sql("UPDATE person SET code = '        ' WHERE person_id = 2");
        assert_eq!(target.values("person", "1", "code").await, ["AB"]);
        assert_eq!(target.values("person", "2", "code").await, [""; 0]);
        check_compare(&target, "code", Comparator::Equal, text("AB"), &["1"]).await;
        check_compare(&target, "code", Comparator::EndsWith, text("B"), &["1"]).await;
        check_compare(&target, "code", Comparator::Contains, text(""), &["1"]).await;
        check_compare(&target, "code", Comparator::NotEqual, text("AB"), &["2", "3"]).await;
        assert_eq!(target.matches(vec![FilterNode::Present("code".into())]).await.unwrap(), ["1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_logic_and_uids() {
    check(|target| async move {
        let present = |name: &str| FilterNode::Present(name.to_owned());
        for (name, expected) in [
            ("first_name", vec!["1", "2"]),
            ("manager", vec!["2", "3"]),
            ("department", vec!["1", "2"]),
            ("work", vec!["1", "2"]),
            ("other", vec![]),
            ("groups", vec!["1", "2"]),
        ] {
            assert_eq!(target.matches(vec![present(name)]).await.unwrap(), expected, "{name} on {:?}", target.kind);
            let rest: Vec<&str> = ["1", "2", "3"].into_iter().filter(|uid| !expected.contains(uid)).collect();
            assert_eq!(target.matches(vec![present(name), FilterNode::Not(0)]).await.unwrap(), rest, "not {name}");
        }
        let uid = |uid: &str| FilterNode::Uid(uid.to_owned());
        assert_eq!(target.matches(vec![uid("2")]).await.unwrap(), ["2"]);
        assert_eq!(target.matches(vec![uid("x"), FilterNode::Not(0)]).await.unwrap(), ["1", "2", "3"]);
        let nodes = vec![
            compare("login", Comparator::Equal, text("anna")),
            compare("age", Comparator::Less, Value::Integer(35)),
            FilterNode::Or(vec![0, 1]),
            FilterNode::Not(2),
            present("manager"),
            FilterNode::And(vec![3, 4]),
        ];
        assert_eq!(target.matches(nodes).await.unwrap(), ["3"]);
        let mut many: Vec<FilterNode> = (0..900).map(|number| uid(&number.to_string())).collect();
        many.push(FilterNode::Or((0..900).collect()));
        assert_eq!(target.matches(many).await.unwrap(), ["1", "2", "3"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_values_stay_values() {
    check(|target| async move {
        let words = ["' OR '1'='1", "\"; DROP TABLE person; --", "\\'", "$1", "?", ":x", "🦀", "a\nb", "NULL"];
        for word in words {
            target.statements();
            for operator in [Comparator::Equal, Comparator::Contains, Comparator::StartsWith, Comparator::EndsWith] {
                let found = target.matches(vec![compare("login", operator, text(word))]).await.unwrap();
                assert!(found.is_empty(), "{word} on {:?}", target.kind);
            }
            for statement in target.statements() {
                assert!(word.len() < 3 || !statement.contains(word), "{statement}");
            }
            let given = vec![attribute("login", [text(word)])];
            let uid = target.create("person", given).await.unwrap();
            let found = target.matches(vec![compare("login", Comparator::Equal, text(word))]).await.unwrap();
            assert_eq!(found, std::slice::from_ref(&uid), "{word} on {:?}", target.kind);
            target.delete("person", &uid).await.unwrap();
        }
        let long = "x".repeat(1 << 20);
        let outcome = target.matches(vec![compare("login", Comparator::Contains, text(&long[..500_000]))]).await;
        assert_eq!(outcome.unwrap(), [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_is_refused() {
    check(|target| async move {
        for (name, operator, value) in [
            ("active", Comparator::Greater, Value::Boolean(true)),
            ("active", Comparator::Contains, text("t")),
            ("manager", Comparator::StartsWith, reference("1")),
            ("groups", Comparator::Less, reference("1")),
            ("created", Comparator::Contains, text("2024")),
        ] {
            let outcome = kind_of(target.matches(vec![compare(name, operator, value)]).await);
            assert_eq!(outcome, Err((ErrorKind::InvalidFilter, Some(name.to_owned()))));
        }
        // The host asks for what it was told to map: there is no such column, or none any more.
        let nonsense = compare("nonsense", Comparator::Equal, text("x"));
        let outcome = kind_of(target.matches(vec![nonsense]).await);
        assert_eq!(outcome, Err((ErrorKind::Configuration, Some("nonsense".to_owned()))));
    })
    .await;
}
