//! Settings proposed from the catalogue alone, for `discover` before anything is
//! configured: every table a class, foreign keys as references, tables that point at it
//! as multi-valued attributes.

use patchbay_connector::sql::{ColumnKind, ForeignKey, Generation, TableInfo};

use crate::catalogue::Catalogue;
use crate::settings::{Class, Multi, Reference, Settings};

/// Most columns of a table that is proposed as an attribute of another.
const MAX_CHILD_COLUMNS: usize = 6;

/// A class for every table that has a primary key.
pub fn propose(binding: &str, catalogue: &Catalogue) -> Settings {
    let tables: Vec<(&[String], &TableInfo)> =
        catalogue.tables().filter(|(_, table)| !table.primary_key.is_empty()).collect();
    let classes = tables
        .iter()
        .map(|(name, table)| Class {
            name: class_name(name),
            table: name.to_vec(),
            name_attribute: name_attribute(table),
            references: references(table, &tables),
            multi: multi(table, catalogue, &tables),
            ..Class::default()
        })
        .collect();
    Settings { binding: binding.to_owned(), classes }
}

fn class_name(table: &[String]) -> String {
    table.last().cloned().unwrap_or_default()
}

/// The class of the table that a foreign key leads to, if it leads to its whole key.
fn target<'a>(foreign: &ForeignKey, tables: &[(&'a [String], &'a TableInfo)]) -> Option<(&'a [String], &'a TableInfo)> {
    tables.iter().copied().find(|(_, table)| {
        table.name.last() == foreign.table.last()
            && table.primary_key.len() == foreign.references.len()
            && table.primary_key.iter().all(|column| foreign.references.contains(column))
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

fn references(table: &TableInfo, tables: &[(&[String], &TableInfo)]) -> Vec<(String, Reference)> {
    let mut references: Vec<(String, Reference)> = Vec::new();
    for foreign in &table.foreign_keys {
        // Columns of the key stay what they are.
        if foreign.columns.iter().any(|column| table.primary_key.contains(column)) {
            continue;
        }
        let Some((name, to)) = target(foreign, tables) else { continue };
        let label = match foreign.columns.as_slice() {
            [column] => column.strip_suffix("_id").unwrap_or(column).to_owned(),
            _ => class_name(name),
        };
        let taken = references.iter().any(|(other, _)| *other == label)
            || table.columns.iter().any(|column| column.name == label && !foreign.columns.contains(&label));
        if !taken {
            let columns = in_order(foreign, to);
            references.push((label, Reference { columns, class: class_name(name), read_only: false }));
        }
    }
    references
}

fn multi(own: &TableInfo, catalogue: &Catalogue, tables: &[(&[String], &TableInfo)]) -> Vec<(String, Multi)> {
    let mut found: Vec<(String, Multi)> = Vec::new();
    for (name, child) in catalogue.tables() {
        if child.columns.len() > MAX_CHILD_COLUMNS || child.name == own.name {
            continue;
        }
        for foreign in &child.foreign_keys {
            let Some((_, to)) = target(foreign, tables).filter(|(_, to)| to.name == own.name) else { continue };
            let Some((value, class)) = value(child, foreign, tables) else { continue };
            let label = class_name(name);
            let taken = |label: &String| {
                found.iter().any(|(other, _)| other == label) || own.columns.iter().any(|column| column.name == *label)
            };
            let label = match (taken(&label), foreign.columns.first()) {
                (true, Some(column)) => format!("{label}_{column}"),
                _ => label,
            };
            if !taken(&label) {
                let parent = in_order(foreign, to);
                found.push((label, Multi { table: name.to_vec(), parent, value, class, ..Multi::default() }));
            }
        }
    }
    found
}

/// What the rows of a child table are about: the other end of a junction, or the only
/// column that is left.
fn value(
    child: &TableInfo,
    parent: &ForeignKey,
    tables: &[(&[String], &TableInfo)],
) -> Option<(Vec<String>, Option<String>)> {
    let others: Vec<&ForeignKey> =
        child.foreign_keys.iter().filter(|foreign| foreign.columns != parent.columns).collect();
    if let [other] = others.as_slice() {
        let (name, to) = target(other, tables)?;
        return Some((in_order(other, to), Some(class_name(name))));
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
