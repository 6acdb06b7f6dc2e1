//! Finding and loading connectors.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use patchbay_engine::{Component, Engine, Grant};
use sha2::{Digest as _, Sha256};

use crate::config::Connector;

/// How long a thread that has loaded a connector stays. The allocator gives memory back to the
/// system a second after it was freed, and only when somebody stirs: the end of a thread does.
const LINGER: Duration = Duration::from_secs(2);

/// What tells one use of a component from another.
type Key = (Connector, Vec<String>);

/// Loads each connector once per grant.
pub(super) struct Library {
    engine: Engine,
    /// Where built-in connectors are, if somebody said so.
    directory: Option<PathBuf>,
    /// Bytes of the largest component that the engine takes.
    max: usize,
    loaded: BTreeMap<Key, Arc<Component>>,
}

impl Library {
    /// Connectors of at most `max` bytes for `engine`.
    pub(super) fn new(engine: Engine, directory: Option<PathBuf>, max: usize) -> Self {
        Self { engine, directory, max, loaded: BTreeMap::new() }
    }

    /// The component of `connector`, allowed to use `capabilities`.
    ///
    /// The error is a sentence for the administrator.
    pub(super) async fn component(
        &mut self,
        connector: &Connector,
        capabilities: Vec<String>,
    ) -> Result<Arc<Component>, String> {
        let key = (connector.clone(), capabilities);
        if let Some(component) = self.loaded.get(&key) {
            return Ok(Arc::clone(component));
        }
        let (engine, directory, max) = (self.engine.clone(), self.directory.clone(), self.max);
        let (connector, capabilities) = key.clone();
        let load = move || load(&engine, directory.as_deref(), max, &connector, capabilities);
        // A thread of its own, which ends, and gives back what loading took: more than all
        // else together.
        let (sender, loaded) = tokio::sync::oneshot::channel();
        let thread = thread::Builder::new().name("load".to_owned());
        thread
            .spawn(move || {
                // Nobody waits any more when the program is being stopped.
                let _ = sender.send(load());
                thread::sleep(LINGER);
            })
            .map_err(|error| error.to_string())?;
        let component = loaded.await.map_err(|_| "the connector could not be loaded".to_owned())??;
        self.loaded.insert(key, Arc::clone(&component));
        Ok(component)
    }
}

/// Reads and compiles; takes seconds when nothing is cached.
fn load(
    engine: &Engine,
    directory: Option<&Path>,
    max: usize,
    connector: &Connector,
    capabilities: Vec<String>,
) -> Result<Arc<Component>, String> {
    let (name, path, wasi) = match connector {
        Connector::BuiltIn(name) => (name.clone(), built_in(directory, name)?, false),
        Connector::File { path, wasi, .. } => {
            let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            (name.unwrap_or_default(), path.clone(), *wasi)
        }
    };
    let bytes = read(&path, max).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    if let Connector::File { sha256, .. } = connector
        && Sha256::digest(&bytes).as_slice() != sha256
    {
        return Err(format!("{} has another SHA-256 than the configuration says; it is not loaded", path.display()));
    }
    let grant = Grant { wasi, ..Grant::of(capabilities) };
    engine.load(&name, &bytes, &grant).map_err(|error| error.to_string())
}

/// Reads a file that has at most one byte more than the engine will take: which is
/// enough for the engine to say that it is too large.
fn read(path: &Path, max: usize) -> std::io::Result<Vec<u8>> {
    let max = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where the built-in connector `name` is.
fn built_in(directory: Option<&Path>, name: &str) -> Result<PathBuf, String> {
    let places = match directory {
        Some(directory) => vec![directory.to_owned()],
        None => default_directories(),
    };
    let file = format!("{name}.wasm");
    let mut candidates = places.iter().map(|place| place.join(&file));
    candidates.find(|candidate| candidate.is_file()).ok_or_else(|| {
        let places: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
        format!("there is no built-in connector `{name}`: no {file} in {}", places.join(" or "))
    })
}

/// Beside the program, or where packages put it.
fn default_directories() -> Vec<PathBuf> {
    let program = std::env::current_exe().ok();
    let Some(beside) = program.as_deref().and_then(Path::parent) else { return Vec::new() };
    let mut places = vec![beside.join("connectors")];
    if let Some(prefix) = beside.parent() {
        places.push(prefix.join("lib").join("patchbay").join("connectors"));
    }
    places
}

/// The directory for compiled connectors that the system's conventions give us.
pub(super) fn default_cache() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // systemd makes this one, with the rights it should have.
    if let Some(directory) = variable("CACHE_DIRECTORY") {
        return Some(directory);
    }
    let user = variable("XDG_CACHE_HOME")
        .or_else(|| Some(variable("HOME")?.join(".cache")))
        .or_else(|| variable("LOCALAPPDATA"));
    Some(user?.join("patchbay"))
}
