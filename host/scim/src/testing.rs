//! What the tests of this crate share.

use proptest::prelude::*;

use crate::{
    Attribute, ENTERPRISE_URN, Profile, Schema, SchemaSet, Type,
    schema::{enterprise_user, group, user},
};

/// URN of an extension as the ECMA host has it: dots and colons inside, `$` in a name.
pub(crate) const ECMA_URN: &str = "urn:ietf:params:scim:schemas:extension:ECMA2Host:2.0:User";

/// User with the enterprise extension and one of every other type.
pub(crate) fn users() -> SchemaSet {
    let ecma = Schema::new(ECMA_URN, "Contoso", "").with([
        Attribute::string("Contoso$Login", "").case_exact(),
        Attribute::new("Level", Type::Integer, ""),
        Attribute::new("Rate", Type::Decimal, ""),
        Attribute::new("Hired", Type::DateTime, ""),
        Attribute::string("Tags", "").multi(),
        Attribute::string("Badge", "").mutability(crate::Mutability::Immutable),
    ]);
    SchemaSet::new(user(), vec![(enterprise_user(), false), (ecma, false)]).for_profile(&profile("default"))
}

/// Group.
pub(crate) fn groups() -> SchemaSet {
    SchemaSet::new(group(), Vec::new())
}

/// A built-in profile.
pub(crate) fn profile(name: &str) -> Profile {
    Profile::builtin(name).unwrap()
}

/// A qualified name of the enterprise extension.
pub(crate) fn enterprise(name: &str) -> String {
    format!("{ENTERPRISE_URN}:{name}")
}

/// Any JSON, with the names that mean something here well represented.
pub(crate) fn any_json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let name = prop_oneof![
        4 => prop::sample::select(vec![
            "schemas", "Operations", "op", "path", "value", "add", "Replace", "remove", "emails", "name", "members",
            "type", "primary", "active", "manager", "userName", "name.givenName", "emails[type eq \"work\"].value",
            "$ref", "roles", "urn:ietf:params:scim:api:messages:2.0:PatchOp", ENTERPRISE_URN, ECMA_URN,
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        name.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}
