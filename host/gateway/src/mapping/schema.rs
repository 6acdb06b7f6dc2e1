//! The SCIM schemas of a resource type: what clients may send, and what is published.

use std::collections::HashMap;
use std::sync::Arc;

use patchbay_contract::{AttributeInfo, ValueType};
use patchbay_scim::Profile;
use patchbay_scim::schema::{
    Attribute, Mutability, Schema, SchemaSet, Type, Uniqueness, common_attributes, enterprise_user, group, user,
};

use super::compile::CompiledResource;
use super::{ECMA2HOST, GROUP, Leaf, Mapped, Shape, Source, USER};

/// The core schema and the extensions of a resource type while they are put together.
pub(super) struct Families {
    core: Schema,
    core_is_fixed: bool,
    extensions: Vec<Schema>,
    /// Mapped attributes by schema id.
    published: Vec<(String, Attribute)>,
    /// Schema id and name of those that an object always has.
    never_absent: Vec<(String, String)>,
}

impl Families {
    pub(super) fn new(resource: &CompiledResource) -> Self {
        let (core, fixed) = match resource.schema.as_str() {
            USER => (user(), true),
            GROUP => (group(), true),
            other => {
                (Schema::new(other, resource.name.as_str(), format!("{} of the application.", resource.name)), false)
            }
        };
        // A client of users sends the enterprise extension whether it is mapped or not.
        let extensions = if resource.schema == USER { vec![enterprise_user()] } else { Vec::new() };
        Self { core, core_is_fixed: fixed, extensions, published: Vec::new(), never_absent: Vec::new() }
    }

    /// Whether the core schema is one of the RFC's, which nobody adds attributes to.
    pub(super) fn core_is_fixed(&self) -> bool {
        self.core_is_fixed
    }

    /// The RFC's definition of an attribute.
    pub(super) fn definition(&self, urn: Option<&str>, name: &str) -> Option<&Attribute> {
        match urn {
            None => self.core.attribute(name).or_else(|| {
                common_attributes().iter().find(|a| a.name == "externalId" && a.name.eq_ignore_ascii_case(name))
            }),
            Some(urn) => self.extensions.iter().find(|s| s.id.eq_ignore_ascii_case(urn))?.attribute(name),
        }
    }

    /// The URN as it is shown: as the RFC or the first line of the mapping spells it.
    pub(super) fn spelling(&mut self, urn: &str) -> Arc<str> {
        if let Some(schema) = self.extensions.iter().find(|s| s.id.eq_ignore_ascii_case(urn)) {
            return schema.id.as_str().into();
        }
        let name = urn.rsplit(':').next().unwrap_or(urn);
        self.extensions.push(Schema::new(urn, name, "Attributes of the application."));
        urn.into()
    }

    /// Adds a mapped attribute to what is published.
    pub(super) fn publish(&mut self, mapped: &Mapped) {
        let id = match &mapped.urn {
            Some(urn) => self.spelling(urn).to_string(),
            None => self.core.id.clone(),
        };
        if mapped.never_absent {
            self.never_absent.push((id.clone(), mapped.definition.name.clone()));
        }
        self.published.push((id, mapped.definition.as_ref().clone()));
    }

    /// Puts attributes in the order of their schemas.
    pub(super) fn sort(&self, attributes: &mut [Mapped]) {
        let rank = |m: &Mapped| {
            let (family, schema) = match &m.urn {
                None => (0, Some(&self.core)),
                Some(urn) => {
                    let at = self.extensions.iter().position(|s| s.id == urn.as_ref());
                    (at.map_or(usize::MAX, |i| i + 1), at.and_then(|i| self.extensions.get(i)))
                }
            };
            let place = schema.and_then(|s| s.attributes.iter().position(|a| a.name == m.definition.name));
            (family, place.unwrap_or(usize::MAX))
        };
        attributes.sort_by_key(rank);
    }

