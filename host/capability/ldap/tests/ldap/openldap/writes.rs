//! Writes, their terms, and how they fail.

use patchbay_capability::ldap::{
    AddRequest, ChangeKind, Failure, ModifyRequest, PasswordRequest, RenameRequest, Reply, Request, SecretAttribute,
    Terms,
};
use patchbay_capability_ldap::{LdapOptions, pool};
use patchbay_test_support::OpenLdap;

use crate::line::{Line, attribute, change, connect, equal, failed, options, person, simple, small, texts, values};

fn read_back(attributes: &[&str]) -> Terms {
    Terms { read_back: attributes.iter().map(|name| (*name).to_owned()).collect(), ..Terms::default() }
}

#[tokio::test]
async fn an_entry_from_its_birth_to_its_end() {
    let ldap = OpenLdap::start().unwrap();
    let mut line = connect(&ldap).await;
    let people = format!("ou=people,{}", ldap.base());
    let dn = format!("uid=a,{people}");
    let written = line.add(&dn, person("a"), read_back(&["entryUUID", "uid"])).await.unwrap();
    let entry = written.entry.unwrap();
    assert_eq!((written.dn.as_str(), texts(&entry, "uid")), (dn.as_str(), vec!["a".to_owned()]));
    let uuid = texts(&entry, "entryUUID");
    assert_eq!(uuid.len(), 1);

    let changes = vec![
        change(ChangeKind::Add, "mail", &["a@x", "b@x"]),
        change(ChangeKind::Delete, "mail", &["a@x"]),
        change(ChangeKind::Replace, "sn", &["New"]),
        change(ChangeKind::Add, "title", &["t"]),
        change(ChangeKind::Delete, "title", &[]),
    ];
    let written = line.modify(&dn, changes, read_back(&["mail", "sn", "title"])).await.unwrap();
    let entry = written.entry.unwrap();
    assert_eq!((texts(&entry, "mail"), texts(&entry, "sn")), (vec!["b@x".to_owned()], vec!["New".to_owned()]));
    assert!(values(&entry, "title").is_empty());
    assert_eq!(
        line.modify(&dn, vec![change(ChangeKind::Replace, "sn", &["x"])], Terms::default()).await.unwrap().entry,
        None
    );

    let posix = vec![
        change(ChangeKind::Add, "objectClass", &["posixAccount"]),
        change(ChangeKind::Add, "uidNumber", &["1000"]),
        change(ChangeKind::Add, "gidNumber", &["1000"]),
        change(ChangeKind::Add, "homeDirectory", &["/"]),
        change(ChangeKind::Increment, "uidNumber", &["5"]),
    ];
    let written = line.modify(&dn, posix, read_back(&["uidNumber"])).await.unwrap();
    assert_eq!(texts(&written.entry.unwrap(), "uidNumber"), ["1005"]);

    let new_dn = format!("uid=b,ou=groups,{}", ldap.base());
    let rename = RenameRequest {
        dn: dn.clone(),
        new_rdn: "uid=b".into(),
        delete_old: true,
        new_parent: Some(format!("ou=groups,{}", ldap.base())),
        new_dn: new_dn.clone(),
        terms: read_back(&["entryUUID", "uid"]),
    };
    let written = line.write(Request::Rename(rename)).await.unwrap();
    let entry = written.entry.unwrap();
    assert_eq!((written.dn.as_str(), texts(&entry, "uid")), (new_dn.as_str(), vec!["b".to_owned()]));
    assert_eq!(texts(&entry, "entryUUID"), uuid);
    line.delete(&new_dn, Terms::default()).await.unwrap();
    failed(line.read(&new_dn, &["*"]).await, Failure::NoSuchObject, "no such entry");
}

#[tokio::test]
async fn conditions() {
    let ldap = OpenLdap::start().unwrap();
    let mut line = connect(&ldap).await;
    let dn = format!("uid=a,ou=people,{}", ldap.base());
    line.add(&dn, person("a"), Terms::default()).await.unwrap();
    let on = |sn: &str| Terms { assertion: Some(equal("sn", sn.as_bytes())), ..Terms::default() };
    let to = |sn: &str| vec![change(ChangeKind::Replace, "sn", &[sn])];
    line.modify(&dn, to("One"), on("Person")).await.unwrap();
    let error = failed(line.modify(&dn, to("Two"), on("Person")).await, Failure::AssertionFailed, "not as it was");
    assert_eq!(error.code, Some(122));
    failed(line.delete(&dn, on("Person")).await, Failure::AssertionFailed, "");
    assert_eq!(texts(&line.read(&dn, &["sn"]).await.unwrap(), "sn"), ["One"]);
    line.delete(&dn, on("One")).await.unwrap();
    // What this server has no control for.
    let tree = Terms { tree: true, ..Terms::default() };
    failed(line.delete(&format!("ou=people,{}", ldap.base()), tree).await, Failure::Unsupported, "below");
}

