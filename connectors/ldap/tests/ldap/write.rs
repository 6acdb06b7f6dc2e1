//! `create`, `update` and `delete`: what is changed, and what is left alone.

use patchbay_contract::{Change, Connector as _, ErrorKind, Value};

use crate::settings::{settings, with};
use crate::target::{Kind, attribute, check, check_with, ctx, delta, kind_of, reference, set, text};

#[tokio::test(flavor = "multi_thread")]
async fn an_object_lives_and_dies() {
    check(async |target| {
        let anna = target.uid("anna").await;
        let given = vec![
            attribute("cn", [text("Dora Vig")]),
            attribute("sn", [text("Vig")]),
            attribute("given", [text("Dora")]),
            attribute("mail", [text("dora@example.org")]),
            attribute("phones", [text("+45 1"), text("+45 2")]),
            attribute("manager", [reference(&anna)]),
        ];
        let uid = target.person("dora", given).await.unwrap();
        for (name, expected) in [
            ("login", vec!["dora".to_owned()]),
            ("cn", vec!["Dora Vig".to_owned()]),
            ("given", vec!["Dora".to_owned()]),
            ("phones", vec!["+45 1".to_owned(), "+45 2".to_owned()]),
            ("manager", vec![format!("->{anna}")]),
            ("title", vec![]),
        ] {
            assert_eq!(target.values("person", &uid, name).await, expected, "{name} on {:?}", target.kind);
        }
        let entry = target.entry("dora");
        assert!(entry.dn.to_lowercase().starts_with("cn=dora vig,ou=people,"), "{}", entry.dn);
        target.delete("person", &uid).await.unwrap();
        assert_eq!(kind_of(target.delete("person", &uid).await), Err((ErrorKind::NotFound, None)));
        let gone = kind_of(target.get("person", &uid, &["login"]).await.map(drop));
        assert_eq!(gone, Err((ErrorKind::NotFound, None)));
        assert!(target.directory.entries("(cn=Dora Vig)", &["1.1"]).is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_touches_only_what_changed() {
    check(async |target| {
        let uid = target.uid("anna").await;
        let before = target.entry("anna");
        target.sent();
        let deltas =
            vec![set("title", text("Chief")), delta("number", Change::Clear), set("mail", text("al@example.org"))];
        target.update("person", &uid, deltas).await.unwrap();
        let writes: Vec<String> = target.sent().into_iter().filter(|line| line.starts_with("modify")).collect();
        assert_eq!(writes.len(), 1, "{writes:?}");
        let after = target.entry("anna");
        assert_eq!(after.texts("title"), ["Chief"]);
        assert_eq!(after.texts("mail"), ["al@example.org"]);
        assert_eq!(after.texts("employeenumber"), [""; 0]);
        for name in ["telephonenumber", "othertelephone", "description", "info", "sn", "givenname", "objectclass"] {
            assert_eq!(after.texts(name), before.texts(name), "{name} on {:?}", target.kind);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_change() {
    check(async |target| {
        let (uid, anna) = (target.uid("bert").await, target.uid("anna").await);
        let cleo = target.uid("cleo").await;
        let values = async |name: &str| target.values("person", &uid, name).await;
        let change = async |name: &str, change| target.change("person", &uid, name, change).await.unwrap();

        change("title", Change::Remove(vec![text("somebody else")])).await;
        assert_eq!(values("title").await, ["Clerk"]);
        change("title", Change::Remove(vec![text("Clerk")])).await;
        assert_eq!(values("title").await, [""; 0]);
        change("title", Change::Add(vec![text("Head")])).await;
        assert_eq!(values("title").await, ["Head"]);
        change("title", Change::Replace(vec![text("Chief")])).await;
        assert_eq!(values("title").await, ["Chief"]);
        change("title", Change::Clear).await;
        change("title", Change::Clear).await;
        assert_eq!(values("title").await, [""; 0]);

        change("phones", Change::Add(vec![text("+45 70 20 20 20"), text("+45 8")])).await;
        assert_eq!(values("phones").await, ["+45 70 20 20 20", "+45 8"], "what is there is no error");
        change("phones", Change::Remove(vec![text("+45 70 20 20 20"), text("+45 9")])).await;
        assert_eq!(values("phones").await, ["+45 8"], "what is not there is no error");
        change("phones", Change::Replace(vec![text("+45 8"), text("+45 7"), text("+45 7")])).await;
        assert_eq!(values("phones").await, ["+45 7", "+45 8"], "a value stands there once");
        change("phones", Change::Remove(vec![text("+45 8")])).await;
        change("phones", Change::Replace(Vec::new())).await;
        assert_eq!(values("phones").await, [""; 0]);

        change("manager", Change::Remove(vec![reference(&cleo)])).await;
        assert_eq!(values("manager").await, [format!("->{anna}")]);
        change("manager", Change::Replace(vec![reference(&cleo)])).await;
        assert_eq!(values("manager").await, [format!("->{cleo}")]);
        change("manager", Change::Clear).await;
        assert_eq!(values("manager").await, [""; 0]);

        let two = target.change("person", &uid, "title", Change::Replace(vec![text("a"), text("b")])).await;
        assert_eq!(kind_of(two), Err((ErrorKind::InvalidValue, Some("title".into()))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_value_that_was_written_is_the_one_that_is_shown() {
    check(async |target| {
        if target.kind != Kind::OpenLdap {
            return;
        }
        let uid = target.uid("bert").await;
        let dn = target.entry("bert").dn;
        target.directory.ldif(&format!("dn: {dn}\nchangetype: modify\nadd: mail\nmail: bo@example.org\n"));
        for (mail, matched, time) in [("a@x.org", false, 1), ("a@x.org", false, 2), ("b@x.org", true, 1)] {
            let current = target.get("person", &uid, &[]).await.unwrap().id.revision;
            let if_match = current.as_deref().filter(|_| matched);
            target.app.update(&ctx(), "person", &uid, if_match, vec![set("mail", text(mail))]).await.unwrap();
            assert_eq!(target.values("person", &uid, "mail").await, [mail], "time {time}");
            assert_eq!(target.entry("bert").texts("mail"), [mail, "bo@example.org"], "time {time}");
        }
    })
    .await;
}

/// However many values are to be unique, the host has locks for all of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_may_be_unique() {
    check_with(
        |kind| with(settings(kind), "/classes/person/unique", serde_json::json!(["phones", "number"])),
        async |target| {
            let (anna, bert) = (target.uid("anna").await, target.uid("bert").await);
            let phones = |range: std::ops::Range<u32>| range.map(|number| text(&format!("+45 {number}"))).collect();
            target.change("person", &anna, "phones", Change::Add(phones(100..500))).await.unwrap();
            let taken = target.change("person", &bert, "phones", Change::Add(phones(499..900))).await;
            assert_eq!(kind_of(taken), Err((ErrorKind::AlreadyExists, Some("phones".into()))), "{:?}", target.kind);
            target.change("person", &bert, "phones", Change::Add(phones(500..900))).await.unwrap();
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_changes_or_none() {
    check(async |target| {
        let uid = target.uid("bert").await;
        let deltas =
            vec![set("title", text("Chief")), set("manager", reference("00000000-0000-0000-0000-000000000000"))];
        let outcome = kind_of(target.update("person", &uid, deltas).await);
        assert_eq!(outcome, Err((ErrorKind::InvalidValue, Some("manager".into()))), "{:?}", target.kind);
        assert_eq!(target.values("person", &uid, "title").await, ["Clerk"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_answers_with_the_version_it_made() {
    check(async |target| {
        let uid = target.uid("bert").await;
        let before = target.get("person", &uid, &["title"]).await.unwrap().id.revision.expect("a version");
        let wrote = target.update("person", &uid, vec![set("title", text("Chief"))]).await.unwrap().expect("a version");
        let after = target.get("person", &uid, &["title"]).await.unwrap().id.revision.expect("a version");
        assert_ne!(before, after, "{:?}", target.kind);
        assert_eq!(wrote, after, "{:?}", target.kind);
        let stale = vec![set("title", text("Nobody"))];
        let outcome = target.app.update(&ctx(), "person", &uid, Some(&before), stale.clone()).await;
        assert_eq!(kind_of(outcome).map(drop), Err((ErrorKind::PreconditionFailed, None)), "{:?}", target.kind);
        assert_eq!(target.values("person", &uid, "title").await, ["Chief"]);
        let deletion = target.app.delete(&ctx(), "person", &uid, Some(&before)).await;
        assert_eq!(kind_of(deletion), Err((ErrorKind::PreconditionFailed, None)), "{:?}", target.kind);
        target.app.update(&ctx(), "person", &uid, Some(&after), stale).await.unwrap();
        let now = target.get("person", &uid, &["title"]).await.unwrap().id.revision;
        target.app.delete(&ctx(), "person", &uid, now.as_deref()).await.unwrap();
    })
    .await;
}

/// The version of what an entry holds is the same, whatever a request asks for.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_by_content_is_good_for_a_write() {
    check_with(
        |kind| with(settings(kind), "/classes/person/version", "content".into()),
        async |target| {
            let uid = target.uid("bert").await;
            for attributes in [&["manager"][..], &["manager", "member_of", "phones"], &[]] {
                let read = target.get("person", &uid, attributes).await.unwrap().id.revision.expect("a version");
                let deltas = vec![set("title", text(&format!("Title {}", attributes.len())))];
                let wrote = target.app.update(&ctx(), "person", &uid, Some(&read), deltas).await.unwrap();
                assert_ne!(wrote.id.revision.as_ref(), Some(&read), "{attributes:?} on {:?}", target.kind);
                let now = target.get("person", &uid, attributes).await.unwrap().id.revision;
                assert_eq!(wrote.id.revision, now, "{attributes:?} on {:?}", target.kind);
            }
            let read = target.get("person", &uid, &["manager"]).await.unwrap().id.revision;
            target.app.delete(&ctx(), "person", &uid, read.as_deref()).await.unwrap();
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_changes_nothing_sends_nothing() {
    check(async |target| {
        let uid = target.uid("anna").await;
        let before = target.get("person", &uid, &["title"]).await.unwrap().id.revision;
        target.sent();
        let deltas = vec![
            set("title", text("Agent")),
            delta("phones", Change::Add(vec![text("+45 70 10 10 10")])),
            delta("phones", Change::Remove(vec![text("+45 1")])),
        ];
        target.update("person", &uid, deltas).await.unwrap();
        let writes: Vec<String> = target.sent().into_iter().filter(|line| line.starts_with("modify")).collect();
        assert_eq!(writes, [""; 0], "{:?}", target.kind);
        assert_eq!(target.get("person", &uid, &["title"]).await.unwrap().id.revision, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_may_keep_the_entry() {
    let kept = |kind| with(settings(kind), "/classes/person/delete", "disable".into());
    check_with(kept, async |target| {
        let uid = target.uid("bert").await;
        target.delete("person", &uid).await.unwrap();
        let entry = target.entry("bert");
        match target.kind {
            Kind::OpenLdap => assert_eq!(entry.texts("pwdaccountlockedtime"), ["000001010000Z"]),
            Kind::SambaAd => assert_eq!(entry.texts("useraccountcontrol"), ["546"]),
            Kind::Ds389 => assert_eq!(entry.texts("nsaccountlock"), ["true"]),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_may_move_the_entry() {
    let moved = |kind| {
        let base = if kind == Kind::SambaAd { "DC=test,DC=lan" } else { "dc=example,dc=org" };
        let to = serde_json::json!({ "move": format!("ou=gone,{base}"), "disable": true });
        with(settings(kind), "/classes/person/delete", to)
    };
    check_with(moved, async |target| {
        let base = target.directory.base();
        target.directory.ldif(&format!("dn: ou=gone,{base}\nobjectClass: organizationalUnit\nou: gone\n"));
        let uid = target.uid("bert").await;
        target.delete("person", &uid).await.unwrap();
        let dn = target.entry("bert").dn.to_lowercase();
        assert!(dn.starts_with("cn=bert oh,ou=gone,"), "{dn}");
        let gone = kind_of(target.get("person", &uid, &["login"]).await.map(drop));
        assert_eq!(gone, Err((ErrorKind::NotFound, None)), "{:?}", target.kind);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_with_others_below_is_deleted_as_the_settings_say() {
    check(async |target| {
        let uid = target.uid("bert").await;
        let dn = target.entry("bert").dn;
        let below = match target.kind {
            Kind::OpenLdap | Kind::Ds389 => format!("dn: cn=phone,{dn}\nobjectClass: device\ncn: phone\n"),
            Kind::SambaAd => format!("dn: CN=phone,{dn}\nobjectClass: classStore\n"),
        };
        target.directory.ldif(&below);
        let refused = kind_of(target.delete("person", &uid).await);
        assert_eq!(refused, Err((ErrorKind::Conflict, None)), "{:?}", target.kind);
        let tree = with(settings(target.kind), "/classes/person/delete", "tree".into());
        target.reconfigure(&tree);
        let outcome = kind_of(target.delete("person", &uid).await);
        match target.kind {
            // It has no such control: what is below has to go first.
            Kind::OpenLdap | Kind::Ds389 => assert_eq!(outcome, Err((ErrorKind::Conflict, None))),
            Kind::SambaAd => {
                assert_eq!(outcome, Ok(()));
                assert!(target.directory.entries("(cn=phone)", &["1.1"]).is_empty());
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_only_is_not_written() {
    check(async |target| {
        let uid = target.uid("bert").await;
        for name in ["dn", "member_of"] {
            let value = if name == "dn" { text("cn=x") } else { reference(&uid) };
            let outcome = kind_of(target.change("person", &uid, name, Change::Replace(vec![value])).await);
            assert_eq!(outcome, Err((ErrorKind::Mutability, Some(name.to_owned()))), "{:?}", target.kind);
        }
        let created = if target.kind == Kind::SambaAd { "whenCreated" } else { "createTimestamp" };
        let outcome = target.change(
            "person",
            &uid,
            created,
            Change::Replace(vec![Value::Timestamp("2024-01-01T00:00:00Z".into())]),
        );
        assert_eq!(kind_of(outcome.await), Err((ErrorKind::Mutability, Some(created.to_owned()))), "{:?}", target.kind);
    })
    .await;
}
