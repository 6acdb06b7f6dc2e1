//! `members` and `member_of` of a class.

use serde_json::Value;

use super::node::LdapRecord as _;
use super::{Node, Problems};
use crate::settings::{MemberOf, Members};

/// Who belongs to a group.
pub(super) fn members(node: Node<'_>, problems: &mut Problems) -> Option<Members> {
    let record = node.record(&["attribute", "class", "by", "placeholder"], problems)?;
    let members = Members {
        attribute: record.text("attribute", problems).unwrap_or_else(|| "member".to_owned()),
        classes: record.need_texts("class", problems),
        by: record.text("by", problems),
        placeholder: record.dn("placeholder", problems),
    };
    if members.classes.len() > 1 && members.by.is_some() {
        problems.add(&format!("{}/by", record.path), "goes with members of one class only");
    }
    if members.placeholder.is_some() && members.by.is_some() {
        problems.add(&format!("{}/placeholder", record.path), "is a name: it does not go with `by`");
    }
    Some(members)
}

/// Groups that an object belongs to: their class, or a table.
pub(super) fn member_of(node: Node<'_>, problems: &mut Problems) -> Option<MemberOf> {
    if node.value.is_string() {
        let class = node.text(problems)?;
        return Some(MemberOf { class, attribute: Some("memberOf".to_owned()), expensive: true });
    }
    let record = node.record(&["class", "attribute", "expensive"], problems)?;
    let attribute = match record.get("attribute") {
        Some(Node { value: Value::Bool(false), .. }) => None,
        Some(node) => node.text(problems),
        None => Some("memberOf".to_owned()),
    };
    let expensive = record.flag("expensive", problems).unwrap_or(true);
    Some(MemberOf { class: record.need_text("class", problems), attribute, expensive })
}
