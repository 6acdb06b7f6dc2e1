//! The plan of an app: made once, by whoever comes first, and kept in memory.

use std::sync::{Arc, PoisonError, RwLock};

use patchbay_contract::Error;
use tokio::sync::Mutex;

use super::{App, Call};
use crate::fault;
use crate::operation::Prepare;

/// What `prepare` gave last, and the lock that lets one at a time ask for it.
#[derive(Debug, Default)]
pub(super) struct Plan {
    current: RwLock<Option<Arc<[u8]>>>,
    making: Mutex<()>,
}

impl Plan {
    /// The current plan, unless it is `stale`.
    fn get(&self, stale: Option<&Arc<[u8]>>) -> Option<Arc<[u8]>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().filter(|plan| stale.is_none_or(|stale| !Arc::ptr_eq(plan, stale))).map(Arc::clone)
    }

    fn set(&self, plan: &Arc<[u8]>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(plan));
    }

    /// Drops this plan, if it is still the current one: whoever comes next makes another.
    pub(super) fn forget(&self, stale: &Arc<[u8]>) {
        self.current.write().unwrap_or_else(PoisonError::into_inner).take_if(|plan| Arc::ptr_eq(plan, stale));
    }
}

impl App {
    /// The plan, made now if there is none or only `stale`. Requests that come while it
    /// is being made wait for it, each until its own deadline; when making it fails, the
    /// next one tries again.
    pub(super) async fn plan_unless(&self, call: &Call<'_>, stale: Option<&Arc<[u8]>>) -> Result<Arc<[u8]>, Error> {
        if let Some(plan) = self.plan.get(stale) {
            return Ok(plan);
        }
        let _turn = tokio::time::timeout_at(call.deadline.into(), self.plan.making.lock())
            .await
            .map_err(|_elapsed| fault::deadline())?;
        if let Some(plan) = self.plan.get(stale) {
            return Ok(plan);
        }
        let plan: Arc<[u8]> = self.run(call, &Prepare, None).await.0?.into();
        tracing::debug!(app = &*self.name, bytes = plan.len(), "the app has a plan");
        self.plan.set(&plan);
        Ok(plan)
    }
}
