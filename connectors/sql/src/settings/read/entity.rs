//! Reads what makes objects and attributes of rows.

use super::node::SqlNode as _;
use super::node::SqlRecord as _;
use super::{Class, Multi, Node, Problems, Record, Shape, Versions, attribute, multi, unique_names, versions};
use crate::settings::{Anchor, Entity, EntityTable};

/// Settings of a class whose objects are rows of one table each.
const FOR_ROWS: [&str; 10] =
    ["table", "key", "columns", "soft_delete", "next", "unique", "changes", "references", "lookups", "operations"];

/// A class with `entity`, which stands at `node`.
pub(super) fn class(node: Node<'_>, record: &Record<'_>, problems: &mut Problems) -> Option<Class> {
    for name in FOR_ROWS {
        if record.has(name) {
            problems.add(&format!("{}/{name}", record.path), "does not go with `entity`");
        }
    }
    let versions = match record.get("version") {
        None => Versions::default(),
        Some(node) => {
            let path = node.path.clone();
            let versions = versions(node, problems);
            if versions != Versions::None {
                problems.add(&path, "an entity has no columns of its own: leave it out, or say false");
            }
            versions
        }
    };
    let entity = entity(node, problems)?;
    let first = entity.tables.first().cloned().unwrap_or_default();
    let class = Class {
        table: first.table,
        key: first.key,
        entity: Some(entity),
        name_attribute: record.text("name", problems),
        read_only: record.flag("read_only", problems),
        versions,
        attributes: record.named("attributes", problems, attribute),
        multi: record.named("multi", problems, multi),
        rows: record.named("rows", problems, row),
        ..Class::default()
    };
    unique_names(&class, &record.path, problems);
    Some(class)
}

fn entity(node: Node<'_>, problems: &mut Problems) -> Option<Entity> {
    let record = node.record(&["key", "tables", "anchor"], problems)?;
    let key = record.need_texts("key", problems);
    let tables = record.need("tables", problems).map(|node| tables(node, &key, problems)).unwrap_or_default();
    let anchor = record.get("anchor").and_then(|node| anchor(node, &tables, problems));
    Some(Entity { tables, anchor })
}

/// A table, or a list of tables: each by its name, or with key columns of its own.
fn tables(node: Node<'_>, key: &[String], problems: &mut Problems) -> Vec<EntityTable> {
    let nodes = match node.value {
        serde_json::Value::Array(list) if !list.is_empty() => list
            .iter()
            .enumerate()
            .map(|(index, value)| Node { value, path: format!("{}/{index}", node.path) })
            .collect(),
        serde_json::Value::Array(_) => {
            problems.add(&node.path, "must name at least one table");
            Vec::new()
        }
        _ => vec![node],
    };
    let mut tables: Vec<EntityTable> = Vec::new();
    for node in nodes {
        let path = node.path.clone();
        let table = if node.value.is_object() {
            node.record(&["table", "key"], problems).map(|record| EntityTable {
                table: record.need_table(problems),
                key: record.texts("key", problems).unwrap_or_else(|| key.to_vec()),
            })
        } else {
            node.table(problems).map(|table| EntityTable { table, key: key.to_vec() })
        };
        let Some(table) = table else { continue };
        if table.key.len() != key.len() {
            problems.add(&format!("{path}/key"), "must name as many columns as the entity's `key`");
        }
        if tables.iter().any(|other| other.table == table.table) {
            problems.add(&path, "is named twice");
        }
        tables.push(table);
    }
    tables
}

fn anchor(node: Node<'_>, tables: &[EntityTable], problems: &mut Problems) -> Option<Anchor> {
    let record = node.record(&["table", "set"], problems)?;
    let anchor = Anchor { table: record.need_table(problems), set: record.constants("set", problems) };
    if !tables.iter().any(|known| known.table == anchor.table) {
        problems.add(&format!("{}/table", record.path), "must be one of the entity's `tables`");
    }
    Some(anchor)
}

/// An attribute with one value, in a row.
pub(super) fn row(node: Node<'_>, problems: &mut Problems) -> Option<Multi> {
    const KNOWN: [&str; 12] = [
        "table",
        "parent",
        "value",
        "present",
        "class",
        "where",
        "order",
        "type",
        "required",
        "read_only",
        "expensive",
        "case_exact",
    ];
    let record = node.record(&KNOWN, problems)?;
    let shape = record.flag("present", problems).map_or(Shape::One, Shape::Flag);
    let flag = record.has("present");
    if flag == record.has("value") {
        problems.add(&record.path, "takes either `value`, the column with the value, or `present`, a truth value");
    }
    for name in ["class", "type", "case_exact", "required", "order"] {
        if flag && record.has(name) {
            problems.add(&format!("{}/{name}", record.path), "does not go with `present`");
        }
    }
    let row = Multi {
        shape,
        kind: record.get("type").and_then(|node| node.kind(problems)),
        required: record.flag("required", problems).unwrap_or(false),
        table: record.need_table(problems),
        parent: record.need_texts("parent", problems),
        value: record.texts("value", problems).unwrap_or_default(),
        class: record.text("class", problems),
        fixed: record.constants("where", problems),
        order: record.text("order", problems),
        read_only: record.flag("read_only", problems).unwrap_or(false),
        expensive: Some(record.flag("expensive", problems).unwrap_or(false)),
        case_exact: record.flag("case_exact", problems),
    };
    if row.class.is_none() && row.value.len() > 1 {
        problems.add(&record.path, "several `value` columns are the key of another object: name its `class`");
    }
    Some(row)
}

