//! What a target needs and no line of the mapping gives.

use patchbay_contract::ObjectClass;

use super::{Bound, Resource, Source};
use crate::problem::Problem;

/// Resource types that cannot be created, each with the attributes that it would take. That
/// may be meant: whoever only changes objects that are there needs no more.
pub(crate) fn unfed(bound: &Bound, classes: &[ObjectClass]) -> Vec<Problem> {
    let mut warnings = Vec::new();
    for resource in &bound.resources {
        let Some(class) = classes.iter().find(|class| class.name == resource.class) else { continue };
        if !class.operations.create {
            continue;
        }
        let needed =
            class.attributes.iter().filter(|attribute| attribute.traits.required && attribute.traits.creatable);
        let missing: Vec<String> = needed
            .filter(|attribute| !is_fed(resource, &attribute.name))
            .map(|attribute| format!("`{}`", attribute.name))
            .collect();
        if !missing.is_empty() {
            let message = format!(
                "no {} can be created: class `{}` needs {}, which no line of the mapping writes",
                resource.name,
                class.name,
                missing.join(", ")
            );
            warnings.push(Problem::new(["resources", &resource.name, "attributes"], message));
        }
    }
    warnings
}

/// Whether a client's value gets to the native attribute.
fn is_fed(resource: &Resource, native: &str) -> bool {
    resource.attributes.iter().flat_map(|mapped| mapped.leaves()).any(|leaf| match leaf.source {
        Source::Native(index) => leaf.writable && resource.natives.get(index).is_some_and(|known| known.name == native),
        Source::Expression(..) | Source::Constant(_) => false,
    })
}
