//! The settings that cases use: the same names on every directory, whatever they are called
//! there.

use serde_json::{Value, json};

use crate::target::Kind;

/// People and groups.
pub(crate) fn settings(kind: Kind) -> Value {
    match kind {
        Kind::OpenLdap => json!({ "classes": {
            "person": {
                "object_classes": ["inetOrgPerson"],
                "base": "ou=people,dc=example,dc=org",
                "name": "login",
                "dn": "cn={cn},ou=people,dc=example,dc=org",
                "active": "pwdAccountLockedTime",
                "password": { "way": "operation" },
                "member_of": "group",
                "include": ["cn", "sn", "entryUUID", "createTimestamp", "userCertificate"],
                "attributes": {
                    "login": { "attribute": "uid" },
                    "given": { "attribute": "givenName" },
                    "title": {},
                    "mail": {},
                    "phones": { "attribute": "telephoneNumber" },
                    "number": { "attribute": "employeeNumber" },
                    "note": { "attribute": "description" },
                    "photo": { "attribute": "jpegPhoto", "single": true },
                    "manager": { "single": true, "class": "person" },
                },
            },
            "group": {
                "object_classes": ["groupOfNames"],
                "base": "ou=groups,dc=example,dc=org",
                "name": "cn",
                "dn": "cn={cn},ou=groups,dc=example,dc=org",
                "members": { "class": ["person", "group"], "placeholder": "cn=patchbay,dc=example,dc=org" },
                "include": ["cn", "description"],
            },
        } }),
        Kind::Ds389 => {
            let mut settings = settings(Kind::OpenLdap);
            let classes = &mut settings["classes"];
            // Accounts have a lock of their own, and groups may be empty.
            classes["person"].as_object_mut().unwrap().remove("active");
            classes["group"]["members"].as_object_mut().unwrap().remove("placeholder");
            classes["person"]["include"] = json!(["cn", "sn", "nsUniqueId", "createTimestamp", "userCertificate"]);
            settings
        }
        Kind::SambaAd => json!({ "classes": {
            "person": {
                "object_classes": ["user"],
                "filter": "(&(objectCategory=person)(objectClass=user))",
                "base": "ou=people,DC=test,DC=lan",
                "name": "login",
                "dn": "cn={cn},ou=people,DC=test,DC=lan",
                "member_of": "group",
                "include": ["cn", "sn", "objectGUID", "objectSid", "whenCreated", "userCertificate"],
                "attributes": {
                    "login": { "attribute": "sAMAccountName" },
                    "upn": { "attribute": "userPrincipalName" },
                    "given": { "attribute": "givenName" },
                    "title": {},
                    "mail": {},
                    "phones": { "attribute": "otherTelephone" },
                    "number": { "attribute": "employeeNumber" },
                    "note": { "attribute": "info" },
                    "photo": { "attribute": "jpegPhoto", "single": true },
                    "manager": { "class": "person" },
                },
            },
            "group": {
                "object_classes": ["group"],
                "base": "ou=groups,DC=test,DC=lan",
                "name": "cn",
                "dn": "cn={cn},ou=groups,DC=test,DC=lan",
                "members": { "class": ["person", "group"] },
                "include": ["cn", "description", "sAMAccountName", "groupType"],
            },
        } }),
    }
}

/// Puts `value` at `pointer` of the settings.
pub(crate) fn with(mut settings: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    settings.pointer_mut(parent).unwrap()[key] = value;
    settings
}
