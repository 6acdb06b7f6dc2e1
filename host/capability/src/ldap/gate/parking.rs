//! Searches that wait for a later operation, with their connections.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::sleep_until;

use super::witness::Heard;
use crate::ldap::{Error, Failure, Lease};

/// How many searches may wait, and for how long. Each keeps a connection of the pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkingOptions {
    /// At a time; one more takes the place of the oldest. With 0, none may.
    pub max: usize,
    /// How long one waits; then it is given up.
    pub ttl: Duration,
    /// How long an operation waits for a connection before the oldest gives up its own, and
    /// again so long before the next one does. Longer than a new connection takes to a server
    /// that has much to do, and shorter than the pool lets anybody wait.
    pub patience: Duration,
}

impl Default for ParkingOptions {
    /// Four, for two minutes, and two seconds of patience.
    fn default() -> Self {
        Self { max: 4, ttl: Duration::from_secs(120), patience: Duration::from_secs(2) }
    }
}

/// What a parked search is known by.
type Token = [u8; 16];

/// What is parked: a connection with its open search, and what its session knew.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) lease: Box<dyn Lease>,
    /// Entries in the whole list, where the server told.
    pub(super) total: Option<u32>,
    /// The search, for the observer.
    pub(super) heard: Option<Heard>,
}

/// A [`Parked`] in its place. Without the place, its timer stops.
#[derive(Debug)]
struct Place {
    token: Token,
    until: Instant,
    parked: Parked,
    _timer: Timer,
}

/// Ends a task with itself.
#[derive(Debug)]
struct Timer(AbortHandle);

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Places of one binding.
#[derive(Debug)]
pub(super) struct Lot {
    options: ParkingOptions,
    places: Mutex<Places>,
}

#[derive(Debug, Default)]
struct Places {
    /// The oldest first.
    taken: VecDeque<Place>,
    closed: bool,
}

impl Lot {
    pub(super) fn new(options: ParkingOptions) -> Self {
        Self { options, places: Mutex::default() }
    }

    /// Takes a search in, and gives its token. Connections that have to go are given back
    /// once the lot is free for others again.
    pub(super) fn put(self: &Arc<Self>, parked: Parked) -> Result<Token, Error> {
        if self.options.max == 0 {
            return Err(Error::new(Failure::LimitExceeded, "the binding lets no search be parked"));
        }
        let unable = |message: &str| Error::new(Failure::Other, message);
        let runtime = Handle::try_current().map_err(|_| unable("no runtime to park a search on"))?;
        let mut token = Token::default();
        getrandom::fill(&mut token).map_err(|_| unable("no randomness for a token"))?;
        let until = Instant::now() + self.options.ttl;
        let mut places = self.places();
        if places.closed {
            drop(places);
            return Err(Error::new(Failure::Unavailable, "the binding is closed"));
        }
        // The timer does not keep the lot: once that is gone, so are the connections. However
        // soon it fires, it finds the place: that is taken before the lot is free for it.
        let timer = Timer(runtime.spawn(expire(Arc::downgrade(self), token, until)).abort_handle());
        let surplus = (places.taken.len() + 1).saturating_sub(self.options.max);
        let gone: Vec<Place> = places.taken.drain(..surplus).collect();
        places.taken.push_back(Place { token, until, parked, _timer: timer });
        drop(places);
        if !gone.is_empty() {
            tracing::debug!(target: "patchbay::ldap", "a parked search gave way to a new one");
        }
        Ok(token)
    }

    /// Takes the search of this token out.
    pub(super) fn take(&self, token: &[u8]) -> Result<Parked, Error> {
        match self.remove(token) {
            Some(place) if Instant::now() < place.until => Ok(place.parked),
            _ => Err(Error::new(Failure::TokenExpired, "the parked search is gone")),
        }
    }

    /// How long is waited before a search gives way; never without a pause.
    pub(super) fn patience(&self) -> Duration {
        self.options.patience.max(Duration::from_millis(1))
    }

    /// Gives up the oldest search, if any, so that somebody else gets its connection.
    pub(super) fn give_way(&self) {
        let oldest = self.places().taken.pop_front();
        if oldest.is_some() {
            tracing::debug!(target: "patchbay::ldap", "a parked search gave way to a new operation");
        }
    }

    /// Gives up all searches, and takes no more.
    pub(super) fn close(&self) {
        let mut places = self.places();
        places.closed = true;
        let gone = std::mem::take(&mut places.taken);
        drop(places);
        drop(gone);
    }

    fn remove(&self, token: &[u8]) -> Option<Place> {
        let mut places = self.places();
        let index = places.taken.iter().position(|place| place.token == token)?;
        places.taken.remove(index)
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        // A panic elsewhere leaves the places in order: each change is one step.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives up the search of `token` at `until`.
async fn expire(lot: Weak<Lot>, token: Token, until: Instant) {
    sleep_until(until.into()).await;
    if lot.upgrade().and_then(|lot| lot.remove(&token)).is_some() {
        tracing::debug!(target: "patchbay::ldap", "a parked search was not resumed in time");
    }
}
