//! Write a Patchbay connector in Rust.
//!
//! A connector is a type that implements [`Connector`], made into a component's exports
//! by [`export!`]:
//!
//! ```
//! use patchbay_connector::{Connector, Context, Descriptor, Diagnostic, Error, ObjectClass};
//!
//! #[derive(Debug)]
//! struct Nothing;
//!
//! impl Connector for Nothing {
//!     fn describe() -> Descriptor {
//!         Descriptor {
//!             id: "nothing".into(),
//!             display_name: "Nothing".into(),
//!             version: "1.0.0".into(),
//!             documentation: None,
//!             config_schema: r#"{"type":"object","additionalProperties":false}"#.into(),
//!             bindings: Vec::new(),
//!         }
//!     }
//!
//!     fn init(_config: String, _prepared: Option<Vec<u8>>) -> Result<Self, Vec<Diagnostic>> {
//!         Ok(Self)
//!     }
//!
//!     fn discover(&self, _ctx: &Context) -> Result<Vec<ObjectClass>, Error> {
//!         Ok(Vec::new())
//!     }
//! }
//!
//! patchbay_connector::export!(Nothing);
//! # fn main() {}
//! ```
//!
//! Build it for `wasm32-unknown-unknown` (no WASI at all) and turn the module into a
//! component, as `cargo xtask build` does. The crate also compiles natively, so that a
//! connector's logic has ordinary unit tests; only calls to the host need the sandbox.

#[doc(hidden)]
pub mod bindings;
mod connector;
mod error;
#[doc(hidden)]
pub mod export;
pub mod filter;
pub mod ldap;
pub mod log;
pub mod plan;
pub mod settings;
pub mod sql;
pub mod time;

pub use bindings::exports::patchbay::connector::lifecycle::{BindingSpec, Descriptor, Diagnostic, Severity};
pub use bindings::exports::patchbay::connector::reader::{Order, Page, Precision, Query};
pub use bindings::exports::patchbay::connector::schema::{
    AttributeInfo, AttributeTraits, ObjectClass, Operations, UpdateMode, ValueType,
};
pub use bindings::exports::patchbay::connector::sync::{Beginning, Change as ObjectChange, SyncPage};
pub use bindings::exports::patchbay::connector::writer::{Change, Delta, WriteResult};
pub use bindings::patchbay::connector::types::{
    Attribute, Cell, Comparator, Comparison, Context, Error, ErrorKind, Filter, FilterNode, Object, ObjectId, Value,
};
pub use connector::Connector;
pub use error::{Fault, diagnostic};
