//! The table of cases by database or directory, from what the suites noted (`tests/support`, `matrix`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};

/// The databases that the suites know, as columns.
const DATABASES: [&str; 7] = ["sqlite", "postgres", "mariadb", "odbc-sqlite", "odbc-postgres", "odbc-mariadb", "mssql"];
/// The directories: columns of suites that ran on one of them.
const DIRECTORIES: [&str; 3] = ["openldap", "samba-ad", "389-ds"];

/// How a case went on a database, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// The database was not there.
    NotRun,
    Passed,
    Failed,
}

/// Outcomes by case, then by database.
type Suite = BTreeMap<String, BTreeMap<String, Outcome>>;

/// What was noted in a test run.
#[derive(Debug, Default)]
pub(super) struct Matrix {
    suites: BTreeMap<String, Suite>,
}

impl Matrix {
    /// Reads the notes; none where no suite wrote any.
    pub(super) fn read(file: &Path) -> Result<Self> {
        match std::fs::read_to_string(file) {
            Ok(notes) => Ok(Self::parse(&notes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| file.display().to_string()),
        }
    }

    /// A line is suite, case, database and outcome, with tabs between. A case may have run
    /// several times; one failure is a failure.
    fn parse(notes: &str) -> Self {
        let mut matrix = Self::default();
        for line in notes.lines() {
            let mut words = line.split('\t').map(str::to_owned);
            let (Some(suite), Some(case), Some(database), Some(outcome)) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                continue;
            };
            let cases = matrix.suites.entry(suite).or_default();
            let outcome = match outcome.as_str() {
                "ok" => Outcome::Passed,
                "not run" => Outcome::NotRun,
                _ => Outcome::Failed,
            };
            let known = cases.entry(case).or_default().entry(database).or_insert(outcome);
            *known = outcome.max(*known);
        }
        matrix
    }

    /// As text: a table per suite. `-` is a case that is not for this database; a database on
    /// which nothing was run says so.
    pub(super) fn render(&self) -> String {
        let mut out = String::new();
        for (suite, cases) in &self.suites {
            let ran: BTreeSet<&str> =
                cases.values().flat_map(|databases| databases.keys().map(String::as_str)).collect();
            // Those of a kind that the suite runs on at all.
            let kinds: [&[&str]; 2] = [&DATABASES, &DIRECTORIES];
            let columns = kinds.into_iter().filter(|kind| kind.iter().any(|target| ran.contains(target)));
            let columns: Vec<&str> = columns.flatten().copied().collect();
            let width = cases.keys().map(String::len).max().unwrap_or(0).max(suite.len());
            let mut line = |name: &str, cell: &dyn Fn(&str) -> &str| {
                let mut text = format!("{name:width$}");
                for database in &columns {
                    let _ = write!(text, "  {:<1$}", cell(database), database.len().max(7));
                }
                out.push_str(text.trim_end());
                out.push('\n');
            };
            line(suite, &|database| columns.iter().find(|known| **known == database).unwrap_or(&""));
            for (case, databases) in cases {
                line(case, &|database| match databases.get(database) {
                    Some(Outcome::Passed) => "ok",
                    Some(Outcome::Failed) => "FAILED",
                    Some(Outcome::NotRun) => "not run",
                    None if ran.contains(database) => "-",
                    None => "not run",
                });
            }
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_by_database() {
        let notes = "s\tfirst\tsqlite\tok\ns\tfirst\tpostgres\tok\ns\tfirst\tpostgres\tFAILED\ns\tsecond\tsqlite\tok\nx\n\
             s\tfirst\tmssql\tnot run\n";
        let table = Matrix::parse(notes).render();
        let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0][..3], ["s", "sqlite", "postgres"]);
        assert_eq!(lines[1][..5], ["first", "ok", "FAILED", "not", "run"]);
        assert_eq!(lines[2][..5], ["second", "ok", "-", "not", "run"]);
        // What would have run there says so; another case is not for this database.
        assert_eq!(lines[1].last_chunk::<2>(), Some(&["not", "run"]));
        assert_eq!(lines[2].last(), Some(&"-"));
        let table = Matrix::parse("d\tfirst\topenldap\tok\n").render();
        let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["d", "openldap", "samba-ad", "389-ds"]);
        assert_eq!(lines[1], ["first", "ok", "not", "run", "not", "run"]);
        assert_eq!(Matrix::default().render(), "");
    }
}
