//! Auxiliary object classes, and what entries need them for.

use super::Work;
use crate::plan::{Attribute, Auxiliary};
use crate::settings;
use crate::subschema::{Kind, ObjectClass};

impl Work<'_> {
    /// The auxiliary ones among the object classes of a class, in their order.
    pub(super) fn auxiliaries(&self, class: &settings::Class, attributes: &[Attribute]) -> Vec<Auxiliary> {
        let known = || class.object_classes.iter().filter_map(|name| Some((name, self.schema.class(name)?)));
        let others: Vec<&str> =
            known().filter(|(_, known)| known.kind != Kind::Auxiliary).map(|(name, _)| name.as_str()).collect();
        let auxiliary = known().filter(|(_, known)| known.kind == Kind::Auxiliary);
        auxiliary
            .map(|(name, known)| Auxiliary {
                name: name.clone(),
                names: known.names.iter().chain([&known.oid]).cloned().collect(),
                attributes: self.only_in(known, &others, attributes),
            })
            .collect()
    }

    /// Attributes that an object class allows, and the others do not.
    fn only_in(&self, class: &ObjectClass, others: &[&str], attributes: &[Attribute]) -> Vec<String> {
        let allowed = |classes: &[&str], native: &str| {
            let contents = self.schema.contents(classes).unwrap_or_default();
            super::allows(&contents, self.schema, native)
        };
        let natives = attributes.iter().map(|attribute| &attribute.native);
        let mut natives: Vec<String> = natives
            .filter(|native| !native.is_empty() && allowed(&[class.name()], native) && !allowed(others, native))
            .cloned()
            .collect();
        natives.sort_unstable();
        natives.dedup();
        natives
    }
}
