//! The one path of every LDAP call: authorise, quota, deadline, act, observe, scrub.

mod admit;
mod line;
mod locks;
mod parking;
mod session;
mod size;
mod witness;

use std::sync::Arc;
use std::time::{Duration, Instant};

use locks::Locks;
use parking::Lot;
pub use parking::ParkingOptions;
pub use session::Session;
use tokio::time::timeout;

use super::policy::Grant;
use super::{Dn, Error, Failure, Lease, Policy, Pool, Verb};
use crate::outage::Reach;
use crate::usage::Tally;
use crate::{Observer, Outage, Scope, Scrubber};

/// Limits of a binding, per operation.
#[derive(Clone)]
pub struct BindingOptions {
    /// What is granted.
    pub policy: Policy,
    /// Requests one operation may make, without the pages of its searches.
    pub max_operations: u32,
    /// Bytes one call may bring: names, attributes, values, filters.
    pub max_request_bytes: usize,
    /// Entries a page may hold, those that the host asks of the server included.
    pub max_page_entries: u32,
    /// Bytes a page may hold.
    pub max_page_bytes: usize,
    /// Bytes one operation may fetch in all.
    pub max_result_bytes: usize,
    /// Searches that wait for a later operation.
    pub parking: ParkingOptions,
    /// Longest wait for a named lock.
    pub lock_timeout: Duration,
    /// Strings that only the operator may see, who wrote them down: bind name, host, socket.
    pub places: Vec<String>,
    /// Strings no message may show, wherever it goes: the password.
    pub secrets: Vec<String>,
}

impl std::fmt::Debug for BindingOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BindingOptions")
            .field("policy", &self.policy)
            .field("max_operations", &self.max_operations)
            .field("max_request_bytes", &self.max_request_bytes)
            .field("max_page_entries", &self.max_page_entries)
            .field("max_page_bytes", &self.max_page_bytes)
            .field("max_result_bytes", &self.max_result_bytes)
            .field("parking", &self.parking)
            .field("lock_timeout", &self.lock_timeout)
            .field("places", &self.places.len())
            .field("secrets", &self.secrets.len())
            .finish()
    }
}

/// A named, granted use of a pool by one app.
#[derive(Debug)]
pub struct Binding {
    name: Arc<str>,
    options: BindingOptions,
    grant: Grant,
    scrubber: Scrubber,
    reach: Reach,
    pool: Arc<dyn Pool>,
    observer: Option<Arc<dyn Observer>>,
    lot: Arc<Lot>,
    locks: Locks,
}

impl Binding {
    /// A binding over `pool`.
    pub fn new(
        name: &str,
        mut options: BindingOptions,
        pool: Arc<dyn Pool>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        let grant = Grant::new(std::mem::take(&mut options.policy));
        let secrets = std::mem::take(&mut options.secrets);
        let places = std::mem::take(&mut options.places);
        let scrubber = Scrubber::new(secrets.iter().cloned().chain(places));
        let reach = Reach::new(scrubber.clone(), secrets);
        let lot = Arc::new(Lot::new(options.parking.clone()));
        Self { name: name.into(), options, grant, scrubber, reach, pool, observer, lot, locks: Locks::default() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Subtrees that may be read.
    pub fn bases(&self) -> &[Dn] {
        self.grant.bases()
    }

    /// Whether an attribute of entries may be changed; where, each request is held against.
    pub fn writes(&self, attribute: &str) -> bool {
        self.grant.allows(Verb::Modify).and_then(|()| self.grant.writable(attribute)).is_ok()
    }

    /// Leases a connection for one operation. Dropping the session gives it back, and the
    /// locks it holds once nothing that was sent is under way.
    ///
    /// Fails with [`Failure::Denied`] where the binding grants nothing at all, with
    /// [`Failure::Timeout`] after the operation's deadline, with [`Failure::Unavailable`]
    /// when no server can be reached, and with [`Failure::Busy`] when no connection gets
    /// free in time.
    pub async fn open(self: &Arc<Self>, scope: &Scope) -> Result<Session, Error> {
        let leased = match self.admit(scope) {
            Ok(()) => self.lease(scope).await,
            Err(error) => Err(error),
        };
        match leased {
            Ok(lease) => Ok(Session::new(self, scope, lease)),
            Err(error) => Err(self.report(scope, error)),
        }
    }

    /// The session of a parked search, with its connection, for another operation. The
    /// token is good once.
    ///
    /// Fails with [`Failure::TokenExpired`] where the search is gone, whatever became of it,
    /// else like [`Binding::open`].
    pub fn resume(self: &Arc<Self>, scope: &Scope, token: &[u8]) -> Result<Session, Error> {
        let parked = self.admit(scope).and_then(|()| self.lot.take(token));
        match parked {
            Ok(parked) => Ok(Session::resumed(self, scope, parked)),
            Err(error) => Err(self.report(scope, error)),
        }
    }

    /// Gives up parked searches, and closes the pool: see [`Pool::close`].
    pub async fn close(&self) {
        self.lot.close();
        self.pool.close().await;
    }

    /// Why there was no connection to the target the last time; none where there was one, or
    /// where nobody has asked.
    pub fn outage(&self) -> Option<Outage> {
        self.reach.outage()
    }

    /// A connection, and a word to the operator where there is none and the target is to blame.
    async fn lease(&self, scope: &Scope) -> Result<Box<dyn Lease>, Error> {
        let leased = self.wait(scope.deadline).await;
        match &leased {
            Ok(_) => self.reach.found(),
            // Others have them, or time ran out: that says nothing about the target.
            Err(error) if matches!(error.failure, Failure::Busy | Failure::Timeout) => {}
            Err(error) => {
                if let Some(reason) = self.reach.lost(&error.message) {
                    let (app, binding) = (&*scope.app, &*self.name);
                    tracing::warn!(target: "patchbay::ldap", app, binding, reason, "no connection to the target");
                }
            }
        }
        leased
    }

    /// A connection of the pool. While it is not to be had, parked searches give way, the
    /// oldest first: who is there goes before who may come back.
    async fn wait(&self, deadline: Instant) -> Result<Box<dyn Lease>, Error> {
        let mut lease = self.pool.lease(deadline);
        loop {
            if let Ok(leased) = timeout(self.lot.patience(), &mut lease).await {
                return leased;
            }
            // One may be parked later, too.
            self.lot.give_way();
        }
    }

    fn admit(&self, scope: &Scope) -> Result<(), Error> {
        if !self.grant.is_some() {
            return Err(Error::new(Failure::Denied, "the binding grants nothing"));
        }
        in_time(scope)
    }

    /// Scrubs an error on its way out, and tells the log of the first denials.
    fn report(&self, scope: &Scope, mut error: Error) -> Error {
        error.message = self.scrubber.clean(&error.message);
        if error.failure == Failure::Denied && Tally::of(scope, &self.name).deny() {
            tracing::warn!(
                target: "patchbay::ldap",
                app = &*scope.app,
                operation = scope.operation,
                request_id = &*scope.request_id,
                binding = &*self.name,
                reason = %error.message,
                "denied"
            );
        }
        error
    }
}

fn in_time(scope: &Scope) -> Result<(), Error> {
    if Instant::now() < scope.deadline {
        return Ok(());
    }
    Err(Error::new(Failure::Timeout, "the operation's time is over"))
}

#[cfg(test)]
mod tests;
