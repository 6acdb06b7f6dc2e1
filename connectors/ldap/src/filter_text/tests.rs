use patchbay_connector::filter::{MAX_DEPTH, MAX_NODES};
use patchbay_connector::ldap::{Assertion, Extensible, Substring};

use super::*;

/// The filter's root, and its text written again.
fn check(text: &str, root: &FilterNode, written: &str) {
    let filter = parse(text).expect(text);
    assert_eq!(filter.last(), Some(root), "{text}");
    assert_eq!(write(&filter), written, "{text}");
    assert_eq!(parse(written), Ok(filter), "{written}");
}

fn refused(text: &str, expected: &str) {
    assert_eq!(parse(text).expect_err(text).to_string(), expected, "{text}");
}

fn equal(attribute: &str, value: &[u8]) -> Assertion {
    Assertion { attribute: attribute.to_owned(), value: value.to_vec() }
}

fn substring(prefix: &str, infixes: &[&str], suffix: &str) -> FilterNode {
    let some = |text: &str| Some(text.as_bytes().to_vec()).filter(|bytes| !bytes.is_empty());
    FilterNode::Substring(Substring {
        attribute: "cn".to_owned(),
        prefix: some(prefix),
        infixes: infixes.iter().map(|infix| infix.as_bytes().to_vec()).collect(),
        suffix: some(suffix),
    })
}

fn extensible(attribute: Option<&str>, rule: Option<&str>, dn_attributes: bool) -> FilterNode {
    let own = |text: Option<&str>| text.map(str::to_owned);
    FilterNode::Extensible(Extensible {
        attribute: own(attribute),
        rule: own(rule),
        dn_attributes,
        value: b"2".to_vec(),
    })
}

#[test]
fn reads_every_kind() {
    check("(cn=a b)", &FilterNode::Equal(equal("cn", b"a b")), "(cn=a b)");
    check("(cn=)", &FilterNode::Equal(equal("cn", b"")), "(cn=)");
    check("(cn= a )", &FilterNode::Equal(equal("cn", b" a ")), "(cn= a )");
    check(
        "(cn=\\28\\2A\\29\\5c\\00\\ff\\C3\\a9)",
        &FilterNode::Equal(equal("cn", b"(*)\\\0\xff\xc3\xa9")),
        "(cn=\\28\\2a\\29\\5c\\00\\ffé)",
    );
    check("(2.5.4.3;lang-de=a=b)", &FilterNode::Equal(equal("2.5.4.3;lang-de", b"a=b")), "(2.5.4.3;lang-de=a=b)");
    check("(n>=5)", &FilterNode::GreaterOrEqual(equal("n", b"5")), "(n>=5)");
    check("(n<=5)", &FilterNode::LessOrEqual(equal("n", b"5")), "(n<=5)");
    check("(cn=*)", &FilterNode::Present("cn".to_owned()), "(cn=*)");
    check("(cn=a*)", &substring("a", &[], ""), "(cn=a*)");
    check("(cn=*a)", &substring("", &[], "a"), "(cn=*a)");
    check("(cn=*a*)", &substring("", &["a"], ""), "(cn=*a*)");
    check("(cn=a*b*c\\2a*d)", &substring("a", &["b", "c*"], "d"), "(cn=a*b*c\\2a*d)");
    check("(uac:1.2.3:=2)", &extensible(Some("uac"), Some("1.2.3"), false), "(uac:1.2.3:=2)");
    check("(ou:dn:=2)", &extensible(Some("ou"), None, true), "(ou:dn:=2)");
    check("(ou:DN:r:=2)", &extensible(Some("ou"), Some("r"), true), "(ou:dn:r:=2)");
    check("(:r:=2)", &extensible(None, Some("r"), false), "(:r:=2)");
    check("(&)", &FilterNode::And(vec![]), "(&)");
    check("(|)", &FilterNode::Or(vec![]), "(|)");
    check(" ( & (a=1)\n ( ! (b=2) ) ) ", &FilterNode::And(vec![0, 2]), "(&(a=1)(!(b=2)))");
    check("(|(&(a=1)(b=2))(c=3))", &FilterNode::Or(vec![2, 3]), "(|(&(a=1)(b=2))(c=3))");
}

