//! Dynamic groups: URLs that find their members.

use patchbay_contract::{Change, Comparator, Connector as _, Error, ErrorKind, Query};
use patchbay_test_support::OpenLdapOptions;
use serde_json::{Value, json};

use crate::settings::{settings, with};
use crate::target::{Kind, Target, attribute, compare, ctx, filter, kind_of, query, reference, text, uids};

const PEOPLE: &str = "ldap:///ou=people,dc=example,dc=org";

/// People and dynamic groups.
fn dynamic() -> Value {
    let crowd = json!({
        "object_classes": "groupOfURLs",
        "base": "ou=groups,dc=example,dc=org",
        "dn": "cn={cn},ou=groups,dc=example,dc=org",
        "members": { "style": "dynamic", "class": ["person", "crowd"] },
        "include": ["cn", "memberURL"],
    });
    let member_of = json!({ "class": "crowd", "expensive": true });
    with(with(settings(Kind::OpenLdap), "/classes/crowd", crowd), "/classes/person/member_of", member_of)
}

fn target(options: &OpenLdapOptions) -> Target {
    Target::openldap(&OpenLdapOptions { schema: vec!["dyngroup".into()], ..options.clone() }, dynamic())
}

/// A group with these URLs.
async fn crowd(target: &Target, name: &str, urls: &[&str]) -> Result<String, Error> {
    let urls: Vec<_> = urls.iter().map(|url| text(url)).collect();
    target.create("crowd", vec![attribute("cn", [text(name)]), attribute("memberURL", urls)]).await
}

/// The members of a group with these URLs are these people.
async fn check(target: &Target, name: &str, urls: &[&str], expected: &[&str]) {
    let group = crowd(target, name, urls).await.unwrap();
    let mut want = Vec::new();
    for login in expected {
        want.push(format!("->{}", target.uid(login).await));
    }
    want.sort_unstable();
    assert_eq!(target.values("crowd", &group, "members").await, want, "{urls:?}");
}

