//! Operations of the `reader` interface.

use patchbay_contract::{Error, Object, Page};

use super::{Operation, check, wit};
use crate::bindings::exports::patchbay::connector::reader;
use crate::guest::Guest;

/// `reader.get`.
#[derive(Debug)]
pub(crate) struct Get<'a> {
    pub(crate) class: &'a str,
    pub(crate) uid: &'a str,
    pub(crate) attributes: &'a [String],
}

impl Operation for Get<'_> {
    const NAME: &'static str = "get";
    type Output = Object;

    async fn call(&self, guest: &mut Guest<'_>, ctx: &wit::Context) -> Result<Object, Error> {
        let reader = guest.reader()?;
        let answer = reader.call_get(&mut guest.store, ctx, self.class, self.uid, self.attributes).await;
        let object = guest.answer(answer)?;
        check::object(&object, self.attributes.len())?;
        Ok(object.into())
    }
}

/// `reader.search`.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) query: reader::Query,
}

impl Operation for Search {
    const NAME: &'static str = "search";
    type Output = Page;

    async fn call(&self, guest: &mut Guest<'_>, ctx: &wit::Context) -> Result<Page, Error> {
        let reader = guest.reader()?;
        let answer = reader.call_search(&mut guest.store, ctx, &self.query).await;
        let page = guest.answer(answer)?;
        check::page(&page, &self.query)?;
        Ok(page.into())
    }
}
