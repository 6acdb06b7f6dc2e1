//! One request's way through the edge.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};
use http_body::Body;
use patchbay_contract::Context;
use patchbay_gateway::{Base, Method as ScimMethod, Request, Response};
use patchbay_scim::ScimError;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use tracing::Instrument as _;

use super::answer::{self, HttpResponse};
use super::auth::{self, Token};
use super::request_id::{self, RequestIds};
use super::route::{Route, is_authority};
use super::{App, accept, body, head, query};
use crate::audit;
use crate::config::{Server as Settings, ServerLimits};

/// When to come back to a server that has too much to do.
const BUSY: Duration = Duration::from_secs(1);

/// An app, and how many of its requests may still begin.
#[derive(Debug)]
struct Served {
    app: App,
    requests: Arc<Semaphore>,
}

impl Served {
    fn new(app: App) -> Self {
        let requests = Arc::new(Semaphore::new(app.requests.min(Semaphore::MAX_PERMITS)));
        Self { app, requests }
    }
}

/// All that requests share.
#[derive(Debug)]
pub(super) struct Edge {
    apps: HashMap<String, Arc<Served>>,
    limits: ServerLimits,
    /// Scheme, host and port as configured; none where they are taken from the request.
    public_url: Option<String>,
    scheme: &'static str,
    address: SocketAddr,
    requests: Arc<Semaphore>,
    ids: RequestIds,
}

impl Edge {
    pub(super) fn new(settings: &Settings, address: SocketAddr, secure: bool, apps: HashMap<String, App>) -> Self {
        Self {
            apps: apps.into_iter().map(|(name, app)| (name, Arc::new(Served::new(app)))).collect(),
            limits: settings.limits,
            public_url: settings.public_url.clone(),
            scheme: if secure { "https" } else { "http" },
            address,
            requests: Arc::new(Semaphore::new(settings.limits.requests.min(Semaphore::MAX_PERMITS))),
            ids: RequestIds::new(),
        }
    }

    /// Begins nothing new within the requests that are under way.
    pub(super) fn stop(&self) {
        self.apps.values().for_each(|served| served.app.gateway.stop());
    }

    /// Waits until no request is worked on any more, also none whose client has gone.
    pub(super) async fn idle(&self) {
        let all = u32::try_from(self.limits.requests).unwrap_or(u32::MAX);
        // The semaphore is never closed; if it were, there would be nothing to wait for.
        drop(self.requests.acquire_many(all).await);
    }

