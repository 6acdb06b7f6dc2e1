//! `operations` of a class.

use serde_json::Value;

use super::node::SqlNode as _;
use super::{Node, Problems, Record};
use crate::settings::{
    Constant, Kind,
    operations::{Act, Argument, ErrorKind, Meaning, Operations, Passed, Rows, Step, Verdict},
};

/// Operations with steps by attribute.
const BY_ATTRIBUTE: [&str; 5] = ["set", "enable", "disable", "add", "remove"];

pub(super) fn operations(node: Node<'_>, problems: &mut Problems) -> Option<Operations> {
    const KNOWN: [&str; 11] =
        ["get", "search", "create", "update", "delete", "set", "enable", "disable", "add", "remove", "errors"];
    let record = node.record(&KNOWN, problems)?;
    let mut by_attribute =
        BY_ATTRIBUTE.map(|name| record.named(name, problems, |node, problems| Some(steps(node, problems)))).into_iter();
    let mut next = || by_attribute.next().unwrap_or_default();
    Some(Operations {
        set: next(),
        enable: next(),
        disable: next(),
        add: next(),
        remove: next(),
        get: record.get("get").and_then(|node| reading(node, problems)),
        search: record.get("search").and_then(|node| reading(node, problems)),
        create: record.get("create").map(|node| steps(node, problems)),
        update: record.get("update").map(|node| steps(node, problems)),
        delete: record.get("delete").map(|node| steps(node, problems)),
        errors: meanings(&record, problems),
    })
}

/// One step, or a list of at least one.
fn steps(node: Node<'_>, problems: &mut Problems) -> Vec<Step> {
    let Value::Array(list) = node.value else { return step(node, problems).into_iter().collect() };
    if list.is_empty() {
        problems.add(&node.path, "must have at least one statement or call");
    }
    list.iter()
        .enumerate()
        .filter_map(|(index, value)| step(Node { value, path: format!("{}/{index}", node.path) }, problems))
        .collect()
}

/// The one step of an operation that reads.
fn reading(node: Node<'_>, problems: &mut Problems) -> Option<Step> {
    let path = node.path.clone();
    let step = step(node, problems)?;
    if matches!(step.act, Act::Sql(_)) && (step.result.is_some() || !step.returns.is_empty()) {
        problems.add(&path, "a SELECT that reads objects has no `returns` and no `result`");
    }
    if matches!(step.act, Act::Call { .. }) && !step.returns.is_empty() {
        problems.add(&path, "a procedure that reads objects gives columns named like attributes, and no `returns`");
    }
    Some(step)
}

/// A statement as text, or a table.
fn step(node: Node<'_>, problems: &mut Problems) -> Option<Step> {
    if node.value.is_string() {
        let act = Act::Sql(node.text(problems)?);
        return Some(Step { act, rows: Rows::Exactly(1), returns: Vec::new(), result: None, errors: Vec::new() });
    }
    let record = node.record(&["sql", "call", "arguments", "rows", "returns", "result", "errors"], problems)?;
    let act = act(&record, problems);
    let is_sql = matches!(act, Some(Act::Sql(_)));
    let returns = record.texts("returns", problems).unwrap_or_default();
    if let Some(rows) = record.get("rows")
        && (!is_sql || !returns.is_empty())
    {
        problems.add(&rows.path, "only a statement that changes rows, and returns none, has `rows`");
    }
    let rows = record.get("rows").and_then(|node| rows(node, problems)).unwrap_or(Rows::Exactly(1));
    let result = record.get("result").and_then(|node| verdict(node, is_sql, problems));
    let errors = meanings(&record, problems);
    Some(Step { act: act?, rows, returns, result, errors })
}

fn act(record: &Record<'_>, problems: &mut Problems) -> Option<Act> {
    match (record.get("sql"), record.get("call")) {
        (Some(sql), None) => {
            if let Some(arguments) = record.get("arguments") {
                problems.add(&arguments.path, "a statement has `:name` for its parameters");
            }
            Some(Act::Sql(sql.text(problems)?))
        }
        (None, Some(call)) => {
            let procedure = call.qualified("a procedure's name", problems);
            let arguments = match record.get("arguments") {
                None => Vec::new(),
                Some(Node { value: Value::Array(list), path }) => list
                    .iter()
                    .enumerate()
                    .filter_map(|(index, value)| argument(Node { value, path: format!("{path}/{index}") }, problems))
                    .collect(),
                Some(node) => {
                    problems.add(&node.path, "must be a list, in the order of the procedure's parameters");
                    Vec::new()
                }
            };
            Some(Act::Call { procedure: procedure?, arguments })
        }
        (Some(_), Some(_)) | (None, None) => {
            problems.add(&record.path, "must have either `sql` or `call`");
            None
        }
    }
}

