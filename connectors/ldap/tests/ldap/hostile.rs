//! Hostile values in every position that takes one: what is stored is what was sent, and it
//! is found again; or it is refused with the attribute's name. Never is it read as a filter
//! or as a name.

use patchbay_contract::{Change, Comparator, ErrorKind, Value};

use crate::target::{Kind, attribute, check, compare, kind_of, query, reference, text, uids};

const VALUES: [&str; 30] = [
    "(",
    ")",
    "*",
    "\\",
    "\\2a",
    "a*b",
    "(&(uid=*))",
    "*)(uid=*",
    "|",
    "&",
    "!",
    "#",
    "#04024869",
    ",",
    ",dc=example,dc=org",
    "a,ou=groups",
    "+",
    "a+uid=b",
    "\"",
    "\"a\"",
    "<GUID=0>",
    ";",
    "a=b",
    "'",
    "e\u{301}",
    "\u{1f98a}",
    "\u{202e}abc",
    "a\tb",
    ":",
    "{SSHA}x",
];

#[tokio::test(flavor = "multi_thread")]
async fn values_are_stored_as_they_are() {
    check(async |target| {
        for value in VALUES {
            let names = ["title", "given", "phones", "note"];
            let given = names.iter().map(|name| attribute(name, [text(value)])).collect();
            let uid = match target.person("odd", given).await {
                Ok(uid) => uid,
                // Telephone numbers have a syntax of their own on OpenLDAP.
                Err(error) => {
                    assert_eq!(error.kind, ErrorKind::InvalidValue, "{value:?}: {error:?}");
                    assert_eq!(error.attribute.as_deref(), Some("phones"), "{value:?}: {error:?}");
                    let given = ["title", "given", "note"].iter().map(|name| attribute(name, [text(value)])).collect();
                    target.person("odd", given).await.unwrap_or_else(|error| panic!("{value:?}: {error:?}"))
                }
            };
            for name in ["title", "given", "note"] {
                assert_eq!(target.values("person", &uid, name).await, [value], "{name} on {:?}", target.kind);
            }
            let found = target.matches(vec![compare("title", Comparator::Equal, text(value))]).await.unwrap();
            assert_eq!(found, ["odd"], "title eq {value:?} on {:?}", target.kind);
            for operator in [Comparator::Contains, Comparator::StartsWith, Comparator::EndsWith] {
                let found = target.found(vec![compare("title", operator, text(value))]).await.unwrap().logins;
                assert!(
                    found.contains(&"odd".to_owned()),
                    "title {operator:?} {value:?} on {:?}: {found:?}",
                    target.kind
                );
            }
            target.change("person", &uid, "title", Change::Remove(vec![text(value)])).await.unwrap();
            assert_eq!(target.values("person", &uid, "title").await, [""; 0], "{value:?} on {:?}", target.kind);
            target.delete("person", &uid).await.unwrap();
        }
        assert_eq!(target.search(query("person")).await.unwrap().objects.len(), 3);
    })
    .await;
}

