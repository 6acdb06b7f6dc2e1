//! Locks of the host keep writers apart where the directory has nothing to do so.

use std::collections::BTreeSet;

use patchbay_capability::ldap::{Call, SearchScope};

use crate::bed::{Bed, add, attribute, found, named, person, present, search, texts, write};

#[tokio::test]
async fn numbers_are_given_once() {
    let bed = Bed::openldap(4);
    let bed = &bed;
    let create = |uid: String| async move {
        let mut session = bed.open().await;
        session.call(Call::Lock("uidNumber".to_owned())).await.unwrap();
        let taken = search(&bed.people, SearchScope::OneLevel, present("uidNumber"), &["uidNumber"]);
        let taken = found(&mut session, taken).await.unwrap();
        let taken = taken.iter().flat_map(|entry| texts(entry, "uidNumber")).map(|text| text.parse::<u32>().unwrap());
        let number = taken.max().map_or(1000, |greatest| greatest + 1);
        let account = [
            ("objectClass", "posixAccount"),
            ("uidNumber", &number.to_string()),
            ("gidNumber", "100"),
            ("homeDirectory", "/"),
        ];
        let mut attributes = person(&uid);
        for (name, value) in account {
            match attributes.iter_mut().find(|attribute| attribute.name == name) {
                Some(attribute) => attribute.values.push(value.into()),
                None => attributes.push(attribute(name, value)),
            }
        }
        write(&mut session, add(named("uid", &uid, &bed.people), attributes)).await.unwrap();
        number
    };
    let mut numbers = BTreeSet::new();
    for round in 0..5 {
        let uid = |place| format!("u{round}-{place}");
        let (a, b, c, d) = tokio::join!(create(uid(0)), create(uid(1)), create(uid(2)), create(uid(3)));
        numbers.extend([a, b, c, d]);
    }
    assert_eq!(numbers, (1000..1020).collect());
}
