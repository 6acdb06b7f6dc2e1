use patchbay_connector::Comparator;
use patchbay_connector::ldap;

use super::*;
use crate::directory::Directory as _;
use crate::fixture::Memory;
use crate::plan::Source;
use crate::settings::parse;

/// What settings compile to, on a server like OpenLDAP or like Active Directory.
fn compiled(json: &str, mut db: Memory) -> (Option<Vec<Class>>, Vec<String>) {
    let settings = parse(json).unwrap_or_else(|problems| panic!("{problems:?}"));
    let entry = |entry: Result<ldap::Entry, ldap::Error>| entry.expect("it can be read").attributes;
    let (schema, skipped) = Subschema::read(&entry(db.schema()));
    assert!(skipped.is_empty(), "{skipped:?}");
    let (classes, problems) = compile(&settings, &Catalogue { dse: RootDse::read(&entry(db.root_dse())), schema });
    (classes, problems.into_iter().map(|p| format!("{}: {}", p.path.unwrap_or_default(), p.summary)).collect())
}

/// What is wrong with a class of people.
fn check(more: &str, expected: &[&str]) {
    let json = format!(
        r#"{{"classes": {{"p": {{"object_classes": ["inetOrgPerson", "posixAccount"], "base": "dc=x"{more}}}}}}}"#
    );
    let (classes, problems) = compiled(&json, Memory::new());
    assert_eq!(problems, expected, "{more}");
    assert_eq!(classes.is_some(), expected.is_empty());
}

