//! PostgreSQL, over its wire protocol.
//!
//! A connection's socket belongs to a task of its own (tokio-postgres' `Connection`): a
//! dropped call drops no I/O, its answer is read and thrown away there. The pool holds
//! the near end ([`connection`]) and knows what state the session is in.

pub(crate) mod catalogue;
mod connection;
pub(crate) mod error;
mod options;
mod param;
mod row;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_capability::sql::{Dialect, Error, Failure, Pool};
use patchbay_pool::{Addresses, Connect, Credentials, Login, OpenGuard, PoolOptions};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

pub use options::PostgresOptions;

pub use crate::url::{OptionsError, TlsMode};

use crate::constraints::Constraints;
use crate::pool::{Sql, read_only};
use connection::PostgresConnection;
#[cfg(feature = "odbc")]
pub(crate) use connection::{LOCK, procedure};

/// A pool of connections to one database. Connects to nothing yet.
///
/// Fails when the options cannot work: no host, TLS left out on the way to another
/// machine, certificates that cannot be read.
pub fn pool(options: PostgresOptions, pool: PoolOptions) -> Result<Arc<dyn Pool>, OptionsError> {
    options.check()?;
    let tls = MakeRustlsConnect::new(tls::client_config(&options)?);
    let connect = PostgresConnect {
        servers: options.hosts.iter().map(|host| config(&options, host)).collect(),
        addresses: Addresses::new(options.hosts.len(), pool.connect_timeout),
        credentials: Credentials::new(options.password.clone(), options.password_source.clone()),
        tls,
        session: session_settings(&options, pool.request_timeout),
        statement_cache: options.statement_cache,
        constraints: Arc::new(Constraints::default()),
    };
    Ok(crate::pool::pool(Dialect::Postgres, connect, pool))
}

/// How one of the hosts is reached; without the password.
fn config(options: &PostgresOptions, (host, port): &(String, u16)) -> Config {
    let mut config = Config::new();
    config
        .host(host)
        .port(*port)
        .user(&options.user)
        .dbname(&options.database)
        .application_name(&options.application_name)
        .keepalives(true)
        .keepalives_idle(options.keepalive)
        .ssl_mode(match options.tls {
            TlsMode::VerifyFull => SslMode::Require,
            TlsMode::Disable => SslMode::Disable,
        });
    config
}

/// What a transaction sees. The default of a session; nothing else is set later.
pub(crate) const ISOLATION: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// Run once on each new connection, as the settings of role and database may be any. The policy
/// reads string literals the standard way, so the server must do so too. A time without a zone is
/// one in UTC. Who holds a lock sees what the holder before wrote, and not what was there when
/// its own transaction began.
fn session_settings(options: &PostgresOptions, statement_timeout: Option<Duration>) -> String {
    // Zero would mean without end.
    let millis = |time: Duration| time.as_millis().clamp(1, i32::MAX.unsigned_abs().into());
    let mut settings = format!(
        "SET standard_conforming_strings = on; SET TIME ZONE 'UTC'; {ISOLATION}; SET lock_timeout = {}",
        millis(options.lock_timeout)
    );
    if let Some(timeout) = statement_timeout {
        settings.push_str(&format!("; SET statement_timeout = {}", millis(timeout)));
    }
    settings
}

struct PostgresConnect {
    /// One per host.
    servers: Vec<Config>,
    addresses: Addresses,
    credentials: Credentials,
    tls: MakeRustlsConnect,
    session: String,
    statement_cache: usize,
    /// What the catalogue said of constraints, for errors that do not name columns.
    constraints: Arc<Constraints>,
}

impl std::fmt::Debug for PostgresConnect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresConnect").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

/// A connection that is being opened.
struct Opening<'a> {
    connect: &'a PostgresConnect,
    open: OpenGuard,
}

#[async_trait]
impl Login for Opening<'_> {
    type Protocol = Sql;
    type Session = Client;

    async fn log_in(&self, address: usize, password: Option<&str>) -> Result<Client, Error> {
        let PostgresConnect { servers, tls, session, addresses, .. } = self.connect;
        let nowhere = || Error::new(Failure::Unavailable, "there is no host to connect to");
        let mut config = servers.get(address).ok_or_else(nowhere)?.clone();
        if let Some(password) = password {
            config.password(password);
        }
        let (client, socket) = config.connect(tls.clone()).await.map_err(|e| error::connecting(&e))?;
        let open = self.open.clone();
        tokio::spawn(async move {
            let _open = open;
            if let Err(error) = socket.await {
                // Whoever waits for an answer is told; this is for those who read the log.
                tracing::debug!(target: "patchbay::sql", reason = %error::connecting(&error), "a connection was lost");
            }
        });
        client.batch_execute(session).await.map_err(|e| error::connecting(&e))?;
        if addresses.several() && !connection::is_writable(&client).await.map_err(|e| error::connecting(&e))? {
            return Err(read_only());
        }
        Ok(client)
    }
}

#[async_trait]
impl Connect for PostgresConnect {
    type Protocol = Sql;
    type Connection = PostgresConnection;

    async fn connect(&self, open: OpenGuard) -> Result<PostgresConnection, Error> {
        let client = self.addresses.open(&Opening { connect: self, open }, &self.credentials).await?;
        Ok(PostgresConnection::new(
            client,
            self.tls.clone(),
            self.statement_cache,
            Arc::clone(&self.constraints),
            self.addresses.several(),
        ))
    }
}
