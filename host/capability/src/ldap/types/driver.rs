//! What a driver implements.

use std::any::Any;
use std::fmt::Debug;
use std::time::Instant;

use async_trait::async_trait;

use super::{Error, Reply, Request};

/// A pool of connections to one directory. Implemented by driver crates.
#[async_trait]
pub trait Pool: Send + Sync + Debug {
    /// A connection for exclusive use, to one server, waiting until `deadline` at most:
    /// [`Failure::Unavailable`](super::Failure::Unavailable) when none can be reached,
    /// [`Failure::Busy`](super::Failure::Busy) when none gets free.
    async fn lease(&self, deadline: Instant) -> Result<Box<dyn Lease>, Error>;

    /// Closes idle connections and refuses new leases; returns when all are closed.
    async fn close(&self);
}

/// A leased connection. Runs one request at a time, and has at most one search open; any
/// request but [`Request::Next`] ends it. Dropping the lease at any moment, also in the
/// middle of `run`, is safe: the driver's own task finishes or abandons what is under way,
/// and only then gives the connection back, or discards it.
#[async_trait]
pub trait Lease: Send + Debug {
    /// Runs one request; [`Failure::Timeout`](super::Failure::Timeout) when `deadline`
    /// passes first, [`Failure::Unavailable`](super::Failure::Unavailable) when the
    /// connection breaks.
    async fn run(&mut self, request: Request, deadline: Instant) -> Result<Reply, Error>;

    /// Keeps `held`, and nothing that was kept before, until nothing of this lease is under way
    /// at the server any more, as far as the driver can know. That may be some time after the
    /// lease is dropped.
    fn keep(&mut self, held: Box<dyn Any + Send>);
}
