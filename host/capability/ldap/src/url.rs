//! What LDAP URLs are made of (RFC 4516): those of servers, and those that servers refer to.

use crate::options::OptionsError;

/// Host and port of `HOST[:PORT]`; addresses of IPv6 are in brackets.
///
/// # Errors
///
/// Why it is none, as the end of a sentence that begins with "the server's address".
pub(crate) fn host_and_port(authority: &str, default_port: u16) -> Result<(&str, u16), OptionsError> {
    let bad = |what: &str| OptionsError::Address(what.into());
    if authority.contains(['/', '?', '#', '@', '%', ' ']) {
        return Err(bad("has more than a host and a port"));
    }
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, "")) => (address, None),
        Some((address, rest)) => (address, Some(rest.strip_prefix(':').ok_or_else(|| bad("has no port"))?)),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Err(bad("names no host"));
    }
    let port = match port {
        None => default_port,
        Some(text) => text.parse().map_err(|_| bad("has a port that is no number"))?,
    };
    Ok((host, port))
}

/// What a text with `%XX` in it stands for; none where that is no UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs() {
        assert_eq!(decode("%2Frun%2fldapi").as_deref(), Some("/run/ldapi"));
        assert_eq!(decode("cn=%C3%A4,dc=x").as_deref(), Some("cn=\u{e4},dc=x"));
        for bad in ["%", "%2", "%2g", "%+1", "%ff"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
