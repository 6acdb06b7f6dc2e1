//! Many who want the same thing at the same time, where no key of the database decides.

use std::sync::Arc;

use patchbay_contract::{Change, Connector as _, ErrorKind, Value};

use super::{rows, target, user};
use crate::target::{Kind, attribute, ctx, delta, kind_of, text};

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_make_one_object_one_does() {
    const RIVALS: usize = 12;
    for kind in Kind::ALL {
        let target = Arc::new(target(kind).await);
        for round in 0..3 {
            let name = format!("rival{round}");
            let rivals: Vec<_> = (0..RIVALS)
                .map(|number| {
                    let (target, name) = (Arc::clone(&target), name.clone());
                    tokio::spawn(async move {
                        let given = [user(&name), vec![attribute("password", [text(&format!("p{number}"))])]].concat();
                        kind_of(target.create("user", given).await)
                    })
                })
                .collect();
            let mut winners = 0;
            for rival in rivals {
                match rival.await.unwrap() {
                    Ok(uid) => {
                        assert_eq!(uid, name);
                        winners += 1;
                    }
                    Err(lost) => assert_eq!(lost, (ErrorKind::AlreadyExists, Some("username".into())), "{kind:?}"),
                }
            }
            assert_eq!(winners, 1, "{kind:?}");
            assert_eq!(rows(&target, &name).len(), 2, "{kind:?}: its rows are those of one");
        }
        // Who makes another object is kept from nothing.
        let all: Vec<_> = (0..RIVALS)
            .map(|number| {
                let target = Arc::clone(&target);
                tokio::spawn(async move { target.create("user", user(&format!("own{number}"))).await })
            })
            .collect();
        for one in all {
            one.await.unwrap().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_to_be_unique_is() {
    const RIVALS: usize = 10;
    for kind in Kind::ALL {
        let target = Arc::new(target(kind).await);
        let taken = Err((ErrorKind::AlreadyExists, Some("label".to_owned())));
        let mut uids = Vec::new();
        for label in ["hammer", "Saw"] {
            let rivals: Vec<_> = (0..RIVALS)
                .map(|number| {
                    let target = Arc::clone(&target);
                    let label = if number % 2 == 0 { label.to_owned() } else { label.to_uppercase() };
                    tokio::spawn(async move {
                        kind_of(target.create("gadget", vec![attribute("label", [text(&label)])]).await)
                    })
                })
                .collect();
            let before = uids.len();
            for rival in rivals {
                match rival.await.unwrap() {
                    Ok(uid) => uids.push(uid),
                    lost => assert_eq!(lost, taken, "{kind:?}"),
                }
            }
            assert_eq!(uids.len(), before + 1, "{kind:?}");
        }
        let rename = |uid: String, label: &'static str| {
            let target = Arc::clone(&target);
            async move {
                let change = vec![delta("label", Change::Replace(vec![text(label)]))];
                kind_of(target.update("gadget", &uid, change).await.map(drop))
            }
        };
        assert_eq!(rename(uids[0].clone(), "saw").await.unwrap_err(), taken.clone().unwrap_err());
        assert_eq!(rename(uids[1].clone(), "SAW").await, Ok(()), "its own name, spelt differently");
        // Two who want one name: one gets it.
        let both = [rename(uids[0].clone(), "axe"), rename(uids[1].clone(), "axe")].map(tokio::spawn);
        let mut winners = 0;
        for one in both {
            winners += usize::from(one.await.unwrap().is_ok());
        }
        assert_eq!(winners, 1, "{kind:?}");
        assert_eq!(target.sql("SELECT COUNT(*) FROM gadget WHERE label = 'axe'"), ["1"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_saw_one_version_one_writes() {
    for kind in Kind::ALL {
        let target = Arc::new(target(kind).await);
        target.create("user", [user("anna"), vec![attribute("sessions", [Value::Integer(0)])]].concat()).await.unwrap();
        let seen = target.get("user", "anna", &[]).await.unwrap().id.revision.expect("a version");
        let rivals: Vec<_> = (1..=8)
            .map(|number| {
                let (target, seen) = (Arc::clone(&target), seen.clone());
                tokio::spawn(async move {
                    let change = vec![delta("sessions", Change::Replace(vec![Value::Integer(number)]))];
                    let written = target.app.update(&ctx(), "user", "anna", Some(&seen), change).await;
                    kind_of(written.map(|result| result.id.revision))
                })
            })
            .collect();
        let mut winners = Vec::new();
        for rival in rivals {
            match rival.await.unwrap() {
                Ok(revision) => winners.push(revision.expect("a version")),
                Err(lost) => assert_eq!(lost, (ErrorKind::PreconditionFailed, None)),
            }
        }
        let now = target.get("user", "anna", &[]).await.unwrap().id.revision;
        assert_eq!(winners, [now.expect("a version")], "{kind:?}");
        let late = target.app.delete(&ctx(), "user", "anna", Some(&seen)).await;
        assert_eq!(kind_of(late), Err((ErrorKind::PreconditionFailed, None)));
        assert_eq!(target.values("user", "anna", "active").await, ["true"]);
    }
}
