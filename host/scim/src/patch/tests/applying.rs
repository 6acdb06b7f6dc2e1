//! From edits to changed resources, by section of RFC 7644.

use serde_json::{Value, json};

use super::patched;
use crate::{
    ENTERPRISE_URN, ScimType,
    testing::{ECMA_URN, enterprise, groups, users},
};

pub(super) fn person() -> Value {
    json!({
        "schemas": [crate::USER_URN],
        "id": "1",
        "userName": "b",
        "name": {"givenName": "B", "familyName": "J"},
        "emails": [{"value": "w@x", "type": "work", "primary": true}, {"value": "h@x", "type": "home"}],
    })
}

/// The one attribute that the operations leave behind; null for none.
#[track_caller]
fn check(profile_name: &str, operations: Value, attribute: &str, expected: Value) {
    let (after, changed) = patched(&users(), profile_name, &person(), operations.clone()).unwrap();
    assert_eq!(after.get(attribute).cloned().unwrap_or_default(), expected, "{operations}");
    assert_eq!(changed, after != person());
}

#[track_caller]
fn check_error(profile_name: &str, operations: Value, kind: ScimType, detail: &str) {
    let error = patched(&users(), profile_name, &person(), operations.clone()).unwrap_err();
    assert_eq!((error.scim_type, error.detail.as_str()), (Some(kind), detail), "{operations}");
}

/// These operations find everything as they want it: no change at all.
#[track_caller]
fn check_unchanged(operations: Value) {
    let (after, changed) = patched(&users(), "default", &person(), operations.clone()).unwrap();
    assert_eq!((after, changed), (person(), false), "{operations}");
}

#[test]
fn add_3_5_2_1() {
    check("rfc", json!([{"op": "add", "path": "nickName", "value": "Babs"}]), "nickName", json!("Babs"));
    check("rfc", json!([{"op": "add", "path": "userName", "value": "c"}]), "userName", json!("c"));
    check(
        "rfc",
        json!([{"op": "add", "path": "name", "value": {"givenName": "C", "middleName": "M"}}]),
        "name",
        json!({"givenName": "C", "familyName": "J", "middleName": "M"}),
    );
    check(
        "rfc",
        json!([{"op": "add", "value": {"emails": [{"value": "o@x", "type": "other"}], "nickname": "Babs"}}]),
        "emails",
        json!([{"value": "w@x", "type": "work", "primary": true}, {"value": "h@x", "type": "home"}, {"value": "o@x", "type": "other"}]),
    );
    check(
        "rfc",
        json!([{"op": "add", "path": "emails", "value": [{"value": "H@x", "display": "Home"}]}]),
        "emails",
        json!([{"value": "w@x", "type": "work", "primary": true}, {"value": "h@x", "type": "home", "display": "Home"}]),
    );
    check(
        "rfc",
        json!([{"op": "add", "path": "name.honorificPrefix", "value": "Dr"}]),
        "name",
        json!({"givenName": "B", "familyName": "J", "honorificPrefix": "Dr"}),
    );
}

/// "If the target location already contains the value specified, no changes SHOULD be made."
#[test]
fn adding_what_is_there_changes_nothing() {
    check_unchanged(json!([{"op": "add", "path": "userName", "value": "b"}]));
    check_unchanged(json!([{"op": "add", "path": "name", "value": {"givenName": "B"}}]));
    check_unchanged(json!([{"op": "add", "path": "emails", "value": [{"value": "w@x"}]}]));
    check_unchanged(
        json!([{"op": "add", "path": "emails", "value": [{"value": "W@X", "type": "work", "primary": "True"}]}]),
    );
    check_unchanged(json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "w@x"}]));
    check_unchanged(json!([{"op": "remove", "path": "title"}]));
    check_unchanged(json!([{"op": "remove", "path": "emails[type eq \"other\"]"}]));
    check_unchanged(json!([{"op": "replace", "value": {"userName": "b", "name.givenName": "B"}}]));
    check_unchanged(json!([{"op": "add", "path": "title", "value": "x"}, {"op": "remove", "path": "title"}]));
}

