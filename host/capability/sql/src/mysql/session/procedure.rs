//! Calls of procedures. What comes back goes through variables of the session, which every
//! server of the family takes; no guest can read them.

use mysql_async::prelude::Queryable as _;
use patchbay_capability::sql::{Batch, Called, Dialect, Error, Failure, Procedure, Reply, Value};

use super::super::statement;
use super::{Session, row};

impl Session {
    pub(super) async fn call(&mut self, call: &Procedure, max_rows: u32, max_bytes: usize) -> Result<Reply, Error> {
        let Written { before, text, after } = written(call)?;
        if let Some((text, params)) = &before {
            self.execute(text, params).await?;
        }
        let (text, params) = text;
        let (prepared, params) = self.prepare(&text, &params).await?;
        let max_rows = usize::try_from(max_rows).unwrap_or(usize::MAX);
        let Self { conn, status, .. } = self;
        let mut sets = conn.exec_iter(&prepared, params).await.map_err(|error| status.failed(&error, &text))?;
        let columns = statement::columns(sets.columns_ref());
        let mut rows = Batch::last(Vec::new());
        let mut bytes = 0_usize;
        let mut unreadable = None;
        while !columns.is_empty() {
            match sets.next().await.map_err(|error| status.failed(&error, &text))? {
                None => break,
                Some(_) if rows.rows.len() >= max_rows || bytes >= max_bytes => {
                    rows.done = false;
                    break;
                }
                Some(next) => match row::decode(next) {
                    Ok(row) => {
                        bytes = row.iter().map(Value::size).fold(bytes, usize::saturating_add);
                        rows.rows.push(row);
                    }
                    Err(error) => {
                        unreadable = Some(error);
                        break;
                    }
                },
            }
        }
        // An error may come after any number of result sets: all are read.
        sets.drop_result().await.map_err(|error| status.failed(&error, &text))?;
        if let Some(error) = unreadable {
            return Err(error);
        }
        let outputs = match &after {
            Some(text) => self.outputs(text).await?,
            None => Vec::new(),
        };
        Ok(Reply::Called(Called { outputs, status: None, columns, rows }))
    }

    /// What the variables hold.
    async fn outputs(&mut self, text: &str) -> Result<Vec<Value>, Error> {
        let (prepared, params) = self.prepare(text, &[]).await?;
        let found: Option<mysql_async::Row> =
            self.conn.exec_first(&prepared, params).await.map_err(|error| self.status.failed(&error, text))?;
        match found {
            Some(found) => row::decode(found),
            None => Err(Error::new(Failure::Other, "the server told nothing of its variables")),
        }
    }
}

/// Statements of a call.
#[derive(Debug, PartialEq)]
pub(crate) struct Written {
    /// Gives the variables their values, if there are any.
    pub(crate) before: Option<(String, Vec<Value>)>,
    /// The call.
    pub(crate) text: (String, Vec<Value>),
    /// Reads the variables.
    pub(crate) after: Option<String>,
}

pub(crate) fn written(call: &Procedure) -> Result<Written, Error> {
    let mut places = Vec::new();
    let mut params = Vec::new();
    let mut variables = Vec::new();
    let mut set = Vec::new();
    let mut set_params = Vec::new();
    for argument in &call.arguments {
        if !argument.direction.returns() {
            params.push(argument.value.clone());
            places.push("?".to_owned());
            continue;
        }
        let variable = format!("@patchbay_{}", variables.len() + 1);
        match argument.given() {
            Some(value) => {
                set_params.push(value.clone());
                set.push(format!("{variable} = ?"));
            }
            None => set.push(format!("{variable} = NULL")),
        }
        places.push(variable.clone());
        variables.push(variable);
    }
    let text = format!("CALL {}({})", call.quoted(Dialect::Mysql)?, places.join(", "));
    let any = !variables.is_empty();
    Ok(Written {
        before: any.then(|| (format!("SET {}", set.join(", ")), set_params)),
        text: (text, params),
        after: any.then(|| format!("SELECT {}", variables.join(", "))),
    })
}

#[cfg(test)]
mod tests {
    use patchbay_capability::sql::{Argument, ColumnKind, Direction};

    use super::*;

    fn argument(direction: Direction, number: i64) -> Argument {
        Argument { name: None, direction, value: Value::Integer(number), kind: ColumnKind::Integer }
    }

    #[track_caller]
    fn check(arguments: &[Argument], before: Option<&str>, text: &str, after: Option<&str>) {
        let call = Procedure { name: vec!["hr".into(), "a`b".into()], arguments: arguments.to_vec() };
        let written = written(&call).expect("it can be written");
        assert_eq!(written.before.as_ref().map(|(text, _)| text.as_str()), before);
        assert_eq!((written.text.0.as_str(), written.after.as_deref()), (text, after));
    }

    #[test]
    fn values_are_parameters_and_outputs_variables() {
        use Direction::{Both, Input, Output};
        check(&[], None, "CALL `hr`.`a``b`()", None);
        check(&[argument(Input, 1), argument(Input, 2)], None, "CALL `hr`.`a``b`(?, ?)", None);
        check(
            &[argument(Output, 0), argument(Input, 1), argument(Both, 2)],
            Some("SET @patchbay_1 = NULL, @patchbay_2 = ?"),
            "CALL `hr`.`a``b`(@patchbay_1, ?, @patchbay_2)",
            Some("SELECT @patchbay_1, @patchbay_2"),
        );
    }
}
