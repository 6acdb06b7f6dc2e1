//! Groups in all styles, and who is in them.

use patchbay_contract::{Change, Comparator, ErrorKind, Query};
use serde_json::json;

use crate::settings::{settings, with};
use crate::target::{Kind, Target, attribute, check, compare, delta, filter, kind_of, query, reference, text};

/// The members of a group are these people and groups.
async fn check_members(target: &Target, class: &str, group: &str, expected: &[&str]) {
    let mut want = Vec::new();
    for name in expected {
        want.push(format!("->{}", target.uid(name).await));
    }
    want.sort_unstable();
    assert_eq!(target.values(class, group, "members").await, want, "{class} on {:?}", target.kind);
}

/// In, out, all at once, and nobody: what every kind of group has to do.
async fn check_style(target: &Target, class: &str) {
    let mut ids = Vec::new();
    for login in ["anna", "bert", "cleo"] {
        ids.push(reference(&target.uid(login).await));
    }
    let change = async |group: &str, change| target.change(class, group, "members", change).await;
    let empty = target.create(class, vec![attribute("cn", [text("empty")])]).await.unwrap();
    check_members(target, class, &empty, &[]).await;
    change(&empty, Change::Add(vec![ids[0].clone()])).await.unwrap();
    check_members(target, class, &empty, &["anna"]).await;
    change(&empty, Change::Add(ids.clone())).await.unwrap();
    check_members(target, class, &empty, &["anna", "bert", "cleo"]).await;
    change(&empty, Change::Remove(vec![ids[1].clone()])).await.unwrap();
    change(&empty, Change::Remove(vec![ids[1].clone()])).await.unwrap();
    check_members(target, class, &empty, &["anna", "cleo"]).await;
    change(&empty, Change::Replace(vec![ids[1].clone(), ids[2].clone()])).await.unwrap();
    check_members(target, class, &empty, &["bert", "cleo"]).await;
    change(&empty, Change::Remove(ids[1..].to_vec())).await.unwrap();
    check_members(target, class, &empty, &[]).await;
    change(&empty, Change::Replace(ids[..1].to_vec())).await.unwrap();
    // Of several words on one member in a request, the last counts.
    let several = async |changes: [Change; 3]| {
        let deltas = changes.map(|change| delta("members", change)).into();
        target.update(class, &empty, deltas).await.unwrap_or_else(|error| panic!("{error:?}: {class}"));
    };
    let (only, two) = (|number: usize| vec![ids[number].clone()], ids[..2].to_vec());
    several([Change::Remove(only(0)), Change::Remove(only(1)), Change::Add(only(0))]).await;
    check_members(target, class, &empty, &["anna"]).await;
    several([Change::Add(two), Change::Remove(only(1)), Change::Add(only(2))]).await;
    check_members(target, class, &empty, &["anna", "cleo"]).await;
    several([Change::Clear, Change::Add(only(1)), Change::Remove(only(0))]).await;
    check_members(target, class, &empty, &["bert"]).await;
    change(&empty, Change::Clear).await.unwrap();
    check_members(target, class, &empty, &[]).await;

    let given = vec![attribute("cn", [text("full")]), attribute("members", ids.clone())];
    let full = target.create(class, given).await.unwrap();
    check_members(target, class, &full, &["anna", "bert", "cleo"]).await;
    let member = filter(vec![compare("members", Comparator::Equal, ids[1].clone())]);
    let found =
        target.search(Query { filter: Some(member), attributes: vec!["cn".into()], ..query(class) }).await.unwrap();
    assert!(found.objects.iter().any(|object| object.id.uid == full), "{class} on {:?}", target.kind);
    assert!(!found.objects.iter().any(|object| object.id.uid == empty), "{class} on {:?}", target.kind);

    let unknown = change(&full, Change::Add(vec![reference("00000000-0000-0000-0000-000000000000")])).await;
    assert_eq!(
        kind_of(unknown),
        Err((ErrorKind::InvalidValue, Some("members".into()))),
        "{class} on {:?}",
        target.kind
    );
    check_members(target, class, &full, &["anna", "bert", "cleo"]).await;
    target.delete(class, &full).await.unwrap();
    target.delete(class, &empty).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_of_names() {
    check(async |target| check_style(target, "group").await).await;
}

/// OpenLDAP with a class of groups in another style.
fn style(class: serde_json::Value, person: &[&str]) -> Target {
    let mut settings = with(settings(Kind::OpenLdap), "/classes/style", class);
    if !person.is_empty() {
        settings["classes"]["person"]["object_classes"] = json!(person);
    }
    Target::new(Kind::OpenLdap, settings)
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_of_unique_names() {
    let target = style(
        json!({
            "object_classes": "groupOfUniqueNames",
            "base": "ou=groups,dc=example,dc=org",
            "dn": "cn={cn},ou=groups,dc=example,dc=org",
            "members": {
                "attribute": "uniqueMember", "class": "person", "placeholder": "cn=patchbay,dc=example,dc=org",
            },
            "include": ["cn"],
        }),
        &[],
    );
    check_style(&target, "style").await;
}

/// OpenLDAP with groups of logins.
fn posix() -> Target {
    let target = style(
        json!({
            "object_classes": "posixGroup",
            "base": "ou=groups,dc=example,dc=org",
            "dn": "cn={cn},ou=groups,dc=example,dc=org",
            "members": { "attribute": "memberUid", "class": "person" },
            "next": { "gidNumber": { "entry": "cn=next,dc=example,dc=org", "attribute": "gidNumber" } },
            "include": ["cn", "gidNumber"],
        }),
        &[],
    );
    target.directory.ldif("dn: cn=next,dc=example,dc=org\nobjectClass: posixGroup\ncn: next\ngidNumber: 5000\n");
    target
}

#[tokio::test(flavor = "multi_thread")]
async fn posix_groups() {
    let target = posix();
    check_style(&target, "style").await;
    let group = target.create("style", vec![attribute("cn", [text("staff")])]).await.unwrap();
    assert_eq!(target.values("style", &group, "gidNumber").await, ["5002"]);
    let entry = target.directory.entry("(cn=staff)", &["*"]);
    assert_eq!(entry.texts("gidnumber"), ["5002"]);
}

/// Who is known by two logins comes by the one in the name, and goes by both.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_two_logins_is_one_member() {
    let target = posix();
    let dan = "dn: uid=dan,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\n\
               uid: dan.alias\nuid: dan\ncn: Dan\nsn: Doe\n";
    target.directory.ldif(dan);
    let (dan, anna) = (target.uid("dan").await, target.uid("anna").await);
    let group = target.create("style", vec![attribute("cn", [text("staff")])]).await.unwrap();
    let change = async |change| target.change("style", &group, "members", change).await.unwrap();
    let logins = || target.directory.entry("(cn=staff)", &["*"]).texts("memberuid");
    for stored in [&["dan"][..], &["dan.alias"], &["dan.alias", "dan"]] {
        let values: String = stored.iter().map(|login| format!("memberUid: {login}\n")).collect();
        target
            .directory
            .ldif(&format!("dn: cn=staff,ou=groups,dc=example,dc=org\nchangetype: modify\nadd: memberUid\n{values}"));
        check_members(&target, "style", &group, &["dan"]).await;
        let member = filter(vec![compare("members", Comparator::Equal, reference(&dan))]);
        let found = target.search(Query { filter: Some(member), ..query("style") }).await.unwrap();
        assert_eq!(found.objects.len(), 1, "{stored:?}");
        change(Change::Add(vec![reference(&dan), reference(&anna)])).await;
        assert_eq!(logins(), [stored, &["anna"]].concat());
        change(Change::Remove(vec![reference(&dan), reference(&anna)])).await;
        assert_eq!(logins(), [""; 0], "{stored:?}");
    }
    change(Change::Add(vec![reference(&dan)])).await;
    assert_eq!(logins(), ["dan"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_in_groups_stay_groups() {
    check(async |target| {
        let (red, blue) = (target.uid("Red").await, target.uid("Blue").await);
        target.change("group", &blue, "members", Change::Add(vec![reference(&red)])).await.unwrap();
        check_members(target, "group", &blue, &["Red"]).await;
        let anna = target.uid("anna").await;
        let mut groups = vec![format!("->{red}")];
        if target.kind == Kind::Ds389 {
            // Its memberOf goes through groups, unless it is told to skip nested ones.
            groups.push(format!("->{blue}"));
        }
        groups.sort_unstable();
        assert_eq!(target.values("person", &anna, "member_of").await, groups, "{:?}", target.kind);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_group_keeps_its_placeholder_to_itself() {
    check(async |target| {
        if target.kind != Kind::OpenLdap {
            // Their groups may be empty.
            return;
        }
        let (blue, anna) = (target.uid("Blue").await, target.uid("anna").await);
        let members = || target.directory.entry("(cn=Blue)", &["member"]).texts("member");
        target.change("group", &blue, "members", Change::Add(vec![reference(&anna)])).await.unwrap();
        assert_eq!(members(), ["cn=Anna Lee,ou=people,dc=example,dc=org"]);
        target.change("group", &blue, "members", Change::Remove(vec![reference(&anna)])).await.unwrap();
        assert_eq!(members(), ["cn=patchbay,dc=example,dc=org"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_deleted_leaves_the_groups() {
    check(async |target| {
        let red = target.uid("Red").await;
        target.delete("person", &target.uid("anna").await).await.unwrap();
        check_members(target, "group", &red, &["bert"]).await;
        let cleo = target.uid("cleo").await;
        assert_eq!(target.values("person", &cleo, "manager").await, [""; 0], "{:?}", target.kind);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn member_of_is_found_without_the_overlay() {
    let options = patchbay_test_support::OpenLdapOptions { memberof: false, ..Default::default() };
    let member_of = json!({ "class": "group", "attribute": false });
    let target = Target::openldap(&options, with(settings(Kind::OpenLdap), "/classes/person/member_of", member_of));
    let (anna, red) = (target.uid("anna").await, target.uid("Red").await);
    assert_eq!(target.values("person", &anna, "member_of").await, [format!("->{red}")]);
    assert_eq!(target.values("person", &target.uid("cleo").await, "member_of").await, [""; 0]);
}

/// More members than Active Directory gives at once, one by one in and out.
#[tokio::test(flavor = "multi_thread")]
async fn a_big_group_is_changed_one_member_at_a_time() {
    check(async |target| {
        let people = target.directory.people();
        let mut ldif = String::new();
        for number in 0..1_700 {
            ldif.push_str(&match target.kind {
                Kind::OpenLdap | Kind::Ds389 => {
                    format!("dn: cn=p{number},{people}\nobjectClass: inetOrgPerson\nsn: p\nuid: p{number}\n\n")
                }
                Kind::SambaAd => format!("dn: CN=p{number},{people}\nobjectClass: user\nsAMAccountName: p{number}\n\n"),
            });
        }
        ldif.push_str(&format!("dn: cn=Red,{}\nchangetype: modify\nadd: member\n", target.directory.groups()));
        for number in 0..1_700 {
            ldif.push_str(&format!("member: cn=p{number},{people}\n"));
        }
        target.directory.ldif(&ldif);
        let (red, cleo) = (target.uid("Red").await, target.uid("cleo").await);
        assert_eq!(target.values("group", &red, "members").await.len(), 1_702, "{:?}", target.kind);
        target.sent();
        target.change("group", &red, "members", Change::Add(vec![reference(&cleo)])).await.unwrap();
        let most = target.most_values();
        assert!(most < 10, "a list of members was written as a whole: {most} on {:?}", target.kind);
        assert_eq!(target.values("group", &red, "members").await.len(), 1_703, "{:?}", target.kind);
        target.change("group", &red, "members", Change::Remove(vec![reference(&cleo)])).await.unwrap();
        let members = target.values("group", &red, "members").await;
        assert_eq!(members.len(), 1_702, "{:?}", target.kind);
        assert!(!members.contains(&format!("->{cleo}")));
    })
    .await;
}
