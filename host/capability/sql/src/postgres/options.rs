//! Where a PostgreSQL database is and how it is reached.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Whether the way to the server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsMode {
    /// TLS, with the server's certificate and host name checked.
    #[default]
    VerifyFull,
    /// None. Only for a server on this machine, unless
    /// [`PostgresOptions::allow_plaintext`] says otherwise.
    Disable,
}

/// Where a PostgreSQL database is and how it is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// Hosts with ports, tried in order. A host that starts with `/` is the directory of
    /// a Unix socket.
    pub hosts: Vec<(String, u16)>,
    /// Role to log in as.
    pub user: String,
    /// Its password, for servers that ask.
    pub password: Option<String>,
    /// Database.
    pub database: String,
    /// What the server lists the sessions as.
    pub application_name: String,
    /// Encryption.
    pub tls: TlsMode,
    /// Certificates (PEM) to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Take [`TlsMode::Disable`] for a server on another machine too.
    pub allow_plaintext: bool,
    /// The server itself ends statements after so long; beside each call's deadline.
    pub statement_timeout: Option<Duration>,
    /// Idle time before the first TCP keepalive.
    pub keepalive: Duration,
    /// Prepared statements kept per connection, at least one.
    pub statement_cache: usize,
}

impl std::fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("hosts", &self.hosts)
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "***"))
            .field("database", &self.database)
            .field("application_name", &self.application_name)
            .field("tls", &self.tls)
            .field("ca_file", &self.ca_file)
            .field("allow_plaintext", &self.allow_plaintext)
            .field("statement_timeout", &self.statement_timeout)
            .field("keepalive", &self.keepalive)
            .field("statement_cache", &self.statement_cache)
            .finish()
    }
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

impl PostgresOptions {
    /// Options for one host, on port 5432, with TLS verified against the system's
    /// certificates.
    pub fn new(host: impl Into<String>, user: impl Into<String>, database: impl Into<String>) -> Self {
        Self {
            hosts: vec![(host.into(), DEFAULT_PORT)],
            user: user.into(),
            password: None,
            database: database.into(),
            application_name: "patchbay".into(),
            tls: TlsMode::VerifyFull,
            ca_file: None,
            allow_plaintext: false,
            statement_timeout: None,
            keepalive: Duration::from_secs(60),
            statement_cache: 128,
        }
    }

    /// Reads `postgres://USER[:PASSWORD]@HOST[:PORT][,HOST[:PORT]...]/DATABASE?OPTIONS`;
    /// `postgresql://` as well. Options: `sslmode` (`verify-full`, which is the default,
    /// or `disable`), `sslrootcert` (a PEM file) and `application_name`.
    pub fn from_url(url: &str) -> Result<Self, OptionsError> {
        let rest = url
            .strip_prefix("postgres://")
            .or_else(|| url.strip_prefix("postgresql://"))
            .ok_or_else(|| invalid("does not start with postgres://"))?;
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
        let database = if database.is_empty() { user.clone() } else { decode(database)? };
        let mut options = Self::new(String::new(), user, database);
        options.password = password;
        options.hosts = hosts.split(',').map(host).collect::<Result<_, _>>()?;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value)?;
            match name {
                "sslmode" => options.tls = tls_mode(&value)?,
                "sslrootcert" => options.ca_file = Some(value.into()),
                "application_name" => options.application_name = value,
                _ => return Err(invalid(format!("has an unknown option {name:?}"))),
            }
        }
        Ok(options)
    }

    pub(super) fn check(&self) -> Result<(), OptionsError> {
        if self.hosts.is_empty() {
            return Err(invalid("names no host"));
        }
        let exposed = self.hosts.iter().find(|(host, _)| !is_local(host));
        match exposed {
            Some((host, _)) if self.tls == TlsMode::Disable && !self.allow_plaintext => {
                Err(OptionsError::Plaintext(host.clone()))
            }
            _ => Ok(()),
        }
    }
}

const DEFAULT_PORT: u16 = 5432;

