//! From a directory to a mapping: what was seen of it goes in, a proposal of people, groups
//! and their SCIM attributes comes out, and [`file`] makes a configuration of it.
//!
//! The connector knows vendors, ids, versions and feeds for itself; a proposal says only what
//! it cannot know: where people and groups are, what they are called, and what is mapped.

mod choice;
mod classes;
mod extras;
mod file;
mod mapping;
mod root;
mod shape;

use std::collections::{BTreeMap, BTreeSet};

use patchbay_capability::ldap::{Dn, Entry};

pub use classes::ObjectClasses;
pub use extras::Setting;
pub use file::{Setup, file, only_binding};
pub use root::{Root, attribute_names};
pub use shape::Shape;

use crate::{Answer, Confidence, Finding, Hints, Interview, Question, Stopped};
use extras::Containers;
use mapping::{Kind, mapping};

/// Object classes of people, the most telling first, and what they are told from.
const PEOPLE: [&str; 5] = ["inetOrgPerson", "user", "organizationalPerson", "posixAccount", "person"];
/// Object classes of groups with the attribute that has the members.
const GROUPS: [(&str, &str); 4] = [
    ("group", "member"),
    ("groupOfNames", "member"),
    ("groupOfUniqueNames", "uniqueMember"),
    ("posixGroup", "memberUid"),
];

/// What was seen of a directory.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// What the server says of itself.
    pub root: Root,
    /// Names of the attributes that the schema knows, in lower case.
    pub schema: BTreeSet<String>,
    /// What it says of object classes.
    pub object_classes: ObjectClasses,
    /// Entries that were looked at.
    pub entries: Vec<Entry>,
    /// Whether there are more than were looked at.
    pub more: bool,
}

impl Directory {
    /// Object classes in use, with how many of the entries have them.
    pub fn classes(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for class in self.entries.iter().flat_map(|entry| texts(entry, "objectClass")) {
            *counts.entry(class.to_owned()).or_default() += 1;
        }
        counts
    }

    /// Entries of an object class; of users of Active Directory, without computers.
    pub fn of_class(&self, class: &str) -> Vec<&Entry> {
        let people = self.root.active_directory && class.eq_ignore_ascii_case("user");
        self.entries.iter().filter(|entry| has(entry, class) && !(people && has(entry, "computer"))).collect()
    }

    /// The values of an attribute over those entries, as text and each once; `limit` of them.
    pub fn samples(&self, class: &str, attribute: &str, limit: usize) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        for value in self.of_class(class).into_iter().flat_map(|entry| texts(entry, attribute)) {
            if seen.len() == limit {
                break;
            }
            if !seen.iter().any(|known| known == value) {
                seen.push(value.to_owned());
            }
        }
        seen
    }

    fn knows(&self, attribute: &str) -> bool {
        self.schema.contains(&attribute.to_ascii_lowercase())
    }
}

/// Values of an attribute that are text.
fn texts<'e>(entry: &'e Entry, name: &str) -> impl Iterator<Item = &'e str> {
    let found = entry.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
    found.into_iter().flat_map(|attribute| &attribute.values).filter_map(|value| str::from_utf8(value).ok())
}

/// Whether an entry has an object class.
fn has(entry: &Entry, class: &str) -> bool {
    texts(entry, "objectClass").any(|own| own.eq_ignore_ascii_case(class))
}

/// One class that is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// Name of the class in the settings.
    pub name: &'static str,
    /// What its entries have in common.
    pub shape: Shape,
    /// Attribute with the members, and the member that a group has that would be empty.
    pub members: Option<(&'static str, Option<String>)>,
    /// What makes an account active, where the settings have to say it.
    pub active: Option<&'static str>,
    /// Whether the name of a new entry ends after its first part, as a setting says where it is.
    pub contained: bool,
    /// What else the settings say of it.
    pub settings: Vec<Setting>,
    /// SCIM path, right side of the line, and why.
    pub lines: Vec<(String, String, String)>,
    /// Native attributes that are written.
    pub written: Vec<String>,
}