#[test]
fn says_where_a_text_is_no_filter() {
    refused("", "`(` is missing at position 0");
    refused("cn=a", "`(` is missing at position 0");
    refused("(cn=a", "`)` is missing at position 5");
    refused("(cn=a))", "something follows the filter at position 6");
    refused("()", "the name of an attribute is missing at position 1");
    refused("(=a)", "the name of an attribute is missing at position 1");
    refused("(cn)", "`=`, `>=`, `<=` or `:=` is missing at position 3");
    refused("(cn >=a)", "`=`, `>=`, `<=` or `:=` is missing at position 3");
    refused("(cn~=a)", "`~=` is not supported at position 3");
    refused("(cn=a(b)", "`(` has to be escaped as `\\28` in a value at position 5");
    refused("(cn=a\\zz)", "two hexadecimal digits have to follow `\\` at position 5");
    refused("(cn=a\\4)", "two hexadecimal digits have to follow `\\` at position 5");
    refused("(cn=a\0)", "a NUL has to be escaped as `\\00` at position 5");
    refused("(cn=a**b)", "there is nothing between two `*` at position 6");
    refused("(n>=5*)", "`*` has to be escaped as `\\2a` here at position 5");
    refused("(!)", "`(` is missing at position 2");
    refused("(!(a=1)(b=2))", "`)` is missing at position 7");
    refused("(&(a=1)b)", "`)` is missing at position 7");
    refused("(:=2)", "an attribute or a matching rule is needed at position 3");
    refused("(a:dn:b:c:=2)", "there is a second matching rule at position 9");
    refused("(a::=2)", "the name of a matching rule is missing at position 3");
}

#[test]
fn filters_are_bounded() {
    let nested = |depth: usize| format!("{}(a=1){}", "(!".repeat(depth - 1), ")".repeat(depth - 1));
    assert_eq!(parse(&nested(MAX_DEPTH)).map(|filter| filter.len()), Ok(MAX_DEPTH));
    refused(&nested(MAX_DEPTH + 1), "the filter is nested too deeply at position 128");
    assert!(parse(&nested(20_000)).is_err());
    let wide = |terms: usize| format!("(|{})", "(a=1)".repeat(terms));
    assert_eq!(parse(&wide(MAX_NODES - 1)).map(|filter| filter.len()), Ok(MAX_NODES));
    assert!(parse(&wide(MAX_NODES)).is_err());
    refused(&format!("(a={})", "x".repeat(70_000)), "the filter is too long at position 65536");
}

#[test]
fn filters_are_joined() {
    let mut filter = parse("(a=1)").expect("a filter");
    let root = append(&mut filter, parse("(&(b=2)(!(c=3)))").expect("a filter"));
    filter.push(FilterNode::Or(vec![0, root]));
    assert_eq!(write(&filter), "(|(a=1)(&(b=2)(!(c=3))))");
    assert_eq!(write(&[FilterNode::And(vec![0, 7])]), "(&(?)(?))");
    assert_eq!(write(&[]), "");
}

#[test]
fn what_a_filter_demands_is_said_outright() {
    let check = |text: &str, expected: bool| {
        assert_eq!(demands(&parse(text).unwrap(), "objectClass", "person"), expected, "{text}");
    };
    check("(objectclass=Person)", true);
    check("(&(uid=*)(objectClass=person))", true);
    check("(&(uid=*)(|(objectClass=person)(objectClass=guest)))", false);
    check("(|(objectClass=person)(objectClass=guest))", false);
    check("(!(objectClass=person))", false);
    check("(uid=*)", false);
}
