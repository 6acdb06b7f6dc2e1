//! What an operation has used of the limits of its bindings.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Scope;

/// Denials that are logged one by one, per operation and binding.
const LOGGED_DENIALS: u32 = 8;

/// What an operation has used of the limits of its bindings, on all of its sessions together:
/// whoever opens a session anew has no more than before. Travels in the [`Scope`]; clones are
/// the same usage.
#[derive(Clone, Default)]
pub struct Usage(Arc<Mutex<Vec<Tally>>>);

impl fmt::Debug for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Usage").finish_non_exhaustive()
    }
}

/// What an operation has used of one binding. Clones are the same tally.
#[derive(Debug, Clone)]
pub(crate) struct Tally(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    app: Arc<str>,
    operation: &'static str,
    request_id: Arc<str>,
    binding: Arc<str>,
    requests: AtomicU32,
    bytes: AtomicUsize,
    denials: AtomicU32,
}

impl Tally {
    /// What the operation of `scope` has used of a binding, which is told from others by its
    /// name: the same piece of memory, so that two bindings of one name are two.
    pub(crate) fn of(scope: &Scope, binding: &Arc<str>) -> Self {
        // A panic elsewhere leaves the list in order: it holds whole tallies only.
        let mut tallies = scope.usage.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tally) = tallies.iter().find(|tally| Arc::ptr_eq(&tally.0.binding, binding)) {
            return tally.clone();
        }
        let tally = Self(Arc::new(Counts {
            app: Arc::clone(&scope.app),
            operation: scope.operation,
            request_id: Arc::clone(&scope.request_id),
            binding: Arc::clone(binding),
            requests: AtomicU32::new(0),
            bytes: AtomicUsize::new(0),
            denials: AtomicU32::new(0),
        }));
        tallies.push(tally.clone());
        tally
    }

    /// Counts so many more requests; false, without counting them, where they would be more
    /// than `most` in all.
    pub(crate) fn request(&self, count: u32, most: u32) -> bool {
        let counted = |requests: u32| requests.checked_add(count).filter(|requests| *requests <= most);
        self.0.requests.fetch_update(Ordering::Relaxed, Ordering::Relaxed, counted).is_ok()
    }

    /// Bytes that were fetched so far.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// Counts fetched bytes.
    pub(crate) fn fetch(&self, bytes: usize) {
        let sum = |fetched: usize| Some(fetched.saturating_add(bytes));
        // Always some sum, so this cannot fail.
        let _ = self.0.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum);
    }

    /// Counts a call that was denied; whether it is to be logged. What is not is logged as a
    /// number once the operation is over.
    pub(crate) fn deny(&self) -> bool {
        self.0.denials.fetch_add(1, Ordering::Relaxed) < LOGGED_DENIALS
    }
}

impl Drop for Counts {
    fn drop(&mut self) {
        let more = self.denials.get_mut().saturating_sub(LOGGED_DENIALS);
        if more > 0 {
            tracing::warn!(
                target: "patchbay::gate",
                app = &*self.app,
                operation = self.operation,
                request_id = &*self.request_id,
                binding = &*self.binding,
                calls = more,
                "more calls were denied than are logged one by one"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::*;

    fn scope() -> Scope {
        Scope {
            app: "desk".into(),
            operation: "search",
            request_id: "r1".into(),
            deadline: Instant::now(),
            usage: Usage::default(),
        }
    }

    #[test]
    fn one_binding_of_one_operation_has_one_tally() {
        let (name, same_name): (Arc<str>, Arc<str>) = ("db".into(), "db".into());
        let one = scope();
        assert!(Tally::of(&one, &name).request(3, 4));
        Tally::of(&one, &name).fetch(usize::MAX);
        Tally::of(&one, &name).fetch(1);
        for (scope, name, left, bytes) in
            [(one.clone(), &name, 1, usize::MAX), (one, &same_name, 4, 0), (scope(), &name, 4, 0)]
        {
            let tally = Tally::of(&scope, name);
            assert_eq!(tally.bytes(), bytes);
            assert!(!tally.request(left + 1, 4) && tally.request(left, 4) && !tally.request(1, 4));
        }
    }

    #[test]
    fn the_first_denials_are_logged_and_the_others_counted() {
        for (calls, expected) in [(8, None), (100, Some(92))] {
            let counted = Counted::default();
            tracing::subscriber::with_default(counted.clone(), || {
                let (scope, name) = (scope(), "db".into());
                let logged = (0..calls).filter(|_| Tally::of(&scope, &name).deny()).count();
                assert_eq!((logged, *counted.0.lock().unwrap()), (8, None));
            });
            assert_eq!(*counted.0.lock().unwrap(), expected);
        }
    }

    /// Reads the number of calls in a line of the log.
    #[derive(Debug, Clone, Default)]
    struct Counted(Arc<Mutex<Option<u64>>>);

    impl Visit for Counted {
        fn record_u64(&mut self, field: &Field, value: u64) {
            assert_eq!(field.name(), "calls");
            assert_eq!(self.0.lock().unwrap().replace(value), None);
        }

        fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
    }

    impl Subscriber for Counted {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            event.record(&mut self.clone());
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }
}
