//! A bounded pool of connections, the same for every driver.

mod lease;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout_at;

use crate::{Connect, Connection, OpenGuard, PoolOptions, Protocol, Trouble};
pub use lease::Lease;

type ErrorOf<C> = <<C as Connect>::Protocol as Protocol>::Error;

/// The error of `C`'s protocol for a trouble.
fn trouble<C: Connect>(trouble: Trouble) -> ErrorOf<C> {
    <C::Protocol as Protocol>::trouble(trouble)
}

/// A connection with its age.
#[derive(Debug)]
struct Entry<T> {
    connection: T,
    born: Instant,
    used: Instant,
}

/// What the pool, its leases and its cleanup tasks share.
#[derive(Debug)]
struct Shared<C: Connect> {
    connect: C,
    options: PoolOptions,
    /// One permit per connection in use. Waiters are served in order.
    permits: Arc<Semaphore>,
    /// One permit per lease that waits.
    queue: Semaphore,
    /// When a connection broke under somebody: those that were idle then may be just as
    /// dead, and are asked first.
    suspect: Mutex<Option<Instant>>,
    /// Last returned, first reused: the others get old enough to be closed.
    idle: Mutex<Vec<Entry<C::Connection>>>,
    open: watch::Sender<usize>,
    reaper: OnceLock<()>,
}

impl<C: Connect> Shared<C> {
    fn idle(&self) -> MutexGuard<'_, Vec<Entry<C::Connection>>> {
        // A panic elsewhere leaves the list in order: it holds whole entries only.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection broke: the idle ones are not to be trusted.
    fn distrust(&self) {
        *self.suspect.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection last used then has to be asked before it is handed out.
    fn is_suspect(&self, used: Instant) -> bool {
        let broken = *self.suspect.lock().unwrap_or_else(PoisonError::into_inner);
        used.elapsed() >= self.options.validate_after || broken.is_some_and(|broken| used <= broken)
    }

    /// Whether a connection may be handed out once more, as far as its age tells.
    fn is_good(&self, Entry { connection, born, .. }: &Entry<C::Connection>) -> bool {
        let PoolOptions { max_lifetime, return_after, .. } = &self.options;
        let longest = if connection.is_fallback() { max_lifetime.min(return_after) } else { max_lifetime };
        connection.is_alive() && born.elapsed() < *longest
    }

    /// Takes a connection at rest back; without a word when it is not worth keeping.
    fn put(&self, mut entry: Entry<C::Connection>) {
        entry.used = Instant::now();
        if !self.permits.is_closed() && self.is_good(&entry) {
            self.idle().push(entry);
        }
    }

    /// An idle connection that still works.
    async fn reuse(&self) -> Option<Entry<C::Connection>> {
        loop {
            let mut entry = self.idle().pop()?;
            if !self.is_good(&entry) {
                continue;
            }
            if !self.is_suspect(entry.used) || entry.connection.ping().await {
                return Some(entry);
            }
            // The others were opened to the same server: none is worth waiting for.
            drop(std::mem::take(&mut *self.idle()));
        }
    }

    async fn open(&self, deadline: Instant) -> Result<Entry<C::Connection>, ErrorOf<C>> {
        let now = Instant::now();
        let until = deadline.min(now + self.options.connect_timeout);
        // Asking an idle one must leave time for a new one.
        let half = now + until.saturating_duration_since(now) / 2;
        match timeout_at(half.into(), self.reuse()).await {
            Ok(Some(entry)) => return Ok(entry),
            Ok(None) => {}
            // Cut off without a word, and so are the others.
            Err(_) => {
                self.distrust();
                drop(std::mem::take(&mut *self.idle()));
            }
        }
        let opened = timeout_at(until.into(), self.connect.connect(OpenGuard::new(&self.open))).await;
        let opened = opened.map_err(|_| trouble::<C>(Trouble::Unavailable("no connection to the target in time")))?;
        opened.map(|connection| {
            let now = Instant::now();
            Entry { connection, born: now, used: now }
        })
    }

    /// Closes connections that were idle for too long.
    fn reap(&self) {
        let expired: Vec<_> = {
            let mut idle = self.idle();
            let (keep, expired) = idle
                .drain(..)
                .partition(|entry| self.is_good(entry) && entry.used.elapsed() < self.options.idle_timeout);
            *idle = keep;
            expired
        };
        // Outside the lock: closing may take a moment.
        drop(expired);
    }
}

/// A pool of one driver's connections.
#[derive(Debug)]
pub struct BoundedPool<C: Connect> {
    shared: Arc<Shared<C>>,
}

impl<C: Connect> BoundedPool<C> {
    /// A pool that opens what it lends with `connect`. Opens nothing yet.
    pub fn new(connect: C, options: PoolOptions) -> Self {
        let permits = Arc::new(Semaphore::new(options.max.clamp(1, Semaphore::MAX_PERMITS)));
        let queue = Semaphore::new(options.max_waiting.min(Semaphore::MAX_PERMITS));
        Self {
            shared: Arc::new(Shared {
                connect,
                options,
                permits,
                queue,
                suspect: Mutex::new(None),
                idle: Mutex::new(Vec::new()),
                open: watch::Sender::new(0),
                reaper: OnceLock::new(),
            }),
        }
    }

