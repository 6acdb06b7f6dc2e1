//! Names of entries: rename and move keep the id, and parents appear where asked for.

use patchbay_contract::{Change, ErrorKind};
use serde_json::json;

use crate::settings::{settings, with};
use crate::target::{Kind, attribute, check, check_with, kind_of, reference, set, text};

fn base(kind: Kind) -> &'static str {
    match kind {
        Kind::OpenLdap | Kind::Ds389 => "dc=example,dc=org",
        Kind::SambaAd => "DC=test,DC=lan",
    }
}

/// People are where their title says.
fn by_title(kind: Kind) -> serde_json::Value {
    let base = base(kind);
    let containers = json!({
        "by": "title",
        "bases": { "Agent": format!("ou=agents,ou=people,{base}") },
        "otherwise": format!("ou=people,{base}"),
    });
    let settings = with(settings(kind), "/classes/person/dn", "cn={cn}".into());
    with(settings, "/classes/person/containers", containers)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_keeps_the_id_and_the_memberships() {
    check(async |target| {
        let (uid, red) = (target.uid("anna").await, target.uid("Red").await);
        let deltas = vec![set("cn", text("Anna Lee-Oh")), set("sn", text("Lee-Oh")), set("title", text("Chief"))];
        target.update("person", &uid, deltas).await.unwrap();
        let entry = target.entry("anna");
        assert!(entry.dn.to_lowercase().starts_with("cn=anna lee-oh,ou=people,"), "{}", entry.dn);
        assert_eq!((entry.texts("cn"), entry.texts("title")), (vec!["Anna Lee-Oh".into()], vec!["Chief".into()]));
        assert_eq!(target.uid("anna").await, uid);
        assert_eq!(target.values("person", &uid, "member_of").await, [format!("->{red}")], "{:?}", target.kind);
        let members = target.values("group", &red, "members").await;
        assert!(members.contains(&format!("->{uid}")), "{members:?} on {:?}", target.kind);
        assert_eq!(target.values("person", &target.uid("bert").await, "manager").await, [format!("->{uid}")]);
        // Only another case.
        target.change("person", &uid, "cn", Change::Replace(vec![text("ANNA Lee-Oh")])).await.unwrap();
        assert_eq!(target.values("person", &uid, "cn").await, ["ANNA Lee-Oh"], "{:?}", target.kind);
        // Somebody else's.
        let taken = target.change("person", &uid, "cn", Change::Replace(vec![text("Cleo")])).await;
        assert_eq!(kind_of(taken), Err((ErrorKind::AlreadyExists, Some("cn".into()))), "{:?}", target.kind);
        assert_eq!(target.values("person", &uid, "cn").await, ["ANNA Lee-Oh"], "{:?}", target.kind);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_keeps_the_id() {
    check_with(by_title, async |target| {
        let base = base(target.kind);
        target
            .directory
            .ldif(&format!("dn: ou=agents,ou=people,{base}\nobjectClass: organizationalUnit\nou: agents\n"));
        let (uid, anna) = (target.uid("bert").await, target.uid("anna").await);
        target.change("person", &uid, "title", Change::Replace(vec![text("Agent")])).await.unwrap();
        let dn = target.entry("bert").dn.to_lowercase();
        assert!(dn.starts_with("cn=bert oh,ou=agents,ou=people,"), "{dn}");
        assert_eq!(target.values("person", &uid, "title").await, ["Agent"]);
        assert_eq!(target.values("person", &uid, "manager").await, [format!("->{anna}")]);
        // A new name and another place at once.
        target.update("person", &uid, vec![set("title", text("Clerk")), set("cn", text("Bert"))]).await.unwrap();
        let dn = target.entry("bert").dn.to_lowercase();
        assert!(dn.starts_with("cn=bert,ou=people,"), "{dn}");
        assert_eq!(target.uid("bert").await, uid);
        let fresh = target.person("dora", vec![attribute("title", [text("Agent")])]).await.unwrap();
        let dn = target.entry("dora").dn.to_lowercase();
        assert!(dn.starts_with("cn=dora,ou=agents,ou=people,"), "{dn}");
        target.change("person", &fresh, "title", Change::Clear).await.unwrap();
        let dn = target.entry("dora").dn.to_lowercase();
        assert!(dn.starts_with("cn=dora,ou=people,"), "{dn}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_parents_are_made_where_asked_for() {
    let below_title = |kind| {
        let dn = format!("cn={{cn}},ou={{title}},ou=people,{}", base(kind));
        with(settings(kind), "/classes/person/dn", dn.into())
    };
    check_with(below_title, async |target| {
        let given = vec![attribute("title", [text("Agents, and others")])];
        let refused = kind_of(target.person("dora", given.clone()).await);
        assert_eq!(refused, Err((ErrorKind::Conflict, None)), "{:?}", target.kind);
        let settings = with(below_title(target.kind), "/classes/person/create_parents", "organizationalUnit".into());
        target.reconfigure(&settings);
        target.person("dora", given).await.unwrap();
        let dn = target.entry("dora").dn.to_lowercase();
        assert!(
            dn.starts_with("cn=dora,ou=agents\\2c and others,ou=people,")
                || dn.starts_with("cn=dora,ou=agents\\, and others,ou=people,"),
            "{dn}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_is_refused() {
    check(async |target| {
        let outcome = kind_of(target.person("dora", vec![attribute("cn", [text("anna LEE")])]).await);
        assert_eq!(outcome, Err((ErrorKind::AlreadyExists, Some("cn".into()))), "{:?}", target.kind);
        let outcome = kind_of(target.person("ANNA", vec![]).await);
        assert_eq!(outcome, Err((ErrorKind::AlreadyExists, Some("login".into()))), "{:?}", target.kind);
        let group =
            vec![attribute("cn", [text("Green")]), attribute("members", [reference(&target.uid("anna").await)])];
        let uid = target.create("group", group).await.unwrap();
        let renamed = target.change("group", &uid, "cn", Change::Replace(vec![text("Greener")])).await;
        renamed.unwrap();
        assert_eq!(target.uid("Greener").await, uid);
    })
    .await;
}

/// Whatever a name is made of stays one part of it, below the base.
#[tokio::test(flavor = "multi_thread")]
async fn values_in_names_stay_values() {
    check(async |target| {
        let base = target.directory.base();
        for value in [
            format!("evil,{base}"),
            format!("evil,ou=groups,{base}"),
            "a+uid=b".to_owned(),
            "#04024869".to_owned(),
            "a\"b\"".to_owned(),
            "a\\,b".to_owned(),
            "a;b<c>d=e".to_owned(),
            "\u{5b57}\u{1f98a}".to_owned(),
            "*)(uid=*".to_owned(),
        ] {
            let short: String = value.chars().take(60).collect();
            let uid = match target.person("odd", vec![attribute("cn", [text(&short)])]).await {
                Ok(uid) => uid,
                Err(error) => panic!("{short:?} on {:?}: {error:?}", target.kind),
            };
            assert_eq!(target.values("person", &uid, "cn").await, [short.as_str()], "{:?}", target.kind);
            let dn = target.entry("odd").dn.to_lowercase();
            assert!(dn.ends_with(&format!(",ou=people,{}", base.to_lowercase())), "{dn}");
            let renamed = target.change("person", &uid, "cn", Change::Replace(vec![text("plain")])).await;
            if target.kind == Kind::Ds389 && dn.trim_start_matches("cn=").contains('\\') {
                // Its uniqueness plugin does not read names with escapes, and lets nobody
                // rename such an entry: that comes back as an error.
                assert_eq!(kind_of(renamed), Err((ErrorKind::Internal, None)), "{dn}");
            } else {
                renamed.unwrap_or_else(|error| panic!("{dn}: {error:?}"));
                target.change("person", &uid, "cn", Change::Replace(vec![text(&short)])).await.unwrap();
            }
            assert_eq!(target.values("person", &uid, "cn").await, [short.as_str()], "{:?}", target.kind);
            let boss = vec![attribute("manager", [reference(&uid)])];
            let led = target.person("led", boss).await.unwrap();
            assert_eq!(target.values("person", &led, "manager").await, [format!("->{uid}")], "{:?}", target.kind);
            target.delete("person", &led).await.unwrap();
            target.delete("person", &uid).await.unwrap();
        }
    })
    .await;
}
