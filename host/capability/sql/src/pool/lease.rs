//! A connection on loan.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use patchbay_capability::sql::{Error, Failure, Lease, Reply, Request};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{timeout, timeout_at};

use super::{Connect, Connection, Entry, Shared};

/// A connection on loan. Dropping it gives the connection back: at once when it is at
/// rest, else after a task of the pool's own brought it to rest.
#[derive(Debug)]
pub(super) struct PooledLease<C: Connect> {
    shared: Arc<Shared<C>>,
    /// Taken by the drop only.
    loan: Option<(Entry<C::Connection>, OwnedSemaphorePermit)>,
    /// A run was started and has not come to its end.
    interrupted: bool,
    runtime: Handle,
}

impl<C: Connect> PooledLease<C> {
    /// Must be called within a runtime, which also runs the cleanup.
    pub(super) fn new(shared: Arc<Shared<C>>, entry: Entry<C::Connection>, permit: OwnedSemaphorePermit) -> Self {
        Self { shared, loan: Some((entry, permit)), interrupted: false, runtime: Handle::current() }
    }
}

#[async_trait]
impl<C: Connect> Lease for PooledLease<C> {
    async fn run(&mut self, request: Request, deadline: Instant) -> Result<Reply, Error> {
        let Some((entry, _)) = self.loan.as_mut().filter(|_| !self.interrupted) else {
            return Err(Error::new(Failure::Unavailable, "an earlier call on this connection was given up"));
        };
        self.interrupted = true;
        let longest = self.shared.options.statement_timeout.and_then(|longest| Instant::now().checked_add(longest));
        let deadline = longest.map_or(deadline, |longest| longest.min(deadline));
        let outcome = timeout_at(deadline.into(), entry.connection.run(request, deadline)).await;
        match outcome {
            Ok(outcome) => {
                self.interrupted = false;
                if !entry.connection.is_alive() {
                    self.shared.distrust();
                }
                outcome
            }
            Err(_) => Err(Error::new(Failure::Timeout, "the target did not answer in time")),
        }
    }
}

impl<C: Connect> Drop for PooledLease<C> {
    fn drop(&mut self) {
        let Some((mut entry, permit)) = self.loan.take() else { return };
        let interrupted = self.interrupted;
        if !entry.connection.is_alive() {
            return;
        }
        if !interrupted && entry.connection.is_at_rest() {
            self.shared.put(entry);
            return;
        }
        let shared = Arc::clone(&self.shared);
        // The permit goes with the task: nobody else gets a connection in its place
        // until this one is at rest or closed.
        self.runtime.spawn(async move {
            let recovered = timeout(shared.options.grace, entry.connection.recover(interrupted)).await;
            if recovered == Ok(true) {
                shared.put(entry);
            } else {
                tracing::debug!(target: "patchbay::sql", "an interrupted connection is thrown away");
                drop(entry);
            }
            drop(permit);
        });
    }
}
