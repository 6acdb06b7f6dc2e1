//! Applications whose schema files come with Debian's packages: a fresh database with the
//! application's own tables, and a host with the example's configuration in front of it.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use patchbay::config::{Config, Environment};
use patchbay::serve::{self, Running};
use patchbay_test_support::{MariaDb, Postgres, package_file};
use tempfile::TempDir;
use toml::{Table, Value};

use crate::helpdesk::mssql;
use crate::{Client, Target, host};

/// Numbers the databases.
static NUMBER: AtomicU32 = AtomicU32::new(1);
/// Servers of this process, started when first asked for and stopped with it.
static POSTGRES: Mutex<Option<Arc<Postgres>>> = Mutex::new(None);
static MARIADB: Mutex<Option<Arc<MariaDb>>> = Mutex::new(None);

/// One of the examples that such an application has.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// Name of the app in its configuration.
    pub app: &'static str,
    /// Its directory below `examples`.
    pub directory: &'static str,
    /// Debian's package with the schema.
    pub package: &'static str,
    /// The schema file for a database.
    pub schema: fn(Target) -> Option<&'static str>,
    /// What its configuration's environment variables start with.
    pub prefix: &'static str,
}

/// FreeRADIUS: attribute-value tables.
pub const FREERADIUS: Example = Example {
    app: "radius",
    directory: "freeradius",
    package: "freeradius-config",
    schema: |target| match target {
        Target::Sqlite => Some("etc/freeradius/3.0/mods-config/sql/main/sqlite/schema.sql"),
        Target::Postgres | Target::OdbcPostgres => {
            Some("etc/freeradius/3.0/mods-config/sql/main/postgresql/schema.sql")
        }
        Target::Mariadb => Some("etc/freeradius/3.0/mods-config/sql/main/mysql/schema.sql"),
        Target::Mssql => Some("etc/freeradius/3.0/mods-config/sql/main/mssql/schema.sql"),
        Target::OpenLdap | Target::SambaAd => None,
    },
    prefix: "RADIUS",
};

/// Cacti: ordinary tables, on MariaDB only.
pub const CACTI: Example = Example {
    app: "cacti",
    directory: "cacti",
    package: "cacti",
    schema: |_| Some("usr/share/cacti/conf_templates/cacti.sql"),
    prefix: "CACTI",
};

/// The application's database, and the host in front of it.
#[derive(Debug)]
pub struct Packaged {
    example: Example,
    store: Store,
    running: Option<Running>,
    token: String,
}

#[derive(Debug)]
enum Store {
    Sqlite(TempDir),
    Postgres(Arc<Postgres>, String),
    Mariadb(Arc<MariaDb>, String),
    Mssql(Box<mssql::Database>),
}

