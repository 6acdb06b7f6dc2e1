//! A hint about groups that hold what their members are known by: a login, and not a name.

use patchbay_connector::{Diagnostic, Severity, diagnostic};

use crate::plan::{Attribute, Class, Delete, Source};
use crate::settings::pointer;

/// A hint where others hold a value by which objects of a class are known, and that value may
/// change or be given to somebody else: no server keeps those right, as some do names.
pub(super) fn left_behind(class: &Class, classes: &[Class]) -> Option<Diagnostic> {
    if class.read_only {
        return None;
    }
    let (holder, by) = classes.iter().find_map(|other| {
        let by = other.attributes.iter().find_map(|attribute| known_by(attribute, class))?;
        (goes(class) || changes(class, by)).then_some((other, by))
    })?;
    let path = format!("/classes/{}", pointer(&class.own.class));
    let summary = format!(
        "objects of `{}` hold the `{by}` of these, which no server looks after: a change of it and a delete leave the \
         old one there, and whoever gets it next has what it gives",
        holder.own.class
    );
    Some(diagnostic(Severity::Warning, path, summary))
}

/// The attribute that objects of `class` are known by to an attribute of others; none where it
/// holds their names, or is about others.
fn known_by<'a>(attribute: &'a Attribute, class: &Class) -> Option<&'a str> {
    match &attribute.source {
        Source::Reference(link) if link.targets.iter().any(|target| target.class == class.own.class) => {
            link.by.as_deref()
        }
        _ => None,
    }
}

/// Whether a delete lets somebody else have the values of an object.
fn goes(class: &Class) -> bool {
    !matches!(class.delete, Delete::Keep { to: None, .. })
}

/// Whether writes may give an object another value of an attribute.
fn changes(class: &Class, native: &str) -> bool {
    let fixed = class.naming.as_ref().is_some_and(|naming| {
        !naming.rename && naming.template.naming().iter().any(|name| name.eq_ignore_ascii_case(native))
    });
    !fixed && class.attribute_of(native).is_some_and(|attribute| attribute.updatable)
}
