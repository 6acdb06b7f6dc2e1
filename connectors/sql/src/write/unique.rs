//! Attributes that are unique because the settings say so, and not the database.

use patchbay_connector::sql::{self, Builder};
use patchbay_connector::{Comparator, Error, ErrorKind, Fault};

use super::assign::{Assignments, Set};
use super::lock;
use super::transaction::Abort;
use crate::database::Database;
use crate::plan::{Attribute, Class, Column, KeyPart, Source};
use crate::{condition, fault, key, value};

/// Makes sure that no other object has the values that are about to be written; `own` is
/// the key of the object that they are for, where it is there already. Comes before
/// anything else is locked, so that two writers never wait for each other.
pub(super) fn guard(
    db: &mut impl Database,
    class: &Class,
    assigned: &Assignments<'_>,
    own: Option<&[sql::Value]>,
) -> Result<(), Abort> {
    for attribute in &class.attributes {
        let Source::Column(column) = &attribute.source else { continue };
        if !class.guarded.contains(&attribute.name) {
            continue;
        }
        let given = assigned.columns.iter().find_map(|(known, set)| match set {
            Set::To(value) if known.name == column.name && *value != sql::Value::Null => Some(value),
            _ => None,
        });
        if let Some(given) = given {
            check(db, class, attribute, column, given, own)?;
        }
    }
    Ok(())
}

fn check(
    db: &mut impl Database,
    class: &Class,
    attribute: &Attribute,
    column: &Column,
    given: &sql::Value,
    own: Option<&[sql::Value]>,
) -> Result<(), Abort> {
    // Where other spellings are the same value, its lock is that of all values.
    let exact = column.native_case && column.case_exact;
    let part = key::encode(&[KeyPart::of(column)], &[lock::bare(given)]).filter(|_| exact).unwrap_or_default();
    lock::hold(db, class.dialect, &class.table, &format!("{}={part}", column.name))?;

    let Some(value) = value::from_sql(column, given.clone()).map_err(|_| fault::unreadable(&attribute.name))? else {
        return Ok(());
    };
    let mut sql = Builder::new();
    sql.text("SELECT COUNT(*) FROM ").ident(class.table.iter().cloned()).text(class.dialect.table_lock());
    sql.text(" WHERE ");
    condition::compare(&mut sql, class.dialect, None, column, Comparator::Equal, &value, false);
    if !class.soft_delete.is_empty() {
        sql.text(" AND ");
        condition::visible(&mut sql, class, None);
    }
    if let Some(own) = own {
        sql.text(" AND NOT (");
        condition::has_key(&mut sql, class, None, own);
        sql.text(")");
    }
    let rows = db.query(sql.build(), 1).map_err(|error| Abort::new(&error, fault::plain(&error)))?;
    match rows.first().and_then(|row| row.first()).and_then(value::whole) {
        Some(0) => Ok(()),
        Some(_) => {
            let message = format!("`{}` has a value that another object has already", attribute.name);
            Err(Error::fault(ErrorKind::AlreadyExists, message).with_attribute(&attribute.name).into())
        }
        None => Err(fault::broken("COUNT(*) gave no integer").into()),
    }
}
