//! SQL Server, with the statements of its own driver.

use patchbay_capability::sql::{ForeignKey, TableInfo, UniqueKey, Value};

use super::{Ask, Found, Trouble, empty, text};
use crate::mssql::catalogue::{self, COLUMNS, FOREIGN_KEYS, KEYS, RELATION, TABLES};

pub(super) fn tables(ask: &mut Ask<'_>) -> Result<Vec<Vec<String>>, Trouble> {
    let mut tables = Vec::new();
    for row in ask.rows(TABLES, &[])? {
        let (schema, table) = (row.needed(0), row.needed(1));
        if row.truth(2) {
            tables.push(vec![table.clone()]);
        }
        tables.push(vec![schema, table]);
    }
    Ok(tables)
}

pub(super) fn describe(ask: &mut Ask<'_>, name: &[String]) -> Result<Option<TableInfo>, Trouble> {
    let (place, params) = match name {
        [table] => ("QUOTENAME(@P1))", vec![text(table)]),
        [schema, table] => ("QUOTENAME(@P1) + N'.' + QUOTENAME(@P2))", vec![text(schema), text(table)]),
        _ => return Ok(None),
    };
    let found = ask.rows(&format!("{RELATION}{place}"), &params)?;
    let Some(relation) = found.first() else { return Ok(None) };
    let id = [Value::Integer(relation.number(0))];
    let table = relation.needed(2);
    let mut info = empty(vec![table.clone()], relation.truth(3));
    if name.len() > 1 {
        info.name.insert(0, relation.needed(1));
    }
    for row in ask.rows(COLUMNS, &id)? {
        info.columns.push(catalogue::column(described(&row)));
    }
    for row in ask.rows(KEYS, &id)? {
        let column = row.needed(2);
        if row.truth(1) {
            info.primary_key.push(column);
            continue;
        }
        let name = Some(row.needed(0));
        match info.unique_keys.last_mut().filter(|key| key.name == name) {
            Some(key) => key.columns.push(column),
            None => info.unique_keys.push(UniqueKey { name, columns: vec![column] }),
        }
    }
    for key in &info.unique_keys {
        ask.session.constraints.remember(&table, key.name.as_deref().unwrap_or_default(), key.columns.clone());
    }
    for row in ask.rows(FOREIGN_KEYS, &id)? {
        let (name, column, reference) = (Some(row.needed(0)), row.needed(1), row.needed(5));
        if let Some(key) = info.foreign_keys.last_mut().filter(|key| key.name == name) {
            key.columns.push(column);
            key.references.push(reference);
            continue;
        }
        let mut parent = vec![row.needed(3)];
        if !row.truth(4) {
            parent.insert(0, row.needed(2));
        }
        info.foreign_keys.push(ForeignKey { name, columns: vec![column], table: parent, references: vec![reference] });
    }
    Ok(Some(info))
}

fn described(row: &Found) -> catalogue::Described {
    let number = |index| i32::try_from(row.number(index)).unwrap_or(0);
    catalogue::Described {
        name: row.needed(0),
        base: row.needed(1),
        bytes: number(2),
        precision: number(3),
        scale: number(4),
        nullable: row.truth(5),
        identity: row.truth(6),
        computed: row.truth(7),
        default: row.truth(8),
        sequence: row.truth(9),
        collation: row.text(10),
    }
}
