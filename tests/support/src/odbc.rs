//! ODBC drivers of this machine.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};

/// A driver's shared library. Named by its path in a connection string, it needs no entry
/// in the machine's `odbcinst.ini`, and none can lead elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OdbcDriver {
    /// psqlODBC, Unicode.
    Postgres,
    /// MariaDB Connector/ODBC.
    MariaDb,
    /// SQLite ODBC.
    Sqlite,
}

impl OdbcDriver {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Postgres, Self::MariaDb, Self::Sqlite];

    /// Where it is; the error says which package of Debian has it.
    pub fn find(self) -> Result<PathBuf> {
        let (file, package) = match self {
            Self::Postgres => ("psqlodbcw.so", "odbc-postgresql"),
            Self::MariaDb => ("libmaodbc.so", "odbc-mariadb"),
            Self::Sqlite => ("libsqlite3odbc.so", "libsqliteodbc"),
        };
        places()
            .into_iter()
            .flat_map(|place| [place.join("odbc").join(file), place.join(file)])
            .find(|path| path.is_file())
            .ok_or_else(|| anyhow!("the ODBC driver {file} is not installed (on Debian: apt-get install {package})"))
    }

    /// `odbc:...` for a database of a server on this machine.
    pub fn server_url(self, port: u16, database: &str, user: &str) -> Result<String> {
        let driver = self.find()?;
        Ok(format!("odbc:Driver={};Server=127.0.0.1;Port={port};Database={database};UID={user}", driver.display()))
    }

    /// `odbc:...` for a database that is a file.
    pub fn file_url(self, path: &Path) -> Result<String> {
        Ok(format!("odbc:Driver={};Database={}", self.find()?.display(), path.display()))
    }
}

/// Where libraries are: the usual places, and below them one per kind of machine.
fn places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    for root in ["/usr/lib", "/usr/lib64", "/usr/local/lib"] {
        places.push(PathBuf::from(root));
        let Ok(below) = Path::new(root).read_dir() else { continue };
        places.extend(below.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.contains("-linux-"))
        }));
    }
    places
}
