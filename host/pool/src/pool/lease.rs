//! A connection on loan.

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{timeout, timeout_at};

use super::{Entry, ErrorOf, Shared, trouble};
use crate::{Connect, Connection, Event, Protocol, Trouble};

/// A connection on loan. Dropping it gives the connection back: at once when it is at
/// rest, else after a task of the pool's own brought it to rest.
#[derive(Debug)]
pub struct Lease<C: Connect> {
    shared: Arc<Shared<C>>,
    /// Taken by the drop only.
    loan: Option<(Entry<C::Connection>, OwnedSemaphorePermit)>,
    kept: Option<Box<dyn Any + Send>>,
    /// A run was started and has not come to its end.
    interrupted: bool,
    runtime: Handle,
}

impl<C: Connect> Lease<C> {
    /// Must be called within a runtime, which also runs the cleanup.
    pub(super) fn new(shared: Arc<Shared<C>>, entry: Entry<C::Connection>, permit: OwnedSemaphorePermit) -> Self {
        Self { shared, loan: Some((entry, permit)), kept: None, interrupted: false, runtime: Handle::current() }
    }

    /// The near end of the connection: for what it knows without being asked.
    pub fn connection(&self) -> Option<&C::Connection> {
        self.loan.as_ref().map(|(entry, _)| &entry.connection)
    }

    /// Keeps `held`, and nothing that was kept before, until nothing of this lease is under way
    /// at the target any more, as far as can be known: what was sent has come to its end, or
    /// the connection is given up.
    pub fn keep(&mut self, held: Box<dyn Any + Send>) {
        self.kept = Some(held);
    }

    /// Runs one request: [`Trouble::Timeout`] when `deadline` passes first. A run that came
    /// to no end, also because its future was dropped, is the lease's last one.
    pub async fn run(
        &mut self,
        request: <C::Protocol as Protocol>::Request,
        deadline: Instant,
    ) -> Result<<C::Protocol as Protocol>::Reply, ErrorOf<C>> {
        let Some((entry, _)) = self.loan.as_mut().filter(|_| !self.interrupted) else {
            return Err(trouble::<C>(Trouble::Unavailable("an earlier call on this connection was given up")));
        };
        self.interrupted = true;
        let longest = self.shared.options.request_timeout.and_then(|longest| Instant::now().checked_add(longest));
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
            Err(_) => Err(trouble::<C>(Trouble::Timeout("the target did not answer in time"))),
        }
    }
}

impl<C: Connect> Drop for Lease<C> {
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
        let kept = self.kept.take();
        // The permit goes with the task: nobody else gets a connection in its place
        // until this one is at rest or closed.
        self.runtime.spawn(async move {
            let recovered = timeout(shared.options.grace, entry.connection.recover(interrupted)).await;
            if recovered == Ok(true) {
                shared.put(entry);
            } else {
                <C::Protocol as Protocol>::log(&Event::Discarded);
                drop(entry);
            }
            drop((permit, kept));
        });
    }
}
