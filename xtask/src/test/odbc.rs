//! The suites through ODBC: what they need, and how they are run.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::install::install;
use crate::shell;

/// The features that bring ODBC to the packages.
pub(crate) const FEATURES: &str = "patchbay-capability-sql/odbc,patchbay-connector-sql/odbc,patchbay-tests/odbc";

/// Only what the feature adds or changes: the other suites have run without it. Of the whole
/// workspace, so that heavy dependencies keep their features and are not built again.
pub(crate) const TEST: [&str; 16] = [
    "test",
    "--workspace",
    "--no-fail-fast",
    "--features",
    FEATURES,
    "--lib",
    "--test",
    "odbc",
    "--test",
    "odbc-process",
    "--test",
    "sql-odbc",
    "--test",
    "sql-ansi",
    "--test",
    "host",
];

/// Debian's packages: the driver manager with what links to it, and three drivers.
const PACKAGES: [&str; 5] = ["unixodbc-dev", "odbcinst", "odbc-postgresql", "libsqliteodbc", "odbc-mariadb"];

/// The drivers, as their packages call them.
const DRIVERS: [&str; 3] = ["psqlodbcw.so", "libsqlite3odbc.so", "libmaodbc.so"];

/// Makes sure that programs can be linked with libodbc, and of the drivers, installing both
/// where we may.
pub(crate) fn ensure() -> Result<()> {
    if is_found() || install("ODBC", &PACKAGES)? && is_found() {
        return Ok(());
    }
    bail!(
        "they need unixODBC with its headers and drivers for PostgreSQL, SQLite and MariaDB; on Debian, as root: \
         apt-get install {}",
        PACKAGES.join(" ")
    )
}

/// Whether the linker finds libodbc, and all drivers are where Debian puts them.
fn is_found() -> bool {
    // It prints the bare name where it does not find the file.
    let library = shell::capture(Command::new("cc").arg("-print-file-name=libodbc.so"));
    let libraries = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    let places: Vec<_> = libraries.chain(["/usr/lib".into()]).map(|place| place.join("odbc")).collect();
    library.is_some_and(|path| Path::new(&path).is_absolute())
        && DRIVERS.iter().all(|driver| places.iter().any(|place| place.join(driver).is_file()))
}
