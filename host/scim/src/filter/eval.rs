//! Evaluation of a filter on a resource in memory.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{
    decimal,
    scope::{Here, Scope},
};
use crate::{
    AttrPath, Attribute, CompareOp, CompareValue, Filter, SchemaSet, Type,
    value::{bytes, instant, is_unassigned},
};

impl Filter {
    /// Whether the resource meets the filter. Strings compare by the schema's caseExact,
    /// dates as instants, numbers by value. An attribute without a value meets only
    /// `ne`, `eq null` and negations. Attributes that no schema has are without a value;
    /// [`Filter::typed`] refuses them beforehand.
    pub fn matches(&self, resource: &Map<String, Value>, schemas: &SchemaSet) -> bool {
        holds(self, Scope::Resource(schemas), Here::Object(resource))
    }
}

/// Whether one value of `attribute` meets a filter in terms of its sub-attributes.
pub(crate) fn matches_element(filter: &Filter, attribute: &Attribute, element: &Value) -> bool {
    holds(filter, Scope::Element(attribute), Here::from(element))
}

fn holds(filter: &Filter, scope: Scope<'_>, here: Here<'_>) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(|part| holds(part, scope, here)),
        Filter::Or(parts) => parts.iter().any(|part| holds(part, scope, here)),
        Filter::Not(inner) => !holds(inner, scope, here),
        Filter::Present(path) => {
            scope.resolve(path).is_some_and(|target| here.values(&target).into_iter().any(|v| !is_unassigned(v)))
        }
        Filter::Compare { path, op, value } => compare(path, *op, value, scope, here),
        Filter::ValuePath { path, filter } => scope.resolve(path).is_some_and(|target| {
            let inner = Scope::Element(target.leaf());
            here.values(&target).into_iter().any(|element| holds(filter, inner, Here::from(element)))
        }),
    }
}

fn compare(path: &AttrPath, op: CompareOp, literal: &CompareValue, scope: Scope<'_>, here: Here<'_>) -> bool {
    let Some(mut target) = scope.resolve(path) else {
        return match (op, literal) {
            (CompareOp::Eq, CompareValue::Null) => true,
            (CompareOp::Ne, literal) => *literal != CompareValue::Null,
            _ => false,
        };
    };
    if *literal != CompareValue::Null && target.sub.is_none() && target.attribute.is_complex() {
        target.sub = target.attribute.sub_attribute("value");
    }
    let values = here.values(&target);
    let leaf = target.leaf();
    match (op, literal) {
        (CompareOp::Eq, CompareValue::Null) => values.into_iter().all(is_unassigned),
        (CompareOp::Ne, CompareValue::Null) => !values.into_iter().all(is_unassigned),
        (_, CompareValue::Null) => false,
        (CompareOp::Ne, _) => values.is_empty() || values.into_iter().any(|v| !test(leaf, v, CompareOp::Eq, literal)),
        _ => values.into_iter().any(|value| test(leaf, value, op, literal)),
    }
}

/// Whether a single value meets `op literal`; false where the types do not go together.
fn test(attribute: &Attribute, value: &Value, op: CompareOp, literal: &CompareValue) -> bool {
    match (attribute.kind, value, literal) {
        (Type::Boolean, Value::Bool(value), CompareValue::Bool(literal)) => op == CompareOp::Eq && value == literal,
        (Type::Integer | Type::Decimal, Value::Number(value), CompareValue::Number(literal)) => {
            decimal::compare(&value.to_string(), literal).is_some_and(|order| ordered(op, order))
        }
        (Type::DateTime, Value::String(value), CompareValue::String(literal)) => {
            instant(value).zip(instant(literal)).is_some_and(|(value, literal)| ordered(op, value.cmp(&literal)))
        }
        (Type::Binary, Value::String(value), CompareValue::String(literal)) => {
            op == CompareOp::Eq && bytes(value).zip(bytes(literal)).is_some_and(|(value, literal)| value == literal)
        }
        (Type::String | Type::Reference, Value::String(value), CompareValue::String(literal)) => {
            if attribute.case_exact {
                text(op, value, literal)
            } else {
                text(op, &value.to_lowercase(), &literal.to_lowercase())
            }
        }
        _ => false,
    }
}

/// Whether two values of a simple attribute are the same in the schema's terms.
pub(crate) fn same_simple(attribute: &Attribute, a: &Value, b: &Value) -> bool {
    let literal = match b {
        Value::String(text) => CompareValue::String(text.clone()),
        Value::Number(number) => CompareValue::Number(number.to_string()),
        Value::Bool(value) => CompareValue::Bool(*value),
        Value::Null | Value::Array(_) | Value::Object(_) => return a == b,
    };
    a == b || test(attribute, a, CompareOp::Eq, &literal)
}

fn text(op: CompareOp, value: &str, literal: &str) -> bool {
    match op {
        CompareOp::Co => value.contains(literal),
        CompareOp::Sw => value.starts_with(literal),
        CompareOp::Ew => value.ends_with(literal),
        _ => ordered(op, value.cmp(literal)),
    }
}

fn ordered(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}
