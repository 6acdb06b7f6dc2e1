//! Limits on a request's head, checked here and not by the HTTP library, so that the client
//! is told in SCIM's words. The library's own limits stand behind these, twice as wide.

use http::request::Parts;
use patchbay_scim::ScimError;

/// Longest path and query, in bytes: a filter at its limit, escaped throughout, fits.
const MAX_URL: usize = 56 * 1024;

/// Largest head, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// Most header fields.
const MAX_FIELDS: usize = 100;

/// Largest head that the HTTP library reads; over HTTP/1 it looks after each reading, so
/// that one may have up to twice as much.
pub(super) const READ: usize = 2 * MAX_HEAD;

/// Most header fields that it reads.
pub(super) const READ_FIELDS: usize = 2 * MAX_FIELDS;

/// Refuses a head that is too large.
///
/// # Errors
/// 414 for the URL (RFC 9110 section 15.5.15), 431 for the rest (RFC 6585 section 5).
pub(super) fn check(head: &Parts) -> Result<(), ScimError> {
    let url = head.uri.path_and_query().map_or(0, |url| url.as_str().len());
    if url > MAX_URL {
        return Err(ScimError::new(414, None, format!("The URL has more than {MAX_URL} bytes.")));
    }
    // As HTTP/1 writes them: with a colon, a space and a line's end.
    let fields: usize = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let detail = match (head.headers.len() > MAX_FIELDS, url + fields > MAX_HEAD) {
        (true, _) => format!("The request has more than {MAX_FIELDS} header fields."),
        (_, true) => format!("The header fields and the URL have more than {MAX_HEAD} bytes."),
        _ => return Ok(()),
    };
    Err(ScimError::new(431, None, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    #[test]
    fn heads_at_the_limit_and_beyond() {
        let check = |url: usize, fields: &[usize], status: Option<u16>| {
            let mut request = Request::builder().uri(format!("/{}", "u".repeat(url - 1)));
            for (number, size) in fields.iter().enumerate() {
                request = request.header(format!("h{number:03}"), "v".repeat(*size - 8));
            }
            let (head, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(check(&head).err().map(|error| error.status), status, "{url} {fields:?}");
        };
        check(1, &[], None);
        check(MAX_URL, &[], None);
        check(MAX_URL + 1, &[], Some(414));
        check(1, &[MAX_HEAD - 1], None);
        check(1, &[MAX_HEAD], Some(431));
        check(MAX_URL, &[MAX_HEAD - MAX_URL + 1], Some(431));
        check(1, &[10; MAX_FIELDS], None);
        check(1, &[10; MAX_FIELDS + 1], Some(431));
    }
}
