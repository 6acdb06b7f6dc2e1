//! Searches: pages, limits, filters, values.

use patchbay_capability::ldap::{
    Assertion, Failure, Filter, FilterNode, Reply, Request, SearchRequest, SearchScope, SortKey, Substring, Window,
};
use patchbay_capability_ldap::{LdapOptions, pool};
use patchbay_test_support::{OpenLdap, OpenLdapOptions};

use crate::line::{
    Line, attribute, base, bytes, connect, equal, failed, options, people, person, present, small, subtree, texts,
    values,
};

#[tokio::test]
async fn pages_are_walked_whole_whatever_their_size() {
    let ldap = OpenLdap::start().unwrap();
    ldap.ldif(&people(&ldap, 210)).unwrap();
    let mut line = connect(&ldap).await;
    for (page_size, max_entries) in [(40, 7), (7, 40), (210, 210), (1000, 1000), (1, 1), (70, 70)] {
        let request = SearchRequest { page_size, ..subtree(ldap.base(), present("uid"), &["uid"]) };
        line.open_search(request).await.unwrap();
        let mut uids = Vec::new();
        loop {
            let batch = line.next(max_entries).await.unwrap();
            assert!(batch.entries.len() <= max_entries as usize);
            assert!(batch.done || !batch.entries.is_empty());
            uids.extend(batch.entries.iter().flat_map(|entry| texts(entry, "uid")));
            if batch.done {
                break;
            }
        }
        uids.sort();
        uids.dedup();
        assert_eq!(uids.len(), 210, "{page_size} {max_entries}");
        // After the end there is nothing, as often as one asks.
        assert_eq!(line.next(5).await.unwrap().entries, []);
    }
    // The end is known with the last entry.
    line.open_search(subtree(ldap.base(), equal("uid", b"p0007"), &["uid"])).await.unwrap();
    let batch = line.next(1).await.unwrap();
    assert_eq!((batch.entries.len(), batch.done), (1, true));
    // A limit of bytes gives at least one entry.
    line.open_search(subtree(ldap.base(), present("uid"), &["uid"])).await.unwrap();
    let reply = line.run(Request::Next { max_entries: 100, max_bytes: 1 }).await;
    let Ok(Reply::Batch(batch)) = reply else { panic!("{reply:?}") };
    assert_eq!((batch.entries.len(), batch.done), (1, false));
}

#[tokio::test]
async fn a_search_that_is_given_up_leaves_the_connection_good() {
    let ldap = OpenLdap::start().unwrap();
    ldap.ldif(&people(&ldap, 300)).unwrap();
    let pool = pool(options(&ldap), small(1)).unwrap();
    for _ in 0..5 {
        let mut line = Line::open(&pool).await;
        let all = || SearchRequest { page_size: 1000, ..subtree(ldap.base(), present("uid"), &["*", "+"]) };
        line.open_search(all()).await.unwrap();
        assert_eq!(line.next(1).await.unwrap().entries.len(), 1);
        // Another one ends it.
        let found = line.search(subtree(ldap.base(), equal("uid", b"p0001"), &["uid"])).await.unwrap();
        assert_eq!(found.len(), 1);
        line.open_search(all()).await.unwrap();
        assert_eq!(line.run(Request::EndSearch).await, Ok(Reply::Done));
        failed(line.next(1).await, Failure::InvalidRequest, "no search is open");
        line.open_search(all()).await.unwrap();
        line.next(2).await.unwrap();
        // And so does giving the connection back.
    }
}

