//! Where a SQL Server database is and how it is reached.

use std::path::PathBuf;
use std::time::Duration;

use patchbay_pool::PasswordSource;

use super::login::MssqlLogin;
use crate::url::{OptionsError, decode, invalid, is_local};

/// How the way to the server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// TLS, negotiated in the TDS handshake; a server that has none is refused.
    #[default]
    Required,
    /// TLS from the first byte, as TDS 8.0 has it (SQL Server 2022, Azure SQL).
    Strict,
    /// None. Only for a server on this machine, unless
    /// [`MssqlOptions::allow_plaintext`] says otherwise.
    Disable,
}

/// A server's address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Host name or address.
    pub host: String,
    /// TCP port, as [`MssqlOptions::port`].
    pub port: Option<u16>,
    /// Named instance, as [`MssqlOptions::instance`].
    pub instance: Option<String>,
}

/// Where a SQL Server or Azure SQL database is and how it is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct MssqlOptions {
    /// Host name or address.
    pub host: String,
    /// TCP port. None is 1433; with an instance, the SQL Server Browser tells it.
    pub port: Option<u16>,
    /// Named instance, found by asking the SQL Server Browser (UDP port 1434) on the host.
    /// Where a port is given too, nobody is asked.
    pub instance: Option<String>,
    /// Further places, tried in this order after the first. With any, only a database that
    /// can be written to is taken.
    pub failover: Vec<Place>,
    /// How a session logs in.
    pub login: MssqlLogin,
    /// The login's name; empty where `login` has none.
    pub user: String,
    /// Its password, or what stands in the place of one.
    pub password: Option<String>,
    /// Where the password is read anew each time a connection is opened; the one above is
    /// then what is tried where that cannot be read, or is refused.
    pub password_source: Option<PasswordSource>,
    /// Database.
    pub database: String,
    /// What the server lists the sessions as.
    pub application_name: String,
    /// Encryption.
    pub encryption: Encryption,
    /// Certificates (PEM) to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Take whatever certificate the server shows: it may be anybody then.
    pub trust_certificate: bool,
    /// The name the certificate has to have, where it is not the host's.
    pub host_name_in_certificate: Option<String>,
    /// Take [`Encryption::Disable`] for a server on another machine too.
    pub allow_plaintext: bool,
    /// The server gives up waiting for a lock after so long; beside each call's deadline.
    pub lock_timeout: Duration,
}

impl std::fmt::Debug for MssqlOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MssqlOptions")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("instance", &self.instance)
            .field("failover", &self.failover)
            .field("login", &self.login)
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "***"))
            .field("password_source", &self.password_source)
            .field("database", &self.database)
            .field("application_name", &self.application_name)
            .field("encryption", &self.encryption)
            .field("ca_file", &self.ca_file)
            .field("trust_certificate", &self.trust_certificate)
            .field("host_name_in_certificate", &self.host_name_in_certificate)
            .field("allow_plaintext", &self.allow_plaintext)
            .field("lock_timeout", &self.lock_timeout)
            .finish()
    }
}

