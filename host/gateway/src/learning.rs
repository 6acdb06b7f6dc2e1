//! The mapping on the target's own schema, which the target has to be asked for first.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use patchbay_scim::ScimError;
use tokio::sync::OnceCell;

use crate::mapping::Bound;

/// When to come back to a target that did not say in time what it has.
const AGAIN: Duration = Duration::from_secs(1);

/// What is known by now. Nothing, until the target has said once what it has.
#[derive(Debug, Default)]
pub(crate) struct Learning {
    bound: OnceCell<Bound>,
    /// How asking ended when it last failed, and when.
    failed: Mutex<Option<(Instant, ScimError)>>,
}

impl Learning {
    /// What is known, without asking.
    pub(crate) fn known(&self) -> Option<&Bound> {
        self.bound.get()
    }

    /// What is known, or what `ask` brings. One asks at a time, and all who waited for it share
    /// its failure: a target that does not answer must not be waited for by one after the other.
    ///
    /// # Errors
    /// The failure of `ask`; 503 where it is not over `within` this time. Nothing was then done.
    pub(crate) async fn known_or(
        &self,
        within: Duration,
        ask: impl Future<Output = Result<Bound, ScimError>>,
    ) -> Result<&Bound, ScimError> {
        if let Some(bound) = self.known() {
            return Ok(bound);
        }
        let began = Instant::now();
        let flight = self.bound.get_or_try_init(|| async {
            if let Some(error) = self.failure_since(began) {
                return Err(error);
            }
            let asked = ask.await;
            if let Err(error) = &asked {
                let failed = Some((Instant::now(), error.clone()));
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
            }
            asked
        });
        let late = |_| ScimError::unavailable("the target has not said in time what it has; nothing was done", AGAIN);
        tokio::time::timeout(within, flight).await.map_err(late)?
    }

    fn failure_since(&self, began: Instant) -> Option<ScimError> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.as_ref().filter(|(at, _)| *at >= began).map(|(_, error)| error.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test(start_paused = true)]
    async fn those_who_wait_share_the_failure_of_the_one_who_asks() {
        let (learning, asked) = (Learning::default(), AtomicU32::new(0));
        let ask = |within| {
            learning.known_or(within, async {
                asked.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_secs(5)).await;
                Err(ScimError::new(502, None, "no"))
            })
        };
        let (first, second, third) = tokio::join!(ask(LONG), ask(LONG), ask(LONG));
        for outcome in [first, second, third] {
            assert_eq!(outcome.map(drop).unwrap_err().status, 502);
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        // Who comes later asks again.
        assert_eq!(ask(LONG).await.map(drop).unwrap_err().status, 502);
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        // Who has less time than it takes, goes.
        let (patient, hasty) = tokio::join!(ask(LONG), ask(Duration::from_secs(1)));
        assert_eq!(patient.map(drop).unwrap_err().status, 502);
        let error = hasty.map(drop).unwrap_err();
        assert_eq!((error.status, error.retry_after), (503, Some(AGAIN)));
    }
}
