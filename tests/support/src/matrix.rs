//! Which case ran on which database or directory, and how it ended: `cargo xtask test` makes a table of it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

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
    #[expect(clippy::print_stderr, reason = "a test's words go there")]
    fn drop(&mut self) {
        let Some(file) = std::env::var_os(VARIABLE).map(PathBuf::from) else { return };
        let outcome = if std::thread::panicking() { "FAILED" } else { "ok" };
        let line = format!("{}\t{}\t{}\t{outcome}\n", self.suite, self.case, self.database);
        // One write of a short line: those of other processes do not get in between.
        let noted = OpenOptions::new().create(true).append(true).open(&file);
        if let Err(error) = noted.and_then(|mut file| file.write_all(line.as_bytes())) {
            eprintln!("{}: {error}; the table of cases will lack {line}", file.display());
        }
    }
}
