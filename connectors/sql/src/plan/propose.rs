//! Settings proposed from the catalogue alone, for `discover` before anything is
//! configured: every table a class, foreign keys as references, tables that point at it
//! as multi-valued attributes.

use patchbay_connector::sql::{ColumnKind, ForeignKey, Generation, TableInfo};

use crate::catalogue::Catalogue;
use crate::settings::{Class, Multi, Reference, Settings};

/// Most columns of a table that is proposed as an attribute of another.
const MAX_CHILD_COLUMNS: usize = 6;

/// A table that becomes a class.
#[derive(Debug, Clone)]
struct Table<'a> {
    /// Name that the settings use.
    name: &'a [String],
    info: &'a TableInfo,
    /// Name of its class: the table's own, with its schema where two have the same.
    class: String,
}

/// A class for every table that has a primary key.
pub fn propose(binding: &str, catalogue: &Catalogue) -> Settings {
    let mut named: Vec<(&[String], &TableInfo)> = Vec::new();
    for (name, info) in catalogue.tables() {
        // A grant may name a table with its schema and without.
        if !info.primary_key.is_empty() && !named.iter().any(|(_, known)| is_same(&known.name, &info.name)) {
            named.push((name, info));
        }
    }
    let own = |name: &[String]| name.last().cloned().unwrap_or_default();
    let tables: Vec<Table<'_>> = named
        .iter()
        .map(|(name, info)| {
            let alone = named.iter().filter(|(other, _)| own(other) == own(name)).count() == 1;
            let class = if alone { own(name) } else { info.name.join("_") };
            Table { name, info, class }
        })
        .collect();
    let classes = tables
        .iter()
        .map(|table| Class {
            name: table.class.clone(),
            table: table.name.to_vec(),
            name_attribute: name_attribute(table.info),
            references: references(table.info, &tables),
            multi: multi(table.info, catalogue, &tables),
            ..Class::default()
        })
        .collect();
    Settings { binding: binding.to_owned(), classes }
}

/// Whether two names mean one table: with its schema and without.
fn is_same(one: &[String], other: &[String]) -> bool {
    one.ends_with(other) || other.ends_with(one)
}

/// The table that a foreign key leads to, if it leads to its whole key.
fn target<'t, 'a>(foreign: &ForeignKey, tables: &'t [Table<'a>]) -> Option<&'t Table<'a>> {
    tables.iter().find(|table| {
        let key = &table.info.primary_key;
        is_same(&table.info.name, &foreign.table)
            && key.len() == foreign.references.len()
            && key.iter().all(|column| foreign.references.contains(column))
    })
}

/// The foreign key's own columns in the order of the target's key.
fn in_order(foreign: &ForeignKey, target: &TableInfo) -> Vec<String> {
    let place = |key: &String| foreign.references.iter().position(|name| name == key);
    target.primary_key.iter().filter_map(|key| foreign.columns.get(place(key)?).cloned()).collect()
}

/// The first text column that is unique by itself.
fn name_attribute(table: &TableInfo) -> Option<String> {
    table
        .unique_keys
        .iter()
        .filter_map(|key| match key.columns.as_slice() {
            [only] => table.columns.iter().find(|column| column.name == *only),
            _ => None,
        })
        .find(|column| column.kind == ColumnKind::Text)
        .map(|column| column.name.clone())
}

fn references(table: &TableInfo, tables: &[Table<'_>]) -> Vec<(String, Reference)> {
    let mut references: Vec<(String, Reference)> = Vec::new();
    for foreign in &table.foreign_keys {
        // Columns of the key stay what they are.
        if foreign.columns.iter().any(|column| table.primary_key.contains(column)) {
            continue;
        }
        let Some(to) = target(foreign, tables) else { continue };
        let label = match foreign.columns.as_slice() {
            [column] => column.strip_suffix("_id").unwrap_or(column).to_owned(),
            _ => to.class.clone(),
        };
        let taken = references.iter().any(|(other, _)| *other == label)
            || table.columns.iter().any(|column| column.name == label && !foreign.columns.contains(&label));
        if !taken {
            let columns = in_order(foreign, to.info);
            references.push((label, Reference { columns, class: to.class.clone(), read_only: false }));
        }
    }
    references
}

fn multi(own: &TableInfo, catalogue: &Catalogue, tables: &[Table<'_>]) -> Vec<(String, Multi)> {
    let mut found: Vec<(String, Multi)> = Vec::new();
    for (name, child) in catalogue.tables() {
        if child.columns.len() > MAX_CHILD_COLUMNS || is_same(&child.name, &own.name) {
            continue;
        }
        for foreign in &child.foreign_keys {
            let Some(to) = target(foreign, tables).filter(|to| is_same(&to.info.name, &own.name)) else { continue };
            let Some((value, class)) = value(child, foreign, tables) else { continue };
            let label = name.last().cloned().unwrap_or_default();
            let taken = |label: &String| {
                found.iter().any(|(other, _)| other == label) || own.columns.iter().any(|column| column.name == *label)
            };
            let label = match (taken(&label), foreign.columns.first()) {
                (true, Some(column)) => format!("{label}_{column}"),
                _ => label,
            };
            if !taken(&label) {
                let parent = in_order(foreign, to.info);
                found.push((label, Multi { table: name.to_vec(), parent, value, class, ..Multi::default() }));
            }
        }
    }
    found
}

/// What the rows of a child table are about: the other end of a junction, or the only
/// column that is left.
fn value(child: &TableInfo, parent: &ForeignKey, tables: &[Table<'_>]) -> Option<(Vec<String>, Option<String>)> {
    let others: Vec<&ForeignKey> =
        child.foreign_keys.iter().filter(|foreign| foreign.columns != parent.columns).collect();
    if let [other] = others.as_slice() {
        let to = target(other, tables)?;
        return Some((in_order(other, to.info), Some(to.class.clone())));
    }
    let left: Vec<&String> = child
        .columns
        .iter()
        .filter(|column| {
            column.kind == ColumnKind::Text
                && column.generation == Generation::None
                && column.max_length != Some(1)
                && !parent.columns.contains(&column.name)
        })
        .map(|column| &column.name)
        .collect();
    match (others.is_empty(), left.as_slice()) {
        (true, [only]) => Some((vec![(*only).clone()], None)),
        _ => None,
    }
}
