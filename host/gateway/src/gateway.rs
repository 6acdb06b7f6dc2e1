//! One app's SCIM service: finds the resource type and the operation for a request.

use std::sync::Arc;

use patchbay_contract::{Connector, Context, Error};
use patchbay_scim::{ListQuery, Profile, ScimError};
use tokio::sync::OnceCell;

use crate::bookmark::Bookmarks;
use crate::discovery::discovery;
use crate::error::scim_error;
use crate::mapping::{Bound, Compiled, bind, compile};
use crate::message::{Audit, Method, Request, Response};
use crate::service::{Answer, Service};
use crate::{AppConfig, Problem};

/// One app: its mapping and its connector.
#[derive(Debug)]
pub struct Gateway {
    connector: Arc<dyn Connector>,
    profile: Profile,
    compiled: Compiled,
    /// The mapping as far as it goes without the target.
    unbound: Bound,
    /// The mapping on the target's own schema, from the first request that reached it.
    bound: OnceCell<Bound>,
    bookmarks: Bookmarks,
}

impl Gateway {
    /// Compiles the mapping. Every problem that can be seen without the target comes
    /// back at once.
    pub fn new(config: &AppConfig, connector: Arc<dyn Connector>) -> Result<Self, Vec<Problem>> {
        let profile = Profile::builtin(&config.client).map_err(|e| vec![Problem::new(["client"], e.to_string())]);
        let compiled = compile(config);
        let (profile, compiled) = match (profile, compiled) {
            (Ok(profile), Ok(compiled)) => (profile, compiled),
            (profile, compiled) => {
                return Err([profile.err(), compiled.err()].into_iter().flatten().flatten().collect());
            }
        };
        let unbound = bind(&compiled, None, &profile)?;
        Ok(Self { connector, profile, compiled, unbound, bound: OnceCell::new(), bookmarks: Bookmarks::default() })
    }

    /// Holds the mapping against the target's own schema, asked anew.
    ///
    /// # Errors
    /// When the target could not be asked.
    pub async fn check(&self, ctx: &Context) -> Result<Vec<Problem>, Error> {
        let classes = self.connector.discover(ctx).await?;
        Ok(bind(&self.compiled, Some(&classes), &self.profile).err().unwrap_or_default())
    }

    /// Answers one request. Never fails: errors are answers.
    pub async fn handle(&self, request: Request) -> Response {
        let mut audit = None;
        match self.route(&request, &mut audit).await {
            Ok(response) => Response { audit, ..response },
            Err(error) => failure(&request, &error, audit),
        }
    }

    async fn route(&self, request: &Request, audit: &mut Option<Audit>) -> Answer {
        if let Some(answer) = discovery(self.bound.get().unwrap_or(&self.unbound), request) {
            return answer;
        }
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        let not_there = || ScimError::not_found("there is no such endpoint");
        match path.as_slice() {
            ["Me", ..] => return Err(ScimError::not_implemented("/Me is not configured")),
            ["Bulk"] => return Err(ScimError::not_implemented("Bulk is not supported")),
            [".search"] => return Err(ScimError::not_implemented("search one resource type at a time")),
            _ => {}
        }
        let endpoint = path.first().ok_or_else(not_there)?;
        if self.unbound.by_endpoint(endpoint).is_none() {
            return Err(not_there());
        }
        let bound = self.bound(&request.context).await?;
        let resource = bound.by_endpoint(endpoint).ok_or_else(not_there)?;
        let service = Service {
            connector: self.connector.as_ref(),
            bookmarks: &self.bookmarks,
            profile: &self.profile,
            bound,
            resource,
            request,
        };
        let begin = |operation, id: Option<&str>| Audit {
            operation,
            resource_type: resource.name.clone(),
            id: id.map(str::to_owned),
            written: false,
            scim_type: None,
        };
        match (request.method, path.get(1..).unwrap_or_default()) {
            (Method::Get, []) => {
                let pairs = request.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                service.list(&ListQuery::from_query(pairs)?).await
            }
            (Method::Post, []) => service.create(audit.insert(begin("create", None))).await,
            (Method::Post, [".search"]) => {
                let body = request.body.clone();
                let body = body.ok_or_else(|| ScimError::invalid_syntax("the request has no body"))?;
                service.list(&ListQuery::from_search(body, &self.profile)?).await
            }
            (_, [".search"]) => Err(ScimError::method_not_allowed("a search takes POST")),
            (_, []) => Err(ScimError::method_not_allowed("the endpoint takes GET and POST")),
            (Method::Get, [id]) => service.get(id).await,
            (Method::Put, [id]) => service.replace(id, audit.insert(begin("replace", Some(id)))).await,
            (Method::Patch, [id]) => service.patch(id, audit.insert(begin("patch", Some(id)))).await,
            (Method::Delete, [id]) => service.delete(id, audit.insert(begin("delete", Some(id)))).await,
            (Method::Post, [_]) => Err(ScimError::method_not_allowed("a resource takes GET, PUT, PATCH and DELETE")),
            _ => Err(not_there()),
        }
    }

    /// The mapping on the target's schema. Concurrent first requests ask once; a target
    /// that does not answer is asked again by the next request.
    async fn bound(&self, context: &Context) -> Result<&Bound, ScimError> {
        self.bound
            .get_or_try_init(|| async {
                let classes = self.connector.discover(context).await.map_err(|e| scim_error(e, |_| None))?;
                bind(&self.compiled, Some(&classes), &self.profile).map_err(|problems| {
                    let list: Vec<String> =
                        problems.iter().map(|p| format!("{}: {}", p.path.join("."), p.message)).collect();
                    ScimError::new(500, None, "the app's mapping does not fit the target; see the host's log")
                        .with_internal(list.join("; "))
                })
            })
            .await
    }
}

fn failure(request: &Request, error: &ScimError, audit: Option<Audit>) -> Response {
    let scim_type = error.scim_type.map(|t| t.as_str().to_owned());
    let mut headers = Vec::new();
    if let Some(after) = error.retry_after {
        headers.push(("retry-after", after.as_secs().max(1).to_string()));
    }
    if error.status == 405 {
        headers.push(("allow", allow(&request.path).to_owned()));
    }
    Response {
        status: error.status,
        headers,
        body: Some(error.body()),
        audit: audit.map(|audit| Audit { scim_type, ..audit }),
        internal: error.internal.clone(),
    }
}

/// What `Allow` says of a path beside a 405 (RFC 9110 section 15.5.6).
fn allow(path: &[String]) -> &'static str {
    match path {
        [first, ..] if ["ServiceProviderConfig", "ResourceTypes", "Schemas"].contains(&first.as_str()) => "GET, HEAD",
        [_, last] if last == ".search" => "POST",
        [_] => "GET, HEAD, POST",
        _ => "GET, HEAD, PUT, PATCH, DELETE",
    }
}
