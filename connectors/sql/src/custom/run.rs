//! Running steps, one after the other, and holding what comes back against what was expected.

use patchbay_connector::sql::{self, CallResult, ColumnKind, Direction, Failure, Row, Value};
use patchbay_connector::{Error, ErrorKind, Fault};

use super::{Environment, written};
use crate::database::Database;
use crate::fault::{self, About};
use crate::plan::Native;
use crate::plan::statement::{Act, Argument, Given, Meaning, Step};
use crate::value::{self, decimal};

/// Why a step failed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failed {
    /// What it means.
    pub(crate) error: Error,
    /// The connection is lost, and the transaction with it.
    pub(crate) lost: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, lost: false }
    }
}

/// Runs steps; what they give back is in `environment` afterwards.
pub(crate) fn steps(
    db: &mut impl Database,
    about: About<'_>,
    steps: &[Step],
    environment: &mut Environment,
) -> Result<(), Failed> {
    steps.iter().try_for_each(|step| run(db, about, step, environment))
}

fn run(db: &mut impl Database, about: About<'_>, step: &Step, environment: &mut Environment) -> Result<(), Failed> {
    match &step.act {
        Act::Execute { text, rows } => {
            let affected =
                db.execute(written(text, environment).build()).map_err(|error| failed(about, step, error))?;
            match rows {
                Some(rows) if affected != *rows => Err(surprised(*rows, affected).into()),
                _ => Ok(()),
            }
        }
        Act::Query { text, returns } => {
            let statement = written(text, environment).build();
            let rows = db.query(statement, 2).map_err(|error| failed(about, step, error))?;
            name(environment, returns, rows)?;
            judge(step, None, environment).map_err(Failed::from)
        }
        Act::Call { .. } => call(db, about, step, environment, 2).map(drop),
    }
}

/// Calls the procedure of a step; its outputs are in `environment` afterwards. Gives at most
/// `max_rows` rows of its result.
pub(crate) fn call(
    db: &mut impl Database,
    about: About<'_>,
    step: &Step,
    environment: &mut Environment,
    max_rows: u32,
) -> Result<CallResult, Failed> {
    let Act::Call { procedure, arguments, returns } = &step.act else {
        return Err(fault::broken("a statement is no call").into());
    };
    let passed: Vec<sql::Argument> = arguments.iter().map(|argument| pass(argument, environment)).collect();
    let mut result = db.call(procedure, &passed, max_rows).map_err(|error| failed(about, step, error))?;
    let names = arguments.iter().filter_map(|argument| argument.output.as_deref());
    for (name, value) in names.zip(std::mem::take(&mut result.outputs)) {
        environment.output(name, value);
    }
    // The code may be in the row that comes back; else there may be no row when it is bad.
    let from = step.verdict.as_ref().and_then(|verdict| verdict.from.as_ref());
    let in_row = from.is_some_and(|from| returns.contains(from));
    if in_row {
        name(environment, returns, result.rows.rows.clone())?;
    }
    judge(step, result.status, environment)?;
    if !in_row && !returns.is_empty() {
        name(environment, returns, result.rows.rows.clone())?;
    }
    Ok(result)
}

fn pass(argument: &Argument, environment: &Environment) -> sql::Argument {
    let given = argument.given.as_ref().map(|given| match given {
        Given::Param(param) => environment.get(param),
        Given::Constant(constant) => value::constant(constant).unwrap_or(Value::Null),
    });
    sql::Argument {
        name: argument.name.clone(),
        direction: match (&given, &argument.output) {
            (Some(_), Some(_)) => Direction::Both,
            (None, Some(_)) => Direction::Output,
            (_, None) => Direction::Input,
        },
        value: given.unwrap_or(Value::Null),
        kind: kind(argument.native),
    }
}

fn kind(native: Native) -> ColumnKind {
    match native {
        Native::Boolean => ColumnKind::Boolean,
        Native::Integer { .. } => ColumnKind::Integer,
        Native::Float => ColumnKind::Float,
        Native::Decimal => ColumnKind::Decimal,
        Native::Text => ColumnKind::Text,
        Native::Bytes => ColumnKind::Bytes,
        Native::Date => ColumnKind::Date,
        Native::Time => ColumnKind::Time,
        Native::Timestamp => ColumnKind::Timestamp,
        Native::Uuid => ColumnKind::Uuid,
        Native::Json => ColumnKind::Json,
        Native::Opaque => ColumnKind::Other,
    }
}

