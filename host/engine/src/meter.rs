//! How much of the CPU a guest has used.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use wasmtime::UpdateDeadline;

use crate::ticker::TICK;

/// Longest stretch between two looks at the clock that is billed in full. Running code
/// is interrupted every [`TICK`]; a stretch much longer than that means that the
/// operating system ran somebody else, which is not the guest's doing.
const LONGEST_STRETCH: Duration = TICK.saturating_mul(3);

/// The guest used up its budget: ends the call as a trap.
#[derive(Debug, thiserror::Error)]
#[error("the guest used {used:?} of CPU time, {budget:?} are allowed")]
pub(crate) struct CpuExhausted {
    used: Duration,
    budget: Duration,
}

/// The CPU clock of one store.
///
/// Epochs go on while the guest waits for the host, so counting ticks would bill a slow
/// database to the guest. Instead the time of each stretch of guest code is added up:
/// from an entry (or the return of a host call, or of a yield) to the next host call or
/// tick. Only host calls that wait stop the clock; those answered from memory (logging)
/// are the guest's own time, or calling them in a loop would be free.
#[derive(Debug)]
pub(crate) struct Meter {
    budget: Duration,
    used: Duration,
    epoch: Instant,
    /// When the current stretch began, in nanoseconds since `epoch`. Shared with the
    /// future that yields to the executor: it cannot reach the store.
    resumed: Arc<AtomicU64>,
}

impl Meter {
    /// A clock that is running, with nothing used of `budget`.
    pub(crate) fn new(budget: Duration) -> Self {
        Self { budget, used: Duration::ZERO, epoch: Instant::now(), resumed: Arc::new(AtomicU64::new(0)) }
    }

    /// When the store was made.
    pub(crate) fn started(&self) -> Instant {
        self.epoch
    }

    /// The guest stops running: a host call that waits begins.
    pub(crate) fn pause(&mut self) {
        let stretch = nanos_since(self.epoch).saturating_sub(self.resumed.load(Ordering::Relaxed));
        self.used += Duration::from_nanos(stretch).min(LONGEST_STRETCH);
    }

    /// The guest runs on.
    pub(crate) fn resume(&mut self) {
        self.resumed.store(nanos_since(self.epoch), Ordering::Relaxed);
    }

    /// At a tick: ends the call when the budget is used up, and otherwise lets the
    /// other tasks of this thread have a turn.
    ///
    /// A plain `Yield` would put the task right back in front of the queue, so tokio's
    /// own yield is used.
    pub(crate) fn tick(&mut self) -> wasmtime::Result<UpdateDeadline> {
        self.pause();
        if self.used > self.budget {
            return Err(CpuExhausted { used: self.used, budget: self.budget }.into());
        }
        let (epoch, resumed) = (self.epoch, Arc::clone(&self.resumed));
        Ok(UpdateDeadline::YieldCustom(
            1,
            Box::pin(async move {
                tokio::task::yield_now().await;
                resumed.store(nanos_since(epoch), Ordering::Relaxed);
            }),
        ))
    }
}

fn nanos_since(epoch: Instant) -> u64 {
    u64::try_from(epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_waits_are_not_billed() {
        let mut meter = Meter::new(Duration::from_millis(20));
        meter.pause();
        std::thread::sleep(Duration::from_millis(60));
        meter.resume();
        assert!(matches!(meter.tick(), Ok(UpdateDeadline::YieldCustom(1, _))));
        assert!(meter.used < Duration::from_millis(20), "{:?}", meter.used);
    }

    #[test]
    fn guest_time_is_billed_to_the_last_tick() {
        let mut meter = Meter::new(Duration::from_millis(50));
        let mut ticks = 0;
        let error = loop {
            meter.resume();
            std::thread::sleep(TICK);
            ticks += 1;
            match meter.tick() {
                Ok(_) => assert!(ticks < 6, "five ticks are the whole budget"),
                Err(error) => break error,
            }
        };
        assert!(error.downcast_ref::<CpuExhausted>().is_some());
    }
}
