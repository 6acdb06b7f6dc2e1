//! `cargo xtask bench`: measures speed and memory and writes `docs/benchmarks.md`.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use crate::{build, shell};

/// Builds with optimisations, then measures; `arguments` go to the measuring program.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    build::run(&build::Options { guests_only: true, ..build::Options::default() })?;
    let programs = ["--bin", "patchbay", "--bin", "patchbay-bench"];
    shell::run(shell::cargo().args(["build", "--release", "--workspace"]).args(programs))?;
    let release = shell::target_dir().join("release");
    let program = |name: &str| release.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(program("patchbay-bench"));
    command.current_dir(shell::root()).arg("run").args(["--write", "docs/benchmarks.md"]);
    command.arg("--patchbay").arg(program("patchbay")).arg("--guests").arg(build::guests_dir());
    shell::run(command.args(arguments))
}
