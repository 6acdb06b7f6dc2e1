//! The HTTP edge: connections, TLS, tokens, limits and bodies. What a request means is
//! the gateway's business; nothing of SCIM but the error body is known here.

mod accept;
mod admin;
mod answer;
mod auth;
mod body;
mod edge;
mod head;
mod listener;
mod patience;
mod query;
mod request_id;
mod route;
mod tls;
mod tokens;
mod usage;
mod watched_files;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use patchbay_gateway::Gateway;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use auth::Token;
pub use route::is_authority;
pub use tls::{Certificates, TlsError};
pub use tokens::Tokens;
pub use watched_files::WatchedFiles;

use crate::config::{Server as Settings, Transport};
use edge::Edge;

/// An app as the edge sees it.
#[derive(Debug)]
pub struct App {
    /// Who may use it.
    pub tokens: Tokens,
    /// What answers.
    pub gateway: Arc<Gateway>,
    /// How long one request may take.
    pub deadline: Duration,
    /// How many requests are worked on at a time.
    pub requests: usize,
    /// Whether `/ecma2host_NAME/scim` is served.
    pub ecma2host: bool,
}

/// Why the server cannot start to listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The certificate or its key is not usable.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A server that listens. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    secure: bool,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    admin: Option<admin::Admin>,
}

impl Listening {
    /// Binds the address and starts to serve `apps`.
    ///
    /// # Errors
    /// The address cannot be bound, or the certificate cannot be used.
    pub async fn start(settings: &Settings, apps: HashMap<String, App>) -> Result<Self, ListenError> {
        let certificates = match &settings.transport {
            Transport::Plain => None,
            Transport::Tls { cert, key } => Some(Certificates::load(cert.clone(), key.clone())?),
        };
        let bind = |address, source| ListenError::Bind { address, source };
        let listener = TcpListener::bind(settings.listen).await.map_err(|source| bind(settings.listen, source))?;
        let address = listener.local_addr().map_err(|source| bind(settings.listen, source))?;
        let (stop, stopped) = watch::channel(false);
        let admin = match settings.admin {
            Some(address) => {
                Some(admin::Admin::start(address, stopped.clone()).map_err(|source| bind(address, source))?)
            }
            None => None,
        };
        let secure = certificates.is_some();
        let edge = Arc::new(Edge::new(settings, address, secure, apps));
        let task = tokio::spawn(listener::serve(listener, certificates, edge, settings.limits, stopped));
        Ok(Self { address, secure, stop, task, admin })
    }

    /// The address it listens on; with the port that was chosen where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Address of the health endpoints, where they are served.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(admin::Admin::address)
    }

    /// `http://ADDRESS` or `https://ADDRESS`.
    pub fn origin(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Accepts no more connections, finishes the requests under way (for as long as the
    /// configuration says) and returns.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(target: "patchbay::http", %error, "the listener failed");
        }
    }
}