impl MssqlOptions {
    /// Options for the default instance of a host, with TLS verified against the system's
    /// certificates.
    pub fn new(host: impl Into<String>, user: impl Into<String>, database: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: None,
            instance: None,
            failover: Vec::new(),
            login: MssqlLogin::Sql,
            user: user.into(),
            password: None,
            password_source: None,
            database: database.into(),
            application_name: "patchbay".into(),
            encryption: Encryption::Required,
            ca_file: None,
            trust_certificate: false,
            host_name_in_certificate: None,
            allow_plaintext: false,
            lock_timeout: Duration::from_secs(10),
        }
    }

    /// Reads `mssql://USER[:PASSWORD]@HOST[:PORT][\INSTANCE][,HOST...]/DATABASE?OPTIONS`;
    /// `sqlserver://` as well. The instance may come before the port too. Options:
    /// `encrypt` (`required`, which is the default, `strict` or `disable`),
    /// `trust_certificate` (`true` or `false`), `ca_file` (a PEM file),
    /// `host_name_in_certificate`, `application_name`, `instance` and `login` (`sql`, which is
    /// the default, `token` or `kerberos`; the latter two have no user).
    pub fn from_url(url: &str) -> Result<Self, OptionsError> {
        let rest = url
            .strip_prefix("mssql://")
            .or_else(|| url.strip_prefix("sqlserver://"))
            .ok_or_else(|| invalid("does not start with mssql://"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (user_info, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = match user_info.split_once(':') {
            Some((user, password)) => (user, Some(decode(password)?)),
            None => (user_info, None),
        };
        let (user, database) = (decode(user)?, decode(database)?);
        if database.is_empty() {
            return Err(invalid("names no database"));
        }
        let mut options = Self::new(String::new(), user, database);
        options.password = password;
        let mut places = place.split(',').map(Place::read).collect::<Result<Vec<_>, _>>()?.into_iter();
        let first = places.next().unwrap_or_default();
        (options.host, options.port, options.instance) = (first.host, first.port, first.instance);
        options.failover = places.collect();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value)?;
            match name {
                "encrypt" => options.encryption = encryption(&value)?,
                "trust_certificate" => options.trust_certificate = truth(name, &value)?,
                "ca_file" => options.ca_file = Some(value.into()),
                "host_name_in_certificate" => options.host_name_in_certificate = Some(value),
                "application_name" => options.application_name = value,
                "instance" => options.instance = Some(value),
                "login" => options.login = MssqlLogin::read(&value)?,
                _ => return Err(invalid(format!("has an unknown option {name:?}"))),
            }
        }
        if options.user.is_empty() && options.login.has_user() {
            return Err(invalid("names no user"));
        }
        Ok(options)
    }

    /// All places in order.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        let Self { host, port, instance, .. } = self;
        let first = Place { host: host.clone(), port: *port, instance: instance.clone() };
        std::iter::once(first).chain(self.failover.iter().cloned())
    }

    /// Whether the login is one that this program has, and lacks nothing; but for the
    /// password, which may come later.
    pub fn check_login(&self) -> Result<(), OptionsError> {
        if !self.user.is_empty() && !self.login.has_user() {
            return Err(invalid("names a user, whom a login by token or Kerberos does not take"));
        }
        self.login.check()
    }

    pub(super) fn check(&self) -> Result<(), OptionsError> {
        self.check_login()?;
        if self.places().any(|place| place.host.is_empty()) {
            return Err(invalid("names no host"));
        }
        if self.trust_certificate && (self.ca_file.is_some() || self.host_name_in_certificate.is_some()) {
            return Err(invalid("asks to trust any certificate, and says which one as well"));
        }
        let exposed = self.places().find(|place| !is_local(&place.host));
        match exposed {
            Some(place) if self.encryption == Encryption::Disable && !self.allow_plaintext => {
                Err(OptionsError::Plaintext(place.host))
            }
            _ => Ok(()),
        }
    }
}

impl Place {
    /// `host`, `host:port`, `host\instance`, `host:port\instance`, `host\instance:port`,
    /// `[::1]:port`.
    fn read(text: &str) -> Result<Self, OptionsError> {
        let mut place = Self::default();
        let text = text.replace("%5C", "\\").replace("%5c", "\\");
        let (host, mut rest) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some(found) => found,
            None => text.split_at(text.find([':', '\\']).unwrap_or(text.len())),
        };
        if host.is_empty() {
            return Err(invalid("names no host"));
        }
        place.host = decode(host)?;
        while let Some(mark) = rest.chars().next() {
            let part = rest.get(1..).unwrap_or_default();
            let end = part.find([':', '\\']).unwrap_or(part.len());
            let (part, tail) = part.split_at(end);
            match mark {
                ':' if place.port.is_none() => {
                    place.port = Some(part.parse().map_err(|_| invalid("has a port that is no number"))?);
                }
                '\\' if place.instance.is_none() && !part.is_empty() => place.instance = Some(decode(part)?),
                _ => return Err(invalid("has a host that cannot be read")),
            }
            rest = tail;
        }
        Ok(place)
    }
}

fn encryption(value: &str) -> Result<Encryption, OptionsError> {
    match value {
        "required" => Ok(Encryption::Required),
        "strict" => Ok(Encryption::Strict),
        "disable" => Ok(Encryption::Disable),
        _ => Err(invalid("has an encrypt option other than required, strict and disable")),
    }
}

