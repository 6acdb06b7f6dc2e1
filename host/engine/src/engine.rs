//! The engine: compiler settings, allocator, clock and linker that components share.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Cache, CacheConfig, Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::bindings::patchbay::{connector::types, ldap, runtime::log, sql};
use crate::host::wasi;
use crate::state::State;
use crate::{Component, EngineError, EngineOptions, Grant, LoadError, policy, ticker};

/// Memories and tables one component may have in the pool; the number of slots is that
/// times the number of instances, so that an admitted operation always finds its slots.
const MEMORIES_PER_COMPONENT: u32 = 2;
const TABLES_PER_COMPONENT: u32 = 8;
const CORE_INSTANCES_PER_COMPONENT: u32 = 64;
/// Elements a pooled table has room for.
const TABLE_ELEMENTS: usize = 50_000;
/// Pages of a used slot that are cleared by hand rather than given back to the kernel
/// and faulted in again: most operations touch less. Where the kernel can tell which
/// pages were touched, only those are cleared.
const KEEP_RESIDENT: usize = 1 << 20;
/// Slots kept warm for a component while nobody uses them.
const WARM_SLOTS: u32 = 64;
/// Stack of a call: guest code and, on top of it, host functions, which parse SQL.
const STACK: usize = 4 << 20;
/// Part of [`STACK`] that guest code may use.
const GUEST_STACK: usize = 1 << 20;

/// Compiles connectors and runs them. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    runtime: wasmtime::Engine,
    options: EngineOptions,
    permits: Semaphore,
    pooled: bool,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("options", &self.inner.options)
            .field("pooled", &self.inner.pooled)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts an engine and its clock. Memory for instances is reserved up front where
    /// the machine has the address space; where it has not (a container with a limit),
    /// it is allocated on demand, which is slower, and the log says so.
    pub fn new(options: EngineOptions) -> Result<Self, EngineError> {
        let cache = options.cache_dir.as_deref().map(open_cache).transpose()?;
        let (runtime, pooled) = match wasmtime::Engine::new(&config(&options, cache.clone(), true)) {
            Ok(runtime) => (runtime, true),
            Err(error) => {
                tracing::warn!(error = %format!("{error:#}"), "no room for an instance pool; allocating on demand");
                let runtime = wasmtime::Engine::new(&config(&options, cache, false))
                    .map_err(|error| EngineError::Runtime(format!("{error:#}")))?;
                (runtime, false)
            }
        };
        tracing::debug!(pooled, instances = options.max_instances, "the WebAssembly engine is up");
        ticker::start(&runtime).map_err(EngineError::Ticker)?;
        let permits = Semaphore::new(usize::try_from(options.max_instances).unwrap_or(Semaphore::MAX_PERMITS));
        Ok(Self { inner: Arc::new(Inner { runtime, options, permits, pooled }) })
    }

    /// Compiles a component and checks it against the policy and `grant`. `name` is for
    /// logs.
    ///
    /// Compiling takes long and keeps the CPU busy: call this on a thread for blocking
    /// work, not on one that serves requests.
    pub fn load(&self, name: &str, bytes: &[u8], grant: &Grant) -> Result<Arc<Component>, LoadError> {
        Component::load(self, name, bytes, grant).map(Arc::new)
    }

    /// Whether instances come from a pool; if not, from the operating system one by one.
    pub fn is_pooled(&self) -> bool {
        self.inner.pooled
    }

    pub(crate) fn runtime(&self) -> &wasmtime::Engine {
        &self.inner.runtime
    }

    pub(crate) fn options(&self) -> &EngineOptions {
        &self.inner.options
    }

    /// One for each operation that may run.
    pub(crate) fn permits(&self) -> &Semaphore {
        &self.inner.permits
    }

    /// A linker with what `grant` allows, and nothing else.
    pub(crate) fn linker(&self, grant: &Grant) -> wasmtime::Result<Linker<State>> {
        let mut linker = Linker::new(self.runtime());
        types::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        log::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        if grant.capabilities.contains(policy::SQL) {
            sql::client::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        }
        if grant.capabilities.contains(policy::LDAP) {
            ldap::client::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        }
        if grant.wasi {
            wasi::add_to_linker(&mut linker)?;
        }
        Ok(linker)
    }
}

fn config(options: &EngineOptions, cache: Option<Cache>, pooled: bool) -> Config {
    let mut config = Config::new();
    // The contract has plain functions only; the machinery for concurrent ones costs
    // every call.
    config.concurrency_support(false);
    config.epoch_interruption(true);
    config.async_stack_size(STACK);
    config.max_wasm_stack(GUEST_STACK);
    // Addresses in a stripped binary help nobody, and collecting them takes time.
    config.wasm_backtrace_max_frames(None);
    config.cache(cache);
    if pooled {
        let instances = options.max_instances;
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(instances)
            .total_stacks(instances)
            .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
            .total_core_instances(instances.saturating_mul(CORE_INSTANCES_PER_COMPONENT))
            .max_memories_per_component(MEMORIES_PER_COMPONENT)
            .total_memories(instances.saturating_mul(MEMORIES_PER_COMPONENT))
            .max_memory_size(options.max_memory_bytes)
            .max_tables_per_component(TABLES_PER_COMPONENT)
            .total_tables(instances.saturating_mul(TABLES_PER_COMPONENT))
            .max_tables_per_module(TABLES_PER_COMPONENT)
            .table_elements(TABLE_ELEMENTS)
            .linear_memory_keep_resident(KEEP_RESIDENT)
            .pagemap_scan(Enabled::Auto)
            .table_keep_resident(KEEP_RESIDENT / 64)
            .max_unused_warm_slots(WARM_SLOTS);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}

/// wasmtime's own cache in `path`, which only our user may enter: whoever can write
/// there decides what code runs. Compiled code is never loaded from anywhere else.
fn open_cache(path: &Path) -> Result<Cache, EngineError> {
    let failed = |source| EngineError::Cache { path: path.to_owned(), source };
    fs::create_dir_all(path).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(failed)?;
    }
    let mut config = CacheConfig::new();
    config.with_directory(fs::canonicalize(path).map_err(failed)?);
    Cache::new(config).map_err(|error| failed(std::io::Error::other(format!("{error:#}"))))
}
