//! Where a directory is and how it is reached.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use patchbay_pool::PasswordSource;

use crate::url;

/// Where a directory is and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LdapOptions {
    /// Servers that have the same entries, the preferred one first.
    pub servers: Vec<Server>,
    /// Whether [`Security::Plain`] may be used towards other machines: whoever listens
    /// there reads the password.
    pub allow_plaintext: bool,
    /// Authorities to trust (PEM); without, those of the system.
    pub ca_file: Option<PathBuf>,
    /// What proves to the server who we are, within TLS.
    pub client_certificate: Option<ClientCertificate>,
    /// As whom.
    pub bind: Bind,
    /// What becomes of writes that a server refers to another one.
    pub referrals: Referrals,
    /// Longest that a request which only reads may take, within the deadline of its call.
    pub search_timeout: Option<Duration>,
    /// Longest that a request which writes may take, within the deadline of its call.
    pub write_timeout: Option<Duration>,
    /// Longest message that is taken from the server, in bytes. In memory it may take twice as
    /// much.
    pub max_message: usize,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Name or address; with TLS, the certificate has to be for it. A path, beginning with
    /// `/`, is a socket on this machine.
    pub host: String,
    /// Port; means nothing for a socket.
    pub port: u16,
    /// How the way is encrypted.
    pub security: Security,
}

/// How the way to a server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Security {
    /// TLS from the first byte.
    #[default]
    Ldaps,
    /// TLS before anything else is asked (RFC 4511 section 4.14); without it, no connection.
    StartTls,
    /// Not at all. Only for a server on this machine, unless
    /// [`LdapOptions::allow_plaintext`] says otherwise.
    Plain,
}

/// What becomes of a write that a server refers to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Referrals {
    /// It fails, and the error says why.
    #[default]
    Refuse,
    /// Where the referral leads to another one of [`LdapOptions::servers`], by host and port,
    /// and to the same entry, the write is made there, once. That server is connected to and
    /// asked as any of them is. Other referrals are refused.
    Servers,
}

/// A certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, and what leads to its authority (PEM).
    pub certificate: PathBuf,
    /// Its key (PEM).
    pub key: PathBuf,
}

/// As whom the server is asked. `Debug` shows no password.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Bind {
    /// As nobody.
    #[default]
    Anonymous,
    /// As whom the connection proves: the client certificate, or on a socket the user of the
    /// operating system (SASL EXTERNAL).
    External,
    /// By Kerberos (SASL GSSAPI), with the tickets and keys that the system's library finds.
    /// Only over TLS, and where the feature `gssapi` is built in: [`HAS_GSSAPI`].
    Gssapi {
        /// Whose tickets, or whose key: `name@REALM`; none for the ones that there are.
        principal: Option<String>,
    },
    /// By name and password.
    Simple {
        /// A distinguished name; for Active Directory also `user@domain` or `DOMAIN\user`.
        name: String,
        /// The password to begin with.
        password: Option<String>,
        /// Where to read a newer one, for each new connection.
        password_source: Option<PasswordSource>,
    },
}

impl fmt::Debug for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("Anonymous"),
            Self::External => f.write_str("External"),
            Self::Gssapi { principal } => f.debug_struct("Gssapi").field("principal", principal).finish(),
            Self::Simple { name, .. } => f.debug_struct("Simple").field("name", name).finish_non_exhaustive(),
        }
    }
}

/// Whether [`Bind::Gssapi`] is built in.
pub const HAS_GSSAPI: bool = cfg!(feature = "gssapi");

/// Options that cannot work. Messages repeat no part that may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// An address cannot be read.
    #[error("the server's address {0}")]
    Address(String),
    /// Encryption is off on the way to another machine.
    #[error("the way to {0}, which is not this machine, is not encrypted")]
    Plaintext(String),
    /// Certificates or a key cannot be used.
    #[error("certificates for the directory: {0}")]
    Certificates(String),
    /// The way to bind lacks something.
    #[error("the bind {0}")]
    Bind(String),
}

