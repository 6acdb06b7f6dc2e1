//! The one path of every SQL call: authorise, quota, deadline, act, scrub.

use std::sync::Arc;

use super::{Call, Dialect, Error, Failure, Policy, Pool, Reply};
use crate::{Observer, Scope};

/// Limits of a binding, per operation.
#[derive(Debug, Clone)]
pub struct BindingOptions {
    /// What is granted.
    pub policy: Policy,
    /// Statements one operation may run.
    pub max_statements: u32,
    /// Bytes of statement text and parameters one call may bring.
    pub max_statement_bytes: usize,
    /// Rows a batch may hold.
    pub max_batch_rows: u32,
    /// Bytes a batch may hold.
    pub max_batch_bytes: usize,
    /// Bytes one operation may fetch in all.
    pub max_result_bytes: usize,
    /// Strings no message may show: password, user, host, URL.
    pub secrets: Vec<String>,
}

/// A named, granted use of a pool by one app.
#[derive(Debug)]
pub struct Binding {
    name: Arc<str>,
    options: BindingOptions,
    pool: Arc<dyn Pool>,
    observer: Option<Arc<dyn Observer>>,
}

impl Binding {
    /// A binding over `pool`.
    pub fn new(name: &str, options: BindingOptions, pool: Arc<dyn Pool>, observer: Option<Arc<dyn Observer>>) -> Self {
        Self { name: name.into(), options, pool, observer }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The target's dialect.
    pub fn dialect(&self) -> Dialect {
        self.pool.dialect()
    }

    /// Leases a connection for one operation.
    pub async fn open(self: &Arc<Self>, scope: &Scope) -> Result<Session, Error> {
        let _ = (scope, &self.options, &self.observer);
        Err(Error::new(Failure::Unsupported, "being built"))
    }
}

/// A leased connection behind the gate.
#[derive(Debug)]
pub struct Session {
    _binding: Arc<Binding>,
}

impl Session {
    /// The one entry: everything a guest can do to a database passes here.
    pub async fn call(&mut self, call: Call) -> Result<Reply, Error> {
        let _ = call;
        Err(Error::new(Failure::Unsupported, "being built"))
    }
}
