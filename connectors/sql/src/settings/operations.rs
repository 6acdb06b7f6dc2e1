//! Statements of the administrator's own, for operations that the generated ones do not
//! fit.

use super::{Constant, Kind};

/// Own statements of a class, by operation. An operation that is not here is done by
/// generated statements, where the class has a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Operations {
    /// Reads one object.
    pub get: Option<Step>,
    /// Reads all objects.
    pub search: Option<Step>,
    /// Makes an object.
    pub create: Option<Vec<Step>>,
    /// Changes attributes that have no statements of their own.
    pub update: Option<Vec<Step>>,
    /// Deletes an object.
    pub delete: Option<Vec<Step>>,
    /// Gives an attribute another value, by attribute.
    pub set: Vec<(String, Vec<Step>)>,
    /// Makes a truth value true, by attribute.
    pub enable: Vec<(String, Vec<Step>)>,
    /// Makes it false.
    pub disable: Vec<(String, Vec<Step>)>,
    /// Adds one value to a list, by attribute.
    pub add: Vec<(String, Vec<Step>)>,
    /// Takes one away.
    pub remove: Vec<(String, Vec<Step>)>,
    /// What the database's errors mean, for all of these.
    pub errors: Vec<(String, Meaning)>,
}

impl Operations {
    /// Whether any of them writes.
    pub fn writes(&self) -> bool {
        let by_attribute = [&self.set, &self.enable, &self.disable, &self.add, &self.remove];
        self.create.is_some()
            || self.update.is_some()
            || self.delete.is_some()
            || by_attribute.iter().any(|statements| !statements.is_empty())
    }
}

/// One statement or call.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is done.
    pub act: Act,
    /// How many rows a statement changes.
    pub rows: Rows,
    /// Names for the columns of the one row that comes back.
    pub returns: Vec<String>,
    /// What tells whether it worked, beside errors.
    pub result: Option<Verdict>,
    /// What the database's errors mean here.
    pub errors: Vec<(String, Meaning)>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Runs a statement with `:name` for parameters.
    Sql(String),
    /// Calls a procedure.
    Call {
        /// Its name, part by part.
        procedure: Vec<String>,
        /// What it gets and gives, in order.
        arguments: Vec<Argument>,
    },
}

/// How many rows a statement has to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// So many.
    Exactly(u64),
    /// Any number.
    Any,
}

/// An argument of a procedure.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// The name of its parameter, where it is found by that.
    pub name: Option<String>,
    /// What is passed, and which way.
    pub passed: Passed,
    /// Type of what comes back, where it is no column of the class.
    pub kind: Option<Kind>,
}

/// What is passed to a procedure, and which way.
#[derive(Debug, Clone, PartialEq)]
pub enum Passed {
    /// The value of a parameter.
    In(String),
    /// A constant.
    Constant(Constant),
    /// What comes back, under this name.
    Out(String),
    /// The value of a parameter, and what comes back under its name.
    InOut(String),
}

/// A code that tells how a step went.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The value that holds it; the status that the procedure returns where none.
    pub from: Option<String>,
    /// Codes of success.
    pub ok: Vec<String>,
    /// What other codes mean.
    pub errors: Vec<(String, Meaning)>,
}

/// What an error or a code means to the client.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// The attribute at fault.
    pub attribute: Option<String>,
    /// What the client is told.
    pub message: Option<String>,
}

/// Kinds of failure that settings can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the contract's kinds")]
pub enum ErrorKind {
    NotFound,
    AlreadyExists,
    InvalidValue,
    Mutability,
    PreconditionFailed,
    Conflict,
    PermissionDenied,
    RateLimited,
    Unavailable,
}
