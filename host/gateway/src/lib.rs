//! SCIM on one side, a connected app on the other: names, values, filters, deltas and
//! pages are mapped here, by configuration. Knows no HTTP library, no wasmtime and no
//! driver: a [`Request`] goes in, a [`Response`] comes out.

mod absent;
mod bookmark;
mod bulk;
mod changes;
pub mod config;
mod cursor;
mod discovery;
mod error;
mod explain;
mod expression;
mod gateway;
mod learning;
mod mapping;
mod me;
mod message;
mod password;
mod place;
mod plan;
mod problem;
mod record;
mod reference;
mod render;
mod root;
mod service;
mod spread;
mod value;
mod version;

pub use changes::{ChangesError, ResourceChange, ResourceChanges, ResourceWalk};
pub use config::{AppConfig, AttributeConfig, ResourceConfig};
pub use explain::{Explanation, HostCheck, Reading, ResultOrder};
pub use gateway::{Gateway, allow};
pub use message::{Audit, Base, Effect, Method, Request, Response};
pub use password::{PasswordError, PasswordHasher};
pub use plan::Reason;
pub use problem::{Findings, Problem};
pub use record::{Record, Recorder};
