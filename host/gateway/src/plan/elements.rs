//! Complex attributes in a filter: which of their values are there, and which meet it.

use patchbay_contract::ValueType;
use patchbay_scim::{AttrPath, Attribute, CompareOp, CompareValue, Filter};
use serde_json::Value as Json;

use super::leaf::{assigned, compare_constant, compare_leaf, there};
use super::reason::Reason;
use super::tree::Tree;
use crate::mapping::{Leaf, Mapped, Resource, Shape, Slot, Source};

/// What a slot has to say of a sub-attribute.
enum Part<'s> {
    Leaf(&'s Leaf, &'s Attribute),
    /// The same for all elements of the slot.
    Fixed(&'s Json, bool),
    /// The host makes it of the reference beside it.
    Made,
    None,
}

impl<'s> Part<'s> {
    fn of(resource: &Resource, definition: &'s Attribute, slot: &'s Slot, sub: &str) -> Self {
        let attribute = definition.sub_attribute(sub);
        if let (Some((_, leaf)), Some(attribute)) = (slot.leaves.iter().find(|(s, _)| s == sub), attribute) {
            return match &leaf.source {
                Source::Constant(constant) => Self::Fixed(constant, attribute.case_exact),
                _ => Self::Leaf(leaf, attribute),
            };
        }
        if ["$ref", "type"].contains(&sub) && slot.leaves.iter().any(|(s, leaf)| s == "value" && points(resource, leaf))
        {
            return Self::Made;
        }
        match slot.selector.iter().find(|(s, _)| s.eq_ignore_ascii_case(sub)) {
            Some((_, fixed)) => Self::Fixed(fixed, attribute.is_some_and(|a| a.case_exact)),
            None => Self::None,
        }
    }
}

fn points(resource: &Resource, leaf: &Leaf) -> bool {
    let Source::Native(native) = leaf.source else { return false };
    resource.natives.get(native).is_some_and(|info| info.kind == ValueType::Reference)
}

/// `attr pr`, or `attr.sub pr`.
pub(super) fn present(resource: &Resource, mapped: &Mapped, sub: Option<&str>) -> Tree {
    let definition = mapped.definition.as_ref();
    match &mapped.shape {
        Shape::Scalar(leaf) | Shape::List(leaf) => assigned(resource, leaf, definition),
        Shape::Complex(subs) => {
            let slot = Slot { selector: Vec::new(), leaves: subs.clone(), many: None };
            match sub.map(|sub| Part::of(resource, definition, &slot, sub)) {
                None => Tree::any(subs.iter().map(|(sub, leaf)| {
                    definition
                        .sub_attribute(sub)
                        .map_or(Tree::Unknown(Reason::Made), |sub| assigned(resource, leaf, sub))
                })),
                Some(Part::Leaf(leaf, attribute)) => assigned(resource, leaf, attribute),
                Some(Part::Fixed(..)) => Tree::True,
                Some(Part::Made) => Tree::both(complex_there(resource, definition, subs), Tree::Unknown(Reason::Made)),
                Some(Part::None) => Tree::False,
            }
        }
        Shape::Elements(slots) => Tree::any(slots.iter().map(|slot| match sub {
            None => slot_assigned(resource, definition, slot),
            Some(sub) => match Part::of(resource, definition, slot, sub) {
                Part::Leaf(leaf, attribute) => assigned(resource, leaf, attribute),
                Part::Fixed(..) => slot_there(resource, definition, slot),
                Part::Made => Tree::both(slot_there(resource, definition, slot), Tree::Unknown(Reason::Made)),
                Part::None => Tree::False,
            },
        })),
    }
}

/// Whether the attribute is shown at all, be it as `""`.
pub(super) fn shown(resource: &Resource, mapped: &Mapped) -> Tree {
    let definition = mapped.definition.as_ref();
    match &mapped.shape {
        Shape::Scalar(leaf) | Shape::List(leaf) => there(resource, leaf, definition),
        Shape::Complex(subs) => complex_there(resource, definition, subs),
        Shape::Elements(slots) => Tree::any(slots.iter().map(|slot| slot_there(resource, definition, slot))),
    }
}

fn complex_there(resource: &Resource, definition: &Attribute, subs: &[(String, Leaf)]) -> Tree {
    Tree::any(subs.iter().map(|(sub, leaf)| {
        definition.sub_attribute(sub).map_or(Tree::Unknown(Reason::Made), |sub| there(resource, leaf, sub))
    }))
}

/// Whether the slot has an element: any of its natives has a value. Constants alone make none.
fn slot_there(resource: &Resource, definition: &Attribute, slot: &Slot) -> Tree {
    let natives = slot.leaves.iter().filter(|(_, leaf)| !matches!(leaf.source, Source::Constant(_)));
    Tree::any(natives.map(|(sub, leaf)| {
        definition.sub_attribute(sub).map_or(Tree::Unknown(Reason::Made), |sub| there(resource, leaf, sub))
    }))
}

/// Whether the slot has an element with more in it than `""`.
fn slot_assigned(resource: &Resource, definition: &Attribute, slot: &Slot) -> Tree {
    let constant = slot.leaves.iter().any(|(_, leaf)| matches!(leaf.source, Source::Constant(_)));
    if constant || !slot.selector.is_empty() {
        return slot_there(resource, definition, slot);
    }
    Tree::any(slot.leaves.iter().map(|(sub, leaf)| {
        definition.sub_attribute(sub).map_or(Tree::Unknown(Reason::Made), |sub| assigned(resource, leaf, sub))
    }))
}

