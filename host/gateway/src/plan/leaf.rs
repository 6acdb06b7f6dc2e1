//! One leaf of the mapping in a filter. A comparison is pushed down only where the target
//! decides it as the host would on the rendered value; else it is a hole.

use std::cmp::Ordering;

use patchbay_contract::{AttributeInfo, Comparator, Comparison, FilterNode, Value, ValueType};
use patchbay_scim::{Attribute, CompareOp, CompareValue, Type};
use serde_json::Value as Json;

use super::reason::Reason;
use super::tree::Tree;
use crate::config::NativeScalar;
use crate::mapping::{Leaf, Resource, Source};
use crate::value::{ValueMap, scalar_json, to_native, to_scim};

/// Whether the leaf has a value that is shown.
pub(super) fn there(resource: &Resource, leaf: &Leaf, definition: &Attribute) -> Tree {
    let native = match &leaf.source {
        Source::Native(native) => *native,
        Source::Constant(_) => return Tree::True,
        Source::Expression(..) => return Tree::Unknown(Reason::Expression),
    };
    let Some(info) = resource.natives.get(native) else { return Tree::Unknown(Reason::Made) };
    if let Some(map) = &leaf.values {
        // A native value outside the map reads as absent.
        return Tree::any(map.pairs().map(|(_, scalar)| equals(info, scalar, &leaf.path)));
    }
    let present = Tree::Node(FilterNode::Present(info.name.clone()));
    // Text that is no number or truth value is not shown as one.
    let may_hide = matches!(definition.kind, Type::Boolean | Type::Integer | Type::Decimal)
        && !matches!(
            (definition.kind, info.kind),
            (_, ValueType::Integer) | (Type::Boolean, ValueType::Boolean) | (Type::Decimal, ValueType::Decimal)
        );
    if may_hide { Tree::both(present, Tree::Unknown(Reason::Type)) } else { present }
}

/// Whether the leaf has a value that counts as one: `""` is shown, but is no value.
pub(super) fn assigned(resource: &Resource, leaf: &Leaf, definition: &Attribute) -> Tree {
    let there = there(resource, leaf, definition);
    let Source::Native(native) = leaf.source else { return there };
    match resource.natives.get(native) {
        Some(info) if info.kind == ValueType::Text && leaf.values.is_none() => {
            let blank = if info.filterable.contains(&Comparator::NotEqual) {
                node(info, Comparator::NotEqual, Value::Text(String::new()))
            } else {
                Tree::Unknown(Reason::Operator)
            };
            Tree::both(there, blank)
        }
        _ => there,
    }
}

/// `leaf op value`; absent meets only `ne`. For null see [`assigned`].
pub(super) fn compare_leaf(
    resource: &Resource,
    leaf: &Leaf,
    definition: &Attribute,
    op: CompareOp,
    value: &CompareValue,
) -> Tree {
    if *value == CompareValue::Null {
        let there = assigned(resource, leaf, definition);
        return match op {
            CompareOp::Eq => there.negate(),
            CompareOp::Ne => there,
            _ => Tree::Unknown(Reason::Literal),
        };
    }
    let native = match &leaf.source {
        Source::Native(native) => *native,
        Source::Constant(constant) => return compare_constant(constant, definition.case_exact, op, value),
        Source::Expression(..) => return Tree::Unknown(Reason::Expression),
    };
    let Some(info) = resource.natives.get(native) else { return Tree::Unknown(Reason::Made) };
    match &leaf.values {
        Some(map) => compare_mapped(info, leaf, map, definition, op, value),
        None => compare_native(info, leaf, definition, op, value),
    }
}

/// A constant on the left.
pub(super) fn compare_constant(constant: &Json, case_exact: bool, op: CompareOp, value: &CompareValue) -> Tree {
    match (constant, value) {
        (Json::String(a), CompareValue::String(b)) => Tree::truth(compare_text(a, op, b, case_exact)),
        (Json::Bool(a), CompareValue::Bool(b)) => match op {
            CompareOp::Eq => Tree::truth(a == b),
            CompareOp::Ne => Tree::truth(a != b),
            _ => Tree::False,
        },
        _ => Tree::Unknown(Reason::Type),
    }
}

fn compare_text(a: &str, op: CompareOp, b: &str, case_exact: bool) -> bool {
    let fold = |text: &str| if case_exact { text.to_owned() } else { text.to_lowercase() };
    let (a, b) = (fold(a), fold(b));
    match op {
        CompareOp::Co => a.contains(&b),
        CompareOp::Sw => a.starts_with(&b),
        CompareOp::Ew => a.ends_with(&b),
        CompareOp::Eq => a == b,
        CompareOp::Ne => a != b,
        CompareOp::Gt => a.cmp(&b) == Ordering::Greater,
        CompareOp::Ge => a.cmp(&b) != Ordering::Less,
        CompareOp::Lt => a.cmp(&b) == Ordering::Less,
        CompareOp::Le => a.cmp(&b) != Ordering::Greater,
    }
}

