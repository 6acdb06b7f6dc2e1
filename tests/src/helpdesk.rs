//! A fresh database of the example application.

mod directory;
mod mariadb;
pub(crate) mod mssql;
mod postgres;
mod sqlite;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use patchbay_test_support::{OdbcDriver, SambaAd};

use crate::rows::{Row, Snapshot};

/// Which database the application runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// A file.
    Sqlite,
    /// A PostgreSQL server of our own on loopback.
    Postgres,
    /// A MariaDB server of our own on loopback.
    Mariadb,
    /// A PostgreSQL server of our own, reached through its ODBC driver. Takes the feature
    /// `odbc`.
    OdbcPostgres,
    /// The SQL Server that `PATCHBAY_TEST_MSSQL_URL` names; a database of our own on it.
    Mssql,
    /// An OpenLDAP server of our own on loopback.
    #[value(name = "openldap")]
    OpenLdap,
    /// An Active Directory domain controller of our own on loopback: Samba.
    SambaAd,
}

impl Target {
    /// All databases that there are here: SQL Server only where the environment names one.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Sqlite, Self::Postgres, Self::Mariadb];
        if std::env::var_os(mssql::VARIABLE).is_some() {
            all.push(Self::Mssql);
        }
        all
    }

    /// All databases and directories.
    pub fn all_kinds() -> Vec<Self> {
        let mut all = Self::all();
        all.push(Self::OpenLdap);
        if !SambaAd::is_left_out() {
            all.push(Self::SambaAd);
        }
        all
    }

    /// Whether it is a directory.
    pub fn is_directory(self) -> bool {
        matches!(self, Self::OpenLdap | Self::SambaAd)
    }

    /// As it is called in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
            Self::OdbcPostgres => "odbc-postgres",
            Self::Mssql => "mssql",
            Self::OpenLdap => "openldap",
            Self::SambaAd => "samba-ad",
        }
    }

    /// The database that it is, however it is reached.
    fn database(self) -> Self {
        if self == Self::OdbcPostgres { Self::Postgres } else { self }
    }

    /// The example's configuration for this database.
    pub fn config(self) -> Result<String> {
        match self {
            Self::OpenLdap => example("../openldap/patchbay.toml"),
            Self::SambaAd => {
                // The demo's people are active without ever having a password.
                let file = example("../active-directory/patchbay.toml")?;
                let (before, after) = file.split_once("optional = false").context("`optional` is not in the file")?;
                Ok(format!("{before}optional = true{after}"))
            }
            _ => example(&format!("patchbay.{}.toml", self.database().name())),
        }
    }

    /// What puts a few people and teams into it: statements, or LDIF. MariaDB's triggers may not
    /// write to a table that the statement reads, and SQL Server's texts have an `N` before
    /// them, so they have some of their own.
    fn seed(self) -> Result<String> {
        example(match self {
            Self::Sqlite | Self::Postgres | Self::OdbcPostgres => "seed.sql",
            Self::Mariadb => "seed.mariadb.sql",
            Self::Mssql => "seed.mssql.sql",
            Self::OpenLdap => "../openldap/seed.ldif",
            Self::SambaAd => "../active-directory/seed.ldif",
        })
    }

    /// The statements that make the application's tables; a directory has none.
    fn schema(self) -> Result<String> {
        if self.is_directory() {
            return Ok(String::new());
        }
        example(&format!("schema.{}.sql", self.database().name()))
    }
}

/// The application's database; removed when dropped.
#[derive(Debug)]
pub struct Helpdesk {
    store: Store,
    /// The ODBC driver that leads there, if one is to.
    driver: Option<PathBuf>,
}

/// Where it is.
#[derive(Debug)]
enum Store {
    Sqlite(sqlite::Database),
    Postgres(postgres::Database),
    Mariadb(mariadb::Database),
    Mssql(Box<mssql::Database>),
    Directory(Box<directory::Directory>),
}