impl LdapOptions {
    /// A server, asked as nobody; its certificate by an authority of the system. Messages of
    /// up to 64 MiB, which is a group of half a million members in one piece.
    pub fn new(server: Server) -> Self {
        Self {
            servers: vec![server],
            allow_plaintext: false,
            ca_file: None,
            client_certificate: None,
            bind: Bind::Anonymous,
            referrals: Referrals::Refuse,
            search_timeout: None,
            write_timeout: None,
            max_message: 64 << 20,
        }
    }

    /// Whether any server is reached with TLS.
    pub(crate) fn uses_tls(&self) -> bool {
        self.servers.iter().any(|server| server.security != Security::Plain)
    }

    /// Refuses what cannot work, whatever the server says.
    pub(crate) fn check(&self) -> Result<(), OptionsError> {
        if self.servers.is_empty() {
            return Err(OptionsError::Address("is missing".into()));
        }
        for server in &self.servers {
            if server.security == Security::Plain && !self.allow_plaintext && !server.is_local() {
                return Err(OptionsError::Plaintext(server.host.clone()));
            }
            if server.security != Security::Plain && server.is_socket() {
                return Err(OptionsError::Address("is a socket, which has no TLS".into()));
            }
        }
        match &self.bind {
            Bind::Simple { name, .. } if name.is_empty() => Err(OptionsError::Bind("names nobody".into())),
            // The server would let anybody in, as nobody (RFC 4513 section 5.1.2).
            Bind::Simple { password_source: None, password, .. } if password.as_ref().is_none_or(String::is_empty) => {
                Err(OptionsError::Bind("has no password".into()))
            }
            Bind::External
                if self.servers.iter().any(|server| !server.is_socket()) && self.client_certificate.is_none() =>
            {
                Err(OptionsError::Bind("by what the connection proves needs a client certificate".into()))
            }
            Bind::Gssapi { .. } if !HAS_GSSAPI => {
                Err(OptionsError::Bind("is by Kerberos, which this program was built without".into()))
            }
            Bind::Gssapi { .. } if self.servers.iter().any(|server| server.security == Security::Plain) => {
                Err(OptionsError::Bind("by Kerberos needs TLS on the way to each server".into()))
            }
            _ => Ok(()),
        }
    }
}

