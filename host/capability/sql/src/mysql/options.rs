//! Where a MySQL or MariaDB database is and how it is reached.

use std::path::PathBuf;
use std::time::Duration;

use patchbay_pool::PasswordSource;

use crate::url::{self, OptionsError, TlsMode, invalid};

/// Where a MySQL or MariaDB database is and how it is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct MysqlOptions {
    /// Hosts with ports, tried in order. With more than one, only a server that can be
    /// written to is taken. A host that starts with `/` is a Unix socket.
    pub hosts: Vec<(String, u16)>,
    /// User to log in as.
    pub user: String,
    /// Its password, for servers that ask.
    pub password: Option<String>,
    /// Where the password is read anew each time a connection is opened; the one above is
    /// then what is tried where that cannot be read, or is refused.
    pub password_source: Option<PasswordSource>,
    /// Database; names of tables without another one mean tables in it.
    pub database: String,
    /// Encryption.
    pub tls: TlsMode,
    /// Certificates (PEM) to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Take [`TlsMode::Disable`] for a server on another machine too.
    pub allow_plaintext: bool,
    /// The server gives up waiting for a lock after so long; beside each call's deadline.
    pub lock_timeout: Duration,
    /// Idle time before the first TCP keepalive.
    pub keepalive: Duration,
    /// Prepared statements kept per connection, at least one.
    pub statement_cache: usize,
}

impl std::fmt::Debug for MysqlOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MysqlOptions")
            .field("hosts", &self.hosts)
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "***"))
            .field("password_source", &self.password_source)
            .field("database", &self.database)
            .field("tls", &self.tls)
            .field("ca_file", &self.ca_file)
            .field("allow_plaintext", &self.allow_plaintext)
            .field("lock_timeout", &self.lock_timeout)
            .field("keepalive", &self.keepalive)
            .field("statement_cache", &self.statement_cache)
            .finish()
    }
}

impl MysqlOptions {
    /// Options for one host, on port 3306, with TLS verified against the system's
    /// certificates.
    pub fn new(host: impl Into<String>, user: impl Into<String>, database: impl Into<String>) -> Self {
        Self {
            hosts: vec![(host.into(), DEFAULT_PORT)],
            user: user.into(),
            password: None,
            password_source: None,
            database: database.into(),
            tls: TlsMode::VerifyFull,
            ca_file: None,
            allow_plaintext: false,
            lock_timeout: Duration::from_secs(10),
            keepalive: Duration::from_secs(60),
            statement_cache: 128,
        }
    }

    /// Reads `mysql://USER[:PASSWORD]@HOST[:PORT][,HOST[:PORT]...]/DATABASE?OPTIONS`;
    /// `mariadb://` as well. Options, named as the servers' own clients name them:
    /// `ssl-mode` (`VERIFY_IDENTITY`, which is the default, or `DISABLED`) and `ssl-ca`
    /// (a PEM file).
    pub fn from_url(url: &str) -> Result<Self, OptionsError> {
        let rest = url
            .strip_prefix("mysql://")
            .or_else(|| url.strip_prefix("mariadb://"))
            .ok_or_else(|| invalid("does not start with mysql:// or mariadb://"))?;
        let parts = url::parts(rest, DEFAULT_PORT)?;
        if parts.database.is_empty() {
            return Err(invalid("names no database"));
        }
        let mut options = Self::new(String::new(), parts.user, parts.database);
        options.password = parts.password;
        options.hosts = parts.hosts;
        for (name, value) in parts.options {
            match name.as_str() {
                "ssl-mode" => options.tls = tls_mode(&value)?,
                "ssl-ca" => options.ca_file = Some(value.into()),
                _ => return Err(invalid(format!("has an unknown option {name:?}"))),
            }
        }
        Ok(options)
    }

    pub(super) fn check(&self) -> Result<(), OptionsError> {
        url::check_hosts(&self.hosts, self.tls, self.allow_plaintext)
    }
}

const DEFAULT_PORT: u16 = 3306;

fn tls_mode(value: &str) -> Result<TlsMode, OptionsError> {
    match value.to_ascii_uppercase().as_str() {
        "VERIFY_IDENTITY" => Ok(TlsMode::VerifyFull),
        "DISABLED" => Ok(TlsMode::Disable),
        // They look safe and check nothing, or not the host's name.
        "PREFERRED" | "REQUIRED" | "VERIFY_CA" => {
            Err(invalid(format!("asks for ssl-mode {value}; only VERIFY_IDENTITY and DISABLED are supported")))
        }
        _ => Err(invalid("has an unknown ssl-mode")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hosts, user, password, database.
    type Parts<'a> = (&'a [(&'a str, u16)], &'a str, Option<&'a str>, &'a str);

    #[track_caller]
    fn check(url: &str, expected: Result<Parts<'_>, &str>) {
        let actual = MysqlOptions::from_url(url).and_then(|options| options.check().map(|()| options));
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
        check("mysql://me@db.corp/desk", Ok((&[("db.corp", 3306)], "me", None, "desk")));
        check("mariadb://m%40e:p%3Aw@[::1]:1,b/x%20y", Ok((&[("::1", 1), ("b", 3306)], "m@e", Some("p:w"), "x y")));
        check("mysql://me@localhost/d?ssl-mode=disabled", Ok((&[("localhost", 3306)], "me", None, "d")));
        check("mysql://me@%2Frun%2Fdb.sock/d?ssl-mode=DISABLED", Ok((&[("/run/db.sock", 3306)], "me", None, "d")));
        check("postgres://me@db/x", Err("the database URL does not start with mysql:// or mariadb://"));
        check("mysql://db.corp/x", Err("the database URL names no user"));
        check("mysql://me@db.corp", Err("the database URL names no database"));
        check("mysql://me@/x", Err("the database URL names no host"));
        check("mysql://me@db:x/x", Err("the database URL has a port that is no number"));
        check("mysql://me@db/x?nope=1", Err("the database URL has an unknown option \"nope\""));
        check(
            "mysql://me@db/x?ssl-mode=REQUIRED",
            Err("the database URL asks for ssl-mode REQUIRED; only VERIFY_IDENTITY and DISABLED are supported"),
        );
        check(
            "mysql://me@db.corp/x?ssl-mode=DISABLED",
            Err("TLS is disabled for host db.corp, which is not this machine"),
        );
    }

    #[test]
    fn debug_shows_no_password() {
        let options = MysqlOptions::from_url("mysql://me:hunter2@db/x").unwrap();
        assert!(!format!("{options:?}").contains("hunter2"));
    }
}