    /// (accepted, published).
    pub(super) fn finish(self, profile: &Profile) -> (SchemaSet, SchemaSet) {
        let mapped = |schema: &Schema| -> Vec<&Attribute> {
            self.published.iter().filter(|(id, _)| *id == schema.id).map(|(_, a)| a).collect()
        };
        let accept = |schema: &Schema| {
            let mut accepted = schema.clone();
            for attribute in &mut accepted.attributes {
                match mapped(schema).into_iter().find(|a| a.name == attribute.name) {
                    Some(published) => overlay(attribute, published),
                    // Nothing that is not mapped can be demanded.
                    None => attribute.required = false,
                }
            }
            for published in mapped(schema) {
                if accepted.attribute(&published.name).is_none() {
                    accepted.attributes.push(published.clone());
                }
            }
            // Who cannot read a password cannot repeat it in a PUT; a create is held
            // against what is published.
            for attribute in &mut accepted.attributes {
                attribute.required &= attribute.mutability != Mutability::WriteOnly;
            }
            accepted
        };
        let publish = |schema: &Schema| {
            let mut attributes: Vec<Attribute> = mapped(schema).into_iter().cloned().collect();
            attributes.sort_by_key(|a| schema.attributes.iter().position(|x| x.name == a.name).unwrap_or(usize::MAX));
            // To clients, what cannot be removed is required (RFC 7644 section 3.5.2.2);
            // where the target has a default, a create may do without all the same.
            for attribute in &mut attributes {
                attribute.required |=
                    self.never_absent.iter().any(|(id, name)| *id == schema.id && *name == attribute.name);
            }
            Schema { attributes, ..schema.clone() }
        };
        let required = |schema: &Schema| !schema.id.starts_with(ECMA2HOST) && mapped(schema).iter().any(|a| a.required);
        let accepted =
            SchemaSet::new(accept(&self.core), self.extensions.iter().map(|s| (accept(s), required(s))).collect());
        let published = SchemaSet::new(
            publish(&self.core),
            self.extensions.iter().filter(|s| !mapped(s).is_empty()).map(|s| (publish(s), required(s))).collect(),
        );
        (accepted.for_profile(profile), published)
    }
}

/// Takes the characteristics of a mapped attribute over, and keeps the sub-attributes
/// that are not mapped: clients send them.
fn overlay(attribute: &mut Attribute, published: &Attribute) {
    let unmapped: Vec<Attribute> = attribute
        .sub_attributes
        .iter()
        .filter(|s| published.sub_attribute(&s.name).is_none())
        .cloned()
        .map(|mut s| {
            s.required = false;
            s
        })
        .collect();
    *attribute = published.clone();
    attribute.sub_attributes.extend(unmapped);
}

