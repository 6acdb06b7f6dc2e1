//! What a grant lets pass.

use super::*;
use crate::ldap::{Assertion, Attribute, Entry, Extensible, Filter, FilterNode, SortKey, Substring};

fn names(list: &str) -> BTreeSet<String> {
    list.split_whitespace().map(str::to_owned).collect()
}

/// A grant on people; `read` are the attributes, `*` for all.
fn grant(read: &str) -> Grant {
    let dn = |text: &str| Dn::parse(text).unwrap();
    Grant::new(Policy {
        read: vec![dn("ou=people,dc=example"), dn("cn=admins,ou=groups,dc=example")],
        write: vec![dn("OU=People, DC=Example"), dn("cn=admins,ou=groups,dc=example")],
        verbs: [Verb::Search, Verb::Modify].into(),
        read_attributes: (read != "*").then(|| names(read)),
        write_attributes: names("cn userCertificate userPassword"),
    })
}

/// The failure and the attribute of an outcome; `ok` without one.
fn outcome<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(error) => format!("{:?} {}", error.failure, error.attribute.unwrap_or_default()).trim().to_owned(),
    }
}

#[test]
fn names_are_read_at_or_below_a_base() {
    for (name, expected) in [
        ("ou=people,dc=example", "ok"),
        ("uid=a,OU=people,dc=example", "ok"),
        ("cn=admins,ou=groups,dc=example", "ok"),
        ("ou=groups,dc=example", "Denied"),
        ("dc=example", "Denied"),
        ("", "Denied"),
        (r"uid=a\,ou=people,dc=example", "Denied"),
        ("cn=a,ou=people,dc=evil\\,dc=example", "Denied"),
        ("<GUID=0a>", "InvalidRequest"),
        ("uid=a;ou=people,dc=example", "InvalidRequest"),
    ] {
        assert_eq!(outcome(grant("*").read_name("the base", name.to_owned())), expected, "{name}");
    }
}

#[test]
fn a_base_is_changed_but_neither_added_nor_taken_away() {
    for (name, below, at_or_below) in [
        ("ou=people,dc=example", "Denied", "ok"),
        ("uid=a,ou=people,dc=example", "ok", "ok"),
        ("cn=admins,ou=groups,dc=example", "Denied", "ok"),
        ("cn=others,ou=groups,dc=example", "Denied", "Denied"),
        ("ou=groups,dc=example", "Denied", "Denied"),
    ] {
        let place = |place| outcome(grant("*").write_name("the entry", name.to_owned(), place));
        assert_eq!((place(Place::Below).as_str(), place(Place::AtOrBelow).as_str()), (below, at_or_below), "{name}");
    }
}

#[test]
fn attributes_are_granted_by_name() {
    for (attribute, all, some) in [
        ("cn", "ok", "ok"),
        ("CN;lang-de", "ok", "ok"),
        ("mail", "ok", "Denied mail"),
        ("objectclass", "ok", "ok"),
        ("userPassword", "Denied userPassword", "Denied userPassword"),
        ("USERPASSWORD;x-a", "Denied USERPASSWORD;x-a", "Denied USERPASSWORD;x-a"),
        ("2.5.4.35", "InvalidRequest 2.5.4.35", "InvalidRequest 2.5.4.35"),
        ("*", "InvalidRequest *", "InvalidRequest *"),
        ("cn)(mail", "InvalidRequest cn)(mail", "InvalidRequest cn)(mail"),
    ] {
        assert_eq!(outcome(grant("*").readable(attribute)), all, "{attribute}");
        assert_eq!(outcome(grant("cn userPassword").readable(attribute)), some, "{attribute}");
    }
    for (attribute, expected) in [
        ("cn", "ok"),
        ("usercertificate;binary", "ok"),
        ("mail", "Denied mail"),
        ("objectClass", "Denied objectClass"),
        // Listed, but nobody may set passwords here.
        ("userPassword", "Denied"),
        ("1.2", "InvalidRequest 1.2"),
    ] {
        assert_eq!(outcome(grant("*").writable(attribute)), expected, "{attribute}");
    }
}

#[test]
fn what_is_asked_for_is_cut_down() {
    for (read, asked, expected) in [
        ("*", "cn mail;lang-de", "cn mail;lang-de"),
        ("*", "* + userPassword", "* +"),
        ("*", "", "1.1"),
        ("*", "1.1", "1.1"),
        ("*", "unicodePwd 2.5.4.35", "1.1"),
        ("cn mail", "CN member", "CN"),
        ("cn mail", "member", "1.1"),
        ("cn mail", "*", "cn mail objectClass"),
        ("cn mail userPassword", "MAIL +", "MAIL cn objectClass"),
    ] {
        let asked: Vec<String> = asked.split_whitespace().map(str::to_owned).collect();
        assert_eq!(grant(read).ask(asked.clone()).join(" "), expected, "{read}: {asked:?}");
    }
}

fn entry(dn: &str, attributes: &str) -> Entry {
    let attribute = |name: &str| Attribute { name: name.to_owned(), values: vec![b"x".to_vec()] };
    Entry { dn: dn.to_owned(), attributes: attributes.split_whitespace().map(attribute).collect() }
}

