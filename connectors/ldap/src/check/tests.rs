use super::*;
use crate::fixture::Memory;
use crate::settings::parse;

/// What is found for people and groups.
fn check(mut db: Memory, person: &str, group: &str, expected: &[&str]) {
    let json = format!(
        r#"{{"classes": {{
            "person": {{"object_classes": ["inetOrgPerson"], "base": "ou=people,dc=example,dc=org" {person}}},
            "group": {{"object_classes": ["groupOfNames"], "base": "ou=groups,dc=example,dc=org" {group}}}
        }}}}"#
    );
    let settings = parse(&json).unwrap_or_else(|problems| panic!("{problems:?}"));
    let found = super::check(&mut db, &settings).unwrap_or_else(|error| panic!("{error:?}"));
    let hints: Vec<&Diagnostic> = found.iter().filter(|finding| finding.summary.contains("refint")).collect();
    assert!(hints.iter().all(|finding| finding.severity == Severity::Warning), "{hints:?}");
    let paths: Vec<&str> = hints.iter().filter_map(|finding| finding.path.as_deref()).collect();
    assert_eq!(paths, expected, "{person} {group}");
}

#[test]
fn names_that_a_rename_leaves_behind_are_hinted_at() {
    let named = r#", "dn": "uid={uid}""#;
    let members = r#", "members": {"class": "person"}"#;
    check(Memory::new(), named, members, &["/classes/person"]);
    check(
        Memory::new(),
        r#", "dn": "uid={uid}", "attributes": {"manager": {"class": "person"}}"#,
        "",
        &["/classes/person"],
    );
    check(Memory::new(), named, "", &[]);
    check(Memory::new(), "", members, &[]);
    check(Memory::new(), r#", "dn": "uid={uid}", "rename": false"#, members, &[]);
    let moved = r#", "dn": "uid={uid}", "rename": false, "active": {"container": "ou=x,ou=people,dc=example,dc=org"}"#;
    check(Memory::new(), moved, members, &["/classes/person"]);
    check(Memory::new(), r#", "dn": "uid={uid}", "read_only": true"#, members, &[]);
    check(Memory::new(), named, r#", "members": {"class": "person", "by": "uid"}"#, &[]);
}
