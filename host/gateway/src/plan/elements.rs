//! Complex attributes in a filter: which of their values are there, and which meet it.

use patchbay_contract::ValueType;
use patchbay_scim::{AttrPath, Attribute, CompareOp, CompareValue, Filter};
use serde_json::Value as Json;

use super::Terms;
use super::leaf::{assigned, compare_constant, compare_leaf, there};
use super::reason::Reason;
use super::tree::Tree;
use crate::mapping::{Leaf, Mapped, Resource, Shape, Slot, Source, TypeName};
use crate::render::uid_of;

/// What a slot has to say of a sub-attribute.
enum Part<'s> {
    Leaf(&'s Leaf, &'s Attribute),
    /// The same for all elements of the slot.
    Fixed(&'s Json, bool),
    /// Made of the reference beside it.
    Made(Made<'s>),
    None,
}

/// `$ref` or `type` of a reference.
struct Made<'s> {
    /// The reference.
    value: (&'s Leaf, &'s Attribute),
    /// What it points at.
    target: &'s TypeName,
    /// Whether it is the `type`.
    is_type: bool,
    case_exact: bool,
}

impl<'s> Part<'s> {
    fn of(terms: Terms<'s>, definition: &'s Attribute, slot: &'s Slot, sub: &str) -> Self {
        let attribute = definition.sub_attribute(sub);
        let leaf_of = |name: &str| {
            let (_, leaf) = slot.leaves.iter().find(|(s, _)| s == name)?;
            Some((leaf, definition.sub_attribute(name)?))
        };
        if let Some((leaf, attribute)) = leaf_of(sub) {
            return match &leaf.source {
                Source::Constant(constant) => Self::Fixed(constant, attribute.case_exact),
                _ => Self::Leaf(leaf, attribute),
            };
        }
        if let (Some(attribute), Some(value), "$ref" | "type") = (attribute, leaf_of("value"), sub)
            && let Some(target) = points_at(terms.resource, value.0)
        {
            let (is_type, case_exact) = (sub == "type", attribute.case_exact);
            return Self::Made(Made { value, target, is_type, case_exact });
        }
        match slot.selector.iter().find(|(s, _)| s.eq_ignore_ascii_case(sub)) {
            Some((_, fixed)) => Self::Fixed(fixed, attribute.is_some_and(|a| a.case_exact)),
            None => Self::None,
        }
    }
}

impl Made<'_> {
    /// Whether there is one: wherever there is a reference.
    fn there(&self, terms: Terms<'_>) -> Tree {
        there(terms.resource, self.value.0, self.value.1)
    }

    /// How one that is there compares.
    fn compare(&self, terms: Terms<'_>, op: CompareOp, value: &CompareValue) -> Tree {
        if self.is_type {
            return compare_constant(&Json::String(self.target.name.clone()), self.case_exact, op, value);
        }
        let CompareValue::String(url) = value else { return Tree::Unknown(Reason::Made) };
        if !self.case_exact || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Tree::Unknown(Reason::Made);
        }
        // A URL is that of one object or of none.
        match uid_of(url, terms.base_url, &self.target.endpoint) {
            Some(uid) => compare_leaf(terms.resource, self.value.0, self.value.1, op, &CompareValue::String(uid)),
            None => Tree::truth(op == CompareOp::Ne),
        }
    }
}

/// What a reference points at, where that is mapped.
fn points_at<'r>(resource: &'r Resource, leaf: &Leaf) -> Option<&'r TypeName> {
    let Source::Native(native) = leaf.source else { return None };
    let info = resource.natives.get(native).filter(|info| info.kind == ValueType::Reference)?;
    resource.types.get(info.target.as_deref()?)
}