#[test]
fn what_the_schema_does_not_know_is_refused() {
    check("", &[]);
    check(
        r#", "id": "x", "version": "v", "create_parents": "o", "dn": "cn={nix}", "unique": ["u"], "name": "n",
            "active": {"attribute": "a", "inactive": "b"}, "include": ["y"], "attributes": {"dn": {}, "z": {}},
            "members": {"attribute": "m", "class": "q"}, "member_of": "p", "next": {"w": {"entry": "cn=c", "attribute": "a"}}"#,
        &[
            "/classes/p/id: the schema has no attribute `x`; name one that has a unique value",
            "/classes/p/active: the schema has no attribute `a`",
            "/classes/p/create_parents: the schema has no object class `o`",
            "/classes/p/version: the schema has no attribute `v`",
            "/classes/p/members/class: there is no class `q`",
            "/classes/p/members/attribute: the schema has no attribute `m`",
            "/classes/p/attributes/dn: is the name of something else",
            "/classes/p/attributes/z: the schema has no attribute `z`",
            "/classes/p/include/0: the schema has no attribute `y`",
            "/classes/p/name: the class has no attribute `n`",
            "/classes/p/dn: the class has no attribute `nix`",
            "/classes/p/unique/0: the class has no attribute `u`",
            "/classes/p/next/w: the class has no attribute `w`",
        ],
    );
    let none = r#"{"classes": {"p": {"object_classes": ["person", "dog"], "base": "dc=x"}}}"#;
    assert_eq!(compiled(none, Memory::new()).1, ["/classes/p/object_classes/1: the schema has no object class `dog`"]);
    check(
        r#", "delete": "disable""#,
        &["/classes/p/delete: has to make accounts inactive, but `active` does not say how"],
    );
    check(
        r#", "dn": "uid={uid}", "active": {"container": "ou=left,dc=x"}, "delete": {"move": "ou=gone,dc=x"}"#,
        &[
            "/classes/p/delete/move: is not below `active.container`, where inactive accounts are: move them there, or say `disable = false`",
        ],
    );
    for delete in [r#""disable""#, r#"{"move": "ou=x,ou=left,dc=x"}"#, r#"{"move": "ou=gone,dc=x", "disable": false}"#]
    {
        check(&format!(r#", "dn": "uid={{uid}}", "active": {{"container": "ou=left,dc=x"}}, "delete": {delete}"#), &[]);
    }
    check(
        r#", "attributes": {"title": {"class": "p"}}"#,
        &["/classes/p/attributes/title/class: `title` does not hold names of entries"],
    );
}

/// What is wrong with where a class of people has its entries.
fn check_places(scope: &str, more: &str, expected: &[&str]) {
    check(&format!(r#", "scope": "{scope}", {more}"#), expected);
}

#[test]
fn objects_are_made_where_they_are_found() {
    let nowhere = "is not below `base`: objects there would not be found";
    let deep = "is not `base`: `scope = \"one-level\"` finds objects right below that only";
    let between = "has parts between the first one and `base`, where `scope = \"one-level\"` finds nothing";
    let away = "is where `scope = \"one-level\"` does not find accounts: it needs `scope = \"subtree\"`";
    let containers = |base: &str, otherwise: &str| {
        format!(
            r#""dn": "uid={{uid}}", "containers": {{"by": "ou", "bases": {{"a/b": "{base}"}}, "otherwise": "{otherwise}"}}"#
        )
    };
    check_places("subtree", r#""dn": "uid={uid},ou={ou}""#, &[]);
    check_places("subtree", r#""dn": "uid={uid},ou={ou},OU=a, DC=X""#, &[]);
    check_places("subtree", r#""dn": "uid={uid},dc=y""#, &[&format!("/classes/p/dn: {nowhere}")]);
    check_places("subtree", &containers("ou=a,dc=x", "dc=x"), &[]);
    check_places(
        "subtree",
        &containers("ou=a,dc=y", "dc=yx"),
        &[
            &format!("/classes/p/containers/bases/a~1b: {nowhere}"),
            &format!("/classes/p/containers/otherwise: {nowhere}"),
        ],
    );
    let left = |base: &str| format!(r#""dn": "uid={{uid}}", "active": {{"container": "{base}"}}"#);
    check_places("subtree", &left("ou=left,dc=x"), &[]);
    check_places("subtree", &left("ou=left,dc=y"), &[&format!("/classes/p/active/container: {nowhere}")]);
    check_places("one-level", r#""dn": "uid={uid}""#, &[]);
    check_places("one-level", r#""dn": "uid={uid},DC=X""#, &[]);
    check_places("one-level", r#""dn": "uid={uid},ou=a,dc=x""#, &[&format!("/classes/p/dn: {deep}")]);
    check_places("one-level", r#""dn": "uid={uid},ou={ou},dc=x""#, &[&format!("/classes/p/dn: {between}")]);
    check_places("one-level", r#""dn": "uid={uid},ou={ou}""#, &[&format!("/classes/p/dn: {between}")]);
    check_places(
        "one-level",
        &containers("ou=a,dc=x", "dc=x"),
        &[&format!("/classes/p/containers/bases/a~1b: {deep}")],
    );
    check_places("one-level", &left("ou=left,dc=x"), &[&format!("/classes/p/active/container: {away}")]);
    // Who is deleted may be lost.
    check_places("subtree", r#""active": "pwdAccountLockedTime", "delete": {"move": "dc=y"}"#, &[]);
}

/// One attribute of a class of people: kind, whether multi-valued, required, writable.
fn check_attribute(name: &str, multi: bool, required: bool, writable: bool, operators: &[Comparator]) {
    let json = r#"{"classes": {"p": {"object_classes": ["inetOrgPerson", "posixAccount"], "base": "dc=x", "dn": "uid={uid}"}}}"#;
    let (classes, problems) = compiled(json, Memory::new());
    let class = classes.unwrap_or_else(|| panic!("{problems:?}")).remove(0);
    assert_eq!(class.own.kinds, ["inetOrgPerson"]);
    let attribute = class.attribute(name).unwrap_or_else(|| panic!("there is no {name}"));
    assert_eq!((attribute.multi, attribute.required, attribute.updatable), (multi, required, writable), "{name}");
    assert_eq!(attribute.operators.list(), operators, "{name}");
}

#[test]
fn attributes_are_as_the_schema_has_them() {
    use Comparator::{Contains, EndsWith, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual, StartsWith};
    let text = [Equal, NotEqual, Contains, StartsWith, EndsWith];
    let ordered = [Equal, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual];
    check_attribute("uid", false, true, true, &text);
    check_attribute("sn", false, true, true, &text);
    check_attribute("mail", false, false, true, &text);
    check_attribute("telephoneNumber", true, false, true, &[Equal, NotEqual]);
    check_attribute("uidNumber", false, true, true, &ordered);
    check_attribute("createTimestamp", false, false, false, &ordered);
    check_attribute("dn", false, false, false, &[Equal, NotEqual]);
    check_attribute("password", false, false, true, &[]);
}

#[test]
fn secrets_are_not_shown_as_they_are() {
    let (classes, _) = compiled(r#"{"classes": {"p": {"object_classes": "person", "base": "dc=x"}}}"#, Memory::new());
    let class = classes.expect("it compiles").remove(0);
    assert!(class.attribute("userPassword").is_none());
    assert!(class.attribute("objectClass").is_none());
    assert!(class.attribute("password").is_some_and(|password| !password.readable));
}

#[test]
fn the_profile_says_what_settings_do_not() {
    let json = r#"{"classes": {"u": {"object_classes": "user", "base": "dc=x", "dn": "CN={cn},dc=x"}}}"#;
    let (classes, problems) = compiled(json, Memory::windows());
    let class = classes.unwrap_or_else(|| panic!("{problems:?}")).remove(0);
    assert_eq!(class.own.id.attribute, "objectGUID");
    assert_eq!(class.own.filter.as_deref(), Some("(&(objectCategory=person)(objectClass=user))"));
    assert_eq!(class.name_attribute.as_deref(), Some("sAMAccountName"));
    assert_eq!(class.active, Some(Active::AccountControl));
    assert_eq!(class.version, Version::Attribute("uSNChanged".into()));
    assert_eq!(class.password.as_ref().map(|password| password.way), Some(crate::vendor::PasswordWay::UnicodePwd));
    assert!(class.attribute("cn").is_some_and(|cn| cn.required));
    assert!(class.attribute("sAMAccountName").is_some_and(|name| !name.required));
    assert!(class.attribute("manager").is_some_and(|manager| manager.source == Source::Value));
}

/// What is hinted at where inactive people have a place of their own.
fn check_hint(more: &str, expected: bool) {
    let json = format!(
        r#"{{"classes": {{"p": {{"object_classes": ["inetOrgPerson"], "base": "dc=x",
            "active": {{"container": "ou=left,dc=x"}}{more}}}}}}}"#
    );
    let (classes, found) = compiled(&json, Memory::new());
    assert!(classes.is_some(), "{found:?}");
    let hint = "/classes/p/active/container: two objects with one `cn`, in different places, cannot both be made \
                inactive: add it to `unique`";
    assert_eq!(found, if expected { vec![hint.to_owned()] } else { Vec::new() }, "{more}");
}

#[test]
fn a_place_for_all_who_are_inactive_takes_no_namesakes() {
    check_hint(r#", "dn": "cn={cn},ou={ou}", "name": "uid""#, true);
    check_hint(r#", "dn": "cn={cn},ou={ou}", "name": "uid", "unique": ["cn"]"#, false);
    check_hint(r#", "dn": "cn={cn},ou={ou}", "name": "uid", "read_only": true"#, false);
    // It is what people are known by, and guarded without being named.
    check_hint(r#", "dn": "cn={cn},ou={ou}""#, false);
}