impl Helpdesk {
    /// A new database with the application's tables and nobody in them.
    pub async fn empty(target: Target) -> Result<Self> {
        let schema = target.schema()?;
        let store = match target {
            Target::Sqlite => Store::Sqlite(sqlite::Database::create(&schema)?),
            Target::Postgres | Target::OdbcPostgres => Store::Postgres(postgres::Database::create(&schema).await?),
            Target::Mariadb => Store::Mariadb(mariadb::Database::create(&schema).await?),
            Target::Mssql => Store::Mssql(Box::new(mssql::Database::create(&schema).await?)),
            Target::OpenLdap => Store::Directory(Box::new(directory::Directory::openldap(&directory_schema())?)),
            Target::SambaAd => Store::Directory(Box::new(directory::Directory::samba()?)),
        };
        let driver = match target {
            Target::OdbcPostgres => Some(OdbcDriver::Postgres.find()?),
            _ => None,
        };
        Ok(Self { store, driver })
    }

    /// A new database with the few people and teams of `seed.sql`.
    pub async fn fresh(target: Target) -> Result<Self> {
        let helpdesk = Self::empty(target).await?;
        helpdesk.execute(&target.seed()?).await.context("the example's people and teams")?;
        Ok(helpdesk)
    }

    /// Adds so many made-up people: `user0000001@helpdesk.example` and on.
    pub async fn fill(&self, count: u64) -> Result<()> {
        match &self.store {
            Store::Sqlite(database) => database.fill(count),
            Store::Postgres(database) => database.fill(count).await,
            Store::Mariadb(database) => database.fill(count).await,
            Store::Mssql(database) => database.fill(count).await,
            Store::Directory(directory) => directory.fill(count),
        }
    }

    /// Which database it is.
    pub fn target(&self) -> Target {
        match &self.store {
            Store::Sqlite(_) => Target::Sqlite,
            Store::Postgres(_) if self.driver.is_some() => Target::OdbcPostgres,
            Store::Postgres(_) => Target::Postgres,
            Store::Mariadb(_) => Target::Mariadb,
            Store::Mssql(_) => Target::Mssql,
            Store::Directory(directory) => directory.target(),
        }
    }

    /// What the configuration of a binding has to say to reach it.
    pub fn url(&self) -> String {
        match &self.store {
            Store::Sqlite(database) => database.url(),
            Store::Postgres(database) => match &self.driver {
                Some(driver) => database.odbc_url(driver),
                None => database.url(),
            },
            Store::Mariadb(database) => database.url(),
            Store::Mssql(database) => database.url(),
            Store::Directory(directory) => directory.url(),
        }
    }

    /// Points a binding of the example's configuration at it.
    pub(crate) fn point(&self, binding: &mut toml::Table) {
        match &self.store {
            Store::Directory(directory) => directory.point(binding),
            _ => drop(binding.insert("url".into(), self.url().into())),
        }
        if self.target() == Target::OdbcPostgres {
            // The driver's business.
            binding.remove("tls");
        }
    }

    /// Whether somebody can log in so; only where the target is a directory.
    pub fn binds(&self, row: &Row, password: &str) -> Result<bool> {
        match &self.store {
            Store::Directory(directory) => directory.binds(row, password),
            _ => bail!("nobody logs in to a database with the password of a row"),
        }
    }

    /// What stands in the tables now.
    pub async fn rows(&self) -> Result<Snapshot> {
        match &self.store {
            Store::Sqlite(database) => database.rows(),
            Store::Postgres(database) => database.rows().await,
            Store::Mariadb(database) => database.rows().await,
            Store::Mssql(database) => database.rows().await,
            Store::Directory(directory) => directory.rows(),
        }
    }

