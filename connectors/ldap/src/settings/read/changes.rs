//! `changes` of a class.

use serde_json::Value;

use super::node::LdapRecord as _;
use super::{Node, Problems};
use crate::settings::changes::{Changes, METHODS, Way};
use crate::vendor::Feed;

/// False, or a table with a method.
pub(super) fn changes(node: Node<'_>, problems: &mut Problems) -> Option<Changes> {
    if node.value == &Value::Bool(false) {
        return Some(Changes::None);
    }
    let record = node.record(&["method", "base", "overlap", "object_security"], problems)?;
    let method = record.need("method", problems).and_then(|node| node.word(&METHODS, problems));
    let way = Way {
        method: method?,
        base: record.dn("base", problems),
        overlap: record.get("overlap").and_then(|node| node.time(problems)),
        object_security: record.flag("object_security", problems).unwrap_or(false),
    };
    let fits = [
        ("base", matches!(way.method, Feed::DirSync | Feed::Usn | Feed::AccessLog | Feed::ChangeLog)),
        ("overlap", matches!(way.method, Feed::AccessLog | Feed::Timestamp)),
        ("object_security", way.method == Feed::DirSync),
    ];
    for (name, fits) in fits {
        if let Some(node) = record.get(name).filter(|_| !fits) {
            problems.add(&node.path, "means nothing to this method");
        }
    }
    Some(Changes::By(way))
}

#[cfg(test)]
mod tests {
    use crate::settings::parse;

    /// What is wrong with a class that has these `changes`, as `path: summary`.
    fn check(changes: &str, expected: &[&str]) {
        let class = format!(r#"{{"object_classes": ["person"], "base": "dc=x", "changes": {changes}}}"#);
        let problems: Vec<String> = match parse(&format!(r#"{{"classes": {{"p": {class}}}}}"#)) {
            Ok(_) => Vec::new(),
            Err(problems) => {
                problems.into_iter().map(|p| format!("{}: {}", p.path.unwrap_or_default(), p.summary)).collect()
            }
        };
        assert_eq!(problems, expected, "{changes}");
    }

    #[test]
    fn one_method_and_what_belongs_to_it() {
        check("false", &[]);
        check(r#"{"method": "syncrepl"}"#, &[]);
        check(r#"{"method": "dirsync", "base": "dc=x", "object_security": true}"#, &[]);
        check(r#"{"method": "accesslog", "base": "cn=log", "overlap": "5m"}"#, &[]);
        check("true", &["/classes/p/changes: must be a table"]);
        check("{}", &["/classes/p/changes: `method` is missing"]);
        check(
            r#"{"method": "guess"}"#,
            &["/classes/p/changes/method: must be one of dirsync, syncrepl, accesslog, changelog, usn, timestamp"],
        );
        check(
            r#"{"method": "syncrepl", "base": "x", "overlap": "5", "object_security": true, "y": 1}"#,
            &[
                "/classes/p/changes/y: unknown key; known are method, base, overlap, object_security",
                "/classes/p/changes/base: is no distinguished name: `=` is missing at position 1",
                "/classes/p/changes/overlap: must be a time of a day at most, such as \"500ms\", \"30s\", \"5m\" or \
                 \"1h\"",
                "/classes/p/changes/base: means nothing to this method",
                "/classes/p/changes/overlap: means nothing to this method",
                "/classes/p/changes/object_security: means nothing to this method",
            ],
        );
    }
}
