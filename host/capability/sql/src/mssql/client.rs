//! A session of the driver crate: opened, and asked small questions.

use async_trait::async_trait;
use patchbay_capability::sql::{Error, Failure, Value};
use patchbay_pool::{Addresses, Credentials, Login};
use tiberius::error::Error as Fault;
use tiberius::{Client, Config, SqlBrowser as _};
use tokio::net::TcpStream;
use tokio_util::compat::Compat;

use super::error::connecting;
use super::login::MssqlLogin;
use super::statement;
use crate::pool::{Sql, read_only};

/// A session.
pub(super) type Tds = Client<Compat<TcpStream>>;

/// Other addresses a server may send us to before we give up.
const MAX_REDIRECTS: usize = 3;

/// Where sessions are opened, and what is said first in each.
pub(super) struct Server {
    /// One per place; without the login.
    pub(super) places: Vec<Config>,
    pub(super) addresses: Addresses,
    pub(super) login: MssqlLogin,
    pub(super) user: String,
    pub(super) credentials: Credentials,
    pub(super) session: String,
}

impl Server {
    /// A new session. The caller limits the time.
    pub(super) async fn connect(&self) -> Result<Tds, Error> {
        self.addresses.open(self, &self.credentials).await
    }
}

#[async_trait]
impl Login for Server {
    type Protocol = Sql;
    type Session = Tds;

    async fn log_in(&self, address: usize, password: Option<&str>) -> Result<Tds, Error> {
        let nowhere = || Error::new(Failure::Unavailable, "there is no host to connect to");
        let mut config = self.places.get(address).ok_or_else(nowhere)?.clone();
        config.authentication(self.login.method(&self.user, password));
        for _ in 0..=MAX_REDIRECTS {
            let socket = TcpStream::connect_named(&config).await.map_err(|fault| connecting(&fault))?;
            match self.login.open(config.clone(), socket).await {
                Ok(mut client) => {
                    command(&mut client, &self.session).await.map_err(|fault| connecting(&fault))?;
                    let several = self.addresses.several();
                    if several && !is_writable(&mut client).await.map_err(|fault| connecting(&fault))? {
                        return Err(read_only());
                    }
                    return Ok(client);
                }
                // Azure's gateway names the node that has the database.
                Err(Fault::Routing { host, port }) => {
                    config.host(host);
                    config.port(port);
                }
                Err(fault) => return Err(connecting(&fault)),
            }
        }
        Err(Error::new(Failure::Unavailable, "the server sends us from one address to another"))
    }
}

/// Runs a statement that has no result. Not in a scope of its own, so what it sets stays.
pub(super) async fn command(client: &mut Tds, text: &str) -> Result<(), Fault> {
    client.simple_query(text).await?.into_results().await.map(drop)
}

/// Whether the database takes writes: it is no readable secondary, and not set to read only.
pub(super) async fn is_writable(client: &mut Tds) -> Result<bool, Fault> {
    let text = "SELECT CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS nvarchar(128))";
    let rows = client.simple_query(text).await?.into_first_result().await?;
    Ok(rows.first().and_then(|row| row.try_get::<&str, _>(0).ok().flatten()) == Some("READ_WRITE"))
}

/// A row of the catalogue.
pub(super) struct Found(tiberius::Row);

impl Found {
    pub(super) fn text(&self, index: usize) -> Option<String> {
        self.0.try_get::<&str, _>(index).ok().flatten().map(str::to_owned)
    }

    pub(super) fn number(&self, index: usize) -> i32 {
        self.0.try_get::<i32, _>(index).ok().flatten().unwrap_or_default()
    }

    /// An `int` other than zero.
    pub(super) fn truth(&self, index: usize) -> bool {
        self.number(index) != 0
    }
}

/// All rows of one of the driver's own queries; their number is small.
pub(super) async fn rows(client: &mut Tds, text: &str, params: &[Value]) -> Result<Vec<Found>, Fault> {
    let ready = statement::prepare(text, params).map_err(|error| Fault::Conversion(error.message.into()))?;
    let rows = ready.query().query(client).await?.into_first_result().await?;
    Ok(rows.into_iter().map(Found).collect())
}
