//! A loaded connector.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_capability::{Scope, Usage};
use patchbay_contract::{Descriptor, Error};
use sha2::{Digest as _, Sha256};
use wasmtime::component::InstancePre;

use crate::bindings::exports::patchbay::connector::{lifecycle, reader, schema, sync, writer};
use crate::guest::{Exports, Guest};
use crate::state::State;
use crate::{App, AppConfig, ConnectError, Engine, Grant, Limits, LoadError, fault, policy, sanitise};

/// Wall time that `describe` may take.
const DESCRIBE_DEADLINE: Duration = Duration::from_secs(10);
/// First bytes of every WebAssembly binary.
const MAGIC: &[u8] = b"\0asm";
/// What follows them in a component, and in a core module.
const COMPONENT_LAYER: &[u8] = &[0x0d, 0, 1, 0];
const MODULE_LAYER: &[u8] = &[1, 0, 0, 0];
/// Longest detail of a refusal, in bytes.
const MAX_DETAIL: usize = 2048;

/// A connector that passed the load-time policy. Apps are made of it.
pub struct Component {
    engine: Engine,
    name: Arc<str>,
    sha256: String,
    descriptor: Descriptor,
    grant: Grant,
    pre: InstancePre<State>,
    exports: Exports,
}

impl std::fmt::Debug for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Component")
            .field("name", &self.name)
            .field("sha256", &self.sha256)
            .field("exports", &self.exports)
            .finish_non_exhaustive()
    }
}

impl Component {
    /// See [`Engine::load`].
    pub(crate) fn load(engine: &Engine, name: &str, bytes: &[u8], grant: &Grant) -> Result<Self, LoadError> {
        let max = engine.options().max_component_bytes;
        if bytes.len() > max {
            return Err(LoadError::TooLarge { bytes: bytes.len(), max });
        }
        check_preamble(bytes)?;
        let compiled = wasmtime::component::Component::from_binary(engine.runtime(), bytes)
            .map_err(|error| LoadError::Invalid { detail: detail(&error) })?;

        let types = compiled.component_type();
        policy::check_exports(types.exports(engine.runtime()).map(|(name, _)| name))?;
        let imports = policy::check_imports(types.imports(engine.runtime()).map(|(name, _)| name), grant)?;

        let mismatch = |error: wasmtime::Error| LoadError::Mismatch { detail: detail(&error) };
        let pre = engine.linker(grant).and_then(|linker| linker.instantiate_pre(&compiled)).map_err(mismatch)?;
        let has = |interface| policy::exports(types.exports(engine.runtime()).map(|(name, _)| name), interface);
        let exports = Exports {
            lifecycle: lifecycle::GuestIndices::new(&pre).map_err(mismatch)?,
            schema: schema::GuestIndices::new(&pre).map_err(mismatch)?,
            reader: has("reader").then(|| reader::GuestIndices::new(&pre)).transpose().map_err(mismatch)?,
            sync: has("sync").then(|| sync::GuestIndices::new(&pre)).transpose().map_err(mismatch)?,
            writer: has("writer").then(|| writer::GuestIndices::new(&pre)).transpose().map_err(mismatch)?,
        };

        let descriptor = describe(engine, name, &pre, &exports)?;
        policy::check_manifest(&imports, &descriptor, grant)?;
        Ok(Self {
            engine: engine.clone(),
            name: name.into(),
            sha256: hex(&Sha256::digest(bytes)),
            descriptor,
            grant: grant.clone(),
            pre,
            exports,
        })
    }

    /// The name it was loaded under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What the connector says of itself.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Makes an app of it. Nothing runs yet: the target is first asked, and the plan
    /// made, by the app's first operation.
    pub fn connect(self: &Arc<Self>, config: AppConfig) -> Result<App, ConnectError> {
        let max = self.engine.options().max_memory_bytes;
        if config.limits.memory_bytes > max {
            return Err(ConnectError::MemoryLimit { bytes: config.limits.memory_bytes, max });
        }
        let first = [(policy::SQL, config.sql.keys().next()), (policy::LDAP, config.ldap.keys().next())];
        for (capability, binding) in first {
            if let Some(binding) = binding.filter(|_| !self.grant.capabilities.contains(capability)) {
                return Err(ConnectError::BindingNotGranted {
                    binding: binding.clone(),
                    capability: capability.to_owned(),
                });
            }
        }
        // Settings may give a binding another name than the connector's descriptor does,
        // so any binding of the capability will do here; opening an unknown one fails.
        let missing =
            |wanted: &str| !first.iter().any(|(capability, binding)| *capability == wanted && binding.is_some());
        if let Some(spec) = self.descriptor.bindings.iter().find(|spec| spec.required && missing(&spec.capability)) {
            return Err(ConnectError::MissingBinding {
                binding: spec.name.clone(),
                capability: spec.capability.clone(),
            });
        }
        Ok(App::new(Arc::clone(self), config))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// A fresh instance with that state.
    pub(crate) async fn start(&self, state: State) -> Result<Guest<'_>, Error> {
        Guest::start(&self.pre, &self.exports, state).await
    }
}

/// Tells what is no component from what is a broken one.
fn check_preamble(bytes: &[u8]) -> Result<(), LoadError> {
    let found = match bytes.strip_prefix(MAGIC) {
        Some(rest) if rest.starts_with(COMPONENT_LAYER) => return Ok(()),
        Some(rest) if rest.starts_with(MODULE_LAYER) => "a core WebAssembly module",
        Some(_) => "WebAssembly of an unknown kind",
        None if bytes.is_empty() => "an empty file",
        None if bytes.trim_ascii_start().starts_with(b"(") => "WebAssembly text",
        None => "something else",
    };
    Err(LoadError::NotAComponent { found })
}

/// Calls `describe` on an instance without bindings, within the default limits. It runs
/// on a thread of its own, as the caller's may or may not belong to a tokio runtime.
fn describe(engine: &Engine, name: &str, pre: &InstancePre<State>, exports: &Exports) -> Result<Descriptor, LoadError> {
    let failed = |detail: String| LoadError::Describe { detail };
    let deadline = Instant::now() + DESCRIBE_DEADLINE;
    let scope =
        Scope { app: name.into(), operation: "describe", request_id: "load".into(), deadline, usage: Usage::default() };
    let call = async {
        let _permit = engine.permits().acquire().await.map_err(|_closed| fault::busy())?;
        let state = State::new(scope, Arc::default(), &Limits::default());
        Guest::start(pre, exports, state).await?.describe().await
    };
    let run = || -> Result<Result<_, Error>, std::io::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        Ok(runtime.block_on(async {
            tokio::time::timeout_at(deadline.into(), call).await.unwrap_or_else(|_elapsed| Err(fault::deadline()))
        }))
    };
    let answer = std::thread::scope(|scope| scope.spawn(run).join())
        .map_err(|_panic| failed("the thread for it panicked".to_owned()))?
        .map_err(|error| failed(format!("no runtime for it: {error}")))?;
    let descriptor = answer.map_err(|error| match error.internal {
        Some(internal) => failed(format!("{}: {internal}", error.message)),
        None => failed(error.message),
    })?;
    if descriptor.id.is_empty() {
        return Err(failed("it has no id".to_owned()));
    }
    Ok(descriptor.into())
}

/// The whole chain in one printable line.
fn detail(error: &wasmtime::Error) -> String {
    sanitise::line(format!("{error:#}"), MAX_DETAIL)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}
