//! Errors of the database come back as errors that name the attribute.

use patchbay_contract::{Change, ErrorKind, Value};

use crate::target::{Kind, attribute, check, delta, kind_of, reference, text};

#[tokio::test(flavor = "multi_thread")]
async fn constraints_name_the_attribute() {
    check(|target| async move {
        let mut cases = vec![
            ("login", vec![text("ANNA")], ErrorKind::AlreadyExists),
            ("status", vec![text("X")], ErrorKind::InvalidValue),
            ("manager", vec![reference("999")], ErrorKind::InvalidValue),
            ("manager", vec![reference("nobody")], ErrorKind::InvalidValue),
            ("department", vec![text("Nowhere")], ErrorKind::InvalidValue),
            ("first_name", vec![text("a very long first name")], ErrorKind::InvalidValue),
            ("first_name", vec![text("a\0b")], ErrorKind::InvalidValue),
            ("age", vec![text("young")], ErrorKind::InvalidValue),
            ("age", vec![Value::Decimal("1.5".into())], ErrorKind::InvalidValue),
            ("age", vec![Value::Integer(i64::MAX)], ErrorKind::InvalidValue),
            ("born", vec![text("1990-02-31")], ErrorKind::InvalidValue),
            ("active", vec![text("maybe")], ErrorKind::InvalidValue),
            ("person_id", vec![Value::Integer(7)], ErrorKind::Mutability),
            ("groups", vec![reference("1")], ErrorKind::Mutability),
            ("work", vec![text(&"x".repeat(101))], ErrorKind::InvalidValue),
        ];
        if target.kind == Kind::Sqlite {
            // SMALLINT is just a name there.
            cases.retain(|(name, values, _)| (*name, values.first()) != ("age", Some(&Value::Integer(i64::MAX))));
        }
        for (name, values, kind) in cases {
            let expected = Err((kind, Some(name.to_owned())));
            let mut given = vec![attribute(name, values.clone())];
            if name != "login" {
                given.push(attribute("login", [text("new")]));
            }
            assert_eq!(kind_of(target.create("person", given).await), expected, "{name} on {:?}", target.kind);
            let change = vec![delta(name, Change::Replace(values))];
            let outcome = kind_of(target.update("person", "2", change).await.map(|_| String::new()));
            assert_eq!(outcome, expected, "{name} on {:?}", target.kind);
        }
        let missing = kind_of(target.create("person", vec![attribute("age", [Value::Integer(1)])]).await);
        assert_eq!(missing, Err((ErrorKind::InvalidValue, Some("login".into()))));
        let cleared = kind_of(target.update("person", "2", vec![delta("login", Change::Clear)]).await);
        assert_eq!(cleared, Err((ErrorKind::InvalidValue, Some("login".into()))));
        assert_eq!(target.sql("SELECT COUNT(*) FROM person"), ["3"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_does_not_exist_is_refused_without_detail() {
    check(|target| async move {
        let add = Change::Add(vec![reference("1"), reference("4711")]);
        let error = target.update("team", "2", vec![delta("members", add)]).await.unwrap_err();
        assert_eq!((error.kind, error.attribute.as_deref()), (ErrorKind::InvalidValue, Some("members")));
        assert!(!error.message.contains("4711"), "{}", error.message);
        assert_eq!(target.values("team", "2", "members").await, [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_catalogue_is_noticed_and_read_anew() {
    check(|target| async move {
        target.get("person", "1", &["login"]).await.unwrap();
        target.sql(match target.kind {
            Kind::Mssql => "EXEC sp_rename 'dbo.person.salary', 'wage', 'COLUMN'",
            _ => "ALTER TABLE person RENAME COLUMN salary TO wage",
        });
        // The attribute is gone with its column; the error says so, and does not repeat it. It may
        // come back, until the catalogue is the same when it is read once more.
        for kind in [ErrorKind::StalePlan, ErrorKind::Configuration, ErrorKind::Configuration] {
            let outcome = kind_of(target.get("person", "1", &["salary"]).await.map(|_| ()));
            assert_eq!(outcome, Err((kind, Some("salary".into()))));
        }
        assert_eq!(target.values("person", "1", "wage").await, [""; 0]);
    })
    .await;
}
