//! A SCIM filter in native terms: what the target can evaluate is pushed down, what it
//! cannot is left for the host ([`Plan::residual`]).

use patchbay_contract::{Comparator, Comparison, Filter as NativeFilter, FilterNode, Value, ValueType};
use patchbay_scim::{AttrPath, CompareOp, CompareValue, Filter, ScimError, Type};
use serde_json::Value as Json;

use crate::mapping::{Leaf, Mapped, Resource, Shape, Slot, Source};
use crate::render::sub_kind;
use crate::value::{scalar_json, to_native};

/// How a filter is evaluated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// For the target; none means all objects. Covers at least the matches.
    pub(crate) pushed: Option<NativeFilter>,
    /// No object can match, whatever the target holds.
    pub(crate) nothing: bool,
    /// Whether the host has to check every object against the whole filter.
    pub(crate) residual: bool,
}

/// A filter on the way: with constants to fold, and with holes for what the target
/// cannot evaluate.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    True,
    False,
    /// Only the host can tell.
    Unknown,
    Node(FilterNode),
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Not(Box<Tree>),
}

/// Plans `filter` for `resource`.
///
/// # Errors
/// invalidFilter for an attribute that is not mapped, naming it.
pub(crate) fn plan(resource: &Resource, filter: &Filter) -> Result<Plan, ScimError> {
    let tree = Planner { resource }.tree(filter)?.fold();
    let residual = tree.has_unknown();
    match tree.superset(true).fold() {
        Tree::True => Ok(Plan { pushed: None, nothing: false, residual }),
        Tree::False => Ok(Plan { pushed: None, nothing: true, residual: false }),
        tree => {
            let mut pushed = NativeFilter::new();
            tree.emit(&mut pushed);
            Ok(Plan { pushed: Some(pushed), nothing: false, residual })
        }
    }
}

struct Planner<'r> {
    resource: &'r Resource,
}

impl<'r> Planner<'r> {
    fn tree(&self, filter: &Filter) -> Result<Tree, ScimError> {
        Ok(match filter {
            Filter::And(parts) => Tree::And(parts.iter().map(|p| self.tree(p)).collect::<Result<_, _>>()?),
            Filter::Or(parts) => Tree::Or(parts.iter().map(|p| self.tree(p)).collect::<Result<_, _>>()?),
            Filter::Not(inner) => Tree::Not(Box::new(self.tree(inner)?)),
            Filter::Present(path) => match self.common(path, None) {
                Some(tree) => tree,
                None => {
                    let (mapped, sub) = self.mapped(path)?;
                    present(self.resource, mapped, sub.as_deref())
                }
            },
            Filter::Compare { path, op, value } => match self.common(path, Some((*op, value))) {
                Some(tree) => tree,
                None => {
                    let (mapped, sub) = self.mapped(path)?;
                    compare(self.resource, mapped, sub.as_deref(), *op, value)
                }
            },
            Filter::ValuePath { path, filter } => {
                let (mapped, _) = self.mapped(path)?;
                value_path(self.resource, mapped, filter)?
            }
        })
    }

    /// `id`, `schemas` and `meta`, which no native attribute stands behind.
    fn common(&self, path: &AttrPath, compare: Option<(CompareOp, &CompareValue)>) -> Option<Tree> {
        let core = path.urn.as_deref().is_none_or(|u| u.eq_ignore_ascii_case(&self.resource.accepted.core().id));
        if !core || !["id", "schemas", "meta"].iter().any(|n| path.name.eq_ignore_ascii_case(n)) {
            return None;
        }
        if !path.name.eq_ignore_ascii_case("id") {
            let shown = path.sub.as_deref().is_none_or(|s| !s.eq_ignore_ascii_case("version"));
            return Some(if compare.is_none() && shown && path.sub.is_none() { Tree::True } else { Tree::Unknown });
        }
        Some(match compare {
            None => Tree::True,
            Some((CompareOp::Eq, CompareValue::String(id))) => Tree::Node(FilterNode::Uid(id.clone())),
            Some((CompareOp::Ne, CompareValue::String(id))) => {
                Tree::Not(Box::new(Tree::Node(FilterNode::Uid(id.clone()))))
            }
            Some(_) => Tree::Unknown,
        })
    }

    fn mapped(&self, path: &AttrPath) -> Result<(&'r Mapped, Option<String>), ScimError> {
        let unknown = || ScimError::invalid_filter(format!("{path}: the attribute is not known here"));
        let resolved = self.resource.accepted.resolve(path).ok_or_else(unknown)?;
        let urn = (!resolved.is_core).then_some(resolved.schema);
        let mapped = self.resource.find(urn, &resolved.attribute.name).ok_or_else(unknown)?;
        Ok((mapped, resolved.sub.map(|s| s.name.clone())))
    }
}

