//! Patchbay: a connector host. SCIM 2.0 in front, sandboxed WebAssembly connectors
//! behind.
//!
//! This crate puts the others together: the configuration ([`config`]), the HTTP edge
//! ([`server`]), the record of writes ([`audit`]) and the commands ([`cli`]). A program
//! that embeds Patchbay needs [`config::Config`] and [`serve::start`].

mod assemble;
pub mod audit;
pub mod cli;
pub mod config;
mod hashing;
mod logging;
mod observe;
mod output;
pub mod serve;
pub mod server;
mod survey;
