//! What changed at the target, as SCIM resources: for whoever keeps up with it. Nothing of
//! this is part of SCIM itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_contract::{Beginning, Context, Error, ErrorKind, Query};
use patchbay_scim::ScimError;
use serde_json::{Map, Value as Json};

use crate::Gateway;
use crate::mapping::{Bound, Resource};
use crate::message::{Base, Method, Request};

/// What became of one resource.
#[derive(Debug, Clone, PartialEq)]
pub enum ResourceChange {
    /// It is there, new or changed: as GET shows it now.
    Upsert {
        /// Its id.
        id: String,
        /// The resource.
        resource: Map<String, Json>,
    },
    /// The resource with this id is gone.
    Delete {
        /// Its id.
        id: String,
    },
}

/// Some changes, and where to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceChanges {
    /// Each resource at most once.
    pub changes: Vec<ResourceChange>,
    /// Where to go on: the connector's own, to be kept only once the changes were made use
    /// of. It outlives restarts.
    pub token: Vec<u8>,
    /// Whether there is more to be had now, even where there are no changes.
    pub more: bool,
    /// The target was listened to, or what it had to tell came at once: who goes on asks
    /// again without a pause.
    pub live: bool,
}

/// Some of all resources, and where to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceWalk {
    /// Each as [`ResourceChange::Upsert`].
    pub changes: Vec<ResourceChange>,
    /// Where to go on; none at the end. It outlives restarts, except with targets that keep it
    /// for a while themselves.
    pub next: Option<Vec<u8>>,
}

/// Why changes could not be told.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// There is no such resource type.
    #[error("{}", .0.detail)]
    NoSuchType(ScimError),
    /// The mapping does not fit the target, or the target could not be asked what it has.
    #[error("{}", .0.detail)]
    Mapping(ScimError),
    /// The connector's error.
    #[error("{0}")]
    Connector(#[from] Error),
}

impl ChangesError {
    /// Whether the token is no longer usable: all resources have to be read, from a new
    /// token on.
    pub fn needs_full_run(&self) -> bool {
        matches!(self, Self::Connector(error) if error.kind == ErrorKind::TokenExpired)
    }

    /// Whether fewer resources at a time may work.
    pub fn is_too_much(&self) -> bool {
        matches!(self, Self::Connector(error) if error.kind == ErrorKind::TooMany)
    }

    /// Whether the same may work later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::NoSuchType(_) => false,
            Self::Mapping(error) => matches!(error.status, 503 | 504),
            Self::Connector(error) => {
                matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::RateLimited)
            }
        }
    }
}

impl Gateway {
    /// Name of a resource type, by its name in any case, or its endpoint.
    ///
    /// # Errors
    /// 404 for a type that is not mapped, with those that are.
    pub fn resource_type(&self, asked: &str) -> Result<&str, ScimError> {
        named(self.unbound(), asked).map(|resource| resource.name.as_str())
    }

    /// A token from which on [`Gateway::changes`] misses nothing.
    ///
    /// # Errors
    /// When the connector cannot tell changes of the type's class, or the target could not
    /// be asked.
    pub async fn latest_token(&self, context: &Context, resource_type: &str) -> Result<Vec<u8>, ChangesError> {
        let bound = self.bound(context).await.map_err(ChangesError::Mapping)?;
        let resource = named(bound, resource_type).map_err(ChangesError::NoSuchType)?;
        Ok(self.connector().latest_token(context, &resource.class).await?)
    }

    /// The same for who knows no resource yet. Where it is not complete, [`Gateway::walk`]
    /// has to come before the first [`Gateway::changes`].
    ///
    /// # Errors
    /// As [`Gateway::latest_token`].
    pub async fn first_token(&self, context: &Context, resource_type: &str) -> Result<Beginning, ChangesError> {
        let bound = self.bound(context).await.map_err(ChangesError::Mapping)?;
        let resource = named(bound, resource_type).map_err(ChangesError::NoSuchType)?;
        Ok(self.connector().first_token(context, &resource.class).await?)
    }

