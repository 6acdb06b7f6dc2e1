//! SCIM on one side, a connected app on the other: names, values, filters, deltas and
//! pages are mapped here, by configuration. Knows no HTTP library, no wasmtime and no
//! driver: a [`Request`] goes in, a [`Response`] comes out.

pub mod config;
mod gateway;
mod message;
mod problem;

pub use config::{AppConfig, AttributeConfig, ResourceConfig};
pub use gateway::Gateway;
pub use message::{Audit, Base, Method, Request, Response};
pub use problem::Problem;
