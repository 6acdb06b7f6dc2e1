//! Filters, on their way to the guest.

use patchbay_contract as contract;

use super::wit;

impl From<wit::Comparator> for contract::Comparator {
    fn from(comparator: wit::Comparator) -> Self {
        match comparator {
            wit::Comparator::Equal => Self::Equal,
            wit::Comparator::NotEqual => Self::NotEqual,
            wit::Comparator::Contains => Self::Contains,
            wit::Comparator::StartsWith => Self::StartsWith,
            wit::Comparator::EndsWith => Self::EndsWith,
            wit::Comparator::Greater => Self::Greater,
            wit::Comparator::GreaterOrEqual => Self::GreaterOrEqual,
            wit::Comparator::Less => Self::Less,
            wit::Comparator::LessOrEqual => Self::LessOrEqual,
        }
    }
}

impl From<contract::Comparator> for wit::Comparator {
    fn from(comparator: contract::Comparator) -> Self {
        match comparator {
            contract::Comparator::Equal => Self::Equal,
            contract::Comparator::NotEqual => Self::NotEqual,
            contract::Comparator::Contains => Self::Contains,
            contract::Comparator::StartsWith => Self::StartsWith,
            contract::Comparator::EndsWith => Self::EndsWith,
            contract::Comparator::Greater => Self::Greater,
            contract::Comparator::GreaterOrEqual => Self::GreaterOrEqual,
            contract::Comparator::Less => Self::Less,
            contract::Comparator::LessOrEqual => Self::LessOrEqual,
        }
    }
}

impl From<&contract::FilterNode> for wit::FilterNode {
    fn from(node: &contract::FilterNode) -> Self {
        match node {
            contract::FilterNode::And(children) => Self::And(children.clone()),
            contract::FilterNode::Or(children) => Self::Or(children.clone()),
            contract::FilterNode::Not(child) => Self::Not(*child),
            contract::FilterNode::Present(attribute) => Self::Present(attribute.clone()),
            contract::FilterNode::Compare(comparison) => Self::Compare(wit::Comparison {
                attribute: comparison.attribute.clone(),
                operator: comparison.operator.into(),
                value: comparison.value.clone().into(),
            }),
            contract::FilterNode::Uid(uid) => Self::Uid(uid.clone()),
        }
    }
}

/// The arena of a filter.
pub(super) fn nodes(filter: &contract::Filter) -> Vec<wit::FilterNode> {
    filter.nodes().iter().map(wit::FilterNode::from).collect()
}
