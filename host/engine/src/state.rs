//! What a store holds: everything the host knows about one operation.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_capability::{Footprint, Scope, ldap, sql};
use patchbay_contract::Secret;
use wasmtime::component::ResourceTable;

use crate::Limits;
use crate::host::log::LogBudget;
use crate::limiter::Limiter;
use crate::meter::Meter;

/// Bindings of an app, by the name the guest opens.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    pub(crate) sql: BTreeMap<String, Arc<sql::Binding>>,
    pub(crate) ldap: BTreeMap<String, Arc<ldap::Binding>>,
}

/// Data of one store.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) scope: Scope,
    pub(crate) footprint: Footprint,
    pub(crate) bindings: Arc<Bindings>,
    pub(crate) table: ResourceTable,
    pub(crate) meter: Meter,
    pub(crate) limiter: Limiter,
    pub(crate) log: LogBudget,
    pub(crate) quota: Quota,
    pub(crate) transfer_bytes: usize,
    /// Secrets of the operation; the guest knows their places in this list.
    pub(crate) secrets: Vec<Secret>,
}

/// Counts handles; the table of resources would only complain after the fact.
#[derive(Debug)]
pub(crate) struct Quota {
    pub(crate) handles: usize,
    pub(crate) max_handles: usize,
    pub(crate) connections: u32,
    pub(crate) max_connections: u32,
    /// Cursors and searches opened so far; tells a live one from an ended one.
    pub(crate) cursors: u64,
}

impl State {
    /// A state for one operation. The guest's CPU clock starts here.
    pub(crate) fn new(scope: Scope, bindings: Arc<Bindings>, limits: &Limits) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        Self {
            log: LogBudget::new(scope.clone(), limits.log_lines, limits.log_bytes),
            scope,
            footprint: Footprint::default(),
            bindings,
            table,
            meter: Meter::new(limits.cpu),
            limiter: Limiter::new(limits),
            quota: Quota {
                handles: 0,
                max_handles: limits.handles,
                connections: 0,
                max_connections: limits.connections,
                cursors: 0,
            },
            transfer_bytes: limits.transfer_bytes,
            secrets: Vec::new(),
        }
    }

    /// The same state, noting what the operation leaves at its targets in `footprint`.
    pub(crate) fn leaving(self, footprint: &Footprint) -> Self {
        Self { footprint: footprint.clone(), ..self }
    }
}
