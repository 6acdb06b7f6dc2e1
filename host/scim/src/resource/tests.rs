use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::testing::{ECMA_URN, any_json, enterprise, profile, users};

/// Makes a body canonical; `expected` is the resource and the unknown paths, or the error.
#[track_caller]
fn check(profile_name: &str, mut body: Value, expected: Result<(Value, &[&str]), &str>) {
    if let Value::Object(body) = &mut body {
        body.entry("schemas").or_insert_with(|| json!([crate::USER_URN, crate::ENTERPRISE_URN, ECMA_URN]));
    }
    let found = canonicalise(body.clone(), &users(), &profile(profile_name));
    match (found, expected) {
        (Ok(found), Ok((resource, unknown))) => {
            assert_eq!(Value::Object(found.resource), resource, "{body}");
            assert_eq!(found.unknown, unknown, "{body}");
        }
        (Err(found), Err(expected)) => assert_eq!(found.detail, expected, "{body}"),
        (found, expected) => panic!("{found:?} is not {expected:?} for {body}"),
    }
}

#[test]
fn names_get_the_case_of_the_schema() {
    check(
        "rfc",
        json!({"USERNAME": "b", "Name": {"GIVENNAME": "B"}, "EMAILS": [{"VALUE": "a@b", "Primary": true}],
            "URN:ietf:params:scim:schemas:extension:enterprise:2.0:USER": {"Department": "D"}}),
        Ok((
            json!({"userName": "b", "name": {"givenName": "B"}, "emails": [{"value": "a@b", "primary": true}],
                crate::ENTERPRISE_URN: {"department": "D"}}),
            &[],
        )),
    );
    check("default", json!({"userName": "a", "USERNAME": "b"}), Err("'userName' is given twice."));
    check("default", json!({"name": {"givenName": "a", "GivenName": "b"}}), Err("'name.givenName' is given twice."));
}

#[test]
fn absent_null_and_set_are_three_things() {
    check(
        "rfc",
        json!({"title": null, "emails": [], "name": {"givenName": null, "familyName": "J"}, "displayName": "D",
            crate::ENTERPRISE_URN: {"manager": null}}),
        Ok((
            json!({"title": null, "emails": null, "name": {"givenName": null, "familyName": "J"}, "displayName": "D",
                crate::ENTERPRISE_URN: {"manager": null}}),
            &[],
        )),
    );
    check("rfc", json!({"title": "", "name": {}, "emails": [{}]}), Ok((json!({"title": "", "emails": null}), &[])));
    check("default", json!({"title": ""}), Ok((json!({"title": null}), &[])));
    check("rfc", json!({crate::ENTERPRISE_URN: null}), Ok((json!({crate::ENTERPRISE_URN: null}), &[])));
}

#[test]
fn what_only_the_server_writes_is_left_out() {
    check(
        "rfc",
        json!({"id": "x", "meta": {"resourceType": "User"}, "groups": [{"value": "g"}], "userName": "b"}),
        Ok((json!({"userName": "b"}), &[])),
    );
    check(
        "rfc",
        json!({crate::ENTERPRISE_URN: {"manager": {"value": "m", "displayName": "M", "$ref": null}}}),
        Ok((json!({crate::ENTERPRISE_URN: {"manager": {"value": "m"}}}), &[])),
    );
}

#[test]
fn unknown_attributes_are_listed() {
    check(
        "default",
        json!({"shoeSize": 43, "hat": null, "coat": [], "name": {"nick": "x", "given": ""}, "urn:x:y": {"a": 1},
            crate::ENTERPRISE_URN: {"team": "T"}}),
        Ok((json!({}), &["shoeSize", "urn:x:y", &enterprise("team"), "name.nick"])),
    );
}

