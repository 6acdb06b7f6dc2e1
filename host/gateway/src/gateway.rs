//! One app's SCIM service: finds the resource type and the operation for a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use patchbay_contract::{Connector, Context, Error};
use patchbay_password::Keeping;
use patchbay_scim::{ListQuery, Profile, ScimError};

use crate::bookmark::Bookmarks;
use crate::bulk::{Run, bulk};
use crate::changes::{named, plain_get};
use crate::cursor::Cursors;
use crate::discovery::{Offers, discovery};
use crate::error::scim_error;
use crate::learning::Learning;
use crate::mapping::{Bound, Compiled, Resource, bind, compile, unfed, unnamed};
use crate::me;
use crate::message::{Audit, Effect, Method, Request, Response};
use crate::password::{PasswordHasher, password_of};
use crate::place::place;
use crate::record::Recorder;
use crate::root::root;
use crate::service::{Answer, Service};
use crate::version::other_version;
use crate::{AppConfig, Explanation, Findings, Problem};

/// Bytes of the largest body, if nothing else is said.
const MAX_PAYLOAD: usize = 1024 * 1024;
/// Time for a Bulk request, if nothing else is said.
const BULK_TIME: Duration = Duration::from_secs(120);

/// One app: its mapping and its connector.
#[derive(Debug)]
pub struct Gateway {
    connector: Arc<dyn Connector>,
    profile: Profile,
    compiled: Compiled,
    /// The mapping as far as it goes without the target.
    unbound: Bound,
    /// The mapping on the target's own schema, since the target was asked; see [`Gateway::learn`].
    bound: Learning,
    bookmarks: Bookmarks,
    /// None where no key was given: lists are then paged by index only.
    cursors: Option<Cursors>,
    /// Bytes of the largest body that the edge lets in, to be announced.
    max_payload: usize,
    /// Time for a Bulk request in all.
    bulk_time: Duration,
    /// No more operations of Bulk requests are begun.
    stopping: AtomicBool,
    clock: fn() -> SystemTime,
    /// None where nobody was given: no password can then be set.
    hasher: Option<Arc<dyn PasswordHasher>>,
}

impl Gateway {
    /// Compiles the mapping. Every problem that can be seen without the target comes
    /// back at once.
    pub fn new(config: &AppConfig, connector: Arc<dyn Connector>) -> Result<Self, Vec<Problem>> {
        match Profile::builtin(&config.client) {
            Ok(profile) => Self::with_profile(config, profile, connector),
            Err(error) => {
                let mut problems = vec![Problem::new(["client"], error.to_string())];
                problems.extend(compile(config).err().into_iter().flatten());
                Err(problems)
            }
        }
    }

    /// The same with a client profile that is not built in; `config.client` is not looked at.
    pub fn with_profile(
        config: &AppConfig,
        profile: Profile,
        connector: Arc<dyn Connector>,
    ) -> Result<Self, Vec<Problem>> {
        let compiled = compile(config)?;
        let unbound = bind(&compiled, None, &profile)?;
        Ok(Self {
            connector,
            profile,
            compiled,
            unbound,
            bound: Learning::default(),
            bookmarks: Bookmarks::default(),
            cursors: None,
            max_payload: MAX_PAYLOAD,
            bulk_time: BULK_TIME,
            stopping: AtomicBool::new(false),
            clock: SystemTime::now,
            hasher: None,
        })
    }

    /// Offers paging by cursor (RFC 9865), sealed with a key that is this app's alone and
    /// lives as long as the process.
    #[must_use]
    pub fn with_cursors(mut self, key: &[u8; 32]) -> Self {
        self.cursors = Some(Cursors::new(key));
        self
    }

    /// Announces `bytes` as the largest body (`maxPayloadSize` of Bulk). To refuse what is
    /// larger is up to who reads it from the wire.
    #[must_use]
    pub fn with_max_payload(mut self, bytes: usize) -> Self {
        self.max_payload = bytes;
        self
    }

    /// Gives a Bulk request so much time in all, and each of its operations no more than the
    /// request's own. What there is no time left for is not run.
    #[must_use]
    pub fn with_bulk_time(mut self, time: Duration) -> Self {
        self.bulk_time = time;
        self
    }

