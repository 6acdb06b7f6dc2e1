//! Conformance: what others wrote against what we wrote. A tester of SCIM servers, a
//! command-line client, whole cycles of Entra and of Okta in both of the profiles that
//! fit, and two hundred clients at once; on every database, the cycles in directories too.
//!
//! The first two are Python programs. They are installed on the first run, which needs
//! `python3` with `venv` and a package index.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test suite"
)]

#[path = "../e2e/bodies.rs"]
mod bodies;
mod client;
mod crowd;
mod entra;
mod harness;
mod okta;
mod python;
mod tester;
