//! Filters: each operator, presence, logic, and values that only look like filters.

use patchbay_contract::{Comparator, ErrorKind, FilterNode, Precision, Value};

use crate::target::{Kind, Target, check, compare, kind_of, reference, text};

const EVERYBODY: [&str; 3] = ["anna", "bert", "cleo"];

/// A filter finds these; where the directory answers with more, the host checks again.
async fn check_found(target: &Target, nodes: Vec<FilterNode>, expected: &[&str], shown: &str) {
    let found = target.found(nodes).await.unwrap_or_else(|error| panic!("{shown}: {error:?}"));
    match found.precision {
        Precision::Exact => assert_eq!(found.logins, expected, "{shown}"),
        Precision::Superset => {
            let all = expected.iter().all(|login| found.logins.iter().any(|found| found == login));
            assert!(all, "{shown}: {:?} lacks some of {expected:?}", found.logins);
        }
    }
}

/// A comparison finds these, and its negation everybody else.
async fn check_compare(target: &Target, name: &str, operator: Comparator, value: Value, expected: &[&str]) {
    let shown = format!("{name} {operator:?} {value:?} on {:?}", target.kind);
    let node = compare(name, operator, value);
    check_found(target, vec![node.clone()], expected, &shown).await;
    let rest: Vec<&str> = EVERYBODY.into_iter().filter(|login| !expected.contains(login)).collect();
    check_found(target, vec![node, FilterNode::Not(0)], &rest, &format!("not ({shown})")).await;
}

