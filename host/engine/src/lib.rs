//! Loads WebAssembly connectors, holds them to their limits and calls them.
//!
//! This is the only crate that names wasmtime. It knows nothing of SCIM: an [`App`] is
//! a [`patchbay_contract::Connector`] to everybody else.
//!
//! * [`Engine`] compiles and owns what all components share.
//! * [`Component`] is a connector that passed the load-time policy: what it imports is
//!   within what its descriptor names, which is within the operator's [`Grant`].
//! * [`App`] is a component together with one app's settings, bindings and [`Limits`].
//!
//! Every operation gets a store and an instance of its own, which are dropped
//! afterwards, whatever happened. So a guest that traps, spins or is cancelled takes
//! nothing with it: what must survive lives on the host.

mod app;
mod bindings;
mod component;
mod convert;
mod engine;
mod error;
mod fault;
mod guest;
mod host;
mod limiter;
mod meter;
mod operation;
mod options;
mod policy;
mod sanitise;
mod state;
mod ticker;

pub use app::{App, AppConfig};
pub use component::Component;
pub use engine::Engine;
pub use error::{ConnectError, EngineError, LoadError};
pub use options::{EngineOptions, Grant, Limits};
