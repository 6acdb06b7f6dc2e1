//! What is wrong with a configuration, and where.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key it is about, e.g. `apps.helpdesk.tokens[0].env`; empty for the whole file.
    pub path: String,
    /// 1-based line in the file.
    pub line: usize,
    /// What is wrong, in one sentence. Never holds a secret.
    pub message: String,
}

/// All that is wrong with one configuration, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// Name of the file, for people.
    pub file: String,
    /// The problems; never empty in an error.
    pub list: Vec<Problem>,
}

impl Problems {
    /// One problem that is about the file as a whole.
    pub fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        let problem = Problem { path: String::new(), line: 1, message: message.into() };
        Self { file: file.into(), list: vec![problem] }
    }
}

impl fmt::Display for Problems {
    /// One line per problem: `patchbay.toml:12: apps.helpdesk.tokens: message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{}:{}: ", self.file, problem.line)?;
            if !problem.path.is_empty() {
                write!(f, "{}: ", problem.path)?;
            }
            f.write_str(&problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
