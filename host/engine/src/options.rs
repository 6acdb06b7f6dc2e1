//! What an operator can set: for the engine, for a component, for an app.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// One mebibyte.
const MIB: usize = 1 << 20;

/// Settings of the whole engine.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Where compiled code is kept between starts; none compiles anew each time. The
    /// directory holds native code that is run later, so it is made accessible to the
    /// service user only.
    pub cache_dir: Option<PathBuf>,
    /// Largest component accepted, in bytes. Also what bounds compile time.
    pub max_component_bytes: usize,
    /// Operations that may run at the same time, over all apps.
    pub max_instances: u32,
    /// Ceiling for [`Limits::memory_bytes`] of any app.
    pub max_memory_bytes: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { cache_dir: None, max_component_bytes: 64 * MIB, max_instances: 128, max_memory_bytes: 512 * MIB }
    }
}

/// What the operator allows a component to import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// WIT packages of capabilities, e.g. `patchbay:sql`.
    pub capabilities: BTreeSet<String>,
    /// Whether the sealed WASI stub is offered: clocks and random numbers, but no
    /// files, no sockets, no environment.
    pub wasi: bool,
}

impl Grant {
    /// A grant of these capabilities, without WASI.
    pub fn of<I>(capabilities: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Self { capabilities: capabilities.into_iter().map(Into::into).collect(), wasi: false }
    }
}

/// Limits of one app, per operation unless it says otherwise.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Time the guest's own code may run. Waiting for the target is not counted.
    pub cpu: Duration,
    /// Linear memory, in bytes, over all memories of the component.
    pub memory_bytes: usize,
    /// Elements over all tables of the component.
    pub table_elements: usize,
    /// Core instances, memories and tables a component may be made of, each.
    pub parts: usize,
    /// Bytes that may be copied out of the guest by one call or result.
    pub transfer_bytes: usize,
    /// Handles (connections, cursors) open at the same time.
    pub handles: usize,
    /// Connections open at the same time.
    pub connections: u32,
    /// Log lines; more are dropped and counted.
    pub log_lines: u32,
    /// Bytes of all log lines together.
    pub log_bytes: usize,
    /// Operations of the app that may run at the same time.
    pub concurrency: u32,
    /// Times an operation is run again that came to nothing: it lost against other
    /// changes, or its connection broke, and nothing was written.
    pub retries: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu: Duration::from_secs(2),
            memory_bytes: 64 * MIB,
            table_elements: 100_000,
            parts: 32,
            transfer_bytes: 16 * MIB,
            handles: 64,
            connections: 2,
            log_lines: 100,
            log_bytes: MIB / 16,
            concurrency: 64,
            retries: 5,
        }
    }
}
