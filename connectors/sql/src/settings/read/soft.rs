//! Reading `soft_delete`.

use serde_json::Value;

use super::node::SqlNode as _;
use super::node::SqlRecord as _;
use super::{Node, Problems, Record};
use crate::settings::{Constant, Revival, Touch};

/// What `soft_delete` says.
#[derive(Debug, Default)]
pub(super) struct SoftDelete {
    /// Columns with the constants that mark a row.
    pub(super) marks: Vec<(String, Constant)>,
    /// Columns that are changed besides.
    pub(super) touches: Vec<(String, Touch)>,
    pub(super) revival: Revival,
}

pub(super) fn soft_delete(node: Node<'_>, problems: &mut Problems) -> Option<SoftDelete> {
    let record = node.record(&["set", "reactivate", "restore"], problems)?;
    let mut soft = set(&record, problems);
    soft.revival = Revival {
        by: record.texts("reactivate", problems).unwrap_or_default(),
        restore: record.constants("restore", problems),
    };
    if soft.revival.by.is_empty() && !soft.revival.restore.is_empty() {
        problems.add(&format!("{}/restore", record.path), "means nothing without `reactivate`");
    }
    Some(soft)
}

/// What `set` says: marks and touches by column.
fn set(record: &Record<'_>, problems: &mut Problems) -> SoftDelete {
    let mut soft = SoftDelete::default();
    let known = problems.count();
    let entries = record.need("set", problems).map(|node| node.entries(problems)).unwrap_or_default();
    for (column, node) in entries {
        match touch(&node) {
            Some(Some(touch)) => soft.touches.push((column, touch)),
            Some(None) => problems.add(
                &node.path,
                "must be { now = true }, { increment = NUMBER }, { append = TEXT } or { append_key = TEXT }",
            ),
            None => soft.marks.extend(node.constant(problems).map(|constant| (column, constant))),
        }
    }
    if soft.marks.is_empty() && problems.count() == known {
        problems.add(&record.path, "`set` must name at least one column and its constant, which marks a row");
    }
    soft
}

/// The touch that a table stands for; none inside where it stands for none, none at all
/// where it is a constant.
fn touch(node: &Node<'_>) -> Option<Option<Touch>> {
    let Value::Object(map) = node.value else { return None };
    let mut entries = map.iter();
    let (Some((name, value)), None) = (entries.next(), entries.next()) else { return Some(None) };
    let text = || value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    Some(match name.as_str() {
        "now" => return None,
        "increment" => value.as_i64().filter(|step| *step != 0).map(Touch::Increment),
        "append" => text().map(Touch::Append),
        "append_key" => text().map(Touch::AppendKey),
        _ => None,
    })
}
