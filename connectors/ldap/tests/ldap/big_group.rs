//! A group with a hundred thousand members: nothing that is asked about one of them reads or
//! writes them all, and who asks for all gets all.

use patchbay_contract::{Change, Comparator, Query};
use patchbay_test_support::OpenLdapOptions;

use crate::settings::settings;
use crate::target::{Kind, Target, compare, filter, query, reference, show, uids};

/// How many there are.
const MEMBERS: usize = 100_000;
/// How many of them have entries; a server without `refint` keeps names of who is not there.
const PEOPLE: usize = 5_000;

/// Puts so many names into Red, beside Anna and Bert.
fn fill(target: &Target) {
    let (people, groups) = (target.directory.people(), target.directory.groups());
    // The server takes requests of 4 MB.
    for part in 0..4 {
        let mut ldif = format!("dn: cn=Red,{groups}\nchangetype: modify\nadd: member\n");
        for number in part * MEMBERS / 4..(part + 1) * MEMBERS / 4 {
            ldif.push_str(&format!("member: cn=Stranger number {number:06},{people}\n"));
        }
        target.directory.ldif(&ldif);
    }
    let person = |number| {
        let name = format!("Stranger number {number:06}");
        format!("dn: cn={name},{people}\nobjectClass: inetOrgPerson\nuid: s{number}\ncn: {name}\nsn: Stranger\n\n")
    };
    target.directory.ldif(&(0..MEMBERS).step_by(MEMBERS / PEOPLE).map(person).collect::<String>());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_a_hundred_thousand() {
    let options = OpenLdapOptions { memberof: false, refint: false, accesslog: false, ..OpenLdapOptions::default() };
    let target = Target::openldap(&options, settings(Kind::OpenLdap));
    fill(&target);
    let stored = || target.directory.entry("(cn=Red)", &["member"]).texts("member");
    assert_eq!(stored().len(), MEMBERS + 2);
    let (red, anna, cleo) = (target.uid("Red").await, target.uid("anna").await, target.uid("cleo").await);

    let whole = target.get("group", &red, &["members"]).await.unwrap();
    assert_eq!(whole.cells[0].len(), PEOPLE + 2);
    let read = target.get("group", &red, &["cn", "description"]).await.unwrap();
    assert_eq!(read.cells[0].iter().cloned().map(show).collect::<Vec<_>>(), ["Red"]);

    let has = async |uid: &str| {
        let nodes = vec![compare("members", Comparator::Equal, reference(uid))];
        let asked = Query { filter: Some(filter(nodes)), attributes: vec!["cn".to_owned()], ..query("group") };
        uids(&target.search(asked).await.unwrap()) == [red.clone()]
    };
    assert!(has(&anna).await);
    assert!(!has(&cleo).await);
    target.sent();
    for _ in 0..2 {
        target.change("group", &red, "members", Change::Add(vec![reference(&cleo)])).await.unwrap();
    }
    assert!(has(&cleo).await);
    assert_eq!(stored().len(), MEMBERS + 3);
    for _ in 0..2 {
        target.change("group", &red, "members", Change::Remove(vec![reference(&anna)])).await.unwrap();
    }
    assert!(!has(&anna).await);
    let most = target.most_values();
    assert!(most < 10, "a list of members was written as a whole: {most}");
    let left = stored();
    assert_eq!(left.len(), MEMBERS + 2);
    assert!(!left.iter().any(|name| name.to_lowercase().starts_with("cn=anna lee,")));
}
