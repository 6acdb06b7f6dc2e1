//! The manual's page on the configuration has every key.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

/// Names of all properties in the schema.
fn keys(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Object(properties)) = object.get("properties") {
                found.extend(properties.keys().cloned());
            }
            object.values().for_each(|value| keys(value, found));
        }
        Value::Array(array) => array.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn every_key_is_documented() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut found = BTreeSet::new();
    keys(&patchbay::config::schema(), &mut found);
    assert!(found.len() > 50, "{found:?}");
    let missing: Vec<_> = found.iter().filter(|key| !page.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "docs/configuration.md says nothing of {missing:?}");
}

#[test]
fn every_key_has_a_description() {
    fn check(schema: &Value, path: &str) {
        if let Some(Value::Object(properties)) = schema.get("properties") {
            for (name, property) in properties {
                assert!(property.get("description").is_some(), "{path}.{name} has no description: {property}");
            }
        }
    }
    let schema = patchbay::config::schema();
    check(&schema, "");
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        check(definition, name);
    }
}
