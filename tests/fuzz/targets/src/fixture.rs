//! Schemas, profiles and a resource to work on.

use patchbay_scim::{Profile, SchemaSet, schema};
use serde_json::{Map, Value, json};

/// The two ends of what is accepted beside the RFCs.
pub(crate) const PROFILES: [&str; 2] = ["rfc", "default"];

pub(crate) fn profile(name: &str) -> Profile {
    Profile::builtin(name).expect("a built-in profile")
}

pub(crate) fn schemas() -> SchemaSet {
    SchemaSet::new(schema::user(), vec![(schema::enterprise_user(), false)])
}

/// A user with values of every shape.
pub(crate) fn user() -> Map<String, Value> {
    let user = json!({
        "schemas": [patchbay_scim::USER_URN, patchbay_scim::ENTERPRISE_URN],
        "id": "1", "externalId": "E-1", "userName": "bjensen", "active": true,
        "name": {"givenName": "Barbara", "familyName": "Jensen"},
        "title": "", "profileUrl": "https://example.com/b",
        "emails": [
            {"value": "b@example.com", "type": "work", "primary": true},
            {"value": "b@home.example", "type": "home"},
        ],
        "addresses": [{"type": "work", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood"}],
        "x509Certificates": [{"value": "aGVsbG8="}],
        "meta": {"resourceType": "User", "created": "2011-05-13T04:42:34Z", "version": "W/\"a\""},
        patchbay_scim::ENTERPRISE_URN: {"employeeNumber": "701984", "manager": {"value": "26118915"}},
    });
    match user {
        Value::Object(user) => user,
        _ => Map::new(),
    }
}
