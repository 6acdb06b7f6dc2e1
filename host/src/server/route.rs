//! From a request's path to an app and what follows its base URL.

use patchbay_gateway::Base;

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    /// Name of the app, which may not exist.
    pub app: String,
    /// Which of its base URLs.
    pub base: Base,
    /// That base as a path, e.g. `/apps/helpdesk/scim/v2`.
    pub base_path: String,
    /// Decoded segments after the base.
    pub segments: Vec<String>,
}

/// A percent sign that starts no escape, or an escape that ends up as no UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

impl Route {
    /// Reads `path`; none for a path that leads to no app.
    pub(super) fn parse(path: &str) -> Result<Option<Self>, Malformed> {
        let mut segments = path.strip_prefix('/').unwrap_or(path).split('/');
        let first = segments.next().unwrap_or_default();
        let (app, base) = match first.strip_prefix("ecma2host_") {
            Some(app) => (app, Base::Ecma2Host),
            None if first == "apps" => (segments.next().unwrap_or_default(), Base::Scim),
            None => return Ok(None),
        };
        let app = decode(app, false)?;
        if app.is_empty() || segments.next() != Some("scim") {
            return Ok(None);
        }
        let mut rest = segments.peekable();
        let base_path = match base {
            Base::Ecma2Host => format!("/ecma2host_{app}/scim"),
            Base::Scim if rest.next_if_eq(&"v2").is_some() => format!("/apps/{app}/scim/v2"),
            Base::Scim => format!("/apps/{app}/scim"),
        };
        let mut segments = rest.map(|segment| decode(segment, false)).collect::<Result<Vec<_>, _>>()?;
        if segments.last().is_some_and(String::is_empty) {
            segments.pop();
        }
        Ok(Some(Self { app, base, base_path, segments }))
    }
}

/// Percent-decodes `text`, strictly (RFC 3986 section 2.1); with `form`, `+` is a space
/// as HTML forms and most HTTP clients write it in queries.
pub(super) fn decode(text: &str, form: bool) -> Result<String, Malformed> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || {
                    let digit = char::from(rest.next()?).to_digit(16)?;
                    u8::try_from(digit).ok()
                };
                match (digit(), digit()) {
                    (Some(high), Some(low)) => high << 4 | low,
                    _ => return Err(Malformed),
                }
            }
            b'+' if form => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Malformed)
}

/// Whether `text` is a host name or address with an optional port, fit to be repeated
/// in an answer.
pub fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    let port_is_good = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let host_is_good = match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']').is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok()),
        None => {
            let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
            !host.is_empty() && host.len() <= 255 && host.bytes().all(good)
        }
    };
    port_is_good && host_is_good
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_apps() {
        #[track_caller]
        fn check(path: &str, app: &str, base_path: &str, segments: &[&str]) {
            let route = Route::parse(path).unwrap().unwrap();
            assert_eq!(route.app, app);
            assert_eq!(route.base_path, base_path);
            assert_eq!(route.segments, segments);
        }
        check("/apps/hr/scim/v2/Users", "hr", "/apps/hr/scim/v2", &["Users"]);
        check("/apps/hr/scim/Users/4%2F2/", "hr", "/apps/hr/scim", &["Users", "4/2"]);
        check("/apps/hr/scim", "hr", "/apps/hr/scim", &[]);
        check("/apps/hr/scim/v2/", "hr", "/apps/hr/scim/v2", &[]);
        check("/apps/hr/scim/Users//x", "hr", "/apps/hr/scim", &["Users", "", "x"]);
        check("/ecma2host_hr/scim/Users", "hr", "/ecma2host_hr/scim", &["Users"]);
        check("/apps/hr/scim/Users/a+b%20%C3%BC", "hr", "/apps/hr/scim", &["Users", "a+b ü"]);
        for nowhere in ["/", "/apps", "/apps/hr", "/apps/hr/v2", "/apps//scim", "/ecma2host_/scim", "/x/hr/scim", ""] {
            assert_eq!(Route::parse(nowhere), Ok(None), "{nowhere}");
        }
        for malformed in
            ["/apps/hr/scim/%", "/apps/hr/scim/%4", "/apps/hr/scim/%zz", "/apps/hr/scim/%ff", "/apps/%+1/scim"]
        {
            assert_eq!(Route::parse(malformed), Err(Malformed), "{malformed}");
        }
    }

    #[test]
    fn authorities_are_hosts_and_ports() {
        for good in ["localhost", "host.example:8585", "127.0.0.1:1", "[::1]", "[::1]:8585"] {
            assert!(is_authority(good), "{good}");
        }
        for bad in ["", ":80", "a b", "host:0", "host:99999", "host:x", "a/b", "user@host", "[::1", "::1", "a\"b"] {
            assert!(!is_authority(bad), "{bad}");
        }
    }
}