/// A proposal.
#[derive(Debug, Clone)]
pub struct DirectoryProposal {
    /// Trees that are read.
    pub read: Vec<String>,
    /// People.
    pub people: Proposed,
    /// Groups, where there are any.
    pub groups: Option<Proposed>,
    /// Entries elsewhere that are written: counters.
    pub counters: Vec<String>,
    /// What was found, and why.
    pub findings: Vec<Finding>,
    /// What nobody was asked.
    pub assumptions: Vec<String>,
    /// What is to be looked at.
    pub notes: Vec<String>,
}

/// Why there is no proposal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryFailure {
    /// Nothing looks like people.
    #[error("no entry looks like a person, among the {0} that could be read")]
    NoPeople(usize),
    /// An object class was named that no entry has.
    #[error("no entry has the object class `{0}`, among those that could be read")]
    NoSuchClass(String),
    /// Nobody answers.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Proposes people and groups. `hints.users` and `hints.groups` name object classes.
///
/// # Errors
/// Where there are no people to be found, or questions are not answered.
pub fn propose(
    directory: &Directory,
    hints: &Hints,
    interview: &mut dyn Interview,
) -> Result<DirectoryProposal, DirectoryFailure> {
    let mut notes = Vec::new();
    let mut assumptions = Vec::new();
    let class = match &hints.users {
        Some(class) if directory.of_class(class).is_empty() => {
            return Err(DirectoryFailure::NoSuchClass(class.clone()));
        }
        Some(class) => Some(class.as_str()),
        None => choice::choose(directory, &PEOPLE, "people", interview, &mut assumptions)?,
    };
    let class = class.ok_or(DirectoryFailure::NoPeople(directory.entries.len()))?;
    let people_entries = directory.of_class(class);
    let shape = Shape::of(&people_entries, class);
    let shape = shape.ok_or(DirectoryFailure::NoPeople(directory.entries.len()))?;
    let kind = Kind { directory, class, people: true };
    let mut people = mapping(&kind, "person", shape);
    people.active = active(directory, interview, &mut assumptions)?;
    if people.active.is_some() || directory.root.active_directory || directory.root.is_389() {
        let line = ("active".to_owned(), "\"active\"".to_owned(), "what the server locks accounts with".to_owned());
        people.lines.push(line);
        people.written.push(match people.active {
            Some(attribute) => attribute.to_owned(),
            None if directory.root.active_directory => "userAccountControl".to_owned(),
            None => "nsAccountLock".to_owned(),
        });
    }
    let containers = Containers::of(directory, &people_entries, &people.shape);
    people.contained = containers.is_some();
    people.settings.extend(containers.iter().map(Containers::setting));
    let counters: Vec<String> =
        extras::counter(directory, &people_entries, &mut people, &mut notes).into_iter().collect();
    extras::feed(&directory.root, &mut people);
    let mut findings = vec![finding("User", class, &people.shape, people_entries.len())];

    let groups = match &hints.groups {
        Some(class) if directory.of_class(class).is_empty() => {
            return Err(DirectoryFailure::NoSuchClass(class.clone()));
        }
        Some(class) => {
            GROUPS.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(class)).or(Some(("groupOfNames", "member")))
        }
        None => {
            let known = GROUPS.map(|(class, _)| class);
            let class = choice::choose(directory, &known, "groups", interview, &mut assumptions)?;
            GROUPS.into_iter().find(|(known, _)| Some(*known) == class)
        }
    };
    let mut proposed_groups = None;
    if let Some((known, attribute)) = groups {
        let class = hints.groups.as_deref().unwrap_or(known);
        let entries = directory.of_class(class);
        if let Some(shape) = Shape::of(&entries, class) {
            findings.push(finding("Group", class, &shape, entries.len()));
            let kind = Kind { directory, class, people: false };
            let mut group = mapping(&kind, "group", shape);
            // Object classes of RFC 4519 want a member always.
            let placeholder =
                ["groupOfNames", "groupOfUniqueNames"].iter().any(|strict| strict.eq_ignore_ascii_case(class));
            let placeholder = placeholder.then(|| format!("cn=nobody,{}", group.shape.base));
            if let Some(nobody) = &placeholder {
                assumptions
                    .push(format!("a group that would be empty gets the member `{nobody}`, which need not be there"));
            }
            group.members = Some((attribute, placeholder));
            group.lines.push((
                "members".to_owned(),
                "\"members\"".to_owned(),
                format!("by their names in {attribute}"),
            ));
            group.written.push(attribute.to_owned());
            extras::feed(&directory.root, &mut group);
            extras::member_of(directory, &people_entries, &mut people);
            proposed_groups = Some(group);
        }
    } else {
        notes.push("no entry looks like a group, so none is mapped".to_owned());
    }
    if directory.more {
        notes.push(format!("only the first {} entries were looked at", directory.entries.len()));
    }
    let mut read = trees(directory, &people, proposed_groups.as_ref());
    read.extend(counters.iter().filter(|counter| !is_within(counter, &read)).cloned().collect::<Vec<_>>());
    if !people.contained {
        assumptions.extend(people.shape.assumptions("people"));
    }
    assumptions.extend(proposed_groups.iter().flat_map(|group| group.shape.assumptions("groups")));
    Ok(DirectoryProposal { read, people, groups: proposed_groups, counters, findings, assumptions, notes })
}

