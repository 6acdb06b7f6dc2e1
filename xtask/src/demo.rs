//! `cargo xtask demo`: plays a provisioning cycle against the example application.

use std::ffi::OsString;

use anyhow::Result;

use crate::{build, shell};

/// Builds everything, then runs the demo with `arguments`.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    build::run(&build::Options { guests_only: true, ..build::Options::default() })?;
    let build = ["build", "-p", "patchbay-tests", "--bin", "patchbay-demo"];
    shell::run(shell::cargo().args(build))?;
    // Run directly, not through cargo: signals reach it, and its exit code is ours.
    let program = shell::target_dir().join("debug").join(format!("patchbay-demo{}", std::env::consts::EXE_SUFFIX));
    shell::run(std::process::Command::new(program).args(arguments))
}
