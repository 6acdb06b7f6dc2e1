//! Answers as HTTP.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::Full;
use patchbay_gateway::Response;
use patchbay_scim::ScimError;
use serde_json::Value;

use super::route::Route;

/// An answer ready to be sent.
pub(super) type HttpResponse = http::Response<Full<Bytes>>;

const SCIM_JSON: HeaderValue = HeaderValue::from_static("application/scim+json");

/// Renders the gateway's answer.
pub(super) fn from_gateway(answer: Response) -> HttpResponse {
    let mut http = render(answer.status, answer.body.as_ref());
    for (name, value) in answer.headers {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => {
                http.headers_mut().insert(name, value);
            }
            // An id of a target may hold what no header can; the body has it too.
            _ => tracing::warn!(target: "patchbay::http", header = name, "a header cannot be sent"),
        }
    }
    http
}

/// Renders an error of the edge itself, to a request for `path`.
pub(super) fn from_error(error: &ScimError, path: &str) -> HttpResponse {
    let mut http = render(error.status, Some(&error.body()));
    if let Some(after) = error.retry_after {
        http.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds(after)));
    }
    if error.status == 405
        && let Ok(Some(route)) = Route::parse(path)
    {
        http.headers_mut().insert(ALLOW, HeaderValue::from_static(patchbay_gateway::allow(&route.segments)));
    }
    if error.status == 401 {
        http.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    http
}

/// The answer to HEAD: all headers, no body (RFC 9110 section 9.3.2).
pub(super) fn without_body(http: HttpResponse) -> HttpResponse {
    let (mut head, body) = http.into_parts();
    let length = http_body::Body::size_hint(&body).lower();
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    HttpResponse::from_parts(head, Full::default())
}

fn render(status: u16, body: Option<&Value>) -> HttpResponse {
    let (status, bytes) = match (StatusCode::from_u16(status), body.map(serde_json::to_vec).transpose()) {
        (Ok(status), Ok(bytes)) => (status, bytes),
        // Neither can happen: statuses are ours, and JSON values have string keys.
        (Err(_), _) | (_, Err(_)) => (StatusCode::INTERNAL_SERVER_ERROR, None),
    };
    let has_body = bytes.is_some();
    let mut http = http::Response::new(Full::from(bytes.unwrap_or_default()));
    *http.status_mut() = status;
    http.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if has_body {
        http.headers_mut().insert(CONTENT_TYPE, SCIM_JSON);
    }
    http
}

/// Whole seconds, rounded up: coming back too early is worse than too late.
fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
