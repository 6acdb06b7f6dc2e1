//! `active`, `delete` and `password` of a class.

use serde_json::Value;

use super::node::LdapNode as _;
use super::node::LdapRecord as _;
use super::{Node, Problems, none_or_texts};
use crate::settings::{Active, Delete, Password, Values};
use crate::vendor::PasswordWay;

/// What makes an account active; none where that is switched off, or wrong.
pub(super) fn active(node: Node<'_>, problems: &mut Problems) -> Option<Active> {
    match node.value {
        Value::Bool(false) => return None,
        Value::String(_) => {
            let ways = [
                ("userAccountControl", Active::AccountControl),
                ("pwdAccountLockedTime", Active::LockedTime),
                ("nsAccountLock", Active::AccountLock),
            ];
            return node.word(&ways, problems);
        }
        _ => {}
    }
    let record = node.record(&["attribute", "active", "inactive", "absent", "role", "container"], problems)?;
    let places = [record.get("attribute"), record.get("role"), record.get("container")];
    if places.iter().flatten().count() != 1 {
        problems.add(&record.path, "must have exactly one of `attribute`, `role` and `container`");
        return None;
    }
    if let Some(role) = record.get("role") {
        return role.dn(problems).map(Active::Role);
    }
    if let Some(container) = record.get("container") {
        return container.dn(problems).map(Active::Container);
    }
    let values = Values {
        attribute: record.need_text("attribute", problems),
        active: record.get("active").map(|node| none_or_texts(node, problems)).unwrap_or_default(),
        inactive: record.get("inactive").map(|node| none_or_texts(node, problems)).unwrap_or_default(),
        absent: record.flag("absent", problems).unwrap_or(true),
    };
    if values.active.is_empty() && values.inactive.is_empty() {
        problems.add(&record.path, "needs values in `active`, in `inactive`, or in both");
    } else if values.inactive.is_empty() && values.absent {
        problems.add(&record.path, "without values in `inactive`, `absent` has to be false: nobody would be inactive");
    } else if values.active.is_empty() && !values.absent {
        problems.add(&record.path, "without values in `active`, `absent` has to be true: nobody would be active");
    }
    Some(Active::Values(values))
}

/// What `delete` does.
pub(super) fn delete(node: Node<'_>, problems: &mut Problems) -> Option<Delete> {
    if node.value.is_string() {
        let keep = Delete::Keep { disable: true, to: None };
        return node.word(&[("delete", Delete::Entry), ("tree", Delete::Tree), ("disable", keep)], problems);
    }
    let record = node.record(&["disable", "move"], problems)?;
    let to = record.dn("move", problems);
    if to.is_none() {
        record.need("move", problems);
    }
    Some(Delete::Keep { disable: record.flag("disable", problems).unwrap_or(true), to })
}

/// How passwords are set; none where they are not, or that is wrong.
pub(super) fn password(node: Node<'_>, problems: &mut Problems) -> Option<Password> {
    let ways = [
        ("operation", PasswordWay::Modify),
        ("userPassword", PasswordWay::UserPassword),
        ("unicodePwd", PasswordWay::UnicodePwd),
    ];
    match node.value {
        Value::Bool(false) => None,
        Value::String(_) => {
            let way = node.word(&ways, problems)?;
            Some(Password { way: Some(way), unlock: true, ..Password::default() })
        }
        _ => {
            let record = node.record(&["way", "must_change", "unlock", "optional"], problems)?;
            Some(Password {
                way: record.get("way").and_then(|node| node.word(&ways, problems)),
                must_change: record.flag("must_change", problems).unwrap_or(false),
                unlock: record.flag("unlock", problems).unwrap_or(true),
                optional: record.flag("optional", problems).unwrap_or(false),
            })
        }
    }
}
