//! One write, one transaction.

use patchbay_connector::sql::{self, Failure};
use patchbay_connector::{Error, ErrorKind, Fault, log};

use crate::custom;
use crate::database::Database;
use crate::fault;

/// How often a transaction is tried that loses against others.
const ATTEMPTS: u32 = 3;

/// Why a transaction ends without a commit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Abort {
    error: Error,
    /// Whether the same may succeed when tried again.
    transient: bool,
}

impl Abort {
    /// The failure of a statement, and what it means.
    pub(crate) fn new(cause: &sql::Error, error: Error) -> Self {
        Self { error, transient: fault::is_transient(cause) }
    }
}

impl From<Error> for Abort {
    fn from(error: Error) -> Self {
        Self { error, transient: false }
    }
}

impl From<custom::Failed> for Abort {
    fn from(failed: custom::Failed) -> Self {
        Self { error: failed.error, transient: failed.transient }
    }
}

/// Runs `body` in a transaction and commits what it did, or nothing. A transaction that
/// the database gave up in favour of others is run again: nothing of it was kept.
pub(crate) fn run<D: Database, T>(db: &mut D, mut body: impl FnMut(&mut D) -> Result<T, Abort>) -> Result<T, Error> {
    let mut attempt = 1;
    loop {
        match once(db, &mut body) {
            Ok(value) => return Ok(value),
            Err(abort) if abort.transient && attempt < ATTEMPTS => attempt += 1,
            Err(abort) => return Err(abort.error),
        }
    }
}

/// What a COMMIT without an answer means: the transaction may stand.
fn unconfirmed(error: sql::Error) -> Abort {
    match error.failure {
        Failure::Unavailable => {
            let doubt = Error::fault(ErrorKind::Timeout, "the target did not confirm the change");
            Abort::from(doubt.with_internal(error.message))
        }
        _ => Abort::new(&error, fault::plain(&error)),
    }
}

fn once<D: Database, T>(db: &mut D, body: &mut impl FnMut(&mut D) -> Result<T, Abort>) -> Result<T, Abort> {
    let failed = |error: sql::Error| Abort::new(&error, fault::plain(&error));
    db.begin().map_err(failed)?;
    let outcome = body(db).and_then(|value| db.commit().map_err(unconfirmed).map(|()| value));
    if outcome.is_err()
        && let Err(error) = db.rollback()
    {
        // The host rolls back with the connection anyway; the first error is the one that matters.
        log::warn(&format!("a rollback failed: {}", error.message));
    }
    outcome
}
