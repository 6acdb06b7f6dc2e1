//! From bodies to edits.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{MAX_OPERATIONS, Patch, apply, body};
use crate::{
    ENTERPRISE_URN, Edit, EditOp, Profile, ScimType,
    testing::{any_json, enterprise, groups, profile, users},
};

/// An edit in one line: op, path with its filter, value.
fn line(edit: &Edit) -> String {
    let target = &edit.target;
    let urn = if target.schema == crate::USER_URN { String::new() } else { format!("{}:", target.schema) };
    let filter = target.filter.as_ref().map(|filter| format!("[{filter}]")).unwrap_or_default();
    let sub = target.sub.as_ref().map(|sub| format!(".{sub}")).unwrap_or_default();
    let value = edit.value.as_ref().map(|value| format!(" {value}")).unwrap_or_default();
    format!("{} {urn}{}{filter}{sub}{value}", edit.op, target.attribute)
}

#[track_caller]
fn check(profile_name: &str, operations: Value, expected: &[&str]) {
    let patch = Patch::parse(body(operations.clone()), &users(), &profile(profile_name), MAX_OPERATIONS).unwrap();
    assert_eq!(patch.edits.iter().map(line).collect::<Vec<_>>(), expected, "{operations}");
    assert!(patch.unknown.is_empty(), "{:?}", patch.unknown);
}

#[track_caller]
fn check_error(profile_name: &str, operations: Value, kind: ScimType, detail: &str) {
    let error = Patch::parse(body(operations.clone()), &users(), &profile(profile_name), MAX_OPERATIONS).unwrap_err();
    assert_eq!((error.scim_type, error.detail.as_str()), (Some(kind), detail), "{operations}");
}

/// Fixtures 15, 16, 17, 21: one operation per attribute, capitalised, booleans as strings.
#[test]
fn entra_without_the_flag() {
    let core = crate::USER_URN;
    check(
        "entra",
        json!([
            {"op": "Replace", "path": "displayName", "value": "Pvlo"},
            {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "x@y"},
            {"op": "Replace", "path": "name.givenName", "value": "P"},
            {"op": "Replace", "path": enterprise("employeeNumber"), "value": "7"},
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "Add", "path": "active", "value": "True"},
            {"op": "Replace", "path": "active", "value": true},
            {"op": "Add", "path": "nickName", "value": "Babs"},
            {"op": "Replace", "path": format!("{core}:title"), "value": "T"},
            {"op": "Replace", "path": "emails[type eq \"work\"].primary", "value": "True"},
        ]),
        &[
            "replace displayName \"Pvlo\"",
            "replace emails[type eq \"work\"].value \"x@y\"",
            "replace name.givenName \"P\"",
            &format!("replace {} \"7\"", enterprise("employeeNumber")),
            "replace active false",
            "add active true",
            "replace active true",
            "add nickName \"Babs\"",
            "replace title \"T\"",
            "replace emails[type eq \"work\"].primary true",
        ],
    );
}

/// Fixture 18: dotted and qualified keys in an operation without a path.
#[test]
fn entra_with_the_flag() {
    let operations = json!([
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "x@y"},
        {"op": "replace", "value": {
            "displayName": "D", "name.givenName": "G", "name.familyName": "F",
            (enterprise("employeeNumber")): "7", "phoneNumbers[type eq \"mobile\"].value": "1",
            ENTERPRISE_URN: {"department": "X", "manager": "m"},
        }},
    ]);
    let number = format!("replace {} \"7\"", enterprise("employeeNumber"));
    let department = format!("replace {} \"X\"", enterprise("department"));
    let manager = format!("replace {} {{\"value\":\"m\"}}", enterprise("manager"));
    check(
        "entra",
        operations.clone(),
        &[
            "replace emails[type eq \"work\"].value \"x@y\"",
            "replace displayName \"D\"",
            "replace name.givenName \"G\"",
            "replace name.familyName \"F\"",
            &number,
            "replace phoneNumbers[type eq \"mobile\"].value \"1\"",
            &department,
            &manager,
        ],
    );
    check_error("rfc", operations, ScimType::InvalidValue, "Operation 2: There is no attribute 'name.givenName'.");
}

