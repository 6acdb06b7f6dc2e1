//! Files of Debian's packages, for tests that need what an application really ships. The
//! packages are fetched and unpacked, not installed: nothing of them is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::machine;

/// A file of a package by its path in the file system, such as `etc/app/schema.sql`.
///
/// The package is fetched once and kept unpacked below `target/tmp/debian`.
///
/// # Errors
/// What to do about it, where it cannot be fetched or does not have the file.
pub fn package_file(package: &str, path: &str) -> Result<String> {
    let directory = unpacked(package)?;
    let file = directory.join(path);
    fs::read_to_string(&file)
        .with_context(|| format!("Debian's package {package} has no file {path} ({} is missing)", file.display()))
}

/// Where the package is unpacked.
fn unpacked(package: &str) -> Result<PathBuf> {
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tmp/debian");
    let directory = cache.join(package);
    if directory.is_dir() {
        return Ok(directory);
    }
    fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
    let fetched = tempfile::Builder::new().prefix("fetch-").tempdir_in(&cache)?;
    fetch(package, fetched.path()).with_context(|| {
        format!(
            "the test needs files of Debian's package {package}, which cannot be fetched here. Unpack the package \
             into {} (dpkg-deb -x FILE.deb DIRECTORY), or let apt-get reach a mirror",
            directory.display()
        )
    })?;
    // Whoever fetched it at the same time has the same files.
    match fs::rename(fetched.path().join("files"), &directory) {
        Err(error) if !directory.is_dir() => Err(error).context("cannot keep the package's files"),
        _ => Ok(directory),
    }
}

/// Fetches a package and unpacks it into `files` below `place`.
fn fetch(package: &str, place: &Path) -> Result<()> {
    if let Err(first) = run("apt-get", &["download", package], place) {
        // The lists of packages may be old, or not there at all; only root can renew them.
        if !machine::is_root()? {
            return Err(first);
        }
        run("apt-get", &["update"], place).context(first)?;
        run("apt-get", &["download", package], place)?;
    }
    let name = fs::read_dir(place)?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .find(|name| name.ends_with(".deb"))
        .context("apt-get download left no file")?;
    run("dpkg-deb", &["-x", &name, "files"], place)
}

fn run(program: &str, arguments: &[&str], place: &Path) -> Result<()> {
    let line = format!("{program} {}", arguments.join(" "));
    let Output { status, stderr, .. } = Command::new(program)
        .args(arguments)
        .current_dir(place)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed: {}", String::from_utf8_lossy(&stderr).trim());
    }
    Ok(())
}