impl Packaged {
    /// A fresh database with the package's own tables, and a host on it.
    ///
    /// # Errors
    /// Where the package cannot be fetched, or a server not started; what is wrong with the
    /// example's configuration.
    pub async fn start(example: Example, target: Target) -> Result<Self> {
        let schema = (example.schema)(target).with_context(|| format!("{} has no tables there", example.package))?;
        let schema = package_file(example.package, schema)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}_{number}", example.app);
        let store = match target {
            Target::Sqlite => Store::Sqlite(tempfile::Builder::new().prefix("patchbay-packaged-").tempdir()?),
            Target::Postgres => {
                let server = once(&POSTGRES, Postgres::start)?;
                server.create_database(&name)?;
                Store::Postgres(server, name)
            }
            Target::Mariadb => {
                let server = once(&MARIADB, MariaDb::start)?;
                server.create_database(&name)?;
                Store::Mariadb(server, name)
            }
            Target::OdbcPostgres | Target::OpenLdap | Target::SambaAd => {
                anyhow::bail!("packaged applications are not reached through ODBC or LDAP here")
            }
            Target::Mssql => Store::Mssql(Box::new(mssql::Database::empty(example.app).await?)),
        };
        let mut packaged = Self { example, store, running: None, token: host::random()? };
        packaged.execute(&schema).await.with_context(|| format!("the schema of {}", example.package))?;
        packaged.serve(target).await?;
        Ok(packaged)
    }

    async fn serve(&mut self, target: Target) -> Result<()> {
        let Example { app, prefix, .. } = self.example;
        let mut file: Table = self.example.config(target)?.parse().context("the example's configuration")?;
        let binding = ["apps", app, "bindings", "db"]
            .iter()
            .try_fold(&mut file, |table, key| table.get_mut(*key).and_then(Value::as_table_mut))
            .context("the example has no binding `db`")?;
        binding.insert("url".into(), self.url().into());
        let config = Config::parse(&toml::to_string(&file)?, Path::new("patchbay.toml"))?;
        let mut secrets = vec![(format!("{prefix}_TOKEN"), self.token.clone())];
        secrets.extend(self.password().map(|password| (format!("{prefix}_DB_PASSWORD"), password.to_owned())));
        let options = serve::Options {
            observer: None,
            listen: Some((Ipv4Addr::LOCALHOST, 0).into()),
            environment: Environment::fixed(secrets),
            connectors: Some(host::connectors()?),
        };
        self.running = Some(serve::start(config, options).await?);
        Ok(())
    }

    /// A client of the app.
    pub fn client(&self) -> Result<Client> {
        let running = self.running.as_ref().context("the host is stopped")?;
        Client::new(format!("{}/apps/{}/scim/v2", running.origin(), self.example.app), self.token.as_str())
    }

    /// Stops the host.
    pub async fn shutdown(&mut self) {
        if let Some(running) = self.running.take() {
            running.shutdown().await;
        }
    }

    fn url(&self) -> String {
        match &self.store {
            Store::Sqlite(directory) => format!("sqlite:{}", directory.path().join("app.db").display()),
            Store::Postgres(server, name) => format!("postgres://{}@127.0.0.1:{}/{name}", server.user(), server.port()),
            Store::Mariadb(server, name) => format!("mysql://{}@127.0.0.1:{}/{name}", server.user(), server.port()),
            Store::Mssql(database) => database.url(),
        }
    }

    fn password(&self) -> Option<&str> {
        match &self.store {
            Store::Sqlite(_) => None,
            Store::Postgres(server, _) => Some(server.password()),
            Store::Mariadb(server, _) => Some(server.password()),
            Store::Mssql(database) => database.password(),
        }
    }

    /// Runs statements directly, as the application's owner.
    pub async fn execute(&self, statements: &str) -> Result<()> {
        match &self.store {
            Store::Sqlite(directory) => Ok(open(directory)?.execute_batch(statements)?),
            Store::Postgres(server, name) => server.sql(name, statements).map(drop),
            // A whole schema is more than an argument of a command may be.
            Store::Mariadb(server, name) => {
                let file = tempfile::NamedTempFile::new()?;
                std::fs::write(file.path(), statements)?;
                server.sql(name, &format!("source {}", file.path().display())).map(drop)
            }
            Store::Mssql(database) => database.execute(statements).await,
        }
    }

    /// Rows of a query as text, with `|` between columns; NULL is empty.
    pub async fn rows(&self, query: &str) -> Result<Vec<String>> {
        Ok(match &self.store {
            Store::Sqlite(directory) => {
                let connection = open(directory)?;
                let mut statement = connection.prepare(query)?;
                let columns = statement.column_count();
                let row = |row: &rusqlite::Row<'_>| {
                    let cells = (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column));
                    cells.collect::<rusqlite::Result<Vec<_>>>()
                };
                let rows = statement.query_map([], row)?.collect::<rusqlite::Result<Vec<_>>>()?;
                rows.iter().map(|cells| cells.iter().map(text).collect::<Vec<_>>().join("|")).collect()
            }
            Store::Postgres(server, name) => server.sql(name, query)?.lines().map(str::to_owned).collect(),
            Store::Mariadb(server, name) => {
                let cell = |cell: &str| if cell == "NULL" { String::new() } else { cell.to_owned() };
                let line = |line: &str| line.split('\t').map(cell).collect::<Vec<_>>().join("|");
                server.sql(name, query)?.lines().map(line).collect()
            }
            Store::Mssql(database) => {
                let line = |cells: Vec<Option<String>>| {
                    // CHAR(n) comes with its padding; the other clients take it off.
                    let cells = cells.into_iter().map(|cell| cell.unwrap_or_default().trim_end().to_owned());
                    cells.collect::<Vec<_>>().join("|")
                };
                database.query(query).await?.into_iter().map(line).collect()
            }
        })
    }
}

impl Example {
    /// Its configuration for a database.
    pub fn config(self, target: Target) -> Result<String> {
        let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples"));
        let path = path.join(self.directory).join(format!("patchbay.{}.toml", target.name()));
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }
}

/// A server of this process.
fn once<T>(place: &Mutex<Option<Arc<T>>>, start: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = &*place {
        return Ok(Arc::clone(server));
    }
    let started = Arc::new(start()?);
    *place = Some(Arc::clone(&started));
    Ok(started)
}

fn open(directory: &TempDir) -> Result<rusqlite::Connection> {
    let connection = rusqlite::Connection::open(directory.path().join("app.db"))?;
    connection.busy_timeout(std::time::Duration::from_secs(20))?;
    Ok(connection)
}

fn text(value: &rusqlite::types::Value) -> String {
    match value {
        rusqlite::types::Value::Null => String::new(),
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Real(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text.clone(),
        rusqlite::types::Value::Blob(bytes) => format!("{bytes:?}"),
    }
}