#[cfg(test)]
mod tests {
    use crate::settings::{Shape, parse};

    /// Problems of a class as `path: summary`, or nothing.
    fn check(class: &str, expected: &[&str]) {
        let json = format!(r#"{{"classes": {{"user": {class}}}}}"#);
        let problems: Vec<String> = match parse(&json) {
            Ok(_) => Vec::new(),
            Err(problems) => {
                problems.into_iter().map(|p| format!("{}: {}", p.path.unwrap_or_default(), p.summary)).collect()
            }
        };
        assert_eq!(problems, expected, "{class}");
    }

    #[test]
    fn reads_an_entity() {
        let json = r#"{"classes": {"user": {
            "entity": {
                "key": "username",
                "tables": ["radcheck", {"table": "hr.extra", "key": ["login"]}],
                "anchor": {"table": "radcheck", "set": {"attribute": "User-Category", "value": "staff"}}
            },
            "rows": {
                "sessions": {"table": "radcheck", "parent": "username", "value": "value", "type": "integer",
                             "where": {"attribute": "Simultaneous-Use"}},
                "active": {"table": "radcheck", "parent": "username", "present": false,
                           "where": {"attribute": "Auth-Type", "value": "Reject"}}
            }
        }}}"#;
        let settings = parse(json).expect("these settings are in order");
        let class = settings.classes.first().expect("a class");
        let entity = class.entity.as_ref().expect("an entity");
        let tables: Vec<String> =
            entity.tables.iter().map(|table| format!("{} {}", table.table.join("."), table.key.join(","))).collect();
        assert_eq!(tables, ["radcheck username", "hr.extra login"]);
        assert_eq!((class.table.join("."), class.key.join(",")), ("radcheck".into(), "username".into()));
        let shape = |name: &str| class.rows.iter().find(|(own, _)| own == name).map(|(_, row)| row.shape);
        assert_eq!((shape("active"), shape("sessions")), (Some(Shape::Flag(false)), Some(Shape::One)));
    }

    #[test]
    fn names_every_problem() {
        check(r#"{"entity": {"key": "u", "tables": "t"}}"#, &[]);
        check(
            r#"{"entity": {"key": "u", "tables": []}, "table": "t", "version": "v"}"#,
            &[
                "/classes/user/table: does not go with `entity`",
                "/classes/user/version: an entity has no columns of its own: leave it out, or say false",
                "/classes/user/entity/tables: must name at least one table",
            ],
        );
        check(
            r#"{"entity": {"key": "u", "tables": "t"}, "operations": {"delete": "DELETE FROM t WHERE u = :u"}}"#,
            &["/classes/user/operations: does not go with `entity`"],
        );
        check(
            r#"{"table": "t", "soft_delete": {"set": {"gone": 1, "u": {"append": "x"}}, "reactivate": "u"},
                "next": {"n": {"sequence": "s"}},
                "operations": {"create": "INSERT INTO t (u) VALUES (:u)", "delete": "DELETE FROM t WHERE u = :u"}}"#,
            &[
                "/classes/user/soft_delete/reactivate: does not go with `operations` that write: no create would look \
                 for deleted rows",
                "/classes/user/next: does not go with `operations.create`: let its statements number new rows",
                "/classes/user/soft_delete/set: takes constants only beside `operations.delete`, which changes the row \
                 itself",
            ],
        );
        check(
            r#"{"table": "t", "unique": "u", "operations": {"delete": "DELETE FROM t WHERE u = :u"}}"#,
            &["/classes/user/unique: does not go with `operations`: nothing of it would be seen to"],
        );
        check(
            r#"{"entity": {"key": "u", "tables": ["t", "t", {"table": "x", "key": ["a", "b"]}],
                "anchor": {"table": "y", "set": {}}}}"#,
            &[
                "/classes/user/entity/tables/1: is named twice",
                "/classes/user/entity/tables/2/key: must name as many columns as the entity's `key`",
                "/classes/user/entity/anchor/table: must be one of the entity's `tables`",
            ],
        );
        check(
            r#"{"table": "t", "rows": {
                "a": {"table": "x", "parent": "u"},
                "b": {"table": "x", "parent": "u", "present": true, "value": "v", "type": "text"},
                "c": {"table": "x", "parent": "u", "value": ["v", "w"]}}}"#,
            &[
                "/classes/user/rows/a: takes either `value`, the column with the value, or `present`, a truth value",
                "/classes/user/rows/b: takes either `value`, the column with the value, or `present`, a truth value",
                "/classes/user/rows/b/type: does not go with `present`",
                "/classes/user/rows/c: several `value` columns are the key of another object: name its `class`",
            ],
        );
    }
}
