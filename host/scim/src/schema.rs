//! Schemas, resource types and the service provider's abilities (RFC 7643 sections 5 to 7).

mod attribute;
mod provider;
mod resource_type;
mod set;
mod standard;

pub use attribute::{Attribute, Mutability, Returned, Type, Uniqueness};
pub use provider::{AuthenticationScheme, Bulk, PageMethod, Pagination, ServiceProviderConfig};
pub use resource_type::ResourceType;
pub use set::{Resolved, SchemaSet};
pub use standard::{common_attributes, enterprise_user, group, user};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A schema: a URN and the attributes it defines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schema {
    /// The URN.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// One sentence.
    #[serde(default)]
    pub description: String,
    /// The attributes, in the order in which they are shown.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// A schema without attributes.
    pub fn new(id: impl Into<String>, name: impl Into<String>, description: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into(), description: description.into(), attributes: Vec::new() }
    }

    /// The same with these attributes added.
    #[must_use]
    pub fn with(mut self, attributes: impl IntoIterator<Item = Attribute>) -> Self {
        self.attributes.extend(attributes);
        self
    }

    /// The attribute of this name, in any case.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        attribute::find(&self.attributes, name)
    }

    /// The resource that `/Schemas/{id}` answers; `base_url` is the SCIM base without a
    /// slash at its end. No nulls: what does not apply is left out.
    pub fn to_json(&self, base_url: &str) -> Value {
        let mut json = Map::new();
        json.insert("schemas".to_owned(), json!(["urn:ietf:params:scim:schemas:core:2.0:Schema"]));
        json.insert("id".to_owned(), json!(self.id));
        json.insert("name".to_owned(), json!(self.name));
        if !self.description.is_empty() {
            json.insert("description".to_owned(), json!(self.description));
        }
        let attributes = self.attributes.iter().map(Attribute::to_json).collect();
        json.insert("attributes".to_owned(), Value::Array(attributes));
        json.insert("meta".to_owned(), meta("Schema", base_url, "Schemas", &self.id));
        Value::Object(json)
    }
}

/// The `meta` of a discovery resource.
fn meta(kind: &str, base_url: &str, endpoint: &str, id: &str) -> Value {
    json!({"resourceType": kind, "location": format!("{base_url}/{endpoint}/{id}")})
}

#[cfg(test)]
mod tests;