/// `attr pr`, or `attr.sub pr`.
pub(super) fn present(terms: Terms<'_>, mapped: &Mapped, sub: Option<&str>) -> Tree {
    let definition = mapped.definition.as_ref();
    match &mapped.shape {
        Shape::Scalar(leaf) | Shape::List(leaf) => assigned(terms.resource, leaf, definition),
        Shape::Complex(subs) => {
            let slot = Slot { selector: Vec::new(), leaves: subs.clone(), many: None };
            match sub.map(|sub| Part::of(terms, definition, &slot, sub)) {
                None => Tree::any(subs.iter().map(|(sub, leaf)| {
                    definition
                        .sub_attribute(sub)
                        .map_or(Tree::Unknown(Reason::Made), |sub| assigned(terms.resource, leaf, sub))
                })),
                Some(Part::Leaf(leaf, attribute)) => assigned(terms.resource, leaf, attribute),
                Some(Part::Fixed(..)) => Tree::True,
                Some(Part::Made(made)) => made.there(terms),
                Some(Part::None) => Tree::False,
            }
        }
        Shape::Elements(slots) => Tree::any(slots.iter().map(|slot| match sub {
            None => slot_assigned(terms, definition, slot),
            Some(sub) => match Part::of(terms, definition, slot, sub) {
                Part::Leaf(leaf, attribute) => assigned(terms.resource, leaf, attribute),
                Part::Fixed(..) => slot_there(terms, definition, slot),
                Part::Made(made) => made.there(terms),
                Part::None => Tree::False,
            },
        })),
    }
}

/// Whether the attribute is shown at all, be it as `""`.
pub(super) fn shown(terms: Terms<'_>, mapped: &Mapped) -> Tree {
    let definition = mapped.definition.as_ref();
    match &mapped.shape {
        Shape::Scalar(leaf) | Shape::List(leaf) => there(terms.resource, leaf, definition),
        Shape::Complex(subs) => complex_there(terms, definition, subs),
        Shape::Elements(slots) => Tree::any(slots.iter().map(|slot| slot_there(terms, definition, slot))),
    }
}

fn complex_there(terms: Terms<'_>, definition: &Attribute, subs: &[(String, Leaf)]) -> Tree {
    Tree::any(subs.iter().map(|(sub, leaf)| {
        definition.sub_attribute(sub).map_or(Tree::Unknown(Reason::Made), |sub| there(terms.resource, leaf, sub))
    }))
}

/// Whether the slot has an element: any of its natives has a value. Constants alone make none.
fn slot_there(terms: Terms<'_>, definition: &Attribute, slot: &Slot) -> Tree {
    let natives = slot.leaves.iter().filter(|(_, leaf)| !matches!(leaf.source, Source::Constant(_)));
    Tree::any(natives.map(|(sub, leaf)| {
        definition.sub_attribute(sub).map_or(Tree::Unknown(Reason::Made), |sub| there(terms.resource, leaf, sub))
    }))
}

/// Whether the slot has an element with more in it than `""`.
fn slot_assigned(terms: Terms<'_>, definition: &Attribute, slot: &Slot) -> Tree {
    let constant = slot.leaves.iter().any(|(_, leaf)| matches!(leaf.source, Source::Constant(_)));
    if constant || !slot.selector.is_empty() {
        return slot_there(terms, definition, slot);
    }
    Tree::any(slot.leaves.iter().map(|(sub, leaf)| {
        definition.sub_attribute(sub).map_or(Tree::Unknown(Reason::Made), |sub| assigned(terms.resource, leaf, sub))
    }))
}