#[tokio::test]
async fn refusals_say_what_and_where() {
    let ldap = OpenLdap::start().unwrap();
    let mut line = connect(&ldap).await;
    let people = format!("ou=people,{}", ldap.base());
    let (a, b) = (format!("uid=a,{people}"), format!("uid=b,{people}"));
    line.add(&a, person("a"), Terms::default()).await.unwrap();
    let with = |name: &str, value: &str| [person("b"), vec![attribute(name, &[value])]].concat();
    for (dn, attributes, failure, at) in [
        (&a, person("a"), Failure::AlreadyExists, None),
        (&format!("uid=b,ou=none,{people}"), person("b"), Failure::NoSuchObject, None),
        (&b, person("b")[..3].to_vec(), Failure::ObjectClassViolation, Some("sn")),
        (&b, with("uidNumber", "1"), Failure::ObjectClassViolation, Some("uidNumber")),
        (&b, with("manager", "nobody"), Failure::InvalidValue, Some("manager")),
        (&b, with("shoeSize", "1"), Failure::Undefined, Some("shoeSize")),
        (
            &b,
            [attribute("uid", &["b", "a"])]
                .into_iter()
                .chain(person("b").into_iter().filter(|a| a.name != "uid"))
                .collect(),
            Failure::AlreadyExists,
            Some("uid"),
        ),
        (&"cn".to_owned(), person("b"), Failure::InvalidRequest, None),
    ] {
        let error = failed(line.add(dn, attributes, Terms::default()).await, failure, "");
        assert_eq!(error.attribute.as_deref(), at, "{error}");
        assert!(error.code.is_some());
    }
    for (kind, name, value, failure, at) in [
        (ChangeKind::Add, "sn", "Person", Failure::ValueExists, Some("sn")),
        (ChangeKind::Delete, "sn", "None", Failure::NoSuchValue, Some("sn")),
        (ChangeKind::Delete, "title", "None", Failure::NoSuchValue, Some("title")),
        (ChangeKind::Replace, "entryUUID", "x", Failure::InvalidValue, Some("entryUUID")),
        (ChangeKind::Add, "employeeNumber", "1", Failure::Other, None),
    ] {
        let outcome = line.modify(&a, vec![change(kind, name, &[value])], Terms::default()).await;
        if failure == Failure::Other {
            outcome.unwrap();
            continue;
        }
        let error = failed(outcome, failure, "");
        assert_eq!(error.attribute.as_deref(), at, "{error}");
    }
    failed(line.delete(&people, Terms::default()).await, Failure::NotLeaf, "below");

    let reader = LdapOptions { bind: simple(ldap.reader_dn(), ldap.password()), ..options(&ldap) };
    let mut reader = Line::open(&pool(reader, small(1)).unwrap()).await;
    failed(reader.delete(&a, Terms::default()).await, Failure::PermissionDenied, "does not allow");
}

#[tokio::test]
async fn passwords_by_their_own_operation_and_as_attributes() {
    let ldap = OpenLdap::start().unwrap();
    let mut line = connect(&ldap).await;
    let dn = format!("uid=a,ou=people,{}", ldap.base());
    let secret =
        |text: &str| SecretAttribute { attribute: "userPassword".into(), value: text.as_bytes().to_vec().into() };
    let add = AddRequest {
        dn: dn.clone(),
        attributes: person("a"),
        secrets: vec![secret("first-password")],
        terms: Terms::default(),
    };
    line.write(Request::Add(add)).await.unwrap();
    assert!(ldap.binds(&dn, "first-password").unwrap());

    let set =
        |text: &str| Request::SetPassword(PasswordRequest { dn: dn.clone(), secret: text.as_bytes().to_vec().into() });
    assert_eq!(line.run(set("second-pässword")).await, Ok(Reply::Done));
    assert!(ldap.binds(&dn, "second-pässword").unwrap());

    let modify = |text: &str| {
        let changes = vec![change(ChangeKind::Replace, "title", &["t"])];
        Request::Modify(ModifyRequest { dn: dn.clone(), changes, secrets: vec![secret(text)], terms: Terms::default() })
    };
    line.write(modify("third-password")).await.unwrap();
    assert!(ldap.binds(&dn, "third-password").unwrap());
    for outcome in [line.run(set("short")).await, line.run(modify("short")).await] {
        let error = failed(outcome, Failure::ConstraintViolation, "too short");
        assert!(!error.message.contains("short\""));
    }
    failed(line.run(set("first-password")).await, Failure::ConstraintViolation, "used before");
}
