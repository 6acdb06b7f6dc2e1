//! Why a target cannot be reached, in words for its operator.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Scrubber;

/// Why there is no connection to a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// What the guest is told, and makes its own messages of.
    pub told: String,
    /// The same with the names of users, hosts and files in it: for the log and the commands of
    /// who wrote these down, never for a guest or a client.
    pub reason: String,
}

/// What is known of the way to a binding's target.
#[derive(Debug)]
pub(crate) struct Reach {
    /// Takes out what a guest must not see.
    guest: Scrubber,
    /// Takes out what nobody must see.
    operator: Scrubber,
    outage: Mutex<Option<Outage>>,
}

impl Reach {
    /// Nobody has tried yet. `guest` cleans what a guest is told, and no message shows `secrets`.
    pub(crate) fn new(guest: Scrubber, secrets: Vec<String>) -> Self {
        Self { guest, operator: Scrubber::new(secrets), outage: Mutex::new(None) }
    }

    /// The target could not be reached; the reason, where it is not the one that was known.
    pub(crate) fn lost(&self, message: &str) -> Option<String> {
        let fresh = Outage { told: self.guest.clean(message), reason: self.operator.clean(message) };
        let mut outage = self.lock();
        if outage.as_ref() == Some(&fresh) {
            return None;
        }
        Some(outage.insert(fresh).reason.clone())
    }

    /// The target was reached.
    pub(crate) fn found(&self) {
        *self.lock() = None;
    }

    /// The outage; none where the target was reached, or nobody has tried.
    pub(crate) fn outage(&self) -> Option<Outage> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Outage>> {
        // A panic elsewhere leaves a whole value.
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_news_once() {
        let secret = || "hunter2!".to_owned();
        let reach = Reach::new(Scrubber::new(["/srv/desk.db".to_owned(), secret()]), vec![secret()]);
        let check = |message: &str, news: Option<&str>| assert_eq!(reach.lost(message).as_deref(), news);
        assert_eq!(reach.outage(), None);
        check("no /srv/desk.db", Some("no /srv/desk.db"));
        check("no /srv/desk.db", None);
        check("no /srv/desk.db, hunter2!", Some("no /srv/desk.db, ***"));
        let known = Outage { told: "no ***, ***".to_owned(), reason: "no /srv/desk.db, ***".to_owned() };
        assert_eq!(reach.outage(), Some(known));
        reach.found();
        assert_eq!(reach.outage(), None);
        check("no /srv/desk.db", Some("no /srv/desk.db"));
        assert!(!format!("{reach:?}").contains("hunter2"));
    }
}