    /// At most `limit` resources that changed since `token`, whose URLs begin with
    /// `base_url` (without a trailing slash). What was committed after the token was made
    /// is told at least once. Where there is nothing to tell, and the target says by itself
    /// when there is, the answer may take as much longer as `wait`.
    ///
    /// # Errors
    /// As [`Gateway::latest_token`]; see [`ChangesError::needs_full_run`].
    pub async fn changes(
        &self,
        context: &Context,
        base_url: &str,
        resource_type: &str,
        token: &[u8],
        limit: u32,
        wait: Duration,
    ) -> Result<ResourceChanges, ChangesError> {
        let bound = self.bound(context).await.map_err(ChangesError::Mapping)?;
        let resource = named(bound, resource_type).map_err(ChangesError::NoSuchType)?;
        let request = plain_get(resource, base_url, context);
        let view = self.service(bound, resource, &request, Instant::now()).view();
        let page = self.connector().changes(context, &resource.class, token, view.names(), limit, wait).await?;
        let changes = page.changes.into_iter().map(|change| match change {
            patchbay_contract::ObjectChange::Upsert(object) => {
                ResourceChange::Upsert { id: object.id.uid.clone(), resource: view.show(&object) }
            }
            patchbay_contract::ObjectChange::Delete(id) => ResourceChange::Delete { id: id.uid },
        });
        Ok(ResourceChanges { changes: changes.collect(), token: page.token, more: page.more, live: page.live })
    }

    /// At most `limit` of all resources, from where an earlier call ended. Together with a
    /// [`Gateway::first_token`] from before the first call, and the changes since, nothing
    /// is missed.
    ///
    /// # Errors
    /// As [`Gateway::changes`].
    pub async fn walk(
        &self,
        context: &Context,
        base_url: &str,
        resource_type: &str,
        from: Option<Vec<u8>>,
        limit: u32,
    ) -> Result<ResourceWalk, ChangesError> {
        let bound = self.bound(context).await.map_err(ChangesError::Mapping)?;
        let resource = named(bound, resource_type).map_err(ChangesError::NoSuchType)?;
        let request = plain_get(resource, base_url, context);
        let view = self.service(bound, resource, &request, Instant::now()).view();
        let query = Query {
            class: resource.class.clone(),
            filter: None,
            attributes: view.names().to_vec(),
            order: Vec::new(),
            page_size: limit.min(resource.max_page.max(1)),
            offset: None,
            continuation: from,
            want_total: false,
        };
        let page = self.connector().search(context, query).await?;
        let upsert = |object: &patchbay_contract::Object| ResourceChange::Upsert {
            id: object.id.uid.clone(),
            resource: view.show(object),
        };
        Ok(ResourceWalk { changes: page.objects.iter().map(upsert).collect(), next: page.next })
    }
}

/// The resource type of this name or endpoint.
///
/// # Errors
/// 404, with those that are mapped.
pub(crate) fn named<'b>(bound: &'b Bound, asked: &str) -> Result<&'b Arc<Resource>, ScimError> {
    let asked = asked.trim_matches('/');
    let named = |r: &&Arc<Resource>| r.endpoint == asked || r.name.eq_ignore_ascii_case(asked);
    bound.resources.iter().find(named).ok_or_else(|| {
        let known: Vec<&str> = bound.resources.iter().map(|r| r.name.as_str()).collect();
        ScimError::not_found(format!("there is no such resource type; mapped are {}", known.join(", ")))
    })
}

/// A GET of a resource type that asks for nothing in particular.
pub(crate) fn plain_get(resource: &Resource, base_url: &str, context: &Context) -> Request {
    Request {
        method: Method::Get,
        path: vec![resource.endpoint.clone()],
        query: Vec::new(),
        body: None,
        if_match: None,
        if_none_match: None,
        me: None,
        base_url: base_url.to_owned(),
        base: Base::Scim,
        context: context.clone(),
    }
}
