//! `members` and `member_of` of a class.

use serde_json::Value;

use super::node::LdapRecord as _;
use super::{Node, Problems};
use crate::settings::{Kept, MemberOf, Members, Style};

/// Who belongs to a group.
pub(super) fn members(node: Node<'_>, problems: &mut Problems) -> Option<Members> {
    let record = node.record(&["style", "attribute", "class", "by", "placeholder"], problems)?;
    let styles = [("listed", Style::Listed), ("dynamic", Style::Dynamic)];
    let style = record.get("style").and_then(|node| node.word(&styles, problems)).unwrap_or_default();
    let usual = match style {
        Style::Listed => "member",
        Style::Dynamic => "memberURL",
    };
    let members = Members {
        style,
        attribute: record.text("attribute", problems).unwrap_or_else(|| usual.to_owned()),
        classes: record.need_texts("class", problems),
        by: record.text("by", problems),
        placeholder: record.dn("placeholder", problems),
    };
    if style == Style::Dynamic {
        for node in ["by", "placeholder"].into_iter().filter_map(|name| record.get(name)) {
            problems.add(&node.path, "means nothing in a dynamic group, which does not list its members");
        }
    } else {
        if members.classes.len() > 1 && members.by.is_some() {
            problems.add(&format!("{}/by", record.path), "goes with members of one class only");
        }
        if members.placeholder.is_some() && members.by.is_some() {
            problems.add(&format!("{}/placeholder", record.path), "is a name: it does not go with `by`");
        }
    }
    Some(members)
}

/// Groups that an object belongs to: their class, or a table.
pub(super) fn member_of(node: Node<'_>, problems: &mut Problems) -> Option<MemberOf> {
    if node.value.is_string() {
        let class = node.text(problems)?;
        return Some(MemberOf { class, kept: Kept::Usual, expensive: true });
    }
    let record = node.record(&["class", "attribute", "expensive"], problems)?;
    let kept = match record.get("attribute") {
        Some(Node { value: Value::Bool(false), .. }) => Kept::No,
        Some(node) => node.text(problems).map(Kept::Attribute).unwrap_or_default(),
        None => Kept::Usual,
    };
    let expensive = record.flag("expensive", problems).unwrap_or(true);
    Some(MemberOf { class: record.need_text("class", problems), kept, expensive })
}
