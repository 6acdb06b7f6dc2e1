//! Locks that have a name, and are the host's own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout_at;

use crate::ldap::{Error, Failure};

/// As many names as are kept without looking whether somebody still needs them.
const SMALL: usize = 64;

/// A lock that is held until this is dropped.
type Held = OwnedMutexGuard<()>;

/// The locks of one session. A clone holds the same ones; they are given back with the last.
#[derive(Debug, Clone, Default)]
pub(super) struct Holding(Arc<Mutex<Vec<(String, Held)>>>);

impl Holding {
    /// Whether it holds the lock of this name, and how many it holds.
    pub(super) fn look(&self, key: &str) -> (bool, usize) {
        let held = self.held();
        (held.iter().any(|(name, _)| name == key), held.len())
    }

    /// Gives all back, whoever holds them as well.
    pub(super) fn give_back(&self) {
        self.held().clear();
    }

    fn held(&self) -> MutexGuard<'_, Vec<(String, Held)>> {
        // A panic elsewhere leaves the list in order: it holds whole locks only.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Locks of one binding, by name. A name takes room while somebody holds its lock or waits
/// for it, and as many again at most.
#[derive(Debug, Default)]
pub(super) struct Locks {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    locks: HashMap<String, Weak<tokio::sync::Mutex<()>>>,
    /// Clean up once there are more than these.
    most: usize,
}

impl Locks {
    /// Waits for the lock of this name, first come first served, until `until` at most, and
    /// puts it to the others; [`Failure::Busy`] then.
    pub(super) async fn hold(&self, holding: &Holding, key: String, until: Instant) -> Result<(), Error> {
        let held = self.acquire(&key, until).await?;
        holding.held().push((key, held));
        Ok(())
    }

    async fn acquire(&self, key: &str, until: Instant) -> Result<Held, Error> {
        let lock = self.named(key);
        let held = timeout_at(until.into(), lock.lock_owned()).await;
        held.map_err(|_| Error::new(Failure::Busy, "another operation held the lock for too long"))
    }

    fn named(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        // A panic elsewhere leaves the table in order: it holds whole entries only.
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = table.locks.get(key).and_then(Weak::upgrade) {
            return lock;
        }
        if table.locks.len() > table.most {
            table.locks.retain(|_, lock| lock.strong_count() > 0);
            table.most = (table.locks.len() * 2).max(SMALL);
        }
        let lock = Arc::default();
        table.locks.insert(key.to_owned(), Arc::downgrade(&lock));
        lock
    }

    #[cfg(test)]
    fn names(&self) -> usize {
        self.table.lock().unwrap().locks.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    #[tokio::test]
    async fn one_holds_a_name_at_a_time() {
        let locks = Locks::default();
        let first = locks.acquire("a", soon()).await.unwrap();
        assert_eq!(locks.acquire("a", soon()).await.unwrap_err().failure, Failure::Busy);
        let _other = locks.acquire("b", soon()).await.unwrap();
        let waiting = locks.acquire("a", Instant::now() + Duration::from_secs(60));
        let (second, ()) = tokio::join!(waiting, async { drop(first) });
        second.unwrap();
        locks.acquire("a", soon()).await.unwrap();
    }

    #[tokio::test]
    async fn names_that_nobody_needs_take_no_room() {
        let locks = Locks::default();
        let _kept = locks.acquire("kept", soon()).await.unwrap();
        for number in 0..SMALL * 4 {
            locks.acquire(&number.to_string(), soon()).await.unwrap();
        }
        assert!(locks.names() <= SMALL + 2, "{}", locks.names());
        assert_eq!(locks.acquire("kept", soon()).await.unwrap_err().failure, Failure::Busy);
    }
}
