//! A directory as it is, before anything is made of it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use patchbay_capability::ldap::Entry;
use patchbay_propose::{masked, one_line};
use serde_json::{Value, json};

use crate::output;
use crate::survey::directory::{DirectorySurvey, MAX_ENTRIES};

/// Values shown of an attribute.
const SHOWN: usize = 4;

/// Entries with the same object classes: how many, and values of their attributes.
#[derive(Debug, Default)]
struct Kind {
    entries: usize,
    attributes: BTreeMap<String, Vec<String>>,
}

/// All kinds of entries, by their object classes.
fn kinds(survey: &DirectorySurvey, clear: bool) -> BTreeMap<Vec<String>, Kind> {
    let mut kinds: BTreeMap<Vec<String>, Kind> = BTreeMap::new();
    for entry in &survey.directory.entries {
        let kind = kinds.entry(object_classes(entry)).or_default();
        kind.entries += 1;
        for attribute in entry.attributes.iter().filter(|attribute| !attribute.name.eq_ignore_ascii_case("objectClass"))
        {
            let shown = kind.attributes.entry(attribute.name.clone()).or_default();
            for value in attribute.values.iter().take(SHOWN) {
                let text = match str::from_utf8(value) {
                    Ok(text) => masked(text, clear),
                    Err(_) => format!("({} bytes)", value.len()),
                };
                if shown.len() < SHOWN && !shown.contains(&text) {
                    shown.push(text);
                }
            }
        }
    }
    kinds
}

fn object_classes(entry: &Entry) -> Vec<String> {
    let own = entry.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case("objectClass"));
    let mut classes: Vec<String> = own
        .into_iter()
        .flat_map(|attribute| &attribute.values)
        .map(|value| String::from_utf8_lossy(value).into_owned())
        .filter(|class| class != "top")
        .collect();
    classes.sort();
    classes
}

/// Prints what the server is, its trees, and its kinds of entries; `clear`: values as they
/// are.
pub(super) fn print(out: &mut dyn Write, survey: &DirectorySurvey, clear: bool) -> io::Result<()> {
    let root = &survey.directory.root;
    writeln!(out, "server     {}", one_line(&root.product))?;
    writeln!(out, "can do     {}", one_line(&root.abilities.join(", ")))?;
    for context in &root.contexts {
        writeln!(out, "tree       {}", one_line(context))?;
    }
    writeln!(out)?;
    let mut rows = vec![["OBJECT CLASS", "ENTRIES"].map(str::to_owned).to_vec()];
    let mut classes: Vec<(String, u64)> = survey.directory.classes().into_iter().collect();
    classes.sort_by_key(|(class, count)| (std::cmp::Reverse(*count), class.clone()));
    rows.extend(classes.iter().map(|(class, count)| vec![one_line(class), count.to_string()]));
    output::columns(out, 0, &rows)?;
    for (classes, kind) in kinds(survey, clear) {
        writeln!(out, "\n{}  ({} entries)", one_line(&classes.join(", ")), kind.entries)?;
        let mut rows = vec![["ATTRIBUTE", "VALUES"].map(str::to_owned).to_vec()];
        rows.extend(kind.attributes.iter().map(|(name, values)| vec![one_line(name), one_line(&values.join(", "))]));
        output::columns(out, 2, &rows)?;
    }
    for (tree, why) in &survey.refused {
        writeln!(out, "\n{} cannot be read: {}", one_line(tree), one_line(why))?;
    }
    if survey.directory.more {
        writeln!(out, "\nThere is more: it stops at {MAX_ENTRIES} entries, or after a minute.")?;
    }
    let how = if clear { "as they are" } else { "masked: their shape" };
    writeln!(out, "\nValues are {how}. What holds passwords is not read.")
}

/// The same as JSON.
pub(super) fn to_json(survey: &DirectorySurvey, clear: bool) -> Value {
    let root = &survey.directory.root;
    let kinds = kinds(survey, clear).into_iter().map(
        |(classes, kind)| json!({ "objectClasses": classes, "entries": kind.entries, "attributes": kind.attributes }),
    );
    json!({
        "server": root.product,
        "activeDirectory": root.active_directory,
        "abilities": root.abilities,
        "namingContexts": root.contexts,
        "objectClasses": survey.directory.classes(),
        "kinds": kinds.collect::<Vec<_>>(),
        "refused": survey.refused.iter().map(|(tree, why)| json!({ "tree": tree, "why": why })).collect::<Vec<_>>(),
        "complete": !survey.directory.more,
        "masked": !clear,
    })
}
