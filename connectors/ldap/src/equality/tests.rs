use super::*;
use crate::vendor::Vendor;

/// Whether two values are one, by a rule.
fn check(rule: &str, one: &str, other: &str, expected: bool) {
    let rules = Rules { equality: Some(rule), ordering: None, substring: None, vendor: Vendor::OpenLdap };
    let equality = Equality::of(Syntax::DirectoryString, rules);
    assert_eq!(equality.same(one.as_bytes(), other.as_bytes()), expected, "{rule}: {one:?} {other:?}");
    let left = if expected { 1 } else { 2 };
    let both = vec![one.as_bytes().to_vec(), other.as_bytes().to_vec()];
    assert_eq!(equality.distinct(both).len(), left, "{rule}: {one:?} {other:?}");
}

#[test]
fn rules_say_what_counts() {
    check("caseIgnoreMatch", " a  B", "A b ", true);
    check("2.5.13.2", "Ä", "ä", true);
    check("caseIgnoreMatch", "ab", "a b", false);
    check("caseExactIA5Match", "a  b", "a b", true);
    check("caseExactMatch", "a", "A", false);
    check("telephoneNumberMatch", "+49 30-12", "+493012", true);
    check("telephoneNumberMatch", "ext A", "ext a", false);
    check("numericStringMatch", "12 3", "123", true);
    check("numericStringMatch", "12-3", "123", false);
    check("distinguishedNameMatch", "CN=A, dc=b", "cn=a,DC=b", true);
    check("objectIdentifierMatch", "inetOrgPerson", "INETORGPERSON", true);
    check("octetStringMatch", "a", "A", false);
    check("someOtherMatch", "a", "A", false);
}

/// Whether case and loose spaces are ignored where no rule is named.
fn check_unnamed(syntax: Syntax, vendor: Vendor, case: bool, spaces: bool) {
    let rules = Rules { equality: None, ordering: None, substring: None, vendor };
    let equality = Equality::of(syntax, rules);
    assert_eq!(equality.same(b"a b", b"A b"), case, "{syntax:?} {vendor:?}");
    assert_eq!(equality.same(b"a b", b"a  b"), spaces, "{syntax:?} {vendor:?}");
}

#[test]
fn servers_without_rules_compare_by_syntax() {
    check_unnamed(Syntax::DirectoryString, Vendor::ActiveDirectory, true, false);
    check_unnamed(Syntax::CaseExactString, Vendor::ActiveDirectory, false, false);
    check_unnamed(Syntax::OctetString, Vendor::SambaAd, false, false);
    check_unnamed(Syntax::DirectoryString, Vendor::Ds389, true, true);
    check_unnamed(Syntax::DirectoryString, Vendor::OpenLdap, false, false);
    check_unnamed(Syntax::Unknown, Vendor::Ds389, false, false);
}

#[test]
fn what_is_no_text_is_compared_byte_by_byte() {
    let rules = Rules { equality: Some("caseIgnoreMatch"), ordering: None, substring: None, vendor: Vendor::OpenLdap };
    let equality = Equality::of(Syntax::DirectoryString, rules);
    assert!(equality.same(b"\xff", b"\xff") && !equality.same(b"\xff", b"\xfe"));
}
