//! Databases for tests, told in a few words.

use patchbay_capability::sql::{ColumnInfo, ColumnKind, ForeignKey, Generation, TableInfo, UniqueKey, Value};

use crate::database::{Count, Database, Samples, Table};

/// Tables, one per text: its name, then a line per column and constraint.
///
/// `hr.person` / `id int serial key` / `login text unique not null: ada, bob` /
/// `boss -> person.id` / `key a, b`. Words after a column's type: `key`, `serial`, `unique`,
/// `not null`, `default`, `computed`, `nocase`; what follows `:` are the values of the rows, `-` is NULL.
pub(crate) fn database(tables: &[&str]) -> Database {
    Database { tables: tables.iter().map(|text| table(text)).collect() }
}

fn table(text: &str) -> Table {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let name = lines.next().unwrap();
    let (name, view) = name.strip_prefix("view ").map_or((name, false), |name| (name, true));
    let mut info = TableInfo {
        name: name.split('.').map(str::to_owned).collect(),
        view,
        columns: Vec::new(),
        primary_key: Vec::new(),
        unique_keys: Vec::new(),
        foreign_keys: Vec::new(),
        deferrable: false,
    };
    let mut samples = Vec::new();
    for line in lines {
        if let Some(columns) = line.strip_prefix("key ") {
            info.primary_key = columns.split(", ").map(str::to_owned).collect();
            continue;
        }
        if let Some((column, target)) = line.split_once(" -> ") {
            let (table, key) = target.split_once('.').unwrap();
            info.foreign_keys.push(ForeignKey {
                name: None,
                columns: vec![column.to_owned()],
                table: vec![table.to_owned()],
                references: vec![key.to_owned()],
            });
            continue;
        }
        let (line, values) = line.split_once(": ").unwrap_or((line, ""));
        let mut words = line.split(' ');
        let (column, kind) = (words.next().unwrap().to_owned(), words.next().unwrap());
        let words: Vec<&str> = words.collect();
        let kind = match kind {
            "int" => ColumnKind::Integer,
            "bool" | "tinyint(1)" => ColumnKind::Boolean,
            "time" => ColumnKind::Timestamp,
            "bytes" | "rowversion" => ColumnKind::Bytes,
            _ => ColumnKind::Text,
        };
        if words.contains(&"key") {
            info.primary_key.push(column.clone());
        }
        if words.contains(&"unique") {
            info.unique_keys.push(UniqueKey { name: None, columns: vec![column.clone()] });
        }
        let mut seen = Samples::default();
        for text in values.split(", ").filter(|text| !text.is_empty()) {
            seen.add(match kind {
                _ if text == "-" => Value::Null,
                ColumnKind::Integer => Value::Integer(text.parse().unwrap()),
                ColumnKind::Boolean => Value::Boolean(matches!(text, "true" | "1")),
                _ => Value::Text(text.to_owned()),
            });
        }
        samples.push(seen);
        info.columns.push(ColumnInfo {
            name: column,
            type_name: line.split(' ').nth(1).unwrap().to_owned(),
            kind,
            nullable: !words.contains(&"not") && !words.contains(&"key"),
            generation: match () {
                () if words.contains(&"serial") => Generation::Identity,
                () if words.contains(&"default") => Generation::Default,
                () if words.contains(&"computed") => Generation::Computed,
                () => Generation::None,
            },
            max_length: None,
            padded: false,
            case_sensitive: !words.contains(&"nocase"),
        });
    }
    Table::new(info, Count::Exact(0), samples)
}
