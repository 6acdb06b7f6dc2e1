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
use patchbay_pool::{Addresses, Connect, Credentials, Login, OpenGuard, PoolOptions};

pub use options::MysqlOptions;

use crate::constraints::Constraints;
use crate::pool::{Sql, read_only};
use crate::url::OptionsError;
use connection::MysqlConnection;
use session::Session;
#[cfg(feature = "odbc")]
pub(crate) use session::{LOCK, UNLOCK, procedure};

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
    let connect = MysqlConnect {
        servers: options.hosts.iter().map(|host| server(&options, host, tls.clone())).collect(),
        addresses: Addresses::new(options.hosts.len(), pool.connect_timeout),
        credentials: Arc::new(Credentials::new(options.password, options.password_source)),
        lock_timeout: lock_timeout(options.lock_timeout),
        statement_timeout: pool.request_timeout,
        constraints: Arc::new(Constraints::default()),
    };
    let pool = PoolOptions { validate_after: pool.validate_after.min(VALIDATE_AFTER), ..pool };
    Ok(crate::pool::pool(Dialect::Mysql, connect, pool))
}

/// How one of the hosts is reached; without the password.
fn server(options: &MysqlOptions, (host, port): &(String, u16), tls: Option<SslOpts>) -> Opts {
    let server = if host.starts_with('/') {
        OptsBuilder::default().socket(Some(host.clone()))
    } else {
        OptsBuilder::default().ip_or_hostname(host.clone()).tcp_port(*port)
    };
    server
        .prefer_socket(false)
        .user(Some(options.user.clone()))
        .db_name(Some(options.database.clone()))
        .ssl_opts(tls)
        .tcp_keepalive(Some(options.keepalive))
        .stmt_cache_size(options.statement_cache.max(1))
        // An UPDATE counts the rows it found, whether or not they held the value already.
        .client_found_rows(true)
        .into()
}

struct MysqlConnect {
    /// One per host.
    servers: Vec<Opts>,
    addresses: Addresses,
    /// Also of the connections that end a statement of another one.
    credentials: Arc<Credentials>,
    /// The statement that sets it.
    lock_timeout: String,
    statement_timeout: Option<Duration>,
    /// What the catalogue said of constraints, for errors that do not name columns.
    constraints: Arc<Constraints>,
}

impl std::fmt::Debug for MysqlConnect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MysqlConnect").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

#[async_trait]
impl Login for MysqlConnect {
    type Protocol = Sql;
    type Session = Conn;

    async fn log_in(&self, address: usize, password: Option<&str>) -> Result<Conn, Error> {
        let nowhere = || Error::new(Failure::Unavailable, "there is no host to connect to");
        let server = with_password(self.servers.get(address).ok_or_else(nowhere)?, password);
        let opened = async {
            let mut conn = Conn::new(server).await?;
            conn.query_drop(format!("SET NAMES utf8mb4, {SETTINGS}")).await?;
            conn.query_drop(ISOLATION).await?;
            conn.query_drop(&self.lock_timeout).await?;
            if let Some(timeout) = self.statement_timeout {
                conn.query_drop(statement_timeout(&conn, timeout)).await?;
            }
            let writable = !self.addresses.several() || session::is_writable(&mut conn).await?;
            Ok((conn, writable))
        };
        match opened.await {
            Ok((conn, true)) => Ok(conn),
            Ok((_, false)) => Err(read_only()),
            Err(error) => Err(error::connecting(&error)),
        }
    }
}

fn with_password(server: &Opts, password: Option<&str>) -> Opts {
    OptsBuilder::from_opts(server.clone()).pass(password).into()
}

/// Both for rows and for tables whose definition somebody changes; in whole seconds.
pub(crate) fn lock_timeout(timeout: Duration) -> String {
    let seconds = timeout.as_millis().div_ceil(1000).clamp(1, 86_400);
    format!("SET SESSION innodb_lock_wait_timeout = {seconds}, lock_wait_timeout = {seconds}")
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
    type Protocol = Sql;
    type Connection = MysqlConnection;

    async fn connect(&self, open: OpenGuard) -> Result<MysqlConnection, Error> {
        let conn = self.addresses.open(self, &self.credentials).await?;
        let (credentials, constraints) = (Arc::clone(&self.credentials), Arc::clone(&self.constraints));
        let session = Session::new(conn, credentials, constraints, self.addresses.several(), open);
        Ok(MysqlConnection::start(session))
    }
}
