//! Nothing leaves the subtree, whatever the server would make of a name.

use patchbay_capability::ldap::{Call, Failure, Filter, FilterNode, SearchScope, Session};

use crate::bed::{Bed, add, attribute, delete, equal, found, named, person, present, rename, replace, search, write};

/// The call is refused by the gate: the server was not asked.
async fn refused(session: &mut Session, call: Call) {
    let shown = format!("{call:?}");
    let error = session.call(call).await.expect_err(&shown);
    let refusals = [Failure::Denied, Failure::InvalidRequest];
    assert!(refusals.contains(&error.failure) && error.code.is_none(), "{shown}: {error:?}");
}

#[tokio::test]
async fn what_is_elsewhere_is_neither_seen_nor_touched() {
    let bed = Bed::openldap(1);
    let base = bed.server.base();
    let outside = format!("uid=eve,ou=groups,{base}");
    bed.server
        .ldif(&format!("dn: {outside}\nobjectClass: inetOrgPerson\nuid: eve\ncn: Eve\nsn: E\ndescription: as it was\n"))
        .unwrap();
    let before = bed.server.search(base, "(objectClass=*)", &["*", "entryCSN"]).unwrap();
    let mut session = bed.open().await;
    let nearly = [
        base.to_owned(),
        format!("ou=groups,{base}"),
        outside.clone(),
        String::new(),
        format!("<GUID=00>;{outside}"),
        format!("\"ou=people\",{base}"),
        format!("ou=people;{base}"),
        format!("ou=people\\,{base}"),
        format!("ou=people,{base},dc=evil"),
        format!("ou=people,dc=evil\\,{base}"),
        format!("ou=people+uid=x,{base}"),
        format!("ou=#0406706565706c65,{base}"),
        "cn=config".to_owned(),
        "cn=Subschema".to_owned(),
        "cn=log".to_owned(),
    ];
    for dn in &nearly {
        let uid = format!("uid=eve,{dn}");
        refused(&mut session, search(dn, SearchScope::Subtree, present("objectClass"), &["*"])).await;
        let count =
            Call::Count { base: dn.clone(), scope: SearchScope::Subtree, filter: present("objectClass"), limit: 10 };
        refused(&mut session, count).await;
        refused(&mut session, add(named("uid", "mallory", dn), person("mallory"))).await;
        refused(&mut session, replace(dn, "description", "taken")).await;
        refused(&mut session, replace(&uid, "description", "taken")).await;
        refused(&mut session, delete(&uid)).await;
        refused(&mut session, rename(&uid, "uid", "mallory", None)).await;
    }
    write(&mut session, add(named("uid", "ada", &bed.people), person("ada"))).await.unwrap();
    let ada = format!("uid=ada,{}", bed.people);
    for dn in nearly.iter().filter(|dn| !dn.is_empty()) {
        refused(&mut session, rename(&ada, "uid", "ada", Some(dn))).await;
    }
    refused(&mut session, delete(&bed.people)).await;
    session.call(delete(&ada)).await.unwrap();
    assert_eq!(bed.server.search(base, "(objectClass=*)", &["*", "entryCSN"]).unwrap(), before);
}

/// A password is not found out by comparing, however it is asked for.
#[tokio::test]
async fn passwords_are_neither_read_nor_guessed() {
    let bed = Bed::openldap(1);
    let mut session = bed.open().await;
    let mut ada = person("ada");
    ada.push(attribute("userPassword", "opensesame"));
    write(&mut session, add(named("uid", "ada", &bed.people), ada)).await.unwrap();
    let all = &["*", "+", "userPassword", "2.5.4.35"];
    let everything = search(&bed.people, SearchScope::Subtree, equal("uid", "ada"), all);
    let found = found(&mut session, everything).await.unwrap();
    assert_eq!(found.len(), 1);
    let names: Vec<_> = found[0].attributes.iter().map(|attribute| attribute.name.to_lowercase()).collect();
    assert!(names.contains(&"uid".to_owned()) && names.contains(&"entryuuid".to_owned()), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("password")), "{names:?}");
    for attribute in ["userPassword", "USERPASSWORD", "userPassword;x-a", "2.5.4.35"] {
        for filter in [
            present(attribute),
            equal(attribute, "opensesame"),
            Filter::new(vec![FilterNode::Present(attribute.to_owned()), FilterNode::Not(0)]),
        ] {
            refused(&mut session, search(&bed.people, SearchScope::Subtree, filter, &["uid"])).await;
        }
    }
}
