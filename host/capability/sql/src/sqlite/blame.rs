//! Finds out which foreign key a statement broke: SQLite only says that one did.
//!
//! The failed statement is read again. Where it gives a key's columns plain parameters,
//! the parent row is looked for; the key whose parent is missing is the one. Where it
//! deletes, the table's children are asked for. Costs nothing until something fails.

use std::ops::ControlFlow;

use patchbay_capability::sql::{ForeignKey, Value};
use rusqlite::{Connection, params_from_iter};
use sqlparser::ast::{
    Assignment, AssignmentTarget, Expr, FromTable, ObjectName, SetExpr, Statement, TableFactor, TableObject,
    TableWithJoins, Value as Literal, visit_expressions,
};
use sqlparser::dialect::SQLiteDialect;
use sqlparser::parser::Parser;

use super::catalogue;
use super::error::Fault;
use super::value::Bound;

/// A broken foreign key.
pub(super) struct Broken {
    pub(super) constraint: Option<String>,
    /// The table that has the key.
    pub(super) table: String,
    /// Its columns; none when a parent was removed under its children.
    pub(super) columns: Vec<String>,
}

/// A write, as far as it matters here: the table, and columns with the parameter each
/// gets (by index).
struct Write {
    table: String,
    assigned: Vec<(String, usize)>,
}

/// The foreign key a failed statement broke, where that can be told.
pub(super) fn foreign_key(fault: &Fault<'_>) -> rusqlite::Result<Option<Broken>> {
    let Some(write) = read(fault.text) else { return Ok(None) };
    let constraints = catalogue::constraints(fault.connection, &write.table)?;
    for key in catalogue::foreign_keys(fault.connection, &write.table, &constraints)? {
        if has_no_parent(fault, &write, &key)? {
            return Ok(Some(Broken { constraint: key.name, table: write.table, columns: key.columns }));
        }
    }
    orphaned(fault.connection, &write.table)
}

/// Whether the write gives all columns of the key a value, and no parent has them.
fn has_no_parent(fault: &Fault<'_>, write: &Write, key: &ForeignKey) -> rusqlite::Result<bool> {
    let mut bound = Vec::new();
    for column in &key.columns {
        let assigned = write.assigned.iter().find(|(name, _)| name.eq_ignore_ascii_case(column));
        let Some((index, value)) = assigned.and_then(|(_, index)| Some((*index, fault.params.get(*index)?))) else {
            return Ok(false);
        };
        // A key that is partly NULL points nowhere.
        if *value == Value::Null {
            return Ok(false);
        }
        match Bound::new(value, index) {
            Ok(value) => bound.push(value),
            Err(_) => return Ok(false),
        }
    }
    let Some(parent) = key.table.last() else { return Ok(false) };
    let conditions: Vec<String> = key.references.iter().map(|column| format!("{} = ?", quote(column))).collect();
    let text = format!("SELECT EXISTS (SELECT 1 FROM {} WHERE {})", quote(parent), conditions.join(" AND "));
    fault.connection.query_row(&text, params_from_iter(bound), |row| row.get::<_, bool>(0)).map(|exists| !exists)
}

/// The one foreign key that points at `table`, if there is exactly one.
fn orphaned(connection: &Connection, table: &str) -> rusqlite::Result<Option<Broken>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT s.name, k.id FROM main.sqlite_schema AS s, pragma_foreign_key_list(s.name) AS k
         WHERE s.type = 'table' AND k.\"table\" = ?1 COLLATE NOCASE",
    )?;
    let children =
        statement.query_map([table], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    let [child] = children.as_slice() else { return Ok(None) };
    let constraints = catalogue::constraints(connection, child)?;
    let key = catalogue::foreign_keys(connection, child, &constraints)?
        .into_iter()
        .find(|key| key.table.last().is_some_and(|parent| parent.eq_ignore_ascii_case(table)));
    Ok(key.map(|key| Broken { constraint: key.name, table: child.clone(), columns: Vec::new() }))
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn read(text: &str) -> Option<Write> {
    match Parser::parse_sql(&SQLiteDialect {}, text).ok()?.into_iter().next()? {
        Statement::Insert(insert) => {
            let TableObject::TableName(table) = &insert.table else { return None };
            let source = insert.source.as_ref()?;
            let SetExpr::Values(values) = source.body.as_ref() else { return None };
            // Of several rows any could be at fault.
            let [row] = values.rows.as_slice() else { return None };
            let columns = insert.columns.iter().map(last_part).collect::<Option<Vec<_>>>()?;
            Some(Write { table: last_part(table)?, assigned: placed(columns, row.content.iter()) })
        }
        Statement::Update(update) => {
            let columns = update.assignments.iter().map(assigned_column).collect::<Option<Vec<_>>>()?;
            let assigned = placed(columns, update.assignments.iter().map(|assignment| &assignment.value));
            Some(Write { table: table_name(&update.table)?, assigned })
        }
        Statement::Delete(delete) => {
            let FromTable::WithFromKeyword(from) = &delete.from else { return None };
            Some(Write { table: table_name(from.first()?)?, assigned: Vec::new() })
        }
        _ => None,
    }
}

/// Columns that get a plain parameter, with its index: placeholders count as they come.
fn placed<'a>(columns: Vec<String>, values: impl Iterator<Item = &'a Expr>) -> Vec<(String, usize)> {
    let mut assigned = Vec::new();
    let mut seen = 0;
    for (column, value) in columns.into_iter().zip(values) {
        if is_placeholder(value) {
            assigned.push((column, seen));
        }
        let _ = visit_expressions(value, |inner| {
            seen += usize::from(is_placeholder(inner));
            ControlFlow::<()>::Continue(())
        });
    }
    assigned
}

fn is_placeholder(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Literal::Placeholder(_)))
}

fn assigned_column(assignment: &Assignment) -> Option<String> {
    match &assignment.target {
        AssignmentTarget::ColumnName(name) => last_part(name),
        AssignmentTarget::Tuple(_) => None,
    }
}

fn table_name(table: &TableWithJoins) -> Option<String> {
    match &table.relation {
        TableFactor::Table { name, .. } => last_part(name),
        _ => None,
    }
}

fn last_part(name: &ObjectName) -> Option<String> {
    Some(name.0.last()?.as_ident()?.value.clone())
}
