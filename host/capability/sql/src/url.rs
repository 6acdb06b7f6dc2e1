//! Database URLs of servers: `SCHEME://USER[:PASSWORD]@HOST[:PORT][,...]/DATABASE?OPTIONS`.

use std::net::IpAddr;

/// Whether the way to the server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsMode {
    /// TLS, with the server's certificate and host name checked.
    #[default]
    VerifyFull,
    /// None. Only for a server on this machine, unless the options' `allow_plaintext`
    /// says otherwise.
    Disable,
}

/// Options that cannot work. Messages repeat no part of the URL that may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// The URL cannot be read.
    #[error("the database URL {0}")]
    Url(String),
    /// TLS is off on the way to another machine.
    #[error("TLS is disabled for host {0}, which is not this machine")]
    Plaintext(String),
    /// Certificates cannot be used.
    #[error("certificates for the database: {0}")]
    Certificates(String),
}

/// A URL that cannot be read, and what is wrong with it.
pub(crate) fn invalid(what: impl Into<String>) -> OptionsError {
    OptionsError::Url(what.into())
}

/// What stands in a URL, decoded.
pub(crate) struct Parts {
    pub(crate) user: String,
    pub(crate) password: Option<String>,
    /// Hosts with ports.
    pub(crate) hosts: Vec<(String, u16)>,
    /// Empty where the URL names none.
    pub(crate) database: String,
    /// Name and value of what follows the question mark, in order.
    pub(crate) options: Vec<(String, String)>,
}

/// Takes the part of a URL after `SCHEME://` apart.
pub(crate) fn parts(rest: &str, default_port: u16) -> Result<Parts, OptionsError> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (user_info, hosts) = authority.rsplit_once('@').ok_or_else(|| invalid("names no user"))?;
    let (user, password) = match user_info.split_once(':') {
        Some((user, password)) => (user, Some(decode(password)?)),
        None => (user_info, None),
    };
    let user = decode(user)?;
    if user.is_empty() {
        return Err(invalid("names no user"));
    }
    let hosts = hosts.split(',').map(|text| host(text, default_port)).collect::<Result<_, _>>()?;
    let mut options = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        options.push((name.to_owned(), decode(value)?));
    }
    Ok(Parts { user, password, hosts, database: decode(database)?, options })
}

/// Refuses a list of hosts that is empty, or in part on other machines without TLS.
pub(crate) fn check_hosts(hosts: &[(String, u16)], tls: TlsMode, allow_plaintext: bool) -> Result<(), OptionsError> {
    if hosts.is_empty() {
        return Err(invalid("names no host"));
    }
    let exposed = hosts.iter().find(|(host, _)| !is_local(host));
    match exposed {
        Some((host, _)) if tls == TlsMode::Disable && !allow_plaintext => Err(OptionsError::Plaintext(host.clone())),
        _ => Ok(()),
    }
}

/// `host`, `host:port`, `[::1]:port`, or a percent-encoded socket directory.
fn host(text: &str, default_port: u16) -> Result<(String, u16), OptionsError> {
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address, rest.strip_prefix(':')),
        None => text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port))),
    };
    if name.is_empty() {
        return Err(invalid("names no host"));
    }
    let port = match port {
        None | Some("") => default_port,
        Some(port) => port.parse().map_err(|_| invalid("has a port that is no number"))?,
    };
    Ok((decode(name)?, port))
}

/// Undoes percent-encoding.
pub(crate) fn decode(text: &str) -> Result<String, OptionsError> {
    let bad = || invalid("has a broken percent-encoding");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|d| char::from(d).to_digit(16)).ok_or_else(bad);
        let value = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(value).map_err(|_| bad())?);
    }
    String::from_utf8(bytes).map_err(|_| bad())
}

pub(crate) fn is_local(host: &str) -> bool {
    host.starts_with('/') || host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