#[tokio::test]
async fn sorted_and_by_their_place() {
    let ldap = OpenLdap::start().unwrap();
    ldap.ldif(&people(&ldap, 60)).unwrap();
    let mut line = connect(&ldap).await;
    let key = SortKey { attribute: "uid".into(), rule: Some("caseIgnoreOrderingMatch".into()), descending: true };
    let sorted = SearchRequest { sort: vec![key], ..subtree(ldap.base(), present("uid"), &["uid"]) };
    let found = line.search(sorted.clone()).await.unwrap();
    let uids: Vec<_> = found.iter().flat_map(|entry| texts(entry, "uid")).collect();
    assert_eq!((uids.len(), uids[0].as_str(), uids[59].as_str()), (60, "p0059", "p0000"));
    let window = Some(Window { offset: 11, count: 5 });
    line.open_search(SearchRequest { window, ..sorted.clone() }).await.unwrap();
    let batch = line.next(100).await.unwrap();
    let uids: Vec<_> = batch.entries.iter().flat_map(|entry| texts(entry, "uid")).collect();
    assert_eq!(uids, ["p0049", "p0048", "p0047", "p0046", "p0045"]);
    assert_eq!((batch.done, batch.total), (true, Some(60)));
    let key = SortKey { attribute: "noSuchThing".into(), rule: None, descending: false };
    let request = SearchRequest { sort: vec![key], ..sorted.clone() };
    failed(line.search(request).await, Failure::Unsupported, "cannot sort by that");
    let key = SortKey { attribute: "uid".into(), rule: None, descending: false };
    // There is no order of its own.
    failed(line.search(SearchRequest { sort: vec![key], ..sorted }).await, Failure::Unsupported, "cannot sort by that");
    // The connection is good still.
    assert_eq!(line.count(ldap.base(), present("uid"), 1000).await, Ok(60));
}

#[tokio::test]
async fn counts_and_limits() {
    let ldap = OpenLdap::with(&OpenLdapOptions { size_limit: Some(100), sssvlv: false, ..OpenLdapOptions::default() })
        .unwrap();
    ldap.ldif(&people(&ldap, 90)).unwrap();
    let mut line = connect(&ldap).await;
    assert_eq!(line.count(ldap.base(), present("uid"), 1000).await, Ok(90));
    assert_eq!(line.count(ldap.base(), present("uid"), 60).await, Ok(60));
    assert_eq!(line.count(ldap.base(), equal("uid", b"none"), 60).await, Ok(0));
    let key = SortKey { attribute: "uid".into(), rule: None, descending: false };
    let sorted = SearchRequest { sort: vec![key], ..subtree(ldap.base(), present("uid"), &["uid"]) };
    failed(line.search(sorted).await, Failure::Unsupported, "does not sort");
    for i in 0..20 {
        line.add(&format!("uid=q{i},ou=people,{}", ldap.base()), person(&format!("q{i}")), Default::default())
            .await
            .unwrap();
    }
    let all = SearchRequest { page_size: 1000, ..subtree(ldap.base(), present("uid"), &["uid"]) };
    let error = failed(line.search(all).await, Failure::LimitExceeded, "more entries than the server gives");
    assert_eq!(error.code, Some(4));
    failed(
        line.search(base("ou=none,dc=example,dc=org", &["*"])).await,
        Failure::NoSuchObject,
        "there is dc=example,dc=org",
    );
    failed(line.search(base("no name", &["*"])).await, Failure::InvalidRequest, "");
}

#[tokio::test]
async fn filters_find_what_they_say_and_no_more() {
    let ldap = OpenLdap::start().unwrap();
    ldap.ldif(&people(&ldap, 5)).unwrap();
    let mut line = connect(&ldap).await;
    let uid = |value: &str| FilterNode::Equal(Assertion { attribute: "uid".into(), value: value.into() });
    let part = |prefix: Option<&str>, infixes: &[&str], suffix: Option<&str>| {
        FilterNode::Substring(Substring {
            attribute: "cn".into(),
            prefix: prefix.map(Into::into),
            infixes: infixes.iter().map(|infix| infix.as_bytes().to_vec()).collect(),
            suffix: suffix.map(Into::into),
        })
    };
    let at = |value: &str| Assertion { attribute: "uid".into(), value: value.into() };
    let under = format!("ou=people,{}", ldap.base());
    for (nodes, expected) in [
        (vec![uid("p0001"), uid("p0002"), FilterNode::Or(vec![0, 1])], 2),
        (vec![uid("p0001"), uid("p0002"), FilterNode::And(vec![0, 1])], 0),
        (vec![uid("p0001"), FilterNode::Not(0), FilterNode::Present("uid".into()), FilterNode::And(vec![1, 2])], 4),
        (vec![part(Some("Person"), &["00"], Some("3"))], 1),
        (vec![part(None, &["*"], None)], 0),
        (vec![FilterNode::And(vec![])], 6),
        (vec![FilterNode::Or(vec![])], 0),
        (vec![FilterNode::GreaterOrEqual(at("p0003"))], 0),
        (vec![uid("*")], 0),
    ] {
        let filter = Filter::new(nodes);
        let found = line.search(subtree(&under, filter.clone(), &["1.1"])).await;
        // OpenLDAP has no order for uid.
        assert_eq!(found.map(|found| found.len()), Ok(expected), "{filter:?}");
    }
    let request =
        SearchRequest { scope: SearchScope::OneLevel, ..subtree(ldap.base(), present("objectClass"), &["1.1"]) };
    let found = line.search(request).await.unwrap();
    assert!(found.len() >= 3 && found.iter().all(|entry| entry.attributes.is_empty()));
}

