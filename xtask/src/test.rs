//! `cargo xtask test`: all tests, with real databases.

mod matrix;
pub(crate) mod odbc;

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{build, shell};
use matrix::Matrix;

/// Names the file in which suites note what they ran on which database (`tests/support`).
const MATRIX: &str = "PATCHBAY_TEST_MATRIX";

/// Builds the guests, makes sure of the database servers and Python and runs the workspace's
/// tests, conformance among them; `arguments` go to `cargo test`.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    for server in &SERVERS {
        server.ensure()?;
    }
    python()?;
    build::run(&build::Options { guests_only: true, ..build::Options::default() })?;
    let notes = shell::target_dir().join("tmp").join("matrix.tsv");
    forget(&notes)?;
    let mut counts = Counts::default();
    let mut failed = Vec::new();
    let all: &[&str] = &["test", "--workspace", "--no-fail-fast"];
    if let Err(error) = cargo_test(all, arguments, &notes, &mut counts) {
        failed.push(error.to_string());
    }
    // With the feature that is off by default. What a first argument selects, it selects here.
    let missing = match odbc::ensure() {
        Ok(()) => {
            if let Err(error) = cargo_test(&odbc::TEST, arguments, &notes, &mut counts) {
                failed.push(format!("through ODBC: {error}"));
            }
            None
        }
        Err(error) => Some(error),
    };
    print!("\n{}", Matrix::read(&notes)?.render());
    println!(
        "{} passed, {} failed, {} ignored, in {} suites",
        counts.passed, counts.failed, counts.ignored, counts.suites
    );
    if let Some(missing) = missing {
        println!("NOT RUN: the suites through ODBC. {missing:#}");
    }
    if !failed.is_empty() {
        bail!("tests failed: {}", failed.join("; "));
    }
    Ok(())
}

/// Runs `cargo` with `command` and `arguments`, shows what it prints, and counts.
fn cargo_test(command: &[&str], arguments: &[OsString], notes: &Path, counts: &mut Counts) -> Result<()> {
    let mut cargo = shell::cargo();
    cargo.args(command).env(MATRIX, notes);
    if std::io::stdout().is_terminal() {
        cargo.args(["--color", "always"]);
    }
    let mut child = cargo.args(arguments).stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let output = child.stdout.take().context("no output")?;
    for line in BufReader::new(output).lines() {
        let line = line?;
        counts.add(&line);
        println!("{line}");
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{status}");
    }
    Ok(())
}

/// Removes what an earlier run noted, and sees to it that this one can.
fn forget(notes: &Path) -> Result<()> {
    std::fs::create_dir_all(notes.parent().unwrap_or(notes))?;
    match std::fs::remove_file(notes) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).context(notes.display().to_string()),
        _ => Ok(()),
    }
}

/// What the runners' own `test result:` lines add up to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    suites: u32,
    passed: u32,
    failed: u32,
    ignored: u32,
}

impl Counts {
    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
    fn add(&mut self, line: &str) {
        let Some((_, result)) = line.split_once("test result:") else { return };
        self.suites += 1;
        for (name, sum) in [("passed", &mut self.passed), ("failed", &mut self.failed), ("ignored", &mut self.ignored)]
        {
            let number = result.split(';').filter_map(|part| part.trim().strip_suffix(name)).next();
            let number = number.and_then(|words| words.split_whitespace().last());
            *sum += number.and_then(|number| number.parse::<u32>().ok()).unwrap_or(0);
        }
    }
}

/// A database server that the tests start for themselves.
struct Server {
    /// What it is called, with the oldest version.
    name: &'static str,
    /// Programs that have to be there.
    programs: &'static [&'static str],
    /// Debian's packages that hold them.
    packages: &'static [&'static str],
}

const SERVERS: [Server; 2] = [
    Server { name: "PostgreSQL 15", programs: &["initdb", "postgres", "psql"], packages: &["postgresql"] },
    Server {
        name: "MariaDB 10.6",
        programs: &["mariadb-install-db", "mariadbd", "mariadb"],
        // Without the package that would start a server of its own.
        packages: &["mariadb-server-core", "mariadb-client-core"],
    },
];

impl Server {
    /// Makes sure that the programs are there, installing them where we may.
    fn ensure(&self) -> Result<()> {
        if self.is_found() {
            return Ok(());
        }
        if install(self.name, self.packages)? && self.is_found() {
            return Ok(());
        }
        bail!(
            "the tests need the programs of {} or later ({}), on PATH or where Debian puts them; on Debian, as root: \
             apt-get install {}. No server has to run",
            self.name,
            self.programs.join(", "),
            self.packages.join(" ")
        )
    }

    /// Whether the programs are on PATH or where Debian puts them.
    fn is_found(&self) -> bool {
        let path = env::var_os("PATH").unwrap_or_default();
        let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let directories: Vec<PathBuf> = env::split_paths(&path)
            .chain(debian.map(|version| version.path().join("bin")))
            .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
            .collect();
        self.programs.iter().all(|program| directories.iter().any(|directory| directory.join(program).is_file()))
    }
}

/// Makes sure of what the conformance tests install their SCIM clients with.
fn python() -> Result<()> {
    let package = "python3-venv";
    if python_found() || install("Python's venv", &[package])? && python_found() {
        return Ok(());
    }
    bail!(
        "the conformance tests run SCIM clients written in Python; they need `python3` (3.10 or later) with `venv` and \
         `pip`; on Debian, as root: apt-get install {package}. On their first run they also need a Python package index"
    )
}

/// Whether `python3` can make an environment with `pip` in it.
fn python_found() -> bool {
    let probe = "import sys, venv, ensurepip; print(sys.version_info >= (3, 10))";
    shell::capture(Command::new("python3").args(["-c", probe])).is_some_and(|answer| answer == "True")
}

/// Installs packages where we may; returns whether we could try.
fn install(what: &str, packages: &[&str]) -> Result<bool> {
    if !Path::new("/etc/debian_version").exists() || !is_root() {
        return Ok(false);
    }
    eprintln!("{what} is missing; installing Debian's {}", packages.join(" "));
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "-y", "--no-install-recommends"]);
    shell::run(command.args(packages))?;
    Ok(true)
}

/// Whether we are root.
fn is_root() -> bool {
    shell::capture(Command::new("id").arg("-u")).is_some_and(|id| id == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_what_runners_say() {
        let mut counts = Counts::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: \u{1b}[31mFAILED\u{1b}(B\u{1b}[m. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        ] {
            counts.add(line);
        }
        assert_eq!(counts, Counts { suites: 2, passed: 13, failed: 2, ignored: 1 });
    }
}
