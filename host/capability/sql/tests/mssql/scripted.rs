//! The driver against a server that answers from a script.

mod errors;
mod failover;
mod login;
mod outage;
mod procedures;
mod results;
mod tls;

use std::sync::Arc;

use patchbay_capability::sql::Pool;
use patchbay_capability_sql::mssql::Encryption;
use patchbay_capability_sql::{MssqlOptions, PoolOptions, mssql};

use crate::line::Line;
use crate::server::Server;

/// Options for a server without TLS.
fn options(server: &Server) -> MssqlOptions {
    let mut options = MssqlOptions::new("127.0.0.1", "patchbay", "desk");
    options.port = Some(server.port);
    options.password = Some("hunter2-hunter2".into());
    options.encryption = Encryption::Disable;
    options
}

/// A pool of at most one connection.
fn pool(server: &Server) -> Arc<dyn Pool> {
    mssql::pool(options(server), PoolOptions { max: 1, ..PoolOptions::default() }).unwrap()
}

/// A server without TLS, and a connection to it.
async fn line() -> (Server, Line) {
    let server = Server::start(None).await;
    let line = Line::open(&pool(&server)).await;
    (server, line)
}
