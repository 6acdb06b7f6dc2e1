//! Calls of procedures: one batch that declares what comes back, runs the procedure and
//! selects what it has set, with the status it returned.

use futures_util::TryStreamExt as _;
use patchbay_capability::sql::{Batch, Called, ColumnKind, Dialect, Error, Failure, Procedure, Reply, Row, Value};
use tiberius::QueryItem;

use super::super::client::Tds;
use super::super::row;
use super::super::statement::{self, Ready};
use super::{Trouble, Worker};

/// Name of the column that tells the batch's own result from those of the procedure.
pub(crate) const STATUS: &str = "patchbay_status";
/// Variable that knows how many transactions were open before.
const DEPTH: &str = "patchbay_depth";

impl Worker {
    pub(super) async fn call(&mut self, call: &Procedure, max_rows: u32, max_bytes: usize) -> Result<Reply, Error> {
        self.usable()?;
        let (text, params) = written(call)?;
        let ready = statement::prepare(&text, &params)?;
        match run(&mut self.client, ready, max_rows, max_bytes).await {
            Ok(called) if called.outputs.len() == call.outputs() => Ok(Reply::Called(called)),
            Ok(_) => Err(Error::new(Failure::Other, "the procedure did not come to its end")),
            Err(trouble) => Err(self.failed(trouble).await),
        }
    }
}

/// Whose result is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// None yet.
    Nothing,
    /// The procedure's first.
    First,
    /// Another of the procedure's.
    Other,
    /// The batch's own.
    Own,
}

async fn run(client: &mut Tds, ready: Ready<'_>, max_rows: u32, max_bytes: usize) -> Result<Called, Trouble> {
    let max_rows = usize::try_from(max_rows).unwrap_or(usize::MAX);
    let mut stream = ready.query().query(client).await?;
    let mut called = Called { rows: Batch::last(Vec::new()), ..Called::default() };
    let mut reading = Reading::Nothing;
    let mut bytes = 0_usize;
    let mut unreadable = None;
    while let Some(item) = stream.try_next().await? {
        match item {
            QueryItem::Metadata(metadata) => {
                let columns = row::columns(metadata.columns());
                let own = columns.first().is_some_and(|column| column.name == STATUS);
                reading = match reading {
                    _ if own => Reading::Own,
                    Reading::Nothing => {
                        called.columns = columns;
                        Reading::First
                    }
                    _ => Reading::Other,
                };
            }
            QueryItem::Row(found) => match reading {
                Reading::Own => {
                    let mut values = row::decode(&found).map_err(Trouble::Value)?.into_iter();
                    called.status = match values.next() {
                        Some(Value::Integer(status)) => Some(status),
                        _ => None,
                    };
                    called.outputs = values.collect();
                }
                Reading::First if called.rows.rows.len() >= max_rows || bytes >= max_bytes => {
                    called.rows.done = false;
                }
                // What cannot be read is said when everything has been: the session goes on.
                Reading::First => match row::decode(&found) {
                    Ok(row) => {
                        bytes = size(&row).saturating_add(bytes);
                        called.rows.rows.push(row);
                    }
                    Err(error) => unreadable = Some(error),
                },
                Reading::Nothing | Reading::Other => {}
            },
        }
    }
    match unreadable {
        Some(error) => Err(Trouble::Value(error)),
        None => Ok(called),
    }
}

fn size(row: &Row) -> usize {
    row.iter().map(Value::size).fold(0, usize::saturating_add)
}

