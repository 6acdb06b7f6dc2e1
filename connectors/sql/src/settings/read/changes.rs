//! `changes` of a class.

use super::node::SqlRecord as _;
use super::{Node, Problems};
use crate::settings::changes::{Changes, History, Method, Unit, Watermark};

/// Exactly one way to find changes.
pub(super) fn changes(node: Node<'_>, problems: &mut Problems) -> Option<Changes> {
    let record = node.record(&["watermark", "history", "tracking", "snapshot", "deletes"], problems)?;
    let ways = [
        record.get("watermark").map(|node| watermark(node, problems)),
        record.get("history").map(|node| history(node, problems)),
        record.get("tracking").map(|node| yes(node, Method::Tracking, problems)),
        record.get("snapshot").map(|node| yes(node, Method::Snapshot, problems)),
    ];
    let deletes = match record.get("deletes") {
        None => false,
        Some(node) if node.value.as_str() == Some("snapshot") => true,
        Some(node) => {
            problems.add(&node.path, "must be \"snapshot\"");
            false
        }
    };
    let mut given = ways.into_iter().flatten();
    let (Some(method), None) = (given.next(), given.next()) else {
        problems.add(&record.path, "must have exactly one of `watermark`, `history`, `tracking` and `snapshot`");
        return None;
    };
    let method = method?;
    if deletes && !matches!(method, Method::Watermark(_)) {
        problems.add(&format!("{}/deletes", record.path), "only a watermark does not notice deleted rows by itself");
    }
    Some(Changes { method, deletes })
}

fn watermark(node: Node<'_>, problems: &mut Problems) -> Option<Method> {
    let record = node.record(&["column", "overlap", "unit"], problems)?;
    let unit = record.get("unit").and_then(|node| match node.value.as_str() {
        Some("seconds") => Some(Unit::Seconds),
        Some("milliseconds") => Some(Unit::Milliseconds),
        _ => {
            problems.add(&node.path, "must be seconds or milliseconds");
            None
        }
    });
    let column = record.need_text("column", problems);
    Some(Method::Watermark(Watermark {
        column,
        overlap: record.get("overlap").and_then(|node| node.time(problems)),
        unit,
    }))
}

fn history(node: Node<'_>, problems: &mut Problems) -> Option<Method> {
    let record = node.record(&["table", "sequence", "key", "where", "overlap"], problems)?;
    Some(Method::History(History {
        table: record.need_table(problems),
        sequence: record.need_text("sequence", problems),
        key: record.need_texts("key", problems),
        fixed: record.constants("where", problems),
        overlap: record.get("overlap").and_then(|node| node.time(problems)),
    }))
}

/// A method that has nothing to say but that it is wanted.
fn yes(node: Node<'_>, method: Method, problems: &mut Problems) -> Option<Method> {
    if node.value.as_bool() == Some(true) {
        return Some(method);
    }
    problems.add(&node.path, "must be true, or left out");
    None
}

#[cfg(test)]
mod tests {
    use crate::settings::parse;

    /// What is wrong with a class that has these `changes`, as `path: summary`.
    fn check(changes: &str, expected: &[&str]) {
        let json = format!(r#"{{"classes": {{"p": {{"table": "p", "changes": {changes}}}}}}}"#);
        let problems: Vec<String> = match parse(&json) {
            Ok(_) => Vec::new(),
            Err(problems) => {
                problems.into_iter().map(|p| format!("{}: {}", p.path.unwrap_or_default(), p.summary)).collect()
            }
        };
        assert_eq!(problems, expected, "{changes}");
    }

    #[test]
    fn one_way_and_no_other() {
        let one = "/classes/p/changes: must have exactly one of `watermark`, `history`, `tracking` and `snapshot`";
        check(r#"{"snapshot": true}"#, &[]);
        check(r#"{"tracking": true}"#, &[]);
        check(r#"{"watermark": {"column": "at", "overlap": "30s"}, "deletes": "snapshot"}"#, &[]);
        check(r#"{"history": {"table": "hr.log", "sequence": "n", "key": "id", "where": {"of": "p"}}}"#, &[]);
        check("{}", &[one]);
        check(r#"{"snapshot": true, "tracking": true}"#, &[one]);
        check(r#"{"snapshot": false}"#, &["/classes/p/changes/snapshot: must be true, or left out"]);
        check("7", &["/classes/p/changes: must be a table"]);
        check(
            r#"{"snapshot": true, "deletes": "snapshot"}"#,
            &["/classes/p/changes/deletes: only a watermark does not notice deleted rows by itself"],
        );
        check(
            r#"{"watermark": {"overlap": "30 s", "unit": "days", "x": 1}, "deletes": true}"#,
            &[
                "/classes/p/changes/watermark/x: unknown key; known are column, overlap, unit",
                "/classes/p/changes/watermark/unit: must be seconds or milliseconds",
                "/classes/p/changes/watermark: `column` is missing",
                "/classes/p/changes/watermark/overlap: must be a time of a day at most, such as \"500ms\", \"30s\", \
                 \"5m\" or \"1h\"",
                "/classes/p/changes/deletes: must be \"snapshot\"",
            ],
        );
    }
}