/// A space at either end, and several in a row, are kept or refused; never lost in silence.
#[tokio::test(flavor = "multi_thread")]
async fn spaces_are_kept_or_refused() {
    check(async |target| {
        for value in [" x", "x ", "  x  ", "x  y", " "] {
            for name in ["title", "cn"] {
                let outcome = kind_of(target.person("odd", vec![attribute(name, [text(value)])]).await);
                match outcome {
                    Ok(uid) => {
                        assert_eq!(target.values("person", &uid, name).await, [value], "{name} on {:?}", target.kind);
                        let found = target.found(vec![compare(name, Comparator::Equal, text(value))]).await.unwrap();
                        assert!(found.logins.contains(&"odd".to_owned()), "{name} eq {value:?} on {:?}", target.kind);
                        target.delete("person", &uid).await.unwrap();
                    }
                    Err(refused) => {
                        assert_eq!(
                            refused,
                            (ErrorKind::InvalidValue, Some(name.into())),
                            "{value:?} {:?}",
                            target.kind
                        );
                    }
                }
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_stored_names_its_attribute() {
    check(async |target| {
        for (name, value) in [
            ("photo", Value::Text("not bytes".into())),
            ("active", text("maybe")),
            ("manager", reference("nobody")),
            ("manager", reference("*")),
            ("manager", reference("cn=Anna Lee,ou=people")),
        ] {
            let outcome = kind_of(target.person("odd", vec![attribute(name, [value.clone()])]).await);
            assert_eq!(outcome, Err((ErrorKind::InvalidValue, Some(name.into()))), "{value:?} on {:?}", target.kind);
            assert!(target.directory.entries("(cn=odd)", &["1.1"]).is_empty(), "{value:?} on {:?}", target.kind);
        }
        // Nothing is no value, and no value cannot be empty.
        match kind_of(target.person("empty", vec![attribute("title", [text("")])]).await) {
            Ok(uid) => assert_eq!(target.values("person", &uid, "title").await, [""; 0], "{:?}", target.kind),
            Err(refused) => assert_eq!(refused, (ErrorKind::InvalidValue, Some("title".into())), "{:?}", target.kind),
        }
        // NUL is a character of Unicode; a directory may take it or not.
        match kind_of(target.person("odd", vec![attribute("title", [text("a\0b")])]).await) {
            Ok(uid) => assert_eq!(target.values("person", &uid, "title").await, ["a\0b"], "{:?}", target.kind),
            Err(refused) => assert_eq!(refused, (ErrorKind::InvalidValue, Some("title".into())), "{:?}", target.kind),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_are_bytes() {
    check(async |target| {
        let bytes: Vec<u8> = [0xff, 0xd8, 0x00, 0x28, 0x2a, 0x5c, 0xfe].into_iter().chain(0..=255).collect();
        let photo = Value::Binary(bytes.clone());
        let uid = match target.person("odd", vec![attribute("photo", [photo.clone()])]).await {
            Ok(uid) => uid,
            Err(error) => panic!("{error:?} on {:?}", target.kind),
        };
        assert_eq!(target.values("person", &uid, "photo").await, [format!("{bytes:?}")], "{:?}", target.kind);
        assert_eq!(target.entry("odd").attributes["jpegphoto"], [bytes], "{:?}", target.kind);
        target.change("person", &uid, "photo", Change::Clear).await.unwrap();
        assert_eq!(target.values("person", &uid, "photo").await, [""; 0]);
    })
    .await;
}

/// Ids that nobody has, some of them made to be read as something else.
#[tokio::test(flavor = "multi_thread")]
async fn ids_are_values() {
    check(async |target| {
        let all = uids(&target.search(query("person")).await.unwrap());
        for value in VALUES.into_iter().chain(["", "a\0b", "00000000-0000-0000-0000-000000000000", "cn=Anna Lee"]) {
            let outcome = kind_of(target.get("person", value, &["login"]).await.map(drop));
            assert_eq!(outcome, Err((ErrorKind::NotFound, None)), "{value:?} on {:?}", target.kind);
            let outcome = kind_of(target.delete("person", value).await);
            assert_eq!(outcome, Err((ErrorKind::NotFound, None)), "{value:?} on {:?}", target.kind);
        }
        let shouted = kind_of(target.get("person", &all[0].to_uppercase(), &["login"]).await.map(drop));
        if all[0] != all[0].to_uppercase() {
            assert_eq!(shouted, Err((ErrorKind::NotFound, None)), "one object has one id, on {:?}", target.kind);
        }
        // A group is no person, and an entry outside the base is nobody.
        let red = target.uid("Red").await;
        let outcome = kind_of(target.get("person", &red, &["login"]).await.map(drop));
        assert_eq!(outcome, Err((ErrorKind::NotFound, None)), "{:?}", target.kind);
        assert_eq!(uids(&target.search(query("person")).await.unwrap()), all);
    })
    .await;
}

/// A connector, or who wrote its settings, cannot leave what was granted.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_the_subtree() {
    check(async |target| {
        let outside = match target.kind {
            Kind::Ds389 => "dn: cn=outside,dc=example,dc=org\nobjectClass: inetOrgPerson\nsn: x\nuid: outside\n",
            Kind::OpenLdap => {
                "dn: cn=outside,ou=policies,dc=example,dc=org\nobjectClass: inetOrgPerson\nsn: x\nuid: outside\n"
            }
            Kind::SambaAd => "dn: CN=outside,CN=Computers,DC=test,DC=lan\nobjectClass: user\nsAMAccountName: outside\n",
        };
        target.directory.ldif(outside);
        let entry = target.entry("outside");
        let uid = match target.kind {
            Kind::OpenLdap => entry.text("entryuuid").unwrap(),
            Kind::Ds389 => entry.text("nsuniqueid").unwrap(),
            Kind::SambaAd => guid(&entry.attributes["objectguid"][0]),
        };
        let outcome = kind_of(target.get("person", &uid, &["login"]).await.map(drop));
        assert_eq!(outcome, Err((ErrorKind::NotFound, None)), "{:?}", target.kind);
        let outcome = kind_of(target.delete("person", &uid).await);
        assert_eq!(outcome, Err((ErrorKind::NotFound, None)), "{:?}", target.kind);
        let manager = target.person("odd", vec![attribute("manager", [reference(&uid)])]).await;
        assert_eq!(kind_of(manager), Err((ErrorKind::InvalidValue, Some("manager".into()))), "{:?}", target.kind);
        let settings = crate::settings::settings(target.kind);
        let far = crate::settings::with(settings, "/classes/person/base", entry.dn.split_once(',').unwrap().1.into());
        let far = crate::settings::with(far, "/classes/person/dn", "cn={cn}".into());
        target.reconfigure(&far);
        let outcome = kind_of(target.search(query("person")).await.map(drop));
        assert!(
            matches!(outcome, Err((ErrorKind::PermissionDenied | ErrorKind::Configuration, _))),
            "{outcome:?} on {:?}",
            target.kind
        );
        target.entry("outside");
    })
    .await;
}

/// As Microsoft writes a GUID: the first three groups turned round.
fn guid(bytes: &[u8]) -> String {
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut out = String::new();
    for (place, index) in order.into_iter().enumerate() {
        if [4, 6, 8, 10].contains(&place) {
            out.push('-');
        }
        out.push_str(&format!("{:02x}", bytes[index]));
    }
    out
}
