//! References by URL. Where a client gives `$ref` and no `value` (RFC 7643 sections 2.4 and
//! 4.3), the id is in the URL, if it is one of the host's own.

use patchbay_contract::ValueType;
use patchbay_scim::{Edit, ScimError};
use serde_json::{Map, Value as Json};

use crate::mapping::{Bound, Leaf, Mapped, Resource, Shape, Source};
use crate::render::uid_of;

/// What a place for values is told by: sub-attributes and what they are.
type Selector = [(String, Json)];

/// Reads the URLs of one resource type's references.
#[derive(Debug, Clone, Copy)]
pub(crate) struct References<'a> {
    pub(crate) bound: &'a Bound,
    pub(crate) resource: &'a Resource,
    /// Base URL without trailing slash.
    pub(crate) base_url: &'a str,
}

impl References<'_> {
    /// Gives all references in a body that have no `value` the id in their URL.
    ///
    /// # Errors
    /// invalidValue naming the attribute, where the URL is of no resource it can refer to.
    pub(crate) fn identify(&self, body: &mut Map<String, Json>) -> Result<(), ScimError> {
        self.resource.attributes.iter().try_for_each(|mapped| {
            let members = match &mapped.urn {
                None => Some(&mut *body),
                Some(urn) => body.get_mut(urn.as_ref()).and_then(Json::as_object_mut),
            };
            let value = members.and_then(|members| members.get_mut(&mapped.definition.name));
            value.map_or(Ok(()), |value| self.identify_value(mapped, value))
        })
    }

    /// The same for the value of an edit. One of `$ref` alone becomes one of `value`.
    ///
    /// # Errors
    /// As of [`References::identify`].
    pub(crate) fn identify_edit(&self, mapped: &Mapped, edit: &mut Edit) -> Result<(), ScimError> {
        let Some(value) = &mut edit.value else { return Ok(()) };
        match (edit.target.sub.as_deref(), value.as_str()) {
            (None, _) => self.identify_value(mapped, value),
            (Some("$ref"), Some(url)) if !self.places(mapped).is_empty() => {
                let (uid, _) = self.read(mapped, url)?;
                *value = Json::String(uid);
                edit.target.sub = Some("value".into());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn identify_value(&self, mapped: &Mapped, value: &mut Json) -> Result<(), ScimError> {
        if self.places(mapped).is_empty() {
            return Ok(());
        }
        let elements = match value {
            Json::Array(elements) => elements.as_mut_slice(),
            single => std::slice::from_mut(single),
        };
        for element in elements.iter_mut().filter_map(Json::as_object_mut) {
            let Some(url) = element.get("$ref").and_then(Json::as_str).filter(|_| !element.contains_key("value"))
            else {
                continue;
            };
            let (uid, selector) = self.read(mapped, url)?;
            element.insert("value".into(), Json::String(uid));
            for (sub, wanted) in selector {
                element.entry(sub.as_str()).or_insert_with(|| wanted.clone());
            }
        }
        Ok(())
    }

    /// The id in a URL, and what the place of such references is told by.
    fn read<'m>(&'m self, mapped: &'m Mapped, url: &str) -> Result<(String, &'m Selector), ScimError> {
        // Relative to a resource's own URL, as the examples of RFC 7644 have it.
        let url = url.strip_prefix("../").map_or_else(|| url.to_owned(), |rest| format!("{}/{rest}", self.base_url));
        let found = self.places(mapped).into_iter().find_map(|(selector, class)| {
            let target = self.bound.by_class(class)?;
            Some((uid_of(&url, self.base_url, &target.endpoint)?, selector))
        });
        found.ok_or_else(|| {
            let name = &mapped.definition.name;
            ScimError::invalid_value(format!("{name}.$ref: is not the URL of a resource that can be referred to here"))
        })
    }

    /// What each place for references of the attribute is told by, and the class that they
    /// are of; nothing where the attribute is of something else.
    fn places<'m>(&'m self, mapped: &'m Mapped) -> Vec<(&'m Selector, &'m str)> {
        let class = |leaves: &'m [(String, Leaf)]| {
            let (_, leaf) = leaves.iter().find(|(sub, _)| sub == "value")?;
            let Source::Native(native) = leaf.source else { return None };
            let info = self.resource.natives.get(native).filter(|info| info.kind == ValueType::Reference)?;
            info.target.as_deref()
        };
        match &mapped.shape {
            Shape::Scalar(_) | Shape::List(_) => Vec::new(),
            Shape::Complex(leaves) => class(leaves).map(|class| (&[][..], class)).into_iter().collect(),
            Shape::Elements(slots) => {
                slots.iter().filter_map(|slot| Some((slot.selector.as_slice(), class(&slot.leaves)?))).collect()
            }
        }
    }
}
