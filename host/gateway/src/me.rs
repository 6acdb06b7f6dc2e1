//! `/Me`, the alias of the client's own resource (RFC 7644 section 3.11).

use patchbay_scim::ScimError;

use crate::mapping::Bound;
use crate::message::{Method, Request};
use crate::render::location;

/// Name of the resource type that clients stand for.
const TYPE: &str = "User";

/// The request as one on the resource that `/Me` stands for, and that resource's URL,
/// which every answer to it carries; any other request as it is.
///
/// # Errors
/// The request with 501 where it cannot be served: the client stands for nobody, or asks
/// to create what is there already.
#[expect(clippy::result_large_err, reason = "the request goes back to where it came from")]
pub(crate) fn aliased(bound: &Bound, mut request: Request) -> Result<(Request, Option<String>), (Request, ScimError)> {
    if request.path.first().is_none_or(|first| first != "Me") {
        return Ok((request, None));
    }
    let Some(user) = bound.resources.iter().find(|resource| resource.name == TYPE) else {
        return Err((request, ScimError::not_implemented("/Me is a User, and users are not mapped here")));
    };
    let Some(id) = request.me.clone() else {
        let error = "/Me is not configured: the token of this client stands for nobody";
        return Err((request, ScimError::not_implemented(error)));
    };
    if request.path.len() > 1 {
        return Err((request, ScimError::not_found("there is no such endpoint")));
    }
    if request.method == Method::Post {
        let error = format!("/Me is there already; create users at /{}", user.endpoint);
        return Err((request, ScimError::not_implemented(error)));
    }
    let url = location(&request.base_url, &user.endpoint, &id);
    request.path = vec![user.endpoint.clone(), id];
    Ok((request, Some(url)))
}