#[test]
fn wrong_types_name_the_attribute() {
    check("rfc", json!({"userName": 1}), Err("'userName' must be a string."));
    check("rfc", json!({"active": "True"}), Err("'active' must be true or false."));
    check("rfc", json!({"name": "B"}), Err("'name' must be an object."));
    check("rfc", json!({"emails": {"value": "a@b"}}), Err("'emails' must be a list."));
    check("rfc", json!({"emails": ["a@b"]}), Err("'emails' must be an object."));
    check("rfc", json!({"emails": [{"value": ["a"]}]}), Err("'emails.value' must be a single value, not a list."));
    check("rfc", json!({"title": {"value": "x"}}), Err("'title' must be a string."));
    check(
        "rfc",
        json!({"x509Certificates": [{"value": "%%"}]}),
        Err("'x509Certificates.value' must be a Base64 string."),
    );
    let ecma = |name: &str, value: Value| json!({ECMA_URN: {name: value}});
    let error = |name: &str, expected: &str| format!("'{ECMA_URN}:{name}' must be {expected}.");
    check("default", ecma("Level", json!(1.5)), Err(&error("Level", "an integer")));
    check("default", ecma("Level", json!("x")), Err(&error("Level", "an integer")));
    check("default", ecma("Rate", json!("1,5")), Err(&error("Rate", "a number")));
    let digits = format!("'{ECMA_URN}:Rate' has more digits than a number can keep.");
    check("default", ecma("Rate", json!("12345678901234567.89")), Err(&digits));
    check("default", ecma("Hired", json!("May")), Err(&error("Hired", "a date and time such as 2026-01-31T12:00:00Z")));
    check(
        "rfc",
        json!({"emails": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}),
        Err("At most one value of 'emails' can be primary."),
    );
    check("rfc", json!({crate::ENTERPRISE_URN: []}), Err(&format!("'{}' must be an object.", crate::ENTERPRISE_URN)));
}

#[test]
fn lenient_values() {
    check(
        "default",
        json!({"active": "False", "title": 7, "emails": {"value": "a@b", "primary": "True"}, "phoneNumbers": ["1"],
            ECMA_URN: {"Level": "3", "Rate": "1.5", "Tags": [{"value": "x", "$ref": null}, "y"]}}),
        Ok((
            json!({"active": false, "title": "7", "emails": [{"value": "a@b", "primary": true}],
                "phoneNumbers": [{"value": "1"}], ECMA_URN: {"Level": 3, "Rate": 1.5, "Tags": ["x", "y"]}}),
            &[],
        )),
    );
    check("default", json!({"name.givenName": "B", "Name": {"familyName": "J"}}), Err("'name' is given twice."));
    check(
        "default",
        json!({"name.givenName": "B", "name.familyName": "J", (enterprise("department")): "D"}),
        Ok((json!({"name": {"givenName": "B", "familyName": "J"}, crate::ENTERPRISE_URN: {"department": "D"}}), &[])),
    );
    check("rfc", json!({"name.givenName": "B"}), Ok((json!({}), &["name.givenName"])));
}

