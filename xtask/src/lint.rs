//! `cargo xtask lint`: format, clippy, licences and advisories, directions of
//! dependencies, tidiness.

mod directions;
mod tidy;

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Result, bail};

use crate::{shell, test};

/// A check by name.
type Check = (&'static str, fn() -> Result<()>);

/// In the order in which they run, the quick ones first.
const CHECKS: [Check; 5] =
    [("format", format), ("directions", directions::check), ("tidy", tidy::check), ("clippy", clippy), ("deny", deny)];

/// Runs all checks, also when one has failed, and says at the end which did.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    if let Some(argument) = arguments.first() {
        bail!("`cargo xtask lint` takes no arguments, not {}", argument.display());
    }
    let mut failed = Vec::new();
    for (name, check) in CHECKS {
        match check() {
            Ok(()) => println!("{name}: ok"),
            Err(error) => {
                eprintln!("{name}: {error:#}");
                failed.push(name);
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("failed: {}", failed.join(", "))
}

fn format() -> Result<()> {
    shell::run(shell::cargo().args(["fmt", "--all", "--check"]))
}

/// With what is off by default, too: nothing is linked, so that it needs no libraries.
fn clippy() -> Result<()> {
    let mut cargo = shell::cargo();
    cargo.args(["clippy", "--workspace", "--all-targets", "--quiet", "--features", test::odbc::FEATURES]);
    shell::run(cargo.args(["--", "-D", "warnings"]))
}

/// Only where it is installed: it is no part of the toolchain.
fn deny() -> Result<()> {
    if shell::capture(Command::new("cargo-deny").arg("--version")).is_none() {
        println!("deny: cargo-deny is not installed (cargo install cargo-deny), left out");
        return Ok(());
    }
    shell::run(shell::cargo().args(["deny", "--all-features", "check"]))
}
