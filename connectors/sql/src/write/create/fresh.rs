//! The key of a new row where INSERT does not return it, as on MySQL, Oracle, Db2 and HANA, or
//! not always, as on SQL Server.

use std::borrow::Cow;

use patchbay_connector::sql::{self, Builder};
use patchbay_connector::{Error, ErrorKind, Fault};

use super::{not_one, statement};
use crate::condition;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::fault::{self, About};
use crate::plan::{Class, Column, Native};
use crate::value;
use crate::write::assign::{Assignments, Set};
use crate::write::transaction::Abort;

/// SQL Server's number for "the target table of the DML statement cannot have any enabled
/// triggers if the statement contains an OUTPUT clause without INTO clause".
const OUTPUT_WITH_TRIGGERS: &str = "mssql.334";

/// Inserts the row and returns its key: the number that the database counted up, or else
/// what the row is found by afterwards. A key that is a UUID is made before.
///
/// The number counted up last need not be the row's: it is that of an earlier row where a
/// trigger or a default gives the key. SQL Server returns rows of a table that has no triggers
/// only, and tells the number in ways that triggers disturb. So a row that can be found by what
/// it is given is found by that, and only of another one the number is asked for.
pub(super) fn insert(db: &mut impl Database, class: &Class, own: &Assignments<'_>) -> Result<Vec<sql::Value>, Abort> {
    let mut own = Cow::Borrowed(own);
    for part in class.key.iter().filter(|part| part.native == Native::Uuid && part.generated) {
        if given(&own, &part.name).is_none()
            && let Some(new_uuid) = class.dialect.new_uuid()
        {
            let uuid = one(db, Builder::new().text(new_uuid))?;
            own.to_mut().columns.push((part, Set::To(uuid)));
        }
    }
    let found_by = identifying(class, &own);
    if class.dialect == Dialect::Mssql && found_by.is_none() {
        return super::insert(db, class, &own);
    }
    let counted = match class.key.as_slice() {
        [part] if found_by.is_none() && part.identity && given(&own, &part.name).is_none() => {
            class.dialect.last_number()
        }
        _ => None,
    };
    if counted.is_some()
        && let Some(forget) = class.dialect.forget_number()
    {
        one(db, Builder::new().text(forget))?;
    }
    let about = About { class, multi: None, written: &own.attributes };
    let inserted = db.execute(statement(class, &own, false)?.build());
    let inserted = inserted.map_err(|error| Abort::new(&error, about.error(&error)))?;
    if inserted != 1 {
        return Err(not_one(&format!("the INSERT wrote {inserted} rows")));
    }
    if let Some(last_number) = counted {
        let number = one(db, Builder::new().text(last_number))?;
        let number = value::whole(&number).map_or(number, sql::Value::Integer);
        // It counted nothing up: something else gave the row its key.
        let nothing = [sql::Value::Null, sql::Value::Integer(0)];
        return if nothing.contains(&number) { Err(no_key().into()) } else { Ok(vec![number]) };
    }
    let Some(found_by) = found_by else { return Err(no_key().into()) };
    let mut sql = Builder::new();
    sql.text("SELECT ").list(", ", &class.key, |sql, part| {
        sql.ident([&part.name]);
    });
    sql.text(" FROM ").ident(class.table.iter().cloned()).text(" WHERE ");
    sql.list(" AND ", found_by, |sql, (column, value)| {
        condition::equal(sql, class.dialect, None, column, value);
    });
    let mut rows = db.query(sql.build(), 2).map_err(|error| Abort::new(&error, fault::plain(&error)))?;
    match (rows.pop(), rows.len()) {
        (Some(key), 0) => Ok(key),
        (_, more) => Err(not_one(&format!("{} other rows have its values", more))),
    }
}

/// What it means that SQL Server refuses to return the key of a row, as the table has triggers;
/// none where the error is another one.
pub(super) fn untold(class: &Class, error: &sql::Error) -> Option<Error> {
    let refused = class.dialect == Dialect::Mssql && error.sqlstate.as_deref() == Some(OUTPUT_WITH_TRIGGERS);
    refused.then(|| no_key().with_internal(error.message.clone()))
}

/// Nothing tells the new row from the others.
fn no_key() -> Error {
    let message = "the target does not tell the key of a new row: the row needs a value for its key, or for a \
                   unique column";
    Error::fault(ErrorKind::Configuration, message)
}

/// The value that a column gets, if it gets one that is not NULL.
fn given<'a>(own: &Assignments<'a>, name: &str) -> Option<(&'a Column, sql::Value)> {
    own.columns.iter().find(|(column, _)| column.name == name).and_then(|(column, set)| match set {
        Set::To(sql::Value::Null) | Set::Without(_) => None,
        Set::To(value) => Some((*column, value.clone())),
    })
}

/// Columns with values that only the new row has: its key, or another unique one.
fn identifying<'a>(class: &Class, own: &Assignments<'a>) -> Option<Vec<(&'a Column, sql::Value)>> {
    let key: Vec<&str> = class.key.iter().map(|part| part.name.as_str()).collect();
    let others = class.unique_keys.iter().map(|unique| unique.columns.iter().map(String::as_str).collect());
    std::iter::once(key)
        .chain(others)
        .filter(|columns: &Vec<&str>| !columns.is_empty())
        .find_map(|columns| columns.iter().map(|name| given(own, name)).collect())
}

/// The one value of a statement.
fn one(db: &mut impl Database, sql: &mut Builder) -> Result<sql::Value, Abort> {
    let statement = std::mem::take(sql).build();
    let rows = db.query(statement, 1).map_err(|error| Abort::new(&error, fault::plain(&error)))?;
    rows.into_iter().next().and_then(|row| row.into_iter().next()).ok_or_else(|| fault::unreadable("key").into())
}
