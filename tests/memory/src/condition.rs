//! A filter on one object.

use std::collections::BTreeMap;

use patchbay_contract::{Cell, Comparator, Filter, FilterNode, ObjectClass};

use crate::compare::holds;

/// Whether the object meets the filter. Absent differs from every value, and a
/// multi-valued attribute meets a comparison with any of its values.
pub(crate) fn matches(filter: &Filter, class: &ObjectClass, uid: &str, stored: &BTreeMap<String, Cell>) -> bool {
    let mut results: Vec<bool> = Vec::with_capacity(filter.nodes().len());
    for node in filter.nodes() {
        let at = |index: &u32| results.get(*index as usize).copied().unwrap_or_default();
        let result = match node {
            FilterNode::And(parts) => parts.iter().all(at),
            FilterNode::Or(parts) => parts.iter().any(at),
            FilterNode::Not(part) => !at(part),
            FilterNode::Present(name) => stored.get(name).is_some_and(|cell| !cell.is_empty()),
            FilterNode::Uid(wanted) => wanted == uid,
            FilterNode::Compare(comparison) => {
                let exact = class.attribute(&comparison.attribute).is_some_and(|info| info.traits.case_exact);
                match stored.get(&comparison.attribute).filter(|cell| !cell.is_empty()) {
                    None => comparison.operator == Comparator::NotEqual,
                    Some(cell) => cell.iter().any(|v| holds(v, comparison.operator, &comparison.value, exact)),
                }
            }
        };
        results.push(result);
    }
    results.last().copied().unwrap_or(true)
}
