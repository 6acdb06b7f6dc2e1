//! A walk over many pages while others write: everybody who was there all the time is seen,
//! and nobody twice.

use std::collections::BTreeSet;

use patchbay_contract::Query;

use crate::target::{Kind, check, query};

const CROWD: usize = 1_200;

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_meets_everybody_who_stays() {
    check(async |target| {
        let people = target.directory.people();
        let person = |name: &str| match target.kind {
            Kind::OpenLdap | Kind::Ds389 => {
                format!("dn: cn={name},{people}\nobjectClass: inetOrgPerson\nsn: p\nuid: {name}\n\n")
            }
            Kind::SambaAd => format!("dn: CN={name},{people}\nobjectClass: user\nsAMAccountName: {name}\n\n"),
        };
        let crowd: String = (0..CROWD).map(|number| person(&format!("p{number:05}"))).collect();
        target.directory.ldif(&crowd);
        let (mut seen, mut continuation, mut turn) = (BTreeSet::new(), None, 0);
        loop {
            let query = Query {
                continuation,
                page_size: 100,
                attributes: vec!["login".into()],
                want_total: turn == 0,
                ..query("person")
            };
            let page = target.search(query).await.unwrap_or_else(|error| panic!("{error:?} on {:?}", target.kind));
            if turn == 0 {
                assert_eq!(page.total, Some(CROWD as u64 + 3), "{:?}", target.kind);
            }
            for object in page.objects {
                assert!(seen.insert(object.id.uid), "somebody came twice on {:?}", target.kind);
            }
            // One comes, and one goes who may be before us or behind us.
            let gone = format!("dn: cn=p{:05},{people}\nchangetype: delete\n\n", turn * 37 + 11);
            target.directory.ldif(&format!("{}{gone}", person(&format!("new{turn}"))));
            turn += 1;
            continuation = page.next;
            if continuation.is_none() {
                break;
            }
            assert!(turn < 30, "a walk without an end on {:?}", target.kind);
        }
        let stayed = CROWD + 3 - turn;
        assert!(seen.len() >= stayed, "{} of {stayed} on {:?}", seen.len(), target.kind);
        assert!(turn >= CROWD / 100, "{turn}");
    })
    .await;
}

/// Several walks at once, and some that nobody goes on with.
#[tokio::test(flavor = "multi_thread")]
async fn walks_do_not_get_in_each_others_way() {
    check(async |target| {
        let mut walks = Vec::new();
        // As many as may be parked.
        for _ in 0..4 {
            let page = target.search(Query { page_size: 1, ..query("person") }).await.unwrap();
            walks.push((page.objects[0].id.uid.clone(), page.next.unwrap()));
        }
        for (first, next) in walks.into_iter().step_by(2) {
            let mut ids = BTreeSet::from([first]);
            let mut continuation = Some(next);
            while let Some(next) = continuation {
                let query = Query { page_size: 1, continuation: Some(next), ..query("person") };
                let page = target.search(query).await.unwrap();
                ids.extend(page.objects.into_iter().map(|object| object.id.uid));
                continuation = page.next;
            }
            assert_eq!(ids.len(), 3, "{:?}", target.kind);
        }
    })
    .await;
}
