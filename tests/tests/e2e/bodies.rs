//! Request bodies as Entra sends them.

use serde_json::{Value, json};

use crate::harness::{ENTERPRISE, USER};

/// A new user as Entra's default mapping has it.
pub(crate) fn user(login: &str) -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": login.split('@').next(),
        "userName": login,
        "active": true,
        "displayName": "Nina Berg",
        "title": "Service Desk Analyst",
        "emails": [{ "primary": true, "type": "work", "value": login }],
        "phoneNumbers": [{ "type": "work", "value": "+47 22 00 11 22" }, { "type": "mobile", "value": "+47 900 11 222" }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "Nina Berg", "familyName": "Berg", "givenName": "Nina" },
        "roles": [],
        ENTERPRISE: { "employeeNumber": format!("N-{login}"), "department": "Service Desk" },
    })
}

/// A PATCH body.
pub(crate) fn patch(operations: Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

/// A PATCH with one operation.
pub(crate) fn one(op: &str, path: &str, value: Value) -> Value {
    patch(json!([{ "op": op, "path": path, "value": value }]))
}

/// `[{"$ref": null, "value": ID}, ...]`, as Entra lists members.
pub(crate) fn members<'a>(ids: impl IntoIterator<Item = &'a str>) -> Value {
    ids.into_iter().map(|id| json!({ "$ref": null, "value": id })).collect()
}
