//! The record of writes: one structured line each, from this one place. A journal will
//! hook in here.

use std::time::Instant;

use patchbay_gateway::{Audit, Effect, Method, Request, Response};

/// A write under way. The line is written by [`Entry::answered`], or, when the write
/// ended without an answer, as the entry is dropped: no write goes unrecorded.
#[derive(Debug)]
pub struct Entry {
    app: String,
    token: String,
    request_id: String,
    asked: Audit,
    started: Instant,
    recorded: bool,
}

impl Entry {
    /// Begins the record of `request`; none when it does not write.
    pub fn begin(app: &str, token: &str, request: &Request, started: Instant) -> Option<Self> {
        let operation = match request.method {
            Method::Get => return None,
            Method::Post if request.path.last().is_some_and(|last| last == ".search") => return None,
            Method::Post => "create",
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
            status: None,
            scim_type: None,
        };
        let (app, token, request_id) = (app.to_owned(), token.to_owned(), request.context.request_id.clone());
        Some(Self { app, token, request_id, asked, started, recorded: false })
    }

    /// Records the outcome. Never a value of an attribute.
    pub fn answered(mut self, response: &Response) {
        self.recorded = true;
        match response.audits.as_slice() {
            [] => self.line(&self.asked, Some(response.status)),
            [only] => self.line(only, Some(response.status)),
            several => several.iter().for_each(|audit| self.line(audit, audit.status)),
        }
    }

    fn line(&self, audit: &Audit, status: Option<u16>) {
        let outcome = match (audit.effect, status) {
            (Effect::Written, _) => "written",
            (Effect::Unknown, _) | (Effect::Nothing, None) => "unknown",
            (Effect::Nothing, Some(200..300)) => "unchanged",
            (Effect::Nothing, Some(_)) => "refused",
        };
        tracing::info!(
            target: "patchbay::audit",
            // The line is whole by itself: the fields of the request's span are its own.
            parent: None,
            app = self.app,
            token = self.token,
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
