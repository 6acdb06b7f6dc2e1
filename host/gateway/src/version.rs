//! Versions of the protocol in a request's path (RFC 7644 section 3.13).

use patchbay_scim::ScimError;

/// What becomes of a request whose path goes on with this segment, if that names a version of
/// the protocol: the one spoken here is part of the base URL, so that it is another one.
pub(crate) fn other_version(segment: &str) -> Option<ScimError> {
    let number = segment.strip_prefix('v').filter(|number| !number.is_empty() && *number != "2")?;
    let is_number = number.len() <= 8 && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_number.then(|| ScimError::invalid_vers(format!("version {number} is not spoken here; use v2, or name none")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_endpoints() {
        for (segment, refused) in
            [("v1", true), ("v1.1", true), ("v3", true), ("v2", false), ("v", false), ("vans", false), ("Users", false)]
        {
            assert_eq!(other_version(segment).is_some(), refused, "{segment}");
        }
    }
}