/// With a value map there are only so many values: those that meet the comparison.
fn compare_mapped(
    info: &AttributeInfo,
    leaf: &Leaf,
    map: &ValueMap,
    definition: &Attribute,
    op: CompareOp,
    value: &CompareValue,
) -> Tree {
    let meets: Box<dyn Fn(&str) -> bool> = match (definition.kind, value) {
        (Type::String, CompareValue::String(text)) => {
            Box::new(move |key| compare_text(key, op, text, definition.case_exact))
        }
        (Type::Boolean, CompareValue::Bool(wanted)) if matches!(op, CompareOp::Eq | CompareOp::Ne) => {
            Box::new(move |key| (key == wanted.to_string()) == (op == CompareOp::Eq))
        }
        _ => return Tree::Unknown(Reason::Type),
    };
    let values = map.pairs().filter(|(key, _)| meets(key)).map(|(_, scalar)| equals(info, scalar, &leaf.path));
    let any = Tree::any(values);
    if op != CompareOp::Ne {
        return any;
    }
    let there = Tree::any(map.pairs().map(|(_, scalar)| equals(info, scalar, &leaf.path)));
    Tree::any([any, there.negate()])
}

fn equals(info: &AttributeInfo, scalar: &NativeScalar, path: &str) -> Tree {
    if !info.filterable.contains(&Comparator::Equal) {
        return Tree::Unknown(Reason::Operator);
    }
    match to_native(&scalar_json(scalar), info.kind, None, path) {
        Ok(value) => node(info, Comparator::Equal, value),
        Err(_) => Tree::False,
    }
}

fn compare_native(
    info: &AttributeInfo,
    leaf: &Leaf,
    definition: &Attribute,
    op: CompareOp,
    value: &CompareValue,
) -> Tree {
    let operator = comparator(op);
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    let literal = match value {
        CompareValue::String(text) => Json::String(text.clone()),
        // As text, so that no digit is lost.
        CompareValue::Number(number) => Json::String(number.clone()),
        CompareValue::Bool(b) => Json::Bool(*b),
        CompareValue::Null => return Tree::Unknown(Reason::Literal),
    };
    match (definition.kind, info.kind) {
        (Type::Boolean, ValueType::Integer) => return truth_of_number(info, op, value),
        (Type::String | Type::Reference, ValueType::Text) if definition.case_exact == info.traits.case_exact => {}
        (Type::String | Type::Reference, ValueType::Reference) if definition.case_exact && equality => {}
        (Type::String, ValueType::Integer | ValueType::Boolean) if equality => {
            return shown_as_text(info, leaf, definition, op, &literal);
        }
        (Type::Boolean, ValueType::Boolean) | (Type::Binary, ValueType::Binary) if equality => {}
        (Type::Integer | Type::Decimal, ValueType::Integer)
        | (Type::Decimal, ValueType::Decimal)
        | (Type::DateTime, ValueType::Timestamp) => {}
        (Type::String | Type::Reference, ValueType::Text | ValueType::Reference)
            if definition.case_exact != (info.kind == ValueType::Reference || info.traits.case_exact) =>
        {
            return Tree::Unknown(Reason::Case);
        }
        _ => return Tree::Unknown(Reason::Type),
    }
    if !info.filterable.contains(&operator) {
        return Tree::Unknown(Reason::Operator);
    }
    match to_native(&literal, info.kind, None, &leaf.path) {
        Ok(value) => node(info, operator, value),
        // 7.0 is no integer, but equals one: the host tells.
        Err(_) => Tree::Unknown(Reason::Literal),
    }
}

/// A number that is shown as a truth value: true is whatever is not 0.
fn truth_of_number(info: &AttributeInfo, op: CompareOp, value: &CompareValue) -> Tree {
    let able = info.filterable.contains(&Comparator::Equal);
    let (CompareValue::Bool(wanted), CompareOp::Eq | CompareOp::Ne, true) = (value, op, able) else {
        return Tree::Unknown(Reason::Operator);
    };
    let zero = node(info, Comparator::Equal, Value::Integer(0));
    let present = Tree::Node(FilterNode::Present(info.name.clone()));
    match (op == CompareOp::Eq, wanted) {
        (true, false) => zero,
        (true, true) => Tree::both(present, zero.negate()),
        (false, true) => Tree::any([zero, present.negate()]),
        (false, false) => zero.negate(),
    }
}

/// A number or truth value that is shown as text: only the text it is shown as equals it.
fn shown_as_text(info: &AttributeInfo, leaf: &Leaf, definition: &Attribute, op: CompareOp, literal: &Json) -> Tree {
    let same = |a: &Json| match (a.as_str(), literal.as_str()) {
        (Some(a), Some(b)) => compare_text(a, CompareOp::Eq, b, definition.case_exact),
        _ => false,
    };
    let value = to_native(literal, info.kind, None, &leaf.path).ok();
    match value.filter(|value| to_scim(value, Type::String, None).is_some_and(|shown| same(&shown))) {
        None => Tree::truth(op == CompareOp::Ne),
        Some(_) if !info.filterable.contains(&comparator(op)) => Tree::Unknown(Reason::Operator),
        Some(value) => node(info, comparator(op), value),
    }
}

fn node(info: &AttributeInfo, operator: Comparator, value: Value) -> Tree {
    Tree::Node(FilterNode::Compare(Comparison { attribute: info.name.clone(), operator, value }))
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