    async fn permit(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, ErrorOf<C>> {
        let Shared { permits, queue, options, .. } = &*self.shared;
        if let Ok(permit) = Arc::clone(permits).try_acquire_owned() {
            return Ok(permit);
        }
        if permits.is_closed() {
            return Err(trouble::<C>(Trouble::Unavailable("the pool is closed")));
        }
        let Ok(_place) = queue.try_acquire() else {
            return Err(trouble::<C>(Trouble::Busy("too many others wait for a connection")));
        };
        let until = deadline.min(Instant::now() + options.wait_timeout);
        match timeout_at(until.into(), Arc::clone(permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(trouble::<C>(Trouble::Unavailable("the pool is closed"))),
            Err(_) => Err(trouble::<C>(Trouble::Busy("no free connection in time"))),
        }
    }

    /// A connection for exclusive use, waiting until `deadline` at most:
    /// [`Trouble::Unavailable`] when the target cannot be reached, [`Trouble::Busy`] when
    /// none gets free. Must be called within a runtime.
    pub async fn lease(&self, deadline: Instant) -> Result<Lease<C>, ErrorOf<C>> {
        let permit = self.permit(deadline).await?;
        let entry = self.shared.open(deadline).await?;
        self.shared.reaper.get_or_init(|| {
            tokio::spawn(reap(Arc::downgrade(&self.shared)));
        });
        Ok(Lease::new(Arc::clone(&self.shared), entry, permit))
    }

    /// How connections are opened.
    pub fn connector(&self) -> &C {
        &self.shared.connect
    }

    /// Closes idle connections and refuses new leases; returns when all are closed.
    pub async fn close(&self) {
        self.shared.permits.close();
        let idle = std::mem::take(&mut *self.shared.idle());
        drop(idle);
        // The sender lives as long as `shared`, so this cannot fail.
        let _ = self.shared.open.subscribe().wait_for(|open| *open == 0).await;
    }
}

/// Looks for idle connections to close until the pool is gone.
async fn reap<C: Connect>(pool: Weak<Shared<C>>) {
    loop {
        let Some(shared) = pool.upgrade() else { return };
        let pause = (shared.options.idle_timeout / 2).clamp(Duration::from_millis(100), Duration::from_secs(60));
        drop(shared);
        tokio::time::sleep(pause).await;
        let Some(shared) = pool.upgrade() else { return };
        if shared.permits.is_closed() {
            return;
        }
        shared.reap();
    }
}

#[cfg(test)]
mod tests;
