//! The record of writes: one structured line each, from this one place. A journal will
//! hook in here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_gateway::{Audit, Effect, Method, Record, Recorder, Request, Response};
use patchbay_scim::ScimError;

use crate::logging;

/// When to try again to change something that could not be recorded.
const AGAIN: Duration = Duration::from_secs(5);

/// The record of what one client asks of one app.
#[derive(Debug)]
pub struct Ledger {
    app: Arc<str>,
    token: Arc<str>,
}

impl Ledger {
    /// For the client with this token.
    pub fn new(app: &str, token: &str) -> Self {
        Self { app: app.into(), token: token.into() }
    }
}

impl Recorder for Ledger {
    fn begin(&self, request: &Request) -> Result<Box<dyn Record>, ScimError> {
        if !logging::takes_lines() {
            let error = ScimError::unavailable("The server cannot keep its record of changes right now.", AGAIN);
            return Err(error.with_internal("the log cannot be written"));
        }
        let operation = match request.method {
            Method::Get | Method::Post => "create",
            Method::Put => "replace",
            Method::Patch => "patch",
            Method::Delete => "delete",
        };
        // What the path says stands in until the gateway says what it was.
        let asked = Audit {
            operation,
            resource_type: request.path.first().cloned().unwrap_or_default(),
            id: request.path.get(1).cloned().or_else(|| request.me.clone().filter(|_| is_me(request))),
            effect: Effect::Nothing,
            scim_type: None,
        };
        let (app, token, request_id) =
            (Arc::clone(&self.app), Arc::clone(&self.token), request.context.request_id.clone());
        Ok(Box::new(Entry { app, token, request_id, asked, started: Instant::now(), recorded: false }))
    }
}

/// A write under way. Its line is written when it is answered, or, when it ended without an
/// answer, as the entry is dropped: no write goes unrecorded.
#[derive(Debug)]
struct Entry {
    app: Arc<str>,
    token: Arc<str>,
    request_id: String,
    asked: Audit,
    started: Instant,
    recorded: bool,
}

impl Record for Entry {
    /// Records the outcome. Never a value of an attribute.
    fn answered(mut self: Box<Self>, response: &Response) {
        self.recorded = true;
        self.line(response.audit.as_ref().unwrap_or(&self.asked), Some(response.status));
    }
}

impl Entry {
    fn line(&self, audit: &Audit, status: Option<u16>) {
        let outcome = match (audit.effect, status) {
            (Effect::Written, _) => "written",
            (Effect::Partly, _) => "partly",
            (Effect::Unknown, _) | (Effect::Nothing, None) => "unknown",
            (Effect::Nothing, Some(200..300)) => "unchanged",
            (Effect::Nothing, Some(_)) => "refused",
        };
        tracing::info!(
            target: "patchbay::audit",
            // The line is whole by itself: the fields of the request's span are its own.
            parent: None,
            app = &*self.app,
            token = &*self.token,
            operation = audit.operation,
            resource_type = audit.resource_type,
            id = audit.id,
            outcome,
            status,
            scim_type = audit.scim_type,
            duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            request_id = self.request_id,
            "write"
        );
    }
}

/// Whether the request is about whom its client stands for.
fn is_me(request: &Request) -> bool {
    request.path == ["Me"] && request.method != Method::Post
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.recorded {
            self.line(&self.asked, None);
        }
    }
}
