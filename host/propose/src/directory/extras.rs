//! What a class may have beside its entries and names: several containers, groups read back,
//! counters for numbers, and a feed of changes. Each is proposed only where it was seen.

use std::collections::BTreeMap;

use patchbay_capability::ldap::{Dn, Entry};

use super::{Directory, Proposed, Root, Shape, texts};
use crate::write::value;

/// Attributes that are mapped and may say where somebody is.
const PLACES: [&str; 4] = ["department", "departmentNumber", "company", "o"];
/// Different values of one that are looked at.
const MOST_PLACES: usize = 50;

/// One line of a class in the settings, and why it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Key and value, as TOML.
    pub line: String,
    /// Why, as a sentence or two.
    pub why: String,
}

/// Where people are, by the value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Containers {
    by: &'static str,
    bases: BTreeMap<String, String>,
    otherwise: String,
}

impl Containers {
    /// Where there are several containers, and an attribute tells which one somebody is in: of
    /// each value all are in one, and who has none is where most are.
    pub(super) fn of(directory: &Directory, entries: &[&Entry], shape: &Shape) -> Option<Self> {
        let entries: Vec<&Entry> = entries.iter().copied().filter(|entry| !super::shape::is_built_in(entry)).collect();
        PLACES.into_iter().filter(|by| directory.knows(by)).find_map(|by| {
            let mut bases: BTreeMap<String, String> = BTreeMap::new();
            for entry in &entries {
                let parent = Dn::parse(entry.dn.as_str()).ok()?.parent().to_owned();
                let mut values = texts(entry, by);
                match (values.next(), values.next()) {
                    (None, _) if parent == shape.container => {}
                    (Some(value), None) => {
                        let known = bases.entry(value.to_owned()).or_insert_with(|| parent.clone());
                        if *known != parent || bases.len() > MOST_PLACES {
                            return None;
                        }
                    }
                    _ => return None,
                }
            }
            let first = bases.values().next()?;
            let several = bases.values().any(|base| base != first);
            several.then(|| Self { by, bases, otherwise: shape.container.clone() })
        })
    }

    /// As a line of the settings.
    pub(super) fn setting(&self) -> Setting {
        let bases: Vec<String> =
            self.bases.iter().map(|(of, base)| format!("{} = {}", value(of), value(base))).collect();
        Setting {
            line: format!(
                "containers = {{ by = {}, bases = {{ {} }}, otherwise = {} }}",
                value(self.by),
                bases.join(", "),
                value(&self.otherwise)
            ),
            why: format!(
                "Of each value of {} all people are below one entry. Who gets another value is moved; other values, \
                 and none, belong where most people are.",
                self.by
            ),
        }
    }
}

/// The groups of people, where the server writes them down: somebody has to be in one.
pub(super) fn member_of(directory: &Directory, entries: &[&Entry], people: &mut Proposed) {
    let kept = entries.iter().any(|entry| texts(entry, "memberOf").next().is_some());
    if !kept || !directory.knows("memberOf") {
        return;
    }
    people.settings.push(Setting {
        line: "member_of = \"group\"".to_owned(),
        why: "The server keeps memberOf: the groups of a person, read only, for requests that ask for `groups`."
            .to_owned(),
    });
    let line = ("groups".to_owned(), "\"member_of\"".to_owned(), "kept by the server in memberOf".to_owned());
    people.lines.push(line);
}

/// A counter for the numbers of accounts of Unix, or else what has to be done about them.
/// The name of the entry with the counter, where there is one.
pub(super) fn counter(
    directory: &Directory,
    entries: &[&Entry],
    people: &mut Proposed,
    notes: &mut Vec<String>,
) -> Option<String> {
    let posix = people.shape.object_classes.iter().any(|class| class.eq_ignore_ascii_case("posixAccount"));
    if !posix || !directory.knows("uidNumber") {
        return None;
    }
    notes.push(
        "posixAccount needs gidNumber and homeDirectory as well: give them places in the mapping, for a create fails \
         without"
            .to_owned(),
    );
    let number = |entry: &Entry| texts(entry, "uidNumber").next().and_then(|number| number.parse::<u64>().ok());
    let highest = entries.iter().filter_map(|entry| number(entry)).max()?;
    let is_account =
        |entry: &Entry| texts(entry, "objectClass").any(|class| class.eq_ignore_ascii_case("posixAccount"));
    let counters = directory.entries.iter().filter(|entry| !is_account(entry));
    let nearest = counters
        .filter_map(|entry| Some((number(entry).filter(|number| *number >= highest)?, entry)))
        .min_by_key(|(number, _)| *number);
    let Some((held, entry)) = nearest else {
        notes.push(
            "people have a uidNumber, and no entry counts them: make one with the next number, and name it as `next` of \
             the class, or have clients give numbers"
                .to_owned(),
        );
        return None;
    };
    let holds = if held == highest { ", holds = \"last\"" } else { "" };
    let what = if held == highest { "as high as the highest" } else { "above all numbers" };
    people.settings.push(Setting {
        line: format!("next = {{ uidNumber = {{ entry = {}, attribute = \"uidNumber\"{holds} }} }}", value(&entry.dn)),
        why: format!("A new person gets the next uidNumber from this entry, whose number is {what} of people."),
    });
    people.written.push("uidNumber".to_owned());
    Some(entry.dn.clone())
}

/// A feed of changes, where the server has a way that tells of deletions.
pub(super) fn feed(root: &Root, proposed: &mut Proposed) {
    let can = |ability: &str| root.abilities.iter().any(|known| known == ability);
    let (method, what) = match () {
        () if root.active_directory && can("DirSync") => {
            ("dirsync", "The account needs the right to replicate directory changes.")
        }
        () if !root.active_directory && can("content synchronization") => {
            ("syncrepl", "It tells of deletions as well.")
        }
        () => return,
    };
    proposed.settings.push(Setting {
        line: format!("changes = {{ method = {} }}", value(method)),
        why: format!("What `patchbay changes` follows: the server has this way. {what}"),
    });
}
