//! One SCIM request and its answer, without HTTP.

use patchbay_contract::Context;
use serde_json::Value;

/// HTTP method of a SCIM request (RFC 7644 section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "HTTP methods")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// Under which base URL the request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Base {
    /// `/apps/NAME/scim/v2`.
    Scim,
    /// `/ecma2host_NAME/scim`: resources also carry the ECMA host's attribute block.
    Ecma2Host,
}

/// A request after authentication.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method; HEAD arrives as GET.
    pub method: Method,
    /// Percent-decoded segments after the base URL, e.g. `["Users", "42"]`. A trailing
    /// slash leaves no empty segment.
    pub path: Vec<String>,
    /// Decoded query parameters in order.
    pub query: Vec<(String, String)>,
    /// JSON body, where there was one.
    pub body: Option<Value>,
    /// `If-Match`.
    pub if_match: Option<String>,
    /// `If-None-Match`.
    pub if_none_match: Option<String>,
    /// Id of the User that the client stands for, which `/Me` is then an alias of.
    pub me: Option<String>,
    /// Public base URL without trailing slash, e.g. `https://host:8585/apps/helpdesk/scim/v2`.
    pub base_url: String,
    /// Which of the two bases that is.
    pub base: Base,
    /// Request id and deadline.
    pub context: Context,
}

impl Request {
    /// Whether it asks for a change; a search does not, although it may be a POST.
    pub fn writes(&self) -> bool {
        match self.method {
            Method::Get => false,
            Method::Post => self.path.last().is_none_or(|last| last != ".search"),
            Method::Put | Method::Patch | Method::Delete => true,
        }
    }
}

/// The answer.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers besides Content-Type and Content-Length.
    pub headers: Vec<(&'static str, String)>,
    /// `application/scim+json` body.
    pub body: Option<Value>,
    /// What is recorded of a write that was asked of the target, done or not. That of the
    /// operations of a Bulk request is with their own answers.
    pub audit: Option<Audit>,
    /// Detail for the log, never for the client.
    pub internal: Option<String>,
}

/// What a write did to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it was refused, or there was nothing to change.
    Nothing,
    /// The target has confirmed it. What failed after that, such as reading back, does
    /// not undo it.
    Written,
    /// The target was asked and did not say: it may be done.
    Unknown,
    /// Some of it stands, and the rest was refused or failed.
    Partly,
}

/// What is recorded of a write. Holds no values of attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// `create`, `replace`, `patch`, `delete`.
    pub operation: &'static str,
    /// SCIM resource type.
    pub resource_type: String,
    /// SCIM id, where there is one (a failed create has none).
    pub id: Option<String>,
    /// What it did to the target.
    pub effect: Effect,
    /// scimType of a failure.
    pub scim_type: Option<String>,
}
