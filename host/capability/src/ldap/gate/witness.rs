//! What the observer hears of a session.

use std::sync::Arc;
use std::time::Duration;

use super::Binding;
use super::line::Line;
use crate::ldap::{Error, Request};
use crate::{Observer, OperationEvent, Scope};

/// A request that was run, as the observer will hear of it.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) line: Line,
    pub(super) elapsed: Duration,
}

impl Heard {
    /// That a parked search goes on.
    pub(super) fn of_resumption() -> Self {
        Self { line: Line { text: "resume".to_owned(), values: Vec::new() }, elapsed: Duration::ZERO }
    }
}

/// Tells the observer of one session what is done on it. A search is told of with its first
/// entries, or when it is over.
#[derive(Debug)]
pub(super) struct Witness {
    binding: Arc<Binding>,
    scope: Scope,
    observer: Option<Arc<dyn Observer>>,
    /// Whether the observer may see values.
    values: bool,
    /// A search that was opened, until something is known of its entries.
    pending: Option<Heard>,
}

impl Witness {
    pub(super) fn new(binding: &Arc<Binding>, scope: &Scope) -> Self {
        let observer = binding.observer.as_ref().filter(|observer| observer.wants(scope)).cloned();
        let values = observer.as_ref().is_some_and(|observer| observer.wants_values(scope));
        Self { binding: Arc::clone(binding), scope: scope.clone(), observer, values, pending: None }
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The line of a request, before it is sent; none where nobody listens.
    pub(super) fn line(&self, request: &Request) -> Option<Line> {
        self.observer.as_ref().and_then(|_| Line::of(request, self.values))
    }

    /// Keeps a search back.
    pub(super) fn hold(&mut self, heard: Option<Heard>) {
        self.pending = heard;
    }

    /// The search that was kept back, which is not told of then.
    pub(super) fn release(&mut self) -> Option<Heard> {
        self.pending.take()
    }

    /// Tells of the search that was kept back, if any.
    pub(super) fn flush(&mut self, outcome: Result<u64, &Error>) {
        if let Some(heard) = self.pending.take() {
            self.tell(&heard, outcome);
        }
    }

    /// Tells of one request.
    pub(super) fn tell(&self, heard: &Heard, outcome: Result<u64, &Error>) {
        let Some(observer) = &self.observer else { return };
        let clean = |error: &Error| Error { message: self.binding.scrubber.clean(&error.message), ..error.clone() };
        let cleaned = outcome.map_err(clean);
        observer.operation(
            &self.scope,
            &OperationEvent {
                binding: &self.binding.name,
                text: &heard.line.text,
                values: &heard.line.values,
                outcome: cleaned.as_ref().map(|count| *count),
                elapsed: heard.elapsed,
            },
        );
    }
}

#[cfg(test)]
impl Witness {
    pub(super) fn expire(&mut self) {
        self.scope.deadline = std::time::Instant::now();
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.flush(Ok(0));
    }
}