/// `attr pr`, or `attr.sub pr`.
fn present(resource: &Resource, mapped: &Mapped, sub: Option<&str>) -> Tree {
    match &mapped.shape {
        Shape::Scalar(leaf) | Shape::List(leaf) => leaf_present(resource, leaf),
        Shape::Complex(subs) => {
            any(subs.iter().filter(|(s, _)| sub.is_none_or(|x| x == s)).map(|(_, l)| leaf_present(resource, l)))
        }
        Shape::Elements(slots) => any(slots.iter().map(|slot| match sub {
            Some(sub) => match slot.leaves.iter().find(|(s, _)| s == sub) {
                Some((_, leaf)) => leaf_present(resource, leaf),
                None if selects(slot, sub).is_some() => slot_present(resource, slot),
                None => Tree::False,
            },
            None => slot_present(resource, slot),
        })),
    }
}

fn any(parts: impl Iterator<Item = Tree>) -> Tree {
    Tree::Or(parts.collect())
}

fn selects<'s>(slot: &'s Slot, sub: &str) -> Option<&'s Json> {
    slot.selector.iter().find(|(s, _)| s.eq_ignore_ascii_case(sub)).map(|(_, value)| value)
}

/// Whether the slot has an element: any of its natives has a value.
fn slot_present(resource: &Resource, slot: &Slot) -> Tree {
    any(slot
        .leaves
        .iter()
        .filter(|(_, leaf)| !matches!(leaf.source, Source::Constant(_)))
        .map(|(_, leaf)| leaf_present(resource, leaf)))
}

fn leaf_present(resource: &Resource, leaf: &Leaf) -> Tree {
    let Source::Native(native) = leaf.source else {
        return if matches!(leaf.source, Source::Constant(_)) { Tree::True } else { Tree::Unknown };
    };
    let Some(info) = resource.natives.get(native) else { return Tree::Unknown };
    match &leaf.values {
        None => Tree::Node(FilterNode::Present(info.name.clone())),
        // A native value outside the map reads as absent.
        Some(map) => {
            any(map.0.iter().map(|(_, scalar)| match to_native(&scalar_json(scalar), info.kind, None, &leaf.path) {
                Ok(value) => node(&info.name, Comparator::Equal, value),
                Err(_) => Tree::False,
            }))
        }
    }
}

fn node(attribute: &str, operator: Comparator, value: Value) -> Tree {
    Tree::Node(FilterNode::Compare(Comparison { attribute: attribute.to_owned(), operator, value }))
}

/// `attr op value`, or `attr.sub op value`. A complex attribute stands for its `value`.
fn compare(resource: &Resource, mapped: &Mapped, sub: Option<&str>, op: CompareOp, value: &CompareValue) -> Tree {
    let definition = &mapped.definition;
    match &mapped.shape {
        Shape::Scalar(leaf) | Shape::List(leaf) => leaf_compare(resource, leaf, definition.kind, op, value),
        Shape::Complex(subs) => {
            let sub = sub.unwrap_or("value");
            match subs.iter().find(|(s, _)| s == sub) {
                Some((_, leaf)) => leaf_compare(resource, leaf, sub_kind(definition, sub), op, value),
                None => Tree::Unknown,
            }
        }
        Shape::Elements(slots) => {
            let sub = sub.unwrap_or("value");
            let compared = slots.iter().map(|slot| slot_compare(resource, mapped, slot, sub, op, value));
            // No value at all differs from every value.
            let none = (op == CompareOp::Ne).then(|| Tree::Not(Box::new(present(resource, mapped, None))));
            any(compared.chain(none))
        }
    }
}

fn slot_compare(
    resource: &Resource,
    mapped: &Mapped,
    slot: &Slot,
    sub: &str,
    op: CompareOp,
    value: &CompareValue,
) -> Tree {
    if let Some((_, leaf)) = slot.leaves.iter().find(|(s, _)| s == sub) {
        let tree = leaf_compare(resource, leaf, sub_kind(&mapped.definition, sub), op, value);
        // An element that is not there differs from nothing.
        return if op == CompareOp::Ne { Tree::And(vec![slot_present(resource, slot), tree]) } else { tree };
    }
    match selects(slot, sub) {
        Some(constant) => Tree::And(vec![constant_compare(constant, op, value), slot_present(resource, slot)]),
        None => Tree::Unknown,
    }
}

