use super::*;
use crate::settings::{Active, Delete, SCHEMA, Values};

/// What is wrong with settings, as `path: summary`.
fn check(json: &str, expected: &[&str]) {
    let problems: Vec<String> = match parse(json) {
        Ok(_) => Vec::new(),
        Err(problems) => {
            problems.into_iter().map(|p| format!("{}: {}", p.path.unwrap_or_default(), p.summary)).collect()
        }
    };
    assert_eq!(problems, expected, "{json}");
}

/// The same of a class with these settings beside those that it needs.
fn check_class(more: &str, expected: &[&str]) {
    let json = format!(r#"{{"classes": {{"p": {{"object_classes": "person", "base": "dc=x", {more}}}}}}}"#);
    check(&json, expected);
}

#[test]
fn settings_are_read_whole() {
    let json = r#"{"binding": "ad", "profile": "samba-ad", "classes": {"p": {
        "object_classes": ["person", "x"], "base": "ou=p,dc=x", "scope": "one-level", "name": "cn", "id": "uuid",
        "dn": "cn={cn}", "rename": false, "create_parents": "ou", "version": "content", "read_only": true,
        "containers": {"by": "l", "bases": {"Rome": "ou=rome,dc=x"}, "otherwise": "ou=o,dc=x"},
        "active": {"attribute": "st", "active": ["A", "B"], "inactive": "X", "absent": false},
        "delete": {"move": "ou=left,dc=x", "disable": false},
        "password": {"way": "unicodePwd", "must_change": true, "unlock": false, "optional": true},
        "members": {"class": ["p"], "placeholder": "cn=n"}, "member_of": {"class": "p", "attribute": false},
        "next": {"n": {"entry": "cn=c,dc=x", "attribute": "a", "holds": "last"}},
        "unique": "mail", "include": ["cn"], "single": [], "filter": "(cn=*)",
        "attributes": {"photo": {"attribute": "jpegPhoto", "type": "binary", "read_only": true, "expensive": true}}
    }}}"#;
    let settings = parse(json).expect("these settings are in order");
    assert_eq!((settings.binding.as_str(), settings.profile), ("ad", Some(Vendor::SambaAd)));
    let class = settings.classes.first().expect("there is a class");
    let values = Values {
        attribute: "st".into(),
        active: vec!["A".into(), "B".into()],
        inactive: vec!["X".into()],
        absent: false,
    };
    assert_eq!(class.active, Some(Some(Active::Values(values))));
    assert_eq!(class.delete, Delete::Keep { disable: false, to: Some("ou=left,dc=x".into()) });
    assert_eq!(class.version, Version::Content);
    assert_eq!(class.single, Some(Vec::new()));
    assert_eq!(class.attributes.len(), 1);
    assert!(class.next.iter().all(|(name, next)| name == "n" && next.last));
    check_class(r#""active": false, "password": false, "version": false, "delete": "disable""#, &[]);
}

#[test]
fn every_problem_is_told_with_its_place() {
    check("[]", &[": must be a table"]);
    check("{}", &[": `classes` is missing"]);
    check("{", &[": the settings are not JSON: EOF while parsing an object at line 1 column 1"]);
    check(
        r#"{"binding": "", "profile": "x", "more": 1, "classes": {"p": {"base": "x", "scope": "base"}, "q": 7}}"#,
        &[
            "/more: unknown key; known are binding, profile, classes",
            "/classes/p: `object_classes` is missing",
            "/classes/p/base: is no distinguished name: `=` is missing at position 1",
            "/classes/p/scope: must be one of one-level, subtree",
            "/classes/q: must be a table",
            "/binding: must be text that is not empty",
            "/profile: is no profile; `openldap`, `active-directory`, `samba-ad`, `389` and `generic` are some",
        ],
    );
}

#[test]
fn what_does_not_go_together_is_refused() {
    check_class(
        r#""next": {}, "create_parents": "ou""#,
        &[
            "/classes/p/create_parents: means nothing without `dn`, which names new entries",
            "/classes/p/next: means nothing without `dn`, which names new entries",
        ],
    );
    check_class(
        r#""dn": "cn={cn},dc=x", "containers": {"by": "l", "bases": {}}"#,
        &["/classes/p/dn: has to end after the first part, as `containers` say what is above"],
    );
    let one = "/classes/p/active: must have exactly one of `attribute`, `role` and `container`";
    check_class(r#""active": {}"#, &[one]);
    check_class(r#""active": {"role": "cn=r", "container": "cn=c"}"#, &[one]);
    check_class(
        r#""active": {"attribute": "a"}"#,
        &["/classes/p/active: needs values in `active`, in `inactive`, or in both"],
    );
    check_class(
        r#""active": {"attribute": "a", "active": "x"}"#,
        &["/classes/p/active: without values in `inactive`, `absent` has to be false: nobody would be inactive"],
    );
    check_class(
        r#""active": {"attribute": "a", "inactive": "x", "absent": false}"#,
        &["/classes/p/active: without values in `active`, `absent` has to be true: nobody would be active"],
    );
    check_class(r#""delete": {}"#, &["/classes/p/delete: `move` is missing"]);
    check_class(r#""delete": "hide""#, &["/classes/p/delete: must be one of delete, tree, disable"]);
    check_class(r#""password": "md5""#, &["/classes/p/password: must be one of operation, userPassword, unicodePwd"]);
    check_class(
        r#""members": {"class": ["p", "q"], "by": "uid", "placeholder": "cn=x"}"#,
        &[
            "/classes/p/members/by: goes with members of one class only",
            "/classes/p/members/placeholder: is a name: it does not go with `by`",
        ],
    );
    check_class(r#""members": {"class": "p", "style": "dynamic"}"#, &[]);
    check_class(
        r#""members": {"class": ["p", "q"], "style": "dynamic", "by": "uid", "placeholder": "cn=x"}"#,
        &[
            "/classes/p/members/by: means nothing in a dynamic group, which does not list its members",
            "/classes/p/members/placeholder: means nothing in a dynamic group, which does not list its members",
        ],
    );
    check_class(
        r#""members": {"class": "p", "style": "nested"}"#,
        &["/classes/p/members/style: must be one of listed, dynamic"],
    );
    check_class(
        r#""attributes": {"m": {"class": "p", "type": "text"}}"#,
        &["/classes/p/attributes/m/type: does not go with `class`: its values are names of entries"],
    );
    check_class(r#""version": 7"#, &["/classes/p/version: must be an attribute, \"content\", or false"]);
}

#[test]
fn the_published_schema_is_json_and_names_every_key() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for name in CLASS {
        assert!(schema["$defs"]["class"]["properties"].get(name).is_some(), "{name}");
    }
}