/// `attr.sub op value`: some value of the sub-attribute, in whichever slot, compares so.
pub(super) fn compare_any(
    terms: Terms<'_>,
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
        let (is_there, compared) = match Part::of(terms, definition, slot, sub) {
            Part::Leaf(leaf, attribute) => {
                (there(terms.resource, leaf, attribute), compare_leaf(terms.resource, leaf, attribute, op, value))
            }
            Part::Fixed(fixed, case_exact) => {
                (slot_there(terms, definition, slot), compare_constant(fixed, case_exact, op, value))
            }
            Part::Made(made) => (made.there(terms), made.compare(terms, op, value)),
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

/// `attr.sub op value` of a complex attribute with one value, where `sub` is not mapped.
pub(super) fn compare_unmapped(
    terms: Terms<'_>,
    mapped: &Mapped,
    subs: &[(String, Leaf)],
    sub: &str,
    op: CompareOp,
    value: &CompareValue,
) -> Tree {
    let slot = Slot { selector: Vec::new(), leaves: subs.to_vec(), many: None };
    compare_any(terms, mapped, &[slot], sub, op, value)
}

/// `attr[filter]`: one element meets the whole filter.
pub(super) fn value_path(terms: Terms<'_>, mapped: &Mapped, filter: &Filter) -> Tree {
    let definition = mapped.definition.as_ref();
    match &mapped.shape {
        Shape::Elements(slots) => Tree::any(slots.iter().map(|slot| {
            let inner = element(terms, definition, slot, filter).fold();
            // What is said of a slot of many must be said of one element; the target
            // would look for any with each condition on its own.
            let many = slot.many.and_then(|many| slot.leaves.get(many));
            let vague = many.is_some_and(|(sub, _)| !says_once(filter, sub));
            let inner = match inner {
                Tree::True | Tree::False => inner,
                _ if vague => Tree::Unknown(Reason::Element),
                inner => inner,
            };
            Tree::both(slot_there(terms, definition, slot), inner)
        })),
        Shape::Complex(subs) => {
            let slot = Slot { selector: Vec::new(), leaves: subs.clone(), many: None };
            let inner = element(terms, definition, &slot, filter);
            Tree::both(complex_there(terms, definition, subs), inner)
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
    // A URL is another way to ask for the value of a reference.
    let asks = |path: &AttrPath| {
        path.name.eq_ignore_ascii_case(sub) || (sub == "value" && path.name.eq_ignore_ascii_case("$ref"))
    };
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

/// Whether an element of this slot has the reference. One that is nothing else has it.
fn made_there(terms: Terms<'_>, slot: &Slot, made: &Made<'_>) -> Tree {
    let others = slot
        .leaves
        .iter()
        .any(|(_, leaf)| !std::ptr::eq(leaf, made.value.0) && !matches!(leaf.source, Source::Constant(_)));
    if others { made.there(terms) } else { Tree::True }
}

/// The filter for an element of this slot that is there.
fn element(terms: Terms<'_>, definition: &Attribute, slot: &Slot, filter: &Filter) -> Tree {
    let all = |parts: &[Filter]| parts.iter().map(|part| element(terms, definition, slot, part)).collect();
    let name = |path: &AttrPath| definition.sub_attribute(&path.name).map_or(path.name.clone(), |sub| sub.name.clone());
    match filter {
        Filter::And(parts) => Tree::And(all(parts)),
        Filter::Or(parts) => Tree::Or(all(parts)),
        Filter::Not(inner) => element(terms, definition, slot, inner).negate(),
        Filter::Present(path) => match Part::of(terms, definition, slot, &name(path)) {
            Part::Leaf(leaf, attribute) => assigned(terms.resource, leaf, attribute),
            Part::Fixed(..) => Tree::True,
            Part::Made(made) => made_there(terms, slot, &made),
            Part::None => Tree::False,
        },
        Filter::Compare { path, op, value } => match Part::of(terms, definition, slot, &name(path)) {
            Part::Leaf(leaf, attribute) => compare_leaf(terms.resource, leaf, attribute, *op, value),
            Part::Fixed(..) if *value == CompareValue::Null => Tree::truth(*op == CompareOp::Ne),
            Part::Fixed(fixed, case_exact) => compare_constant(fixed, case_exact, *op, value),
            Part::Made(made) => {
                let is_there = made_there(terms, slot, &made);
                match (op, value) {
                    (CompareOp::Eq, CompareValue::Null) => is_there.negate(),
                    (CompareOp::Ne, CompareValue::Null) => is_there,
                    (CompareOp::Ne, _) => Tree::any([is_there.clone().negate(), made.compare(terms, *op, value)]),
                    _ => Tree::both(is_there, made.compare(terms, *op, value)),
                }
            }
            // Nothing differs from everything but null.
            Part::None => Tree::truth(
                (*op == CompareOp::Ne) != (*value == CompareValue::Null) && matches!(op, CompareOp::Eq | CompareOp::Ne),
            ),
        },
        Filter::ValuePath { .. } => Tree::Unknown(Reason::Made),
    }
}
