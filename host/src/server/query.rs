//! Query parameters of a request.

use super::route::{Malformed, decode};

/// Decodes `name=value&...`, in order. Empty parts are skipped.
pub(super) fn parse(query: &str) -> Result<Vec<(String, String)>, Malformed> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Ok((decode(name, true)?, decode(value, true)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let check = |query: &str, expected: &[(&str, &str)]| {
            let parsed = parse(query).unwrap();
            let parsed: Vec<_> = parsed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(parsed, expected, "{query}");
        };
        check("", &[]);
        check("filter=userName%20eq%20%22a%2Bb%22&count=1", &[("filter", "userName eq \"a+b\""), ("count", "1")]);
        check("filter=userName+eq+%22J%C3%BCrgen%22", &[("filter", "userName eq \"Jürgen\"")]);
        check("filter=a==b&&x", &[("filter", "a==b"), ("x", "")]);
        assert_eq!(parse("filter=100%"), Err(Malformed));
        assert_eq!(parse("a=%C3"), Err(Malformed));
    }
}