/// Whether an entry is in one of these trees.
fn is_within(entry: &str, trees: &[String]) -> bool {
    let Ok(entry) = Dn::parse(entry) else { return false };
    trees.iter().filter_map(|tree| Dn::parse(tree.as_str()).ok()).any(|tree| entry.is_within(&tree))
}

/// What makes an account active, where the connector does not know it for itself.
fn active(
    directory: &Directory,
    interview: &mut dyn Interview,
    assumptions: &mut Vec<String>,
) -> Result<Option<&'static str>, Stopped> {
    let attribute = "pwdAccountLockedTime";
    if directory.root.active_directory || directory.root.is_389() || !directory.knows(attribute) {
        return Ok(None);
    }
    let question = Question {
        text: "Is an account made inactive by the lock of the password policy?".to_owned(),
        because: format!("the schema knows {attribute}; only a server with the policy overlay heeds it"),
        options: vec!["no, `active` is not mapped".to_owned(), format!("yes, by {attribute}")],
        default: 0,
    };
    Ok(match interview.ask(&question)? {
        Answer::Chosen(1) => Some(attribute),
        Answer::Chosen(_) => None,
        Answer::Assumed => {
            assumptions.push(format!(
                "`active` is not mapped; `active = \"{attribute}\"` in the class would do it by the password policy"
            ));
            None
        }
    })
}

fn finding(what: &str, class: &str, shape: &Shape, count: usize) -> Finding {
    let confidence = if count > 1 { Confidence::Sure } else { Confidence::Likely };
    Finding {
        what: what.to_owned(),
        place: format!("{class} below {}", shape.base),
        confidence,
        reason: format!("{count} entries have that object class"),
    }
}

/// The tree that holds both, else the places of each.
fn trees(directory: &Directory, people: &Proposed, groups: Option<&Proposed>) -> Vec<String> {
    let holds = |root: &&String| {
        let Ok(root) = Dn::parse(root.as_str()) else { return false };
        let within = |base: &str| Dn::parse(base).is_ok_and(|base| base.is_within(&root));
        within(&people.shape.base) && groups.is_none_or(|groups| within(&groups.shape.base))
    };
    match directory.root.contexts.iter().find(holds) {
        Some(root) => vec![root.clone()],
        None => std::iter::once(people).chain(groups).map(|class| class.shape.base.clone()).collect(),
    }
}

#[cfg(test)]
mod tests;
