//! From JSON to [`Settings`], collecting problems instead of stopping at the first.

mod changes;
mod entity;
mod next;
mod node;
mod operations;
mod soft;

use serde_json::Value;

use super::operations::Operations;
use super::{Attribute, Class, Lookup, Multi, Parsed, Reference, Settings, Shape, Version, Versions, pointer};
use node::{SqlNode as _, SqlRecord as _};
use patchbay_connector::settings::{Node, Problems, Record};

/// Reads settings from JSON text.
pub fn parse(json: &str) -> Parsed {
    patchbay_connector::settings::read(json, settings)
}

fn settings(node: Node<'_>, problems: &mut Problems) -> Option<Settings> {
    let record = node.record(&["binding", "classes"], problems)?;
    let classes = record.named("classes", problems, class);
    Some(Settings {
        binding: record.text("binding", problems).unwrap_or_else(|| "db".to_owned()),
        classes: classes.into_iter().map(|(name, class)| named(name, class)).collect(),
    })
}

/// A class under its name. One without a table has a name in its place that no table has.
fn named(name: String, class: Class) -> Class {
    let table = if class.declared { vec![format!("({name})")] } else { class.table };
    Class { name, table, ..class }
}

/// Refuses what generated statements do, and statements of the administrator's own would not.
fn beside(own: &Operations, record: &Record<'_>, soft: &soft::SoftDelete, problems: &mut Problems) {
    let mut refuse = |name: &str, why: &str| problems.add(&format!("{}/{name}", record.path), why);
    if own.writes() && !soft.revival.by.is_empty() {
        refuse(
            "soft_delete/reactivate",
            "does not go with `operations` that write: no create would look for deleted rows",
        );
    }
    if own.create.is_some() && record.get("next").is_some() {
        refuse("next", "does not go with `operations.create`: let its statements number new rows");
    }
    if own.delete.is_some() && !soft.touches.is_empty() {
        refuse("soft_delete/set", "takes constants only beside `operations.delete`, which changes the row itself");
    }
}

fn class(node: Node<'_>, problems: &mut Problems) -> Option<Class> {
    const KNOWN: [&str; 17] = [
        "table",
        "key",
        "entity",
        "next",
        "name",
        "columns",
        "read_only",
        "version",
        "soft_delete",
        "unique",
        "changes",
        "attributes",
        "references",
        "lookups",
        "multi",
        "rows",
        "operations",
    ];
    let record = node.record(&KNOWN, problems)?;
    if let Some(node) = record.get("entity") {
        return entity::class(node, &record, problems);
    }
    let soft = record.get("soft_delete").and_then(|node| soft::soft_delete(node, problems)).unwrap_or_default();
    let operations = record.get("operations").and_then(|node| operations::operations(node, problems));
    if let Some(node) = record.get("unique").filter(|_| operations.is_some()) {
        problems.add(&node.path, "does not go with `operations`: nothing of it would be seen to");
    }
    let declared = record.get("table").is_none() && operations.as_ref().is_some_and(|own| own.search.is_some());
    if declared {
        record.need("key", problems);
        for name in ["version", "soft_delete", "next"] {
            if let Some(node) = record.get(name).filter(|node| node.value != &Value::Bool(false)) {
                let why = match name {
                    "version" => "is checked under a lock on the object's row, which needs a `table`",
                    "next" => "needs a `table`: let the statements number new rows",
                    _ => "needs a `table`: let the statements leave out what is deleted",
                };
                problems.add(&node.path, why);
            }
        }
    }
    if let Some(own) = operations.as_ref().filter(|_| !declared) {
        beside(own, &record, &soft, problems);
    }
    let class = Class {
        name: String::new(),
        table: if declared { Vec::new() } else { record.need_table(problems) },
        declared,
        key: record.texts("key", problems).unwrap_or_default(),
        entity: None,
        name_attribute: record.text("name", problems),
        columns: record.texts("columns", problems),
        read_only: record.flag("read_only", problems),
        versions: match record.get("version") {
            _ if declared => Versions::None,
            version => version.map_or_else(Versions::default, |node| versions(node, problems)),
        },
        soft_delete: soft.marks,
        touches: soft.touches,
        revival: soft.revival,
        next: record.named("next", problems, next::next),
        unique: record.texts("unique", problems).unwrap_or_default(),
        changes: record.get("changes").and_then(|node| changes::changes(node, problems)),
        attributes: record.named("attributes", problems, attribute),
        references: record.named("references", problems, reference),
        lookups: record.named("lookups", problems, lookup),
        multi: record.named("multi", problems, multi),
        rows: record.named("rows", problems, entity::row),
        operations,
    };
    unique_names(&class, &record.path, problems);
    Some(class)
}

