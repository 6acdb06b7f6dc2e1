//! What a server refuses comes back as an error of the right kind, naming the attribute.

use patchbay_contract::{Change, Connector as _, ErrorKind, Value};
use patchbay_test_support::OpenLdapOptions;

use crate::settings::{settings, with};
use crate::target::{Kind, Target, attribute, check, ctx, kind_of, query, set, text};

#[tokio::test(flavor = "multi_thread")]
async fn constraints_name_the_attribute() {
    check(async |target| {
        let bert = target.uid("bert").await;
        let long = "x".repeat(2_000);
        let mut cases = vec![
            ("login", text("ANNA"), ErrorKind::AlreadyExists),
            ("active", text("maybe"), ErrorKind::InvalidValue),
            ("nonsense", text("x"), ErrorKind::Mutability),
            ("dn", text("cn=x"), ErrorKind::Mutability),
            ("member_of", text("x"), ErrorKind::Mutability),
        ];
        match target.kind {
            // It knows no greatest lengths of these; but what letters a mail address has.
            Kind::OpenLdap | Kind::Ds389 => cases.push(("mail", text("\u{e6}@example.org"), ErrorKind::InvalidValue)),
            Kind::SambaAd => cases.push(("title", text(&long), ErrorKind::InvalidValue)),
        }
        for (name, value, kind) in cases {
            let expected = Err((kind, Some(name.to_owned())));
            let mut given = vec![attribute("cn", [text("odd")]), attribute("sn", [text("odd")])];
            if name != "login" {
                given.push(attribute("login", [text("odd")]));
            }
            given.push(attribute(name, [value.clone()]));
            assert_eq!(kind_of(target.create("person", given).await), expected, "{name} on {:?}", target.kind);
            let change = target.update("person", &bert, vec![set(name, value)]).await.map(|_| String::new());
            assert_eq!(kind_of(change), expected, "{name} on {:?}", target.kind);
        }
        assert_eq!(target.search(query("person")).await.unwrap().objects.len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named() {
    check(async |target| {
        if target.kind != Kind::SambaAd {
            let given = ["login", "cn"].map(|name| attribute(name, [text("odd")])).into();
            let outcome = kind_of(target.create("person", given).await);
            assert_eq!(outcome, Err((ErrorKind::InvalidValue, Some("sn".into()))));
            let anna = target.uid("anna").await;
            let outcome = kind_of(target.change("person", &anna, "sn", Change::Clear).await);
            assert_eq!(outcome, Err((ErrorKind::InvalidValue, Some("sn".into()))));
        }
        let given = ["login", "sn"].map(|name| attribute(name, [text("odd")])).into();
        let outcome = kind_of(target.create("person", given).await);
        assert_eq!(outcome, Err((ErrorKind::InvalidValue, Some("cn".into()))), "{:?}", target.kind);
    })
    .await;
}

/// Whom the server lets read and not write.
#[tokio::test(flavor = "multi_thread")]
async fn rights_that_are_missing_are_told() {
    check(async |target| {
        if target.kind == Kind::SambaAd {
            // Nobody there may only read.
            return;
        }
        let reader = target.reader(&settings(target.kind));
        let uid = target.uid("anna").await;
        let outcome = reader.update(&ctx(), "person", &uid, None, vec![set("title", text("x"))]).await;
        assert_eq!(kind_of(outcome).map(drop), Err((ErrorKind::PermissionDenied, None)), "{:?}", target.kind);
        let outcome = reader.delete(&ctx(), "person", &uid, None).await;
        assert_eq!(kind_of(outcome), Err((ErrorKind::PermissionDenied, None)), "{:?}", target.kind);
        assert_eq!(target.values("person", &uid, "title").await, ["Agent"]);
    })
    .await;
}

/// More entries than the server gives at once: never fewer without a word.
#[tokio::test(flavor = "multi_thread")]
async fn a_size_limit_is_told() {
    let options = OpenLdapOptions { size_limit: Some(50), ..OpenLdapOptions::default() };
    let target = Target::openldap(&options, settings(Kind::OpenLdap));
    let mut ldif = String::new();
    for number in 0..120 {
        ldif.push_str(&format!(
            "dn: cn=p{number},ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nsn: p\nuid: p{number}\n\n"
        ));
    }
    target.directory.ldif(&ldif);
    let mut continuation = None;
    let mut seen = 0;
    let outcome = loop {
        let query = patchbay_contract::Query { continuation, page_size: 20, ..query("person") };
        match target.search(query).await {
            Ok(page) => {
                seen += page.objects.len();
                match page.next {
                    Some(next) => continuation = Some(next),
                    None => break Ok(seen),
                }
            }
            Err(error) => break Err(error.kind),
        }
    };
    assert!(outcome == Ok(123) || outcome == Err(ErrorKind::TooMany), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_unavailable() {
    check(async |target| {
        let uid = target.uid("anna").await;
        target.directory.kill();
        for _ in 0..2 {
            let outcome = kind_of(target.get("person", &uid, &["title"]).await.map(drop));
            assert_eq!(outcome, Err((ErrorKind::Unavailable, None)), "{:?}", target.kind);
        }
        target.directory.resume();
        let mut outcome = target.get("person", &uid, &["title"]).await;
        for _ in 0..100 {
            if outcome.is_ok() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            outcome = target.get("person", &uid, &["title"]).await;
        }
        assert_eq!(outcome.unwrap().cells, [vec![text("Agent")]], "{:?}", target.kind);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_fit_the_schema_say_where() {
    check(async |target| {
        for (pointer, value) in [
            ("/classes/person/object_classes", serde_json::json!(["inetOrgPersonn"])),
            ("/classes/person/attributes/title/attribute", "titel".into()),
            ("/classes/person/base", "ou=nowhere,dc=example,dc=org".into()),
            ("/classes/person/member_of", "nobody".into()),
        ] {
            target.reconfigure(&with(settings(target.kind), pointer, value));
            let found = target.app.test(&ctx()).await;
            let told = match &found {
                Ok(diagnostics) => !diagnostics.is_empty(),
                Err(error) => matches!(error.kind, ErrorKind::Configuration | ErrorKind::PermissionDenied),
            };
            assert!(told, "{pointer} on {:?}: {found:?}", target.kind);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_another_type_are_refused() {
    check(async |target| {
        let bert = target.uid("bert").await;
        for (name, value) in
            [("title", Value::Binary(vec![0xff])), ("manager", Value::Integer(1)), ("photo", Value::Boolean(true))]
        {
            let outcome = kind_of(target.update("person", &bert, vec![set(name, value)]).await);
            assert_eq!(outcome, Err((ErrorKind::InvalidValue, Some(name.to_owned()))), "{name} on {:?}", target.kind);
        }
    })
    .await;
}
