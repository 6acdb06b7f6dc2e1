//! Reading `next`.

use serde_json::Value;

use super::node::SqlNode as _;
use super::node::SqlRecord as _;
use super::{Node, Problems};
use crate::settings::{Counter, Next};

/// `{ table, column, where, holds }` or `{ sequence }`.
pub(super) fn next(node: Node<'_>, problems: &mut Problems) -> Option<Next> {
    if node.value.get("sequence").is_some() {
        let record = node.record(&["sequence"], problems)?;
        return record.get("sequence")?.table(problems).map(Next::Sequence);
    }
    let record = node.record(&["table", "column", "where", "holds"], problems)?;
    let last = match record.get("holds").map(|node| (node.value, node.path)) {
        None => false,
        Some((Value::String(word), _)) if word == "next" => false,
        Some((Value::String(word), _)) if word == "last" => true,
        Some((_, path)) => {
            problems.add(&path, "must be next or last");
            false
        }
    };
    Some(Next::Table(Counter {
        table: record.need_table(problems),
        column: record.need_text("column", problems),
        fixed: record.constants("where", problems),
        last,
    }))
}
