//! `get` and `search`: values, projection, paging, totals.

use patchbay_contract::{ErrorKind, Query, Value};

use crate::target::{
    Kind, Target, attribute, by, check, kind_of, query, reference, settings, soft_settings, text, uids,
};

#[tokio::test(flavor = "multi_thread")]
async fn values_come_back_as_they_were_given() {
    check(|target| async move {
        let given = vec![
            attribute("login", [text("dora")]),
            attribute("first_name", [text("D'ora \"%_\\ 🦀")]),
            attribute("code", [text("CC-1")]),
            attribute("age", [Value::Integer(-5)]),
            attribute("salary", [Value::Decimal("1234.50".into())]),
            attribute("active", [Value::Boolean(false)]),
            attribute("born", [text("1990-02-28")]),
            attribute("created", [Value::Timestamp("2024-05-01T12:00:00.25+02:00".into())]),
            attribute("department", [text("IT")]),
            attribute("manager", [reference("2")]),
            attribute("work", [text("d@x"), text("a@x"), text("d@x")]),
            attribute("other", [text("d@x")]),
            attribute("tags", [text("z"), text("b")]),
        ];
        let uid = target.create("person", given).await.unwrap();
        for (name, expected) in [
            ("login", vec!["dora"]),
            ("first_name", vec!["D'ora \"%_\\ 🦀"]),
            ("code", vec!["CC-1"]),
            ("age", vec!["-5"]),
            ("active", vec!["false"]),
            ("born", vec!["1990-02-28"]),
            ("created", vec!["@2024-05-01T10:00:00.25Z"]),
            ("department", vec!["IT"]),
            ("manager", vec!["->2"]),
            ("work", vec!["a@x", "d@x"]),
            ("other", vec!["d@x"]),
            ("tags", vec!["z", "b"]),
            ("groups", vec![]),
        ] {
            assert_eq!(target.values("person", &uid, name).await, expected, "{name} on {:?}", target.kind);
        }
        let salary = target.values("person", &uid, "salary").await;
        assert!(["1234.50d", "1234.5d"].contains(&salary[0].as_str()), "{salary:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_found_by_its_uid_and_by_nothing_like_it() {
    check(|target| async move {
        let anna = target.get("person", "1", &["login", "groups", "manager"]).await.unwrap();
        assert_eq!((anna.id.uid.as_str(), anna.id.revision.as_deref()), ("1", Some("1")));
        assert_eq!(anna.cells, [vec![text("anna")], vec![reference("1")], vec![]]);
        for uid in ["0", "01", "+1", "1 ", "99", "x", "9999999999", "99999999999999999999", "1~2", "%31", "1' OR 1=1"] {
            let outcome = kind_of(target.get("person", uid, &["login"]).await);
            assert_eq!(outcome, Err((ErrorKind::NotFound, None)), "{uid} on {:?}", target.kind);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn composite_keys_that_the_client_supplies() {
    check(|target| async move {
        let locker = |building: &str, number: i64| {
            vec![attribute("building", [text(building)]), attribute("number", [Value::Integer(number)])]
        };
        let mut given = locker("North/1~%", 7);
        given.push(attribute("keys", [text("K1"), text("K2")]));
        let uid = target.create("locker", given).await.unwrap();
        assert_eq!(uid, "North%2F1%7E%25~7");
        target.create("locker", locker("North", 8)).await.unwrap();
        assert_eq!(target.values("locker", &uid, "keys").await, ["K1", "K2"]);
        assert_eq!(target.values("locker", &uid, "building").await, ["North/1~%"]);
        let page = target.search(Query { attributes: vec!["keys".into()], ..query("locker") }).await.unwrap();
        assert_eq!(uids(&page), ["North~8", uid.as_str()]);
        assert_eq!(page.objects[1].cells[0].len(), 2);
        // Page by page, by a key of two columns.
        let one = Query { page_size: 1, ..query("locker") };
        let first = target.search(one.clone()).await.unwrap();
        let second = target.search(Query { continuation: first.next.clone(), ..one }).await.unwrap();
        assert_eq!((uids(&first), uids(&second)), (vec!["North~8".into()], vec![uid.clone()]));
        assert_eq!(second.next, None);
        let missing = kind_of(target.create("locker", vec![attribute("building", [text("South")])]).await);
        assert_eq!(missing, Err((ErrorKind::InvalidValue, Some("number".into()))));
        target.delete("locker", &uid).await.unwrap();
        assert_eq!(target.sql("SELECT COUNT(*) FROM locker_key"), ["0"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_asked_for_is_read() {
    check(|target| async move {
        target.get("person", "1", &["login"]).await.unwrap();
        target.statements();
        target.get("person", "1", &["login"]).await.unwrap();
        let statements = target.statements();
        assert_eq!(statements.len(), 1, "{statements:?}");
        assert!(!statements[0].contains("department") && !statements[0].contains("mail"), "{statements:?}");
        target.get("person", "1", &["login", "department", "work", "groups"]).await.unwrap();
        assert_eq!(target.statements().len(), 3, "one for the row, one for each list");
        let page = Query { attributes: vec!["work".into(), "groups".into()], ..query("person") };
        let page = target.search(page).await.unwrap();
        assert_eq!(target.statements().len(), 3, "and not more for many objects");
        let cells: Vec<usize> = page.objects.iter().flat_map(|object| object.cells.iter().map(Vec::len)).collect();
        assert_eq!(cells, [1, 1, 1, 1, 0, 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_join_up_in_any_order() {
    check(|target| async move {
        for number in 0..20 {
            let mut given = vec![attribute("login", [text(&format!("p{number:02}"))])];
            if number % 3 != 0 {
                given.push(attribute("first_name", [text(["Eva", "eva", "Zoe"][number % 3])]));
                given.push(attribute("salary", [Value::Decimal(format!("{}.25", number % 4))]));
                given
                    .push(attribute("created", [Value::Timestamp(format!("2024-01-{:02}T00:00:00Z", number % 5 + 1))]));
            }
            target.create("person", given).await.unwrap();
        }
        for order in [
            vec![],
            vec![by("login", true)],
            vec![by("first_name", false)],
            vec![by("first_name", true)],
            vec![by("salary", true), by("first_name", false)],
            vec![by("created", false), by("age", true)],
        ] {
            let all = Query { order: order.clone(), ..query("person") };
            let whole = target.search(all.clone()).await.unwrap();
            assert_eq!((whole.objects.len(), whole.next.is_none()), (23, true));
            let mut joined = Vec::new();
            let mut continuation = None;
            loop {
                let page = target.search(Query { page_size: 4, continuation, ..all.clone() }).await.unwrap();
                joined.extend(uids(&page));
                continuation = page.next;
                if continuation.is_none() {
                    break;
                }
                assert_eq!(page.objects.len(), 4);
            }
            assert_eq!(joined, uids(&whole), "{order:?} on {:?}", target.kind);
            let skipped = Query { page_size: 5, offset: Some(20), ..all };
            assert_eq!(uids(&target.search(skipped).await.unwrap()), joined[20..]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_values_sort_last_ascending_and_first_descending() {
    check(|target| async move {
        for (descending, expected) in [(false, ["2", "1", "3"]), (true, ["3", "1", "2"])] {
            let page = target.search(Query { order: vec![by("age", descending)], ..query("person") }).await.unwrap();
            assert_eq!(uids(&page), expected, "{:?}", target.kind);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_need_no_page() {
    check(|target| async move {
        let only = Query { page_size: 0, want_total: true, ..query("person") };
        target.search(only.clone()).await.unwrap();
        target.statements();
        let page = target.search(only).await.unwrap();
        assert_eq!((page.total, page.objects.len(), page.next), (Some(3), 0, None));
        assert_eq!(target.statements().len(), 1);
        let one = target.search(Query { page_size: 1, want_total: true, ..query("person") }).await.unwrap();
        assert_eq!((one.total, one.objects.len()), (Some(3), 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_continuation_fits_only_its_own_search() {
    check(|target| async move {
        let page = target.search(Query { page_size: 1, ..query("person") }).await.unwrap();
        let next = page.next.unwrap();
        let expired = Err((ErrorKind::TokenExpired, None));
        let other = Query { continuation: Some(next.clone()), order: vec![by("login", false)], ..query("person") };
        assert_eq!(kind_of(target.search(other).await.map(|_| ())), expired);
        let other = Query { continuation: Some(next), ..query("team") };
        assert_eq!(kind_of(target.search(other).await.map(|_| ())), expired);
        let junk = Query { continuation: Some(vec![1, 2, 3]), ..query("person") };
        assert_eq!(kind_of(target.search(junk).await.map(|_| ())), expired);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uids_survive_a_restart() {
    for kind in Kind::all() {
        let target = Target::new(kind, soft_settings(), true).await;
        let again = Target::new(kind, settings(), true).await;
        assert_eq!(
            uids(&target.search(query("person")).await.unwrap()),
            uids(&again.search(query("person")).await.unwrap())
        );
        assert_eq!(target.values("person", "2", "login").await, again.values("person", "2", "login").await);
    }
}
