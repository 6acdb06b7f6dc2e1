//! [`Connector`], as the rest of the host sees an app.

use std::time::Duration;

use async_trait::async_trait;
use patchbay_contract::{
    Attribute, Beginning, ChangePage, Connector, Context, Delta, Diagnostic, Error, Object, ObjectClass, Page, Query,
    WriteResult,
};

use super::App;
use crate::convert::Secrets;
use crate::operation::{Changes, Create, Delete, Discover, FirstToken, Get, LatestToken, Search, Test, Update};

#[async_trait]
impl Connector for App {
    async fn test(&self, ctx: &Context) -> Result<Vec<Diagnostic>, Error> {
        // Without a plan: where none can be made, the connector can still say why.
        self.operate_afresh(ctx, &Test).await
    }

    async fn discover(&self, ctx: &Context) -> Result<Vec<ObjectClass>, Error> {
        self.operate(ctx, &Discover).await
    }

    async fn get(&self, ctx: &Context, class: &str, uid: &str, attributes: &[String]) -> Result<Object, Error> {
        self.operate(ctx, &Get { class, uid, attributes }).await
    }

    async fn search(&self, ctx: &Context, query: Query) -> Result<Page, Error> {
        self.operate(ctx, &Search { query: query.into() }).await
    }

    async fn create(&self, ctx: &Context, class: &str, attributes: Vec<Attribute>) -> Result<WriteResult, Error> {
        let mut secrets = Secrets::default();
        let attributes = secrets.attributes(attributes);
        self.operate(ctx, &Create { class, attributes, secrets: secrets.into_kept() }).await
    }

    async fn update(
        &self,
        ctx: &Context,
        class: &str,
        uid: &str,
        if_match: Option<&str>,
        deltas: Vec<Delta>,
    ) -> Result<WriteResult, Error> {
        let mut secrets = Secrets::default();
        let deltas = secrets.deltas(deltas);
        self.operate(ctx, &Update { class, uid, if_match, deltas, secrets: secrets.into_kept() }).await
    }

    async fn delete(&self, ctx: &Context, class: &str, uid: &str, if_match: Option<&str>) -> Result<(), Error> {
        self.operate(ctx, &Delete { class, uid, if_match }).await
    }

    async fn latest_token(&self, ctx: &Context, class: &str) -> Result<Vec<u8>, Error> {
        self.operate(ctx, &LatestToken { class }).await
    }

    async fn first_token(&self, ctx: &Context, class: &str) -> Result<Beginning, Error> {
        self.operate(ctx, &FirstToken { class }).await
    }

    async fn changes(
        &self,
        ctx: &Context,
        class: &str,
        token: &[u8],
        attributes: &[String],
        limit: u32,
        wait: Duration,
    ) -> Result<ChangePage, Error> {
        let wait = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
        self.operate(ctx, &Changes { class, token, attributes, limit, wait }).await
    }
}
