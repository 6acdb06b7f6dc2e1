//! Numbers for columns that something beside the table counts.

use patchbay_connector::sql::{self, Builder};
use patchbay_connector::{Error, ErrorKind, Fault, Value};

use crate::condition;
use crate::database::Database;
use crate::fault;
use crate::plan::{Class, Column, Fixed, Native, Next, Numbers};
use crate::value;
use crate::write::assign::{Assignments, Set};
use crate::write::transaction::Abort;

/// Gives each column of `next` that has no value yet its number.
pub(super) fn fill<'a>(db: &mut impl Database, class: &'a Class, own: &mut Assignments<'a>) -> Result<(), Abort> {
    for Next { column, source } in &class.next {
        let given = own.columns.iter().any(|(known, set)| {
            known.name == column.name && matches!(set, Set::To(value) if *value != sql::Value::Null)
        });
        if given {
            continue;
        }
        let number = match source {
            Numbers::Counter { table, column, fixed, last } => count_up(db, table, column, fixed, *last)?,
            Numbers::Sequence(name) => draw(db, class, name)?,
        };
        let number = stored(column, number)?;
        own.columns.retain(|(known, _)| known.name != column.name);
        own.columns.push((column, Set::To(number)));
    }
    Ok(())
}

/// Takes a number from a table of next ids. The UPDATE comes first: it locks the row until
/// the end of the transaction, so that nobody reads the same number.
fn count_up(db: &mut impl Database, table: &[String], column: &str, fixed: &[Fixed], last: bool) -> Result<i64, Abort> {
    let mut update = Builder::new();
    update.text("UPDATE ").ident(table.iter().cloned()).text(" SET ").ident([column]).text(" = ").ident([column]);
    update.text(" + 1");
    condition::where_fixed(&mut update, fixed);
    let counted = db.execute(update.build()).map_err(|error| Abort::new(&error, fault::plain(&error)))?;
    if counted != 1 {
        let table = table.join(".");
        return Err(misconfigured(format!("`{table}` has {counted} rows to count up, and there has to be one")));
    }
    let mut select = Builder::new();
    select.text("SELECT ").ident([column]).text(" FROM ").ident(table.iter().cloned());
    condition::where_fixed(&mut select, fixed);
    let after = number(db, select)?;
    Ok(if last { after } else { after.saturating_sub(1) })
}

/// Takes the next number of a sequence.
fn draw(db: &mut impl Database, class: &Class, name: &[String]) -> Result<i64, Abort> {
    let mut select = Builder::new();
    class.dialect.next_value(&mut select, name);
    number(db, select)
}

/// The one number that a statement gives.
fn number(db: &mut impl Database, select: Builder) -> Result<i64, Abort> {
    let rows = db.query(select.build(), 1).map_err(|error| Abort::new(&error, fault::plain(&error)))?;
    let found = rows.first().and_then(|row| row.first()).and_then(value::whole);
    found.ok_or_else(|| misconfigured("what counts the next numbers holds no whole number".to_owned()))
}

/// The number as its column stores it.
fn stored(column: &Column, number: i64) -> Result<sql::Value, Abort> {
    let given = match column.native {
        Native::Text => Value::Text(number.to_string()),
        _ => Value::Integer(number),
    };
    value::to_store(column, &given).map_err(|misfit| fault::misfit(&column.name, misfit, column).into())
}

fn misconfigured(why: String) -> Abort {
    Error::fault(ErrorKind::Configuration, "the target has no next number for a new object").with_internal(why).into()
}
