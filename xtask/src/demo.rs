//! `cargo xtask demo`: Plays a provisioning cycle against the example application.

use std::ffi::OsString;

use anyhow::{Result, bail};

/// Runs the command with the arguments after its name.
pub(crate) fn run(_arguments: &[OsString]) -> Result<()> {
    bail!("`cargo xtask demo` is being built")
}
