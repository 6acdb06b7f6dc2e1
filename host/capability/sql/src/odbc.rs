//! Whatever has an ODBC driver.
//!
//! Drivers block, so each connection lives on a thread of its own ([`worker`]), which
//! serves one command after the other; the pool holds the near end ([`connection`]). A
//! driver that does not come back keeps its thread: there are only so many, and then no
//! connection is opened any more. Nothing can be cancelled through the driver (the safe
//! interface of the crate `odbc-api` has no word for it), but each statement is given the
//! time its caller has, which most drivers keep. In a process of its own ([`process`]) a
//! driver can be ended at any time, and may crash.
//!
//! There may be several connection strings: the first that takes writes is used, and asked
//! again once it has had time to recover.

mod attributes;
mod catalogue;
mod connection;
mod error;
mod options;
mod param;
mod process;
mod product;
mod row;
mod session;
mod statement;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_capability::sql::{Error, Failure, Pool};
use patchbay_pool::{Addresses, Connect, Credentials, Login, OpenGuard, PoolOptions};
use tokio::sync::Semaphore;

pub use options::{OdbcOptions, OdbcWorker};
pub use process::work;

use crate::constraints::Constraints;
use crate::pool::Sql;
use crate::url::{OptionsError, invalid};
use attributes::Attributes;
use connection::{Hold, OdbcConnection, Place};
use session::Opening;

/// Threads per connection of the pool: for the connection, and for one that was given up
/// and whose driver has not come back yet.
const THREADS: usize = 2;

/// How long to wait for one of them: what has ended, or was killed, is gone within moments.
const COMING_BACK: Duration = Duration::from_secs(1);

/// Idle connections are asked whether they work after so long at the latest: nothing
/// reads from an idle connection, so that nothing notices its end.
const VALIDATE_AFTER: Duration = Duration::from_secs(1);

/// A pool of connections to one database. Connects to nothing yet.
///
/// Fails when nothing says what the database speaks, or the password cannot be passed on.
pub fn pool(options: OdbcOptions, pool: PoolOptions) -> Result<Arc<dyn Pool>, OptionsError> {
    let dialect = options
        .known_dialect()
        .ok_or_else(|| invalid("does not tell what kind of database it reaches: `odbc.dialect` must say it"))?;
    let mut places = options.places();
    for attributes in &mut places {
        product::complete(attributes, dialect, options.lock_timeout);
        // What cannot be passed on is said at once, and not with the first connection.
        attributes.with_password(options.password.as_deref())?;
    }
    let addresses = Arc::new(Addresses::new(places.len(), pool.connect_timeout));
    let share = u32::try_from(places.len()).unwrap_or(u32::MAX).max(1);
    let connect = OdbcConnect {
        opening: Opening {
            string: String::new(),
            dialect,
            any_product: options.dialect.is_some(),
            must_write: addresses.several(),
            value_limit: options.value_limit,
            connect_timeout: pool.connect_timeout / share,
            lock_timeout: options.lock_timeout,
            worker: options.worker,
        },
        places,
        addresses,
        credentials: Credentials::new(options.password, options.password_source),
        threads: Arc::new(Semaphore::new(pool.max.max(1).saturating_mul(THREADS).min(Semaphore::MAX_PERMITS))),
        constraints: Arc::new(Constraints::default()),
    };
    let pool = PoolOptions { validate_after: pool.validate_after.min(VALIDATE_AFTER), ..pool };
    Ok(crate::pool::pool(dialect, connect, pool))
}

struct OdbcConnect {
    /// Without the connection string.
    opening: Opening,
    /// One per address.
    places: Vec<Attributes>,
    addresses: Arc<Addresses>,
    credentials: Credentials,
    /// One permit per thread that has not ended.
    threads: Arc<Semaphore>,
    /// What the catalogue said of constraints, for errors that do not name columns.
    constraints: Arc<Constraints>,
}

impl std::fmt::Debug for OdbcConnect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OdbcConnect").field("dialect", &self.opening.dialect).finish_non_exhaustive()
    }
}

#[async_trait]
impl Connect for OdbcConnect {
    type Protocol = Sql;
    type Connection = OdbcConnection;

    async fn connect(&self, open: OpenGuard) -> Result<OdbcConnection, Error> {
        self.addresses.open(&Attempt { connect: self, open }, &self.credentials).await
    }
}

/// One connection on its way.
struct Attempt<'a> {
    connect: &'a OdbcConnect,
    open: OpenGuard,
}

#[async_trait]
impl Login for Attempt<'_> {
    type Protocol = Sql;
    type Session = OdbcConnection;

    async fn log_in(&self, address: usize, password: Option<&str>) -> Result<OdbcConnection, Error> {
        let connect = self.connect;
        let unavailable = |message: String| Error::new(Failure::Unavailable, message);
        let place = connect.places.get(address).ok_or_else(|| unavailable("there is no such address".to_owned()))?;
        // A password that was read meanwhile may have what the first one had not.
        let string =
            place.with_password(password).map_err(|error| unavailable(format!("the connection string {error}")))?;
        let thread = tokio::time::timeout(COMING_BACK, Arc::clone(&connect.threads).acquire_owned()).await;
        let Ok(Ok(thread)) = thread else {
            let message = "the ODBC driver has not come back from statements that were given up";
            return Err(Error::new(Failure::Unavailable, message));
        };
        let hold = Hold { _open: self.open.clone(), _thread: thread };
        let opening = Opening { string, ..connect.opening.clone() };
        let place = Place { addresses: Arc::clone(&connect.addresses), address };
        OdbcConnection::open(opening, Arc::clone(&connect.constraints), hold, place).await
    }
}
