//! Searches that go on in a later operation.

use std::collections::BTreeSet;

use patchbay_capability::ldap::{Failure, SearchScope};

use crate::bed::{Bed, add, found, named, next, person, present, scope, search, texts, write};

#[tokio::test]
async fn a_walk_goes_on_from_operation_to_operation() {
    let bed = Bed::openldap(2);
    let entry = |i: usize| {
        format!("dn: uid=p{i:03},{}\nobjectClass: inetOrgPerson\nuid: p{i:03}\ncn: x\nsn: x\n\n", bed.people)
    };
    bed.server.ldif(&(0..250).map(entry).collect::<String>()).unwrap();
    let mut session = bed.open().await;
    session.call(search(&bed.people, SearchScope::OneLevel, present("uid"), &["uid"])).await.unwrap();
    let mut uids = BTreeSet::new();
    let mut pages = 0;
    loop {
        let batch = next(&mut session, 20).await.unwrap();
        pages += 1;
        for entry in &batch.entries {
            assert!(uids.insert(texts(entry, "uid")), "{entry:?} came twice");
        }
        if batch.done {
            break;
        }
        let token = session.park().unwrap();
        // Others come and go in between, on the other connection.
        let mut other = bed.open().await;
        if pages == 3 {
            write(&mut other, add(named("uid", "q", &bed.people), person("q"))).await.unwrap();
        }
        drop(other);
        session = bed.binding.resume(&scope(), &token).unwrap();
        assert_eq!(bed.binding.resume(&scope(), &token).unwrap_err().failure, Failure::TokenExpired);
    }
    assert!((250..=251).contains(&uids.len()) && pages >= 13, "{} in {pages}", uids.len());
}

/// With a connection for each, abandoned walks would take them all.
#[tokio::test]
async fn abandoned_walks_are_in_nobodys_way() {
    let bed = Bed::openldap(2);
    for uid in ["ada", "bob", "cyd"] {
        write(&mut bed.open().await, add(named("uid", uid, &bed.people), person(uid))).await.unwrap();
    }
    let everybody = || search(&bed.people, SearchScope::OneLevel, present("uid"), &["uid"]);
    let mut tokens = Vec::new();
    for _ in 0..5 {
        let mut session = bed.open().await;
        session.call(everybody()).await.unwrap();
        assert_eq!(next(&mut session, 1).await.unwrap().entries.len(), 1);
        tokens.push(session.park().unwrap());
    }
    let (mut one, mut other) = (bed.open().await, bed.open().await);
    assert_eq!(found(&mut one, everybody()).await.unwrap().len(), 3);
    assert_eq!(found(&mut other, everybody()).await.unwrap().len(), 3);
    for token in tokens {
        assert_eq!(bed.binding.resume(&scope(), &token).unwrap_err().failure, Failure::TokenExpired);
    }
    drop((one, other));
    let mut session = bed.open().await;
    session.call(everybody()).await.unwrap();
    session.park().unwrap();
    // Does not wait for what nobody comes back to.
    bed.binding.close().await;
}