    /// Answers one request. Never fails: errors are answers.
    pub(super) async fn answer<B>(self: Arc<Self>, request: http::Request<B>) -> Result<HttpResponse, Infallible>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let started = Instant::now();
        let (parts, body) = request.into_parts();
        let id = self.ids.of(&parts.headers);
        let mut http = match Box::pin(self.work(&parts, body, &id, started)).await {
            Ok(response) => {
                log(&id, response.status, response.internal.as_deref());
                answer::from_gateway(response)
            }
            Err(error) => {
                log(&id, error.status, error.internal.as_deref());
                answer::from_error(&error, parts.uri.path())
            }
        };
        if parts.method == Method::HEAD {
            http = answer::without_body(http);
        }
        if let Some(media) = http.headers_mut().get_mut(CONTENT_TYPE) {
            *media = accept::media_type(&parts.headers);
        }
        if let Ok(value) = HeaderValue::try_from(&id) {
            http.headers_mut().insert(request_id::HEADER, value);
        }
        tracing::debug!(
            target: "patchbay::http",
            request_id = id,
            method = %parts.method,
            status = http.status().as_u16(),
            duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            "request"
        );
        Ok(http)
    }

    async fn work<B>(&self, parts: &Parts, body: B, id: &str, started: Instant) -> Result<Response, ScimError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        head::check(parts)?;
        let malformed = |_| ScimError::invalid_value("The URL is not well-formed: it has a bad percent escape.");
        let route = Route::parse(parts.uri.path()).map_err(malformed)?;
        let route = route.ok_or_else(|| ScimError::not_found("There is nothing here."))?;
        let (served, token) = self.authenticate(&route.app, &parts.headers)?;
        let app = &served.app;
        if route.base == Base::Ecma2Host && !app.ecma2host {
            return Err(ScimError::not_found("This app does not serve the URL of the ECMA host."));
        }
        let method = match parts.method {
            Method::GET | Method::HEAD => ScimMethod::Get,
            Method::POST => ScimMethod::Post,
            Method::PUT => ScimMethod::Put,
            Method::PATCH => ScimMethod::Patch,
            Method::DELETE => ScimMethod::Delete,
            _ => return Err(ScimError::method_not_allowed("This method is not part of SCIM.")),
        };
        let busy = |_| ScimError::unavailable("The server has too much to do right now.", BUSY);
        // An app whose target does not answer uses up its own share, and not the others'.
        let own = Arc::clone(&served.requests).try_acquire_owned().map_err(busy)?;
        let permits = (own, Arc::clone(&self.requests).try_acquire_owned().map_err(busy)?);
        let query = query::parse(parts.uri.query().unwrap_or_default()).map_err(malformed)?;
        let body = match method {
            ScimMethod::Get | ScimMethod::Delete => None,
            _ => body::read(&parts.headers, body, self.limits.body, self.limits.body_timeout).await?,
        };
        let base_url = self.base_url(parts, &route.base_path);
        let request = Request {
            method,
            path: route.segments,
            query,
            body,
            if_match: condition(&parts.headers, &IF_MATCH)?,
            if_none_match: condition(&parts.headers, &IF_NONE_MATCH)?,
            me: token.me().map(str::to_owned),
            base_url,
            base: route.base,
            context: Context {
                request_id: id.to_owned(),
                traceparent: text(&parts.headers, &HeaderName::from_static("traceparent"))
                    .filter(|t| is_traceparent(t)),
                deadline: app.deadline.saturating_sub(started.elapsed()),
            },
        };
        let span = tracing::info_span!(target: "patchbay::http", "request", app = route.app, request_id = id);
        // A task of its own: a panic in it is an answer here; and a write goes on to its
        // end, and into the record, when the client hangs up. A read does not.
        let ledger = audit::Ledger::new(&route.app, token.name());
        let writes = request.writes();
        let gateway = Arc::clone(&app.gateway);
        let work = async move {
            let _permits = permits;
            gateway.handle(request, &ledger).await
        };
        let task = tokio::spawn(work.instrument(span));
        let _abort = (!writes).then(|| AbortOnDrop(task.abort_handle()));
        // What a panic says may hold anything; where it happened is in the panic's own line.
        task.await.map_err(|_| ScimError::internal("the request's task panicked"))
    }

    /// The app and the token that fits it. An app that does not exist is answered as one
    /// whose tokens do not fit, so that nobody can find out which there are.
    fn authenticate(&self, name: &str, headers: &HeaderMap) -> Result<(Arc<Served>, Token), ScimError> {
        let app = self.apps.get(name);
        let tokens = app.map(|served| served.app.tokens.current()).unwrap_or_default();
        let token = auth::authenticate(headers, &tokens);
        match (app, token) {
            (Some(app), Some(token)) => Ok((Arc::clone(app), token.clone())),
            _ => {
                // A name that is not known is anybody's text, and may be long.
                let app = app.map(|_| name);
                tracing::info!(target: "patchbay::auth", app, "no valid token");
                Err(ScimError::unauthorized(""))
            }
        }
    }

    /// The app's URL as the client knows it.
    fn base_url(&self, parts: &Parts, base_path: &str) -> String {
        if let Some(public) = &self.public_url {
            return format!("{public}{base_path}");
        }
        let host = parts.uri.authority().map(|authority| authority.as_str());
        let host = host.or_else(|| parts.headers.get(HOST)?.to_str().ok());
        match host.filter(|host| is_authority(host)) {
            Some(host) => format!("{}://{host}{base_path}", self.scheme),
            None => format!("{}://{}{base_path}", self.scheme, self.address),
        }
    }
}

/// One line for each request that failed or was refused.
fn log(request_id: &str, status: u16, detail: Option<&str>) {
    match status {
        500.. => tracing::warn!(target: "patchbay::http", request_id, status, detail, "request failed"),
        400.. => tracing::info!(target: "patchbay::http", request_id, status, detail, "request refused"),
        _ => {}
    }
}

/// A conditional header. One that cannot be read must not pass as one that is not there.
fn condition(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, ScimError> {
    let values = headers.get_all(name).iter().map(HeaderValue::to_str).collect::<Result<Vec<_>, _>>();
    let values = values.map_err(|_| ScimError::invalid_value(format!("The header {name} is not readable.")))?;
    Ok((!values.is_empty()).then(|| values.join(", ")))
}

/// A header's text; none where it is missing or not text.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// Whether `text` has the shape of a W3C `traceparent`.
fn is_traceparent(text: &str) -> bool {
    text.len() == 55
        && text.split('-').map(str::len).eq([2, 32, 16, 2])
        && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// Ends a task when nobody waits for it any more.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
