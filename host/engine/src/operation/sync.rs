//! Operations of the `sync` interface.

use patchbay_contract::{Beginning, ChangePage, Error};

use super::{Operation, check, wit};
use crate::guest::Guest;

/// `sync.latest-token`.
#[derive(Debug)]
pub(crate) struct LatestToken<'a> {
    pub(crate) class: &'a str,
}

impl Operation for LatestToken<'_> {
    const NAME: &'static str = "latest-token";
    type Output = Vec<u8>;

    async fn call(&self, guest: &mut Guest<'_>, ctx: &wit::Context) -> Result<Vec<u8>, Error> {
        let sync = guest.sync()?;
        let answer = sync.call_latest_token(&mut guest.store, ctx, self.class).await;
        let token = guest.answer(answer)?;
        check::token(&token)?;
        Ok(token)
    }
}

/// `sync.first-token`.
#[derive(Debug)]
pub(crate) struct FirstToken<'a> {
    pub(crate) class: &'a str,
}

impl Operation for FirstToken<'_> {
    const NAME: &'static str = "first-token";
    type Output = Beginning;

    async fn call(&self, guest: &mut Guest<'_>, ctx: &wit::Context) -> Result<Beginning, Error> {
        let sync = guest.sync()?;
        let answer = sync.call_first_token(&mut guest.store, ctx, self.class).await;
        let beginning = guest.answer(answer)?;
        check::token(&beginning.token)?;
        Ok(Beginning { token: beginning.token, complete: beginning.complete })
    }
}

/// `sync.changes`.
#[derive(Debug)]
pub(crate) struct Changes<'a> {
    pub(crate) class: &'a str,
    pub(crate) token: &'a [u8],
    pub(crate) attributes: &'a [String],
    pub(crate) limit: u32,
    /// Milliseconds.
    pub(crate) wait: u32,
}

impl Operation for Changes<'_> {
    const NAME: &'static str = "changes";
    type Output = ChangePage;

    async fn call(&self, guest: &mut Guest<'_>, ctx: &wit::Context) -> Result<ChangePage, Error> {
        let sync = guest.sync()?;
        let Self { class, token, attributes, limit, wait } = *self;
        let answer = sync.call_changes(&mut guest.store, ctx, class, token, attributes, limit, wait).await;
        let page = guest.answer(answer)?;
        check::changes(&page, token, attributes, limit)?;
        Ok(page.into())
    }
}
