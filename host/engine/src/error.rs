//! Why an engine cannot start, a component is refused, or an app cannot be connected.

use std::path::PathBuf;

/// The engine cannot start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The directory for compiled code cannot be made, or not made private.
    #[error("the compile cache {} cannot be used", path.display())]
    Cache {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// wasmtime refuses the configuration.
    #[error("the WebAssembly runtime cannot start: {0}")]
    Runtime(String),
    /// The thread that keeps the guests' time cannot be started.
    #[error("the ticker thread cannot start")]
    Ticker(#[source] std::io::Error),
}

/// A component is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// More bytes than [`crate::EngineOptions::max_component_bytes`].
    #[error("the component has {bytes} bytes, at most {max} are accepted")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The bytes are something else.
    #[error("this is {found}, not a WebAssembly component")]
    NotAComponent {
        /// What they look like.
        found: &'static str,
    },
    /// A component by its first bytes, but not a valid one.
    #[error("the component is not valid: {detail}")]
    Invalid {
        /// What the validator says.
        detail: String,
    },
    /// An import that this host does not offer to anybody.
    #[error("the component imports `{import}`, which this host does not offer")]
    UnknownImport {
        /// Name of the import.
        import: String,
    },
    /// An import that this host never offers, whatever is granted.
    #[error("the component imports `{import}`; connectors get no sockets, files or HTTP from WASI")]
    Forbidden {
        /// Name of the import.
        import: String,
    },
    /// An import that the operator did not grant.
    #[error("the component imports `{import}`, but `{capability}` is not granted to it")]
    NotGranted {
        /// Name of the import.
        import: String,
        /// What would have to be granted.
        capability: String,
    },
    /// The descriptor names a capability that the operator did not grant.
    #[error("the connector's binding `{binding}` needs `{capability}`, which is not granted to it")]
    BindingNotGranted {
        /// Name of the binding.
        binding: String,
        /// What would have to be granted.
        capability: String,
    },
    /// An import that the connector's own descriptor does not name.
    #[error("the component imports `{import}`, but its descriptor names no binding of `{capability}`")]
    NotInManifest {
        /// Name of the import.
        import: String,
        /// The capability it belongs to.
        capability: String,
    },
    /// A version of the contract that this host does not speak.
    #[error("`{interface}` is not a version this host speaks; of `{package}` it speaks {known}")]
    UnknownVersion {
        /// Import or export as the component has it.
        interface: String,
        /// Its package.
        package: String,
        /// Versions that would do.
        known: String,
    },
    /// An export in the contract's package that the contract does not have.
    #[error("the component exports `{export}`, which the contract does not have")]
    UnknownExport {
        /// Name of the export.
        export: String,
    },
    /// A mandatory export is not there.
    #[error("the component does not export `{export}`")]
    MissingExport {
        /// Name of the export.
        export: String,
    },
    /// An import or export has the right name and the wrong type.
    #[error("the component does not fit the contract: {detail}")]
    Mismatch {
        /// What the linker says.
        detail: String,
    },
    /// `describe` failed.
    #[error("the connector cannot describe itself: {detail}")]
    Describe {
        /// Why.
        detail: String,
    },
}

/// An app cannot be connected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The connector needs a binding that the app does not have.
    #[error("the connector needs a binding of `{capability}` (it calls it `{binding}`), the app has none")]
    MissingBinding {
        /// Name in the connector's descriptor.
        binding: String,
        /// The capability.
        capability: String,
    },
    /// A binding of a capability that the component was not granted.
    #[error("the app has a binding `{binding}`, but `{capability}` is not granted to its connector")]
    BindingNotGranted {
        /// Name in the app.
        binding: String,
        /// The capability.
        capability: String,
    },
    /// More memory than the engine gives to anybody.
    #[error("the memory limit of {bytes} bytes is above the engine's {max}")]
    MemoryLimit {
        /// Asked for.
        bytes: usize,
        /// Possible.
        max: usize,
    },
}
