//! Debian's packages, installed where we may.

use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::shell;

/// What packages ask before they start a service; 101 means no.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Installs packages where we may; returns whether we could try. Services that come with them
/// are not started.
pub(super) fn install(what: &str, packages: &[&str]) -> Result<bool> {
    if !Path::new("/etc/debian_version").exists() || !is_root() {
        return Ok(false);
    }
    eprintln!("{what} is missing; installing Debian's {}", packages.join(" "));
    let _policy = Policy::no_services()?;
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "-y", "--no-install-recommends"]);
    // Somebody else may be installing.
    shell::run(command.args(["-o", "DPkg::Lock::Timeout=600"]).args(packages))?;
    Ok(true)
}

/// Whether we are root.
pub(super) fn is_root() -> bool {
    shell::capture(Command::new("id").arg("-u")).is_some_and(|id| id == "0")
}

/// The machine's policy, if it had none; removed on drop.
struct Policy(bool);

impl Policy {
    /// Lets no service be started. A policy that is there already is its owner's, and stays.
    fn no_services() -> Result<Self> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o755).open(POLICY);
        let mut file = match file {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(Self(false)),
            file => file.context(POLICY)?,
        };
        let policy = Self(true);
        file.write_all(b"#!/bin/sh\nexit 101\n").context(POLICY)?;
        Ok(policy)
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        if let Some(error) = self.0.then(|| std::fs::remove_file(POLICY).err()).flatten() {
            eprintln!("{POLICY} has to be removed by hand: {error}");
        }
    }
}