/// An extension as a whole: what it says of `schemas` is said already.
#[test]
fn a_whole_extension_may_name_its_schema() {
    let value = json!({"schemas": [ENTERPRISE_URN], "department": "X"});
    let department = format!("add {} \"X\"", enterprise("department"));
    for profile in ["default", "rfc", "entra", "okta"] {
        check(profile, json!([{"op": "add", "path": ENTERPRISE_URN, "value": value}]), &[&department]);
    }
    let other = json!({"shoe": 1});
    check_error(
        "rfc",
        json!([{"op": "add", "path": ENTERPRISE_URN, "value": other}]),
        ScimType::InvalidValue,
        &format!("Operation 1: There is no attribute '{}'.", crate::path::excerpt(&enterprise("shoe"))),
    );
}

/// Fixture 19: the manager as string, as list, and taken away with "".
#[test]
fn entra_manager() {
    let path = enterprise("manager");
    for value in [json!("m"), json!([{"$ref": null, "value": "m"}]), json!({"value": "m", "displayName": "M"})] {
        for path in [path.as_str(), "manager", "Manager"] {
            let expected = format!("add {} {{\"value\":\"m\"}}", enterprise("manager"));
            check("entra", json!([{"op": "Add", "path": path, "value": value}]), &[&expected]);
        }
    }
    let removed = format!("remove {path}");
    for value in [json!(""), json!(null), json!([])] {
        check("entra", json!([{"op": "Replace", "path": path, "value": value}]), &[&removed]);
    }
    check("entra", json!([{"op": "Remove", "path": path, "value": "m"}]), &[&removed]);
    check_error(
        "rfc",
        json!([{"op": "add", "path": path, "value": "m"}]),
        ScimType::InvalidValue,
        &format!("Operation 1: '{path}' must be an object."),
    );
}

/// Fixture 22: values as JSON inside strings.
#[test]
fn entra_roles() {
    let encoded = "{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"The Admin\"}";
    let expected = "add roles [{\"value\":\"Admin\",\"display\":\"The Admin\"}]";
    for value in [json!([{"value": encoded}]), json!([encoded]), json!(encoded)] {
        check("entra", json!([{"op": "Add", "path": "roles", "value": value}]), &[expected]);
    }
    check(
        "rfc",
        json!([{"op": "add", "path": "roles", "value": [{"value": encoded}]}]),
        &[
            "add roles [{\"value\":\"{\\\"id\\\":\\\"1\\\",\\\"value\\\":\\\"Admin\\\",\\\"displayName\\\":\\\"The Admin\\\"}\"}]",
        ],
    );
    check(
        "entra",
        json!([{"op": "Replace", "path": "roles[primary eq \"True\"].value", "value": "Admin"}]),
        &["replace roles[primary eq true].value \"Admin\""],
    );
}

/// Fixtures 24, 25, 26: members.
#[test]
fn entra_members() {
    let check = |operation: Value, expected: &str| {
        let patch = Patch::parse(body(json!([operation])), &groups(), &profile("entra"), MAX_OPERATIONS).unwrap();
        let lines: Vec<_> = patch.edits.iter().map(line).collect();
        assert_eq!(lines.join("; ").replace("urn:ietf:params:scim:schemas:core:2.0:Group:", ""), expected);
    };
    let listed = json!([{"$ref": null, "value": "a"}, {"$ref": null, "value": "b"}]);
    check(
        json!({"op": "Add", "path": "members", "value": listed}),
        "add members [{\"value\":\"a\"},{\"value\":\"b\"}]",
    );
    check(
        json!({"op": "Remove", "path": "members", "value": listed}),
        "remove members [{\"value\":\"a\"},{\"value\":\"b\"}]",
    );
    check(json!({"op": "remove", "path": "members[value eq \"a\"]"}), "remove members[value eq \"a\"]");
    check(json!({"op": "Remove", "path": "members", "value": []}), "");
    check(json!({"op": "Remove", "path": "members", "value": [{"$ref": null}]}), "");
    check(json!({"op": "Remove", "path": "members"}), "remove members");
    check(json!({"op": "Remove", "path": "members", "value": null}), "remove members");
    check(json!({"op": "Add", "path": "members", "value": []}), "");
}

