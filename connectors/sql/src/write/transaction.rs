//! One write, one transaction.

use patchbay_connector::sql::{self, Failure};
use patchbay_connector::{Error, ErrorKind, Fault, log};

use crate::custom;
use crate::database::Database;
use crate::fault;

/// Why a transaction ends without a commit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Abort {
    error: Error,
    /// The connection is lost, and the transaction with it.
    lost: bool,
}

impl Abort {
    /// The failure of a statement, and what it means.
    pub(crate) fn new(cause: &sql::Error, error: Error) -> Self {
        Self { error, lost: cause.failure == Failure::Unavailable }
    }
}

impl From<Error> for Abort {
    fn from(error: Error) -> Self {
        Self { error, lost: false }
    }
}

impl From<custom::Failed> for Abort {
    fn from(failed: custom::Failed) -> Self {
        Self { error: failed.error, lost: failed.lost }
    }
}

/// Runs `body` in a transaction and commits what it did, or nothing. One that the database
/// gives up in favour of others is not run again here: the host does that, with a fresh
/// instance and after a pause in which no connection is held.
pub(crate) fn run<D: Database, T>(db: &mut D, body: impl FnOnce(&mut D) -> Result<T, Abort>) -> Result<T, Error> {
    db.begin().map_err(|error| fault::plain(&error))?;
    let outcome = body(db).and_then(|value| db.commit().map_err(unconfirmed).map(|()| value));
    match outcome {
        Ok(value) => Ok(value),
        Err(abort) => {
            if !abort.lost
                && let Err(error) = db.rollback()
            {
                // The host rolls back with the connection anyway; the first error is the
                // one that matters.
                log::warn(&format!("a rollback failed: {}", error.message));
            }
            Err(abort.error)
        }
    }
}

/// What a COMMIT without an answer means: the transaction may stand.
fn unconfirmed(error: sql::Error) -> Abort {
    let doubt = match error.failure {
        Failure::Unavailable => Error::fault(ErrorKind::Timeout, "the target did not confirm the change")
            .with_internal(error.message.clone()),
        _ => fault::plain(&error),
    };
    Abort::new(&error, doubt)
}
