//! What the fuzz targets do with their input: bytes in, a panic where a promise is
//! broken. On stable Rust, so that a short run over the corpus is part of `cargo test`;
//! libFuzzer drives the same functions for as long as one likes (`tests/fuzz/README.md`).

#![expect(clippy::panic, clippy::expect_used, reason = "a broken promise is reported by a panic, as fuzzers expect")]

mod fixture;
mod ldap;
pub mod mutate;
mod scim;
mod server;

pub use ldap::{answers, dn};
pub use scim::{filter, patch, path};
pub use server::request;
