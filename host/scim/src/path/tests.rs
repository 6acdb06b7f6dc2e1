use proptest::prelude::*;

use super::*;
use crate::testing::{ECMA_URN, enterprise, groups, users};

/// What a path is read as, or the detail of the error.
fn read(text: &str) -> String {
    let schemas = users();
    match PatchPath::parse(text, &ParseOptions::strict(schemas.urns())) {
        Ok(PatchPath::Schema(urn)) => format!("schema {urn}"),
        Ok(PatchPath::Attribute { attr, filter, sub }) => {
            let filter = filter.map(|filter| format!(" where {filter}")).unwrap_or_default();
            let sub = sub.map(|sub| format!(" sub {sub}")).unwrap_or_default();
            format!("{}|{}{filter}{sub}", attr.urn.unwrap_or_default(), attr.name)
        }
        Err(error) => format!("{:?} {}", error.scim_type.unwrap(), error.detail),
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(read(text), expected, "{text}");
}

#[test]
fn examples_of_rfc_7644_figure_8() {
    check("members", "|members");
    check("name.familyName", "|name sub familyName");
    check(r#"addresses[type eq "work"]"#, r#"|addresses where type eq "work""#);
    check(r#"members[value eq "2819c223"]"#, r#"|members where value eq "2819c223""#);
    check(r#"members[value eq "2819c223"].displayName"#, r#"|members where value eq "2819c223" sub displayName"#);
}

#[test]
fn urns_with_dots_and_colons_in_them() {
    check(&enterprise("department"), &format!("{}|department", crate::ENTERPRISE_URN));
    check(&enterprise("manager.value"), &format!("{}|manager sub value", crate::ENTERPRISE_URN));
    check(&format!("{ECMA_URN}:Contoso$Login"), &format!("{ECMA_URN}|Contoso$Login"));
    check(
        "URN:IETF:params:scim:schemas:CORE:2.0:User:emails[type eq \"work\"].value",
        "urn:ietf:params:scim:schemas:core:2.0:User|emails where type eq \"work\" sub value",
    );
    check("urn:example:unknown:1.0:Thing:colour.hue", "urn:example:unknown:1.0:Thing|colour sub hue");
    check(ECMA_URN, &format!("schema {ECMA_URN}"));
    check("manager.$ref", "|manager sub $ref");
}

#[test]
fn malformed_paths_say_where() {
    check("", "InvalidPath The path is invalid at byte 0: an attribute name is missing.");
    check("name.", "InvalidPath The path is invalid at byte 0: an attribute name is missing.");
    check("1name", "InvalidPath The path is invalid at byte 0: '1name' is not an attribute name.");
    check("a b", "InvalidPath The path is invalid at byte 2: unexpected 'b'.");
    check("a.b.c", "InvalidPath The path is invalid at byte 0: 'b.c' is not an attribute name.");
    check("emails[type eq \"w\"", "InvalidFilter The filter is invalid at byte 18: a closing ']' is missing.");
    check("emails[]", "InvalidFilter The filter is invalid at byte 7: an attribute name is missing.");
    check("emails[type eq \"w\"]x", "InvalidPath The path is invalid at byte 19: unexpected 'x'.");
    check("emails[type eq \"w\"].1", "InvalidPath The path is invalid at byte 20: '1' is not an attribute name.");
    check("name.a[b pr]", "InvalidPath The path is invalid at byte 6: unexpected '[b pr]'.");
    check("not a urn:x", "InvalidPath The path is invalid at byte 4: unexpected 'a urn:x'.");
    check(" :x", "InvalidPath The path is invalid at byte 1: ':x' is not an attribute name.");
}

#[test]
fn paths_compare_without_case() {
    let path = |text| AttrPath::parse(text, groups().urns()).unwrap();
    assert!(path("Name.GivenName").same(&path("name.givenname")));
    assert!(path("URN:a:b:x").same(&path("urn:A:b:X")));
    assert!(!path("name").same(&path("name.value")));
    assert!(path("externalID").is("externalId"));
    assert!(!path("urn:a:b:id").is("id"));
}

#[test]
fn the_longest_urn_wins() {
    let urns = SchemaUrns::new(["urn:a:1.0", "urn:a:1.0:User"]);
    assert_eq!(urns.split("urn:a:1.0:user:x"), Some(("urn:a:1.0:User", Some("x"))));
    assert_eq!(urns.split("urn:a:1.0:Group"), Some(("urn:a:1.0", Some("Group"))));
    assert_eq!(urns.split("urn:a:1.0x"), None);
    assert_eq!(urns.canonical("URN:A:1.0"), Some("urn:a:1.0"));
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,80}") {
        read(&text);
    }

    #[test]
    fn what_is_printed_reads_the_same(
        urn in prop::option::of(prop::sample::select(vec![crate::USER_URN, ECMA_URN, "urn:other:9.9:X"])),
        name in "[a-zA-Z][a-zA-Z0-9_$-]{0,8}",
        sub in prop::option::of("[a-zA-Z$][a-zA-Z0-9_-]{0,8}"),
    ) {
        let path = AttrPath { urn: urn.map(str::to_owned), name, sub };
        let schemas = users();
        let read = AttrPath::parse(&path.to_string(), schemas.urns());
        prop_assert_eq!(read.as_ref(), Ok(&path));
    }
}
