//! [`patchbay_pool`] for drivers that speak SQL.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use patchbay_capability::sql::{Dialect, Error, Failure, Lease, Pool, Reply, Request};
use patchbay_pool::{BoundedPool, Connect, Event, Protocol, Trouble};

/// What connections of this crate are asked and answer.
#[derive(Debug)]
pub(crate) enum Sql {}

impl Protocol for Sql {
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
            Event::Discarded => tracing::debug!(target: "patchbay::sql", "{event}"),
            Event::PasswordUnreadable(reason) => tracing::warn!(target: "patchbay::sql", reason, "{event}"),
            Event::PasswordChanged => tracing::info!(target: "patchbay::sql", "{event}"),
        }
    }
}

/// A pool of connections that `connect` opens to a database of this dialect.
pub(crate) fn pool<C>(dialect: Dialect, connect: C, options: patchbay_pool::PoolOptions) -> Arc<dyn Pool>
where
    C: Connect<Protocol = Sql>,
{
    Arc::new(SqlPool { pool: BoundedPool::new(connect, options), dialect })
}

/// A server that may not be written to, where one of several is looked for that may.
pub(crate) fn read_only() -> Error {
    Error::new(Failure::Unavailable, "the server only takes reads, and another one is looked for")
}

#[derive(Debug)]
struct SqlPool<C: Connect> {
    pool: BoundedPool<C>,
    dialect: Dialect,
}

#[async_trait]
impl<C: Connect<Protocol = Sql>> Pool for SqlPool<C> {
    fn dialect(&self) -> Dialect {
        self.dialect
    }

    async fn lease(&self, deadline: Instant) -> Result<Box<dyn Lease>, Error> {
        Ok(Box::new(SqlLease(self.pool.lease(deadline).await?)))
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

#[derive(Debug)]
struct SqlLease<C: Connect>(patchbay_pool::Lease<C>);

#[async_trait]
impl<C: Connect<Protocol = Sql>> Lease for SqlLease<C> {
    async fn run(&mut self, request: Request, deadline: Instant) -> Result<Reply, Error> {
        self.0.run(request, deadline).await
    }
}
