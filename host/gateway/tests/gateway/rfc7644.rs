//! RFC 7644 sections 3.3 to 3.14 and RFC 9865, example by example and table row by table
//! row. A test's name begins with its section; `rfc` is the profile where the RFC decides.
//! What only HTTP shows (media types, HEAD, 413, 415) is tested at the edge.

mod rfc9865;
mod s3_10_notation;
mod s3_11_me;
mod s3_12_errors;
mod s3_14_versions;
mod s3_2_protocol;
mod s3_3_create;
mod s3_4_filter;
mod s3_4_grammar;
mod s3_4_page;
mod s3_4_query;
mod s3_4_sort;
mod s3_5_1_put;
mod s3_5_2_examples;
mod s3_5_2_patch;
mod s3_5_2_rules;
mod s3_6_delete;
mod s3_7_bulk;
mod s3_7_examples;
mod s3_9_projection;

use patchbay_gateway::{Method, Response};
use serde_json::{Value, json};

use crate::App;

pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const HR: &str = "urn:example:params:scim:schemas:extension:hr:1.0:User";
pub(crate) const DEVICE: &str = "urn:example:params:scim:schemas:helpdesk:2.0:Device";
pub(crate) const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
pub(crate) const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
pub(crate) const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
pub(crate) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
pub(crate) const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// Creates a user from these attributes and returns its id.
pub(crate) async fn user(app: &App, mut body: Value) -> String {
    let extensions = [ENTERPRISE, HR].into_iter().filter(|urn| body.get(urn).is_some());
    body["schemas"] = std::iter::once(USER).chain(extensions).collect();
    app.made("/Users", body).await
}

pub(crate) async fn patch(app: &App, target: &str, operations: Value) -> Response {
    app.send(Method::Patch, target, Some(json!({"schemas": [PATCH], "Operations": operations}))).await
}

/// That the answer is this error, with a body that agrees with it.
#[track_caller]
pub(crate) fn refused(response: &Response, status: u16, scim_type: Option<&str>) {
    let body = response.body.as_ref().unwrap();
    assert_eq!(response.status, status, "{body}");
    assert_eq!(body["schemas"], json!([ERROR]));
    assert_eq!(body["status"], json!(status.to_string()));
    assert_eq!(body.get("scimType").and_then(Value::as_str), scim_type, "{body}");
    assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{body}");
}

pub(crate) fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
}

/// One attribute of each resource of a list.
pub(crate) fn column<'l>(list: &'l Value, attribute: &str) -> Vec<&'l str> {
    list["Resources"].as_array().unwrap().iter().map(|r| r[attribute].as_str().unwrap_or("-")).collect()
}
