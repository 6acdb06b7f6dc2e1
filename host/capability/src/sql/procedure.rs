//! Calls of stored procedures.

use super::render::{identifier, placeholder};
use super::{Batch, Column, ColumnKind, Dialect, Error, Failure, Prepared, Value};

/// Most arguments of one call. SQL Server takes 2100; nobody writes more than a few dozen.
const MAX_ARGUMENTS: usize = 256;
/// Longest name of a parameter, in bytes.
const MAX_NAME: usize = 128;

/// Which way an argument goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Direction {
    /// To the procedure.
    Input,
    /// From it.
    Output,
    /// Both.
    Both,
}

impl Direction {
    /// Whether a value comes back.
    pub fn returns(self) -> bool {
        self != Self::Input
    }
}

/// An argument.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Argument {
    /// The parameter's name, where it is found by that; a leading `@` is allowed.
    pub name: Option<String>,
    /// Which way it goes.
    pub direction: Direction,
    /// What goes there; not looked at where nothing does.
    pub value: Value,
    /// What comes back.
    pub kind: ColumnKind,
}

impl Argument {
    /// What the procedure gets: nothing where the argument only comes back.
    pub fn given(&self) -> Option<&Value> {
        (self.direction != Direction::Output).then_some(&self.value)
    }
}

/// A procedure and its arguments.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Procedure {
    /// Its name, part by part.
    pub name: Vec<String>,
    /// Arguments in order.
    pub arguments: Vec<Argument>,
}

/// What a procedure came back with.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Called {
    /// Values of the arguments that come back, in order.
    pub outputs: Vec<Value>,
    /// The status it returned, where the target has such a thing.
    pub status: Option<i64>,
    /// Columns of its first result set; empty where it has none.
    pub columns: Vec<Column>,
    /// The first rows of that; what is left of them is not to be had.
    pub rows: Batch,
}

impl Procedure {
    /// Its name, quoted for `dialect`. The gate has made sure that it can be.
    pub fn quoted(&self, dialect: Dialect) -> Result<String, Error> {
        let mut text = String::new();
        identifier(dialect, &self.name, &mut text)?;
        Ok(text)
    }

    /// How many values come back.
    pub fn outputs(&self) -> usize {
        self.arguments.iter().filter(|argument| argument.direction.returns()).count()
    }

    /// Bytes it takes against a quota.
    pub(crate) fn size(&self) -> usize {
        let name = |name: &str| name.len() + 3;
        let names = self.name.iter().map(|part| name(part)).sum::<usize>();
        let arguments = self.arguments.iter().map(|argument| {
            let label = argument.name.as_deref().map_or(0, name);
            argument.value.size().saturating_add(label)
        });
        arguments.fold(names, usize::saturating_add)
    }

    /// Whether names and arguments can be written for `dialect`.
    pub(crate) fn check(&self, dialect: Dialect) -> Result<(), Error> {
        let invalid = |message: &str| Err(Error::new(Failure::InvalidStatement, message));
        self.quoted(dialect)?;
        if self.arguments.len() > MAX_ARGUMENTS {
            let message = format!("a procedure takes at most {MAX_ARGUMENTS} arguments");
            return Err(Error::new(Failure::LimitExceeded, message));
        }
        let named = self.arguments.iter().filter(|argument| argument.name.is_some()).count();
        if named != 0 && named != self.arguments.len() {
            return invalid("all arguments of a procedure have a name, or none");
        }
        if named != 0 && !matches!(dialect, Dialect::Postgres | Dialect::Mssql) {
            return invalid("this database finds arguments by their place: they have no names");
        }
        // SQL Server has no quotes for the name of a parameter, so it is a plain word.
        let plain = |name: &str| {
            let word = name.strip_prefix('@').unwrap_or(name);
            name.len() <= MAX_NAME
                && !word.starts_with(|c: char| c.is_ascii_digit())
                && !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if !self.arguments.iter().filter_map(|argument| argument.name.as_deref()).all(plain) {
            return invalid("the name of a procedure's parameter is a word of letters, digits and underscores");
        }
        Ok(())
    }

    /// The call as an observer gets it: what the procedure gets, in order.
    pub(crate) fn observed(&self) -> Prepared {
        let mut text = format!("CALL {}(", self.name.join("."));
        let mut params = Vec::new();
        for (index, argument) in self.arguments.iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            match argument.given() {
                Some(value) => {
                    params.push(value.clone());
                    placeholder(Dialect::Mysql, params.len(), &mut text);
                }
                None => text.push_str("OUT"),
            }
        }
        text.push(')');
        Prepared { text, params }
    }
}