#[test]
fn remove_3_5_2_2() {
    check("rfc", json!([{"op": "remove", "path": "name"}]), "name", json!(null));
    check("rfc", json!([{"op": "remove", "path": "name.givenName"}]), "name", json!({"familyName": "J"}));
    check(
        "rfc",
        json!([{"op": "remove", "path": "name.givenName"}, {"op": "remove", "path": "name.familyName"}]),
        "name",
        json!(null),
    );
    check("rfc", json!([{"op": "remove", "path": "emails"}]), "emails", json!(null));
    check(
        "rfc",
        json!([{"op": "remove", "path": "emails[type eq \"work\" and value ew \"x\"]"}]),
        "emails",
        json!([{"value": "h@x", "type": "home"}]),
    );
    check("rfc", json!([{"op": "remove", "path": "emails[value pr]"}]), "emails", json!(null));
    check(
        "rfc",
        json!([{"op": "remove", "path": "emails[type eq \"work\"].primary"}]),
        "emails",
        json!([{"value": "w@x", "type": "work"}, {"value": "h@x", "type": "home"}]),
    );
    check(
        "rfc",
        json!([{"op": "remove", "path": "emails[type eq \"work\"].value"}]),
        "emails",
        json!([{"value": "h@x", "type": "home"}]),
    );
    check(
        "default",
        json!([{"op": "remove", "path": "emails", "value": [{"value": "H@X"}, {"value": "nobody"}]}]),
        "emails",
        json!([{"value": "w@x", "type": "work", "primary": true}]),
    );
    check(
        "default",
        json!([{"op": "remove", "path": "emails", "value": [{"type": "work"}]}]),
        "emails",
        json!([{"value": "h@x", "type": "home"}]),
    );
    check(
        "default",
        json!([{"op": "remove", "path": "emails", "value": [{"value": "h@x", "type": "other"}]}]),
        "emails",
        person()["emails"].clone(),
    );
}

#[test]
fn replace_3_5_2_3() {
    check(
        "rfc",
        json!([{"op": "replace", "path": "name", "value": {"givenName": "C"}}]),
        "name",
        json!({"givenName": "C", "familyName": "J"}),
    );
    check("rfc", json!([{"op": "replace", "path": "title", "value": "T"}]), "title", json!("T"));
    check(
        "rfc",
        json!([{"op": "replace", "path": "emails", "value": [{"value": "n@x"}]}]),
        "emails",
        json!([{"value": "n@x"}]),
    );
    check(
        "rfc",
        json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "n@x", "display": "N"}}]),
        "emails",
        json!([{"type": "work", "value": "n@x", "display": "N"}, {"value": "h@x", "type": "home"}]),
    );
    check(
        "rfc",
        json!([{"op": "replace", "path": "emails[value ew \"@x\"].display", "value": "D"}]),
        "emails",
        json!([
            {"value": "w@x", "type": "work", "primary": true, "display": "D"},
            {"value": "h@x", "type": "home", "display": "D"},
        ]),
    );
    check("rfc", json!([{"op": "replace", "path": "userName", "value": "B"}]), "userName", json!("B"));
}

