//! The plan of an app: made once, by whoever comes first, and kept in memory.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use patchbay_contract::Error;
use tokio::sync::Mutex;

use super::{App, Call};
use crate::fault;
use crate::operation::Prepare;

/// How long a plan that came out as the stale one before it is not made anew: requests that no
/// plan fits cost no look at the target each, and what was put right is seen soon.
const REST: Duration = Duration::from_secs(5);

/// What `prepare` gave last, and the lock that lets one at a time ask for it.
#[derive(Debug, Default)]
pub(super) struct Plan {
    current: RwLock<Option<Made>>,
    making: Mutex<()>,
}

#[derive(Debug)]
struct Made {
    plan: Arc<[u8]>,
    /// Until when it is not made anew.
    rests_until: Option<Instant>,
}

impl Plan {
    /// The current plan, unless it is `stale` and does not rest.
    fn get(&self, stale: Option<&Arc<[u8]>>, now: Instant) -> Option<Arc<[u8]>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let made = current.as_ref()?;
        let is_stale = stale.is_some_and(|stale| Arc::ptr_eq(&made.plan, stale));
        let rests = made.rests_until.is_some_and(|end| now < end);
        (!is_stale || rests).then(|| Arc::clone(&made.plan))
    }

    /// Takes a plan, made in the place of `stale`.
    fn set(&self, plan: &Arc<[u8]>, stale: Option<&Arc<[u8]>>, now: Instant) {
        let rests_until = stale.filter(|stale| *stale == plan).map(|_| now + REST);
        let made = Made { plan: Arc::clone(plan), rests_until };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(made);
    }

    /// Drops this plan, if it is still the current one: whoever comes next makes another.
    pub(super) fn forget(&self, stale: &Arc<[u8]>) {
        self.current.write().unwrap_or_else(PoisonError::into_inner).take_if(|made| Arc::ptr_eq(&made.plan, stale));
    }
}

impl App {
    /// The plan, made now if there is none or only `stale`; that one, if it was made anew just now
    /// and came out the same. Requests that come while it
    /// is being made wait for it, each until its own deadline; when making it fails, the
    /// next one tries again.
    pub(super) async fn plan_unless(&self, call: &Call<'_>, stale: Option<&Arc<[u8]>>) -> Result<Arc<[u8]>, Error> {
        if let Some(plan) = self.plan.get(stale, Instant::now()) {
            return Ok(plan);
        }
        let _turn = tokio::time::timeout_at(call.deadline.into(), self.plan.making.lock())
            .await
            .map_err(|_elapsed| fault::deadline())?;
        if let Some(plan) = self.plan.get(stale, Instant::now()) {
            return Ok(plan);
        }
        let plan: Arc<[u8]> = self.run(call, &Prepare, None).await.0?.into();
        tracing::debug!(app = &*self.name, bytes = plan.len(), "the app has a plan");
        self.plan.set(&plan, stale, Instant::now());
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_comes_out_the_same_rests() {
        let plan = Plan::default();
        let plan_of = |bytes: &[u8]| Arc::<[u8]>::from(bytes);
        let (first, same, other) = (plan_of(b"a"), plan_of(b"a"), plan_of(b"b"));
        let now = Instant::now();
        plan.set(&first, None, now);
        assert_eq!(plan.get(Some(&first), now), None, "it is made anew at once");
        plan.set(&same, Some(&first), now);
        assert!(plan.get(Some(&same), now).is_some_and(|plan| Arc::ptr_eq(&plan, &same)));
        assert_eq!(plan.get(Some(&same), now + REST), None);
        plan.set(&other, Some(&same), now);
        assert_eq!(plan.get(Some(&other), now), None);
        assert_eq!(plan.get(None, now), Some(other));
    }
}
