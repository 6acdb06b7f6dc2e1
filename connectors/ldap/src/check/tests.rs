use super::*;
use crate::fixture::Memory;
use crate::settings::parse;

/// What is found for people and groups about the overlay that keeps names right.
fn check(db: Memory, person: &str, group: &str, expected: &[&str]) {
    check_hints("refint", db, person, group, expected);
}

/// What is found for people and groups whose summaries have these words.
fn check_hints(words: &str, mut db: Memory, person: &str, group: &str, expected: &[&str]) {
    let json = format!(
        r#"{{"classes": {{
            "person": {{"object_classes": ["inetOrgPerson"], "base": "ou=people,dc=example,dc=org" {person}}},
            "group": {{"object_classes": ["groupOfNames"], "base": "ou=groups,dc=example,dc=org" {group}}}
        }}}}"#
    );
    let settings = parse(&json).unwrap_or_else(|problems| panic!("{problems:?}"));
    let found = super::check(&mut db, &settings).unwrap_or_else(|error| panic!("{error:?}"));
    let hints: Vec<&Diagnostic> = found.iter().filter(|finding| finding.summary.contains(words)).collect();
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

#[test]
fn logins_that_nobody_looks_after_are_hinted_at() {
    let check = |person: &str, group: &str, expected: &[&str]| {
        check_hints("no server looks after", Memory::new(), person, group, expected);
    };
    let logins = r#", "members": {"attribute": "memberUid", "class": "person"}"#;
    let found = &["/classes/person"][..];
    check(r#", "dn": "uid={uid}""#, logins, found);
    check("", logins, found);
    check("", r#", "members": {"class": "person", "by": "uid"}"#, found);
    check("", r#", "members": {"class": "person"}"#, &[]);
    check(r#", "read_only": true"#, logins, &[]);
    // What stays keeps its login, as long as that cannot be changed.
    let kept = r#", "active": {"attribute": "employeeType", "inactive": "gone"}, "delete": "disable""#;
    let uid = |more: &str| format!(r#"{kept}, "dn": "uid={{uid}}"{more}"#);
    check(&uid(""), logins, found);
    check(&uid(r#", "rename": false"#), logins, &[]);
    check(&uid(r#", "attributes": {"uid": {"read_only": true}}"#), logins, &[]);
    check(&uid(r#", "rename": false"#).replace("uid={uid}", "cn={cn}"), logins, found);
}