#[test]
fn operations_and_values_are_bounded() {
    let check = |operations: Value, names: Option<&str>| {
        let read = Patch::parse(body(operations), &groups(), &profile("default"), MAX_OPERATIONS);
        match (read, names) {
            (Ok(_), None) => {}
            (Err(error), Some(names)) => {
                assert_eq!((error.status, error.scim_type), (413, None));
                assert!(error.detail.contains(names), "{}", error.detail);
            }
            (read, names) => panic!("{read:?} instead of {names:?}"),
        }
    };
    let add = |count: usize| {
        let members: Vec<Value> = (0..count).map(|id| json!({"value": id.to_string()})).collect();
        json!({"op": "add", "path": "members", "value": members})
    };
    check(json!(vec![add(1); MAX_OPERATIONS]), None);
    check(json!(vec![add(1); MAX_OPERATIONS + 1]), Some("at most 1000 operations"));
    check(json!([add(crate::MAX_VALUES)]), None);
    check(json!([add(crate::MAX_VALUES + 1)]), Some("at most 20000 values to 'members'"));
    // Together, over several operations.
    check(json!([add(crate::MAX_VALUES), add(1)]), Some("at most 20000 values to 'members'"));
    // Many attributes in one value are many operations.
    let key = |number: usize| (format!("members[value eq \"{number}\"].type"), json!("User"));
    let value = |count: usize| Value::Object((0..count).map(key).collect());
    check(json!([{"op": "add", "value": value(MAX_OPERATIONS)}]), None);
    check(json!([{"op": "add", "value": value(MAX_OPERATIONS + 1)}]), Some("at most 1000 attributes"));
}

#[test]
fn filters_in_paths_are_bounded() {
    let check = |filter: &str, detail: &str| {
        let operations = json!([{"op": "remove", "path": format!("members[{filter}]")}]);
        let error = Patch::parse(body(operations), &groups(), &profile("entra"), MAX_OPERATIONS).unwrap_err();
        assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidFilter)), "{}", error.detail);
        assert!(error.detail.contains(detail), "{}", error.detail);
    };
    check(&vec!["value pr"; 600].join(" or "), "more than 512 expressions");
    check(&format!("{}value pr{}", "(".repeat(40), ")".repeat(40)), "nested deeper than 32");
}

#[test]
fn a_list_to_remove_is_never_taken_for_everything() {
    let error = |name: &str, value: Value| {
        let operations = body(json!([{"op": "remove", "path": "members", "value": value}]));
        Patch::parse(operations, &groups(), &profile(name), MAX_OPERATIONS).unwrap_err().detail
    };
    assert_eq!(error("rfc", json!([{"value": "a"}])), "Operation 1: 'remove' of 'members' takes no 'value'.");
    assert_eq!(
        error("default", json!([{"display": "A"}])),
        "Operation 1: A value of 'members' says by neither 'value' nor '$ref' which resource it is."
    );
    assert_eq!(error("default", json!([{"id": "a"}])), "Operation 1: There is no attribute 'members.id'.");
    for name in Profile::NAMES {
        for nothing in [json!([]), json!(""), json!({}), json!([{"value": ""}]), json!({"value": ""}), json!([null])] {
            let operations = body(json!([{"op": "remove", "path": "members", "value": nothing}]));
            let patch = Patch::parse(operations, &groups(), &profile(name), MAX_OPERATIONS).unwrap();
            assert_eq!(patch.edits, [], "{name} {nothing}");
        }
    }
}

/// To leave out what names nobody would make a list shorter than it was meant to be.
#[test]
fn a_list_of_references_names_somebody_each() {
    let check = |name: &str, value: Value| {
        let operations = body(json!([{"op": "replace", "path": "members", "value": value}]));
        let error = Patch::parse(operations, &groups(), &profile(name), MAX_OPERATIONS).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidValue), "{name} {value}");
        assert!(error.detail.contains("'members'"), "{}", error.detail);
    };
    for name in Profile::NAMES {
        check(name, json!([{"display": "Bob"}]));
        check(name, json!([{}]));
        check(name, json!([null]));
        check(name, json!([{"value": null}, {"value": "1"}]));
    }
    for name in ["default", "entra", "okta"] {
        check(name, json!([{"value": ""}]));
    }
    check("entra", json!([{"id": "1"}]));
    check("okta", json!([{"value": "1"}, {"id": "2"}]));
}