/// The batch, and its parameters in the order of their placeholders.
pub(crate) fn written(call: &Procedure) -> Result<(String, Vec<Value>), Error> {
    let mut declared = format!("DECLARE @{STATUS} int");
    let mut selected = format!("SELECT @{STATUS} AS {STATUS}");
    let mut params = Vec::new();
    let mut outputs = 0_usize;
    // Placeholders are numbered as they stand, and these stand first.
    for argument in call.arguments.iter().filter(|argument| argument.direction.returns()) {
        outputs += 1;
        declared.push_str(&format!(", @patchbay_{outputs} {}", type_name(argument.kind)));
        selected.push_str(&format!(", @patchbay_{outputs} AS patchbay_{outputs}"));
        if let Some(value) = argument.given() {
            params.push(value.clone());
            declared.push_str(&format!(" = @P{}", params.len()));
        }
    }
    let mut executed = format!("EXEC @{STATUS} = {}", call.quoted(Dialect::Mssql)?);
    outputs = 0;
    for (index, argument) in call.arguments.iter().enumerate() {
        executed.push_str(if index == 0 { " " } else { ", " });
        if let Some(name) = &argument.name {
            executed.push_str(&format!("@{} = ", name.trim_start_matches('@')));
        }
        if argument.direction.returns() {
            outputs += 1;
            executed.push_str(&format!("@patchbay_{outputs} OUTPUT"));
        } else {
            params.push(argument.value.clone());
            executed.push_str(&format!("@P{}", params.len()));
        }
    }
    // A transaction that it began and did not end would swallow our COMMIT.
    let ended = format!(
        "IF @@TRANCOUNT > @{DEPTH} BEGIN ROLLBACK TRANSACTION; \
         RAISERROR('the procedure left a transaction open: it was rolled back', 16, 1) END ELSE"
    );
    Ok((format!("{declared}, @{DEPTH} int = @@TRANCOUNT; {executed}; {ended} {selected}"), params))
}

/// The widest type of its kind: what a procedure sets is converted to it.
fn type_name(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Boolean => "bit",
        ColumnKind::Integer => "bigint",
        ColumnKind::Float => "float",
        ColumnKind::Decimal => "decimal(38, 10)",
        ColumnKind::Text | ColumnKind::Json | ColumnKind::Other => "nvarchar(max)",
        ColumnKind::Bytes => "varbinary(max)",
        ColumnKind::Date => "date",
        ColumnKind::Time => "time",
        ColumnKind::Timestamp => "datetimeoffset",
        ColumnKind::Uuid => "uniqueidentifier",
    }
}

#[cfg(test)]
mod tests {
    use patchbay_capability::sql::{Argument, Direction};

    use super::*;

    fn argument(name: Option<&str>, direction: Direction, number: i64) -> Argument {
        let kind = ColumnKind::Integer;
        Argument { name: name.map(str::to_owned), direction, value: Value::Integer(number), kind }
    }

    #[track_caller]
    fn check(arguments: &[Argument], declared: &str, executed: &str, selected: &str, numbers: &[i64]) {
        let expected = format!(
            "DECLARE @patchbay_status int{declared}, @patchbay_depth int = @@TRANCOUNT; EXEC @patchbay_status = \
             [hr].[a]]b]{executed}; IF @@TRANCOUNT > @patchbay_depth BEGIN ROLLBACK TRANSACTION; RAISERROR('the \
             procedure left a transaction open: it was rolled back', 16, 1) END ELSE SELECT @patchbay_status AS \
             patchbay_status{selected}"
        );
        let call = Procedure { name: vec!["hr".into(), "a]b".into()], arguments: arguments.to_vec() };
        let (text, params) = written(&call).expect("it can be written");
        let numbers: Vec<Value> = numbers.iter().map(|number| Value::Integer(*number)).collect();
        assert_eq!((text, params), (expected, numbers));
    }

    #[test]
    fn values_are_parameters_and_outputs_variables() {
        use Direction::{Both, Input, Output};
        check(&[], "", "", "", &[]);
        check(
            &[argument(Some("login"), Input, 1), argument(Some("@id"), Output, 9), argument(Some("n"), Both, 2)],
            ", @patchbay_1 bigint, @patchbay_2 bigint = @P1",
            " @login = @P2, @id = @patchbay_1 OUTPUT, @n = @patchbay_2 OUTPUT",
            ", @patchbay_1 AS patchbay_1, @patchbay_2 AS patchbay_2",
            &[2, 1],
        );
    }
}