#[test]
fn what_comes_back_is_cut_down() {
    let all = "cn;lang-de CN mail objectClass userPassword USERPASSWORD;x 2.5.4.35 krbPrincipalKey";
    for (read, dn, expected) in [
        ("*", "uid=a,ou=people,dc=example", Some("cn;lang-de CN mail objectClass")),
        ("cn 2.5.4.35", "UID=a,OU=People , DC=Example", Some("cn;lang-de CN objectClass")),
        ("cn", "uid=a,ou=groups,dc=example", None),
        ("cn", r"uid=a\,ou=people,dc=example", None),
        ("cn", "no name", None),
        ("cn", "", None),
    ] {
        let mut entry = entry(dn, all);
        let kept = grant(read)
            .keep(&mut entry)
            .then(|| entry.attributes.iter().map(|attribute| attribute.name.as_str()).collect::<Vec<_>>().join(" "));
        assert_eq!(kept.as_deref(), expected, "{dn}");
    }
}

#[test]
fn extended_names_are_plain_ones_again() {
    for (dn, expected) in [
        ("<GUID=01>;<SID=02>;CN=a,OU=People,DC=Example", Some("CN=a,OU=People,DC=Example")),
        ("<GUID=01>;CN=a,OU=Others,DC=Example", None),
        ("<GUID=01>", None),
        ("<GUID=01>;<SID=ou=people,dc=example", None),
    ] {
        let mut entry = entry(dn, "cn");
        assert_eq!(grant("*").keep(&mut entry).then_some(entry.dn.as_str()), expected, "{dn}");
    }
}

fn equal(attribute: &str) -> FilterNode {
    FilterNode::Equal(Assertion { attribute: attribute.to_owned(), value: b"x".to_vec() })
}

fn substring(prefix: Option<&str>, infixes: &[&str], suffix: Option<&str>) -> FilterNode {
    let bytes = |text: &str| text.as_bytes().to_vec();
    FilterNode::Substring(Substring {
        attribute: "cn".to_owned(),
        prefix: prefix.map(bytes),
        infixes: infixes.iter().map(|infix| bytes(infix)).collect(),
        suffix: suffix.map(bytes),
    })
}

fn extensible(attribute: Option<&str>, rule: Option<&str>) -> FilterNode {
    FilterNode::Extensible(Extensible {
        attribute: attribute.map(str::to_owned),
        rule: rule.map(str::to_owned),
        dn_attributes: true,
        value: b"x".to_vec(),
    })
}

#[track_caller]
fn filters(nodes: Vec<FilterNode>, expected: &str) {
    let filter = Filter::new(nodes);
    assert_eq!(outcome(grant("cn uid").filter(&filter)), expected, "{filter:?}");
}

#[test]
fn filters_are_trees() {
    use FilterNode::{And, Not, Or};
    filters(vec![And(vec![])], "ok");
    filters(vec![equal("cn"), equal("uid"), Or(vec![1, 0]), Not(2)], "ok");
    filters(vec![], "InvalidRequest");
    filters(vec![And(vec![0])], "InvalidRequest");
    filters(vec![equal("cn"), Not(7)], "InvalidRequest");
    filters(vec![Not(1), equal("cn")], "InvalidRequest");
    // Shared nodes would make a small arena a huge filter.
    filters(vec![equal("cn"), And(vec![0, 0])], "InvalidRequest");
    filters(vec![equal("cn"), Not(0), Not(0), And(vec![1, 2])], "InvalidRequest");
    filters(vec![equal("cn"), equal("uid")], "InvalidRequest");

    let nested = |depth: u32| {
        let mut nodes = vec![equal("cn")];
        nodes.extend((1..depth).map(|depth| Not(depth - 1)));
        nodes
    };
    let deepest = u32::try_from(Filter::MAX_DEPTH).unwrap();
    filters(nested(deepest), "ok");
    filters(nested(deepest + 1), "InvalidRequest");
}

#[test]
fn filters_compare_what_may_be_read() {
    use FilterNode::{GreaterOrEqual, LessOrEqual, Not, Present};
    let assertion = |attribute: &str| Assertion { attribute: attribute.to_owned(), value: Vec::new() };
    filters(vec![Present("objectClass".to_owned())], "ok");
    filters(vec![Present("userPassword".to_owned())], "Denied userPassword");
    filters(vec![equal("unicodePwd"), Not(0)], "Denied unicodePwd");
    filters(vec![GreaterOrEqual(assertion("mail"))], "Denied mail");
    filters(vec![LessOrEqual(assertion("2.5.4.35"))], "InvalidRequest 2.5.4.35");
    filters(vec![substring(Some("a"), &["b"], None)], "ok");
    filters(vec![substring(None, &[], None)], "InvalidRequest");
    filters(vec![substring(Some("a"), &[""], None)], "InvalidRequest");
    filters(vec![extensible(Some("cn"), Some("1.2.840.113556.1.4.1941"))], "ok");
    filters(vec![extensible(Some("cn"), Some("caseIgnoreMatch"))], "ok");
    filters(vec![extensible(Some("cn"), None)], "ok");
    filters(vec![extensible(Some("cn"), Some("x:=y"))], "InvalidRequest");
    filters(vec![extensible(Some("userPassword"), None)], "Denied userPassword");
    filters(vec![extensible(None, Some("2.5.13.2"))], "Denied");
}

#[test]
fn what_is_sorted_by_may_be_read() {
    for (attribute, rule, expected) in [
        ("cn", None, "ok"),
        ("cn", Some("2.5.13.3"), "ok"),
        ("cn", Some("a b"), "InvalidRequest"),
        ("userPassword", None, "Denied userPassword"),
        ("mail", None, "Denied mail"),
    ] {
        let key = SortKey { attribute: attribute.to_owned(), rule: rule.map(str::to_owned), descending: false };
        assert_eq!(outcome(grant("cn").sort(&[key])), expected, "{attribute} {rule:?}");
    }
}
