//! Compiled statements of the administrator's own. Text and parameters are apart: a value
//! never becomes text.

use patchbay_connector::ErrorKind;
use serde::{Deserialize, Serialize};

use super::{Constant, Native};

/// Own statements of a class.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Custom {
    /// Whether generated statements write what has no statements of its own: there is a
    /// table, and it can be written.
    pub generated: bool,
    /// Whether there is no table at all.
    pub declared: bool,
    /// Reads one object.
    pub get: Option<Step>,
    /// Reads all objects.
    pub search: Option<Step>,
    /// Makes an object.
    pub create: Option<Vec<Step>>,
    /// Attributes that `create` has parameters for.
    pub created: Vec<String>,
    /// Changes attributes that have no statements of their own.
    pub update: Option<Vec<Step>>,
    /// Deletes an object.
    pub delete: Option<Vec<Step>>,
    /// Statements of attributes.
    pub attributes: Vec<(String, Own)>,
    /// Attributes that cannot be read.
    pub write_only: Vec<String>,
}

/// Statements of one attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Own {
    /// It gets another value.
    Set(Vec<Step>),
    /// It is a truth value, and becomes one or the other.
    Switch {
        /// True.
        enable: Vec<Step>,
        /// False.
        disable: Vec<Step>,
    },
    /// It is a list, and changes by a value at a time.
    Values {
        /// A value comes.
        add: Vec<Step>,
        /// A value goes.
        remove: Vec<Step>,
    },
}

/// One statement or call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What is done.
    pub act: Act,
    /// What the database's errors mean, by SQLSTATE or number.
    pub errors: Vec<(String, Meaning)>,
    /// What tells whether it worked, beside errors.
    pub verdict: Option<Verdict>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Act {
    /// Runs a statement that changes rows.
    Execute {
        /// The statement.
        text: Vec<Piece>,
        /// Rows it has to change; any number where none.
        rows: Option<u64>,
    },
    /// Runs a statement that gives one row.
    Query {
        /// The statement.
        text: Vec<Piece>,
        /// Names of the row's columns.
        returns: Vec<String>,
    },
    /// Calls a procedure.
    Call {
        /// Its name.
        procedure: Vec<String>,
        /// What it gets and gives, in order.
        arguments: Vec<Argument>,
        /// Names of the columns of the one row it gives, if it does.
        returns: Vec<String>,
    },
}

/// A piece of a statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Piece {
    /// The administrator's text.
    Text(String),
    /// A parameter.
    Param(Param),
}

/// What stands for a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Param {
    /// What a column holds, after the change where there is one.
    Now(String),
    /// What it held before.
    Old(String),
    /// Whether one of these columns changes.
    Changed(Vec<String>),
    /// What an earlier step gave.
    Output(String),
    /// A column of the value that is set, added or taken away.
    Value(usize),
}

/// An argument of a procedure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Argument {
    /// The name of its parameter, where it is found by that.
    pub name: Option<String>,
    /// What goes there.
    pub given: Option<Given>,
    /// Under which name what comes back is kept.
    pub output: Option<String>,
    /// Type of what comes back.
    pub native: Native,
}

/// What goes to a procedure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Given {
    /// A parameter.
    Param(Param),
    /// A constant.
    Constant(Constant),
}

/// A code that tells how a step went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The output that holds it; the status that the procedure returned where none.
    pub from: Option<String>,
    /// Codes of success.
    pub ok: Vec<String>,
    /// What other codes mean.
    pub errors: Vec<(String, Meaning)>,
}

/// What an error or a code means to the client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meaning {
    /// What kind of failure.
    pub kind: Failed,
    /// The attribute at fault.
    pub attribute: Option<String>,
    /// What the client is told.
    pub message: Option<String>,
}

/// Kinds of failure that settings can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the contract's kinds")]
pub enum Failed {
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

impl Failed {
    /// The contract's kind, and what the client is told where the settings do not say.
    pub fn told(self) -> (ErrorKind, &'static str) {
        match self {
            Self::NotFound => (ErrorKind::NotFound, "no such object"),
            Self::AlreadyExists => (ErrorKind::AlreadyExists, "another object has these values already"),
            Self::InvalidValue => (ErrorKind::InvalidValue, "the target refuses these values"),
            Self::Mutability => (ErrorKind::Mutability, "the target does not let this be changed"),
            Self::PreconditionFailed => (ErrorKind::PreconditionFailed, "the object has another version"),
            Self::Conflict => (ErrorKind::Conflict, "the target's state does not allow this"),
            Self::PermissionDenied => (ErrorKind::PermissionDenied, "the target does not permit this"),
            Self::RateLimited => (ErrorKind::RateLimited, "the target is asked too often"),
            Self::Unavailable => (ErrorKind::Unavailable, "the target cannot do this now"),
        }
    }
}

impl Custom {
    /// The statements of an attribute.
    pub fn own(&self, attribute: &str) -> Option<&Own> {
        self.attributes.iter().find(|(name, _)| name == attribute).map(|(_, own)| own)
    }
}

impl Step {
    /// Parameters it takes.
    pub fn params(&self) -> impl Iterator<Item = &Param> {
        let (text, arguments) = match &self.act {
            Act::Execute { text, .. } | Act::Query { text, .. } => (text.as_slice(), [].as_slice()),
            Act::Call { arguments, .. } => ([].as_slice(), arguments.as_slice()),
        };
        let pieces = text.iter().filter_map(|piece| match piece {
            Piece::Param(param) => Some(param),
            Piece::Text(_) => None,
        });
        pieces.chain(arguments.iter().filter_map(|argument| match &argument.given {
            Some(Given::Param(param)) => Some(param),
            Some(Given::Constant(_)) | None => None,
        }))
    }

    /// Whether it is a call.
    pub fn is_call(&self) -> bool {
        matches!(self.act, Act::Call { .. })
    }
}