    /// Runs statements directly, as the application itself would; LDIF in a directory.
    pub async fn execute(&self, statements: &str) -> Result<()> {
        match &self.store {
            Store::Sqlite(database) => database.execute(statements),
            Store::Postgres(database) => database.execute(statements).await,
            Store::Mariadb(database) => database.execute(statements).await,
            Store::Mssql(database) => database.execute(statements).await,
            Store::Directory(directory) => directory.ldif(statements),
        }
    }

    /// The password that goes with the URL, where there is one.
    pub fn password(&self) -> Option<&str> {
        match &self.store {
            Store::Sqlite(_) => None,
            Store::Postgres(database) => Some(database.password()),
            Store::Mariadb(database) => Some(database.password()),
            Store::Mssql(database) => database.password(),
            Store::Directory(directory) => Some(directory.password()),
        }
    }

    /// Lets the URL lead through a wire that [`Self::unplug`] can pull. A file has none.
    pub async fn add_wire(&mut self) -> Result<()> {
        match &mut self.store {
            Store::Sqlite(_) => Ok(()),
            Store::Postgres(database) => database.add_wire().await,
            Store::Mariadb(database) => database.add_wire().await,
            Store::Mssql(database) => database.add_wire().await,
            Store::Directory(directory) => directory.add_wire().await,
        }
    }

    /// Makes the database unreachable: the wire is pulled, a file moved aside.
    pub fn unplug(&self) -> Result<()> {
        match &self.store {
            Store::Sqlite(database) => database.plug(false),
            Store::Postgres(database) => database.plug(false),
            Store::Mariadb(database) => database.plug(false),
            Store::Mssql(database) => database.plug(false),
            Store::Directory(directory) => directory.plug(false),
        }
    }

    /// Undoes [`Self::unplug`].
    pub fn plug(&self) -> Result<()> {
        match &self.store {
            Store::Sqlite(database) => database.plug(true),
            Store::Postgres(database) => database.plug(true),
            Store::Mariadb(database) => database.plug(true),
            Store::Mssql(database) => database.plug(true),
            Store::Directory(directory) => directory.plug(true),
        }
    }

    /// Locks the people as the application itself would for a long piece of work: nobody
    /// else can write to them.
    pub async fn lock_people(&self) -> Result<Lock> {
        Ok(Lock(match &self.store {
            Store::Sqlite(database) => Held::Sqlite(database.lock()?),
            Store::Postgres(database) => Held::Postgres(database.lock_people().await?),
            Store::Mariadb(database) => Held::Mariadb(database.lock_people().await?),
            Store::Mssql(database) => Held::Mssql(database.lock_people().await?),
            Store::Directory(_) => bail!("a directory has no locks"),
        }))
    }
}

/// A lock that somebody else holds.
#[derive(Debug)]
pub struct Lock(Held);

#[derive(Debug)]
enum Held {
    Sqlite(sqlite::Lock),
    Postgres(postgres::Lock),
    Mariadb(mariadb::Lock),
    Mssql(mssql::Lock),
}

impl Lock {
    /// Runs statements in the transaction that holds the lock.
    pub async fn execute(&mut self, statements: &str) -> Result<()> {
        match &mut self.0 {
            Held::Sqlite(lock) => lock.execute(statements),
            Held::Postgres(lock) => lock.execute(statements).await,
            Held::Mariadb(lock) => lock.execute(statements).await,
            Held::Mssql(lock) => lock.execute(statements).await,
        }
    }

    /// Lets the others go on.
    pub async fn release(self) -> Result<()> {
        match self.0 {
            Held::Sqlite(lock) => lock.release(),
            Held::Postgres(lock) => lock.release().await,
            Held::Mariadb(lock) => lock.release().await,
            Held::Mssql(lock) => lock.release().await,
        }
    }
}

/// What the example adds to OpenLDAP's schema.
fn directory_schema() -> PathBuf {
    directory().join("../openldap/helpdesk.schema")
}

/// A file of `examples/helpdesk`.
pub fn example(name: &str) -> Result<String> {
    let path = directory().join(name);
    std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// Where the example is.
fn directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/helpdesk"))
}
