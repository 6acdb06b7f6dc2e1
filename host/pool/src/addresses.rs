//! Opening a session at the first of several addresses that has what is asked for.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::time::timeout;

use crate::{Credentials, Protocol, Trouble};

/// An address that failed is only asked again after the others, for so long.
const REST: Duration = Duration::from_secs(5);

/// Opens sessions of one driver at the addresses of one target.
#[async_trait]
pub trait Login: Sync {
    /// What its sessions speak.
    type Protocol: Protocol;
    /// What is opened.
    type Session: Send;

    /// Opens a session at the address of this index. [`Protocol::is_refused`] tells whether
    /// an error means that the server has refused the login.
    async fn log_in(
        &self,
        address: usize,
        password: Option<&str>,
    ) -> Result<Self::Session, <Self::Protocol as Protocol>::Error>;
}

/// The addresses of one target: how many, and which of them failed a moment ago.
#[derive(Debug)]
pub struct Addresses {
    /// Until when each is passed over.
    resting: Mutex<Vec<Option<Instant>>>,
    /// Time for one of them.
    patience: Duration,
    /// How long one that failed is passed over.
    rest: Duration,
}

impl Addresses {
    /// So many addresses, which share the time that one attempt may take.
    pub fn new(count: usize, connect_timeout: Duration) -> Self {
        let share = u32::try_from(count).unwrap_or(u32::MAX).max(1);
        Self { resting: Mutex::new(vec![None; count]), patience: connect_timeout / share, rest: REST }
    }

    /// Whether there is more than one: then each has to prove that it can be written to,
    /// as one of them may be a replica.
    pub fn several(&self) -> bool {
        self.resting().len() > 1
    }

    /// Opens a session at the first address that lets us in.
    ///
    /// A refused login ends the search: what one server refuses, its replicas refuse as
    /// well, and each attempt counts towards a lock on the account.
    pub async fn open<L: Login>(
        &self,
        login: &L,
        credentials: &Credentials,
    ) -> Result<L::Session, <L::Protocol as Protocol>::Error> {
        let passwords = credentials.candidates::<L::Protocol>().await;
        let mut failed = <L::Protocol as Protocol>::trouble(Trouble::Unavailable("there is no host to connect to"));
        for address in self.order() {
            match self.open_at(address, login, credentials, &passwords).await {
                Ok(session) => {
                    self.note(address, None);
                    return Ok(session);
                }
                Err(error) if <L::Protocol as Protocol>::is_refused(&error) => return Err(error),
                Err(error) => failed = error,
            }
            self.note(address, Some(Instant::now() + self.rest));
        }
        Err(failed)
    }

    /// Opens a session at this one of them, and at no other one; what comes of it says nothing
    /// about the next session at the first address that lets us in.
    pub async fn open_only<L: Login>(
        &self,
        address: usize,
        login: &L,
        credentials: &Credentials,
    ) -> Result<L::Session, <L::Protocol as Protocol>::Error> {
        let passwords = credentials.candidates::<L::Protocol>().await;
        self.open_at(address, login, credentials, &passwords).await
    }

    /// Opens a session at one of them with the first password that is let in. If none is,
    /// what was said of the newest one counts.
    async fn open_at<L: Login>(
        &self,
        address: usize,
        login: &L,
        credentials: &Credentials,
        passwords: &[Option<String>],
    ) -> Result<L::Session, <L::Protocol as Protocol>::Error> {
        let unavailable = |message| <L::Protocol as Protocol>::trouble(Trouble::Unavailable(message));
        let mut refused = None;
        for password in passwords {
            let error = match timeout(self.patience, login.log_in(address, password.as_deref())).await {
                Ok(Ok(session)) => {
                    credentials.accepted::<L::Protocol>(password);
                    return Ok(session);
                }
                Ok(Err(error)) => error,
                Err(_) => unavailable("no connection to the target in time"),
            };
            if !<L::Protocol as Protocol>::is_refused(&error) {
                return Err(error);
            }
            refused.get_or_insert(error);
        }
        Err(refused.unwrap_or_else(|| unavailable("there is no password to try")))
    }

