//! `cargo xtask build`: guests to components, then the host with the built-in
//! connectors beside it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wit_component::{ComponentEncoder, DecodedWasm};

use crate::{setup, shell};

/// What to build.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Options {
    /// Optimise the host.
    #[arg(long)]
    pub(crate) release: bool,
    /// Build the connectors only, not the host.
    #[arg(long)]
    pub(crate) guests_only: bool,
    /// With ODBC, which takes libodbc (unixODBC).
    #[arg(long)]
    pub(crate) odbc: bool,
    /// With logins by Kerberos, to SQL Server and to directories, which takes libclang and
    /// libkrb5's headers.
    #[arg(long)]
    pub(crate) kerberos: bool,
}

/// A package that becomes a component.
struct Guest {
    /// File name of the component, without `.wasm`.
    name: &'static str,
    /// Cargo package.
    package: &'static str,
    /// Shipped beside the host. Such a guest may import nothing but `patchbay:*`.
    built_in: bool,
}

/// All guests of the workspace.
const GUESTS: [Guest; 3] = [
    Guest { name: "sql", package: "patchbay-connector-sql", built_in: true },
    Guest { name: "ldap", package: "patchbay-connector-ldap", built_in: true },
    Guest { name: "hostile", package: "patchbay-fixture-hostile", built_in: false },
];

/// Where components are found: `target/guests/NAME.wasm`.
pub(crate) fn guests_dir() -> PathBuf {
    shell::root().join("target/guests")
}

/// Builds guests and, unless told otherwise, the host.
pub(crate) fn run(options: &Options) -> Result<()> {
    let toolchain = setup::run()?;
    // A target directory of its own: guests never wait for, or invalidate, the host's build.
    let build_dir = shell::root().join("target/guest-build");
    let mut cargo = toolchain.cargo_build();
    cargo.args(["--profile", "guest", "--target-dir"]).arg(&build_dir);
    for guest in &GUESTS {
        cargo.args(["-p", guest.package]);
    }
    shell::run(&mut cargo)?;

    let modules = build_dir.join(setup::TARGET).join("guest");
    fs::create_dir_all(guests_dir())?;
    for guest in &GUESTS {
        componentize(guest, &modules)?;
    }
    if options.guests_only {
        return Ok(());
    }

    let mut cargo = shell::cargo();
    // Of the whole workspace, as the tests are: with the features of one package alone the
    // heavy dependencies would be built twice.
    cargo.args(["build", "--workspace", "--bin", "patchbay"]);
    if options.release {
        cargo.arg("--release");
    }
    if options.odbc {
        cargo.args(["--features", "patchbay/odbc"]);
    }
    if options.kerberos {
        cargo.args(["--features", "patchbay/mssql-kerberos,patchbay/gssapi"]);
    }
    shell::run(&mut cargo)?;
    let profile = if options.release { "release" } else { "debug" };
    let connectors = shell::target_dir().join(profile).join("connectors");
    fs::create_dir_all(&connectors)?;
    for guest in GUESTS.iter().filter(|guest| guest.built_in) {
        let file = format!("{}.wasm", guest.name);
        let component = fs::read(guests_dir().join(&file))?;
        write_if_changed(&connectors.join(&file), &component)?;
    }
    Ok(())
}

/// Turns the core module of `guest` in `modules` into a component and reports on it.
fn componentize(guest: &Guest, modules: &Path) -> Result<()> {
    let module = modules.join(guest.package.replace('-', "_")).with_extension("wasm");
    let bytes = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|encoder| encoder.encode())
        .with_context(|| format!("{} does not make a component", guest.package))?;

    let imports = imports(&component).with_context(|| format!("cannot read back {}", guest.name))?;
    if guest.built_in
        && let Some(foreign) = imports.iter().find(|import| !import.starts_with("patchbay:"))
    {
        bail!("{} imports `{foreign}`; a built-in connector may import patchbay:* only", guest.name);
    }
    let target = guests_dir().join(guest.name).with_extension("wasm");
    let written = write_if_changed(&target, &component)?;
    eprintln!(
        "{} {}: {} KiB, imports {}",
        if written { "built" } else { "fresh" },
        guest.name,
        component.len().div_ceil(1024),
        if imports.is_empty() { "nothing".to_owned() } else { imports.join(", ") },
    );
    Ok(())
}

/// Names of what a component imports.
fn imports(component: &[u8]) -> Result<Vec<String>> {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(component)? else {
        bail!("not a component");
    };
    let world = resolve.worlds.get(world).context("no world")?;
    Ok(world.imports.keys().map(|key| resolve.name_world_key(key)).collect())
}

/// Writes `bytes` unless the file holds them already, so that nothing downstream is
/// rebuilt or compiled again for nothing. Returns whether it wrote.
fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    // Beside and then renamed: a host that starts meanwhile never sees half a file.
    let partial = path.with_extension("wasm.partial");
    fs::write(&partial, bytes)
        .and_then(|()| fs::rename(&partial, path))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}
