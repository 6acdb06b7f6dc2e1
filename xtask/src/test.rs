//! `cargo xtask test`: all tests, with real databases and directories.

mod install;
mod matrix;
pub(crate) mod odbc;
pub(crate) mod server;

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, ErrorKind, IsTerminal};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{build, shell};
use install::install;
use matrix::Matrix;

/// Names the file in which suites note what they ran on which database (`tests/support`).
const MATRIX: &str = "PATCHBAY_TEST_MATRIX";
/// Lets suites leave out Samba, and say so (`tests/support`); without it they fail where it
/// cannot run.
const NO_SAMBA: &str = "PATCHBAY_TEST_NO_SAMBA";

/// Asks suites to run on 389 Directory Server as well (`tests/support`).
const WITH_389: &str = "PATCHBAY_TEST_389";

/// Builds the guests, makes sure of the servers and Python and runs the workspace's
/// tests, conformance among them; `arguments` go to `cargo test`.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    server::ensure()?;
    let no_samba = server::ensure_samba().err();
    python()?;
    build::run(&build::Options { guests_only: true, ..build::Options::default() })?;
    let notes = shell::target_dir().join("tmp").join("matrix.tsv");
    forget(&notes)?;
    let mut environment = vec![(MATRIX, notes.as_os_str())];
    if no_samba.is_some() {
        environment.push((NO_SAMBA, OsStr::new("1")));
    }
    let mut counts = Counts::default();
    let mut failed = Vec::new();
    let all: &[&str] = &["test", "--workspace", "--no-fail-fast"];
    if let Err(error) = cargo_test(all, arguments, &environment, &mut counts) {
        failed.push(error.to_string());
    }
    // With the feature that is off by default. What a first argument selects, it selects here.
    let missing = match odbc::ensure() {
        Ok(()) => {
            if let Err(error) = cargo_test(&odbc::TEST, arguments, &environment, &mut counts) {
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
    if let Some(missing) = no_samba {
        println!("NOT RUN: the cases on Samba's Active Directory. {missing:#}");
    }
    if std::env::var_os(WITH_389).is_none_or(|value| value.is_empty()) {
        println!("NOT RUN: the cases on 389 Directory Server. {WITH_389} is not set (docs/389.md)");
    }
    if !failed.is_empty() {
        bail!("tests failed: {}", failed.join("; "));
    }
    Ok(())
}

/// Runs `cargo` with `command` and `arguments`, shows what it prints, and counts.
fn cargo_test(
    command: &[&str],
    arguments: &[OsString],
    environment: &[(&str, &OsStr)],
    counts: &mut Counts,
) -> Result<()> {
    let mut cargo = shell::cargo();
    cargo.args(command).envs(environment.iter().copied());
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
