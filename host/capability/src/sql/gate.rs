//! The one path of every SQL call: authorise, quota, deadline, act, observe, scrub.

mod session;

use std::sync::Arc;
use std::time::Instant;

pub use session::Session;

use super::policy::Grant;
use super::{Dialect, Error, Failure, Lease, Policy, Pool};
use crate::outage::Reach;
use crate::usage::Tally;
use crate::{Observer, Outage, Scope, Scrubber};

/// Limits of a binding, per operation.
#[derive(Clone)]
pub struct BindingOptions {
    /// What is granted.
    pub policy: Policy,
    /// Statements one operation may run.
    pub max_statements: u32,
    /// Bytes of statement text and parameters one call may bring.
    pub max_statement_bytes: usize,
    /// Rows a batch may hold.
    pub max_batch_rows: u32,
    /// Bytes a batch may hold.
    pub max_batch_bytes: usize,
    /// Bytes one operation may fetch in all.
    pub max_result_bytes: usize,
    /// Strings that only the operator may see, who wrote them down: user, host, file.
    pub places: Vec<String>,
    /// Strings no message may show, wherever it goes: the password.
    pub secrets: Vec<String>,
}

impl std::fmt::Debug for BindingOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BindingOptions")
            .field("policy", &self.policy)
            .field("max_statements", &self.max_statements)
            .field("max_statement_bytes", &self.max_statement_bytes)
            .field("max_batch_rows", &self.max_batch_rows)
            .field("max_batch_bytes", &self.max_batch_bytes)
            .field("max_result_bytes", &self.max_result_bytes)
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
}

impl Binding {
    /// A binding over `pool`.
    pub fn new(
        name: &str,
        mut options: BindingOptions,
        pool: Arc<dyn Pool>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        let grant = Grant::new(&options.policy, pool.dialect());
        let secrets = std::mem::take(&mut options.secrets);
        let places = std::mem::take(&mut options.places);
        let scrubber = Scrubber::new(secrets.iter().cloned().chain(places));
        let reach = Reach::new(scrubber.clone(), secrets);
        Self { name: name.into(), options, grant, scrubber, reach, pool, observer }
    }

    /// A binding that lists the names of all tables and views, and does nothing else:
    /// `policy` in the options does not count. For commands that an operator runs to see
    /// what there is to grant; never for a guest.
    pub fn listing(
        name: &str,
        options: BindingOptions,
        pool: Arc<dyn Pool>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        let grant = Grant::listing(pool.dialect());
        Self { grant, ..Self::new(name, options, pool, observer) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The target's dialect.
    pub fn dialect(&self) -> Dialect {
        self.pool.dialect()
    }

    /// Leases a connection for one operation. Dropping the session gives it back; a
    /// transaction still open is rolled back first.
    ///
    /// Fails with [`Failure::Denied`] where the binding grants nothing at all, with
    /// [`Failure::Timeout`] after the operation's deadline, with [`Failure::Unavailable`]
    /// when the target cannot be reached, and with [`Failure::Busy`] when no connection
    /// gets free in time.
    pub async fn open(self: &Arc<Self>, scope: &Scope) -> Result<Session, Error> {
        let leased = match self.admit(scope) {
            Ok(()) => self.lease(scope).await,
            Err(error) => Err(error),
        };
        match leased {
            Ok(lease) => {
                let observer = self.observer.as_ref().filter(|observer| observer.wants(scope)).cloned();
                Ok(Session::new(Arc::clone(self), scope.clone(), lease, observer))
            }
            Err(error) => Err(self.report(scope, error)),
        }
    }

    /// Why there was no connection to the target the last time; none where there was one, or
    /// where nobody has asked.
    pub fn outage(&self) -> Option<Outage> {
        self.reach.outage()
    }

    /// Closes the pool: see [`Pool::close`].
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A connection of the pool.
    async fn lease(&self, scope: &Scope) -> Result<Box<dyn Lease>, Error> {
        let leased = self.pool.lease(scope.deadline).await;
        match &leased {
            Ok(_) => self.reach.found(),
            // Others have them, or time ran out: that says nothing about the target.
            Err(error) if matches!(error.failure, Failure::Busy | Failure::Timeout) => {}
            Err(error) => {
                if let Some(reason) = self.reach.lost(&error.message) {
                    let (app, binding) = (&*scope.app, &*self.name);
                    tracing::warn!(target: "patchbay::sql", app, binding, reason, "no connection to the target");
                }
            }
        }
        leased
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
                target: "patchbay::sql",
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
