//! Operations about the app as a whole.

use patchbay_contract::{Diagnostic, Error, ObjectClass};

use super::{Operation, check, wit};
use crate::convert::all;
use crate::guest::Guest;

/// `lifecycle.prepare`.
#[derive(Debug)]
pub(crate) struct Prepare;

impl Operation for Prepare {
    const NAME: &'static str = "prepare";
    type Output = Vec<u8>;

    async fn call(&self, guest: &mut Guest<'_>, ctx: &wit::Context) -> Result<Vec<u8>, Error> {
        let lifecycle = guest.lifecycle()?;
        let answer = lifecycle.call_prepare(&mut guest.store, ctx).await;
        guest.answer(answer)
    }
}

/// `lifecycle.test`.
#[derive(Debug)]
pub(crate) struct Test;

impl Operation for Test {
    const NAME: &'static str = "test";
    type Output = Vec<Diagnostic>;

    async fn call(&self, guest: &mut Guest<'_>, ctx: &wit::Context) -> Result<Vec<Diagnostic>, Error> {
        let lifecycle = guest.lifecycle()?;
        let answer = lifecycle.call_test(&mut guest.store, ctx).await;
        guest.answer(answer).map(all)
    }
}

/// `schema.discover`.
#[derive(Debug)]
pub(crate) struct Discover;

impl Operation for Discover {
    const NAME: &'static str = "discover";
    type Output = Vec<ObjectClass>;

    async fn call(&self, guest: &mut Guest<'_>, ctx: &wit::Context) -> Result<Vec<ObjectClass>, Error> {
        let schema = guest.schema()?;
        let answer = schema.call_discover(&mut guest.store, ctx).await;
        let classes = guest.answer(answer)?;
        check::classes(&classes)?;
        Ok(all(classes))
    }
}
