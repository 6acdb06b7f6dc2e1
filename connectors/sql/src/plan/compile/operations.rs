//! Statements of the administrator's own: parameters found and resolved, and what they mean
//! for the attributes of the class.

mod scope;
mod text;
mod writer;

use super::{Compiler, Problems};
use crate::plan::statement::{Custom, Param, Step};
use crate::plan::{Attribute, Column, Source};
use crate::settings::{self, pointer};
use scope::Place;
use writer::Writer;

/// What settings say of a class, for its operations.
pub(super) struct Subject<'a> {
    pub(super) class: &'a settings::Class,
    pub(super) key: &'a [Column],
    /// Whether the class cannot be written at all.
    pub(super) read_only: bool,
    /// Whether its table is a view.
    pub(super) view: bool,
    /// Where the class is in the settings.
    pub(super) path: &'a str,
}

impl Subject<'_> {
    /// Whether there is a table that generated statements may write. A view has to be said to
    /// be one.
    fn has_rows(&self) -> bool {
        !self.class.declared && (!self.view || self.class.read_only.is_some())
    }
}

/// Compiles the operations of a class, and leaves to each attribute what there is a statement
/// for. None where generated statements do everything.
pub(super) fn operations(
    compiler: &Compiler<'_>,
    subject: &Subject<'_>,
    attributes: &mut [Attribute],
    problems: &mut Problems,
) -> Option<Custom> {
    let write_only: Vec<String> =
        subject.class.attributes.iter().filter(|(_, own)| own.write_only).map(|(name, _)| name.clone()).collect();
    let Some(own) = &subject.class.operations else {
        let custom = Custom { generated: true, write_only, ..Custom::default() };
        return (!custom.write_only.is_empty()).then_some(custom);
    };
    let path = format!("{}/operations", subject.path);
    let mut writer = Writer {
        dialect: compiler.dialect,
        subject,
        attributes,
        errors: &own.errors,
        write_only: &write_only,
        problems,
    };
    let mut custom = Custom {
        generated: subject.has_rows(),
        declared: subject.class.declared,
        get: own.get.as_ref().and_then(|step| writer.reading(step, Place::Key, &format!("{path}/get"))),
        search: own.search.as_ref().and_then(|step| writer.reading(step, Place::Nothing, &format!("{path}/search"))),
        create: own.create.as_ref().map(|steps| writer.steps(steps, Place::New, &format!("{path}/create"))),
        created: Vec::new(),
        update: own.update.as_ref().map(|steps| writer.steps(steps, Place::Changed, &format!("{path}/update"))),
        delete: own.delete.as_ref().map(|steps| writer.steps(steps, Place::Object, &format!("{path}/delete"))),
        attributes: writer.by_attribute(own, &path),
        write_only: write_only.clone(),
    };
    writer.named(&own.errors, &path);
    let mentioned = |steps: &[Step]| -> Vec<String> {
        let columns: Vec<&String> = steps.iter().flat_map(Step::params).flat_map(columns).collect();
        let mentions = |attribute: &&Attribute| attribute.own_columns().iter().any(|own| columns.contains(&&own.name));
        attributes.iter().filter(mentions).map(|attribute| attribute.name.clone()).collect()
    };
    custom.created = custom.create.as_deref().map(mentioned).unwrap_or_default();
    let updated = custom.update.as_deref().map(mentioned);
    let called = [&custom.get, &custom.search].into_iter().flatten().any(Step::is_call);
    if called && let Some((name, _)) = subject.class.lookups.first() {
        let path = format!("{}/lookups/{}", subject.path, pointer(name));
        problems.error(path, "a lookup needs a class that is read by a SELECT, not by a procedure");
    }
    if called && !subject.class.soft_delete.is_empty() {
        let path = format!("{}/soft_delete", subject.path);
        problems.error(path, "needs a class that is read by a SELECT: let the procedure leave out what is deleted");
    }
    for attribute in attributes {
        cover(attribute, &custom, updated.as_deref(), subject);
    }
    Some(custom)
}

/// Columns that a parameter stands for.
fn columns(param: &Param) -> &[String] {
    match param {
        Param::Now(column) | Param::Old(column) => std::slice::from_ref(column),
        Param::Changed(columns) => columns,
        Param::Output(_) | Param::Value(_) => &[],
    }
}

/// Leaves to an attribute what there is a statement for.
fn cover(attribute: &mut Attribute, custom: &Custom, updated: Option<&[String]>, subject: &Subject<'_>) {
    let own = custom.own(&attribute.name).is_some();
    if let Source::Multi(multi) = &attribute.source {
        // Own statements may write what a view shows.
        let wanted = subject.class.multi.iter().any(|(name, own)| *name == attribute.name && !own.read_only);
        if own && multi.view && wanted && !subject.read_only {
            (attribute.creatable, attribute.updatable) = (true, true);
        }
        return;
    }
    let created = match &custom.create {
        Some(_) => custom.created.contains(&attribute.name),
        None => custom.generated,
    };
    let changed = match updated {
        Some(updated) => updated.contains(&attribute.name),
        None => custom.generated,
    };
    attribute.creatable &= own || created;
    attribute.updatable &= own || changed;
    attribute.required &= attribute.creatable;
}