fn truth(name: &str, value: &str) -> Result<bool, OptionsError> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(invalid(format!("has an option {name} other than true and false"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Host, port, instance, user, password, database.
    type Parts<'a> = (&'a str, Option<u16>, Option<&'a str>, &'a str, Option<&'a str>, &'a str);

    #[track_caller]
    fn check(url: &str, expected: Result<Parts<'_>, &str>) {
        let actual = MssqlOptions::from_url(url).and_then(|options| options.check().map(|()| options));
        match (actual, expected) {
            (Ok(options), Ok(expected)) => {
                let found = (
                    options.host.as_str(),
                    options.port,
                    options.instance.as_deref(),
                    options.user.as_str(),
                    options.password.as_deref(),
                    options.database.as_str(),
                );
                assert_eq!(found, expected, "{url}");
            }
            (Err(error), Err(message)) => assert_eq!(error.to_string(), message, "{url}"),
            (actual, _) => panic!("{url}: {actual:?}"),
        }
    }

    #[test]
    fn urls() {
        check("mssql://me@db.corp/desk", Ok(("db.corp", None, None, "me", None, "desk")));
        check("sqlserver://me@db.corp:1500/desk", Ok(("db.corp", Some(1500), None, "me", None, "desk")));
        check("mssql://me@db\\HR/desk", Ok(("db", None, Some("HR"), "me", None, "desk")));
        check("mssql://me@db%5CHR:1500/desk", Ok(("db", Some(1500), Some("HR"), "me", None, "desk")));
        check("mssql://me@db:1500\\HR/desk", Ok(("db", Some(1500), Some("HR"), "me", None, "desk")));
        check("mssql://me@db/desk?instance=HR", Ok(("db", None, Some("HR"), "me", None, "desk")));
        check("mssql://m%40e:p%3Aw@[::1]:1/x%20y", Ok(("::1", Some(1), None, "m@e", Some("p:w"), "x y")));
        check("mssql://me@localhost/d?encrypt=disable", Ok(("localhost", None, None, "me", None, "d")));
        check("mysql://me@db/x", Err("the database URL does not start with mssql://"));
        check("mssql://me@db,/x", Err("the database URL names no host"));
        check("mssql://db.corp/x", Err("the database URL names no user"));
        check("mssql://me@/x", Err("the database URL names no host"));
        check("mssql://db.corp/x?login=sql", Err("the database URL names no user"));
        check("mssql://db.corp/x?login=token", Ok(("db.corp", None, None, "", None, "x")));
        check("mssql://db.corp:1500\\HR/x?login=token", Ok(("db.corp", Some(1500), Some("HR"), "", None, "x")));
        check(
            "mssql://me@db/x?login=token",
            Err("the database URL names a user, whom a login by token or Kerberos does not take"),
        );
        let windows = Err("the database URL has a login option other than sql, token and kerberos");
        check("mssql://me@db/x?login=windows", windows);
        check("mssql://me@db", Err("the database URL names no database"));
        check("mssql://me@db:x/x", Err("the database URL has a port that is no number"));
        check("mssql://me@db:1:2/x", Err("the database URL has a host that cannot be read"));
        check("mssql://me@db\\/x", Err("the database URL has a host that cannot be read"));
        check("mssql://me%4@db/x", Err("the database URL has a broken percent-encoding"));
        check("mssql://me@db/x?nope=1", Err("the database URL has an unknown option \"nope\""));
        check(
            "mssql://me@db/x?encrypt=off",
            Err("the database URL has an encrypt option other than required, strict and disable"),
        );
        check(
            "mssql://me@db/x?trust_certificate=true&ca_file=x",
            Err("the database URL asks to trust any certificate, and says which one as well"),
        );
        check(
            "mssql://me@db.corp/x?encrypt=disable",
            Err("TLS is disabled for host db.corp, which is not this machine"),
        );
    }

    #[test]
    fn certificates_are_checked_unless_asked_not_to() {
        let options = MssqlOptions::from_url("mssql://me@db/x").unwrap();
        assert_eq!((options.encryption, options.trust_certificate), (Encryption::Required, false));
        let options = MssqlOptions::from_url("mssql://me@db/x?trust_certificate=true&encrypt=strict").unwrap();
        assert_eq!((options.encryption, options.trust_certificate), (Encryption::Strict, true));
    }

    #[test]
    fn tickets_need_their_feature() {
        let without = "the database URL asks for login=kerberos, which this program was built without (cargo feature \
                       `mssql-kerberos`)";
        let with = cfg!(feature = "mssql-kerberos");
        check("mssql://db/x?login=kerberos", if with { Ok(("db", None, None, "", None, "x")) } else { Err(without) });
    }

    #[test]
    fn further_places() {
        let options = MssqlOptions::from_url("mssql://me@a:1500,[::1]:2,c\\HR/desk").unwrap();
        let place = |host: &str, port, instance: Option<&str>| Place {
            host: host.into(),
            port,
            instance: instance.map(str::to_owned),
        };
        let expected = [place("a", Some(1500), None), place("::1", Some(2), None), place("c", None, Some("HR"))];
        assert_eq!(options.places().collect::<Vec<_>>(), expected);
        let plain = MssqlOptions::from_url("mssql://me@localhost,db.corp/desk?encrypt=disable").unwrap();
        assert_eq!(plain.check(), Err(OptionsError::Plaintext("db.corp".into())));
    }

    #[test]
    fn debug_shows_no_password() {
        let options = MssqlOptions::from_url("mssql://me:hunter2@db/x").unwrap();
        assert!(!format!("{options:?}").contains("hunter2"));
    }
}
