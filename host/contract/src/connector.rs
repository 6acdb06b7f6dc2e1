//! The trait through which the host uses a connected app, and what its calls carry.

use std::time::Duration;

use async_trait::async_trait;

use crate::changes::unsupported;
use crate::{Attribute, Beginning, Cell, ChangePage, Error, Filter, ObjectClass, Value};

/// Travels with every call.
#[derive(Debug, Clone)]
pub struct Context {
    /// Id of the request, in every log line and in the answer's headers.
    pub request_id: String,
    /// W3C trace context of the caller.
    pub traceparent: Option<String>,
    /// Wall time the whole call may take.
    pub deadline: Duration,
}

/// Identity of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectId {
    /// Opaque, stable, canonical; becomes the SCIM `id`.
    pub uid: String,
    /// Version of the object where the target has one.
    pub revision: Option<String>,
}

/// One object in a page; `cells[i]` belongs to the i-th attribute asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Identity.
    pub id: ObjectId,
    /// Values, in the order of the projection.
    pub cells: Vec<Cell>,
}

/// An order to return objects in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Order {
    /// Native attribute name.
    pub attribute: String,
    /// Greatest first.
    pub descending: bool,
}

/// A search.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Class to search.
    pub class: String,
    /// Which objects; none means all.
    pub filter: Option<Filter>,
    /// Native names to return, and the order of `cells`.
    pub attributes: Vec<String>,
    /// Order; objects that compare equal come in the order of their key.
    pub order: Vec<Order>,
    /// At most so many objects; 0 asks for the total only.
    pub page_size: u32,
    /// 0-based index of the first object. Only without `continuation`.
    pub offset: Option<u64>,
    /// Where an earlier page left off ([`Page::next`]).
    pub continuation: Option<Vec<u8>>,
    /// Whether to count all matches.
    pub want_total: bool,
}

/// How much of the filter the target evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Exactly the matches.
    Exact,
    /// All matches and maybe more: the host checks again.
    Superset,
}

/// Answer to a [`Query`].
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The objects.
    pub objects: Vec<Object>,
    /// How exact the filter was.
    pub precision: Precision,
    /// Where to go on; none on the last page.
    pub next: Option<Vec<u8>>,
    /// Number of all matches, where asked for.
    pub total: Option<u64>,
}

/// A change to one attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Exactly these values afterwards.
    Replace(Vec<Value>),
    /// These are there afterwards.
    Add(Vec<Value>),
    /// These are gone afterwards.
    Remove(Vec<Value>),
    /// No value afterwards.
    Clear,
}

/// A named [`Change`].
#[derive(Debug, Clone, PartialEq)]
pub struct Delta {
    /// Native attribute name.
    pub attribute: String,
    /// What happens to it.
    pub change: Change,
}

/// What a write did.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteResult {
    /// Identity after the write.
    pub id: ObjectId,
    /// Attributes the target changed on its own.
    pub side_effects: Vec<Attribute>,
}

/// How bad a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The app cannot work so.
    Error,
    /// It can, but somebody should look.
    Warning,
}

/// A finding about settings or target.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// How bad.
    pub severity: Severity,
    /// One line.
    pub summary: String,
    /// More.
    pub detail: Option<String>,
    /// JSON pointer into the settings.
    pub path: Option<String>,
}

/// One connected app. Every call is bounded by `ctx.deadline`; dropping the future of
/// a call is safe and leaves the target's pool healthy.
#[async_trait]
pub trait Connector: Send + Sync + std::fmt::Debug {
    /// Reachable, credentials good, rights enough.
    async fn test(&self, ctx: &Context) -> Result<Vec<Diagnostic>, Error>;

    /// The classes of the target, as configured and as the target's catalogue has them.
    async fn discover(&self, ctx: &Context) -> Result<Vec<ObjectClass>, Error>;

    /// One object by its `uid`.
    async fn get(&self, ctx: &Context, class: &str, uid: &str, attributes: &[String]) -> Result<Object, Error>;

    /// A page of objects.
    async fn search(&self, ctx: &Context, query: Query) -> Result<Page, Error>;

    /// A new object.
    async fn create(&self, ctx: &Context, class: &str, attributes: Vec<Attribute>) -> Result<WriteResult, Error>;

    /// All deltas or none, one after the other; with `if_match` only at that revision, checked by the target.
    async fn update(
        &self,
        ctx: &Context,
        class: &str,
        uid: &str,
        if_match: Option<&str>,
        deltas: Vec<Delta>,
    ) -> Result<WriteResult, Error>;

    /// The object is gone (or marked so, where the settings say that).
    async fn delete(&self, ctx: &Context, class: &str, uid: &str, if_match: Option<&str>) -> Result<(), Error>;

    /// A token from which on [`Connector::changes`] misses nothing. `Unsupported` where the
    /// class cannot do that.
    async fn latest_token(&self, ctx: &Context, class: &str) -> Result<Vec<u8>, Error> {
        let _ = (ctx, class);
        Err(unsupported())
    }

    /// The same for who knows no object yet.
    async fn first_token(&self, ctx: &Context, class: &str) -> Result<Beginning, Error> {
        Ok(Beginning { token: self.latest_token(ctx, class).await?, complete: false })
    }

    /// At most `limit` objects that changed since `token`, with these attributes. What was
    /// committed after the token was made comes at least once. `TokenExpired` for a token
    /// that is of another class or method, was changed, or is too old for the target.
    ///
    /// Where there is nothing to tell, and the target says by itself when there is, the
    /// answer may take as much longer as `wait`; [`ChangePage::live`] says whether it would.
    async fn changes(
        &self,
        ctx: &Context,
        class: &str,
        token: &[u8],
        attributes: &[String],
        limit: u32,
        wait: Duration,
    ) -> Result<ChangePage, Error> {
        let _ = (ctx, class, token, attributes, limit, wait);
        Err(unsupported())
    }
}
