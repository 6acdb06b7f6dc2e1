//! What the observer is told, and when: of a query once something is known of its rows.

use super::{Run, Session};
use crate::StatementEvent;
use crate::sql::{Error, Prepared, Request, Row, Value};

impl Session {
    /// Tells of the pending query that so many rows were delivered so far.
    pub(super) fn flush(&mut self, rows: u64) {
        if let Some(run) = self.unreported.take() {
            self.tell(run, Ok(rows));
        }
    }

    pub(super) fn flush_failure(&mut self, error: &Error) {
        if let Some(run) = self.unreported.take() {
            self.tell(run, Err(error));
        }
    }

    pub(super) fn tell(&self, run: Run, outcome: Result<u64, &Error>) {
        let Some(observer) = &self.observer else { return };
        let cleaned =
            outcome.err().map(|error| Error { message: self.binding.scrubber.clean(&error.message), ..error.clone() });
        let outcome = match (&cleaned, outcome) {
            (Some(error), _) => Err(error),
            (None, outcome) => outcome,
        };
        observer.statement(
            &self.scope,
            &StatementEvent {
                binding: &self.binding.name,
                text: &run.statement.text,
                params: &run.statement.params,
                outcome,
                elapsed: run.elapsed,
            },
        );
    }
}

/// Statements as the observer gets them; none for what is no statement.
pub(super) fn observed(request: &Request) -> Vec<Prepared> {
    let word = |text: &str| vec![Prepared { text: text.to_owned(), params: Vec::new() }];
    match request {
        Request::Query { text, params } | Request::Execute { text, params } => {
            vec![Prepared { text: text.clone(), params: params.clone() }]
        }
        Request::Procedure { call, .. } => vec![call.observed()],
        Request::Pipeline { statements, .. } => statements.clone(),
        Request::Begin => word("BEGIN"),
        Request::Commit => word("COMMIT"),
        Request::Rollback => word("ROLLBACK"),
        Request::Lock(name) => {
            vec![Prepared { text: "LOCK".to_owned(), params: vec![Value::Text(name.clone())] }]
        }
        Request::Next { .. } | Request::CloseCursor | Request::Tables | Request::Describe(_) => Vec::new(),
    }
}

pub(super) fn count_of(rows: &[Row]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
}
