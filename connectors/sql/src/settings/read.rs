//! From JSON to [`Settings`], collecting problems instead of stopping at the first.

mod changes;
mod entity;
mod next;
mod operations;
mod soft;

use patchbay_connector::{Diagnostic, Severity, diagnostic};
use serde_json::Value;

use super::operations::Operations;
use super::{
    Attribute, Class, Constant, Kind, Lookup, Multi, Parsed, Reference, Settings, Shape, Version, Versions, pointer,
};

/// Reads settings from JSON text.
pub fn parse(json: &str) -> Parsed {
    let mut problems = Problems::default();
    let value: Value = match serde_json::from_str(json) {
        Ok(value) => value,
        Err(error) => {
            problems.add("", format!("the settings are not JSON: {error}"));
            return Err(problems.0);
        }
    };
    let settings = settings(Node { value: &value, path: String::new() }, &mut problems);
    match settings {
        Some(settings) if problems.0.is_empty() => Ok(settings),
        _ => Err(problems.0),
    }
}

/// Findings so far.
#[derive(Debug, Default)]
struct Problems(Vec<Diagnostic>);

impl Problems {
    fn add(&mut self, path: &str, summary: impl Into<String>) {
        self.0.push(diagnostic(Severity::Error, path, summary));
    }
}

/// A JSON value and where it stands.
#[derive(Debug, Clone)]
struct Node<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Node<'a> {
    /// An object with no keys but `known`.
    fn record(self, known: &[&str], problems: &mut Problems) -> Option<Record<'a>> {
        let Value::Object(map) = self.value else {
            problems.add(&self.path, "must be a table");
            return None;
        };
        for name in map.keys().filter(|name| !known.contains(&name.as_str())) {
            let path = format!("{}/{}", self.path, pointer(name));
            problems.add(&path, format!("unknown key; known are {}", known.join(", ")));
        }
        Some(Record { map, path: self.path })
    }

    /// An object whose keys are names.
    fn entries(self, problems: &mut Problems) -> Vec<(String, Node<'a>)> {
        let Value::Object(map) = self.value else {
            problems.add(&self.path, "must be a table");
            return Vec::new();
        };
        map.iter()
            .map(|(name, value)| {
                let path = format!("{}/{}", self.path, pointer(name));
                if name.is_empty() {
                    problems.add(&path, "a name must not be empty");
                }
                (name.clone(), Node { value, path })
            })
            .collect()
    }

    /// Text that is not empty.
    fn text(self, problems: &mut Problems) -> Option<String> {
        match self.value {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            _ => {
                problems.add(&self.path, "must be text that is not empty");
                None
            }
        }
    }

    /// One text, or a list of at least one.
    fn texts(self, problems: &mut Problems) -> Vec<String> {
        match self.value {
            Value::Array(list) if !list.is_empty() => list
                .iter()
                .enumerate()
                .filter_map(|(index, value)| Node { value, path: format!("{}/{index}", self.path) }.text(problems))
                .collect(),
            Value::String(_) => self.text(problems).into_iter().collect(),
            _ => {
                problems.add(&self.path, "must be a name or a list of names");
                Vec::new()
            }
        }
    }

    /// A table name: `person` or `hr.person`.
    fn table(self, problems: &mut Problems) -> Option<Vec<String>> {
        self.qualified("a table's name", problems)
    }

    /// The name of `what`, with its schema or without; a part with a dot in it is in double
    /// quotes.
    fn qualified(self, what: &str, problems: &mut Problems) -> Option<Vec<String>> {
        let path = self.path.clone();
        let parts = split_name(&self.text(problems)?).unwrap_or_default();
        if parts.is_empty() || parts.iter().any(String::is_empty) {
            problems.add(&path, format!("must be {what}, with its schema before a dot where needed"));
            return None;
        }
        Some(parts)
    }

    fn boolean(self, problems: &mut Problems) -> Option<bool> {
        let value = self.value.as_bool();
        if value.is_none() {
            problems.add(&self.path, "must be true or false");
        }
        value
    }

    fn kind(self, problems: &mut Problems) -> Option<Kind> {
        match self.value.as_str() {
            Some("text") => Some(Kind::Text),
            Some("boolean") => Some(Kind::Boolean),
            Some("integer") => Some(Kind::Integer),
            Some("decimal") => Some(Kind::Decimal),
            Some("timestamp") => Some(Kind::Timestamp),
            Some("binary") => Some(Kind::Binary),
            Some("json") => Some(Kind::Json),
            _ => {
                problems.add(&self.path, "must be text, boolean, integer, decimal, timestamp, binary or json");
                None
            }
        }
    }

    fn constant(self, problems: &mut Problems) -> Option<Constant> {
        Some(match self.value {
            Value::Null => Constant::Null,
            Value::Bool(value) => Constant::Boolean(*value),
            Value::String(text) => Constant::Text(text.clone()),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Constant::Integer(integer),
                None => Constant::Decimal(number.to_string()),
            },
            Value::Object(map) if map.len() == 1 && map.get("now") == Some(&Value::Bool(true)) => Constant::Now,
            Value::Object(_) | Value::Array(_) => {
                problems.add(&self.path, "must be a text, number or truth value, null, or { now = true }");
                return None;
            }
        })
    }
}