/// What names of people are found by is found by the server, and by nobody else again.
#[tokio::test(flavor = "multi_thread")]
async fn the_server_finds_what_clients_look_for() {
    check(async |target| {
        let anna = target.uid("anna").await;
        for (nodes, expected) in [
            (vec![compare("login", Comparator::Equal, text("Anna"))], vec!["anna"]),
            (vec![compare("mail", Comparator::Equal, text("bert@example.org"))], vec!["bert"]),
            (vec![compare("login", Comparator::StartsWith, text("c"))], vec!["cleo"]),
            (vec![compare("manager", Comparator::Equal, reference(&anna))], vec!["bert", "cleo"]),
            (vec![FilterNode::Uid(anna.clone())], vec!["anna"]),
        ] {
            let found = target.found(nodes.clone()).await.unwrap();
            assert_eq!(
                (found.logins, found.precision),
                (expected.into_iter().map(str::to_owned).collect(), Precision::Exact),
                "{nodes:?} on {:?}",
                target.kind
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_mean_what_scim_says() {
    use Comparator::{Contains, EndsWith, Equal, NotEqual, StartsWith};
    check(async |target| {
        for (operator, value, expected) in [
            (Equal, "ANNA", vec!["anna"]),
            (NotEqual, "ANNA", vec!["bert", "cleo"]),
            (Contains, "NN", vec!["anna"]),
            (Contains, "", vec!["anna", "bert", "cleo"]),
            (StartsWith, "B", vec!["bert"]),
            (EndsWith, "O", vec!["cleo"]),
            (Equal, "*", vec![]),
            (Contains, "*", vec![]),
            (StartsWith, "a*", vec![]),
            (Equal, "anna\0", vec![]),
        ] {
            check_compare(target, "login", operator, text(value), &expected).await;
        }
        // Some have no value.
        for (operator, value, expected) in
            [(Equal, "clerk", vec!["bert"]), (NotEqual, "Clerk", vec!["anna", "cleo"]), (Contains, "ge", vec!["anna"])]
        {
            check_compare(target, "title", operator, text(value), &expected).await;
        }
        // Lists: any value; what has none differs.
        check_compare(target, "phones", Equal, text("+45 70 10 10 11"), &["anna"]).await;
        check_compare(target, "phones", StartsWith, text("+45 70"), &["anna", "bert"]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn references_are_compared_by_id() {
    use Comparator::{Equal, NotEqual};
    check(async |target| {
        let (anna, red) = (target.uid("anna").await, target.uid("Red").await);
        check_compare(target, "manager", Equal, reference(&anna), &["bert", "cleo"]).await;
        check_compare(target, "manager", NotEqual, reference(&anna), &["anna"]).await;
        check_compare(target, "manager", Equal, text(&anna), &["bert", "cleo"]).await;
        check_compare(target, "manager", Equal, reference("nobody"), &[]).await;
        check_compare(target, "manager", NotEqual, reference("nobody"), &EVERYBODY).await;
        check_compare(target, "member_of", Equal, reference(&red), &["anna", "bert"]).await;
        check_compare(target, "member_of", Equal, reference("nobody"), &[]).await;
        check_compare(target, "active", Equal, Value::Boolean(true), &EVERYBODY).await;
        check_compare(target, "active", Equal, Value::Boolean(false), &[]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_logic_and_ids() {
    check(async |target| {
        let present = |name: &str| FilterNode::Present(name.to_owned());
        for (name, expected) in [
            ("title", vec!["anna", "bert"]),
            ("manager", vec!["bert", "cleo"]),
            ("phones", vec!["anna", "bert"]),
            ("member_of", vec!["anna", "bert"]),
            ("photo", vec![]),
        ] {
            let shown = format!("{name} on {:?}", target.kind);
            check_found(target, vec![present(name)], &expected, &shown).await;
            let rest: Vec<&str> = EVERYBODY.into_iter().filter(|login| !expected.contains(login)).collect();
            check_found(target, vec![present(name), FilterNode::Not(0)], &rest, &format!("not {shown}")).await;
        }
        let (anna, cleo) = (target.uid("anna").await, target.uid("cleo").await);
        let uid = |uid: &str| FilterNode::Uid(uid.to_owned());
        assert_eq!(target.matches(vec![uid(&cleo)]).await.unwrap(), ["cleo"]);
        assert_eq!(target.matches(vec![uid("x"), FilterNode::Not(0)]).await.unwrap(), EVERYBODY);
        let nodes = vec![
            compare("login", Comparator::Equal, text("anna")),
            compare("title", Comparator::Equal, text("Clerk")),
            FilterNode::Or(vec![0, 1]),
            FilterNode::Not(2),
            present("manager"),
            FilterNode::And(vec![3, 4]),
        ];
        check_found(target, nodes, &["cleo"], "and, or, not").await;
        let mut many: Vec<FilterNode> = (0..200).map(|number| uid(&format!("nobody-{number}"))).collect();
        many.extend([uid(&anna), FilterNode::Or((0..201).collect())]);
        assert_eq!(target.matches(many).await.unwrap(), ["anna"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_in_values_are_values() {
    check(async |target| {
        for word in ["*)(uid=*", "anna)(|(uid=*", "\\2a", "(&)", "an*", "anna\n", "a\0b", ")", "\\", "\u{1f98a}"] {
            for operator in [Comparator::Equal, Comparator::Contains, Comparator::StartsWith, Comparator::EndsWith] {
                let found = target.found(vec![compare("title", operator, text(word))]).await.unwrap();
                let none = found.logins.is_empty() || found.precision == Precision::Superset;
                assert!(none, "{word:?} {operator:?} on {:?}: {found:?}", target.kind);
            }
        }
        let long = "x".repeat(100_000);
        assert_eq!(target.matches(vec![compare("login", Comparator::Equal, text(&long))]).await.unwrap(), [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_is_refused() {
    check(async |target| {
        for (name, operator, value) in
            [("password", Comparator::Equal, text("x")), ("nonsense", Comparator::Equal, text("x"))]
        {
            let outcome = kind_of(target.matches(vec![compare(name, operator, value)]).await);
            assert_eq!(outcome, Err((ErrorKind::InvalidFilter, Some(name.to_owned()))), "on {:?}", target.kind);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_compared_as_times() {
    use Comparator::{Greater, GreaterOrEqual, Less};
    check(async |target| {
        let name = if target.kind == Kind::SambaAd { "whenCreated" } else { "createTimestamp" };
        for (operator, time, expected) in [
            (GreaterOrEqual, "2020-01-01T01:00:00+01:00", &EVERYBODY[..]),
            (Greater, "2020-01-01T00:00:00Z", &EVERYBODY),
            (Less, "2020-01-01T00:00:00Z", &[]),
            (Less, "2999-01-01T00:00:00Z", &EVERYBODY),
        ] {
            check_compare(target, name, operator, Value::Timestamp(time.to_owned()), expected).await;
        }
    })
    .await;
}