/// What everybody has to see, whether the server knows of dynamic groups or not.
async fn check_members(target: &Target) {
    check(target, "none", &[], &[]).await;
    check(target, "agents", &[&format!("{PEOPLE}??sub?(title=Agent)")], &["anna"]).await;
    check(target, "staff", &[&format!("{PEOPLE}??one?(%7C(title=agent)(title=Cl%65rk))")], &["anna", "bert"]).await;
    check(target, "one", &["ldap:///cn=Anna%20Lee,ou=people,dc=example,dc=org"], &["anna"]).await;
    check(
        target,
        "both",
        &[&format!("{PEOPLE}??sub?(uid=bert)"), &format!("{PEOPLE}?cn?sub?(uid=*)")],
        &["anna", "bert", "cleo"],
    )
    .await;
    // The entry above people is none of them, and a base of nobody's is nobody.
    check(target, "unit", &[PEOPLE], &[]).await;
    check(target, "nobody", &[&format!("{PEOPLE}??sub?(title=Nobody)")], &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_whom_the_urls_find() {
    check_members(&target(&OpenLdapOptions::default())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_the_same_where_the_server_shows_them() {
    let target = target(&OpenLdapOptions { dynlist: true, ..OpenLdapOptions::default() });
    check_members(&target).await;
    let shown = target.directory.entry("(cn=agents)", &["member"]);
    assert_eq!(shown.texts("member"), ["cn=Anna Lee,ou=people,dc=example,dc=org"], "the overlay works");
    // What the server shows can be read as a list as well.
    let listed = json!({
        "object_classes": "groupOfURLs", "base": "ou=groups,dc=example,dc=org", "read_only": true,
        "members": { "class": ["person"] }, "include": ["cn"],
    });
    let mut target = target;
    target.reconfigure(&with(dynamic(), "/classes/listed", listed));
    let by_name = filter(vec![compare("cn", Comparator::Equal, text("agents"))]);
    let page = target.search(Query { filter: Some(by_name), ..query("listed") }).await.unwrap();
    let anna = target.uid("anna").await;
    assert_eq!(target.values("listed", &uids(&page)[0], "members").await, [format!("->{anna}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_told_whole_is_not_told() {
    let target = target(&OpenLdapOptions::default());
    let whole = format!("{PEOPLE}??sub");
    for (number, (url, kind, message)) in [
        (
            "ldap:///dc=example,dc=org??sub?(uid=anna)",
            ErrorKind::PermissionDenied,
            "outside of what the binding grants",
        ),
        (
            "ldap:///ou=policies,dc=example,dc=org??sub",
            ErrorKind::PermissionDenied,
            "outside of what the binding grants",
        ),
        ("ldap:///??sub?(uid=anna)", ErrorKind::PermissionDenied, "outside of what the binding grants"),
        // What nobody may read, nobody may find out by asking.
        ("ldap:///ou=people,dc=example,dc=org??sub?(userPassword=*)", ErrorKind::PermissionDenied, "outside of what"),
        ("ldap:///ou=no,ou=people,dc=example,dc=org??sub", ErrorKind::Unsupported, "an entry which is not there"),
        ("ldap://127.0.0.1/ou=people,dc=example,dc=org??sub", ErrorKind::Unsupported, "names a server"),
        ("ldap:///ou=people,dc=example,dc=org??sub?(uid=%zz)", ErrorKind::Unsupported, "two hexadecimal digits"),
        ("ldap:///ou=people,dc=example,dc=org??sub?(uid=a", ErrorKind::Unsupported, "a filter that cannot be read"),
        ("ldap:///ou=people,dc=example,dc=org??all", ErrorKind::Unsupported, "a scope that is none of"),
        ("ldap:///ou=people,dc=example,dc=org????!bindname=cn=x", ErrorKind::Unsupported, "a critical extension"),
        ("http://example.org/", ErrorKind::Unsupported, "does not begin with `ldap:///`"),
    ]
    .into_iter()
    .enumerate()
    {
        let group = crowd(&target, &format!("broken{number}"), &[&whole, url]).await.unwrap();
        let error = target.get("crowd", &group, &["members"]).await.unwrap_err();
        assert!(error.message.contains(message) && !error.message.contains("anna"), "{url}: {error:?}");
        assert_eq!(kind_of(Err::<(), _>(error)), Err((kind, Some("members".to_owned()))), "{url}");
        // The rest of the group can be read, and the group be mended or deleted.
        assert_eq!(target.values("crowd", &group, "cn").await, [format!("broken{number}")]);
        let anna = reference(&target.uid("anna").await);
        let found = filter(vec![compare("members", Comparator::Equal, anna)]);
        let found = target.search(Query { filter: Some(found), ..query("crowd") }).await;
        assert_eq!(kind_of(found.map(|page| uids(&page))), Err((kind, Some("members".to_owned()))), "{url}");
        target.delete("crowd", &group).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_found_by_whom_they_find() {
    let target = target(&OpenLdapOptions::default());
    let agents = crowd(&target, "agents", &[&format!("{PEOPLE}??sub?(title=Agent)")]).await.unwrap();
    let all = crowd(&target, "all", &[&format!("{PEOPLE}??sub?(title=*)"), &format!("{PEOPLE}??one")]).await.unwrap();
    let same = crowd(&target, "same", &[&format!("{PEOPLE}??sub?(title=Agent)")]).await.unwrap();
    for (login, expected) in [("anna", vec![&agents, &all, &same]), ("bert", vec![&all]), ("cleo", vec![&all])] {
        let uid = target.uid(login).await;
        let found = filter(vec![compare("members", Comparator::Equal, reference(&uid))]);
        let page = target.search(Query { filter: Some(found), ..query("crowd") }).await.unwrap();
        let mut found = uids(&page);
        found.sort_unstable();
        let mut expected: Vec<String> = expected.into_iter().cloned().collect();
        expected.sort_unstable();
        assert_eq!(found, expected, "{login}");
        let groups: Vec<String> = expected.iter().map(|group| format!("->{group}")).collect();
        assert_eq!(target.values("person", &uid, "member_of").await, groups, "{login}");
    }
    // All at once costs a search for each URL, and not for each of the people.
    target.sent();
    let page = target.search(Query { attributes: vec!["member_of".into()], ..query("person") }).await.unwrap();
    assert_eq!(page.objects.len(), 3);
    let searches = target.sent().len();
    assert!(searches <= 6, "{searches} operations");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_read_only() {
    let target = target(&OpenLdapOptions::default());
    let anna = reference(&target.uid("anna").await);
    let classes = target.app.discover(&ctx()).await.unwrap();
    let class = classes.iter().find(|class| class.name == "crowd").unwrap();
    let members = class.attributes.iter().find(|attribute| attribute.name == "members").unwrap();
    let traits = &members.traits;
    assert!(traits.readable && traits.multi_valued && !traits.creatable && !traits.updatable, "{members:?}");
    let group = crowd(&target, "agents", &[]).await.unwrap();
    for change in [Change::Add(vec![anna.clone()]), Change::Replace(vec![anna.clone()]), Change::Clear] {
        let outcome = target.change("crowd", &group, "members", change).await;
        assert_eq!(kind_of(outcome), Err((ErrorKind::Mutability, Some("members".to_owned()))));
    }
    let given = vec![attribute("cn", [text("more")]), attribute("members", [anna])];
    assert_eq!(kind_of(target.create("crowd", given).await), Err((ErrorKind::Mutability, Some("members".to_owned()))));
    let url = text(&format!("{PEOPLE}??sub?(title=Agent)"));
    target.change("crowd", &group, "memberURL", Change::Add(vec![url])).await.unwrap();
    assert_eq!(target.values("crowd", &group, "members").await.len(), 1);
}

/// More members than one page of the server holds.
#[tokio::test(flavor = "multi_thread")]
async fn many_are_found_page_by_page() {
    let people: String = (0..1_300)
        .map(|number| {
            format!(
                "dn: cn=p{number},ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nsn: p\nuid: p{number}\n\n"
            )
        })
        .collect();
    // A limit of the server is an error, and no shorter list.
    let too_many = Err((ErrorKind::TooMany, Some("members".to_owned())));
    for (size_limit, expected) in [(None, Ok(1_300)), (Some(500), too_many)] {
        let target = target(&OpenLdapOptions { size_limit, ..OpenLdapOptions::default() });
        target.directory.ldif(&people);
        let group = crowd(&target, "many", &[&format!("{PEOPLE}??one?(sn=p)")]).await.unwrap();
        let read = target.get("crowd", &group, &["members"]).await;
        let members = read.map(|object| object.cells.into_iter().flatten().count());
        assert_eq!(kind_of(members), expected, "{size_limit:?}");
    }
}
