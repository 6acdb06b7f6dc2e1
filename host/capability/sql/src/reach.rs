//! Opening a session at the first of several addresses that has what is asked for.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use patchbay_capability::sql::{Error, Failure};
use tokio::time::timeout;

use crate::password::{Credentials, is_refused};

/// An address that failed is only asked again after the others, for so long.
const REST: Duration = Duration::from_secs(5);

/// Opens sessions of one driver at the addresses of one database.
#[async_trait]
pub(crate) trait Login: Sync {
    type Session: Send;

    /// Opens a session at the address of this index. [`Failure::PermissionDenied`] means
    /// that the server has refused the login.
    async fn log_in(&self, address: usize, password: Option<&str>) -> Result<Self::Session, Error>;
}

/// The addresses of one database: how many, and which of them failed a moment ago.
#[derive(Debug)]
pub(crate) struct Addresses {
    /// Until when each is passed over.
    resting: Mutex<Vec<Option<Instant>>>,
    /// Time for one of them.
    patience: Duration,
}

impl Addresses {
    /// So many addresses, which share the time that one attempt may take.
    pub(crate) fn new(count: usize, connect_timeout: Duration) -> Self {
        let share = u32::try_from(count).unwrap_or(u32::MAX).max(1);
        Self { resting: Mutex::new(vec![None; count]), patience: connect_timeout / share }
    }

    /// Whether there is more than one: then each has to prove that it can be written to,
    /// as one of them may be a replica.
    pub(crate) fn several(&self) -> bool {
        self.resting().len() > 1
    }

    /// Opens a session at the first address that lets us in.
    ///
    /// A refused login ends the search: what one server refuses, its replicas refuse as
    /// well, and each attempt counts towards a lock on the account.
    pub(crate) async fn open<L: Login>(&self, login: &L, credentials: &Credentials) -> Result<L::Session, Error> {
        let passwords = credentials.candidates().await;
        let mut failed = Error::new(Failure::Unavailable, "there is no host to connect to");
        for address in self.order() {
            for password in &passwords {
                let attempt = timeout(self.patience, login.log_in(address, password.as_deref())).await;
                match attempt {
                    Ok(Ok(session)) => {
                        self.note(address, None);
                        credentials.accepted(password);
                        return Ok(session);
                    }
                    Ok(Err(error)) => failed = error,
                    Err(_) => failed = Error::new(Failure::Unavailable, "no connection to the target in time"),
                }
                if !is_refused(&failed) {
                    break;
                }
            }
            if is_refused(&failed) {
                break;
            }
            self.note(address, Some(Instant::now() + REST));
        }
        Err(failed)
    }

    /// All of them: first those in good standing, each group in its order.
    fn order(&self) -> Vec<usize> {
        let now = Instant::now();
        let rests = |until: &Option<Instant>| until.is_some_and(|until| until > now);
        let resting: Vec<bool> = self.resting().iter().map(rests).collect();
        let mut order: Vec<usize> = (0..resting.len()).collect();
        order.sort_by_key(|address| resting.get(*address).copied().unwrap_or_default());
        order
    }

    fn note(&self, address: usize, until: Option<Instant>) {
        if let Some(place) = self.resting().get_mut(address) {
            *place = until;
        }
    }

    fn resting(&self) -> MutexGuard<'_, Vec<Option<Instant>>> {
        // A panic elsewhere leaves a whole list.
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server that may not be written to, where one of several is looked for that may.
pub(crate) fn read_only() -> Error {
    Error::new(Failure::Unavailable, "the server only takes reads, and another one is looked for")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers by address and password.
    struct Script(fn(usize, Option<&str>) -> Result<(), Failure>, Mutex<Vec<usize>>);

    #[async_trait]
    impl Login for Script {
        type Session = usize;

        async fn log_in(&self, address: usize, password: Option<&str>) -> Result<usize, Error> {
            self.1.lock().unwrap().push(address);
            (self.0)(address, password).map(|()| address).map_err(|failure| Error::new(failure, "script"))
        }
    }

    async fn check(
        addresses: &Addresses,
        script: fn(usize, Option<&str>) -> Result<(), Failure>,
        expected: Result<usize, Failure>,
        asked: &[usize],
    ) {
        let script = Script(script, Mutex::default());
        let credentials = Credentials::new(Some("old".into()), None);
        let outcome = addresses.open(&script, &credentials).await.map_err(|error| error.failure);
        assert_eq!(outcome, expected);
        assert_eq!(*script.1.lock().unwrap(), asked);
    }

    #[tokio::test]
    async fn the_first_that_answers_and_those_that_failed_come_last() {
        let addresses = Addresses::new(3, Duration::from_secs(3));
        assert!(addresses.several());
        let second = |address, _: Option<&str>| if address == 1 { Ok(()) } else { Err(Failure::Unavailable) };
        check(&addresses, second, Ok(1), &[0, 1]).await;
        // The first one rests.
        check(&addresses, second, Ok(1), &[1]).await;
        let none = |_, _: Option<&str>| Err(Failure::Unavailable);
        check(&addresses, none, Err(Failure::Unavailable), &[1, 2, 0]).await;
        // All of them rest, so all are asked, in their order; and what answers is good again.
        check(&addresses, |_, _| Ok(()), Ok(0), &[0]).await;
        check(&addresses, |_, _| Ok(()), Ok(0), &[0]).await;
    }

    #[tokio::test]
    async fn a_refused_login_ends_the_search() {
        let addresses = Addresses::new(2, Duration::from_secs(2));
        let refused = |_, _: Option<&str>| Err(Failure::PermissionDenied);
        check(&addresses, refused, Err(Failure::PermissionDenied), &[0]).await;
    }
}