#[test]
fn a_value_path_that_selects_nothing() {
    let operations = json!([{"op": "Replace", "path": "emails[type eq \"other\"].value", "value": "o@x"}]);
    let created = json!([
        {"value": "w@x", "type": "work", "primary": true}, {"value": "h@x", "type": "home"},
        {"type": "other", "value": "o@x"},
    ]);
    check("entra", operations, "emails", created.clone());
    check("rfc", json!([{"op": "add", "path": "emails[type eq \"other\"].value", "value": "o@x"}]), "emails", created);
    check_error(
        "rfc",
        json!([{"op": "replace", "path": "emails[type eq \"other\"].value", "value": "o@x"}]),
        ScimType::NoTarget,
        "'emails.value' has no value that the filter selects.",
    );
    check_error(
        "entra",
        json!([{"op": "replace", "path": "emails[type ne \"work\" and type ne \"home\"].value", "value": "o@x"}]),
        ScimType::NoTarget,
        "'emails.value' has no value that the filter selects.",
    );
    check(
        "entra",
        json!([{"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "Admin"}]),
        "roles",
        json!([{"primary": true, "value": "Admin"}]),
    );
    check(
        "entra",
        json!([{"op": "Add", "path": "addresses[type eq \"work\"].streetAddress", "value": "S"},
            {"op": "Add", "path": "addresses[type eq \"work\"].postalCode", "value": "1"}]),
        "addresses",
        json!([{"type": "work", "streetAddress": "S", "postalCode": "1"}]),
    );
    check_error(
        "rfc",
        json!([{"op": "replace", "path": "roles.value", "value": "x"}]),
        ScimType::NoTarget,
        "'roles.value' has no value that the filter selects.",
    );
}

#[test]
fn primary_is_kept_unique() {
    let moved =
        json!([{"value": "w@x", "type": "work", "primary": false}, {"value": "h@x", "type": "home", "primary": true}]);
    check(
        "rfc",
        json!([{"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true}]),
        "emails",
        moved.clone(),
    );
    check(
        "rfc",
        json!([{"op": "add", "path": "emails", "value": [{"value": "h@x", "primary": true}]}]),
        "emails",
        moved,
    );
    check(
        "rfc",
        json!([{"op": "add", "path": "emails", "value": [{"value": "n@x", "primary": true}]}]),
        "emails",
        json!([
            {"value": "w@x", "type": "work", "primary": false}, {"value": "h@x", "type": "home"},
            {"value": "n@x", "primary": true},
        ]),
    );
    check_error(
        "rfc",
        json!([{"op": "replace", "path": "emails[value pr].primary", "value": true}]),
        ScimType::InvalidValue,
        "At most one value of 'emails.primary' can be primary.",
    );
}

#[test]
fn extensions_and_the_schemas_that_name_them() {
    let (after, _) = patched(
        &users(),
        "entra",
        &person(),
        json!([{"op": "Add", "path": enterprise("manager"), "value": "m"}, {"op": "add", "path": "department", "value": "D"}]),
    )
    .unwrap();
    assert_eq!(after["schemas"], json!([crate::USER_URN, ENTERPRISE_URN]));
    assert_eq!(after[ENTERPRISE_URN], json!({"manager": {"value": "m"}, "department": "D"}));
    let (removed, _) = patched(&users(), "rfc", &after, json!([{"op": "remove", "path": ENTERPRISE_URN}])).unwrap();
    assert_eq!(removed, person());
    let (cleared, _) =
        patched(&users(), "entra", &after, json!([{"op": "Replace", "path": enterprise("manager"), "value": ""}]))
            .unwrap();
    assert_eq!(cleared[ENTERPRISE_URN], json!({"department": "D"}));
}

#[test]
fn all_or_nothing() {
    check_error(
        "rfc",
        json!([
            {"op": "replace", "path": "userName", "value": "c"},
            {"op": "add", "path": "emails", "value": [{"value": "n@x"}]},
            {"op": "replace", "path": "ims[type eq \"x\"].value", "value": "v"},
        ]),
        ScimType::NoTarget,
        "'ims.value' has no value that the filter selects.",
    );
}

#[test]
fn immutable_values() {
    let badge = format!("{ECMA_URN}:Badge");
    let set = json!([{"op": "add", "path": badge, "value": "1"}]);
    let (with_badge, _) = patched(&users(), "rfc", &person(), set.clone()).unwrap();
    assert_eq!(patched(&users(), "rfc", &with_badge, set).unwrap(), (with_badge.clone(), false));
    for operation in [
        json!({"op": "replace", "path": badge, "value": "2"}),
        json!({"op": "add", "path": badge, "value": "2"}),
        json!({"op": "remove", "path": badge}),
    ] {
        let error = patched(&users(), "rfc", &with_badge, json!([operation])).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::Mutability), "{operation}");
    }
    let group = json!({"displayName": "G", "members": [{"value": "a", "type": "User", "$ref": "https://x/a"}]});
    let patched = |operation: Value| patched(&groups(), "rfc", &group, json!([operation]));
    let error = patched(json!({"op": "replace", "path": "members[value eq \"a\"].value", "value": "b"})).unwrap_err();
    assert_eq!(error.scim_type, Some(ScimType::Mutability));
    let again = patched(json!({"op": "add", "path": "members", "value": [{"value": "a", "$ref": "../Users/a"}]}));
    assert_eq!(again.unwrap(), (group.clone(), false));
}

#[test]
fn members_added_and_removed_in_numbers() {
    let ids = |range: std::ops::Range<u32>| range.map(|id| json!({"value": id.to_string()})).collect::<Vec<_>>();
    let group = json!({"displayName": "G", "members": ids(0..20_000)});
    let add = json!([{"op": "Add", "path": "members", "value": ids(19_500..20_500)}]);
    let (after, _) = patched(&groups(), "entra", &group, add).unwrap();
    assert_eq!(after["members"].as_array().unwrap().len(), 20_500);
    let remove = json!([{"op": "Remove", "path": "members", "value": ids(0..1000)}]);
    let (after, _) = patched(&groups(), "entra", &after, remove).unwrap();
    assert_eq!(after["members"].as_array().unwrap().len(), 19_500);
    let one = json!([{"op": "remove", "path": "members[value eq \"1000\"]"}]);
    let (after, _) = patched(&groups(), "entra", &after, one).unwrap();
    assert_eq!(after["members"][0], json!({"value": "1001"}));
}

#[test]
fn simple_lists() {
    let path = format!("{ECMA_URN}:Tags");
    let tags = |operations: Value| {
        let mut start = person();
        start[ECMA_URN] = json!({"Tags": ["a", "b"]});
        let (after, _) = patched(&users(), "default", &start, operations).unwrap();
        after[ECMA_URN].get("Tags").cloned().unwrap_or_default()
    };
    assert_eq!(tags(json!([{"op": "add", "path": path, "value": ["B", "c"]}])), json!(["a", "b", "c"]));
    assert_eq!(tags(json!([{"op": "add", "path": path, "value": "c"}])), json!(["a", "b", "c"]));
    assert_eq!(tags(json!([{"op": "remove", "path": path, "value": ["A"]}])), json!(["b"]));
    assert_eq!(tags(json!([{"op": "remove", "path": format!("{path}[value eq \"a\"]")}])), json!(["b"]));
    assert_eq!(
        tags(json!([{"op": "replace", "path": format!("{path}[value eq \"a\"]"), "value": "z"}])),
        json!(["z", "b"])
    );
    assert_eq!(tags(json!([{"op": "replace", "path": path, "value": []}])), json!(null));
}

/// The examples of sections 3.5.2.1 to 3.5.2.3 that are about groups and addresses.
#[test]
fn examples_of_rfc_7644() {
    let babs = json!({"display": "Babs Jensen", "$ref": "https://example.com/v2/Users/2819", "value": "2819"});
    let james = json!({"display": "James Smith", "$ref": "https://example.com/v2/Users/08e1", "value": "08e1"});
    let shown = |member: &Value| json!({"$ref": member["$ref"], "value": member["value"]});
    let group = json!({"id": "acbf", "displayName": "G", "members": [shown(&babs)]});
    let members = |operations: Value| patched(&groups(), "rfc", &group, operations).unwrap().0["members"].take();
    assert_eq!(members(json!([{"op": "add", "path": "members", "value": [babs]}])), json!([shown(&babs)]));
    assert_eq!(
        members(json!([
            {"op": "remove", "path": "members[value eq\"2819\"]"},
            {"op": "add", "path": "members", "value": [james]},
        ])),
        json!([shown(&james)])
    );
    let both = json!([shown(&babs), shown(&james)]);
    assert_eq!(members(json!([{"op": "replace", "path": "members", "value": [babs, james]}])), both);
    assert_eq!(
        members(json!([{"op": "remove", "path": "members"}, {"op": "add", "path": "members", "value": [babs, james]}])),
        both
    );

    let mut start = person();
    start["addresses"] = json!([
        {"type": "work", "streetAddress": "Old", "region": "R", "primary": false},
        {"type": "home", "streetAddress": "Home", "primary": true},
    ]);
    let addresses =
        |operation: Value| patched(&users(), "rfc", &start, json!([operation])).unwrap().0["addresses"].take();
    let new = json!({"type": "work", "streetAddress": "911 Universal City Plaza", "country": "US", "primary": true});
    assert_eq!(
        addresses(json!({"op": "replace", "path": "addresses[type eq \"work\"]", "value": new})),
        json!([new, {"type": "home", "streetAddress": "Home", "primary": false}])
    );
    assert_eq!(
        addresses(json!({
            "op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1010 Broadway Ave",
        })),
        json!([
            {"type": "work", "streetAddress": "1010 Broadway Ave", "region": "R", "primary": false},
            {"type": "home", "streetAddress": "Home", "primary": true},
        ])
    );
}
