//! What is reached through ODBC, and how.

use std::path::PathBuf;
use std::time::Duration;

use patchbay_capability::sql::Dialect;
use patchbay_pool::PasswordSource;

use super::attributes::Attributes;
use super::product;
use crate::url::{OptionsError, invalid};

/// Largest value that is read from a column, in bytes, if nothing else is said.
const VALUE_LIMIT: usize = 16 << 20;

/// A database behind an ODBC driver.
#[derive(Clone, PartialEq, Eq)]
pub struct OdbcOptions {
    pub(super) attributes: Attributes,
    /// What other connection strings say differently, in the order in which they are tried
    /// where the first leads to nothing that takes writes.
    pub(super) alternatives: Vec<Attributes>,
    /// The password that goes with the `UID` of the connection string.
    pub password: Option<String>,
    /// Where a newer one is found, asked for each connection.
    pub password_source: Option<PasswordSource>,
    /// How long to wait for a lock, where the session or the driver can be told.
    pub lock_timeout: Duration,
    /// What the database speaks. None is told from the driver's name; the server must not
    /// say something else. Where it is given, a server of a kind that is not known here is
    /// taken at that word.
    pub dialect: Option<Dialect>,
    /// Run each connection's driver in a process of its own, by this program.
    pub worker: Option<OdbcWorker>,
    /// Largest value read from one column of one row, in bytes; a larger one is an error
    /// that says so.
    pub value_limit: usize,
}

/// A program that runs drivers, as [`super::work`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OdbcWorker {
    /// The program.
    pub program: PathBuf,
    /// What to call it with.
    pub arguments: Vec<String>,
}

impl OdbcWorker {
    /// The program that runs now, called with `odbc-worker`.
    ///
    /// # Errors
    /// The system does not tell where the program is.
    pub fn this_program() -> std::io::Result<Self> {
        Ok(Self { program: std::env::current_exe()?, arguments: vec!["odbc-worker".to_owned()] })
    }
}

impl std::fmt::Debug for OdbcOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OdbcOptions")
            .field("attributes", &self.attributes)
            .field("alternatives", &self.alternatives)
            .field("password", &self.password.as_ref().map(|_| "***"))
            .field("password_source", &self.password_source)
            .field("lock_timeout", &self.lock_timeout)
            .field("dialect", &self.dialect)
            .field("worker", &self.worker)
            .field("value_limit", &self.value_limit)
            .finish()
    }
}

impl OdbcOptions {
    /// Reads `odbc:` and a connection string, which names a driver or a data source:
    /// `odbc:Driver={PostgreSQL Unicode};Server=db.corp;Database=helpdesk;UID=patchbay`.
    /// It never holds a password.
    pub fn from_url(url: &str) -> Result<Self, OptionsError> {
        let string = url.strip_prefix("odbc:").ok_or_else(|| invalid("does not start with odbc:"))?;
        let attributes = Attributes::parse(string)?;
        if attributes.get("driver").is_none() && attributes.get("dsn").is_none() {
            return Err(invalid("names neither a driver (Driver=) nor a data source (DSN=)"));
        }
        Ok(Self {
            attributes,
            alternatives: Vec::new(),
            password: None,
            password_source: None,
            lock_timeout: Duration::from_secs(10),
            dialect: None,
            worker: None,
            value_limit: VALUE_LIMIT,
        })
    }

    /// Adds another way to the same database: `Server=second.corp`, which is what the connection
    /// string would say there instead. What it does not name is as in the first one.
    pub fn add_alternative(&mut self, string: &str) -> Result<(), OptionsError> {
        let attributes = Attributes::parse(string)?;
        if attributes.is_empty() {
            return Err(invalid("says nothing of its own"));
        }
        self.alternatives.push(attributes);
        Ok(())
    }

    /// All connection strings, in the order in which they are tried.
    pub(super) fn places(&self) -> Vec<Attributes> {
        let others = self.alternatives.iter().map(|other| self.attributes.with(other));
        std::iter::once(self.attributes.clone()).chain(others).collect()
    }

    /// What says where the database is and who asks, so that it can be kept out of logs.
    pub fn secrets(&self) -> Vec<String> {
        let all = std::iter::once(&self.attributes).chain(&self.alternatives);
        all.flat_map(Attributes::places).map(str::to_owned).collect()
    }

    /// The dialect, where it was given or the driver's name tells.
    pub fn known_dialect(&self) -> Option<Dialect> {
        self.dialect.or_else(|| product::of_driver(self.attributes.get("driver")?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let options = OdbcOptions::from_url("odbc:Driver=SQLite3;Database=/srv/hr.db;UID=me").unwrap();
        assert_eq!(options.known_dialect(), Some(Dialect::Sqlite));
        assert_eq!(options.secrets(), ["/srv/hr.db", "me"]);
        let mut options = OdbcOptions::from_url("odbc:DSN=hr").unwrap();
        assert_eq!(options.known_dialect(), None);
        options.dialect = Some(Dialect::Oracle);
        assert_eq!(options.known_dialect(), Some(Dialect::Oracle));
        options.password = Some("hunter2".into());
        assert!(!format!("{options:?}").contains("hunter2"));
        options.add_alternative("dsn=hr2;UID=you").unwrap();
        options.add_alternative("Server=third").unwrap();
        let strings: Vec<_> = options.places().iter().map(|place| place.with_password(None).unwrap()).collect();
        assert_eq!(strings, ["DSN=hr;", "dsn=hr2;UID=you;", "DSN=hr;Server=third;"]);
        assert_eq!(options.secrets(), ["hr", "hr2", "you", "third"]);
        for bad in ["", "PWD=hunter2", "second.corp"] {
            let error = options.add_alternative(bad).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
        for bad in ["sqlite:x", "odbc:", "odbc:Server=x", "odbc:DSN=x;PWD=hunter2"] {
            let error = OdbcOptions::from_url(bad).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
