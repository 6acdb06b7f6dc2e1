//! MySQL and MariaDB, over their wire protocol.
//!
//! A connection belongs to a task of its own ([`session`]), which serves one command
//! after the other: a dropped call drops no I/O, its answer is read and thrown away
//! there. The pool holds the near end ([`connection`]).

pub(crate) mod catalogue;
mod connection;
pub(crate) mod error;
pub(crate) mod message;
mod options;
mod param;
mod row;
mod session;
pub(crate) mod statement;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts};
use patchbay_capability::sql::{Dialect, Error, Failure, Pool};

pub use options::MysqlOptions;

use crate::constraints::Constraints;
use crate::pool::{BoundedPool, Connect, OpenGuard, PoolOptions};
use crate::url::OptionsError;
use connection::MysqlConnection;
use session::Session;

/// Idle connections are asked whether they work after so long at the latest: nothing
/// reads from an idle socket, so that nothing notices its end.
const VALIDATE_AFTER: Duration = Duration::from_secs(1);

/// Most of it is the servers' own default, which not every server was left with: what
/// does not fit a column is an error and not cut to size, and `||` joins texts. Double
/// quotes and backslashes mean what the policy's parser takes them for, which is what
/// they mean by default. Times are in UTC; messages in the language that is read here.
pub(crate) const SETTINGS: &str = "autocommit = 1, time_zone = '+00:00', lc_messages = 'en_US', \
     sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,\
NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT'";

/// As on other databases: without the locks on gaps that make writers of neighbouring
/// rows wait for each other, or fail.
pub(crate) const ISOLATION: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// A pool of connections to one database. Connects to nothing yet.
///
/// Fails when the options cannot work: no host, TLS left out on the way to another
/// machine, certificates that cannot be read.
pub fn pool(options: MysqlOptions, pool: PoolOptions) -> Result<Arc<dyn Pool>, OptionsError> {
    options.check()?;
    let tls = tls::options(&options)?;
    let servers = options.hosts.iter().map(|host| server(&options, host, tls.clone())).collect();
    // Several hosts share the time one attempt may take.
    let hosts = u32::try_from(options.hosts.len()).unwrap_or(u32::MAX).max(1);
    let connect = MysqlConnect {
        servers,
        patience: pool.connect_timeout / hosts,
        statement_timeout: options.statement_timeout,
        constraints: Arc::new(Constraints::default()),
        hosts: options.hosts,
    };
    let pool = PoolOptions { validate_after: pool.validate_after.min(VALIDATE_AFTER), ..pool };
    Ok(Arc::new(BoundedPool::new(connect, pool)))
}

fn server(options: &MysqlOptions, (host, port): &(String, u16), tls: Option<SslOpts>) -> Opts {
    let server = if host.starts_with('/') {
        OptsBuilder::default().socket(Some(host.clone()))
    } else {
        OptsBuilder::default().ip_or_hostname(host.clone()).tcp_port(*port)
    };
    server
        .prefer_socket(false)
        .user(Some(options.user.clone()))
        .pass(options.password.clone())
        .db_name(Some(options.database.clone()))
        .ssl_opts(tls)
        .tcp_keepalive(Some(options.keepalive))
        .stmt_cache_size(options.statement_cache.max(1))
        // An UPDATE counts the rows it found, whether or not they held the value already.
        .client_found_rows(true)
        .into()
}

struct MysqlConnect {
    /// One per host, tried in order.
    servers: Vec<Opts>,
    hosts: Vec<(String, u16)>,
    /// How long one host may take.
    patience: Duration,
    statement_timeout: Option<Duration>,
    /// What the catalogue said of constraints, for errors that do not name columns.
    constraints: Arc<Constraints>,
}

impl std::fmt::Debug for MysqlConnect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MysqlConnect").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl MysqlConnect {
    async fn open(&self, server: &Opts) -> Result<Conn, mysql_async::Error> {
        let mut conn = Conn::new(server.clone()).await?;
        conn.query_drop(format!("SET NAMES utf8mb4, {SETTINGS}")).await?;
        conn.query_drop(ISOLATION).await?;
        if let Some(timeout) = self.statement_timeout {
            conn.query_drop(statement_timeout(&conn, timeout)).await?;
        }
        Ok(conn)
    }
}

/// The two servers have a setting each.
fn statement_timeout(conn: &Conn, timeout: Duration) -> String {
    let millis = timeout.as_millis().clamp(1, i32::MAX.unsigned_abs().into());
    if is_mariadb(conn) {
        format!("SET SESSION max_statement_time = {}.{:03}", millis / 1000, millis % 1000)
    } else {
        format!("SET SESSION max_execution_time = {millis}")
    }
}

/// MariaDB has counted from 10 since it went its own way; MySQL is not there yet.
fn is_mariadb(conn: &Conn) -> bool {
    conn.server_version().0 >= 10
}

#[async_trait]
impl Connect for MysqlConnect {
    type Connection = MysqlConnection;

    fn dialect(&self) -> Dialect {
        Dialect::Mysql
    }

    async fn connect(&self, open: OpenGuard) -> Result<MysqlConnection, Error> {
        let mut failed = Error::new(Failure::Unavailable, "there is no host to connect to");
        for server in &self.servers {
            match tokio::time::timeout(self.patience, self.open(server)).await {
                Ok(Ok(conn)) => {
                    let session = Session::new(conn, Arc::clone(&self.constraints), open);
                    return Ok(MysqlConnection::start(session));
                }
                Ok(Err(error)) => failed = error::connecting(&error),
                Err(_) => failed = Error::new(Failure::Unavailable, "no connection to the target in time"),
            }
            if failed.failure == Failure::PermissionDenied {
                break;
            }
        }
        Err(failed)
    }
}
