use serde_json::json;

use super::*;
use crate::{
    Attribute, Schema,
    schema::{enterprise_user, user},
    testing::{enterprise, users},
};

fn list(paths: &str) -> Vec<String> {
    paths.split(',').filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

/// What is left of a user; also that `wants` agrees with it.
#[track_caller]
fn check(attributes: &str, excluded: &str, expected: Value) {
    let schemas = users();
    let projection = Projection::parse(&list(attributes), &list(excluded), &schemas).unwrap();
    let Value::Object(mut user) = json!({
        "schemas": [crate::USER_URN], "id": "1", "userName": "b", "password": "secret",
        "name": {"givenName": "B", "familyName": "J"},
        "emails": [{"value": "a@b", "type": "work"}, {"value": "c@d"}],
        "meta": {"version": "W/\"1\"", "location": "https://x"},
        crate::ENTERPRISE_URN: {"department": "D", "manager": {"value": "m"}},
    }) else {
        panic!("an object");
    };
    projection.apply(&mut user, &schemas);
    assert_eq!(Value::Object(user.clone()), expected);
    for target in schemas.attributes() {
        let members = if target.is_core { Some(&user) } else { user.get(target.schema).and_then(Value::as_object) };
        let shown = members.is_some_and(|members| members.contains_key(&target.attribute.name));
        assert!(!shown || projection.wants(&target), "{} is shown though not wanted", target.path());
    }
}

#[test]
fn rfc_7644_section_3_9() {
    let all = json!({
        "schemas": [crate::USER_URN], "id": "1", "userName": "b",
        "name": {"givenName": "B", "familyName": "J"},
        "emails": [{"value": "a@b", "type": "work"}, {"value": "c@d"}],
        "meta": {"version": "W/\"1\"", "location": "https://x"},
        crate::ENTERPRISE_URN: {"department": "D", "manager": {"value": "m"}},
    });
    check("", "", all.clone());
    check("userName", "", json!({"schemas": [crate::USER_URN], "id": "1", "userName": "b"}));
    check("ID", "", json!({"schemas": [crate::USER_URN], "id": "1"}));
    check(
        "name.GIVENNAME,emails.value,password",
        "",
        json!({"schemas": [crate::USER_URN], "id": "1", "name": {"givenName": "B"}, "emails": [{"value": "a@b"}, {"value": "c@d"}]}),
    );
    check("emails.type", "", json!({"schemas": [crate::USER_URN], "id": "1", "emails": [{"type": "work"}]}));
    check(
        &enterprise("manager"),
        "",
        json!({"schemas": [crate::USER_URN], "id": "1", crate::ENTERPRISE_URN: {"manager": {"value": "m"}}}),
    );
    check(
        crate::ENTERPRISE_URN,
        "",
        json!({"schemas": [crate::USER_URN], "id": "1", crate::ENTERPRISE_URN: {"department": "D", "manager": {"value": "m"}}}),
    );
    check("nothing", "", json!({"schemas": [crate::USER_URN], "id": "1"}));
    let mut fewer = all.clone();
    fewer.as_object_mut().unwrap().remove("meta");
    fewer["name"] = json!({"familyName": "J"});
    fewer.as_object_mut().unwrap().shift_remove(crate::ENTERPRISE_URN);
    check("", &format!("meta,id,schemas,name.givenName,nothing,{}", crate::ENTERPRISE_URN), fewer);
    check("", "name.givenName,name.familyName,userName,emails,meta,department,manager", {
        json!({"schemas": [crate::USER_URN], "id": "1"})
    });
}

#[test]
fn returned_on_request_only() {
    let core = Schema::new("urn:x", "X", "").with([
        Attribute::string("heavy", "").returned(Returned::Request),
        Attribute::complex(
            "part",
            "",
            [Attribute::string("light", ""), Attribute::string("heavy", "").returned(Returned::Request)],
        ),
    ]);
    let schemas = SchemaSet::new(core, Vec::new());
    let shown = |attributes: &str, excluded: &str| {
        let projection = Projection::parse(&list(attributes), &list(excluded), &schemas).unwrap();
        let Value::Object(mut map) = json!({"heavy": "1", "part": {"light": "2", "heavy": "3"}}) else { panic!() };
        projection.apply(&mut map, &schemas);
        Value::Object(map)
    };
    assert_eq!(shown("", ""), json!({"part": {"light": "2"}}));
    assert_eq!(shown("", "part"), json!({}));
    assert_eq!(shown("heavy,part", ""), json!({"heavy": "1", "part": {"light": "2"}}));
    assert_eq!(shown("part.heavy", ""), json!({"part": {"heavy": "3"}}));
}

#[test]
fn members_that_are_excluded_need_not_be_read() {
    let schemas = crate::testing::groups();
    let members = schemas.resolve(&AttrPath::attribute("members")).unwrap();
    let wants = |attributes: &str, excluded: &str| {
        Projection::parse(&list(attributes), &list(excluded), &schemas).unwrap().wants(&members)
    };
    assert!(wants("", ""));
    assert!(!wants("", "Members"));
    assert!(!wants("id", ""));
    assert!(wants("members.value", ""));
    assert!(wants("", "members.display"));
    assert!(!wants("", "urn:ietf:params:scim:schemas:core:2.0:Group:members"));
}

#[test]
fn bad_lists_are_refused() {
    let schemas = SchemaSet::new(user(), vec![(enterprise_user(), false)]);
    let error = |attributes: &str, excluded: &str| {
        Projection::parse(&list(attributes), &list(excluded), &schemas).unwrap_err().detail
    };
    assert_eq!(error("id", "name"), "'attributes' and 'excludedAttributes' exclude each other.");
    assert_eq!(
        error("emails[type eq 1]", ""),
        "In a list of attributes: 'emails[type eq 1]' is not an attribute name."
    );
}

#[test]
fn what_is_named_again_and_again_counts_once() {
    let schemas = users();
    let paths = list(&"userName,name.givenName,nothing,".repeat(10_000));
    let projection = Projection::parse(&paths, &[], &schemas).unwrap();
    assert_eq!(projection.named.len(), 2);
}
