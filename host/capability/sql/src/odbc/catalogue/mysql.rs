//! MySQL and MariaDB, with the statements of their own driver.

use patchbay_capability::sql::{ForeignKey, TableInfo, UniqueKey, Value};

use super::{Ask, Trouble, empty, text};
use crate::mysql::catalogue::{
    self, CHECKS_OF_MARIADB, CHECKS_OF_MYSQL, COLUMNS, FOREIGN_KEYS, KEYS, RELATION, TABLES,
};

pub(super) fn tables(ask: &mut Ask<'_>) -> Result<Vec<Vec<String>>, Trouble> {
    let mut tables = Vec::new();
    for row in ask.rows(TABLES, &[])? {
        let (database, table) = (row.needed(0), row.needed(1));
        if row.truth(2) {
            tables.push(vec![table.clone()]);
        }
        tables.push(vec![database, table]);
    }
    Ok(tables)
}

pub(super) fn describe(ask: &mut Ask<'_>, name: &[String]) -> Result<Option<TableInfo>, Trouble> {
    let (database, table) = match name {
        [table] => (None, table),
        [database, table] => (Some(database), table),
        _ => return Ok(None),
    };
    let given = [database.map_or(Value::Null, |database| text(database)), text(table)];
    let found = ask.rows(RELATION, &given)?;
    let spelled = found.iter().find(|row| {
        let (place, name) = (row.needed(0), row.needed(1));
        let exact = name == *table && database.is_none_or(|database| *database == place);
        exact || (row.truth(3) && name.to_lowercase() == table.to_lowercase())
    });
    let Some(relation) = spelled else { return Ok(None) };
    let (place, table) = (relation.needed(0), relation.needed(1));
    let of_table = [text(&place), text(&table)];
    let full = if database.is_some() { vec![place, table.clone()] } else { vec![table.clone()] };
    let mut info = empty(full, relation.truth(2));

    let version = ask.rows("SELECT VERSION()", &[])?;
    let is_mariadb = version.first().is_some_and(|row| row.needed(0).contains("MariaDB"));
    let checks = ask.rows(if is_mariadb { CHECKS_OF_MARIADB } else { CHECKS_OF_MYSQL }, &of_table)?;
    let checks: Vec<(String, String)> = checks.iter().map(|row| (row.needed(0), row.needed(1))).collect();
    for row in ask.rows(COLUMNS, &of_table)? {
        let (name, mut base) = (row.needed(0), row.needed(2));
        if base == "longtext" && checks.iter().any(|(_, clause)| catalogue::is_json_check(clause, &name)) {
            base = "json".to_owned();
        }
        let length = row.text(6).and_then(|length| length.parse().ok());
        let (extra, default, collation, charset) = (row.needed(4), row.text(5), row.text(7), row.text(8));
        let described = (name, row.needed(1), base, row.truth(3), extra, default, length, collation, charset);
        info.columns.push(catalogue::column(described));
    }
    for (name, clause) in checks {
        let named = info.columns.iter().filter(|column| catalogue::mentions(&clause, &column.name));
        ask.session.constraints.remember(&table, &name, named.map(|column| column.name.clone()).collect());
    }

    let mut keys: Vec<(String, Vec<Option<String>>)> = Vec::new();
    for row in ask.rows(KEYS, &of_table)? {
        let (index, column) = (row.needed(0), row.text(1).filter(|_| row.truth(2)));
        match keys.last_mut() {
            Some((name, columns)) if *name == index => columns.push(column),
            _ => keys.push((index, vec![column])),
        }
    }
    for (name, columns) in keys {
        // For an error also what names some of its columns helps.
        ask.session.constraints.remember(&table, &name, columns.iter().flatten().cloned().collect());
        let Some(columns) = columns.into_iter().collect::<Option<Vec<String>>>() else { continue };
        if name == "PRIMARY" {
            info.primary_key = columns;
        } else {
            info.unique_keys.push(UniqueKey { name: Some(name), columns });
        }
    }
    for row in ask.rows(FOREIGN_KEYS, &of_table)? {
        let (name, column, references) = (row.needed(0), row.needed(1), row.needed(4));
        match info.foreign_keys.last_mut() {
            Some(key) if key.name.as_ref() == Some(&name) => {
                key.columns.push(column);
                key.references.push(references);
            }
            _ => info.foreign_keys.push(ForeignKey {
                name: Some(name),
                columns: vec![column],
                table: if row.truth(5) { vec![row.needed(3)] } else { vec![row.needed(2), row.needed(3)] },
                references: vec![references],
            }),
        }
    }
    Ok(Some(info))
}
