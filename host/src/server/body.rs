//! Reading a request's JSON body, within size and time.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use patchbay_scim::ScimError;
use serde_json::Value;

/// Reads the body to its end and as JSON; none where there is none.
pub(super) async fn read<B>(
    headers: &HeaderMap,
    body: B,
    max: usize,
    time: Duration,
) -> Result<Option<Value>, ScimError>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if body.size_hint().lower() > u64::try_from(max).unwrap_or(u64::MAX) {
        return Err(too_large(max));
    }
    let bytes = match tokio::time::timeout(time, Box::pin(Limited::new(body, max).collect())).await {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large(max)),
        Ok(Err(error)) => {
            let broken = ScimError::invalid_syntax("The body could not be read to its end.");
            return Err(broken.with_internal(error.to_string()));
        }
        Err(_) => return Err(ScimError::new(408, None, "The body did not arrive in time.")),
    };
    if bytes.is_empty() {
        return Ok(None);
    }
    check_type(headers)?;
    // serde_json's message has a position, and at most a word of what it expected.
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| ScimError::invalid_syntax(format!("The body is not valid JSON: {}.", position(&error))))
}

/// What is wrong with the JSON, without any of its text.
fn position(error: &serde_json::Error) -> String {
    // Deeper than 127 levels is given up on, so that no body exhausts the stack.
    let too_deep = error.to_string().starts_with("recursion limit");
    let what = match () {
        () if too_deep => "it is nested too deep",
        () if error.is_eof() => "it ends too early",
        () => "there is a mistake",
    };
    format!("{what} at line {}, column {}", error.line(), error.column())
}

fn too_large(max: usize) -> ScimError {
    ScimError::too_large(format!("The body has more than {max} bytes, which is maxPayloadSize."))
}

/// Accepts `application/scim+json` and `application/json` (RFC 7644 section 3.8), in
/// UTF-8, or no statement at all.
fn check_type(headers: &HeaderMap) -> Result<(), ScimError> {
    let unsupported = |what: &str| Err(ScimError::unsupported_media(what));
    let identity = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| !identity(encoding)) {
        return unsupported("Compressed bodies are not supported.");
    }
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let Ok(value) = value.to_str() else { return unsupported("The content type is not readable.") };
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    if !["application/scim+json", "application/json"].iter().any(|known| media.eq_ignore_ascii_case(known)) {
        return unsupported("The content type must be application/scim+json or application/json.");
    }
    for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
        let value = value.trim().trim_matches('"');
        let utf8 = ["utf-8", "utf8", "us-ascii"].iter().any(|known| value.eq_ignore_ascii_case(known));
        if name.trim().eq_ignore_ascii_case("charset") && !utf8 {
            return unsupported("The character set must be UTF-8.");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn content_types() {
        let check = |value: &'static str, good: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
            assert_eq!(check_type(&headers).is_ok(), good, "{value}");
        };
        check("application/scim+json", true);
        check("Application/JSON; charset=\"UTF-8\"", true);
        check("application/json;charset=utf-8", true);
        check("application/json; charset=latin1", false);
        check("application/x-www-form-urlencoded", false);
        check("text/json", false);
        check("", false);
    }
}
