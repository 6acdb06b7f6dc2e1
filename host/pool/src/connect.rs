//! What a driver implements.

use std::fmt::Debug;
use std::time::Instant;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::Protocol;

/// Opens connections of one driver to one target.
#[async_trait]
pub trait Connect: Debug + Send + Sync + 'static {
    /// What its connections speak.
    type Protocol: Protocol;
    /// Its connections.
    type Connection: Connection<Protocol = Self::Protocol>;

    /// A new connection. `open` goes to whatever outlives the handle (thread, socket
    /// task): the pool counts as closed when the last one is gone. Given up after
    /// [`connect_timeout`](crate::PoolOptions::connect_timeout).
    async fn connect(&self, open: OpenGuard) -> Result<Self::Connection, <Self::Protocol as Protocol>::Error>;
}

/// The near end of a connection. Dropping it closes the connection.
#[async_trait]
pub trait Connection: Debug + Send + 'static {
    /// What it speaks.
    type Protocol: Protocol;

    /// Whether it can be used still, as far as is known without asking.
    fn is_alive(&self) -> bool;

    /// Whether it is at rest: nothing of one lease would be left for the next one, such as
    /// a transaction or a cursor.
    fn is_at_rest(&self) -> bool;

    /// Whether it leads to another server than the preferred one, which may be asked again
    /// by now: [`Addresses::is_fallback`](crate::Addresses::is_fallback).
    fn is_fallback(&self) -> bool {
        false
    }

    /// Runs one request. May be dropped in the middle; only [`Connection::recover`] is
    /// called after that.
    async fn run(
        &mut self,
        request: <Self::Protocol as Protocol>::Request,
        deadline: Instant,
    ) -> Result<<Self::Protocol as Protocol>::Reply, <Self::Protocol as Protocol>::Error>;

    /// Whether it works, asked over the wire.
    async fn ping(&mut self) -> bool;

    /// Brings it to rest: with `interrupted`, a run was dropped in the middle. False when
    /// the connection cannot be used again.
    async fn recover(&mut self, interrupted: bool) -> bool;
}

/// Held as long as a connection exists.
#[derive(Debug)]
pub struct OpenGuard(watch::Sender<usize>);

impl OpenGuard {
    pub(crate) fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|open| *open += 1);
        Self(count.clone())
    }
}

impl Clone for OpenGuard {
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl Drop for OpenGuard {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open = open.saturating_sub(1));
    }
}