/// The definition of a mapped attribute as the mapping and the target make it.
pub(super) fn characterise(
    mapped: &Mapped,
    natives: &[AttributeInfo],
    required: bool,
    class_names: &HashMap<&str, &str>,
) -> Attribute {
    let mut definition = mapped.definition.as_ref().clone();
    let native = |leaf: &Leaf| match leaf.source {
        Source::Native(index) => natives.get(index),
        _ => None,
    };
    let leaves = mapped.leaves();
    let writable = leaves.iter().any(|l| l.writable);
    let demanded = |leaf: &Leaf| leaf.writable && native(leaf).is_some_and(|i| i.traits.required);
    definition.required = writable && (definition.required || required || leaves.iter().any(|l| demanded(l)));
    match &mapped.shape {
        Shape::Scalar(leaf) | Shape::List(leaf) => refine(&mut definition, leaf, native(leaf)),
        Shape::Complex(subs) => {
            let has_reference = subs.iter().any(|(_, l)| native(l).is_some_and(|i| i.kind == ValueType::Reference));
            definition
                .sub_attributes
                .retain(|s| (s.name == "$ref" && has_reference) || subs.iter().any(|(name, _)| *name == s.name));
            for (name, leaf) in subs {
                if let Some(sub) = definition.sub_attributes.iter_mut().find(|s| s.name == *name) {
                    sub.required = demanded(leaf);
                    refine(sub, leaf, native(leaf));
                }
            }
        }
        Shape::Elements(slots) => {
            let all: Vec<&(String, Leaf)> = slots.iter().flat_map(|s| &s.leaves).collect();
            let has_reference = all.iter().any(|(_, l)| native(l).is_some_and(|i| i.kind == ValueType::Reference));
            let selects =
                |name: &str| slots.iter().any(|s| s.selector.iter().any(|(sub, _)| sub.eq_ignore_ascii_case(name)));
            definition.sub_attributes.retain(|s| {
                (has_reference && (s.name == "$ref" || s.name == "type"))
                    || selects(&s.name)
                    || all.iter().any(|(name, _)| *name == s.name)
            });
            for sub in &mut definition.sub_attributes {
                let values: Vec<&str> = slots
                    .iter()
                    .flat_map(|s| &s.selector)
                    .filter(|(name, _)| name.eq_ignore_ascii_case(&sub.name))
                    .filter_map(|(_, value)| value.as_str())
                    .collect();
                if !values.is_empty() {
                    sub.canonical_values = values.into_iter().map(str::to_owned).collect();
                }
                if let Some((_, leaf)) = all.iter().find(|(name, _)| *name == sub.name) {
                    refine(sub, leaf, native(leaf));
                    sub.required = false;
                }
            }
        }
    }
    if !writable {
        definition = definition.read_only();
    }
    let targets: Vec<String> = leaves
        .iter()
        .filter_map(|l| native(l)?.target.as_deref())
        .filter_map(|class| class_names.get(class).map(|name| (*name).to_owned()))
        .collect();
    let named = |name: &str| definition.sub_attributes.iter().position(|s| s.name == name);
    if let (Some(reference), kind, false) = (named("$ref"), named("type"), targets.is_empty()) {
        // What the RFC lists as types of a member, as far as the target can have them.
        if let Some(kind) = kind.and_then(|at| definition.sub_attributes.get_mut(at))
            && kind.canonical_values.iter().any(|value| targets.contains(value))
        {
            kind.canonical_values.retain(|value| targets.contains(value));
        }
        if let Some(reference) = definition.sub_attributes.get_mut(reference) {
            reference.reference_types = targets;
        }
    }
    definition
}

fn refine(attribute: &mut Attribute, leaf: &Leaf, info: Option<&AttributeInfo>) {
    if let Some(map) = &leaf.values
        && attribute.kind == Type::String
    {
        attribute.canonical_values = map.keys().map(str::to_owned).collect();
    }
    if !leaf.writable {
        attribute.mutability = Mutability::ReadOnly;
    }
    if leaf.password.is_some() {
        // Of the column behind it nothing shows (RFC 7643 section 4.1.1).
        attribute.case_exact = true;
        attribute.uniqueness = Uniqueness::None;
        return;
    }
    let Some(info) = info else { return };
    if leaf.writable && info.traits.creatable && !info.traits.updatable {
        attribute.mutability = Mutability::Immutable;
    }
    if attribute.kind == Type::String && leaf.values.is_none() {
        match info.kind {
            ValueType::Text => attribute.case_exact = info.traits.case_exact,
            // Ids have case (RFC 7643 section 3.1).
            ValueType::Reference => attribute.case_exact = true,
            _ => {}
        }
    }
    if info.traits.unique {
        attribute.uniqueness = Uniqueness::Server;
    } else if attribute.uniqueness == Uniqueness::Server {
        attribute.uniqueness = Uniqueness::None;
    }
}

/// The SCIM type that shows a native type best.
pub(super) fn scim_type(kind: ValueType) -> Type {
    match kind {
        ValueType::Text | ValueType::Reference | ValueType::Json => Type::String,
        ValueType::Boolean => Type::Boolean,
        ValueType::Integer => Type::Integer,
        ValueType::Decimal => Type::Decimal,
        ValueType::Timestamp => Type::DateTime,
        ValueType::Binary => Type::Binary,
    }
}