    /// Whether a session at `address` is second best by now: not at the first address, which
    /// is in good standing, or has rested long enough to be asked again.
    pub fn is_fallback(&self, address: usize) -> bool {
        let first = self.resting().first().copied().flatten();
        address > 0 && first.is_none_or(|until| until <= Instant::now())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Fault, Script};

    /// Answers by address and password.
    struct Servers(fn(usize, Option<&str>) -> Result<(), Fault>, Mutex<Vec<usize>>);

    #[async_trait]
    impl Login for Servers {
        type Protocol = Script;
        type Session = usize;

        async fn log_in(&self, address: usize, password: Option<&str>) -> Result<usize, Fault> {
            self.1.lock().unwrap().push(address);
            (self.0)(address, password).map(|()| address)
        }
    }

    async fn check(
        addresses: &Addresses,
        script: fn(usize, Option<&str>) -> Result<(), Fault>,
        expected: Result<usize, Fault>,
        asked: &[usize],
    ) {
        let servers = Servers(script, Mutex::default());
        let credentials = Credentials::new(Some("old".into()), None);
        let outcome = addresses.open(&servers, &credentials).await;
        assert_eq!(outcome, expected);
        assert_eq!(*servers.1.lock().unwrap(), asked);
    }

    #[tokio::test]
    async fn the_first_that_answers_and_those_that_failed_come_last() {
        let addresses = Addresses::new(3, Duration::from_secs(3));
        assert!(addresses.several());
        let second = |address, _: Option<&str>| if address == 1 { Ok(()) } else { Err(Fault::Unavailable) };
        check(&addresses, second, Ok(1), &[0, 1]).await;
        // The first one rests.
        check(&addresses, second, Ok(1), &[1]).await;
        let none = |_, _: Option<&str>| Err(Fault::Unavailable);
        check(&addresses, none, Err(Fault::Unavailable), &[1, 2, 0]).await;
        // All of them rest, so all are asked, in their order; and what answers is good again.
        check(&addresses, |_, _| Ok(()), Ok(0), &[0]).await;
        check(&addresses, |_, _| Ok(()), Ok(0), &[0]).await;
    }

    #[tokio::test]
    async fn one_address_and_no_other_one() {
        let addresses = Addresses::new(2, Duration::from_secs(2));
        let servers = Servers(|_, _| Err(Fault::Unavailable), Mutex::default());
        let credentials = Credentials::new(None, None);
        assert_eq!(addresses.open_only(1, &servers, &credentials).await, Err(Fault::Unavailable));
        assert_eq!(*servers.1.lock().unwrap(), [1]);
        assert_eq!(addresses.order(), [0, 1]);
        let servers = Servers(|_, _| Ok(()), Mutex::default());
        assert_eq!(addresses.open_only(1, &servers, &credentials).await, Ok(1));
    }

    #[tokio::test]
    async fn a_refused_login_ends_the_search() {
        let addresses = Addresses::new(2, Duration::from_secs(2));
        let refused = |_, _: Option<&str>| Err(Fault::Refused);
        check(&addresses, refused, Err(Fault::Refused), &[0]).await;
    }

    #[tokio::test]
    async fn a_session_elsewhere_is_second_best_once_the_first_address_has_rested() {
        let rest = Duration::from_millis(50);
        let addresses = Addresses { rest, ..Addresses::new(2, Duration::from_secs(2)) };
        assert!(!addresses.is_fallback(0));
        assert!(addresses.is_fallback(1));
        let second = |address, _: Option<&str>| if address == 1 { Ok(()) } else { Err(Fault::Unavailable) };
        check(&addresses, second, Ok(1), &[0, 1]).await;
        assert!(!addresses.is_fallback(1), "nothing better is known");
        std::thread::sleep(rest);
        assert!(addresses.is_fallback(1));
        assert!(!addresses.is_fallback(0));
    }
}
