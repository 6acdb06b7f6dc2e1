//! Operations of the `writer` interface.

use patchbay_contract::{Error, Secret, WriteResult};

use super::{Operation, check, wit};
use crate::bindings::exports::patchbay::connector::writer;
use crate::guest::Guest;

/// `writer.create`.
#[derive(Debug)]
pub(crate) struct Create<'a> {
    pub(crate) class: &'a str,
    pub(crate) attributes: Vec<wit::Attribute>,
    pub(crate) secrets: Vec<Secret>,
}

impl Operation for Create<'_> {
    const NAME: &'static str = "create";
    type Output = WriteResult;

    async fn call(&self, guest: &mut Guest<'_>, ctx: &wit::Context) -> Result<WriteResult, Error> {
        guest.store.data_mut().secrets.clone_from(&self.secrets);
        let writer = guest.writer()?;
        let answer = writer.call_create(&mut guest.store, ctx, self.class, &self.attributes).await;
        written(guest.answer(answer)?)
    }
}

/// `writer.update`.
#[derive(Debug)]
pub(crate) struct Update<'a> {
    pub(crate) class: &'a str,
    pub(crate) uid: &'a str,
    pub(crate) if_match: Option<&'a str>,
    pub(crate) deltas: Vec<writer::Delta>,
    pub(crate) secrets: Vec<Secret>,
}

impl Operation for Update<'_> {
    const NAME: &'static str = "update";
    type Output = WriteResult;

    async fn call(&self, guest: &mut Guest<'_>, ctx: &wit::Context) -> Result<WriteResult, Error> {
        guest.store.data_mut().secrets.clone_from(&self.secrets);
        let writer = guest.writer()?;
        let answer = writer.call_update(&mut guest.store, ctx, self.class, self.uid, self.if_match, &self.deltas).await;
        written(guest.answer(answer)?)
    }
}

/// `writer.delete`.
#[derive(Debug)]
pub(crate) struct Delete<'a> {
    pub(crate) class: &'a str,
    pub(crate) uid: &'a str,
    pub(crate) if_match: Option<&'a str>,
}

impl Operation for Delete<'_> {
    const NAME: &'static str = "delete";
    type Output = ();

    async fn call(&self, guest: &mut Guest<'_>, ctx: &wit::Context) -> Result<(), Error> {
        let writer = guest.writer()?;
        let answer = writer.call_delete(&mut guest.store, ctx, self.class, self.uid, self.if_match).await;
        guest.answer(answer)
    }
}

fn written(result: writer::WriteResult) -> Result<WriteResult, Error> {
    check::id(&result.id)?;
    Ok(result.into())
}