/// `hr."a.b"` into its parts, as grants are read; none where a quote is never closed. Two
/// quotes in a quoted part are one.
fn split_name(text: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let part = parts.last_mut()?;
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => part.extend(chars.next()),
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => part.push(c),
        }
    }
    (!quoted).then_some(parts)
}

/// An object whose keys were checked.
#[derive(Debug)]
struct Record<'a> {
    map: &'a serde_json::Map<String, Value>,
    path: String,
}

impl<'a> Record<'a> {
    fn get(&self, name: &str) -> Option<Node<'a>> {
        self.map.get(name).map(|value| Node { value, path: format!("{}/{name}", self.path) })
    }

    fn need(&self, name: &str, problems: &mut Problems) -> Option<Node<'a>> {
        let node = self.get(name);
        if node.is_none() {
            problems.add(&self.path, format!("`{name}` is missing"));
        }
        node
    }

    fn text(&self, name: &str, problems: &mut Problems) -> Option<String> {
        self.get(name)?.text(problems)
    }

    fn flag(&self, name: &str, problems: &mut Problems) -> Option<bool> {
        self.get(name)?.boolean(problems)
    }

    fn texts(&self, name: &str, problems: &mut Problems) -> Option<Vec<String>> {
        Some(self.get(name)?.texts(problems))
    }

    fn need_text(&self, name: &str, problems: &mut Problems) -> String {
        self.need(name, problems).and_then(|node| node.text(problems)).unwrap_or_default()
    }

    fn need_texts(&self, name: &str, problems: &mut Problems) -> Vec<String> {
        self.need(name, problems).map(|node| node.texts(problems)).unwrap_or_default()
    }

    fn need_table(&self, problems: &mut Problems) -> Vec<String> {
        self.need("table", problems).and_then(|node| node.table(problems)).unwrap_or_default()
    }

    /// Constants by column.
    fn constants(&self, name: &str, problems: &mut Problems) -> Vec<(String, Constant)> {
        let Some(node) = self.get(name) else { return Vec::new() };
        node.entries(problems)
            .into_iter()
            .filter_map(|(column, node)| Some((column, node.constant(problems)?)))
            .collect()
    }

    /// What `each` makes of every entry of a table of tables.
    fn named<T>(
        &self,
        name: &str,
        problems: &mut Problems,
        each: impl Fn(Node<'a>, &mut Problems) -> Option<T>,
    ) -> Vec<(String, T)> {
        let Some(node) = self.get(name) else { return Vec::new() };
        node.entries(problems).into_iter().filter_map(|(name, node)| Some((name, each(node, problems)?))).collect()
    }
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
mod tests {
    use super::*;
    use crate::settings::{Counter, Next, Touch};

    /// Problems as `path: summary`, or nothing.
    fn check(json: &str, expected: &[&str]) {
        let problems: Vec<String> = match parse(json) {
            Ok(_) => Vec::new(),
            Err(problems) => {
                problems.into_iter().map(|p| format!("{}: {}", p.path.unwrap_or_default(), p.summary)).collect()
            }
        };
        assert_eq!(problems, expected, "{json}");
    }

    #[test]
    fn reads_every_section() {
        let json = r#"{"classes": {"person": {
            "table": "hr.person", "key": ["person_id"], "name": "login", "version": "row_version",
            "attributes": {"login": {"column": "usr", "type": "text", "trim": true, "case_exact": false}},
            "references": {"manager": {"columns": "manager_id", "class": "person"}},
            "lookups": {"department": {"column": "dept_id", "table": "department", "key": "dept_id", "value": "name"}},
            "multi": {"mail": {"table": "mail", "parent": "person_id", "value": "address", "where": {"kind": "W"}}},
            "soft_delete": {"set": {"deleted": 1, "deleted_at": {"now": true}}}
        }}}"#;
        let settings = parse(json).expect("these settings are in order");
        assert_eq!(settings.binding, "db");
        let class = settings.classes.first().expect("there is a class");
        assert_eq!((class.name.as_str(), class.table.join("/")), ("person", "hr/person".to_owned()));
        assert_eq!(class.soft_delete[0], ("deleted".to_owned(), Constant::Integer(1)));
        assert_eq!(class.soft_delete[1], ("deleted_at".to_owned(), Constant::Now));
        assert_eq!(class.multi[0].1.fixed, [("kind".to_owned(), Constant::Text("W".to_owned()))]);
        check("{}", &[]);
    }

    #[test]
    fn reports_every_problem_at_its_place() {
        check("[]", &[": must be a table"]);
        check(
            r#"{"clases": {}, "classes": {"a/b": {"key": [], "multi": {"m": {"table": "x..y", "value": 7}}}}}"#,
            &[
                "/clases: unknown key; known are binding, classes",
                "/classes/a~1b: `table` is missing",
                "/classes/a~1b/key: must be a name or a list of names",
                "/classes/a~1b/multi/m/table: must be a table's name, with its schema before a dot where needed",
                "/classes/a~1b/multi/m: `parent` is missing",
                "/classes/a~1b/multi/m/value: must be a name or a list of names",
            ],
        );
    }

    #[test]
    fn numbers_and_deleted_rows() {
        let json = r#"{"classes": {"p": {"table": "p",
            "next": {
                "a": {"table": "hr.next_id", "column": "n", "where": {"name": "p"}, "holds": "last"},
                "b": {"sequence": "hr.b_seq"}
            },
            "soft_delete": {
                "set": {"gone": true, "login": {"append_key": "~"}, "n": {"increment": -2}, "title": {"append": "x"}},
                "reactivate": "mail", "restore": {"gone": null}
            }
        }}}"#;
        let settings = parse(json).expect("these settings are in order");
        let class = settings.classes.first().expect("there is a class");
        let counter = Counter {
            table: vec!["hr".into(), "next_id".into()],
            column: "n".into(),
            fixed: vec![("name".into(), Constant::Text("p".into()))],
            last: true,
        };
        let sequence = Next::Sequence(vec!["hr".into(), "b_seq".into()]);
        assert_eq!(class.next, [("a".into(), Next::Table(counter)), ("b".into(), sequence)]);
        assert_eq!(class.soft_delete, [("gone".into(), Constant::Boolean(true))]);
        let touches = [Touch::AppendKey("~".into()), Touch::Increment(-2), Touch::Append("x".into())];
        assert_eq!(class.touches.iter().map(|(_, touch)| touch.clone()).collect::<Vec<_>>(), touches);
        assert_eq!(class.revival.by, ["mail"]);
        assert_eq!(class.revival.restore, [("gone".into(), Constant::Null)]);
        check(
            r#"{"classes": {"p": {"table": "p",
                "next": {"a": {}, "b": {"table": "t", "column": "c", "holds": 1}, "c": {"sequence": "s", "column": "x"}},
                "soft_delete": {"set": {"x": {"append": ""}, "y": {"increment": 0}, "z": {"now": 1}}, "restore": {"x": 1}}
            }}}"#,
            &[
                "/classes/p/soft_delete/set/x: must be { now = true }, { increment = NUMBER }, { append = TEXT } or { append_key = TEXT }",
                "/classes/p/soft_delete/set/y: must be { now = true }, { increment = NUMBER }, { append = TEXT } or { append_key = TEXT }",
                "/classes/p/soft_delete/set/z: must be a text, number or truth value, null, or { now = true }",
                "/classes/p/soft_delete/restore: means nothing without `reactivate`",
                "/classes/p/next/a: `table` is missing",
                "/classes/p/next/a: `column` is missing",
                "/classes/p/next/b/holds: must be next or last",
                "/classes/p/next/c/column: unknown key; known are sequence",
            ],
        );
        check(
            r#"{"classes": {"p": {"table": "p", "soft_delete": {"set": {"login": {"append": "x"}}}}}}"#,
            &["/classes/p/soft_delete: `set` must name at least one column and its constant, which marks a row"],
        );
    }

    #[test]
    fn an_attribute_name_is_used_once() {
        check(
            r#"{"classes": {"p": {"table": "p", "attributes": {"x": {}},
                "references": {"x": {"columns": "y", "class": "p"}}}}}"#,
            &["/classes/p/references/x: `attributes` has an attribute of this name already"],
        );
    }

    #[test]
    fn parts_of_a_table_name_may_be_quoted() {
        let check = |text: &str, expected: Option<&[&str]>| {
            let parts = split_name(text);
            assert_eq!(
                parts.as_deref().map(|parts| parts.iter().map(String::as_str).collect()),
                expected.map(<[_]>::to_vec)
            );
        };
        check("hr.person", Some(&["hr", "person"]));
        check("hr.\"a.b\"", Some(&["hr", "a.b"]));
        check("\"a\"\"b\"", Some(&["a\"b"]));
        check("hr.\"a", None);
        check("hr.", Some(&["hr", ""]));
    }

    #[test]
    fn the_published_schema_is_json_and_names_every_key() {
        let schema: Value = serde_json::from_str(super::super::SCHEMA).expect("the schema is JSON");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        for name in [
            "operations",
            "write_only",
            "max_length",
            "arguments",
            "inout",
            "soft_delete",
            "lookups",
            "references",
            "multi",
            "where",
            "case_exact",
            "expensive",
            "next",
            "holds",
            "sequence",
            "append_key",
            "increment",
            "reactivate",
            "restore",
        ] {
            assert!(super::super::SCHEMA.contains(&format!("\"{name}\"")), "{name}");
        }
    }
}