/// Keeps the columns of the one row under their names.
fn name(environment: &mut Environment, returns: &[String], rows: Vec<Row>) -> Result<(), Error> {
    let [row] = <[Row; 1]>::try_from(rows).map_err(|rows| {
        let message = "a statement of the settings has to give exactly one row back";
        Error::fault(ErrorKind::Conflict, message).with_internal(format!("it gave {} or more", rows.len()))
    })?;
    if row.len() != returns.len() {
        let message = "a statement of the settings gives other columns back than `returns` names";
        return Err(Error::fault(ErrorKind::Configuration, message));
    }
    for (name, value) in returns.iter().zip(row) {
        environment.output(name, value);
    }
    Ok(())
}

/// Whether the code says that it worked, where there is one.
fn judge(step: &Step, status: Option<i64>, environment: &Environment) -> Result<(), Error> {
    let Some(verdict) = &step.verdict else { return Ok(()) };
    let code = match &verdict.from {
        Some(name) => environment.given(name).and_then(code),
        None => status.map(|status| status.to_string()),
    };
    let Some(code) = code else {
        return Err(Error::fault(ErrorKind::Configuration, "the target gave no code back that can be read"));
    };
    if verdict.ok.contains(&code) {
        return Ok(());
    }
    let error = match verdict.errors.iter().find(|(known, _)| *known == code) {
        Some((_, meaning)) => meant(meaning),
        None => Error::fault(ErrorKind::Configuration, "the target gave a code back that the settings do not know"),
    };
    Err(error.with_code(format!("result.{}", short(&code))).with_internal(format!("the code is {}", short(&code))))
}

/// A code as text.
fn code(value: &Value) -> Option<String> {
    match value {
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        Value::Text(text) | Value::Other(text) => Some(text.trim_end_matches(' ').to_owned()),
        Value::Decimal(text) => decimal::canonical(text),
        Value::Float(number) => decimal::canonical(&number.to_string()),
        _ => None,
    }
}

/// What is said of a code: what a procedure gives back may be anything, and long.
fn short(code: &str) -> String {
    code.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).take(32).collect()
}

/// Another number of rows than demanded: nobody may take that for done.
fn surprised(demanded: u64, affected: u64) -> Error {
    let message = match affected {
        0 => "the target did not change the object",
        _ => "the target changed other rows than expected",
    };
    let internal = format!("a statement of the settings changed {affected} rows, and is to change {demanded}");
    Error::fault(ErrorKind::Conflict, message).with_internal(internal)
}

/// What the database's error means: what the settings say, else what it always does.
fn failed(about: About<'_>, step: &Step, error: sql::Error) -> Failed {
    // SQL Server has numbers, which drivers mark as its own.
    let state = error.sqlstate.as_deref().map(|state| state.strip_prefix("mssql.").unwrap_or(state));
    let known = state.and_then(|state| step.errors.iter().find(|(code, _)| code == state));
    let fault = match (known, error.failure) {
        (Some((_, meaning)), _) => told(meant(meaning), &error),
        (None, Failure::InvalidStatement | Failure::Unsupported) => {
            told(Error::fault(ErrorKind::Configuration, "the database cannot run a statement of the settings"), &error)
        }
        // Another plan would have the same text.
        (None, Failure::Undefined) => {
            let message = "a statement or procedure of the settings needs something that the target does not have";
            told(Error::fault(ErrorKind::Configuration, message), &error)
        }
        (None, _) => about.error(&error),
    };
    Failed { error: fault, lost: error.failure == Failure::Unavailable }
}

/// Adds what the server said.
fn told(fault: Error, error: &sql::Error) -> Error {
    let fault = fault.with_internal(error.message.clone());
    match &error.sqlstate {
        Some(state) => fault.with_code(format!("sql.{state}")),
        None => fault,
    }
}

fn meant(meaning: &Meaning) -> Error {
    let (kind, message) = meaning.kind.told();
    let fault = Error::fault(kind, meaning.message.as_deref().unwrap_or(message));
    match &meaning.attribute {
        Some(name) => fault.with_attribute(name.clone()),
        None => fault,
    }
}