/// A parameter's name, or a table that says which way it goes.
fn argument(node: Node<'_>, problems: &mut Problems) -> Option<Argument> {
    if node.value.is_string() {
        return Some(Argument { name: None, passed: Passed::In(node.text(problems)?), kind: None });
    }
    let record = node.record(&["in", "value", "out", "inout", "name", "type"], problems)?;
    let ways: Vec<&str> = ["in", "value", "out", "inout"].into_iter().filter(|way| record.has(way)).collect();
    let [way] = ways.as_slice() else {
        problems.add(&record.path, "must have one of `in`, `value`, `out` and `inout`");
        return None;
    };
    let node = record.get(way)?;
    let passed = match *way {
        "in" => Passed::In(node.text(problems)?),
        "out" => Passed::Out(node.text(problems)?),
        "inout" => Passed::InOut(node.text(problems)?),
        _ => match node.clone().constant(problems)? {
            Constant::Now => {
                problems.add(&node.path, "a procedure asks the database for the time itself");
                return None;
            }
            constant => Passed::Constant(constant),
        },
    };
    let kind: Option<Kind> = record.get("type").and_then(|node| node.kind(problems));
    if let Some(kind) = record.get("type")
        && !matches!(passed, Passed::Out(_) | Passed::InOut(_))
    {
        problems.add(&kind.path, "only what comes back has a type");
    }
    Some(Argument { name: record.text("name", problems), passed, kind })
}

fn rows(node: Node<'_>, problems: &mut Problems) -> Option<Rows> {
    match (node.value.as_u64(), node.value.as_str()) {
        (Some(count), _) => Some(Rows::Exactly(count)),
        (None, Some("any")) => Some(Rows::Any),
        _ => {
            problems.add(&node.path, "must be a number of rows, or \"any\"");
            None
        }
    }
}

fn verdict(node: Node<'_>, is_sql: bool, problems: &mut Problems) -> Option<Verdict> {
    let record = node.record(&["from", "ok", "errors"], problems)?;
    let from = record.text("from", problems);
    if from.is_none() && is_sql {
        problems.add(&record.path, "`from` is missing: a statement returns no status");
    }
    let ok = match record.get("ok") {
        None => vec!["0".to_owned()],
        Some(Node { value: Value::Array(list), path }) => list
            .iter()
            .enumerate()
            .filter_map(|(index, value)| code(value, &format!("{path}/{index}"), problems))
            .collect(),
        Some(Node { value, path }) => code(value, &path, problems).into_iter().collect(),
    };
    Some(Verdict { from, ok, errors: meanings(&record, problems) })
}

/// A code: text or an integer.
fn code(value: &Value, path: &str, problems: &mut Problems) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() => Some(number.to_string()),
        _ => {
            problems.add(path, "must be a code: text or a whole number");
            None
        }
    }
}

/// `errors`, by code.
fn meanings(record: &Record<'_>, problems: &mut Problems) -> Vec<(String, Meaning)> {
    record.named("errors", problems, |node, problems| {
        if node.value.is_string() {
            let kind = kind(node, problems)?;
            return Some(Meaning { kind, attribute: None, message: None });
        }
        let record = node.record(&["kind", "attribute", "message"], problems)?;
        let kind = record.need("kind", problems).and_then(|node| kind(node, problems));
        let attribute = record.text("attribute", problems);
        let message = record.text("message", problems);
        Some(Meaning { kind: kind?, attribute, message })
    })
}

