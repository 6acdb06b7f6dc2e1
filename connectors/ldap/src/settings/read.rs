//! From JSON to [`Settings`], collecting problems instead of stopping at the first.

mod account;
mod changes;
mod group;
mod node;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{Attribute, Class, Containers, Kind, Next, Parsed, Scope, Settings, Version};
use crate::filter_text;
use crate::template::Template;
use crate::vendor::Vendor;
use node::{LdapNode as _, LdapRecord as _};
use patchbay_connector::settings::{Node, Problems, Record};

/// Reads settings from JSON text.
pub fn parse(json: &str) -> Parsed {
    patchbay_connector::settings::read(json, settings)
}

fn settings(node: Node<'_>, problems: &mut Problems) -> Option<Settings> {
    let record = node.record(&["binding", "profile", "classes"], problems)?;
    let classes = record.named("classes", problems, class);
    if classes.is_empty() && record.get("classes").is_none() {
        problems.add("", "`classes` is missing");
    }
    Some(Settings {
        binding: record.text("binding", problems).unwrap_or_else(|| "directory".to_owned()),
        profile: record.get("profile").and_then(|node| profile(node, problems)),
        classes: classes.into_iter().map(|(name, class)| Class { name, ..class }).collect(),
    })
}

fn profile(node: Node<'_>, problems: &mut Problems) -> Option<Vendor> {
    let path = node.path.clone();
    let name = node.text(problems)?;
    let vendor = Vendor::parse(&name);
    if vendor.is_none() {
        problems.add(&path, "is no profile; `openldap`, `active-directory`, `samba-ad`, `389` and `generic` are some");
    }
    vendor
}

const CLASS: [&str; 24] = [
    "object_classes",
    "add_missing_classes",
    "filter",
    "base",
    "scope",
    "name",
    "read_only",
    "id",
    "dn",
    "rename",
    "containers",
    "create_parents",
    "version",
    "active",
    "delete",
    "password",
    "members",
    "member_of",
    "next",
    "unique",
    "include",
    "single",
    "attributes",
    "changes",
];

fn class(node: Node<'_>, problems: &mut Problems) -> Option<Class> {
    let record = node.record(&CLASS, problems)?;
    let scopes = [("one-level", Scope::OneLevel), ("subtree", Scope::Subtree)];
    let class = Class {
        name: String::new(),
        object_classes: record.need_texts("object_classes", problems),
        add_missing_classes: record.flag("add_missing_classes", problems).unwrap_or(true),
        filter: record.get("filter").and_then(|node| filter(node, problems)),
        base: record.need_dn("base", problems),
        scope: record.get("scope").and_then(|node| node.word(&scopes, problems)).unwrap_or(Scope::Subtree),
        name_attribute: record.text("name", problems),
        read_only: record.flag("read_only", problems).unwrap_or(false),
        id: record.text("id", problems),
        dn: record.get("dn").and_then(|node| template(node, problems)),
        rename: record.flag("rename", problems).unwrap_or(true),
        containers: record.get("containers").and_then(|node| containers(node, problems)),
        create_parents: record.text("create_parents", problems),
        version: record.get("version").map_or(Version::Default, |node| version(node, problems)),
        active: record.get("active").map(|node| account::active(node, problems)),
        delete: record.get("delete").and_then(|node| account::delete(node, problems)).unwrap_or_default(),
        password: record.get("password").map(|node| account::password(node, problems)),
        members: record.get("members").and_then(|node| group::members(node, problems)),
        member_of: record.get("member_of").and_then(|node| group::member_of(node, problems)),
        next: record.named("next", problems, next),
        unique: record.texts("unique", problems).unwrap_or_default(),
        include: record.texts("include", problems),
        single: record.get("single").map(|node| none_or_texts(node, problems)),
        attributes: record.named("attributes", problems, attribute),
        changes: record.get("changes").and_then(|node| changes::changes(node, problems)),
    };
    together(&class, &record, problems);
    Some(class)
}

