//! Opening connections: the way, the bind, and what the server says of itself.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_capability::ldap::{Error, Failure};
use patchbay_pool::{Addresses, Connect, Credentials, Login, OpenGuard};
use rustls::ClientConfig;

use crate::connection::LdapConnection;
use crate::controls::{self, PolicyError, PolicyWarning};
use crate::error::bind_refused;
#[cfg(feature = "gssapi")]
use crate::gssapi::Kerberos;
use crate::message::Operation;
use crate::options::{Bind, LdapOptions, OptionsError, Referrals, Server};
use crate::pool::Ldap;
use crate::tls;
use crate::wire::{Wire, unavailable};

/// One directory, on one or several servers.
#[derive(Debug)]
pub(crate) struct Directory {
    /// Without the password.
    options: LdapOptions,
    tls: Option<Arc<ClientConfig>>,
    pub(crate) addresses: Addresses,
    credentials: Credentials,
    #[cfg(feature = "gssapi")]
    kerberos: Kerberos,
    /// Somebody was told that searches would go on elsewhere.
    pub(crate) told: AtomicBool,
}

impl Directory {
    pub(crate) fn new(mut options: LdapOptions, connect_timeout: Duration) -> Result<Self, OptionsError> {
        options.check()?;
        let tls = options.uses_tls().then(|| tls::client_config(&options)).transpose()?;
        let credentials = match &mut options.bind {
            Bind::Simple { password, password_source, .. } => Credentials::new(password.take(), password_source.take()),
            Bind::Anonymous | Bind::External | Bind::Gssapi { .. } => Credentials::new(None, None),
        };
        let addresses = Addresses::new(options.servers.len(), connect_timeout);
        Ok(Self {
            #[cfg(feature = "gssapi")]
            kerberos: Kerberos::new(match &options.bind {
                Bind::Gssapi { principal } => principal.clone(),
                _ => None,
            }),
            options,
            tls,
            addresses,
            credentials,
            told: AtomicBool::default(),
        })
    }

    /// Its servers, in the order of their addresses.
    pub(crate) fn servers(&self) -> &[Server] {
        &self.options.servers
    }

    /// What becomes of writes that one of them refers elsewhere.
    pub(crate) fn referrals(&self) -> Referrals {
        self.options.referrals
    }

    /// A connection to the server at this address, and to no other one.
    pub(crate) async fn open_at(self: &Arc<Self>, address: usize, open: OpenGuard) -> Result<LdapConnection, Error> {
        self.addresses.open_only(address, &Opening { directory: self, open }, &self.credentials).await
    }

    async fn bind(&self, wire: &mut Wire, server: &Server, password: Option<&str>) -> Result<(), Error> {
        let operation = match &self.options.bind {
            // A connection is nobody's until somebody binds.
            Bind::Anonymous => return Ok(()),
            // As nobody else than the certificate or the socket says.
            Bind::External => Operation::BindSasl { mechanism: "EXTERNAL", credentials: b"" },
            #[cfg(feature = "gssapi")]
            Bind::Gssapi { .. } => return self.kerberos.bind(wire, &server.host).await,
            // Nobody comes here: the options were checked.
            #[cfg(not(feature = "gssapi"))]
            Bind::Gssapi { .. } => {
                let _ = server;
                return Err(Error::new(Failure::Unsupported, "there are no binds by Kerberos in this program"));
            }
            Bind::Simple { name, .. } => {
                // The server would let us in, as nobody (RFC 4513 section 5.1.2).
                let password = password
                    .filter(|password| !password.is_empty())
                    .ok_or_else(|| Error::new(Failure::PermissionDenied, "the password of the binding is empty"))?;
                Operation::BindSimple { name, password }
            }
        };
        let (outcome, answered) = wire.ask(&operation, &[controls::password_policy()]).await?;
        let policy = controls::read_password_policy(&answered).map_err(|malformed| wire.broken(malformed))?;
        // Who must change the password is let in, to do that and nothing else.
        if outcome.code != 0 || policy.error == Some(PolicyError::MustChange) {
            return Err(bind_refused(&outcome, policy.error));
        }
        match policy.warning {
            Some(PolicyWarning::Expires(seconds)) => {
                tracing::warn!(target: "patchbay::ldap", seconds, "the password of the binding expires soon");
            }
            Some(PolicyWarning::Grace(logins)) => {
                tracing::warn!(target: "patchbay::ldap", logins, "the password of the binding has expired");
            }
            None => {}
        }
        Ok(())
    }
}

/// Opens connections to a directory.
#[derive(Debug)]
pub(crate) struct Connector(pub(crate) Arc<Directory>);

#[async_trait]
impl Connect for Connector {
    type Protocol = Ldap;
    type Connection = LdapConnection;

    async fn connect(&self, open: OpenGuard) -> Result<LdapConnection, Error> {
        let Directory { addresses, credentials, .. } = &*self.0;
        addresses.open(&Opening { directory: &self.0, open }, credentials).await
    }
}

/// A connection that is being opened.
struct Opening<'a> {
    directory: &'a Arc<Directory>,
    open: OpenGuard,
}

#[async_trait]
impl Login for Opening<'_> {
    type Protocol = Ldap;
    type Session = LdapConnection;

    async fn log_in(&self, address: usize, password: Option<&str>) -> Result<LdapConnection, Error> {
        let Directory { options, tls, .. } = &**self.directory;
        let server = options.servers.get(address).ok_or_else(|| unavailable("there is no server to connect to"))?;
        let mut wire = Wire::open(server, tls.as_ref(), options.max_message, self.open.clone()).await?;
        self.directory.bind(&mut wire, server, password).await?;
        LdapConnection::new(wire, address, Arc::clone(self.directory)).await
    }
}
