//! [`patchbay_pool`] for connections that speak LDAP.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use patchbay_capability::ldap::{Error, Failure, Lease, Pool, Reply, Request};
use patchbay_pool::{BoundedPool, Event, PoolOptions, Protocol, Trouble};

use crate::connect::{Connector, Directory};
use crate::options::{LdapOptions, OptionsError};

/// What connections of this crate are asked and answer.
#[derive(Debug)]
pub(crate) enum Ldap {}

impl Protocol for Ldap {
    type Request = Request;
    type Reply = Reply;
    type Error = Error;

    fn trouble(trouble: Trouble) -> Error {
        match trouble {
            Trouble::Unavailable(message) => Error::new(Failure::Unavailable, message),
            Trouble::Busy(message) => Error::new(Failure::Busy, message),
            Trouble::Timeout(message) => Error::new(Failure::Timeout, message),
        }
    }

    fn is_refused(error: &Error) -> bool {
        error.failure == Failure::PermissionDenied
    }

    fn log(event: &Event) {
        match event {
            Event::Discarded => tracing::debug!(target: "patchbay::ldap", "{event}"),
            Event::PasswordUnreadable(reason) => tracing::warn!(target: "patchbay::ldap", reason, "{event}"),
            Event::PasswordChanged => tracing::info!(target: "patchbay::ldap", "{event}"),
        }
    }
}

/// A pool of connections to one directory. Opens nothing yet, but reads certificates.
///
/// # Errors
///
/// Options that cannot work, whatever the server says.
pub fn pool(options: LdapOptions, pool: PoolOptions) -> Result<Arc<dyn Pool>, OptionsError> {
    let times = Times { search: options.search_timeout, write: options.write_timeout };
    let directory = Directory::new(options, pool.connect_timeout)?;
    Ok(Arc::new(LdapPool { pool: BoundedPool::new(Connector(Arc::new(directory)), pool), times }))
}

#[derive(Debug)]
struct LdapPool {
    pool: BoundedPool<Connector>,
    times: Times,
}

/// Longest that requests may take.
#[derive(Debug, Clone, Copy)]
struct Times {
    search: Option<Duration>,
    write: Option<Duration>,
}

impl Times {
    /// When `request` has to be done.
    fn limit(self, request: &Request, deadline: Instant) -> Instant {
        let longest = match request {
            Request::Add(_)
            | Request::Modify(_)
            | Request::Rename(_)
            | Request::Delete(_)
            | Request::SetPassword(_) => self.write,
            // Of a request that waits, the waiting does not count.
            Request::Sync { request, .. } => self.search.map(|longest| longest.saturating_add(request.wait)),
            _ => self.search,
        };
        longest.and_then(|longest| Instant::now().checked_add(longest)).map_or(deadline, |limit| limit.min(deadline))
    }
}

#[async_trait]
impl Pool for LdapPool {
    async fn lease(&self, deadline: Instant) -> Result<Box<dyn Lease>, Error> {
        Ok(Box::new(LdapLease { lease: self.pool.lease(deadline).await?, times: self.times }))
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

#[derive(Debug)]
struct LdapLease {
    lease: patchbay_pool::Lease<Connector>,
    times: Times,
}

#[async_trait]
impl Lease for LdapLease {
    async fn run(&mut self, request: Request, deadline: Instant) -> Result<Reply, Error> {
        let deadline = self.times.limit(&request, deadline);
        self.lease.run(request, deadline).await
    }

    fn keep(&mut self, held: Box<dyn Any + Send>) {
        self.lease.keep(held);
    }
}
