//! A bounded pool of connections, the same for every driver.

mod lease;

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use patchbay_capability::sql::{Dialect, Error, Failure, Lease, Pool, Reply, Request};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout_at;

/// Sizes and times of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolOptions {
    /// Most connections at a time, at least one.
    pub max: usize,
    /// Longest a connection attempt may take.
    pub connect_timeout: Duration,
    /// Idle connections are closed after so long.
    pub idle_timeout: Duration,
    /// Connections are not used again after so long.
    pub max_lifetime: Duration,
    /// A connection that was idle for so long is asked whether it still works before it
    /// is handed out.
    pub validate_after: Duration,
    /// Longest a lease may wait for a free connection.
    pub wait_timeout: Duration,
    /// Leases that may wait at a time; one more is refused at once.
    pub max_waiting: usize,
    /// Longest a statement may take, within the deadline of its call; none leaves it to
    /// that.
    pub statement_timeout: Option<Duration>,
    /// How long an interrupted connection may take to come back to rest before it is
    /// thrown away.
    pub grace: Duration,
}

impl Default for PoolOptions {
    /// 8 connections; 5 s to connect, 5 min idle, 30 min of life, validation after 30 s,
    /// 10 s of waiting for 64 at a time, 5 s of grace.
    fn default() -> Self {
        Self {
            max: 8,
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(300),
            max_lifetime: Duration::from_secs(1800),
            validate_after: Duration::from_secs(30),
            wait_timeout: Duration::from_secs(10),
            max_waiting: 64,
            statement_timeout: None,
            grace: Duration::from_secs(5),
        }
    }
}

/// Opens connections of one driver to one target.
#[async_trait]
pub(crate) trait Connect: Debug + Send + Sync + 'static {
    type Connection: Connection;

    fn dialect(&self) -> Dialect;

    /// A new connection. `open` goes to whatever outlives the handle (thread, socket
    /// task): the pool counts as closed when the last one is gone.
    async fn connect(&self, open: OpenGuard) -> Result<Self::Connection, Error>;
}

/// The near end of a connection. Dropping it closes the connection.
#[async_trait]
pub(crate) trait Connection: Debug + Send + 'static {
    /// Whether it can be used still, as far as is known without asking.
    fn is_alive(&self) -> bool;

    /// Whether it is at rest: no transaction, no cursor.
    fn is_at_rest(&self) -> bool;

    /// Runs one request. May be dropped in the middle; only [`Connection::recover`] is
    /// called after that.
    async fn run(&mut self, request: Request, deadline: Instant) -> Result<Reply, Error>;

    /// Whether it works, asked over the wire.
    async fn ping(&mut self) -> bool;

    /// Brings it to rest: with `interrupted`, a run was dropped in the middle. False when
    /// the connection cannot be used again.
    async fn recover(&mut self, interrupted: bool) -> bool;
}

/// Held as long as a connection exists.
#[derive(Debug)]
pub(crate) struct OpenGuard(watch::Sender<usize>);

impl OpenGuard {
    fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|open| *open += 1);
        Self(count.clone())
    }
}

impl Clone for OpenGuard {
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl Drop for OpenGuard {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open = open.saturating_sub(1));
    }
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

    /// Takes a connection at rest back; without a word when it is not worth keeping.
    fn put(&self, mut entry: Entry<C::Connection>) {
        entry.used = Instant::now();
        let keep = !self.permits.is_closed()
            && entry.connection.is_alive()
            && entry.born.elapsed() < self.options.max_lifetime;
        if keep {
            self.idle().push(entry);
        }
    }

    /// An idle connection that still works.
    async fn reuse(&self) -> Option<Entry<C::Connection>> {
        loop {
            let mut entry = self.idle().pop()?;
            if !entry.connection.is_alive() || entry.born.elapsed() >= self.options.max_lifetime {
                continue;
            }
            if !self.is_suspect(entry.used) || entry.connection.ping().await {
                return Some(entry);
            }
            // The others were opened to the same server: none is worth waiting for.
            drop(std::mem::take(&mut *self.idle()));
        }
    }

    async fn open(&self, deadline: Instant) -> Result<Entry<C::Connection>, Error> {
        let until = deadline.min(Instant::now() + self.options.connect_timeout);
        let opened = timeout_at(until.into(), async {
            match self.reuse().await {
                Some(entry) => Ok(entry),
                None => self.connect.connect(OpenGuard::new(&self.open)).await.map(|connection| {
                    let now = Instant::now();
                    Entry { connection, born: now, used: now }
                }),
            }
        });
        opened.await.map_err(|_| Error::new(Failure::Unavailable, "no connection to the target in time"))?
    }

    /// Closes connections that were idle for too long.
    fn reap(&self) {
        let options = &self.options;
        let expired: Vec<_> = {
            let mut idle = self.idle();
            let (keep, expired) = idle.drain(..).partition(|entry| {
                entry.connection.is_alive()
                    && entry.used.elapsed() < options.idle_timeout
                    && entry.born.elapsed() < options.max_lifetime
            });
            *idle = keep;
            expired
        };
        // Outside the lock: closing may take a moment.
        drop(expired);
    }
}

/// A pool of one driver's connections.
#[derive(Debug)]
pub(crate) struct BoundedPool<C: Connect> {
    shared: Arc<Shared<C>>,
}

impl<C: Connect> BoundedPool<C> {
    pub(crate) fn new(connect: C, options: PoolOptions) -> Self {
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

    async fn permit(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, Error> {
        let Shared { permits, queue, options, .. } = &*self.shared;
        if let Ok(permit) = Arc::clone(permits).try_acquire_owned() {
            return Ok(permit);
        }
        if permits.is_closed() {
            return Err(Error::new(Failure::Unavailable, "the pool is closed"));
        }
        let Ok(_place) = queue.try_acquire() else {
            return Err(Error::new(Failure::Busy, "too many others wait for a connection"));
        };
        let until = deadline.min(Instant::now() + options.wait_timeout);
        match timeout_at(until.into(), Arc::clone(permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(Error::new(Failure::Unavailable, "the pool is closed")),
            Err(_) => Err(Error::new(Failure::Busy, "no free connection in time")),
        }
    }
}

#[async_trait]
impl<C: Connect> Pool for BoundedPool<C> {
    fn dialect(&self) -> Dialect {
        self.shared.connect.dialect()
    }

    async fn lease(&self, deadline: Instant) -> Result<Box<dyn Lease>, Error> {
        let permit = self.permit(deadline).await?;
        let entry = self.shared.open(deadline).await?;
        self.shared.reaper.get_or_init(|| {
            tokio::spawn(reap(Arc::downgrade(&self.shared)));
        });
        Ok(Box::new(lease::PooledLease::new(Arc::clone(&self.shared), entry, permit)))
    }

    async fn close(&self) {
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
