//! Resource types (RFC 7643 section 6).

use serde_json::{Map, Value, json};

use super::meta;

/// A kind of resource and its endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceType {
    /// Id, e.g. `User`.
    pub id: String,
    /// Name for people and for `meta.resourceType`.
    pub name: String,
    /// Path below the base, with its slash: `/Users`.
    pub endpoint: String,
    /// One sentence.
    pub description: String,
    /// URN of the core schema.
    pub schema: String,
    /// URNs of the extensions, each with whether it is required.
    pub extensions: Vec<(String, bool)>,
}

impl ResourceType {
    /// The resource that `/ResourceTypes/{id}` answers; `base_url` is the SCIM base
    /// without a slash at its end.
    pub fn to_json(&self, base_url: &str) -> Value {
        let mut json = Map::new();
        let mut put = |key: &str, value: Value| json.insert(key.to_owned(), value);
        put("schemas", json!(["urn:ietf:params:scim:schemas:core:2.0:ResourceType"]));
        put("id", json!(self.id));
        put("name", json!(self.name));
        put("endpoint", json!(self.endpoint));
        if !self.description.is_empty() {
            put("description", json!(self.description));
        }
        put("schema", json!(self.schema));
        if !self.extensions.is_empty() {
            let extensions = self.extensions.iter();
            let extensions = extensions.map(|(urn, required)| json!({"schema": urn, "required": required}));
            put("schemaExtensions", extensions.collect());
        }
        put("meta", meta("ResourceType", base_url, "ResourceTypes", &self.id));
        Value::Object(json)
    }
}
