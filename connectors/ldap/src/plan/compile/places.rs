//! Places for entries: a class finds its objects below its base, and has to make them there.

use super::{Work, same};
use crate::active::is_at_or_below;
use crate::dn;
use crate::plan::Active;
use crate::settings::{Class, Scope, pointer};

impl Work<'_> {
    /// Refuses places where an object would be lost to its class once it is there. Where
    /// deleted ones are moved may be anywhere.
    pub(super) fn check_places(&mut self, class: &Class, active: Option<&Active>, path: &str) {
        if let Some(template) = &class.dn {
            let place = format!("{path}/dn");
            if !template.below().is_empty() {
                self.check_place(class, template.below(), place.clone());
            }
            if class.scope == Scope::OneLevel && template.parents() > 0 {
                self.problem(
                    place,
                    "has parts between the first one and `base`, where `scope = \"one-level\"` finds nothing",
                );
            }
        }
        if let Some(containers) = &class.containers {
            for (value, base) in &containers.bases {
                self.check_place(class, base, format!("{path}/containers/bases/{}", pointer(value)));
            }
            if let Some(base) = &containers.otherwise {
                self.check_place(class, base, format!("{path}/containers/otherwise"));
            }
        }
        if let Some(Active::Container(container)) = active {
            let path = format!("{path}/active/container");
            if class.scope == Scope::OneLevel {
                self.problem(
                    path,
                    "is where `scope = \"one-level\"` does not find accounts: it needs `scope = \"subtree\"`",
                );
            } else {
                self.check_place(class, container, path);
            }
        }
    }

    /// The attribute that entries are named by, where people are known by it and entries have
    /// several places: the server keeps names unique in one place only, and two of one name
    /// could never be in one.
    pub(super) fn identity(&mut self, class: &Class, active: Option<&Active>, path: &str) -> Option<String> {
        let template = class.dn.as_ref()?;
        let shut_in = matches!(active, Some(Active::Container(_)));
        let several = shut_in || class.containers.is_some() || !template.container_attributes().is_empty();
        let (&[naming], &[from]) = (template.naming().as_slice(), template.leaf_attributes().as_slice()) else {
            return None;
        };
        if !several || class.read_only || !self.is_called(class, from, naming) {
            return None;
        }
        let known_by = class.name_attribute.clone().or_else(|| self.name_attribute(class))?;
        if self.is_called(class, &known_by, naming) {
            return Some(naming.to_owned());
        }
        if shut_in && !class.unique.iter().any(|name| self.is_called(class, name, naming)) {
            let summary = format!(
                "two objects with one `{naming}`, in different places, cannot both be made inactive: add it to `unique`"
            );
            self.warning(format!("{path}/active/container"), summary);
        }
        None
    }

    /// Whether a name in the settings stands for this attribute of the directory.
    fn is_called(&self, class: &Class, name: &str, native: &str) -> bool {
        let given = class.attributes.iter().find(|(known, _)| same(known, name));
        let described = given.and_then(|(_, given)| given.native.as_deref()).unwrap_or(name);
        self.schema.same(described, native) || same(described, native)
    }

    /// Refuses a place that entries of the class are not found right below.
    fn check_place(&mut self, class: &Class, place: &str, path: String) {
        match class.scope {
            Scope::Subtree if !is_at_or_below(place, &class.base) => {
                self.problem(path, "is not below `base`: objects there would not be found");
            }
            Scope::OneLevel if dn::key(place) != dn::key(&class.base) => {
                self.problem(path, "is not `base`: `scope = \"one-level\"` finds objects right below that only");
            }
            Scope::Subtree | Scope::OneLevel => {}
        }
    }
}
