//! The report: tables with goals beside what was measured.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use super::machine;

/// What was measured so far.
#[derive(Debug)]
pub(super) struct Report {
    text: String,
    missed: Vec<String>,
    load_before: Option<String>,
}

/// A goal and what it is held against.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    /// At least so much.
    AtLeast(f64),
    /// At most so much.
    AtMost(f64),
}

impl Goal {
    fn met(self, measured: f64) -> bool {
        match self {
            Self::AtLeast(goal) => measured >= goal,
            Self::AtMost(goal) => measured <= goal,
        }
    }
}

impl Report {
    /// An empty one.
    pub(super) fn new() -> Self {
        Self { text: String::new(), missed: Vec::new(), load_before: machine::load_average() }
    }

    /// A heading and what stands below it.
    pub(super) fn section(&mut self, title: &str, text: &str) {
        self.line(&format!("\n## {title}\n\n{text}\n"));
    }

    /// A table's head.
    pub(super) fn head(&mut self, columns: &[&str]) {
        self.row(columns);
        self.row(&vec!["---"; columns.len()]);
    }

    /// A table's row.
    pub(super) fn row<T: AsRef<str>>(&mut self, cells: &[T]) {
        let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    /// How a measured value stands to its goal, for a cell of a table.
    pub(super) fn judge(&mut self, what: &str, measured: f64, goal: Goal) -> &'static str {
        if goal.met(measured) {
            return "met";
        }
        self.missed.push(what.to_owned());
        "**missed**"
    }

    /// The sandbox's cost per operation, beside a whole request's.
    pub(super) fn sandbox(&mut self, sandbox: Duration, request: Duration) {
        self.section(
            "What the sandbox costs",
            "One `get` of a person with all attributes through engine, connector and gate: a fresh store and \
             instance, `init` with the example's settings, the call, every statement through the gate. The database \
             answers at once, from a recording. The share is that of a GET by id over HTTP on one connection.",
        );
        self.head(&["per operation", "share of a request"]);
        let share = sandbox.as_secs_f64() / request.as_secs_f64() * 100.0;
        self.row(&[format!("{:.0} us", sandbox.as_secs_f64() * 1e6), format!("{share:.0} %")]);
    }

    /// The whole text.
    pub(super) fn finish(&self) -> String {
        let mut text = "# Benchmarks\n\nWritten by `cargo xtask bench`; not edited by hand.\n\n".to_owned();
        let load = |load: &Option<String>| load.clone().unwrap_or_else(|| "unknown".to_owned());
        // A String takes whatever is written to it.
        let written = writeln!(
            text,
            "Machine: {}. Load average before {} and after {}. Load generator, servers and database share the cores.",
            machine::describe(),
            load(&self.load_before),
            load(&machine::load_average()),
        );
        debug_assert!(written.is_ok());
        text.push_str(&self.text);
        if !self.missed.is_empty() {
            text.push_str(&format!("\nGoals missed in this run: {}.\n", self.missed.join("; ")));
        }
        text
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// Prints the report.
pub(super) fn print(text: &str) -> std::io::Result<()> {
    std::io::stdout().lock().write_all(text.as_bytes())
}
