//! Bearer tokens (RFC 6750) of clients.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::config::Secret;

/// Shortest token that is accepted, in bytes.
const MIN_TOKEN: usize = 12;

/// Longest one.
const MAX_TOKEN: usize = 4096;

/// A token of an app. Only its digest is kept.
#[derive(Debug, Clone)]
pub struct Token {
    name: String,
    digest: [u8; 32],
    me: Option<String>,
}

impl Token {
    /// The token `secret`, which logs call `name`.
    ///
    /// # Errors
    /// A sentence for the administrator when a client could not send it, or when it is
    /// too short to be one.
    pub fn new(name: impl Into<String>, secret: &Secret) -> Result<Self, String> {
        let value = secret.expose();
        if !(MIN_TOKEN..=MAX_TOKEN).contains(&value.len()) {
            return Err(format!("a token has {MIN_TOKEN} to {MAX_TOKEN} characters; this one does not"));
        }
        if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("a token has only visible ASCII characters; this one has others (maybe a space)".to_owned());
        }
        Ok(Self { name: name.into(), digest: Sha256::digest(value).into(), me: None })
    }

    /// The same for a client that stands for the User with this id: `/Me` is that one.
    #[must_use]
    pub fn standing_for(self, me: Option<String>) -> Self {
        Self { me, ..self }
    }

    /// Id of the User that its client stands for.
    pub fn me(&self) -> Option<&str> {
        self.me.as_deref()
    }

    /// What logs call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether both are the same secret.
    pub fn same_secret(&self, other: &Self) -> bool {
        self.digest.ct_eq(&other.digest).into()
    }
}

/// The token among `tokens` that the request carries. Takes the same time whether one
/// fits or not, and whichever fits: digests have the same length, and all are compared.
pub(super) fn authenticate<'a>(headers: &HeaderMap, tokens: &'a [Token]) -> Option<&'a Token> {
    let presented = Sha256::digest(bearer(headers).unwrap_or_default());
    let mut found = None;
    for token in tokens {
        if token.digest.ct_eq(presented.as_slice()).into() {
            found = Some(token);
        }
    }
    found
}

/// The credentials of `Authorization: Bearer ...`; none when the header is missing,
/// there twice, or of another scheme.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?.as_bytes();
    if values.next().is_some() {
        return None;
    }
    let (scheme, rest) = value.split_at_checked(b"Bearer".len())?;
    let credentials = rest.strip_prefix(b" ")?.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"Bearer") && credentials.len() >= MIN_TOKEN).then_some(credentials)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_token_is_found_by_its_value_only() {
        let token = |name: &str, value: &str| Token::new(name, &Secret::new(value)).unwrap();
        let tokens = [token("old", "first-secret-1"), token("new", "second-secret-2")];
        let check = |header: &[u8], expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_bytes(header).unwrap());
            assert_eq!(authenticate(&headers, &tokens).map(Token::name), expected, "{header:?}");
        };
        check(b"Bearer first-secret-1", Some("old"));
        check(b"bearer  second-secret-2 ", Some("new"));
        check(b"Bearer second-secret-", None);
        check(b"Bearer second-secret-22", None);
        check(b"Bearer", None);
        check(b"Bearer ", None);
        check(b"Basic first-secret-1", None);
        check(b"Bearer\xffirst-secret-1", None);
        check(b"", None);
        assert!(authenticate(&HeaderMap::new(), &tokens).is_none());
        let mut twice = HeaderMap::new();
        twice.append(AUTHORIZATION, HeaderValue::from_static("Bearer first-secret-1"));
        twice.append(AUTHORIZATION, HeaderValue::from_static("Bearer first-secret-1"));
        assert!(authenticate(&twice, &tokens).is_none());
    }

    #[test]
    fn weak_tokens_are_refused() {
        for (value, good) in
            [("short", false), ("exactly-12-c", true), ("has a space in it", false), ("gültig-oder-nicht", false)]
        {
            assert_eq!(Token::new("t", &Secret::new(value)).is_ok(), good, "{value}");
        }
    }
}