#[test]
fn objects_are_split_and_nulls_become_removals() {
    check(
        "rfc",
        json!([{"op": "replace", "value": {"name": {"givenName": "G", "familyName": null}, "title": null, "emails": []}}]),
        &["replace name {\"givenName\":\"G\"}", "remove name.familyName", "remove title", "remove emails"],
    );
    check("rfc", json!([{"op": "add", "value": {"name": {"givenName": null}, "title": null, "emails": []}}]), &[]);
    check("rfc", json!([{"op": "replace", "path": "name", "value": {}}]), &[]);
    check("rfc", json!([{"op": "replace", "path": "title", "value": ""}]), &["replace title \"\""]);
    check("default", json!([{"op": "replace", "path": "title", "value": ""}]), &["remove title"]);
    check(
        "rfc",
        json!([{"op": "replace", "path": "emails", "value": [{"value": "a", "display": null}]}]),
        &["replace emails [{\"value\":\"a\"}]"],
    );
}

#[test]
fn whole_extensions_by_path() {
    let department = format!("add {} \"D\"", enterprise("department"));
    check("rfc", json!([{"op": "add", "path": ENTERPRISE_URN, "value": {"department": "D"}}]), &[&department]);
    let all: Vec<String> = ["employeeNumber", "costCenter", "organization", "division", "department", "manager"]
        .iter()
        .map(|name| format!("remove {}", enterprise(name)))
        .collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    check("rfc", json!([{"op": "remove", "path": ENTERPRISE_URN}]), &all);
    check("rfc", json!([{"op": "replace", "value": {ENTERPRISE_URN: null}}]), &all);
    check_error(
        "rfc",
        json!([{"op": "add", "path": ENTERPRISE_URN, "value": "D"}]),
        ScimType::InvalidValue,
        &format!("Operation 1: '{ENTERPRISE_URN}' must be an object of attributes."),
    );
}

#[test]
fn what_may_not_change() {
    use ScimType::Mutability;
    check_error(
        "rfc",
        json!([{"op": "replace", "path": "id", "value": "x"}]),
        Mutability,
        "Operation 1: 'id' is read-only.",
    );
    check_error("rfc", json!([{"op": "remove", "path": "groups"}]), Mutability, "Operation 1: 'groups' is read-only.");
    check_error(
        "rfc",
        json!([{"op": "add", "path": "meta.version", "value": "x"}]),
        Mutability,
        "Operation 1: 'meta.version' is read-only.",
    );
    check_error(
        "rfc",
        json!([{"op": "add", "path": "manager.displayName", "value": "x"}]),
        Mutability,
        &format!("Operation 1: '{}' is read-only.", enterprise("manager.displayName")),
    );
    let required = "Operation 1: 'userName' is required and cannot be removed.";
    check_error("rfc", json!([{"op": "remove", "path": "userName"}]), Mutability, required);
    check_error("rfc", json!([{"op": "replace", "path": "userName", "value": null}]), Mutability, required);
    check_error("default", json!([{"op": "replace", "path": "userName", "value": ""}]), Mutability, required);
    let okta = json!([{"op": "replace", "value": {"id": "x", "schemas": ["y"], "displayName": "D"}}]);
    check("okta", okta.clone(), &["replace displayName \"D\""]);
    check_error("rfc", okta, Mutability, "Operation 1: 'id' is read-only.");
}

#[test]
fn malformed_operations() {
    use ScimType::{InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue, NoTarget};
    check_error("default", json!([]), InvalidSyntax, "'Operations' must be a list of at least one operation.");
    check_error("default", json!([1]), InvalidSyntax, "Operation 1: An operation must be a JSON object.");
    check_error(
        "default",
        json!([{"path": "title", "value": "x"}]),
        InvalidSyntax,
        "Operation 1: 'op' must be one of add, replace, remove.",
    );
    check_error(
        "rfc",
        json!([{"op": "Add", "path": "title", "value": "x"}]),
        InvalidSyntax,
        "Operation 1: 'op' must be one of add, replace, remove, not 'Add'.",
    );
    check_error("default", json!([{"op": "remove"}]), NoTarget, "Operation 1: 'remove' needs a 'path'.");
    check_error(
        "default",
        json!([{"op": "add", "path": "title"}]),
        InvalidValue,
        "Operation 1: 'add' needs a 'value'.",
    );
    check_error(
        "default",
        json!([{"op": "add", "value": "x"}]),
        InvalidValue,
        "Operation 1: Without a 'path', 'value' must be an object of attributes.",
    );
    check_error("default", json!([{"op": "remove", "path": 1}]), InvalidPath, "Operation 1: 'path' must be a string.");
    check_error(
        "default",
        json!([{"op": "add", "path": "title", "value": "x"}, {"op": "add", "path": "shoe", "value": 1}]),
        InvalidPath,
        "Operation 2: There is no attribute 'shoe'.",
    );
    check_error(
        "default",
        json!([{"op": "add", "value": {"shoe": 1}}]),
        InvalidValue,
        "Operation 1: There is no attribute 'shoe'.",
    );
    check_error(
        "default",
        json!([{"op": "replace", "path": "emails[kind eq \"x\"].value", "value": "x"}]),
        InvalidFilter,
        "Operation 1: There is no attribute 'kind'.",
    );
    check_error(
        "default",
        json!([{"op": "replace", "path": "name[givenName pr]", "value": {"givenName": "x"}}]),
        InvalidPath,
        "Operation 1: 'name' has a single value, so '[…]' cannot choose one.",
    );
    check_error(
        "default",
        json!([{"op": "add", "path": "active", "value": "yes"}]),
        InvalidValue,
        "Operation 1: 'active' must be true or false.",
    );
}

