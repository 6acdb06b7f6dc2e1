//! Lists of values: what one request does to several of them.

use patchbay_contract::{Change, Connector as _, ErrorKind};
use serde_json::json;

use crate::settings::settings;
use crate::target::{Kind, Target, attribute, check_with, ctx, delta, kind_of, text};

/// People with a list of texts whose case the server keeps and does not count.
fn with_notes(kind: Kind) -> serde_json::Value {
    let native = if kind == Kind::SambaAd { "otherTelephone" } else { "description" };
    let mut settings = settings(kind);
    let attributes = settings["classes"]["person"]["attributes"].as_object_mut().unwrap();
    attributes.remove("note");
    attributes.insert("notes".to_owned(), json!({ "attribute": native, "single": false }));
    settings
}

/// Replaces Bert's notes, gives some of them another case in one request, and looks.
async fn check_case(target: &Target, before: &[&str], matched: bool) {
    let uid = target.uid("bert").await;
    let texts = |values: &[&str]| values.iter().map(|value| text(value)).collect::<Vec<_>>();
    target.change("person", &uid, "notes", Change::Replace(texts(before))).await.unwrap();
    let version = target.get("person", &uid, &[]).await.unwrap().id.revision.filter(|_| matched);
    let deltas = vec![
        delta("notes", Change::Remove(texts(&["SMTP:a", "smtp:b"]))),
        delta("notes", Change::Add(texts(&["smtp:a", "SMTP:b"]))),
    ];
    target.app.update(&ctx(), "person", &uid, version.as_deref(), deltas).await.unwrap();
    let mut expected: Vec<&str> = before.iter().copied().filter(|note| !["SMTP:a", "smtp:b"].contains(note)).collect();
    expected.extend(["SMTP:b", "smtp:a"]);
    expected.sort_unstable();
    assert_eq!(target.values("person", &uid, "notes").await, expected, "{before:?} on {:?}", target.kind);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_case_keeps_the_values() {
    check_with(with_notes, async |target| {
        for matched in [false, true] {
            check_case(target, &["SMTP:a", "smtp:b", "smtp:c"], matched).await;
            check_case(target, &["SMTP:a", "smtp:b"], matched).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_stands_there_once_however_it_is_spelt() {
    check_with(settings, async |target| {
        if target.kind == Kind::SambaAd {
            // To it these are different texts.
            return;
        }
        let given = vec![attribute("phones", [text("+49 30 1234"), text("+49301234"), text("+49 30 12")])];
        let uid = target.person("dora", given).await.unwrap();
        let values = async || target.values("person", &uid, "phones").await;
        assert_eq!(values().await, ["+49 30 12", "+49 30 1234"], "{:?}", target.kind);
        target.change("person", &uid, "phones", Change::Add(vec![text("+49-30-1234")])).await.unwrap();
        assert_eq!(values().await, ["+49 30 12", "+49 30 1234"], "{:?}", target.kind);
        target.change("person", &uid, "phones", Change::Remove(vec![text("+493012")])).await.unwrap();
        assert_eq!(values().await, ["+49 30 1234"], "{:?}", target.kind);
        target.change("person", &uid, "phones", Change::Replace(vec![text("+49301234")])).await.unwrap();
        assert_eq!(values().await, ["+49301234"], "{:?}", target.kind);
    })
    .await;
}

/// OpenLDAP takes letters with accents for one, however they are made up.
#[tokio::test(flavor = "multi_thread")]
async fn values_that_only_the_server_holds_for_equal_are_refused() {
    const COMPOSED: &str = "caf\u{e9}";
    const DECOMPOSED: &str = "cafe\u{301}";
    let target = Target::new(Kind::OpenLdap, with_notes(Kind::OpenLdap));
    let twice = Err((ErrorKind::InvalidValue, Some("notes".to_owned())));
    let made = target.person("dora", vec![attribute("notes", [text(COMPOSED), text(DECOMPOSED)])]).await;
    assert_eq!(kind_of(made.map(drop)), twice);
    let uid = target.person("dora", vec![attribute("notes", [text(COMPOSED)])]).await.unwrap();
    target.sent();
    let added = target.change("person", &uid, "notes", Change::Add(vec![text(DECOMPOSED)])).await;
    assert_eq!(kind_of(added), twice);
    let writes = target.sent().into_iter().filter(|line| line.starts_with("modify")).count();
    assert_eq!(writes, 2, "one more look is enough");
    assert_eq!(target.values("person", &uid, "notes").await, [COMPOSED]);
}
