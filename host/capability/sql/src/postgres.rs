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
use patchbay_capability::sql::{Dialect, Error, Pool};
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

pub use options::PostgresOptions;

pub use crate::url::{OptionsError, TlsMode};

use crate::constraints::Constraints;
use crate::pool::{BoundedPool, Connect, OpenGuard, PoolOptions};
#[cfg(feature = "odbc")]
pub(crate) use connection::LOCK;
use connection::PostgresConnection;

/// A pool of connections to one database. Connects to nothing yet.
///
/// Fails when the options cannot work: no host, TLS left out on the way to another
/// machine, certificates that cannot be read.
pub fn pool(options: PostgresOptions, pool: PoolOptions) -> Result<Arc<dyn Pool>, OptionsError> {
    options.check()?;
    let tls = MakeRustlsConnect::new(tls::client_config(&options)?);
    // Several hosts share the time one attempt may take.
    let hosts = u32::try_from(options.hosts.len()).unwrap_or(u32::MAX).max(1);
    let config = config(&options, pool.connect_timeout / hosts);
    let session = session_settings(&options);
    let connect = PostgresConnect {
        config,
        tls,
        session,
        statement_cache: options.statement_cache,
        constraints: Arc::new(Constraints::default()),
    };
    Ok(Arc::new(BoundedPool::new(connect, pool)))
}

fn config(options: &PostgresOptions, connect_timeout: Duration) -> Config {
    let mut config = Config::new();
    for (host, port) in &options.hosts {
        config.host(host).port(*port);
    }
    config
        .user(&options.user)
        .dbname(&options.database)
        .application_name(&options.application_name)
        .connect_timeout(connect_timeout)
        .keepalives(true)
        .keepalives_idle(options.keepalive)
        .ssl_mode(match options.tls {
            TlsMode::VerifyFull => SslMode::Require,
            TlsMode::Disable => SslMode::Disable,
        });
    if let Some(password) = &options.password {
        config.password(password);
    }
    config
}

/// Run once on each new connection. The policy reads string literals the standard way,
/// so the server must do so too, whatever the role's settings are.
fn session_settings(options: &PostgresOptions) -> String {
    let mut settings = String::from("SET standard_conforming_strings = on");
    if let Some(timeout) = options.statement_timeout {
        settings.push_str(&format!(
            "; SET statement_timeout = {}",
            timeout.as_millis().min(i32::MAX.unsigned_abs().into())
        ));
    }
    settings
}

struct PostgresConnect {
    config: Config,
    tls: MakeRustlsConnect,
    session: String,
    statement_cache: usize,
    /// What the catalogue said of constraints, for errors that do not name columns.
    constraints: Arc<Constraints>,
}

impl std::fmt::Debug for PostgresConnect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresConnect").field("hosts", &self.config.get_hosts()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Connect for PostgresConnect {
    type Connection = PostgresConnection;

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn connect(&self, open: OpenGuard) -> Result<PostgresConnection, Error> {
        let (client, socket) = self.config.connect(self.tls.clone()).await.map_err(|e| error::connecting(&e))?;
        tokio::spawn(async move {
            let _open = open;
            if let Err(error) = socket.await {
                // Whoever waits for an answer is told; this is for those who read the log.
                tracing::debug!(target: "patchbay::sql", reason = %error::connecting(&error), "a connection was lost");
            }
        });
        client.batch_execute(&self.session).await.map_err(|e| error::connecting(&e))?;
        Ok(PostgresConnection::new(client, self.tls.clone(), self.statement_cache, Arc::clone(&self.constraints)))
    }
}
