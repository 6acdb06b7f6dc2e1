//! Calls of procedures, and of functions, which PostgreSQL had long before.

use patchbay_capability::sql::{
    Argument, Batch, Called, Column, Dialect, Direction, Error, Failure, Procedure, Reply, Row, Value,
};

use super::{PostgresConnection, columns, first_batch};

/// Whether there is a procedure, a function with a result, and one without, of a name: in a
/// schema, or where the search path finds it.
pub(crate) const ROUTINES: &str = "SELECT bool_or(p.prokind = 'p'), \
    bool_or(p.prokind <> 'p' AND p.prorettype <> 'pg_catalog.void'::regtype), \
    bool_or(p.prokind <> 'p' AND p.prorettype = 'pg_catalog.void'::regtype) \
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
    WHERE p.proname = $1 AND CASE WHEN $2 = '' THEN pg_catalog.pg_function_is_visible(p.oid) ELSE n.nspname = $2 END";

/// What stands behind a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Routine {
    /// Run by CALL. What comes back is one row.
    Procedure,
    /// Run by SELECT. What comes back is a table.
    Function,
    /// The same, and nothing comes back.
    Silent,
}

impl Routine {
    /// What there is of a name: a procedure, a function with a result, one without.
    pub(crate) fn of(procedure: bool, function: bool, silent: bool) -> Option<Self> {
        match (procedure, function, silent) {
            (true, _, _) => Some(Self::Procedure),
            (false, true, _) => Some(Self::Function),
            (false, false, true) => Some(Self::Silent),
            (false, false, false) => None,
        }
    }

    /// What stands before its name.
    fn verb(self) -> &'static str {
        match self {
            Self::Procedure => "CALL ",
            Self::Function => "SELECT * FROM ",
            // Its one column would be of a type that has no values.
            Self::Silent => "SELECT FROM ",
        }
    }
}

impl PostgresConnection {
    pub(super) async fn call(&mut self, call: &Procedure, max_rows: u32, max_bytes: usize) -> Result<Reply, Error> {
        let routine = self.routine(&call.name).await?;
        let (text, params) = written(call, routine)?;
        loop {
            let (statement, was_cached) = self.prepare(&text, &params).await?;
            let columns = columns(&statement);
            let max_rows = if call.outputs() > 0 { 1 } else { max_rows };
            match first_batch(&self.client, &statement, &params, max_rows, max_bytes).await {
                Ok(batch) => {
                    let batch = batch?;
                    self.unread |= !batch.done;
                    return called(call, columns, batch).map(Reply::Called);
                }
                // It may have committed before it failed: it is not run again here.
                Err(error) if routine == Routine::Procedure && self.transaction == super::Transaction::None => {
                    self.statements.remove(&text);
                    return Err(self.failed(&error));
                }
                Err(error) => self.retry(&text, &error, was_cached)?,
            }
        }
    }

    /// What stands behind a name now.
    async fn routine(&mut self, name: &[String]) -> Result<Routine, Error> {
        let (schema, own) = qualified(name)?;
        let found = self.client.query_one(ROUTINES, &[&own, &schema]).await.map_err(|error| self.failed(&error))?;
        let is = |index: usize| found.try_get::<_, Option<bool>>(index).ok().flatten().unwrap_or(false);
        Routine::of(is(0), is(1), is(2)).ok_or_else(|| unknown(name))
    }
}

/// Schema and name; the schema is empty where the search path is to find it.
pub(crate) fn qualified(name: &[String]) -> Result<(&str, &str), Error> {
    match name {
        [own] => Ok(("", own)),
        [schema, own] => Ok((schema, own)),
        _ => Err(unknown(name)),
    }
}

pub(crate) fn unknown(name: &[String]) -> Error {
    Error::new(Failure::Undefined, format!("there is no procedure or function {}", name.join(".")))
}

/// The statement that runs it, and its parameters. A procedure has a place for what comes
/// back, a function has none.
pub(crate) fn written(call: &Procedure, routine: Routine) -> Result<(String, Vec<Value>), Error> {
    let mut text = String::from(routine.verb());
    text.push_str(&call.quoted(Dialect::Postgres)?);
    text.push('(');
    let mut params = Vec::new();
    let places = call
        .arguments
        .iter()
        .filter(|argument| routine == Routine::Procedure || argument.direction != Direction::Output);
    for (index, argument) in places.enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        if let Some(name) = plain_name(argument) {
            text.push_str(&format!("\"{name}\" => "));
        }
        match argument.given() {
            Some(value) => {
                params.push(value.clone());
                text.push_str(&format!("${}", params.len()));
            }
            None => text.push_str("NULL"),
        }
    }
    text.push(')');
    Ok((text, params))
}

/// The name of an argument's parameter: a plain word, as the gate has made sure.
fn plain_name(argument: &Argument) -> Option<&str> {
    argument.name.as_deref().map(|name| name.trim_start_matches('@'))
}

/// What came back: the arguments' values from the one row, or else rows.
pub(crate) fn called(call: &Procedure, columns: Vec<Column>, batch: Batch) -> Result<Called, Error> {
    let wanted: Vec<&Argument> = call.arguments.iter().filter(|argument| argument.direction.returns()).collect();
    if wanted.is_empty() {
        let rows = if columns.is_empty() { Batch::last(Vec::new()) } else { batch };
        return Ok(Called { columns, rows, ..Called::default() });
    }
    if wanted.len() != columns.len() {
        let message = format!("the procedure gives {} values back, not {}", columns.len(), wanted.len());
        return Err(Error::new(Failure::InvalidStatement, message));
    }
    let row: Row = batch.rows.into_iter().next().unwrap_or_else(|| vec![Value::Null; columns.len()]);
    let mut outputs = Vec::with_capacity(wanted.len());
    for (place, argument) in wanted.into_iter().enumerate() {
        // Values come in the order of the declaration, whatever order the names are in.
        let place = match plain_name(argument) {
            Some(name) => columns.iter().position(|column| column.name == name),
            None => Some(place),
        };
        let value = place
            .and_then(|place| row.get(place))
            .cloned()
            .ok_or_else(|| Error::new(Failure::InvalidStatement, "the procedure gives no value of this name back"))?;
        outputs.push(value);
    }
    Ok(Called { outputs, rows: Batch::last(Vec::new()), ..Called::default() })
}
