//! What the server can do (RFC 7643 section 5, RFC 9865).

use serde::Serialize;
use serde_json::{Map, Value, json};

/// The server's abilities, as `/ServiceProviderConfig` announces them. [`Default`] is a
/// server that can do nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an ability of its own in the RFC")]
pub struct ServiceProviderConfig {
    /// URL of the documentation for people.
    pub documentation_uri: Option<String>,
    /// PATCH.
    pub patch: bool,
    /// Bulk, with its limits.
    pub bulk: Option<Bulk>,
    /// Filters, with the largest number of results.
    pub filter: Option<u64>,
    /// Setting a password.
    pub change_password: bool,
    /// Sorting.
    pub sort: bool,
    /// ETags.
    pub etag: bool,
    /// How clients authenticate.
    pub authentication_schemes: Vec<AuthenticationScheme>,
    /// How lists are paged.
    pub pagination: Option<Pagination>,
}

/// Limits of bulk requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bulk {
    /// Operations in one request.
    pub max_operations: u64,
    /// Bytes of one request.
    pub max_payload_size: u64,
}

/// A way to authenticate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationScheme {
    /// Keyword of the RFC, e.g. `oauthbearertoken`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name for people.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// URL of the specification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec_uri: Option<String>,
    /// Whether it is the preferred one.
    pub primary: bool,
}

/// A way to page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PageMethod {
    /// By `cursor`.
    Cursor,
    /// By `startIndex`.
    Index,
}

/// How lists are paged (RFC 9865).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// Whether `cursor` is known.
    pub cursor: bool,
    /// Whether `startIndex` is known.
    pub index: bool,
    /// What a request without either gets.
    pub default_pagination_method: PageMethod,
    /// Page size where a request names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_page_size: Option<u64>,
    /// Largest page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_page_size: Option<u64>,
    /// Seconds for which a cursor can be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor_timeout: Option<u64>,
}

impl AuthenticationScheme {
    /// A bearer token (RFC 6750).
    pub fn bearer() -> Self {
        Self {
            kind: "oauthbearertoken".to_owned(),
            name: "Bearer token".to_owned(),
            description: "A token in the Authorization header.".to_owned(),
            spec_uri: Some("https://www.rfc-editor.org/info/rfc6750".to_owned()),
            primary: true,
        }
    }
}

impl ServiceProviderConfig {
    /// The resource that `/ServiceProviderConfig` answers; `base_url` is the SCIM base
    /// without a slash at its end.
    pub fn to_json(&self, base_url: &str) -> Value {
        let mut json = Map::new();
        let mut put = |key: &str, value: Value| json.insert(key.to_owned(), value);
        let supported = |supported: bool| json!({"supported": supported});
        put("schemas", json!(["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]));
        if let Some(uri) = &self.documentation_uri {
            put("documentationUri", json!(uri));
        }
        put("patch", supported(self.patch));
        put(
            "bulk",
            json!({
                "supported": self.bulk.is_some(),
                "maxOperations": self.bulk.map_or(0, |bulk| bulk.max_operations),
                "maxPayloadSize": self.bulk.map_or(0, |bulk| bulk.max_payload_size),
            }),
        );
        put("filter", json!({"supported": self.filter.is_some(), "maxResults": self.filter.unwrap_or(0)}));
        put("changePassword", supported(self.change_password));
        put("sort", supported(self.sort));
        put("etag", supported(self.etag));
        put("authenticationSchemes", json!(self.authentication_schemes));
        if let Some(pagination) = &self.pagination {
            put("pagination", json!(pagination));
        }
        put(
            "meta",
            json!({
                "resourceType": "ServiceProviderConfig",
                "location": format!("{base_url}/ServiceProviderConfig"),
            }),
        );
        Value::Object(json)
    }
}