/// A column's name, or a table with it, or `false` for no versions.
fn versions(node: Node<'_>, problems: &mut Problems) -> Versions {
    if node.value == &serde_json::Value::Bool(false) {
        return Versions::None;
    }
    let version = if node.value.is_string() {
        node.text(problems).map(|column| Version { column, increment: false })
    } else {
        node.record(&["column", "increment"], problems).map(|record| Version {
            column: record.need_text("column", problems),
            increment: record.flag("increment", problems).unwrap_or(false),
        })
    };
    version.map_or(Versions::None, Versions::Column)
}

/// An attribute is a column, a reference, a lookup or a table: one of them.
fn unique_names(class: &Class, path: &str, problems: &mut Problems) {
    let sections = [
        ("attributes", class.attributes.iter().map(|(name, _)| name).collect::<Vec<_>>()),
        ("references", class.references.iter().map(|(name, _)| name).collect()),
        ("lookups", class.lookups.iter().map(|(name, _)| name).collect()),
        ("multi", class.multi.iter().map(|(name, _)| name).collect()),
        ("rows", class.rows.iter().map(|(name, _)| name).collect()),
    ];
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (section, names) in &sections {
        for name in names {
            match seen.iter().find(|(_, other)| other == name) {
                Some((first, _)) => problems.add(
                    &format!("{path}/{section}/{}", pointer(name)),
                    format!("`{first}` has an attribute of this name already"),
                ),
                None => seen.push((section, name)),
            }
        }
    }
}

fn attribute(node: Node<'_>, problems: &mut Problems) -> Option<Attribute> {
    const KNOWN: [&str; 8] =
        ["column", "type", "trim", "read_only", "write_only", "max_length", "case_exact", "required"];
    let record = node.record(&KNOWN, problems)?;
    let max_length = record.get("max_length").and_then(|node| {
        let length = node.value.as_u64().and_then(|length| u32::try_from(length).ok()).filter(|length| *length > 0);
        if length.is_none() {
            problems.add(&node.path, "must be a number of characters");
        }
        length
    });
    Some(Attribute {
        column: record.text("column", problems),
        kind: record.get("type").and_then(|node| node.kind(problems)),
        trim: record.flag("trim", problems),
        read_only: record.flag("read_only", problems).unwrap_or(false),
        write_only: record.flag("write_only", problems).unwrap_or(false),
        max_length,
        case_exact: record.flag("case_exact", problems),
        required: record.flag("required", problems),
    })
}

fn reference(node: Node<'_>, problems: &mut Problems) -> Option<Reference> {
    let record = node.record(&["columns", "class", "read_only"], problems)?;
    Some(Reference {
        columns: record.need_texts("columns", problems),
        class: record.need_text("class", problems),
        read_only: record.flag("read_only", problems).unwrap_or(false),
    })
}

fn lookup(node: Node<'_>, problems: &mut Problems) -> Option<Lookup> {
    let record = node.record(&["column", "table", "key", "value", "read_only", "create"], problems)?;
    Some(Lookup {
        column: record.need_text("column", problems),
        table: record.need_table(problems),
        key: record.need_text("key", problems),
        value: record.need_text("value", problems),
        read_only: record.flag("read_only", problems).unwrap_or(false),
        create: record.flag("create", problems).unwrap_or(false),
    })
}

fn multi(node: Node<'_>, problems: &mut Problems) -> Option<Multi> {
    const KNOWN: [&str; 10] =
        ["table", "parent", "value", "class", "where", "order", "type", "read_only", "expensive", "case_exact"];
    let record = node.record(&KNOWN, problems)?;
    let multi = Multi {
        shape: Shape::List,
        kind: record.get("type").and_then(|node| node.kind(problems)),
        required: false,
        table: record.need_table(problems),
        parent: record.need_texts("parent", problems),
        value: record.need_texts("value", problems),
        class: record.text("class", problems),
        fixed: record.constants("where", problems),
        order: record.text("order", problems),
        read_only: record.flag("read_only", problems).unwrap_or(false),
        expensive: record.flag("expensive", problems),
        case_exact: record.flag("case_exact", problems),
    };
    if multi.class.is_none() && multi.value.len() > 1 {
        problems.add(&record.path, "several `value` columns are the key of another object: name its `class`");
    }
    Some(multi)
}

#[cfg(test)]
mod tests;
