//! Operations on the resources of one type. Each takes a request apart, asks the
//! connector, and puts the answer together.

mod explain;
mod list;
mod patch;
mod precondition;
mod read;
mod scan;
mod sensitive;
mod sort;
mod unread;
mod view;
mod write;

pub(crate) use list::{DEFAULT_PAGE, Found, From, MAX_PAGE, Search, page, page_size};
pub(crate) use scan::{Effort, MAX_SCAN};
pub(crate) use sort::{SortKey, Sorter, Sorting};

use std::sync::Arc;
use std::time::Instant;

use patchbay_contract::{Connector, Context, Error};
use patchbay_scim::{Profile, Projection, Resolved, ScimError};
use serde_json::{Map, Value as Json};

use crate::bookmark::Bookmarks;
use crate::cursor::Cursors;
use crate::error::scim_error;
use crate::mapping::{Bound, Mapped, Resource};
use crate::message::{Base, Request, Response};
use crate::password::PasswordHasher;
use crate::reference::References;
use crate::render::{Columns, Renderer, is_ecma2host};
use precondition::{NeedsReading, Precondition};

/// What an operation answers, or why not.
pub(crate) type Answer = Result<Response, ScimError>;

/// One resource type of one app, for the length of one request.
#[derive(Debug)]
pub(crate) struct Service<'a> {
    pub(crate) connector: &'a dyn Connector,
    pub(crate) bookmarks: &'a Bookmarks,
    pub(crate) cursors: Option<&'a Cursors>,
    /// Seconds since the epoch.
    pub(crate) now: u64,
    /// Who hashes passwords.
    pub(crate) hasher: Option<&'a dyn PasswordHasher>,
    pub(crate) profile: &'a Profile,
    pub(crate) bound: &'a Bound,
    pub(crate) resource: &'a Arc<Resource>,
    pub(crate) request: &'a Request,
    /// When the request came in, before anything was waited for: its deadline is one for all
    /// calls it takes.
    pub(crate) started: Instant,
}

impl Service<'_> {
    /// What `attributes` and `excludedAttributes` of the query choose.
    fn projection(&self) -> Result<Projection, ScimError> {
        let list = |name: &str| -> Vec<String> {
            let given = self.request.query.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
            given.flat_map(|(_, v)| v.split(',')).map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect()
        };
        Projection::parse(&list("attributes"), &list("excludedAttributes"), &self.resource.accepted)
    }

    /// Whether an attribute is shown, and so has to be read.
    fn wants(&self, projection: &Projection, mapped: &Mapped) -> bool {
        if is_ecma2host(mapped) && (self.request.base != Base::Ecma2Host || mapped.expensive) {
            return false;
        }
        projection.wants(&self.resolved(mapped))
    }

    fn resolved<'m>(&'m self, mapped: &'m Mapped) -> Resolved<'m> {
        let core = &self.resource.accepted.core().id;
        Resolved {
            schema: mapped.urn.as_deref().unwrap_or(core),
            is_core: mapped.urn.is_none(),
            attribute: &mapped.definition,
            sub: None,
        }
    }

    fn renderer<'r>(&'r self, columns: &'r Columns) -> Renderer<'r> {
        Renderer {
            bound: self.bound,
            resource: self.resource,
            columns,
            base_url: &self.request.base_url,
            ecma2host: self.request.base == Base::Ecma2Host,
        }
    }

    fn references(&self) -> References<'_> {
        References { bound: self.bound, resource: self.resource, base_url: &self.request.base_url }
    }

    /// For the next call: what is left of the deadline.
    pub(crate) fn context(&self) -> Context {
        let context = &self.request.context;
        Context { deadline: context.deadline.saturating_sub(self.started.elapsed()), ..context.clone() }
    }

    /// What the request's headers ask of the resource's version.
    fn precondition(&self) -> Result<Precondition, ScimError> {
        Precondition::parse(self.request.if_match.as_deref(), self.request.if_none_match.as_deref())
    }

    /// The version a write has to demand, with as little reading as that takes.
    async fn demand(&self, id: &str, precondition: &Precondition) -> Result<Option<String>, ScimError> {
        match precondition.unread() {
            Ok(revision) => Ok(revision),
            Err(NeedsReading) => self.demand_read(id, precondition).await,
        }
    }

    /// The same, where nothing is written that could demand it.
    async fn demand_read(&self, id: &str, precondition: &Precondition) -> Result<Option<String>, ScimError> {
        let found = self.connector.get(&self.context(), &self.resource.class, id, &[]).await;
        let found = found.map_err(|e| self.error(e))?;
        precondition.check(found.id.revision.as_deref()).map(|revision| revision.map(str::to_owned))
    }

    /// A connector's error in the client's terms.
    fn error(&self, error: Error) -> ScimError {
        scim_error(error, |native| self.resource.native_paths.get(native).cloned())
    }

    /// The resource with this id as the query's projection shows it, and its version.
    async fn fetch(&self, id: &str, projection: &Projection) -> Result<(Map<String, Json>, Option<String>), ScimError> {
        let columns = Columns::of(self.resource, |m| self.wants(projection, m));
        let object = self
            .connector
            .get(&self.context(), &self.resource.class, id, &columns.names)
            .await
            .map_err(|e| self.error(e))?;
        let mut body = self.renderer(&columns).resource(&object);
        projection.apply(&mut body, &self.resource.accepted);
        Ok((body, object.id.revision))
    }
}
