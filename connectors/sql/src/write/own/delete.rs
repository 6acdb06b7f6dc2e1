//! `delete` with own statements.

use patchbay_connector::Error;

use super::lists::List;
use super::{meet, needed, unsupported};
use crate::custom;
use crate::database::Database;
use crate::fault::About;
use crate::plan::statement::Custom;
use crate::plan::{Attribute, Class, Source};
use crate::write::{Target, delete as generated, transaction, writable};

/// Deletes an object, at version `if_match` where that is given: by its own statements, which
/// then do all there is to do; else by generated ones.
pub(in crate::write) fn delete(
    db: &mut impl Database,
    class: &Class,
    custom: &Custom,
    uid: &str,
    if_match: Option<&str>,
) -> Result<(), Error> {
    writable(class)?;
    if custom.delete.is_none() && !custom.generated {
        return Err(unsupported());
    }
    let target = Target::new(class, uid, if_match)?;
    let lists: Vec<List<'_>> = match custom.delete.is_none() && class.soft_delete.is_empty() {
        true => class.attributes.iter().filter_map(|attribute| list(class, custom, attribute)).collect(),
        false => Vec::new(),
    };
    let steps = custom.delete.as_deref().unwrap_or_default();
    let needed = needed(class, steps.iter().chain(lists.iter().flat_map(List::steps)));
    transaction::run(db, |db| {
        let mut environment = meet(db, &target, custom, &needed)?;
        if custom.delete.is_some() {
            custom::steps(db, About::class(class), steps, &mut environment)?;
            return Ok(());
        }
        for list in &lists {
            list.clear(db, &mut environment, &target.key)?;
        }
        generated::rows(db, &target, |attribute| list(class, custom, attribute).is_none())
    })
}

/// The attribute as a list with statements of its own, if it is one.
fn list<'a>(class: &'a Class, custom: &'a Custom, attribute: &'a Attribute) -> Option<List<'a>> {
    match &attribute.source {
        Source::Multi(multi) => List::of(class, attribute, multi, custom.own(&attribute.name)),
        _ => None,
    }
}
