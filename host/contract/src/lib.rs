//! The connector contract (`wit/connector.wit`) as plain Rust: the values that cross
//! it, and [`Connector`], the trait through which the rest of the host uses a
//! connected app.
//!
//! This crate names neither wasmtime nor SCIM nor a driver: the gateway speaks these
//! types on one side, the engine fills them on the other.

mod changes;
mod connector;
mod error;
mod filter;
mod schema;
mod secret;
mod value;

pub use changes::{Beginning, ChangePage, MAX_TOKEN, ObjectChange};
pub use connector::{
    Change, Connector, Context, Delta, Diagnostic, Object, ObjectId, Order, Page, Precision, Query, Severity,
    WriteResult,
};
pub use error::{Error, ErrorKind};
pub use filter::{Comparator, Comparison, Filter, FilterNode};
pub use schema::{
    AttributeInfo, AttributeTraits, BindingSpec, Descriptor, ObjectClass, Operations, UpdateMode, ValueType,
};
pub use secret::Secret;
pub use value::{Attribute, Cell, Value};