#[test]
fn unknown_attributes_where_they_are_ignored() {
    let operations = json!([
        {"op": "Add", "path": "shoeSize", "value": 1},
        {"op": "Replace", "value": {"hat": "x", "title": "T", "name": {"nick": "y"}}},
    ]);
    let patch = Patch::parse(body(operations), &users(), &profile("entra"), MAX_OPERATIONS).unwrap();
    assert_eq!(patch.edits.iter().map(line).collect::<Vec<_>>(), ["replace title \"T\""]);
    assert_eq!(patch.unknown, ["shoeSize", "hat", "name.nick"]);
}

#[test]
fn bodies() {
    let parse = |body: Value, name: &str| {
        Patch::parse(body, &users(), &profile(name), 2).map(|patch| patch.edits.len()).map_err(|error| error.detail)
    };
    let operation = json!({"op": "add", "path": "title", "value": "x"});
    assert_eq!(parse(json!({"Operations": [operation], "schemas": [crate::PATCH_URN]}), "rfc"), Ok(1));
    assert_eq!(parse(json!({"operations": [operation]}), "default"), Ok(1));
    assert_eq!(
        parse(json!({"Operations": [operation]}), "rfc"),
        Err(format!("'schemas' must be a list that names '{}'.", crate::PATCH_URN))
    );
    assert_eq!(parse(json!([]), "default"), Err("The body must be a JSON object.".to_owned()));
    let many = json!({"Operations": [operation, operation, operation]});
    assert_eq!(parse(many, "default"), Err("A PATCH can have at most 2 operations.".to_owned()));
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(operations in prop::collection::vec(any_operation(), 0..4), resource in any_json()) {
        for name in Profile::NAMES {
            let profile = profile(name);
            let Ok(patch) = Patch::parse(body(operations.clone().into()), &users(), &profile, 10) else { continue };
            for edit in &patch.edits {
                let is_set = edit.value.as_ref().is_some_and(|value| !value.is_null());
                prop_assert!(edit.op == EditOp::Remove || is_set, "{edit:?}");
            }
            let mut odd = resource.as_object().cloned().unwrap_or_default();
            let _changed = apply(&mut odd, &patch.edits, &users(), &profile, &|_, _, _, _| false);
            let mut canonical = super::applying::person().as_object().cloned().unwrap();
            if let Err(error) = apply(&mut canonical, &patch.edits, &users(), &profile, &|_, _, _, _| false) {
                prop_assert!(error.status < 500, "{error:?} for {:?}", patch.edits);
            }
        }
    }
}

fn any_operation() -> impl Strategy<Value = Value> {
    let paths = prop::sample::select(vec![
        "title",
        "name",
        "name.givenName",
        "emails",
        "emails.value",
        "emails[type eq \"work\"]",
        "emails[type eq \"work\"].value",
        "roles[primary eq \"True\"].value",
        "manager",
        "manager.value",
        ENTERPRISE_URN,
        "Tags",
        "Tags[value eq \"x\"]",
        "Level",
        "Badge",
        "members",
        "schemas",
        "id",
    ]);
    let op = prop::sample::select(vec!["add", "replace", "remove", "Add"]);
    (op, prop::option::of(paths), prop::option::of(any_json())).prop_map(|(op, path, value)| {
        let mut operation = json!({"op": op});
        if let Some(path) = path {
            operation["path"] = path.into();
        }
        if let Some(value) = value {
            operation["value"] = value;
        }
        operation
    })
}