fn invalid(what: impl Into<String>) -> OptionsError {
    OptionsError::Url(what.into())
}

fn tls_mode(value: &str) -> Result<TlsMode, OptionsError> {
    match value {
        "verify-full" => Ok(TlsMode::VerifyFull),
        "disable" => Ok(TlsMode::Disable),
        // They look safe and check nothing, or not the host's name.
        "allow" | "prefer" | "require" | "verify-ca" => {
            Err(invalid(format!("asks for sslmode {value}; only verify-full and disable are supported")))
        }
        _ => Err(invalid("has an unknown sslmode")),
    }
}

/// `host`, `host:port`, `[::1]:port`, or a percent-encoded socket directory.
fn host(text: &str) -> Result<(String, u16), OptionsError> {
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address, rest.strip_prefix(':')),
        None => text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port))),
    };
    if name.is_empty() {
        return Err(invalid("names no host"));
    }
    let port = match port {
        None | Some("") => DEFAULT_PORT,
        Some(port) => port.parse().map_err(|_| invalid("has a port that is no number"))?,
    };
    Ok((decode(name)?, port))
}

/// Undoes percent-encoding.
fn decode(text: &str) -> Result<String, OptionsError> {
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

fn is_local(host: &str) -> bool {
    host.starts_with('/') || host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hosts, user, password, database.
    type Parts<'a> = (&'a [(&'a str, u16)], &'a str, Option<&'a str>, &'a str);

    #[track_caller]
    fn check(url: &str, expected: Result<Parts<'_>, &str>) {
        let actual = PostgresOptions::from_url(url).and_then(|options| options.check().map(|()| options));
        match (actual, expected) {
            (Ok(options), Ok((hosts, user, password, database))) => {
                let found: Vec<(&str, u16)> = options.hosts.iter().map(|(h, p)| (h.as_str(), *p)).collect();
                assert_eq!(found, hosts, "{url}");
                assert_eq!(
                    (options.user.as_str(), options.password.as_deref(), options.database.as_str()),
                    (user, password, database)
                );
            }
            (Err(error), Err(message)) => assert_eq!(error.to_string(), message, "{url}"),
            (actual, _) => panic!("{url}: {actual:?}"),
        }
    }

    #[test]
    fn urls() {
        check("postgres://me@db.corp/desk", Ok((&[("db.corp", 5432)], "me", None, "desk")));
        check("postgresql://me@db.corp:6000", Ok((&[("db.corp", 6000)], "me", None, "me")));
        check("postgres://m%40e:p%3Aw@[::1]:1,b/x%20y", Ok((&[("::1", 1), ("b", 5432)], "m@e", Some("p:w"), "x y")));
        check("postgres://me@localhost/d?sslmode=disable", Ok((&[("localhost", 5432)], "me", None, "d")));
        check("postgres://me@%2Frun%2Fpg/d?sslmode=disable", Ok((&[("/run/pg", 5432)], "me", None, "d")));
        check("mysql://me@db/x", Err("the database URL does not start with postgres://"));
        check("postgres://db.corp/x", Err("the database URL names no user"));
        check("postgres://me@/x", Err("the database URL names no host"));
        check("postgres://me@db:x/x", Err("the database URL has a port that is no number"));
        check("postgres://me%4@db/x", Err("the database URL has a broken percent-encoding"));
        check("postgres://me@db/x?nope=1", Err("the database URL has an unknown option \"nope\""));
        check(
            "postgres://me@db/x?sslmode=prefer",
            Err("the database URL asks for sslmode prefer; only verify-full and disable are supported"),
        );
        check(
            "postgres://me@db.corp/x?sslmode=disable",
            Err("TLS is disabled for host db.corp, which is not this machine"),
        );
    }

    #[test]
    fn debug_shows_no_password() {
        let options = PostgresOptions::from_url("postgres://me:hunter2@db/x").unwrap();
        assert!(!format!("{options:?}").contains("hunter2"));
    }
}
