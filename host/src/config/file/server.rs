//! `[server]` and `[engine]`.

use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::units::{Size, Time};

/// How clients reach the server.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port to listen on; `127.0.0.1:8585` if left out.
    #[schemars(with = "Option<String>")]
    pub listen: Option<SocketAddr>,
    /// Certificate and key for HTTPS. Read again when the files change.
    pub tls: Option<TlsFiles>,
    /// Serve plain HTTP instead of HTTPS. Only on a loopback address.
    pub plain_http: bool,
    /// What clients see as scheme, host and port, where that is not what they send as
    /// `Host`: behind a reverse proxy, e.g. `https://scim.example.com`.
    pub public_url: Option<String>,
    /// Loopback address and port for `/healthz` and `/readyz`, plain HTTP without a
    /// token; not served if left out.
    #[schemars(with = "Option<String>")]
    pub admin: Option<SocketAddr>,
    /// What one client, and all of them, may ask of the server.
    pub limits: ServerLimits,
}

/// PEM files for HTTPS.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TlsFiles {
    /// The certificate, followed by those that lead to its root.
    #[schemars(required)]
    pub cert: Option<PathBuf>,
    /// The certificate's private key.
    #[schemars(required)]
    pub key: Option<PathBuf>,
}

/// What one client, and all of them, may ask of the server.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServerLimits {
    /// Largest request body; `"1MiB"` if left out.
    pub body: Option<Size>,
    /// How long a client may take to send a request's head, and to shake hands; `"30s"`
    /// if left out.
    pub header_timeout: Option<Time>,
    /// How long a client may take to send a request's body; `"30s"` if left out.
    pub body_timeout: Option<Time>,
    /// How long a client may take none of an answer that waits for it, before the connection
    /// is closed; `"30s"` if left out.
    pub answer_timeout: Option<Time>,
    /// Requests worked on at a time; more are answered with 503. 256 if left out.
    pub requests: Option<u32>,
    /// Connections open at a time; more wait. 1024 if left out.
    pub connections: Option<u32>,
    /// How long requests under way may take when the server is told to stop; `"30s"`
    /// if left out.
    pub shutdown_timeout: Option<Time>,
}

/// How connectors are run.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Engine {
    /// Directory for compiled connectors, so that the next start is quick. Only the
    /// service's own user may be able to write there. The user's cache directory if
    /// left out.
    pub cache: Option<PathBuf>,
    /// Largest connector that is loaded; `"64MiB"` if left out.
    pub component_size: Option<Size>,
    /// Connector instances that run at a time; more operations wait. 64 if left out.
    pub instances: Option<u32>,
}
