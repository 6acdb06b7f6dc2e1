//! `cargo xtask setup`: makes `wasm32-unknown-unknown` buildable.
//!
//! Three ways, tried in this order: the target is installed for the toolchain in use;
//! rustup can install it; a Debian system has (or gets) the distribution's own
//! toolchain, whose sources build the standard library for the target.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::shell;

/// The target of all guests.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Environment variable that picks one way: `installed`, `rustup` or `debian`.
const CHOICE: &str = "PATCHBAY_WASM_TOOLCHAIN";

/// Debian's packages; they come in one version.
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// How guests are compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// With the toolchain in use, which has the target.
    Current,
    /// With Debian's compiler and sources, and this linker.
    Debian {
        /// `rust-lld` of another toolchain: Debian's has none for this target.
        linker: PathBuf,
    },
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("installed for the toolchain in use"),
            Self::Debian { linker } => {
                write!(f, "Debian's toolchain with -Zbuild-std, linked by {}", linker.display())
            }
        }
    }
}

impl Toolchain {
    /// A `cargo build` for the target; the caller adds packages and a profile.
    pub(crate) fn cargo_build(&self) -> Command {
        let mut command = match self {
            Self::Current => shell::cargo(),
            Self::Debian { linker } => {
                let mut command = Command::new("/usr/bin/cargo");
                command
                    .current_dir(shell::root())
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("RUSTC", "/usr/bin/rustc")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                    // Set by the rustup proxy that runs this program; they would lead back to it.
                    .env_remove("RUSTUP_TOOLCHAIN")
                    .env_remove("CARGO");
                command
            }
        };
        command.arg("build");
        if matches!(self, Self::Debian { .. }) {
            command.arg("-Zbuild-std=std,panic_abort");
        }
        command.args(["--target", TARGET]);
        command
    }
}

/// Finds or makes a toolchain that can build guests; says what is missing where none can.
pub(crate) fn run() -> Result<Toolchain> {
    let choice = std::env::var(CHOICE).ok();
    let wanted = |way: &str| choice.as_deref().is_none_or(|choice| choice == way);
    if let Some(other) = choice.as_deref()
        && !["installed", "rustup", "debian"].contains(&other)
    {
        bail!("{CHOICE} is `{other}`; it can be installed, rustup or debian");
    }
    let mut missing = Vec::new();

    if wanted("installed") {
        match target_installed() {
            Ok(()) => return Ok(Toolchain::Current),
            Err(reason) => missing.push(reason),
        }
    }
    if wanted("rustup") {
        match rustup_add() {
            Ok(()) => return Ok(Toolchain::Current),
            Err(reason) => missing.push(reason),
        }
    }
    if wanted("debian") {
        match debian() {
            Ok(toolchain) => return Ok(toolchain),
            Err(reason) => missing.push(reason),
        }
    }
    bail!("nothing here can build for {TARGET}:\n  - {}", missing.join("\n  - "))
}

/// Whether the compiler in use has the target's libraries.
fn target_installed() -> Result<(), String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    match shell::capture(Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET])) {
        Some(dir) if Path::new(&dir).is_dir() => Ok(()),
        Some(_) => Err("the toolchain in use does not have the target".into()),
        None => Err("rustc does not run or does not know the target".into()),
    }
}

/// Lets rustup install it.
fn rustup_add() -> Result<(), String> {
    if shell::capture(Command::new("rustup").arg("--version")).is_none() {
        return Err("rustup is not installed (https://rustup.rs)".into());
    }
    shell::run(Command::new("rustup").args(["target", "add", TARGET]))
        .map_err(|error| format!("{error}; is the network reachable?"))?;
    target_installed().map_err(|_| "rustup installed the target, but the rustc in use is not rustup's".into())
}

/// Uses Debian's toolchain, installing it where we may.
fn debian() -> Result<Toolchain, String> {
    if !Path::new("/etc/debian_version").exists() {
        return Err("this is no Debian system, whose rustc-web could be used".into());
    }
    if !debian_installed() {
        let install = ["install", "-y", "--no-install-recommends"];
        shell::run(Command::new("apt-get").args(install).args(DEBIAN_PACKAGES))
            .map_err(|error| format!("{error}; as root: apt-get install {}", DEBIAN_PACKAGES.join(" ")))?;
    }
    if !debian_installed() {
        return Err(format!("{} are installed, but /usr/bin/cargo or the sources are not", DEBIAN_PACKAGES.join(", ")));
    }
    match lld() {
        Some(linker) => Ok(Toolchain::Debian { linker }),
        None => Err("no linker for WebAssembly: install rustup's toolchain (rust-lld) or the package lld".into()),
    }
}

/// Whether compiler, cargo and sources of Debian's packages are there.
fn debian_installed() -> bool {
    let sysroot = shell::capture(Command::new("/usr/bin/rustc").args(["--print", "sysroot"]));
    Path::new("/usr/bin/cargo").exists()
        && sysroot.is_some_and(|dir| Path::new(&dir).join("lib/rustlib/src/rust/library/std").is_dir())
}

/// A linker that knows WebAssembly: `rust-lld` of the rustup toolchain, else `wasm-ld`.
fn lld() -> Option<PathBuf> {
    let rust_lld = || {
        let sysroot = shell::capture(Command::new("rustc").args(["--print", "sysroot"]))?;
        let host = shell::capture(Command::new("rustc").arg("-vV"))?
            .lines()
            .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))?;
        Some(Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld")).filter(|path| path.exists())
    };
    let wasm_ld = || {
        let paths = std::env::var_os("PATH")?;
        std::env::split_paths(&paths).map(|dir| dir.join("wasm-ld")).find(|path| path.exists())
    };
    rust_lld().or_else(wasm_ld)
}