    /// Tells the time from `clock` instead of the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: fn() -> SystemTime) -> Self {
        self.clock = clock;
        self
    }

    /// Sets passwords, which `hasher` hashes.
    #[must_use]
    pub fn with_passwords(mut self, hasher: Arc<dyn PasswordHasher>) -> Self {
        self.hasher = Some(hasher);
        self
    }

    /// Asks the target what it has, unless that is known. Discovery never asks: what it
    /// says before is what the configuration says.
    ///
    /// # Errors
    /// When the target could not be asked, or the mapping does not fit it.
    pub async fn learn(&self, context: &Context) -> Result<(), ScimError> {
        self.bound(context).await.map(drop)
    }

    /// From now on, operations of Bulk requests that were not begun are not run: the process is
    /// about to end, and nothing is to be cut off in the middle.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Holds the mapping against the target's own schema, asked anew.
    ///
    /// # Errors
    /// When the target could not be asked.
    pub async fn check(&self, ctx: &Context) -> Result<Findings, Error> {
        let classes = self.connector.discover(ctx).await?;
        Ok(match bind(&self.compiled, Some(&classes), &self.profile) {
            Ok(bound) => {
                let mut warnings = unfed(&bound, &classes);
                warnings.extend(unnamed(&self.compiled, &bound, &classes));
                Findings { problems: Vec::new(), warnings }
            }
            Err(problems) => Findings { problems, warnings: Vec::new() },
        })
    }

    /// Says what would become of a list query on a resource type, by its name or its
    /// endpoint, below `base_url` (without a trailing slash). Reads nothing but the
    /// target's schema.
    ///
    /// # Errors
    /// What the query itself would be answered with, e.g. invalidFilter; 404 for a type
    /// that is not mapped.
    pub async fn explain(
        &self,
        context: &Context,
        base_url: &str,
        resource_type: &str,
        query: &ListQuery,
    ) -> Result<Explanation, ScimError> {
        let bound = self.bound(context).await?;
        let resource = named(bound, resource_type)?;
        let request = plain_get(resource, base_url, context);
        let service = self.service(bound, resource, &request, Instant::now());
        service.explain(&service.understand(query)?)
    }

    /// Answers one request. Never fails: errors are answers. A write is on record when this
    /// returns, and each operation of a Bulk request before the next one begins.
    pub async fn handle(&self, request: Request, recorder: &dyn Recorder) -> Response {
        match request.path.as_slice() {
            [bulk_path] if bulk_path == "Bulk" && request.method == Method::Post => {
                let answer = bulk(self, &request, &self.profile, self.bulk_time, recorder).await;
                // One that is refused as a whole has no operations to be recorded.
                let record = answer.is_err().then(|| recorder.begin(&request).ok()).flatten();
                let response = finish(&request, answer, None);
                record.into_iter().for_each(|record| record.answered(&response));
                response
            }
            [] | [_] if is_root(&request.path) => {
                let answer = self.root(&request).await;
                finish(&request, answer, None)
            }
            _ => recorded(self, request, recorder).await,
        }
    }

    async fn route(&self, request: &Request, audit: &mut Option<Audit>) -> Answer {
        let started = Instant::now();
        // Discovery says what is known by now. The host has the target asked as it starts.
        let known = self.bound.known().unwrap_or(&self.unbound);
        let settable = |(_, _, keeping): (_, _, &Arc<Keeping>)| **keeping == Keeping::Target || self.hasher.is_some();
        let mut mapped = known.resources.iter().flat_map(|resource| &resource.attributes);
        let offers = Offers {
            cursors: self.cursors.is_some(),
            max_payload: self.max_payload,
            passwords: mapped.any(|mapped| password_of(mapped).is_some_and(settable)),
        };
        if let Some(answer) = discovery(known, offers, request) {
            return answer;
        }
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        let not_there = || ScimError::not_found("there is no such endpoint");
        if path == ["Bulk"] {
            return Err(ScimError::method_not_allowed("Bulk takes POST"));
        }
        let endpoint = path.first().ok_or_else(not_there)?;
        if self.unbound.by_endpoint(endpoint).is_none() {
            return Err(other_version(endpoint).unwrap_or_else(not_there));
        }
        let bound = self.bound(&request.context).await?;
        let resource = bound.by_endpoint(endpoint).ok_or_else(not_there)?;
        let service = self.service(bound, resource, request, started);
        let begin = |operation, id: Option<&str>| Audit {
            operation,
            resource_type: resource.name.clone(),
            id: id.map(str::to_owned),
            effect: Effect::Nothing,
            scim_type: None,
        };
        match (request.method, path.get(1..).unwrap_or_default()) {
            (Method::Get, []) => {
                let pairs = request.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let query = ListQuery::from_query(pairs)?;
                service.refuse_secrets(&query)?;
                service.list(&query).await
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

    pub(crate) fn service<'a>(
        &'a self,
        bound: &'a Bound,
        resource: &'a Arc<Resource>,
        request: &'a Request,
        started: Instant,
    ) -> Service<'a> {
        let now = (self.clock)().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        Service {
            connector: self.connector.as_ref(),
            bookmarks: &self.bookmarks,
            cursors: self.cursors.as_ref(),
            now,
            hasher: self.hasher.as_deref(),
            profile: &self.profile,
            bound,
            resource,
            request,
            started,
        }
    }

    /// A search over all resource types (RFC 7644 section 3.4.2.1).
    async fn root(&self, request: &Request) -> Answer {
        let started = Instant::now();
        let query = match (request.method, request.path.is_empty()) {
            (Method::Get, true) => {
                let pairs = request.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                ListQuery::from_query(pairs)?
            }
            (Method::Post, false) => {
                let body = request.body.clone();
                let body = body.ok_or_else(|| ScimError::invalid_syntax("the request has no body"))?;
                ListQuery::from_search(body, &self.profile)?
            }
            _ => return Err(ScimError::method_not_allowed("the root takes GET, its .search POST")),
        };
        let bound = self.bound(&request.context).await?;
        let services: Vec<Service<'_>> =
            bound.resources.iter().map(|r| self.service(bound, r, request, started)).collect();
        if request.method == Method::Get {
            services.iter().try_for_each(|service| service.refuse_secrets(&query))?;
        }
        root(&services, &query).await
    }

    /// The mapping as far as it goes without the target.
    pub(crate) fn unbound(&self) -> &Bound {
        &self.unbound
    }

    /// The connected app.
    pub(crate) fn connector(&self) -> &dyn Connector {
        self.connector.as_ref()
    }

    /// The mapping on the target's schema. Concurrent first requests ask once; a target
    /// that does not answer is asked again by the next request.
    pub(crate) async fn bound(&self, context: &Context) -> Result<&Bound, ScimError> {
        self.bound
            .known_or(context.deadline, async {
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

impl Run for Gateway {
    async fn run(&self, request: Request) -> Response {
        let mut audit = None;
        let (request, location) = match me::aliased(&self.unbound, request) {
            Ok(aliased) => aliased,
            Err((request, error)) => return finish(&request, Err(error), None),
        };
        let answer = self.route(&request, &mut audit).await;
        let mut response = finish(&request, answer, audit);
        let location = location.or_else(|| place(&self.unbound, &request, &response));
        response.headers.extend(location.map(|location| ("location", location)));
        response
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

fn is_root(path: &[String]) -> bool {
    path.first().is_none_or(|first| first == ".search")
}

/// Runs a request, and records it where it writes.
pub(crate) async fn recorded(runner: &impl Run, request: Request, recorder: &dyn Recorder) -> Response {
    let record = match request.writes().then(|| recorder.begin(&request)).transpose() {
        Ok(record) => record,
        Err(error) => return finish(&request, Err(error), None),
    };
    let response = runner.run(request).await;
    record.into_iter().for_each(|record| record.answered(&response));
    response
}

fn finish(request: &Request, answer: Answer, mut audit: Option<Audit>) -> Response {
    let error = match answer {
        Ok(response) => return Response { audit, ..response },
        Err(error) => error,
    };
    if let Some(audit) = &mut audit {
        audit.scim_type = error.scim_type.map(|kind| kind.as_str().to_owned());
    }
    let mut headers = Vec::new();
    if let Some(after) = error.retry_after {
        headers.push(("retry-after", after.as_secs().max(1).to_string()));
    }
    if error.status == 405 {
        headers.push(("allow", allow(&request.path).to_owned()));
    }
    Response { status: error.status, headers, body: Some(error.body()), audit, internal: error.internal }
}

/// What `Allow` says of a path, by its segments below the base URL, beside a 405 (RFC 9110
/// section 15.5.6).
pub fn allow(path: &[String]) -> &'static str {
    match path {
        [first, ..] if ["ServiceProviderConfig", "ResourceTypes", "Schemas"].contains(&first.as_str()) => "GET, HEAD",
        [.., last] if last == ".search" || last == "Bulk" => "POST",
        [] => "GET, HEAD",
        [me] if me == "Me" => "GET, HEAD, PUT, PATCH, DELETE",
        [_] => "GET, HEAD, POST",
        _ => "GET, HEAD, PUT, PATCH, DELETE",
    }
}