/// What does not go together.
fn together(class: &Class, record: &Record<'_>, problems: &mut Problems) {
    if class.dn.is_none() && record.get("dn").is_none() {
        for name in ["containers", "create_parents", "next"] {
            if let Some(node) = record.get(name) {
                problems.add(&node.path, "means nothing without `dn`, which names new entries");
            }
        }
    }
    if let (Some(template), Some(_)) = (&class.dn, &class.containers)
        && !(template.below().is_empty() && template.parents() == 0)
    {
        let path = format!("{}/dn", record.path);
        problems.add(&path, "has to end after the first part, as `containers` say what is above");
    }
}

/// A list that may be empty.
fn none_or_texts(node: Node<'_>, problems: &mut Problems) -> Vec<String> {
    match node.value {
        Value::Array(list) if list.is_empty() => Vec::new(),
        _ => node.texts(problems),
    }
}

fn filter(node: Node<'_>, problems: &mut Problems) -> Option<String> {
    let path = node.path.clone();
    let text = node.text(problems)?;
    if let Err(problem) = filter_text::parse(&text) {
        problems.add(&path, format!("is no filter: {problem}"));
    }
    Some(text)
}

fn template(node: Node<'_>, problems: &mut Problems) -> Option<Template> {
    let path = node.path.clone();
    let text = node.text(problems)?;
    match Template::parse(&text) {
        Ok(template) => Some(template),
        Err(problem) => {
            problems.add(&path, format!("is no template of a name: {problem}"));
            None
        }
    }
}

fn containers(node: Node<'_>, problems: &mut Problems) -> Option<Containers> {
    let record = node.record(&["by", "bases", "otherwise"], problems)?;
    if record.get("bases").is_none() {
        problems.add(&record.path, "`bases` is missing");
    }
    Some(Containers {
        by: record.need_text("by", problems),
        bases: record.named("bases", problems, |node, problems| node.dn(problems)),
        otherwise: record.dn("otherwise", problems),
    })
}

fn version(node: Node<'_>, problems: &mut Problems) -> Version {
    match node.value {
        Value::Bool(false) => Version::None,
        Value::String(text) if text == "content" => Version::Content,
        Value::String(text) if !text.is_empty() => Version::Attribute(text.clone()),
        _ => {
            problems.add(&node.path, "must be an attribute, \"content\", or false");
            Version::None
        }
    }
}

fn next(node: Node<'_>, problems: &mut Problems) -> Option<Next> {
    let record = node.record(&["entry", "attribute", "holds"], problems)?;
    let holds = [("next", false), ("last", true)];
    Some(Next {
        entry: record.need_dn("entry", problems),
        attribute: record.need_text("attribute", problems),
        last: record.get("holds").and_then(|node| node.word(&holds, problems)).unwrap_or(false),
    })
}

fn attribute(node: Node<'_>, problems: &mut Problems) -> Option<Attribute> {
    const KNOWN: [&str; 7] = ["attribute", "type", "read_only", "single", "required", "expensive", "class"];
    let record = node.record(&KNOWN, problems)?;
    let kinds = [
        ("text", Kind::Text),
        ("boolean", Kind::Boolean),
        ("integer", Kind::Integer),
        ("timestamp", Kind::Timestamp),
        ("binary", Kind::Binary),
    ];
    let attribute = Attribute {
        native: record.text("attribute", problems),
        kind: record.get("type").and_then(|node| node.word(&kinds, problems)),
        read_only: record.flag("read_only", problems).unwrap_or(false),
        single: record.flag("single", problems),
        required: record.flag("required", problems),
        expensive: record.flag("expensive", problems),
        class: record.text("class", problems),
    };
    if attribute.class.is_some() && attribute.kind.is_some() {
        let path = format!("{}/type", record.path);
        problems.add(&path, "does not go with `class`: its values are names of entries");
    }
    Some(attribute)
}