/// Fixture 12: Entra's documented POST with nulls, `roles: []`, the misspelt URN, a
/// client's `meta`, enterprise attributes at the top level and a bare manager.
#[test]
fn entra_post() {
    check(
        "entra",
        json!({
            "schemas": [crate::USER_URN, "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],
            "externalId": "e", "userName": "b", "active": true, "addresses": null, "phoneNumbers": null, "title": null,
            "emails": [{"primary": true, "type": "work", "value": "a@b"}],
            "meta": {"resourceType": "User"}, "roles": [], "department": null, "manager": "123456",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0User": {"employeeNumber": "7"},
        }),
        Ok((
            json!({
                "externalId": "e", "userName": "b", "active": true, "addresses": null, "phoneNumbers": null, "title": null,
                "emails": [{"value": "a@b", "primary": true, "type": "work"}], "roles": null,
                crate::ENTERPRISE_URN: {"department": null, "manager": {"value": "123456"}, "employeeNumber": "7"},
            }),
            &[],
        )),
    );
}

/// Fixture 14: only the block of the ECMA host, which `schemas` does not name.
#[test]
fn ecma_host_post() {
    check(
        "entra",
        json!({"schemas": [crate::USER_URN], ECMA_URN: {"contoso$login": "b"}}),
        Ok((json!({ECMA_URN: {"Contoso$Login": "b"}}), &[])),
    );
}

/// Fixture 23: a schema that nobody knows among the group's schemas.
#[test]
fn entra_group_post() {
    let body = json!({
        "schemas": [crate::GROUP_URN, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "e", "displayName": "G", "meta": {"resourceType": "Group"},
    });
    let found = canonicalise(body.clone(), &crate::testing::groups(), &profile("entra")).unwrap();
    assert_eq!(Value::Object(found.resource), json!({"externalId": "e", "displayName": "G"}));
    let strict = canonicalise(body, &crate::testing::groups(), &profile("rfc")).unwrap_err();
    assert_eq!(
        strict.detail,
        "The schema 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSC…' is not known here."
    );
}

#[test]
fn schemas_are_wanted_by_the_letter() {
    let strict = |body| canonicalise(body, &users(), &profile("rfc")).map(|_| ()).map_err(|error| error.detail);
    let missing = Err(format!("'schemas' must be there and name '{}'.", crate::USER_URN));
    assert_eq!(strict(json!({"userName": "b"})), missing);
    assert_eq!(strict(json!({"schemas": []})), missing);
    assert_eq!(strict(json!({"schemas": "x"})), Err("'schemas' must be a list of URNs.".to_owned()));
    assert_eq!(
        strict(json!({"schemas": [crate::ENTERPRISE_URN]})),
        Err(format!("'schemas' must name '{}'.", crate::USER_URN))
    );
    assert_eq!(strict(json!({"Schemas": [crate::USER_URN]})), Ok(()));
    assert_eq!(
        strict(json!({"schemas": [crate::USER_URN], crate::ENTERPRISE_URN: {"department": "D"}})),
        Err(format!("Attributes of '{}' are given, but 'schemas' does not name it.", crate::ENTERPRISE_URN))
    );
    assert_eq!(strict(json!("x")), Err("The body must be a JSON object.".to_owned()));
}

#[test]
fn required_attributes() {
    let missing = |resource: Value| {
        let Value::Object(resource) = resource else { panic!("an object") };
        missing_required(&resource, &users()).map(|path| path.to_string())
    };
    assert_eq!(missing(json!({})), Some("userName".to_owned()));
    assert_eq!(missing(json!({"userName": null})), Some("userName".to_owned()));
    assert_eq!(missing(json!({"USERNAME": "b", "emails": [{"type": "work"}]})), None);
    let extension = crate::Schema::new("urn:x", "X", "").with([
        Attribute::string("must", "").required(),
        Attribute::complex("part", "", [Attribute::string("inner", "").required()]).multi(),
    ]);
    let schemas = |required| SchemaSet::new(crate::schema::group(), vec![(extension.clone(), required)]);
    let missing = |resource: Value, required| {
        missing_required(resource.as_object().unwrap(), &schemas(required)).map(|path| path.to_string())
    };
    assert_eq!(missing(json!({"displayName": "G"}), false), None);
    assert_eq!(missing(json!({"displayName": "G"}), true), Some("urn:x:must".to_owned()));
    assert_eq!(missing(json!({"displayName": "G", "urn:x": {"part": []}}), false), Some("urn:x:must".to_owned()));
    assert_eq!(
        missing(json!({"displayName": "G", "urn:x": {"must": "1", "part": [{"inner": "1"}, {"inner": null}]}}), false),
        Some("urn:x:part.inner".to_owned())
    );
}

proptest! {
    #[test]
    fn no_body_makes_it_panic_and_canonical_bodies_stay(body in any_json()) {
        for name in Profile::NAMES {
            let Ok(once) = canonicalise(body.clone(), &users(), &profile(name)) else { continue };
            let twice = canonicalise(Value::Object(once.resource.clone()), &users(), &profile("default"));
            let twice = twice.map(|canonical| canonical.resource);
            if *name == "default" {
                prop_assert_eq!(twice.as_ref(), Ok(&once.resource));
            }
        }
    }
}

#[test]
fn values_of_one_attribute_are_bounded() {
    let check = |count: usize, status: Option<u16>| {
        let members = vec![json!({"value": "1"}); count];
        let body = json!({"schemas": [crate::GROUP_URN], "displayName": "g", "members": members});
        let error = canonicalise(body, &crate::testing::groups(), &crate::testing::profile("default")).err();
        assert_eq!(error.as_ref().map(|error| error.status), status);
        assert!(error.is_none_or(|error| error.detail.contains("'members'")));
    };
    check(crate::MAX_VALUES, None);
    check(crate::MAX_VALUES + 1, Some(413));
}
