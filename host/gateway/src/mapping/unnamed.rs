//! What the ECMA host's block leaves out.

use patchbay_contract::ObjectClass;
use patchbay_scim::is_attribute_name;

use super::{Bound, Compiled};
use crate::problem::Problem;

/// Resource types of whose native attributes some have names that no SCIM attribute can have:
/// a client could not ask for them, and what it wrote would be lost. A line of the mapping gives
/// them a name of its own.
pub(crate) fn unnamed(compiled: &Compiled, bound: &Bound, classes: &[ObjectClass]) -> Vec<Problem> {
    let mut warnings = Vec::new();
    for resource in bound.resources.iter().filter(|_| compiled.ecma2host) {
        let Some(class) = classes.iter().find(|class| class.name == resource.class) else { continue };
        let names = class.attributes.iter().map(|attribute| attribute.name.as_str());
        let left_out: Vec<String> =
            names.filter(|name| !is_attribute_name(name)).map(|name| format!("`{name}`")).collect();
        if !left_out.is_empty() {
            let message = format!(
                "the ECMA host's block of {} has no {}: no SCIM attribute can have such a name",
                resource.name,
                left_out.join(", ")
            );
            warnings.push(Problem::new(["resources", &resource.name, "attributes"], message));
        }
    }
    warnings
}
