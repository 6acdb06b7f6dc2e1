//! Microsoft SQL Server and Azure SQL, over TDS.
//!
//! A connection belongs to a task of its own ([`worker`]); the pool holds the near end
//! ([`connection`]). A connection that is given up in the middle of a statement is thrown
//! away, never cancelled and used again: TDS answers come in order and carry no number, so
//! one that comes late would be taken for the next statement's.

mod blame;
pub(crate) mod catalogue;
mod client;
mod connection;
pub(crate) mod error;
mod login;
mod options;
mod param;
mod row;
mod statement;
mod worker;

use std::sync::Arc;

use async_trait::async_trait;
use patchbay_capability::sql::{Dialect, Error, Pool};
use patchbay_pool::{Addresses, Connect, Credentials, OpenGuard, PoolOptions};
use tiberius::{Config, EncryptionLevel};

pub use login::MssqlLogin;
pub use options::{Encryption, MssqlOptions, Place};
#[cfg(feature = "odbc")]
pub(crate) use worker::procedure;

use crate::certificates;
use crate::pool::Sql;
use crate::url::OptionsError;
use client::Server;
use connection::MssqlConnection;
use worker::Worker;

/// A pool of connections to one database. Connects to nothing yet.
///
/// Fails when the options cannot work: no host, TLS left out on the way to another
/// machine, certificates that cannot be read, a login that was not built in.
pub fn pool(options: MssqlOptions, pool: PoolOptions) -> Result<Arc<dyn Pool>, OptionsError> {
    options.check()?;
    let places: Vec<Config> = options.places().map(|place| config(&options, &place)).collect::<Result<_, _>>()?;
    let server = Server {
        addresses: Addresses::new(places.len(), pool.connect_timeout),
        places,
        credentials: Credentials::new(options.password.clone(), options.password_source.clone()),
        session: session_settings(&options),
        login: options.login,
        user: options.user,
    };
    Ok(crate::pool::pool(Dialect::Mssql, MssqlConnect { server: Arc::new(server) }, pool))
}

/// How one of the places is reached; without the login.
fn config(options: &MssqlOptions, place: &Place) -> Result<Config, OptionsError> {
    let mut config = Config::new();
    // An IPv6 address with a port after it needs brackets, in the certificate it has none.
    if place.host.contains(':') {
        config.host(format!("[{}]", place.host));
        config.hostname_in_certificate(&place.host);
    } else {
        config.host(&place.host);
    }
    if let Some(port) = place.port {
        config.port(port);
    }
    // With a port there is nobody to ask.
    if let Some(instance) = place.instance.as_ref().filter(|_| place.port.is_none()) {
        config.instance_name(instance);
    }
    config.database(&options.database);
    config.application_name(&options.application_name);
    config.encryption(match options.encryption {
        Encryption::Required => EncryptionLevel::Required,
        Encryption::Strict => EncryptionLevel::Strict,
        Encryption::Disable => EncryptionLevel::NotSupported,
    });
    if let Some(name) = &options.host_name_in_certificate {
        config.hostname_in_certificate(name);
    }
    if options.encryption != Encryption::Disable {
        if options.trust_certificate {
            config.trust_cert();
        } else if let Some(file) = &options.ca_file {
            for certificate in certificates::trusted(Some(file))? {
                config.trust_cert_ca_bundle(certificate.as_ref());
            }
        }
    }
    // The pool limits the time to connect, each call has its deadline.
    config.handshake_timeout(None);
    config.command_timeout(None);
    Ok(config)
}

/// Said once on each new connection: the policy reads quotes the standard way, errors are
/// read in English, text is a date in one order only, a transaction is all or nothing, and
/// rows are counted, whatever the login's and the database's settings are.
fn session_settings(options: &MssqlOptions) -> String {
    // Zero would mean not to wait at all.
    let lock_timeout = options.lock_timeout.as_millis().clamp(1, i32::MAX.unsigned_abs().into());
    format!(
        "SET QUOTED_IDENTIFIER ON; SET ANSI_NULLS ON; SET ANSI_PADDING ON; SET ANSI_WARNINGS ON; \
         SET ANSI_NULL_DFLT_ON ON; SET ARITHABORT ON; SET CONCAT_NULL_YIELDS_NULL ON; SET NUMERIC_ROUNDABORT OFF; \
         SET IMPLICIT_TRANSACTIONS OFF; SET CURSOR_CLOSE_ON_COMMIT OFF; SET NOCOUNT OFF; SET ROWCOUNT 0; \
         SET TEXTSIZE 2147483647; SET XACT_ABORT ON; SET LANGUAGE us_english; SET DATEFORMAT ymd; \
         SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCK_TIMEOUT {lock_timeout}"
    )
}

struct MssqlConnect {
    server: Arc<Server>,
}

impl std::fmt::Debug for MssqlConnect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MssqlConnect").field("addresses", &self.server.addresses).finish_non_exhaustive()
    }
}

#[async_trait]
impl Connect for MssqlConnect {
    type Protocol = Sql;
    type Connection = MssqlConnection;

    async fn connect(&self, open: OpenGuard) -> Result<MssqlConnection, Error> {
        let client = Box::pin(self.server.connect()).await?;
        Ok(MssqlConnection::start(Worker::new(Arc::clone(&self.server), client), open))
    }
}