/// `attr.sub op value`: some value of the sub-attribute, in whichever slot, compares so.
pub(super) fn compare_any(
    resource: &Resource,
    mapped: &Mapped,
    slots: &[Slot],
    sub: &str,
    op: CompareOp,
    value: &CompareValue,
) -> Tree {
    let definition = mapped.definition.as_ref();
    let mut matched = Vec::with_capacity(slots.len() + 1);
    let mut some = Vec::with_capacity(slots.len());
    for slot in slots {
        let (is_there, compared) = match Part::of(resource, definition, slot, sub) {
            Part::Leaf(leaf, attribute) => {
                (there(resource, leaf, attribute), compare_leaf(resource, leaf, attribute, op, value))
            }
            Part::Fixed(fixed, case_exact) => {
                (slot_there(resource, definition, slot), compare_constant(fixed, case_exact, op, value))
            }
            Part::Made => (slot_there(resource, definition, slot), Tree::Unknown(Reason::Made)),
            Part::None => continue,
        };
        // Only `ne` is met by a leaf that is not there.
        let implied = op != CompareOp::Ne && matches!(compared, Tree::Node(_));
        matched.push(if implied { compared } else { Tree::both(is_there.clone(), compared) });
        some.push(is_there);
    }
    // No value at all differs from every value.
    if op == CompareOp::Ne {
        matched.push(Tree::any(some).negate());
    }
    Tree::Or(matched)
}

/// `attr[filter]`: one element meets the whole filter.
pub(super) fn value_path(resource: &Resource, mapped: &Mapped, filter: &Filter) -> Tree {
    let definition = mapped.definition.as_ref();
    match &mapped.shape {
        Shape::Elements(slots) => Tree::any(slots.iter().map(|slot| {
            let inner = element(resource, definition, slot, filter).fold();
            // What is said of a slot of many must be said of one element; the target
            // would look for any with each condition on its own.
            let many = slot.many.and_then(|many| slot.leaves.get(many));
            let vague = many.is_some_and(|(sub, _)| !says_once(filter, sub));
            let inner = match inner {
                Tree::True | Tree::False => inner,
                _ if vague => Tree::Unknown(Reason::Element),
                inner => inner,
            };
            Tree::both(slot_there(resource, definition, slot), inner)
        })),
        Shape::Complex(subs) => {
            let slot = Slot { selector: Vec::new(), leaves: subs.clone(), many: None };
            let inner = element(resource, definition, &slot, filter);
            Tree::both(complex_there(resource, definition, subs), inner)
        }
        Shape::Scalar(_) | Shape::List(_) => Tree::Unknown(Reason::Made),
    }
}

/// Whether the filter looks at the sub-attribute in one condition at most, and that one
/// asks for a value rather than for its absence.
fn says_once(filter: &Filter, sub: &str) -> bool {
    conditions(filter, sub, true).is_some_and(|count| count <= 1)
}

/// How many conditions there are on `sub`; none where one of them asks for an absence.
fn conditions(filter: &Filter, sub: &str, positive: bool) -> Option<usize> {
    let asks = |path: &AttrPath| path.name.eq_ignore_ascii_case(sub);
    match filter {
        Filter::And(parts) | Filter::Or(parts) => {
            parts.iter().map(|part| conditions(part, sub, positive)).sum::<Option<usize>>()
        }
        Filter::Not(inner) => conditions(inner, sub, !positive),
        Filter::Present(path) | Filter::Compare { path, .. } if !asks(path) => Some(0),
        Filter::Compare { op: CompareOp::Ne, .. } | Filter::Compare { value: CompareValue::Null, .. } => None,
        Filter::Present(_) | Filter::Compare { .. } => positive.then_some(1),
        Filter::ValuePath { .. } => None,
    }
}

/// The filter for an element of this slot that is there.
fn element(resource: &Resource, definition: &Attribute, slot: &Slot, filter: &Filter) -> Tree {
    let all = |parts: &[Filter]| parts.iter().map(|part| element(resource, definition, slot, part)).collect();
    let name = |path: &AttrPath| definition.sub_attribute(&path.name).map_or(path.name.clone(), |sub| sub.name.clone());
    match filter {
        Filter::And(parts) => Tree::And(all(parts)),
        Filter::Or(parts) => Tree::Or(all(parts)),
        Filter::Not(inner) => element(resource, definition, slot, inner).negate(),
        Filter::Present(path) => match Part::of(resource, definition, slot, &name(path)) {
            Part::Leaf(leaf, attribute) => assigned(resource, leaf, attribute),
            Part::Fixed(..) => Tree::True,
            Part::Made => Tree::Unknown(Reason::Made),
            Part::None => Tree::False,
        },
        Filter::Compare { path, op, value } => match Part::of(resource, definition, slot, &name(path)) {
            Part::Leaf(leaf, attribute) => compare_leaf(resource, leaf, attribute, *op, value),
            Part::Fixed(..) if *value == CompareValue::Null => Tree::truth(*op == CompareOp::Ne),
            Part::Fixed(fixed, case_exact) => compare_constant(fixed, case_exact, *op, value),
            Part::Made => Tree::Unknown(Reason::Made),
            // Nothing differs from everything but null.
            Part::None => Tree::truth(
                (*op == CompareOp::Ne) != (*value == CompareValue::Null) && matches!(op, CompareOp::Eq | CompareOp::Ne),
            ),
        },
        Filter::ValuePath { .. } => Tree::Unknown(Reason::Made),
    }
}
