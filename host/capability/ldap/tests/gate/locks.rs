//! Locks of the host keep writers apart where the directory has nothing to do so.

use std::collections::BTreeSet;
use std::time::Duration;

use patchbay_capability::ldap::{Call, SearchScope};
use tokio::time::timeout;

use crate::bed::{Bed, add, attribute, found, named, person, present, replace, search, texts, write};

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

/// The write of an operation that was cut off is done before anybody else gets its lock.
#[tokio::test]
async fn a_lock_is_held_until_what_was_sent_is_done() {
    let bed = Bed::openldap(2);
    let dn = write(&mut bed.open().await, add(named("uid", "ada", &bed.people), person("ada"))).await.unwrap().dn;
    let lock = || Call::Lock("ada".to_owned());
    let (mut one, mut other) = (bed.open().await, bed.open().await);
    one.call(lock()).await.unwrap();
    bed.server.freeze().unwrap();
    let change = one.call(replace(&dn, "sn", "New"));
    assert!(timeout(Duration::from_millis(200), change).await.is_err());
    drop(one);
    assert!(timeout(Duration::from_millis(500), other.call(lock())).await.is_err(), "the write is under way");
    bed.server.unfreeze().unwrap();
    other.call(lock()).await.unwrap();
    let ada = search(&bed.people, SearchScope::OneLevel, present("sn"), &["sn"]);
    assert_eq!(texts(&found(&mut other, ada).await.unwrap()[0], "sn"), ["New"]);
}
