//! `cargo xtask demo`: plays a provisioning cycle against the example application.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{build, shell, test};

/// Builds everything, then runs the demo with `arguments`.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    build::run(&build::Options { guests_only: true, ..build::Options::default() })?;
    let mut build = shell::cargo();
    build.args(["build", "--workspace", "--bin", "patchbay-demo"]);
    let is_on = |target: &str| arguments.iter().any(|argument| argument.to_string_lossy().ends_with(target));
    if is_on("openldap") {
        test::server::ensure_openldap()?;
    }
    if is_on("samba-ad") {
        test::server::ensure_samba()?;
    }
    if is_on("odbc-postgres") {
        test::odbc::ensure()?;
        build.args(["--features", "patchbay-tests/odbc"]);
    }
    shell::run(&mut build)?;
    let program = shell::target_dir().join("debug").join(format!("patchbay-demo{}", std::env::consts::EXE_SUFFIX));
    become_it(Command::new(program).args(arguments))
}

/// Goes on as the other program, as `cargo run` did to become this one: whoever ends the
/// process they started ends the demo.
#[cfg(unix)]
fn become_it(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;

    Err(command.exec()).with_context(|| format!("cannot start {}", command.get_program().display()))
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> Result<()> {
    shell::run(command)
}