fn constant_compare(constant: &Json, op: CompareOp, value: &CompareValue) -> Tree {
    let equal = match (constant, value) {
        (Json::String(a), CompareValue::String(b)) => a.eq_ignore_ascii_case(b),
        (Json::Bool(a), CompareValue::Bool(b)) => a == b,
        (Json::Bool(a), CompareValue::String(b)) => b.eq_ignore_ascii_case(&a.to_string()),
        _ => return Tree::Unknown,
    };
    match op {
        CompareOp::Eq => truth(equal),
        CompareOp::Ne => truth(!equal),
        _ => Tree::Unknown,
    }
}

fn truth(value: bool) -> Tree {
    if value { Tree::True } else { Tree::False }
}

fn leaf_compare(resource: &Resource, leaf: &Leaf, kind: Type, op: CompareOp, value: &CompareValue) -> Tree {
    let native = match &leaf.source {
        Source::Native(native) => *native,
        Source::Constant(constant) => return constant_compare(constant, op, value),
        Source::Expression(..) => return Tree::Unknown,
    };
    let Some(info) = resource.natives.get(native) else { return Tree::Unknown };
    let literal = match value {
        CompareValue::Null => {
            let there = leaf_present(resource, leaf);
            return match op {
                CompareOp::Eq => Tree::Not(Box::new(there)),
                CompareOp::Ne => there,
                _ => Tree::Unknown,
            };
        }
        CompareValue::String(text) => Json::String(text.clone()),
        CompareValue::Bool(b) => Json::Bool(*b),
        CompareValue::Number(number) => match serde_json::from_str(number) {
            Ok(number) => number,
            Err(_) => return Tree::Unknown,
        },
    };
    if leaf.values.is_some() && !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Tree::Unknown;
    }
    let operator = comparator(op);
    if !info.filterable.contains(&operator) {
        return Tree::Unknown;
    }
    // A number column shown as a string is compared as a string: by the host.
    if kind == Type::String
        && !matches!(info.kind, ValueType::Text | ValueType::Reference)
        && !matches!(op, CompareOp::Eq | CompareOp::Ne)
    {
        return Tree::Unknown;
    }
    match to_native(&literal, info.kind, leaf.values.as_ref(), &leaf.path) {
        Ok(value) => node(&info.name, operator, value),
        // No object can hold such a value.
        Err(_) => match op {
            CompareOp::Eq => Tree::False,
            CompareOp::Ne => Tree::True,
            _ => Tree::Unknown,
        },
    }
}

fn comparator(op: CompareOp) -> Comparator {
    match op {
        CompareOp::Eq => Comparator::Equal,
        CompareOp::Ne => Comparator::NotEqual,
        CompareOp::Co => Comparator::Contains,
        CompareOp::Sw => Comparator::StartsWith,
        CompareOp::Ew => Comparator::EndsWith,
        CompareOp::Gt => Comparator::Greater,
        CompareOp::Ge => Comparator::GreaterOrEqual,
        CompareOp::Lt => Comparator::Less,
        CompareOp::Le => Comparator::LessOrEqual,
    }
}

/// `attr[filter]`: one element meets the whole filter.
fn value_path(resource: &Resource, mapped: &Mapped, filter: &Filter) -> Result<Tree, ScimError> {
    match &mapped.shape {
        Shape::Elements(slots) => {
            let mut parts = Vec::with_capacity(slots.len());
            for slot in slots {
                let inner = element_tree(resource, mapped, slot, filter)?.fold();
                // Two conditions on a slot of many must meet in one element; the target
                // would be asked for each on its own.
                let vague = slot.many.is_some() && (inner.nodes() > 1 || inner.has_not());
                parts.push(match inner {
                    Tree::False => Tree::False,
                    _ if vague => Tree::Unknown,
                    Tree::Node(FilterNode::Compare(c)) if c.operator != Comparator::NotEqual => {
                        Tree::Node(FilterNode::Compare(c))
                    }
                    inner => Tree::And(vec![slot_present(resource, slot), inner]),
                });
            }
            Ok(Tree::Or(parts))
        }
        Shape::Complex(subs) => {
            let slot = Slot { selector: Vec::new(), leaves: subs.clone(), many: None };
            let inner = element_tree(resource, mapped, &slot, filter)?;
            Ok(Tree::And(vec![slot_present(resource, &slot), inner]))
        }
        Shape::Scalar(_) | Shape::List(_) => Ok(Tree::Unknown),
    }
}

