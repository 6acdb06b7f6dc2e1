//! Where the resource is that a request was about.

use crate::mapping::Bound;
use crate::message::{Method, Request, Response};
use crate::render::location;

/// URL of the resource that a request has read or changed, for `Location`, as the examples of
/// RFC 7644 sections 3.4.1 to 3.5.2 have it. None for one that was made, which has its own
/// already, for one that is gone, and for errors.
pub(crate) fn place(bound: &Bound, request: &Request, response: &Response) -> Option<String> {
    let known = matches!(request.method, Method::Get | Method::Put | Method::Patch) && response.status < 300;
    let [endpoint, id] = request.path.as_slice() else { return None };
    let resource = bound.by_endpoint(endpoint).filter(|_| known)?;
    // The target may spell the id in another way than the client.
    let shown = response.body.as_ref().and_then(|body| body.get("id")?.as_str());
    Some(location(&request.base_url, &resource.endpoint, shown.unwrap_or(id)))
}
