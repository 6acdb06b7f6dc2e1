//! `update` with own statements.

use patchbay_connector::{Delta, Error, ObjectId, WriteResult};

use super::lists::List;
use super::{change, meet, needed, set};
use crate::custom;
use crate::database::Database;
use crate::fault::About;
use crate::plan::statement::{Custom, Own, Step};
use crate::plan::{Attribute, Class, Multi, Source};
use crate::write::assign::{Assignments, Set};
use crate::write::rows::{self, Edit, Place};
use crate::write::{Target, transaction, update as generated, writable};

/// Changes by what writes them.
#[derive(Default)]
struct Changes<'a> {
    /// By a generated UPDATE, or by the statements of `update`.
    row: Assignments<'a>,
    /// By statements of the attribute.
    attributes: Vec<(&'a Attribute, &'a Own, Assignments<'a>)>,
    /// By generated statements on other tables.
    children: Vec<(&'a Attribute, &'a Multi, Edit)>,
    /// By statements per value.
    lists: Vec<(List<'a>, Edit)>,
}

/// Applies deltas to an object, at version `if_match` where that is given.
pub(in crate::write) fn update(
    db: &mut impl Database,
    class: &Class,
    custom: &Custom,
    uid: &str,
    if_match: Option<&str>,
    deltas: &[Delta],
) -> Result<WriteResult, Error> {
    writable(class)?;
    let target = Target::new(class, uid, if_match)?;
    let changes = sort(class, custom, &target, deltas)?;
    let steps = custom.update.as_deref().filter(|_| !changes.row.is_empty());
    let mut needed = needed(class, used(&changes, steps.unwrap_or_default()));
    let all = changes.attributes.iter().map(|(_, _, alone)| alone).chain(std::iter::once(&changes.row));
    for name in all.flat_map(compared) {
        if !needed.contains(&name) {
            needed.push(name);
        }
    }

    transaction::run(db, |db| {
        let mut environment = meet(db, &target, custom, &needed)?;
        let row = changes.row.resolve(db, class)?;
        let increments = class.version_column().is_some_and(|version| version.increment);
        let elsewhere = !changes.attributes.is_empty() || !changes.children.is_empty() || !changes.lists.is_empty();
        match steps {
            Some(steps) => {
                change(&mut environment, &row);
                let about = About { class, multi: None, written: &row.attributes };
                custom::steps(db, about, steps, &mut environment)?;
            }
            None if !row.columns.is_empty() || (increments && elsewhere) => {
                generated::write(db, &target, &row)?;
                change(&mut environment, &row);
            }
            None => {}
        }
        for (attribute, own, alone) in &changes.attributes {
            change(&mut environment, &alone.resolve(db, class)?);
            set(db, class, attribute, own, &mut environment)?;
        }
        for (attribute, multi, edit) in &changes.children {
            Place { class, attribute, multi, key: &target.key }.apply(db, edit)?;
        }
        for (list, edit) in &changes.lists {
            list.apply(db, &mut environment, &target.key, edit)?;
        }
        let revision = target.revision(db)?;
        let id = ObjectId { uid: uid.to_owned(), revision };
        Ok(WriteResult { id, side_effects: Vec::new() })
    })
}

/// Columns whose new value depends on what they hold.
fn compared<'a>(set: &'a Assignments<'a>) -> impl Iterator<Item = &'a str> {
    let removed = set.columns.iter().filter(|(_, set)| matches!(set, Set::Without(_))).map(|(column, _)| *column);
    // Which label goes is known once its code is.
    let labels = set.attributes.iter().filter_map(|attribute| match &attribute.source {
        Source::Lookup(lookup) => Some(&lookup.column),
        _ => None,
    });
    removed.chain(labels).map(|column| column.name.as_str())
}

/// Which change is written by what.
fn sort<'a>(class: &'a Class, custom: &'a Custom, target: &Target<'_>, deltas: &[Delta]) -> Result<Changes<'a>, Error> {
    let mut changes = Changes::default();
    for Delta { attribute: name, change } in deltas {
        let Some(attribute) = generated::updatable(class, name, &target.key, change)? else { continue };
        match (&attribute.source, custom.own(name)) {
            (Source::Multi(multi), own) => match List::of(class, attribute, multi, own) {
                Some(list) => changes.lists.push((list, list.edit(change)?)),
                None => changes.children.push((attribute, multi, rows::edit(attribute, multi, change)?)),
            },
            (_, Some(own)) => {
                // Several changes of one attribute are one in the end.
                let known = changes.attributes.iter_mut().find(|(known, _, _)| known.name == attribute.name);
                match known {
                    Some((_, _, alone)) => alone.change(attribute, change)?,
                    None => {
                        let mut alone = Assignments::default();
                        alone.change(attribute, change)?;
                        changes.attributes.push((attribute, own, alone));
                    }
                }
            }
            (_, None) => changes.row.change(attribute, change)?,
        }
    }
    Ok(changes)
}

/// All steps that will run, or may.
fn used<'a>(changes: &'a Changes<'a>, update: &'a [Step]) -> Vec<&'a Step> {
    let own = changes.attributes.iter().flat_map(|(_, own, _)| match own {
        Own::Set(steps) => steps.iter().chain([].iter()),
        Own::Switch { enable: one, disable: other } | Own::Values { add: one, remove: other } => {
            one.iter().chain(other.iter())
        }
    });
    update.iter().chain(own).chain(changes.lists.iter().flat_map(|(list, _)| list.steps())).collect()
}
