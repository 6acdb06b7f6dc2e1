//! Which object class tells people, or groups, where entries have several.

use patchbay_capability::ldap::Entry;

use super::{Directory, has};
use crate::{Answer, Interview, Question, Stopped};

/// Object classes that others of people imply: they tell only who has none of those.
const GENERAL: [&str; 2] = ["organizationalPerson", "person"];

/// The one of the `known` object classes, the most telling first, that the most entries have;
/// none where no entry has one. Where entries of another one would be left out, somebody is
/// asked, and what nobody answered is among `assumptions`.
///
/// # Errors
/// Where questions are not answered any more.
pub(super) fn choose<'c>(
    directory: &Directory,
    known: &[&'c str],
    what: &str,
    interview: &mut dyn Interview,
    assumptions: &mut Vec<String>,
) -> Result<Option<&'c str>, Stopped> {
    let mut classes: Vec<&'c str> = known.to_vec();
    classes.retain(|class| !directory.of_class(class).is_empty());
    if directory.root.active_directory && classes.iter().any(|class| !is_general(class)) {
        // Contacts have no account, and computers are no people.
        classes.retain(|class| !is_general(class));
    }
    let Some(most) = most(directory, &classes) else { return Ok(None) };
    let others = left_out(directory, &classes, most);
    if others.is_empty() {
        return Ok(Some(most));
    }
    let count = |class: &str| directory.of_class(class).len();
    let left: Vec<String> = others.iter().map(|(class, left)| format!("{left} of {class}")).collect();
    let left = left.join(", ");
    let offered: Vec<&str> = std::iter::once(most).chain(others.iter().map(|(class, _)| *class)).collect();
    let question = Question {
        text: format!("Which entries are the {what}?"),
        because: format!("no object class has all of them: beside {most} there are {left}"),
        options: offered.iter().map(|class| format!("{class}: {} entries", count(class))).collect(),
        default: 0,
    };
    match interview.ask(&question)? {
        Answer::Chosen(option) => Ok(offered.get(option).copied().or(Some(most))),
        Answer::Assumed => {
            assumptions.push(format!(
                "{what} are the entries of `{most}` ({}); left out, and made again by a client that does not find \
                 them: {left}",
                count(most)
            ));
            Ok(Some(most))
        }
    }
}

/// The one that the most entries have; of several, the first.
fn most<'c>(directory: &Directory, classes: &[&'c str]) -> Option<&'c str> {
    let mut found: Option<(&'c str, usize)> = None;
    for class in classes {
        let entries = directory.of_class(class);
        let count = match is_general(class) {
            true => entries.iter().filter(|entry| told_by(entry, classes) == Some(*class)).count(),
            false => entries.len(),
        };
        if found.is_none_or(|(_, most)| count > most) {
            found = Some((*class, count));
        }
    }
    found.map(|(class, _)| class)
}

/// How many entries of the others are none of `chosen`, each by its most telling object class.
fn left_out<'c>(directory: &Directory, classes: &[&'c str], chosen: &str) -> Vec<(&'c str, usize)> {
    let left = classes.iter().filter(|class| **class != chosen).map(|class| {
        let entries = directory.of_class(class);
        let is_left = |entry: &&&Entry| told_by(entry, classes) == Some(*class) && !has(entry, chosen);
        (*class, entries.iter().filter(is_left).count())
    });
    left.filter(|(_, count)| *count > 0).collect()
}

/// The most telling of the object classes of an entry.
fn told_by<'c>(entry: &Entry, classes: &[&'c str]) -> Option<&'c str> {
    classes.iter().copied().find(|class| has(entry, class))
}

fn is_general(class: &str) -> bool {
    GENERAL.contains(&class)
}