fn kind(node: Node<'_>, problems: &mut Problems) -> Option<ErrorKind> {
    const KINDS: [(&str, ErrorKind); 9] = [
        ("not-found", ErrorKind::NotFound),
        ("already-exists", ErrorKind::AlreadyExists),
        ("invalid-value", ErrorKind::InvalidValue),
        ("mutability", ErrorKind::Mutability),
        ("precondition-failed", ErrorKind::PreconditionFailed),
        ("conflict", ErrorKind::Conflict),
        ("permission-denied", ErrorKind::PermissionDenied),
        ("rate-limited", ErrorKind::RateLimited),
        ("unavailable", ErrorKind::Unavailable),
    ];
    let found = node.value.as_str().and_then(|text| KINDS.iter().find(|(name, _)| *name == text));
    if found.is_none() {
        let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        problems.add(&node.path, format!("must be one of {}", names.join(", ")));
    }
    found.map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::parse;

    fn whole(operations: &str) -> String {
        format!(r#"{{"classes": {{"p": {{"key": "id", "operations": {operations}}}}}}}"#)
    }

    /// Problems below `/classes/p/operations`, as `path: summary`.
    fn check(operations: &str, expected: &[&str]) {
        let problems: Vec<String> = match parse(&whole(operations)) {
            Ok(_) => Vec::new(),
            Err(problems) => problems
                .into_iter()
                .map(|problem| {
                    let path = problem.path.unwrap_or_default().replace("/classes/p/operations", "");
                    format!("{path}: {}", problem.summary)
                })
                .collect(),
        };
        assert_eq!(problems, expected, "{operations}");
    }

    #[test]
    fn reads_every_form() {
        let json = whole(
            r#"{
            "search": "SELECT id FROM p",
            "get": {"call": "hr.one", "arguments": ["id"]},
            "create": [
                {"call": "hr.join", "arguments": ["login", {"value": 1, "name": "kind"}, {"out": "id"},
                    {"inout": "serial", "type": "integer"}],
                 "result": {"from": "serial", "ok": [0, "fine"], "errors": {"-1": "conflict"}}},
                {"sql": "INSERT INTO log VALUES (:id)", "rows": "any", "errors": {"23505": {
                    "kind": "already-exists", "attribute": "login", "message": "taken"}}}],
            "set": {"password": "UPDATE p SET hash = :value"},
            "errors": {"45001": "not-found"}}"#,
        );
        let settings = parse(&json).expect("they are in order");
        let operations = settings.classes[0].operations.as_ref().expect("there are some");
        let create = operations.create.as_ref().expect("there is one");
        let Act::Call { procedure, arguments } = &create[0].act else { panic!("{create:?}") };
        assert_eq!(procedure, &["hr", "join"]);
        assert_eq!(arguments[0].passed, Passed::In("login".into()));
        assert_eq!(arguments[1].passed, Passed::Constant(Constant::Integer(1)));
        assert_eq!((arguments[1].name.as_deref(), arguments[3].kind), (Some("kind"), Some(Kind::Integer)));
        let verdict = create[0].result.as_ref().expect("there is one");
        assert_eq!((verdict.from.as_deref(), verdict.ok.join(" ")), (Some("serial"), "0 fine".to_owned()));
        assert_eq!((create[1].rows, create[1].errors[0].1.kind), (Rows::Any, ErrorKind::AlreadyExists));
        assert_eq!(operations.set[0].1[0].rows, Rows::Exactly(1));
        assert!(operations.writes());
    }

    #[test]
    fn reports_every_problem_at_its_place() {
        check(
            r#"{"search": "x", "get": {}, "create": [], "update": [7], "delete": {"sql": "x", "call": "y"}, "drop": "x"}"#,
            &[
                "/drop: unknown key; known are get, search, create, update, delete, set, enable, disable, add, remove, errors",
                "/get: must have either `sql` or `call`",
                "/create: must have at least one statement or call",
                "/update/0: must be a table",
                "/delete: must have either `sql` or `call`",
            ],
        );
        check(
            r#"{"search": {"sql": "x", "returns": "a"}, "get": {"call": "p", "returns": "a"},
                "create": {"call": "a..b", "arguments": [{}, {"in": "a", "out": "b"}, {"value": [1]},
                    {"in": "a", "type": "text"}, {"value": {"now": true}}], "rows": 1},
                "update": {"sql": "x", "arguments": [], "rows": "all", "result": {"ok": [1.5]}},
                "delete": {"call": "p", "arguments": {"a": "b"}, "errors": {"1": "oops", "2": {"attribute": "a"}}}}"#,
            &[
                "/get: a procedure that reads objects gives columns named like attributes, and no `returns`",
                "/search: a SELECT that reads objects has no `returns` and no `result`",
                "/create/call: must be a procedure's name, with its schema before a dot where needed",
                "/create/arguments/0: must have one of `in`, `value`, `out` and `inout`",
                "/create/arguments/1: must have one of `in`, `value`, `out` and `inout`",
                "/create/arguments/2/value: must be a text, number or truth value, null, or { now = true }",
                "/create/arguments/3/type: only what comes back has a type",
                "/create/arguments/4/value: a procedure asks the database for the time itself",
                "/create/rows: only a statement that changes rows, and returns none, has `rows`",
                "/update/arguments: a statement has `:name` for its parameters",
                "/update/rows: must be a number of rows, or \"any\"",
                "/update/result: `from` is missing: a statement returns no status",
                "/update/result/ok/0: must be a code: text or a whole number",
                "/delete/arguments: must be a list, in the order of the procedure's parameters",
                "/delete/errors/1: must be one of not-found, already-exists, invalid-value, mutability, precondition-failed, conflict, permission-denied, rate-limited, unavailable",
                "/delete/errors/2: `kind` is missing",
            ],
        );
    }

    #[test]
    fn a_class_has_a_table_or_is_read_by_statements() {
        for (class, expected) in [
            (r#"{"key": "id", "operations": {"delete": "x"}}"#, "/classes/p: `table` is missing"),
            (r#"{"operations": {"search": "x"}}"#, "/classes/p: `key` is missing"),
            (
                r#"{"key": "id", "version": "v", "operations": {"search": "x"}}"#,
                "/classes/p/version: is checked under a lock on the object's row, which needs a `table`",
            ),
        ] {
            let problems = parse(&format!(r#"{{"classes": {{"p": {class}}}}}"#)).expect_err("it is wrong");
            let first = problems.first().expect("there is one");
            assert_eq!(format!("{}: {}", first.path.clone().unwrap_or_default(), first.summary), expected);
        }
    }
}
