//! Which case ran on which database or directory, and how it ended: `cargo xtask test` makes a table of it.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Names the file that runs are noted in; without it nothing is noted.
pub const VARIABLE: &str = "PATCHBAY_TEST_MATRIX";

/// A case that runs on a database or a directory. Dropping it notes how the case ended.
#[derive(Debug)]
pub struct Run {
    suite: &'static str,
    case: String,
    database: &'static str,
}

impl Run {
    /// The running test of this `suite`, on `database`. To be made, and dropped, on the test's
    /// own thread, which bears its name and knows whether it panics.
    pub fn begin(suite: &'static str, database: &'static str) -> Self {
        let case = std::thread::current().name().unwrap_or("unknown").to_owned();
        Self { suite, case, database }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let outcome = if std::thread::panicking() { "FAILED" } else { "ok" };
        note(self.suite, &self.case, self.database, outcome);
    }
}

/// Notes that the running test of this `suite` does not run on `database`, and says `why`, once
/// for each test. It is said on the standard error itself: runners hide what a passing test
/// prints. To be called on the test's own thread.
pub fn not_run(suite: &'static str, database: &'static str, why: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let case = std::thread::current().name().unwrap_or("unknown").to_owned();
    let first = SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(format!("{suite} {case} {database}"));
    if first {
        // A standard error that is closed hears nothing, and that is its owner's wish.
        let _ = writeln!(std::io::stderr(), "test {case} ... not run on {database}: {why}");
        note(suite, &case, database, "not run");
    }
}

/// Adds a line to the notes, where there are any.
#[expect(clippy::print_stderr, reason = "a test's words go there")]
fn note(suite: &str, case: &str, database: &str, outcome: &str) {
    let Some(file) = std::env::var_os(VARIABLE).map(PathBuf::from) else { return };
    let line = format!("{suite}\t{case}\t{database}\t{outcome}\n");
    // One write of a short line: those of other processes do not get in between.
    let noted = OpenOptions::new().create(true).append(true).open(&file);
    if let Err(error) = noted.and_then(|mut file| file.write_all(line.as_bytes())) {
        eprintln!("{}: {error}; the table of cases will lack {line}", file.display());
    }
}