#[tokio::test]
async fn any_value_is_stored_and_found_as_it_is() {
    let ldap = OpenLdap::start().unwrap();
    let mut line = connect(&ldap).await;
    let awkward = [
        "(",
        ")",
        "*",
        "\\",
        "a*b",
        "\\2a",
        " x",
        "x ",
        "#x",
        ",",
        "+",
        "\"",
        "<>;=",
        "ü",
        "\u{1f511}",
        ")(uid=*",
        "x\u{0}y",
        "\u{7f}",
    ];
    for (i, value) in awkward.iter().enumerate() {
        let dn = format!("uid=v{i},ou=people,{}", ldap.base());
        let mut attributes = person(&format!("v{i}"));
        attributes.push(attribute("description", &[value]));
        line.add(&dn, attributes, Default::default()).await.unwrap();
        let found =
            line.search(subtree(ldap.base(), equal("description", value.as_bytes()), &["description"])).await.unwrap();
        let found: Vec<_> = found.iter().filter(|entry| entry.dn == dn).collect();
        assert_eq!(found.len(), 1, "{value:?}");
        assert_eq!(values(found[0], "description"), [value.as_bytes()], "{value:?}");
    }
    let dn = format!("uid=v0,ou=people,{}", ldap.base());
    let photo: Vec<u8> = (0..=255).collect();
    let change = patchbay_capability::ldap::Change {
        kind: patchbay_capability::ldap::ChangeKind::Replace,
        attribute: bytes("jpegPhoto", &[&photo]),
    };
    line.modify(&dn, vec![change], Default::default()).await.unwrap();
    let entry = line.read(&dn, &["jpegPhoto"]).await.unwrap();
    assert_eq!(values(&entry, "jpegPhoto"), [photo.as_slice()]);
}

#[tokio::test]
async fn an_entry_of_twenty_thousand_values_goes_and_comes_in_one_piece() {
    const MEMBERS: usize = 20_000;
    let plain = OpenLdapOptions { memberof: false, refint: false, ..OpenLdapOptions::default() };
    let ldap = OpenLdap::with(&plain).unwrap();
    let mut line = connect(&ldap).await;
    let dn = format!("cn=all,ou=groups,{}", ldap.base());
    let member = |i: usize| format!("uid=p{i:06},ou=people,dc=example,dc=org");
    let members: Vec<_> = (0..MEMBERS).map(member).collect();
    let members: Vec<_> = members.iter().map(String::as_str).collect();
    let group =
        vec![attribute("objectClass", &["groupOfNames"]), attribute("cn", &["all"]), attribute("member", &members)];
    line.add(&dn, group, Default::default()).await.unwrap();
    let entry = line.read(&dn, &["member"]).await.unwrap();
    assert!(texts(&entry, "member") == members);
    // Where that is more than is allowed, it is an error that says so.
    let options = LdapOptions { max_message: 1 << 19, ..options(&ldap) };
    let mut line = Line::open(&pool(options, small(1)).unwrap()).await;
    let outcome = line.search(base(&dn, &["member"])).await.map(|found| found.len());
    failed(outcome, Failure::Unavailable, "longer than the binding's settings allow");
}

#[tokio::test]
async fn what_the_server_says_of_itself() {
    let ldap = OpenLdap::start().unwrap();
    let mut line = connect(&ldap).await;
    let Ok(Reply::Entry(root)) = line.run(Request::RootDse).await else { panic!() };
    assert!(texts(&root, "namingContexts").contains(&ldap.base().to_owned()));
    assert!(texts(&root, "supportedControl").contains(&"1.2.840.113556.1.4.319".to_owned()));
    let Ok(Reply::Entry(schema)) = line.run(Request::Schema).await else { panic!() };
    assert!(texts(&schema, "objectClasses").iter().any(|class| class.contains("'inetOrgPerson'")));
    assert!(texts(&schema, "attributeTypes").iter().any(|class| class.contains("'uid'")));
}
