//! Values that look like something else are stored as they are, in names and in filters.

use patchbay_capability::ldap::{SearchScope, Session};
use patchbay_test_support::SambaAd;

use crate::bed::{
    Bed, add, attribute, delete, equal, found, named, part, person, rename, replace, search, texts, write,
};

/// Values that mean something to somebody who reads a name or a filter.
const VALUES: [&str; 20] = [
    "plain",
    "Smith, John",
    "a,ou=people,dc=example,dc=org",
    "a+cn=b",
    "a=b",
    "#hash",
    "#0403414243",
    "in#side",
    "quo\"te",
    "back\\slash",
    "end\\",
    "se;mi<less>more",
    "(paren)(*)",
    "star*",
    "*",
    ")(uid=*",
    "two  spaces",
    "Zoë Ångström",
    "日本語",
    "tab\tin it",
];

/// `value` can name an entry, be found, followed through a rename, and be deleted.
async fn check(
    session: &mut Session,
    people: &str,
    leaf: &str,
    value: &str,
    attributes: Vec<patchbay_capability::ldap::Attribute>,
) {
    let shown = format!("{leaf}={value:?}");
    let written = write(session, add(named(leaf, value, people), attributes)).await;
    let dn = written.unwrap_or_else(|error| panic!("{shown}: {error}")).dn;
    let by_value = found(session, search(people, SearchScope::Subtree, equal(leaf, value), &[leaf])).await.unwrap();
    assert_eq!(by_value.len(), 1, "{shown}");
    assert_eq!(texts(&by_value[0], leaf), [value], "{shown}");
    // The server's own way of writing it names the same entry.
    for dn in [dn.as_str(), by_value[0].dn.as_str()] {
        write(session, replace(dn, "description", value)).await.unwrap_or_else(|error| panic!("{shown} {dn}: {error}"));
        let by_name = search(dn, SearchScope::Base, equal("description", value), &["description"]);
        assert_eq!(texts(&found(session, by_name).await.unwrap()[0], "description"), [value], "{shown}");
    }
    let renamed = write(session, rename(&by_value[0].dn, leaf, "another", None)).await.unwrap().dn;
    let back = write(session, rename(&renamed, leaf, value, Some(people))).await.unwrap().dn;
    let found = found(session, search(&back, SearchScope::Base, equal(leaf, value), &[leaf])).await.unwrap();
    assert_eq!(texts(&found[0], leaf), [value], "{shown}");
    session.call(delete(&found[0].dn)).await.unwrap();
}

#[tokio::test]
async fn openldap_stores_any_name() {
    let bed = Bed::openldap(1);
    let mut session = bed.open().await;
    for value in VALUES.into_iter().chain([" spaces ", "nul\0in it"]) {
        check(&mut session, &bed.people, "uid", value, person(value)).await;
    }
    // Several in one part.
    let mut name = named("uid", "a+b", &bed.people);
    name.parts[0].extend(part("sn", "c,d"));
    let attributes = vec![attribute("sn", "c,d"), attribute("uid", "a+b"), attribute("cn", "x")];
    let attributes = [attributes, vec![attribute("objectClass", "inetOrgPerson")]].concat();
    let dn = write(&mut session, add(name, attributes)).await.unwrap().dn;
    session.call(delete(&dn)).await.unwrap();
}

#[tokio::test]
async fn samba_stores_any_name() {
    if SambaAd::is_left_out() {
        return;
    }
    let bed = Bed::samba(1);
    let mut session = bed.open().await;
    for (number, value) in VALUES.into_iter().enumerate() {
        let account = format!("n{number}");
        let attributes = vec![attribute("objectClass", "user"), attribute("sAMAccountName", &account)];
        check(&mut session, &bed.people, "cn", value, attributes).await;
    }
}