fn element_tree(resource: &Resource, mapped: &Mapped, slot: &Slot, filter: &Filter) -> Result<Tree, ScimError> {
    let sub_of = |path: &AttrPath| match mapped.definition.sub_attribute(&path.name) {
        Some(sub) => Ok(sub.name.clone()),
        // Known to the RFC, not to the mapping: no element has it.
        None => Ok(path.name.clone()),
    };
    let parts = |parts: &[Filter]| -> Result<Vec<Tree>, ScimError> {
        parts.iter().map(|p| element_tree(resource, mapped, slot, p)).collect()
    };
    Ok(match filter {
        Filter::And(all) => Tree::And(parts(all)?),
        Filter::Or(some) => Tree::Or(parts(some)?),
        Filter::Not(inner) => Tree::Not(Box::new(element_tree(resource, mapped, slot, inner)?)),
        Filter::Present(path) => {
            let sub: String = sub_of(path)?;
            match slot.leaves.iter().find(|(s, _)| *s == sub) {
                Some((_, leaf)) => leaf_present(resource, leaf),
                None => truth(selects(slot, &sub).is_some()),
            }
        }
        Filter::Compare { path, op, value } => {
            let sub: String = sub_of(path)?;
            match slot.leaves.iter().find(|(s, _)| *s == sub) {
                Some((_, leaf)) => leaf_compare(resource, leaf, sub_kind(&mapped.definition, &sub), *op, value),
                None => match selects(slot, &sub) {
                    Some(constant) => constant_compare(constant, *op, value),
                    None => Tree::Unknown,
                },
            }
        }
        Filter::ValuePath { .. } => Tree::Unknown,
    })
}

impl Tree {
    /// Folds constants and flattens.
    fn fold(self) -> Self {
        match self {
            Self::And(parts) => Self::gather(parts, &Self::False, &Self::True, Self::And),
            Self::Or(parts) => Self::gather(parts, &Self::True, &Self::False, Self::Or),
            Self::Not(inner) => match inner.fold() {
                Self::True => Self::False,
                Self::False => Self::True,
                Self::Not(inner) => *inner,
                inner => Self::Not(Box::new(inner)),
            },
            leaf => leaf,
        }
    }

    fn gather(parts: Vec<Self>, absorbing: &Self, neutral: &Self, join: fn(Vec<Self>) -> Self) -> Self {
        let mut kept = Vec::with_capacity(parts.len());
        for part in parts.into_iter().map(Self::fold) {
            if part == *absorbing {
                return part;
            }
            if part != *neutral && !kept.contains(&part) {
                kept.push(part);
            }
        }
        match kept.len() {
            0 => neutral.clone(),
            1 => kept.swap_remove(0),
            _ => join(kept),
        }
    }

    fn has_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::has_unknown),
            Self::Not(inner) => inner.has_unknown(),
            _ => false,
        }
    }

    fn has_not(&self) -> bool {
        match self {
            Self::Not(_) => true,
            Self::Node(FilterNode::Compare(c)) => c.operator == Comparator::NotEqual,
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::has_not),
            _ => false,
        }
    }

    fn nodes(&self) -> usize {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().map(Self::nodes).sum(),
            Self::Not(inner) => inner.nodes(),
            Self::Node(_) | Self::Unknown => 1,
            Self::True | Self::False => 0,
        }
    }

    /// The tree with every hole filled so that no match is lost: true where more
    /// matches can only widen the result, false under a `not`.
    fn superset(self, widening: bool) -> Self {
        match self {
            Self::Unknown => truth(widening),
            Self::And(parts) => Self::And(parts.into_iter().map(|p| p.superset(widening)).collect()),
            Self::Or(parts) => Self::Or(parts.into_iter().map(|p| p.superset(widening)).collect()),
            Self::Not(inner) => Self::Not(Box::new(inner.superset(!widening))),
            leaf => leaf,
        }
    }

    /// Appends the nodes, children first, and returns the root's index.
    fn emit(self, into: &mut NativeFilter) -> u32 {
        match self {
            Self::Node(node) => into.push(node),
            Self::And(parts) => {
                let children = parts.into_iter().map(|p| p.emit(into)).collect();
                into.push(FilterNode::And(children))
            }
            Self::Or(parts) => {
                let children = parts.into_iter().map(|p| p.emit(into)).collect();
                into.push(FilterNode::Or(children))
            }
            Self::Not(inner) => {
                let child = inner.emit(into);
                into.push(FilterNode::Not(child))
            }
            // Folding leaves constants at the root only, where they never get here.
            Self::True | Self::Unknown => into.push(FilterNode::And(Vec::new())),
            Self::False => into.push(FilterNode::Or(Vec::new())),
        }
    }
}
