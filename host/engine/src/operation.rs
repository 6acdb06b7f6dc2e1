//! The operations of the contract, each as a value that can be run on a guest (and run
//! once more on another, when the plan was stale).

mod check;
mod lifecycle;
mod read;
mod sync;
mod write;

use patchbay_contract::Error;

use crate::bindings::patchbay::connector::types as wit;
use crate::guest::Guest;

pub(crate) use lifecycle::{Discover, Prepare, Test};
pub(crate) use read::{Get, Search};
pub(crate) use sync::{Changes, FirstToken, LatestToken};
pub(crate) use write::{Create, Delete, Update};

/// One operation with its arguments.
pub(crate) trait Operation: Send + Sync {
    /// Its name in the contract, for logs and for the capabilities' scope.
    const NAME: &'static str;

    /// What it gives.
    type Output: Send;

    /// Calls the export and checks what comes back: a guest's answer is never trusted.
    fn call(
        &self,
        guest: &mut Guest<'_>,
        ctx: &wit::Context,
    ) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}
