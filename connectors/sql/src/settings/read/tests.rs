use super::node::split_name;
use super::*;
use crate::settings::{Constant, Counter, Next, Touch};

/// Problems as `path: summary`, or nothing.
fn check(json: &str, expected: &[&str]) {
    let problems: Vec<String> = match parse(json) {
        Ok(_) => Vec::new(),
        Err(problems) => {
            problems.into_iter().map(|p| format!("{}: {}", p.path.unwrap_or_default(), p.summary)).collect()
        }
    };
    assert_eq!(problems, expected, "{json}");
}

#[test]
fn reads_every_section() {
    let json = r#"{"classes": {"person": {
        "table": "hr.person", "key": ["person_id"], "name": "login", "version": "row_version",
        "attributes": {"login": {"column": "usr", "type": "text", "trim": true, "case_exact": false}},
        "references": {"manager": {"columns": "manager_id", "class": "person"}},
        "lookups": {"department": {"column": "dept_id", "table": "department", "key": "dept_id", "value": "name"}},
        "multi": {"mail": {"table": "mail", "parent": "person_id", "value": "address", "where": {"kind": "W"}}},
        "soft_delete": {"set": {"deleted": 1, "deleted_at": {"now": true}}}
    }}}"#;
    let settings = parse(json).expect("these settings are in order");
    assert_eq!(settings.binding, "db");
    let class = settings.classes.first().expect("there is a class");
    assert_eq!((class.name.as_str(), class.table.join("/")), ("person", "hr/person".to_owned()));
    assert_eq!(class.soft_delete[0], ("deleted".to_owned(), Constant::Integer(1)));
    assert_eq!(class.soft_delete[1], ("deleted_at".to_owned(), Constant::Now));
    assert_eq!(class.multi[0].1.fixed, [("kind".to_owned(), Constant::Text("W".to_owned()))]);
    check("{}", &[]);
}

#[test]
fn reports_every_problem_at_its_place() {
    check("[]", &[": must be a table"]);
    check(
        r#"{"clases": {}, "classes": {"a/b": {"key": [], "multi": {"m": {"table": "x..y", "value": 7}}}}}"#,
        &[
            "/clases: unknown key; known are binding, classes",
            "/classes/a~1b: `table` is missing",
            "/classes/a~1b/key: must be text or a list of texts",
            "/classes/a~1b/multi/m/table: must be a table's name, with its schema before a dot where needed",
            "/classes/a~1b/multi/m: `parent` is missing",
            "/classes/a~1b/multi/m/value: must be text or a list of texts",
        ],
    );
}

#[test]
fn numbers_and_deleted_rows() {
    let json = r#"{"classes": {"p": {"table": "p",
        "next": {
            "a": {"table": "hr.next_id", "column": "n", "where": {"name": "p"}, "holds": "last"},
            "b": {"sequence": "hr.b_seq"}
        },
        "soft_delete": {
            "set": {"gone": true, "login": {"append_key": "~"}, "n": {"increment": -2}, "title": {"append": "x"}},
            "reactivate": "mail", "restore": {"gone": null}
        }
    }}}"#;
    let settings = parse(json).expect("these settings are in order");
    let class = settings.classes.first().expect("there is a class");
    let counter = Counter {
        table: vec!["hr".into(), "next_id".into()],
        column: "n".into(),
        fixed: vec![("name".into(), Constant::Text("p".into()))],
        last: true,
    };
    let sequence = Next::Sequence(vec!["hr".into(), "b_seq".into()]);
    assert_eq!(class.next, [("a".into(), Next::Table(counter)), ("b".into(), sequence)]);
    assert_eq!(class.soft_delete, [("gone".into(), Constant::Boolean(true))]);
    let touches = [Touch::AppendKey("~".into()), Touch::Increment(-2), Touch::Append("x".into())];
    assert_eq!(class.touches.iter().map(|(_, touch)| touch.clone()).collect::<Vec<_>>(), touches);
    assert_eq!(class.revival.by, ["mail"]);
    assert_eq!(class.revival.restore, [("gone".into(), Constant::Null)]);
    check(
        r#"{"classes": {"p": {"table": "p",
            "next": {"a": {}, "b": {"table": "t", "column": "c", "holds": 1}, "c": {"sequence": "s", "column": "x"}},
            "soft_delete": {"set": {"x": {"append": ""}, "y": {"increment": 0}, "z": {"now": 1}}, "restore": {"x": 1}}
        }}}"#,
        &[
            "/classes/p/soft_delete/set/x: must be { now = true }, { increment = NUMBER }, { append = TEXT } or { append_key = TEXT }",
            "/classes/p/soft_delete/set/y: must be { now = true }, { increment = NUMBER }, { append = TEXT } or { append_key = TEXT }",
            "/classes/p/soft_delete/set/z: must be a text, number or truth value, null, or { now = true }",
            "/classes/p/soft_delete/restore: means nothing without `reactivate`",
            "/classes/p/next/a: `table` is missing",
            "/classes/p/next/a: `column` is missing",
            "/classes/p/next/b/holds: must be next or last",
            "/classes/p/next/c/column: unknown key; known are sequence",
        ],
    );
    check(
        r#"{"classes": {"p": {"table": "p", "soft_delete": {"set": {"login": {"append": "x"}}}}}}"#,
        &["/classes/p/soft_delete: `set` must name at least one column and its constant, which marks a row"],
    );
}

#[test]
fn an_attribute_name_is_used_once() {
    check(
        r#"{"classes": {"p": {"table": "p", "attributes": {"x": {}},
            "references": {"x": {"columns": "y", "class": "p"}}}}}"#,
        &["/classes/p/references/x: `attributes` has an attribute of this name already"],
    );
}

#[test]
fn parts_of_a_table_name_may_be_quoted() {
    let check = |text: &str, expected: Option<&[&str]>| {
        let parts = split_name(text);
        assert_eq!(
            parts.as_deref().map(|parts| parts.iter().map(String::as_str).collect()),
            expected.map(<[_]>::to_vec)
        );
    };
    check("hr.person", Some(&["hr", "person"]));
    check("hr.\"a.b\"", Some(&["hr", "a.b"]));
    check("\"a\"\"b\"", Some(&["a\"b"]));
    check("hr.\"a", None);
    check("hr.", Some(&["hr", ""]));
}

#[test]
fn the_published_schema_is_json_and_names_every_key() {
    let schema: Value = serde_json::from_str(super::super::SCHEMA).expect("the schema is JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for name in [
        "operations",
        "write_only",
        "max_length",
        "arguments",
        "inout",
        "soft_delete",
        "lookups",
        "references",
        "multi",
        "where",
        "case_exact",
        "expensive",
        "next",
        "holds",
        "sequence",
        "append_key",
        "increment",
        "reactivate",
        "restore",
    ] {
        assert!(super::super::SCHEMA.contains(&format!("\"{name}\"")), "{name}");
    }
}