impl Server {
    /// The server at `ldaps://host[:port]` or `ldap://host[:port]`; the second one with
    /// StartTLS, unless `plain`. Ports are 636 and 389 where none is given. Or the one behind
    /// the socket at `ldapi://path`, whose slashes are `%2F`; that way needs no TLS, and
    /// leaves this machine never.
    pub fn from_url(url: &str, plain: bool) -> Result<Self, OptionsError> {
        let bad = |what: &str| OptionsError::Address(what.into());
        let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("is no URL"))?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (security, port) = match (scheme, plain) {
            ("ldaps", false) => (Security::Ldaps, 636),
            ("ldaps", true) => return Err(bad("says ldaps, and is not to be encrypted")),
            ("ldap", false) => (Security::StartTls, 389),
            ("ldap", true) => (Security::Plain, 389),
            ("ldapi", _) => return Self::from_socket(authority),
            _ => return Err(bad("must begin with ldap://, ldaps:// or ldapi://")),
        };
        let (host, port) = url::host_and_port(authority, port)?;
        Ok(Self { host: host.to_owned(), port, security })
    }

    /// The server behind the socket whose path is `escaped`.
    fn from_socket(escaped: &str) -> Result<Self, OptionsError> {
        let bad = |what: &str| OptionsError::Address(what.into());
        if !cfg!(unix) {
            return Err(bad("is a socket, which this system does not have"));
        }
        let path = url::decode(escaped).filter(|path| path.starts_with('/') && !path.contains('\0'));
        let path = path.ok_or_else(|| bad("must name a socket by its path, with `%2F` for each `/`"))?;
        if escaped.contains(['/', '?', '#']) {
            return Err(bad("must have `%2F` for each `/` of the socket's path, and nothing behind it"));
        }
        Ok(Self { host: path, port: 0, security: Security::Plain })
    }

    /// Whether it is a socket on this machine.
    pub fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    /// Whether it is this machine.
    pub fn is_local(&self) -> bool {
        let host = self.host.as_str();
        self.is_socket() || host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_url(url: &str, plain: bool, expected: Option<(&str, u16, Security)>) {
        let found = Server::from_url(url, plain).ok().map(|server| (server.host, server.port, server.security));
        assert_eq!(found, expected.map(|(host, port, security)| (host.to_owned(), port, security)), "{url}");
    }

    #[test]
    fn urls() {
        check_url("ldaps://dc1.corp", false, Some(("dc1.corp", 636, Security::Ldaps)));
        check_url("ldaps://dc1.corp:1636/", false, Some(("dc1.corp", 1636, Security::Ldaps)));
        check_url("ldap://dc1.corp", false, Some(("dc1.corp", 389, Security::StartTls)));
        check_url("ldap://[::1]:3389", true, Some(("::1", 3389, Security::Plain)));
        check_url("ldap://[::1]", true, Some(("::1", 389, Security::Plain)));
        for bad in ["dc1", "http://dc1", "ldap://", "ldap://dc1:x", "ldap://dc1/dc=x", "ldap://u@dc1", "ldap://[::1]x"]
        {
            check_url(bad, false, None);
        }
        check_url("ldaps://dc1.corp", true, None);
        for plain in [false, true] {
            check_url("ldapi://%2Frun%2Fslapd%2Fldapi/", plain, Some(("/run/slapd/ldapi", 0, Security::Plain)));
            for bad in
                ["ldapi://", "ldapi:///run/ldapi", "ldapi://run", "ldapi://%2Frun/x", "ldapi://%2", "ldapi://%2F%00"]
            {
                check_url(bad, plain, None);
            }
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut LdapOptions), expected: Option<&str>) {
        let mut options = LdapOptions::new(Server::from_url("ldaps://dc1.corp", false).unwrap());
        change(&mut options);
        assert_eq!(options.check().err().map(|error| error.to_string()).as_deref(), expected);
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let simple = |name: &str, password: Option<&str>| Bind::Simple {
            name: name.into(),
            password: password.map(Into::into),
            password_source: None,
        };
        check(|_| {}, None);
        check(|o| o.servers.clear(), Some("the server's address is missing"));
        let plain = Server::from_url("ldap://dc1.corp", true).unwrap();
        let message = "the way to dc1.corp, which is not this machine, is not encrypted";
        check(|o| o.servers.push(plain.clone()), Some(message));
        check(|o| (o.servers.push(plain.clone()), o.allow_plaintext = true).1, None);
        check(|o| o.servers = vec![Server::from_url("ldap://127.0.0.1", true).unwrap()], None);
        check(|o| o.bind = simple("", Some("x")), Some("the bind names nobody"));
        check(|o| o.bind = simple("cn=a", Some("")), Some("the bind has no password"));
        check(|o| o.bind = simple("cn=a", Some("x")), None);
        check(|o| o.bind = Bind::External, Some("the bind by what the connection proves needs a client certificate"));
        let kerberos = || Bind::Gssapi { principal: None };
        let socket = Server::from_url("ldapi://%2Frun%2Fldapi", false).unwrap();
        if HAS_GSSAPI {
            check(|o| o.bind = kerberos(), None);
            let message = "the bind by Kerberos needs TLS on the way to each server";
            check(|o| (o.bind = kerberos(), o.servers.push(socket)).1, Some(message));
        } else {
            check(|o| o.bind = kerberos(), Some("the bind is by Kerberos, which this program was built without"));
        }
        assert!(!format!("{:?}", simple("cn=a", Some("hush"))).contains("hush"));
    }
}
